# SPDX-License-Identifier: Apache-2.0
# Runs the real command-line clients with short failure times and hands back what they printed.

import hashlib
import os
import random
import signal
import subprocess
import warnings
from pathlib import Path

import confidential

# Without these a client retries a dead server for minutes, and the bindings hang now and then when a server is started: the
# child of the fork tries to bring the client's threads back before it becomes the server.
CLIENT_ENVIRONMENT = {
    "XRD_CONNECTIONWINDOW": "2",
    "XRD_STREAMERRORWINDOW": "0",  # else a server that was away once is not asked again for half an hour
    "XRD_CONNECTIONRETRY": "1",
    "XRD_REQUESTTIMEOUT": "60",
    "XRD_STREAMTIMEOUT": "30",
    "XRD_TIMEOUTRESOLUTION": "1",
    "XRD_RUNFORKHANDLER": "0",
    "LC_ALL": "C.UTF-8",
    "GFAL_PYTHONBIN": "/usr/bin/python3",
}


class Finished:
    """What a client left behind: exit code, standard output (bytes in `raw`), standard error."""

    def __init__(self, command, process, out, err):
        self.command = command
        self.code = process.returncode
        self.raw = out
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    @property
    def all(self):
        return self.out + self.err

    def ok(self):
        assert self.code == 0, f"{self}"
        return self

    def failed(self, *texts):
        assert self.code != 0, f"should have failed: {self}"
        for text in texts:
            assert text in self.all, f"{text!r} is missing: {self}"
        return self

    def lines(self):
        return self.out.splitlines()

    def __str__(self):
        return f"{' '.join(self.command)}\nexit code {self.code}\nout: {self.out[-2000:]}\nerr: {self.err[-2000:]}"


# Debian's clients now and then die while they end, of a race among their own threads: about one run in some thousand, against
# Debian's server as against ours. What a server does to them would happen again, or more often than this.
MOST_DEATHS = 2
_deaths = []


def run(*command, **options):
    """Runs a command to its end. A client of Debian's that dies of a memory fault is asked once more, and pytest's summary
    tells of it."""
    done = run_once(*command, **options)
    is_debians = done.command[0].startswith("/usr/bin/")
    if done.code == -signal.SIGSEGV and is_debians and len(_deaths) < MOST_DEATHS:
        _deaths.append(done)
        warnings.warn(f"asked again after its death: {' '.join(done.command)}", stacklevel=2)
        done = run_once(*command, **options)
    return done


def run_once(*command, stdin=None, timeout=120, **environment):
    """`environment` are extra variables."""
    command = [str(word) for word in command]
    stream = stdin if hasattr(stdin, "fileno") else subprocess.DEVNULL if stdin is None else subprocess.PIPE
    process = subprocess.Popen(command, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, **CLIENT_ENVIRONMENT, **environment})
    try:
        out, err = process.communicate(stdin if stream == subprocess.PIPE else None, timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"no end after {timeout} s: {Finished(command, process, out, err)}")
    if Path(command[0]).name == "sluice":
        confidential.book.keep_text(f"sluice {command[1] if len(command) > 1 else ''}", out[:1 << 20] + b"\n" + err[:1 << 20])
    return Finished(command, process, out, err)


def xrdcp(*arguments, **options):
    return run("/usr/bin/xrdcp", "--nopbar", *arguments, **options)


def xrdfs(server, *arguments, **options):
    return run("/usr/bin/xrdfs", f"root://{server.host}:{server.port}", *arguments, **options)


def gfal(tool, *arguments, **options):
    return run(f"/usr/bin/gfal-{tool}", *arguments, **options)


def sha(source):
    """SHA-256 of bytes or of a file, for comparing big contents."""
    digest = hashlib.sha256()
    if isinstance(source, (bytes, bytearray, memoryview)):
        digest.update(source)
    else:
        with open(source, "rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def pattern(size, seed=0):
    """`size` bytes that do not compress and are the same in every run."""
    return random.Random(seed * 1_000_003 + 7).randbytes(size)


def same(left, right):
    """True when two files have equal bytes."""
    left, right = Path(left), Path(right)
    if left.stat().st_size != right.stat().st_size:
        return False
    with open(left, "rb") as one, open(right, "rb") as two:
        while True:
            a, b = one.read(1 << 20), two.read(1 << 20)
            if a != b:
                return False
            if not a:
                return True
