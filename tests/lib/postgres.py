# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL of the tests' own: Debian's package, a temporary folder, a Unix socket and no TCP. On a machine of its own it
# listens at that machine's address too.

import ctypes
import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path

import confidential
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

    def __init__(self, home=None, machine=None, durable=False):
        self.home = servers.scratch(home, "sluice-pg-")  # a socket's path may have about 100 bytes: keep this short
        self.machine = machine  # a network.Machine
        self.sync = "on" if durable else "off"  # tests kill it, but cut no power
        self.host = machine.address if machine else self.home
        self.process = None
        self._count = itertools.count(1)
        self._run("initdb", "-D", self.home / "data", "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        if machine:
            with open(self.home / "data/pg_hba.conf", "a") as rules:
                rules.write("host all all samenet trust\n")

    def _popen(self, program, *arguments, **options):
        # The server refuses to be root.
        user, group = servers.account()
        command = [str(_programs() / program), *map(str, arguments)]
        if self.machine:
            command = self.machine.command(*command, account=(user, group), last_signal="QUIT")
        elif os.geteuid() == 0:
            options = {"user": user, "group": group, "extra_groups": [], **options}
        with open(self.home / "log", "ab") as log:
            return subprocess.Popen(command, cwd=self.home, stdin=subprocess.DEVNULL, **{"stdout": log, "stderr": log, **options})

    def _run(self, *command):
        assert self._popen(*command).wait(60) == 0, self.log()

    def log(self):
        return (self.home / "log").read_text(errors="replace")[-3000:]

    def start(self):
        self.process = self._popen("postgres", "-D", self.home / "data", "-k", self.home, "-c", f"fsync={self.sync}",
                                   "-c", f"listen_addresses={self.machine.address if self.machine else ''}",
                                   "-c", "unix_socket_permissions=0777", "-c", "max_connections=100",
                                   preexec_fn=_end_with_the_tests)
        wait_until(lambda: self._popen("pg_isready", "-q", "-h", self.host).wait() == 0, servers.START_SECONDS, "PostgreSQL")
        return self

    def new_database(self):
        """The address of an empty database, as `catalogue.url` wants it."""
        name = f"t{next(self._count)}"
        self._run("createdb", "-h", self.host, "-U", "sluice", name)
        # It trusts everybody and asks for no password; but nobody may write one down.
        password = f"password-of-{os.urandom(12).hex()}"
        confidential.book.know("password of the database", password)
        return f"postgresql:///{name}?host={self.host}&user=sluice&password={password}"

    def rows(self, database, query):
        """What a query finds in the database of that address: a tuple of texts per row."""
        asked = self._popen("psql", "-XAt", "-F", "\t", "-d", database, "-c", query, stdout=subprocess.PIPE)
        answer, _ = asked.communicate(timeout=60)
        assert asked.returncode == 0, self.log()
        return [tuple(line.split("\t")) for line in answer.decode().splitlines()]

    def stop(self, number=signal.SIGINT):
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(servers.START_SECONDS)
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
