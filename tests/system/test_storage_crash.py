# SPDX-License-Identifier: Apache-2.0
# Doors, pools and databases that are killed at random moments, with clients at work: whatever was acknowledged is there,
# byte by byte, what was not is there whole or not at all, and nothing is left over. The seed is printed; SLUICE_CRASH_SEED
# repeats a run and SLUICE_CRASH_POINTS makes it longer.

import os
import random
import signal
import threading
import zlib

import pytest
import rawxroot
import storage
from clients import pattern
from postgres import Postgres
from rawxroot import wait_until
from XRootD import client
from XRootD.client.flags import DirListFlags, MkDirFlags, OpenFlags, StatInfoFlags

POINTS = int(os.environ.get("SLUICE_CRASH_POINTS", "30"))
WRITERS = 3
SIZES = (0, 1, 5000, 300_000, 3_000_000)
PIECE = 1 << 20
QUIET_SECONDS = 60  # for uploads that nobody finishes to be noticed


class Writer(threading.Thread):
    """One client with a directory of its own: it makes, replaces, moves and removes files and remembers what was acknowledged.

    `known` has, for every name, the contents that may be there: one after an acknowledged operation, several after one
    whose outcome nobody knows. None stands for no file.
    """

    def __init__(self, system, number, seed):
        super().__init__(daemon=True)
        self.system, self.url, self.top = system, system.url, f"/w{number}"
        self.random = random.Random(seed * 1000 + number)
        self.known = {}
        self.acknowledged = 0
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.step()
        except Exception as failure:  # handed to the test
            self.failure = failure

    def step(self):
        name = f"{self.top}/f{self.random.randrange(12)}"
        self.random.choice((self.put, self.put, self.put, self.remove, self.move))(name)

    def states(self, name):
        return self.known.get(name, {None})

    def put(self, name):
        data = pattern(self.random.choice(SIZES), seed=self.random.randrange(1 << 30))
        before = self.states(name)
        try:
            self.upload(name, data)
        except (rawxroot.Closed, rawxroot.XrootError, OSError):
            self.known[name] = before | {data}
        else:
            self.known[name] = {data}
            self.acknowledged += 1

    def upload(self, name, data):
        """By hand: XrdCl calls a close done when the connection is lost before the answer."""
        wait_until(lambda: rawxroot.accepts(self.system), 60, "the door")
        connection, handle = self.system.open_by_hand(name, rawxroot.DELETE | rawxroot.UPDATE)
        with connection:
            for at in range(0, len(data), PIECE):
                connection.write(handle, at, data[at:at + PIECE])
            connection.call(rawxroot.close_request(handle))

    def remove(self, name):
        done, _ = client.FileSystem(self.url).rm(name, timeout=20)
        if done.ok:
            assert self.states(name) != {None}, f"{name} was removed though it never was"
            self.known[name] = {None}
            self.acknowledged += 1
        else:
            self.known[name] = self.states(name) | {None}

    def move(self, name):
        target = f"{self.top}/m{self.random.randrange(12)}"
        done, _ = client.FileSystem(self.url).mv(name, target, timeout=20)
        there, moved = self.states(target), self.states(name)
        if done.ok:
            self.known[target], self.known[name] = moved - {None}, {None}
            self.acknowledged += 1
        else:
            self.known[target], self.known[name] = there | moved, moved | {None}


def read(url):
    """The content of a file, None when there is no such file."""
    with client.File() as file:
        done, _ = file.open(url, OpenFlags.READ, timeout=60)
        if not done.ok:
            assert "[3011]" in done.message, f"{url}: {done.message}"
            return None
        done, data = file.read(timeout=60)
        assert done.ok, f"{url}: {done.message}"
        return bytes(data)


def summary(data):
    return None if data is None else (len(data), f"{zlib.adler32(data):08x}")


def check_contents(system, writers):
    for writer in writers:
        for name, possible in sorted(writer.known.items()):
            found = read(system.url + name)
            assert found in possible, f"{name} is {summary(found)}, may be {[summary(data) for data in possible]}"


def check_nothing_is_left(system):
    """Pools have the files that have a name and no others; nobody is asked to wait for a name."""

    def leftovers():
        done, listing = client.FileSystem(system.url).dirlist("/", DirListFlags.STAT | DirListFlags.RECURSIVE)
        assert done.ok, done.message
        names = {int(entry.statinfo.id) for entry in listing if not entry.statinfo.flags & StatInfoFlags.IS_DIR}
        stored = set(system.replicas())
        return {"names": names - stored, "files": stored - names, "uploads": {p.label for p in system.pools if p.uploads()}}

    wait_until(lambda: not any(leftovers().values()), QUIET_SECONDS, lambda: f"left over: {leftovers()}\n{system.log()[-3000:]}")


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request, session_dir):
    """(catalogue.url, the PostgreSQL or None)"""
    if request.param == "SQLite":
        from servers import scratch

        yield f"sqlite:{scratch(session_dir) / 'catalogue.db'}", None
        return
    cluster = Postgres(session_dir).start()
    yield cluster.new_database(), cluster
    cluster.remove()


class Killer:
    """Kills a component without a warning and starts it again."""

    def __init__(self, system, cluster, seed):
        self.system, self.cluster, self.random = system, cluster, random.Random(seed)
        self.log = []

    def targets(self):
        return [self.door, self.pool, self.pool] + ([self.database] if self.cluster else [])

    def strike(self):
        wait = self.random.uniform(0, 0.4)
        threading.Event().wait(wait)  # the moment of the crash is what is tried here
        target = self.random.choice(self.targets())
        self.log.append(f"{target.__name__} after {wait:.3f} s")
        target()

    def door(self):
        self.system.kill()
        self.system.start()

    def pool(self):
        pool = self.random.choice(self.system.pools)
        pool.kill()
        pool.start()

    def database(self):
        self.cluster.stop(signal.SIGQUIT)
        self.cluster.start()


def test_what_was_acknowledged_survives_any_crash(session_dir, database):
    url, cluster = database
    seed = int(os.environ.get("SLUICE_CRASH_SEED", random.SystemRandom().randrange(1 << 30)))
    print(f"SLUICE_CRASH_SEED={seed}")
    system = storage.SluicePools(url, count=2, home=session_dir, door={"capability_lifetime": "5 s"})
    try:
        system.start()
        writers = [Writer(system, number, seed) for number in range(WRITERS)]
        for writer in writers:
            done, _ = client.FileSystem(system.url).mkdir(writer.top, MkDirFlags.MAKEPATH)
            assert done.ok, done.message
            writer.start()
        killer = Killer(system, cluster, seed)
        for _ in range(POINTS):
            killer.strike()
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(120)
            assert not writer.is_alive(), "a client hangs"
            if writer.failure:
                raise writer.failure
        assert sum(writer.acknowledged for writer in writers) > POINTS, "the clients hardly got anything done"
        check_contents(system, writers)
        check_nothing_is_left(system)
    finally:
        system.remove()
