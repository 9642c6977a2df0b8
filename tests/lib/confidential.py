# SPDX-License-Identifier: Apache-2.0
# What no log may hold: everything secret that the tests make is written down here, and when a test session ends all that our servers
# and our client wrote in it is searched for it. The fixture of conftest.py then names the server and the kind of secret.

import atexit
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

SHORTEST = 16  # bytes; what is shorter may be there by chance
_LARGEST_FILE = 1 << 20
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:\w+ )*PRIVATE KEY-----\n(.*?)-----END", re.S)
_SSS_KEY = re.compile(rb"\bk:([0-9a-f]{16,})")
_TOKEN = re.compile(rb"\beyJ[\w-]+\.[\w-]+\.([\w-]+)")
_ACCESS_LOG = re.compile(r"access_log\.file\s*=\s*\"?([^\"\s]+)")


class Leak:
    def __init__(self, writer, kind, line):
        self.writer, self.kind, self.line = writer, kind, line

    def __str__(self):
        return f"{self.writer} wrote a {self.kind}: {self.line[:400]}"


class Book:
    """The secrets of one test process, and what its servers wrote."""

    def __init__(self):
        self._kinds = {}    # secret -> kind
        self._logs = {}     # path of a kept log -> who wrote it
        self._folder = None

    # -- secrets --

    def know(self, kind, *secrets):
        for secret in secrets:
            secret = secret if isinstance(secret, bytes) else secret.encode()
            if len(secret) >= SHORTEST:
                self._kinds[secret] = kind

    def know_token(self, token):
        """What makes a token good is its signature; the rest may be said."""
        self.know("token", token.rpartition(".")[2])

    def know_pem(self, data):
        """Private keys in PEM, in any company. The lines that are not private as well are left out: first comes what is public."""
        for body in _PRIVATE_KEY.findall(data):
            lines = [line.strip() for line in body.split() if len(line) == 64]
            self.know("private key", *(lines[-4:] if len(lines) > 8 else lines))

    def know_file(self, path):
        """Keys and tokens in a file, of whatever kind it is."""
        try:
            data = path.read_bytes() if path.stat().st_size <= _LARGEST_FILE else b""
        except OSError:
            return
        self.know_pem(data)
        self.know("key of sss", *_SSS_KEY.findall(data))
        self.know("token", *_TOKEN.findall(data))

    def know_files(self, folder):
        for directory, _, names in os.walk(folder):
            for name in names:
                if not name.endswith((".log", ".db")) and (Path(directory) / name).is_file():
                    self.know_file(Path(directory) / name)

    def know_signing_keys(self, catalogue):
        """With what doors sign capabilities, in a catalogue that is a file."""
        if not catalogue.exists():
            return
        try:
            database = sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)
            self.know("signing key", *(secret for (secret,) in database.execute("SELECT secret FROM signing_key")))
            database.close()
        except sqlite3.Error:
            pass  # tests break catalogues, too

    # -- logs --

    def keep(self, writer, *paths):
        """What stands in these files was written by `writer`; they may go away."""
        for path in paths:
            if path.is_file() and path.stat().st_size > 0:
                copy = self._new_log(writer)
                shutil.copyfile(path, copy)

    def keep_text(self, writer, data):
        if data:
            self._new_log(writer).write_bytes(data)

    def keep_server(self, server, command):
        """A server of ours is about to be removed with its folder."""
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        writer = f"{type(server).__name__} {server.name}, gone at {test}"
        access = [Path(found) for found in _ACCESS_LOG.findall(command)]
        rotated = [other for path in access if path.parent.is_dir() for other in path.parent.glob(path.stem + "*")]
        self.keep(writer, server.log_path, *rotated)
        self.know_signing_keys(server.data / "catalogue.db")

    def _new_log(self, writer):
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sluice-logs-"))
        path = self._folder / f"{len(self._logs)}.log"
        self._logs[path] = writer
        return path

    # -- both --

    def leaks(self):
        """Each kind of secret that stands in a log, once for each writer. The secrets themselves are not in what this says."""
        if not self._kinds or not self._logs:
            return []
        patterns = self._folder / "patterns"
        patterns.touch(0o600)
        patterns.write_bytes(b"\n".join(self._kinds) + b"\n")
        done = subprocess.run(["/usr/bin/grep", "-rnaF", "--include=*.log", "-f", patterns, self._folder], capture_output=True,
                              env={"LC_ALL": "C"})
        assert done.returncode in (0, 1), done.stderr.decode()
        found = {}
        for hit in done.stdout.splitlines():
            path, _, line = hit.split(b":", 2)
            writer = self._logs[Path(os.fsdecode(path))]
            for secret, kind in self._kinds.items():
                if secret in line:
                    shown = line.replace(secret, f"<{kind}>".encode()).decode(errors="replace")
                    found.setdefault((writer, kind), Leak(writer, kind, shown))
        return list(found.values())

    def close(self):
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self.__init__()


book = Book()
atexit.register(book.close)  # benchmarks use our servers, too, and ask for no leaks
