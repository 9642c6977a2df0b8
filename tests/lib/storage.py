# SPDX-License-Identifier: Apache-2.0
# Storage systems under test: a door that knows the names and pools that have the bytes, in one process or in several.

import struct

import rawxroot
import servers
from servers import SluiceServer
from stored import StoredWorkDir, must
from XRootD import client


class Address:
    """A pool for rawxroot.Connection, where there is no process of its own to ask."""

    hello = SluiceServer.hello

    def __init__(self, host, port):
        self.host, self.port = host, port


def settings(section, values):
    """--set options for the values of a section: settings("door", {"patience": "2 s"})."""
    return [word for name, value in values.items() for word in ("--set", f"{section}.{name}={value}")]


class SluiceDoor(SluiceServer):
    """What doors have in common, alone or with a pool in their process."""

    hello = struct.pack(">ii", 0x520, 0)
    work_directory = StoredWorkDir

    def start(self, *extra, **options):
        """Comes back at the same port."""
        return super().start(*extra, **{"listen": f"{self.host}:{self.port}"} | options)

    def open_by_hand(self, path, options=rawxroot.OPEN_READ, session=None):
        """A connection to the pool that the door names, and the handle of the file there. The door is asked in that session.

        What it tells is what the server said: real clients take a close for done when the connection is lost before it."""
        with session or rawxroot.Connection(self) as door:
            found = door.redirect(rawxroot.open_request(path, options))
        pool = rawxroot.Connection(self.pool_at(found.port), login=False)
        pool.login(cgi=found.token.encode())
        return pool, pool.open(f"{path}{'&' if '?' in path else '?'}{found.cgi}", options)


class SluiceStorage(SluiceDoor):
    """`sluice serve` as it comes: a door and a pool in one process, the catalogue a file. Anonymous clients are root."""

    name = "storage"
    traits = frozenset({"ours", "storage"})

    def role(self):
        return []

    @property
    def data_servers(self):
        return {f"{self.host}:{self.named_port('pool')}"}

    @property
    def stores(self):
        return [self.data / "pool"]

    def pool_at(self, port):
        return Address(self.host, port)


class SluicePool(SluiceServer):
    """A pool in a process of its own. It comes back at the same port, or at another one when `port` is set to 0 before."""

    name = "pool"
    port_name = "pool"

    def __init__(self, common, label, own_settings, **kwargs):
        super().__init__(**kwargs)
        self.common, self.label, self.own_settings = common, label, own_settings

    def role(self):
        own = {"name": self.label, "directory": self.root, "listen": f"{self.host}:{self.port}", "heartbeat": "500 ms"}
        return ["--set", "serve.roles=pool", *self.common, *settings("pool", own | self.own_settings)]

    def replicas(self):
        """The ids of the files in its directory, with their paths."""
        return {int(path.name, 16): path for path in self.root.rglob("[0-9a-f]*") if path.is_file()}

    def uploads(self):
        """How many uploads are under way: files that have no name until they are complete."""
        return sum(link.startswith(f"{self.root}/") and link.endswith(" (deleted)") for link in self.open_files())


class SluicePools(SluiceDoor):
    """A door and pools, each a process of its own, that share a catalogue. This object is the door."""

    name = "pools"
    traits = frozenset({"ours", "storage", "rights"})

    def __init__(self, database, count=3, serve=None, catalogue=None, door=None, pool=None, access=None, **kwargs):
        super().__init__(**kwargs)
        self.database = database
        self.common = settings("catalogue", {"url": database} | (catalogue or {})) + settings("serve", serve or {})
        self.own_settings = {"refresh": "100 ms"} | (door or {})
        self.access = access or {}
        kwargs["home"] = self.home
        self.pools = [SluicePool(self.common, f"pool{index}", pool or {}, **kwargs) for index in range(count)]

    def role(self):
        return ["--set", "serve.roles=door", *self.common, *settings("door", self.own_settings),
                *settings("access", self.access)]

    def start(self, *extra, **options):
        """Starts the door and the pools that do not run."""
        for pool in self.pools:
            if not pool.alive():
                pool.start()
        return super().start(*extra, **options)

    def bind_clients(self):
        """Makes anonymous clients the servers' account, whom rights bind, and opens the root directory to all."""
        must(client.FileSystem(self.url).chmod("/", 0o777))
        self.stop()
        self.access["anonymous_user"] = "{}:{}".format(*servers.account())
        return self.start()

    @property
    def data_servers(self):
        return {f"{pool.host}:{pool.port}" for pool in self.pools}

    @property
    def stores(self):
        return [pool.root for pool in self.pools]

    def pool_at(self, port):
        (pool,) = [pool for pool in self.pools if pool.port == port]
        return pool

    def replicas(self):
        """The ids of all files of all pools, with their paths."""
        found = {}
        for pool in self.pools:
            for number, path in pool.replicas().items():
                assert number not in found, f"{path} is at {found[number]} too"
                found[number] = path
        return found

    def log(self):
        return super().log() + "".join(pool.log() for pool in self.pools)

    def another_door(self):
        """A second door to the same files, not started."""
        return SluicePools(self.database, count=0, binary=self.binary, home=self.home)

    def remove(self):
        for pool in self.pools:
            pool.remove()
        super().remove()
