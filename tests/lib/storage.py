# SPDX-License-Identifier: Apache-2.0
# Storage systems under test: a door that knows the names and pools that have the bytes, in one process or in several.

import struct

import servers
from servers import SluiceServer
from stored import StoredWorkDir, must
from XRootD import client

ANYBODY = 0o777


class SluiceDoor(SluiceServer):
    """What doors have in common, alone or with a pool in their process."""

    hello = struct.pack(">ii", 0x520, 0)
    work_directory = StoredWorkDir


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


def settings(**values):
    """--set options of the values, whose names have __ for the dot."""
    return [word for name, value in values.items() for word in ("--set", f"{name.replace('__', '.')}={value}")]


class SluicePool(SluiceServer):
    """A pool in a process of its own."""

    name = "pool"
    port_name = "pool"

    def __init__(self, catalogue, label, home=None, binary=None):
        super().__init__(binary=binary, home=home)
        self.catalogue, self.label = catalogue, label
        self.extra = []

    def role(self):
        return settings(serve__roles="pool", pool__name=self.label, pool__directory=self.root, catalogue__url=self.catalogue,
                        pool__listen=f"127.0.0.1:{self.port}", pool__heartbeat="500 ms") + self.extra

    def replicas(self):
        """Everything in its directory that is a file."""
        return sorted(path for path in self.root.rglob("*") if path.is_file())


class SluicePools(SluiceDoor):
    """A door and three pools, four processes that share a catalogue. This object is the door.

    Anonymous clients are the servers' account, and its root directory is open to all."""

    name = "pools"
    traits = frozenset({"ours", "storage", "rights"})

    def __init__(self, catalogue, home=None, binary=None, count=3):
        super().__init__(binary=binary, home=home)
        self.catalogue = catalogue
        self.pools = [SluicePool(catalogue, f"pool{index}", home=self.home, binary=binary) for index in range(count)]
        self.account = "root"

    def role(self):
        return settings(serve__roles="door", catalogue__url=self.catalogue, door__anonymous_user=self.account, door__refresh="100 ms")

    def start(self, *extra, **options):
        super().start()
        must(client.FileSystem(self.url).chmod("/", ANYBODY))
        self.stop()
        self.account = "{}:{}".format(*servers.account())
        for pool in self.pools:
            pool.start()
        return super().start(*extra, **options)

    @property
    def data_servers(self):
        return {address for pool in self.pools for address in pool.data_servers}

    @property
    def stores(self):
        return [pool.root for pool in self.pools]

    def log(self):
        return super().log() + "".join(pool.log() for pool in self.pools)

    def remove(self):
        for pool in self.pools:
            pool.remove()
        super().remove()
