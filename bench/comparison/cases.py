# SPDX-License-Identifier: Apache-2.0
"""The cases that are compared and their bars. A bar is a bound on ours / xrootd; 1 means equal."""

from dataclasses import dataclass, field

# What a ratio is taken of, and what it is called in the table.
METRICS = {
    "rate": "rate",
    "p99": "p99 latency",
    "cpu": "server CPU",
    "memory": "peak memory",
    "wall": "wall time",
}


@dataclass(frozen=True)
class Bar:
    metric: str
    least: bool  # True: the ratio must be at least `bound`; False: at most
    bound: float

    def met_by(self, ratio):
        return ratio >= self.bound if self.least else ratio <= self.bound

    def __str__(self):
        return f"{'≥' if self.least else '≤'} {self.bound:g}"


def rate(bound):
    return Bar("rate", True, bound)


def at_most(metric, bound):
    return Bar(metric, False, bound)


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    kind: str  # which function of measure.py runs it
    bars: tuple = ()
    path: str = ""
    arguments: tuple = ()
    options: dict = field(default_factory=dict)
    system: str = "server"  # which pair is compared: single servers, or storage systems that redirect


def load(name, text, path, bars, *arguments):
    return Case(name, text, "load", tuple(bars), path, arguments)


def reads(mode, size, connections, depth, bars, **more):
    text = more.pop("text")
    items = ("--items", str(more["items"])) if "items" in more else ()
    name = more.pop("name")
    return load(name, text, "big", bars, "--mode", mode, "--size", size, "--connections", str(connections),
                "--depth", str(depth), *items)


def writes(mode, size, connections, depth, file_size, bars, *, name, text):
    return load(name, text, "written/{n}", bars, "--mode", mode, "--size", size, "--connections", str(connections),
                "--depth", str(depth), "--file-size", file_size)


def small_reads():
    for connections in (16, 128, 1000):
        yield reads("randread", "4KiB", connections, 8, [rate(3), at_most("cpu", 0.35)],
                    name=f"read-4k-d8-c{connections}", text=f"random reads 4 KiB, depth 8, {connections} connections")
    for connections in (128, 1000):
        yield reads("randread", "4KiB", connections, 1, [rate(1.7), at_most("cpu", 0.55)],
                    name=f"read-4k-d1-c{connections}", text=f"random reads 4 KiB, depth 1, {connections} connections")


def large_reads():
    pages = [rate(1.6), at_most("cpu", 0.6)]
    yield reads("pgread", "1MiB", 16, 1, pages, name="pgread-1m-c16", text="page reads 1 MiB, 16 connections")
    yield reads("pgread", "8MiB", 1, 4, pages, name="pgread-8m-d4", text="page reads 8 MiB, depth 4, 1 connection")
    yield reads("seqread", "1MiB", 1, 1, [rate(1.2)], name="seqread-1m-c1", text="reads 1 MiB, 1 connection")
    yield reads("seqread", "1MiB", 16, 1, [rate(1.0), at_most("cpu", 0.85)], name="seqread-1m-c16",
                text="reads 1 MiB, 16 connections")
    yield reads("vread", "4KiB", 16, 1, [rate(1.2)], items=16, name="vread-16x4k",
                text="vector reads 16 × 4 KiB, 16 connections")
    yield reads("vread", "8KiB", 16, 1, [rate(1.2)], items=256, name="vread-256x8k",
                text="vector reads 256 × 8 KiB, 16 connections")


def all_writes():
    bars = [rate(1.4), at_most("cpu", 0.7)]
    yield writes("write", "1MiB", 1, 1, "64MiB", bars, name="write-1m-c1", text="writes 1 MiB, 1 connection")
    yield writes("write", "1MiB", 16, 1, "16MiB", bars, name="write-1m-c16", text="writes 1 MiB, 16 connections")
    yield writes("pgwrite", "8MiB", 1, 4, "64MiB", [rate(1.2)], name="pgwrite-8m-d4",
                 text="page writes 8 MiB, depth 4, 1 connection")


def metadata():
    for depth, bound in ((8, 3.5), (1, 1.4)):
        yield load(f"stat-d{depth}", f"stat, depth {depth}, 16 connections", "small/0", [rate(bound)], "--mode", "stat",
                   "--connections", "16", "--depth", str(depth))
    yield load("open-c128", "open, read 4 KiB, close, 128 connections", "small/{n}", [rate(1.8)], "--mode", "open",
               "--connections", "128")
    yield load("connect-c128", "connect and login, 128 connections", "", [rate(1.5)], "--mode", "connect",
               "--connections", "128")


def whole_copies():
    wall = (at_most("wall", 1.0),)
    for direction, word in (("get", "download"), ("put", "upload")):
        yield Case(f"xrdcp-{direction}-1g", f"xrdcp {word} of 1 GiB", "copy", wall,
                   options={"direction": direction, "files": ["copy/1g"]})
        yield Case(f"xrdcp-{direction}-10x100m", f"xrdcp {word} of 10 × 100 MB", "copy", wall,
                   options={"direction": direction, "files": [f"copy/100m-{i}" for i in range(10)]})


def under_pressure():
    yield Case("stat-p99-busy", "one stat at a time while 64 connections read", "busy_stat",
               (at_most("p99", 0.3),), "small/0",
               ("--mode", "stat"), {"bulk": ("--mode", "seqread", "--size", "1MiB", "--connections", "64")})
    yield Case("memory-busy", "peak memory, 1000 connections reading and 100 writing", "memory",
               (at_most("memory", 0.2),), "",
               (), {"readers": ("--mode", "seqread", "--size", "1MiB", "--connections", "1000"),
                    "writers": ("--mode", "write", "--size", "1MiB", "--connections", "100", "--file-size", "4MiB")})


def through_a_redirect():
    def case(name, text, bound, *arguments):
        return Case(name, text, "system_load", (rate(bound),), "small/{n}", arguments, system="storage")

    for connections in (16, 128):
        yield case(f"redirect-open-c{connections}", f"open at the door, read 4 KiB, close, {connections} connections", 1.5,
                   "--mode", "open", "--connections", str(connections))
    for depth in (8, 1):
        yield case(f"redirect-stat-depth{depth}", f"stat at the door, depth {depth}, 16 connections", 2, "--mode", "stat",
                   "--connections", "16", "--depth", str(depth))


def with_tls():
    def case(name, text, path, bound, *arguments, system="tls"):
        return Case(name, text, "load", (rate(bound),), path, arguments, system=system)

    yield case("tls-large-c16", "TLS: reads 1 MiB, 16 connections", "big", 1.2, "--mode", "seqread", "--size", "1MiB",
               "--connections", "16", "--depth", "1")
    yield case("tls-small-d8-c16", "TLS: random reads 4 KiB, depth 8, 16 connections", "big", 3, "--mode", "randread",
               "--size", "4KiB", "--connections", "16", "--depth", "8")
    yield case("tls-written-c16", "TLS: writes 1 MiB, 16 connections", "written/{n}", 0.95, "--mode", "write", "--size",
               "1MiB", "--connections", "16", "--depth", "1", "--file-size", "16MiB")
    for system, key, bound in (("tls", "RSA 2048", 1.1), ("tls-ec", "P-256", 3)):
        yield case(f"{system}-connect-c16", f"TLS: connect and login, {key}, 16 connections", "", bound, *connects(16),
                   "--new-sessions", system=system)
    yield case("tls-resume-c16", "TLS: connect and login, sessions resumed, 16 connections", "", 3, *connects(16))


def connects(connections):
    """Two threads, because the client's part of a handshake or a login costs as much as the server's."""
    return "--mode", "connect", "--connections", str(connections), "--threads", "2"


def with_credentials():
    """Every operation is a new connection that logs in, proves who it is, and ends."""
    def case(name, text, bars, *arguments, system, path=""):
        return Case(name, text, "load", tuple(bars), path, arguments, system=system)

    yield case("login-ztn-c16", "ztn: logins with a token, TLS with RSA 2048, 16 connections", [rate(1.1)], *connects(16),
               "--new-sessions", system="ztn")
    yield case("login-ztn-resumed-c16", "ztn: logins with a token, TLS resumed, 16 connections", [rate(1.5)], *connects(16),
               system="ztn")
    yield Case("login-gsi-c8", "gsi: logins with a proxy, RSA 2048, 8 connections", "load", (rate(1.5),), "", connects(8),
               {"seconds": 3}, system="gsi")
    text = "TLS: open with a token and without, read, close, depth 8"
    yield case("authz-open-c16", text, [rate(0.9)], "--mode", "open", "--connections", "16", "--depth", "8",
               path="small/{n}", system="authz")
    yield case("authz-door-c16", "TLS: open at the door with a token and without, read, close", [rate(0.9)], "--mode", "open",
               "--connections", "16", "--depth", "8", path="small/{n}", system="authz-door")
    yield case("authz-open-peer-c16", "TLS: open with a token, read, close, depth 8", [rate(1.8)], "--mode", "open",
               "--connections", "16", "--depth", "8", path="small/{n}", system="authz-peer")


CASES = [*small_reads(), *large_reads(), *all_writes(), *metadata(), *whole_copies(), *under_pressure(),
         *through_a_redirect(), *with_tls(), *with_credentials()]
