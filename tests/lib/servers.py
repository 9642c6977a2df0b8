# SPDX-License-Identifier: Apache-2.0
# Starts and stops the servers under test: `sluice serve` and, as the reference, Debian's xrootd.
# Both run as user nobody when the tests run as root: xrootd refuses root, and permission errors need a mortal user.

import atexit
import contextlib
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import confidential

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 30
_counter = itertools.count()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def account():
    """The (uid, gid) that servers run as: nobody when the tests are root, else ourselves."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def give(path, owner=None):
    """Hands a file or directory to the account of the servers."""
    if os.geteuid() == 0:
        os.chown(path, *(owner or account()))
    return path


def scratch(parent=None, prefix="sluice-test-"):
    """A new directory that the servers' account may enter and write (pytest's own are closed to others)."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    path.chmod(0o755)
    return give(path)


def another_clock(offset):
    """Variables for a program whose clock is wrong: another_clock("+2h"). Timers go on as they are."""
    libraries = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert libraries, "libfaketime is not installed"
    return {"LD_PRELOAD": str(libraries[0]), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class WorkDir:
    """A sub-directory of an exported directory that belongs to one test; `top` is its local path."""

    def __init__(self, server, name):
        self.server = server
        self.path = "/" + name
        self.top = self.make_top()

    def make_top(self):
        top = self.server.root / self.path[1:]
        top.mkdir()
        return give(top)

    def close(self):
        """The test is over."""

    def __truediv__(self, name):
        return self.top / name

    def names(self):
        """What is in the directory, sorted."""
        return sorted(entry.name for entry in self.top.iterdir())

    def url(self, name=""):
        return f"{self.server.url}{self.path}/{name}" if name else self.server.url + self.path

    def remote(self, name=""):
        """The path of `name` as the server knows it."""
        return f"{self.path}/{name}" if name else self.path

    def put(self, name, data=b"", mode=0o644):
        """Makes a file behind the server's back and returns its path at the server."""
        target = self.top / name
        for parent in reversed(target.relative_to(self.top).parents):
            folder = self.top / parent
            if not folder.exists():
                folder.mkdir()
                give(folder)
        if isinstance(data, Path):
            shutil.copyfile(data, target)
        else:
            target.write_bytes(data)
        target.chmod(mode)
        give(target)
        return self.remote(name)

    def put_zeros(self, name, size):
        """Makes a file of zeros that takes no space and returns its path at the server."""
        self.put(name)
        os.truncate(self.top / name, size)
        return self.remote(name)

    def crowd(self, names):
        """Makes very many entries, the quickest ones to make."""
        for name in names:
            (self.top / name).touch()

    def mkdir(self, name, mode=0o755):
        (self.top / name).mkdir(mode)
        (self.top / name).chmod(mode)
        give(self.top / name)
        return self.remote(name)


class Server:
    """One running server process; `url` ends with one slash, so url + "/path" has the double slash of xroot URLs.

    `traits` is what tests may find in one server and not in another:
    ours     it is Sluice: where it differs from Debian's on purpose, and what only it has
    disk     the files that clients see are files of a directory, and somebody else may change them there
    update   a file may be changed after it was closed
    rights   clients are bound by the rights of files and directories
    storage  names are in a catalogue and files at pools, stored whole
    """

    name = "server"
    traits = frozenset()
    hello = None  # what it says to a hello, where that is known
    http = None
    work_directory = WorkDir

    def __init__(self, home=None, as_user=None, machine=None):
        self.home = scratch(home, f"sluice-{self.name}-")
        self.root = scratch(self.home, "export-")
        self.machine = machine  # a network.Machine; else it runs on this one
        self.host = machine.address if machine else "127.0.0.1"
        self.port = 0
        self.process = None
        self.user = account() if as_user is None else as_user
        self.log_path = self.home / "server.log"

    @property
    def url(self):
        return f"root://{self.host}:{self.port}/"

    @property
    def is_ours(self):
        return "ours" in self.traits

    @property
    def is_storage(self):
        return "storage" in self.traits

    @property
    def data_servers(self):
        """The HOST:PORT that contents come from."""
        return {f"{self.host}:{self.port}"}

    @property
    def stores(self):
        """The directories that contents are kept in."""
        return [self.root]

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def workdir(self, name=None):
        assert self.alive(), f"the server is dead (exit code {self.process.poll()}):\n{self.log()[-5000:]}"
        return self.work_directory(self, name or f"t{os.getpid()}-{next(_counter)}")

    def launch(self, command, environment=None, **popen):
        """Starts the command with its output in the log file, as the servers' account."""
        if self.machine:
            command = self.machine.command(*command, account=self.user)
        elif os.geteuid() == 0:
            popen.update(user=self.user[0], group=self.user[1], extra_groups=[])
        with open(self.log_path, "ab") as log:
            popen.setdefault("stdout", log)
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, cwd="/",
                                            env={**os.environ, "HOME": str(self.home), **(environment or {})}, **popen)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=30):
        """SIGTERM and wait; returns the exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """SIGKILL, as a crash would end it."""
        if self.alive():
            self.process.kill()
        return self.process.wait()

    def descriptors_of(self, name):
        """How many descriptors refer to a path of the export that begins with `name`."""
        return sum(link.startswith(str(self.root) + name) for link in self.open_files())

    def open_files(self):
        """What its descriptors refer to."""
        links = []
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                links.append(os.readlink(descriptor))
            except FileNotFoundError:
                pass  # closed meanwhile
        return links

    def remove(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def status(self, key):
        """A number of /proc/PID/status: VmRSS and VmHWM in KiB, Threads, FDSize."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))

    def rss(self):
        """Resident bytes now."""
        return self.status("VmRSS") * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class DebianXrootd(Server):
    """Debian's xrootd on the loopback: the reference for every expectation."""

    name = "debian"
    traits = frozenset({"disk", "update", "rights"})

    def start(self, extra=""):
        admin = scratch(self.home, "admin-")
        self.port = free_port()
        config = self.home / "xrootd.cfg"
        config.write_text(
            f"all.export /\noss.localroot {self.root}\nall.adminpath {admin}\nall.pidpath {admin}\n"
            "xrd.network nodnr\nxrootd.chksum max 2 adler32 crc32c md5\nxrd.trace off\n" + extra)
        self.launch(["/usr/bin/xrootd", "-c", str(config), "-p", str(self.port), "-I", "v4"])
        self.wait_for_log("initialization completed")
        return self

    def wait_for_log(self, text):
        deadline = time.monotonic() + START_SECONDS
        while text not in self.log():
            if not self.alive() or time.monotonic() > deadline:
                raise RuntimeError(f"xrootd did not start:\n{self.log()[-3000:]}")
            time.sleep(0.02)  # a log file has no event to wait for


def sluice_binary():
    path = Path(os.environ.get("SLUICE_BIN") or REPOSITORY / "build" / "release" / "sluice")
    if not path.exists():
        raise RuntimeError(f"{path} does not exist: build it (./dev build) or set SLUICE_BIN")
    return path


def sanitized_binary():
    """The binary for tests that hunt memory errors: $SLUICE_ASAN_BIN, build/dev/sluice, else the ordinary one."""
    for candidate in (os.environ.get("SLUICE_ASAN_BIN"), REPOSITORY / "build" / "dev" / "sluice"):
        if candidate and Path(candidate).exists():
            return Path(candidate)
    return sluice_binary()


_reachable = {}


def reachable(binary):
    """The binary at a place the servers' account can run it from: a checkout may lie in a closed home directory."""
    binary = Path(binary).resolve()
    if os.geteuid() != 0:
        return binary
    if binary not in _reachable:
        place = scratch(prefix="sluice-bin-") / "sluice"
        shutil.copy2(binary, place)
        place.chmod(0o755)
        _reachable[binary] = place
    return _reachable[binary]


@atexit.register
def forget_binaries():
    for place in _reachable.values():
        shutil.rmtree(place.parent, ignore_errors=True)
    _reachable.clear()


class SluiceServer(Server):
    """`sluice serve` on random ports of the loopback, of a directory."""

    name = "sluice"
    traits = frozenset({"ours", "disk", "update", "rights"})
    hello = struct.pack(">ii", 0x520, 1)
    port_name = "xroot"  # of `port` in the ready line

    def __init__(self, binary=None, **kwargs):
        super().__init__(**kwargs)
        self.binary = reachable(binary or sluice_binary())
        self.data = scratch(self.home, "data-")
        self.ready = ""
        self._said = ""  # all that it was told at its starts

    def command(self, *extra, listen="127.0.0.1:0", http="127.0.0.1:0"):
        return [str(self.binary), "serve", *self.role(), "--listen", listen, "--http", http, "--data", str(self.data), *extra]

    def role(self):
        """The options that say what it serves."""
        return ["--export", str(self.root)]

    def start(self, *extra, listen="127.0.0.1:0", http="127.0.0.1:0", environment=None, settings=""):
        """Starts the server, with a settings file of that text if any, and returns when its ready line has come."""
        if settings:
            self.settings_file.write_text(settings)
            extra = ("--config", str(self.settings_file), *extra)
        command = self.command(*extra, listen=listen, http=http)
        self._said += "\n".join([*command, settings, ""])
        self.launch(command, environment, stdout=subprocess.PIPE)
        self.ready = self._ready_line()
        self.port = self.named_port(self.port_name)
        self.http = f"http://127.0.0.1:{self.named_port('http')}"
        return self

    @property
    def settings_file(self):
        return self.home / "sluice.toml"

    def reload(self, settings=""):
        """Has it read its settings again, which are this text now if any; it tells nobody when it is done."""
        if settings:
            self.settings_file.write_text(settings)
        self.process.send_signal(signal.SIGHUP)

    def named_port(self, name):
        return int(re.search(rf" {name}=\S*:(\d+)", self.ready).group(1))

    def _ready_line(self):
        # readline() returns at end of file too, so a server that dies is noticed at once.
        timer = time.monotonic() + START_SECONDS
        while time.monotonic() < timer:
            line = self.process.stdout.readline().decode(errors="replace")
            if line.startswith("ready "):
                return line.strip()
            if not line:
                break
        raise RuntimeError(f"sluice printed no ready line (exit code {self.process.poll()}):\n{self.log()[-3000:]}")

    def fetch(self, path):
        """(status, text) of a page of the HTTP port."""
        try:
            with urllib.request.urlopen(self.http + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        """The value of a counter or gauge, NAME or NAME{LABELS}; without labels the sum over all that it has."""
        _status, page = self.fetch("/metrics")
        values = [float(line.split()[-1]) for line in page.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        assert values, f"{name} is no metric of this server"
        return sum(values)

    def remove(self):
        if self.process is not None:
            self.kill()
        confidential.book.keep_server(self, self._said)
        super().remove()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


@contextlib.contextmanager
def running(server, **options):
    """Starts a server, removes it with all it left behind, and looks for the reports of sanitizers in its log."""
    try:
        yield server.start(**options)
    finally:
        log = server.log()
        server.remove()
    no_sanitizer_report(log)


def no_sanitizer_report(log):
    assert "AddressSanitizer" not in log and "runtime error:" not in log, log[-5000:]
