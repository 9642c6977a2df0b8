# SPDX-License-Identifier: Apache-2.0
# A storage system on machines of its own, which crash, or whose network does, under clients at work: what they were told is
# stored can be read through both doors, catalogue and disks agree, and whoever did not get what it wanted was told so in time.

import contextlib
import itertools
import json
import random
import re
import signal
import threading
from pathlib import Path

import bookkeeping
import network
import postgres
import pytest
import servers
import storage
from clients import pattern, run, sha
from rawxroot import wait_until

COPIES = 2
DIRECTORY = "/load"
SIZES = (0, 5000, 300_000, 2_000_000, 4_000_000)
RATE = "8m"  # bytes per second of one client, so that transfers take long enough to be met by what happens
BOUND = 45  # seconds that a client may take, whatever happens
RETURN_SECONDS = 30  # until all clients get something done again
SETTLE_SECONDS = 45  # until nothing is left over

SHORT_PATIENCE = {"XRD_STREAMTIMEOUT": "3", "XRD_REQUESTTIMEOUT": "20"}  # on top of what all tests have
DOOR = {"refresh": "100 ms", "patience": "2 s", "capability_lifetime": "5 s"}
ACCESS = {"anonymous": "full", "anonymous_user": "root"}
CATALOGUE = {"patience": "1 s"}


class Site:
    """PostgreSQL and a door, another door, three pools, and clients: six machines."""

    def __init__(self, home, stack):
        self.net = network.Network()
        stack.callback(self.net.close)
        hosts = [self.net.machine() for _ in range(6)]
        self.client_host = hosts.pop()
        self.files = servers.scratch(home)
        self.cluster = stack.enter_context(servers.running(postgres.Postgres(home, machine=hosts[0])))
        self.database = self.cluster.new_database()
        self.doors = [self.make_door(home, host, stack) for host in hosts[:2]]
        self.pools = [self.make_pool(home, host, f"pool{index}", stack) for index, host in enumerate(hosts[2:])]
        self.admin("set-class", "default", "--copies", COPIES)
        self.ask("/usr/bin/xrdfs", self.doors[0].url, "mkdir", "-p", DIRECTORY).ok()

    def make_door(self, home, host, stack):
        door = storage.SluicePools(self.database, count=0, door=DOOR, access=ACCESS, catalogue=CATALOGUE, home=home,
                                   machine=host)
        return stack.enter_context(servers.running(door))

    def make_pool(self, home, host, label, stack):
        pool = storage.SluicePool(self.doors[0].common, label, {}, home=home, machine=host)
        return stack.enter_context(servers.running(pool))

    def admin(self, *words):
        return self.ask(self.doors[0].binary, "admin", *words, "--set", f"catalogue.url={self.database}").ok()

    def ask(self, *command):
        """Runs a client on the clients' machine."""
        return run(*self.client_host.command(*command, account=servers.account()), timeout=BOUND, **SHORT_PATIENCE)

    def xrdcp(self, *arguments):
        return self.ask("/usr/bin/xrdcp", "--nopbar", "--xrate", RATE, *arguments)

    def content(self, door):
        """SHA-256 by name, read through a door."""
        script = Path(network.__file__).with_name("digests.py")
        return json.loads(self.ask("/usr/bin/python3", script, door.url, DIRECTORY).ok().out)

    def left_over(self):
        found = bookkeeping.differences(self.cluster, self.database, self.pools, COPIES)
        return {kind: what for kind, what in found.items() if what}

    def log(self):
        return "".join(server.log()[-3000:] for server in (*self.doors, *self.pools))


class Client(threading.Thread):
    """Runs one xrdcp after the other at one door, and counts what worked."""

    def __init__(self, load, door, label):
        super().__init__(daemon=True)
        self.load, self.door, self.label = load, door, label
        self.random = random.Random(label)
        self.ended = self.succeeded = 0
        self.failure = None

    def run(self):
        try:
            for index in itertools.count():
                if self.load.is_over.is_set():
                    return
                self.count(self.step(index))
        except Exception as failure:  # handed to the test
            self.failure = failure

    def count(self, finished):
        assert finished.code == 0 or re.search(r"\[(ERROR|FATAL)\] *\S", finished.err), f"no clear error: {finished}"
        self.succeeded += finished.code == 0
        self.ended += 1


class Uploader(Client):
    def step(self, index):
        name, source = f"{self.label}-{index}", self.random.choice(self.load.sources)
        self.load.tried[name] = self.load.digests[source]
        finished = self.load.site.xrdcp(source, f"{self.door.url}{DIRECTORY}/{name}")
        if finished.code == 0:
            self.load.stored[name] = self.load.tried[name]
        return finished


class Downloader(Client):
    def step(self, index):
        name = self.random.choice(list(self.load.stored))
        finished = self.load.site.xrdcp(f"{self.door.url}{DIRECTORY}/{name}", "-")
        assert finished.code != 0 or sha(finished.raw) == self.load.stored[name], f"{name} has other bytes than were stored"
        return finished


class Load:
    """Uploads and downloads through all doors. `stored` is what xrdcp said it stored, `tried` what it began."""

    def __init__(self, site):
        self.site = site
        self.is_over = threading.Event()
        self.digests = dict(map(self.make_source, SIZES))
        self.sources = list(self.digests)
        self.stored, self.tried = {}, {}
        self.clients = [kind(self, door, f"{kind.__name__}{number}") for number, door in enumerate(site.doors)
                        for kind in (Uploader, Downloader)]

    def make_source(self, size):
        path = self.site.files / f"{size}-bytes"
        path.write_bytes(pattern(size, seed=size))
        return path, sha(path)

    def __enter__(self):
        source = self.sources[-1]
        self.site.xrdcp(source, f"{self.site.doors[0].url}{DIRECTORY}/first").ok()
        self.stored["first"] = self.tried["first"] = self.digests[source]
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for client in self.clients:
            client.join(2 * BOUND)

    def wait_for_each(self, count, times, what):
        """Until `count` of every client has grown by so many."""
        before = {client: getattr(client, count) for client in self.clients}

        def waiting():
            for client in self.clients:
                if client.failure:
                    raise client.failure
            return [client.label for client in self.clients if getattr(client, count) < before[client] + times]

        wait_until(lambda: not waiting(), RETURN_SECONDS + BOUND, lambda: f"{what}: {waiting()}\n{self.site.log()}")

    def is_felt(self):
        """Returns when every client got to an end, good or bad, since it happened."""
        self.wait_for_each("ended", 1, "end of a command")

    def goes_on(self):
        """Returns when every client got done what it began after now."""
        self.wait_for_each("succeeded", 2, "success")

    def check(self):
        """Nothing is lost, nothing is left over, nobody was told something wrong."""
        for client in self.clients:
            assert not client.is_alive(), f"{client.label} hangs"
            if client.failure:
                raise client.failure
        wait_until(lambda: not self.site.left_over(), SETTLE_SECONDS, lambda: f"left over: {self.site.left_over()}\n{self.site.log()}")
        for door in self.site.doors:
            found = self.site.content(door)
            lost = self.stored.keys() - found.keys()
            assert not lost, f"stored and lost: {lost}"
            wrong = {name for name, digest in found.items() if digest != self.tried[name]}
            assert not wrong, f"other bytes than were sent: {wrong}"


@pytest.fixture
def load(session_dir):
    with contextlib.ExitStack() as stack:
        yield Load(Site(session_dir, stack))


def in_an_upload(pool):
    wait_until(pool.uploads, RETURN_SECONDS, f"an upload to {pool.label}")
    return pool


def test_doors_may_crash(load):
    with load:
        load.goes_on()
        for door in load.site.doors:
            door.kill()
            load.is_felt()
            door.start()
        load.goes_on()
    load.check()


def test_pools_may_crash(load):
    with load:
        for _ in range(2):
            for pool in load.site.pools:
                in_an_upload(pool).kill()
                load.is_felt()
                pool.start()
        load.goes_on()
    load.check()


def test_a_link_may_break_and_come_back(load):
    with load:
        for pool in load.site.pools[:2]:
            in_an_upload(pool).machine.unplug()
            load.is_felt()
            pool.machine.plug()
            load.goes_on()
    load.check()


def test_the_database_may_stop_and_crash(load):
    with load:
        for end in (signal.SIGINT, signal.SIGQUIT):
            load.goes_on()
            load.site.cluster.stop(end)
            load.is_felt()
            load.site.cluster.start()
        load.goes_on()
    load.check()
