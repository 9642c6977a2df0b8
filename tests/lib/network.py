# SPDX-License-Identifier: Apache-2.0
# Several machines on this one: network namespaces with an address each, joined by a bridge. Whoever is not root gets them in a
# user namespace of their own. Nothing has a name that others could see, and the kernel removes all of it when we end.

import contextlib
import itertools
import os
import subprocess

from clients import run

NETWORK = "10.217.94"  # nobody else sees it
BRIDGE = "bridge"


def _own_users():
    """The option that enters the user namespace of those who are not root, who are root in it."""
    return [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]


class Namespace:
    """A network namespace; it lasts as long as a `cat` in it, which ends when we do, however we end."""

    def __init__(self, *unshare):
        self.keeper = subprocess.Popen(unshare + ("cat",), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with contextlib.suppress(BrokenPipeError):
            self.keeper.stdin.write(b"ready\n")
            self.keeper.stdin.flush()
        answer = self.keeper.stdout.readline()
        assert answer == b"ready\n", f"no network namespace: {' '.join(unshare)}: {answer.decode()}"

    def inside(self, *command):
        return ["nsenter", f"--target={self.keeper.pid}", "--net", *_own_users(), *map(str, command)]

    def ip(self, *words):
        run(*self.inside("/usr/sbin/ip", *words)).ok()

    def close(self):
        self.keeper.communicate()


class Machine(Namespace):
    """A host of a network: an address, and a link that can be cut."""

    def __init__(self, network, number):
        switch = network.switch
        users = [] if os.geteuid() == 0 else ["nsenter", f"--target={switch.keeper.pid}", *_own_users()]
        super().__init__(*users, "unshare", "--net")
        self.switch, self.address, self.port = switch, f"{NETWORK}.{number}", f"port{number}"
        switch.ip("link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", self.keeper.pid)
        switch.ip("link", "set", self.port, "master", BRIDGE)
        self.ip("address", "add", f"{self.address}/24", "dev", "eth0")
        self.ip("link", "set", "lo", "up")
        self.ip("link", "set", "eth0", "up")
        self.plug()

    def plug(self):
        self.switch.ip("link", "set", self.port, "up")

    def unplug(self):
        """Packets are lost from now on, and nobody is told."""
        self.switch.ip("link", "set", self.port, "down")

    def command(self, *words, account, last_signal="KILL"):
        """What runs `words` here as that (uid, gid). It gets the signal when the thread that started it ends."""
        user, group = account
        if os.geteuid() == 0:
            change = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        else:
            change = ["unshare", "--user", f"--map-user={user}", f"--map-group={group}", "setpriv"]
        return self.inside(*change, f"--pdeathsig={last_signal}", "--", *words)


class Network:
    """A bridge, and the machines that were plugged into it."""

    def __init__(self):
        users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self.switch = Namespace("unshare", "--net", *users)
        self.switch.ip("link", "add", BRIDGE, "type", "bridge")
        self.switch.ip("link", "set", BRIDGE, "up")
        self.machines = []
        self._numbers = itertools.count(1)

    def machine(self):
        self.machines.append(Machine(self, next(self._numbers)))
        return self.machines[-1]

    def close(self):
        for place in (*self.machines, self.switch):
            place.close()
