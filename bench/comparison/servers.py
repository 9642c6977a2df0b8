# SPDX-License-Identifier: Apache-2.0
"""Starts and stops the two servers over the same export, each in a process session of its own.

The scheduler of Linux groups processes by session (autogroup): in one session the server with more threads would get
more CPU. As root both servers run as `nobody`, because xrootd refuses to be root.
"""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

START_LIMIT = 20  # seconds

# What an administrator tunes for throughput; the rest are xrootd's defaults. Nothing is traced, monitored or resolved.
XROOTD_CONFIG = """\
all.export /
oss.localroot {export}
all.adminpath {state}
all.pidpath {state}
xrd.port {port}
xrd.protocol xroot *
xrd.sched mint 64 maxt 2048 avlt 32 idle 600
xrd.network nodnr cache 0
xrd.trace off
xrootd.async off
xrootd.trace off
ofs.trace off
"""


class Failure(Exception):
    """Something that makes the comparison impossible, in words for the user."""


def account():
    """The user both servers run as: nobody under root, else whoever we are."""
    return "nobody" if os.geteuid() == 0 else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server. `pid` is the process that serves, `address` its HOST:PORT."""

    name = ""
    scheme = "root"
    environment = {}  # that its clients need
    own_environment = {}
    cgi = ""  # behind the paths that clients ask for

    def __init__(self, state: Path):
        self.state = state
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o777)
        self.log = state / "log"
        self.process = None
        self.address = ""

    def launch(self, command):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True, user=account(), cwd=self.state,
                                            env={**os.environ, **self.own_environment})

    @property
    def pid(self):
        return self.process.pid

    @property
    def pids(self):
        """All processes that serve."""
        return [self.pid]

    def wait_until(self, ready):
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                break
            if ready():
                return self
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace")[-1500:]
        self.stop()
        raise Failure(f"{self.name} did not start:\n{tail}")

    def accepts(self):
        host, port = self.address.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    def end_of_log(self):
        """What a server that ended by itself left behind; nothing while it runs."""
        if self.process.poll() is None:
            return ""
        return f"\nthe server ended with {self.process.returncode}:\n{self.log.read_text(errors='replace')[-1500:]}"

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Xrootd(Server):
    name = "xrootd"

    def start(self, export: Path):
        port = free_port()
        config = self.state / "xrootd.cfg"
        config.write_text(XROOTD_CONFIG.format(export=export, state=self.state, port=port) + self.more_configuration())
        self.address = f"127.0.0.1:{port}"
        self.launch(["xrootd", "-c", str(config), "-I", "v4"])
        return self.wait_until(self.accepts)

    def more_configuration(self):
        return ""

    @staticmethod
    def version():
        done = subprocess.run(["xrootd", "-v"], capture_output=True, text=True)
        return (done.stdout + done.stderr).strip()

    def configuration(self):
        return (self.state / "xrootd.cfg").read_text()


class Sluice(Server):
    name = "sluice"
    binary = Path("build/release/sluice")
    extra = ()  # more options of `sluice serve`

    def start(self, export: Path):
        data = self.state / "data"
        data.mkdir(exist_ok=True)
        data.chmod(0o777)
        self.command = [str(self.binary.resolve()), "serve", *self.what_to_serve(export), "--listen", "127.0.0.1:0",
                        "--http", "127.0.0.1:0", "--data", str(data), *self.extra]
        self.launch(self.command)
        return self.wait_until(self.is_ready)

    def what_to_serve(self, export):
        return ["--export", str(export)]

    def is_ready(self):
        found = re.search(r"^ready .*?xroot=(\S+)", self.log.read_text(errors="replace"), re.MULTILINE)
        if found:
            self.address = found.group(1)
        return bool(found) and self.accepts()

    @classmethod
    def version(cls):
        done = subprocess.run([str(cls.binary), "--version"], capture_output=True, text=True)
        return done.stdout.strip()

    def configuration(self):
        return " ".join(self.command) + "\n"


class SecondXrootd(Xrootd):
    """The other side of --self-check: the method must find no difference between equals."""

    name = "xrootd-2"
