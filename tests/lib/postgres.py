# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL of the tests' own: Debian's package, a temporary folder, a Unix socket and no TCP.

import ctypes
import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path

import servers
from rawxroot import wait_until

OLDEST = 15
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _end_with_the_tests():
    """Runs in the child after it changed its account, which makes the kernel forget the wish."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _programs():
    """The folder of the newest version that is installed."""
    folders = Path("/usr/lib/postgresql")
    versions = [int(folder.name) for folder in folders.iterdir() if folder.name.isdigit() and (folder / "bin/initdb").exists()]
    assert versions and max(versions) >= OLDEST, f"PostgreSQL {OLDEST} or newer is not installed"
    return folders / str(max(versions)) / "bin"


class Postgres:
    """A cluster; stop(signal.SIGQUIT) is a crash, and start() brings it back."""

    def __init__(self, home=None):
        self.home = servers.scratch(home, "sluice-pg-")  # a socket's path may have about 100 bytes: keep this short
        self.process = None
        self._count = itertools.count(1)
        self._run("initdb", "-D", self.home / "data", "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")

    def _popen(self, program, *arguments, **options):
        # The server refuses to be root.
        user, group = servers.account()
        account = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.home / "log", "ab") as log:
            return subprocess.Popen([_programs() / program, *map(str, arguments)], cwd=self.home, stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log, **account, **options)

    def _run(self, *command):
        assert self._popen(*command).wait(60) == 0, self.log()

    def log(self):
        return (self.home / "log").read_text(errors="replace")[-3000:]

    def start(self):
        self.process = self._popen("postgres", "-D", self.home / "data", "-k", self.home, "-c", "listen_addresses=",
                                   "-c", "fsync=off", "-c", "unix_socket_permissions=0777", "-c", "max_connections=100",
                                   preexec_fn=_end_with_the_tests)
        wait_until(lambda: self._popen("pg_isready", "-q", "-h", self.home).wait() == 0, servers.START_SECONDS, "PostgreSQL")
        return self

    def new_database(self):
        """The address of an empty database, as `catalogue.url` wants it."""
        name = f"t{next(self._count)}"
        self._run("createdb", "-h", self.home, "-U", "sluice", name)
        return f"postgresql:///{name}?host={self.home}&user=sluice"

    def stop(self, number=signal.SIGINT):
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(servers.START_SECONDS)
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
