# SPDX-License-Identifier: Apache-2.0
# Random and half-right frames in great number, against the binary with sanitizers when there is one. A failure names
# the seed; SLUICE_SOAK_SECONDS and SLUICE_SOAK_SEED repeat or lengthen a run.

import os
import random
import socket
import struct
import time

import pytest
import rawxroot as raw
import servers
from clients import pattern

SECONDS = float(os.environ.get("SLUICE_SOAK_SECONDS", "8"))
SEED = int(os.environ.get("SLUICE_SOAK_SEED", "20260801"))


@pytest.fixture
def soaked(own_sluice):
    server = own_sluice(binary=servers.sanitized_binary())
    work = server.workdir("work")
    work.put("file", pattern(50000))
    work.put("folder/inner", b"x")
    return server


class Mutator:
    """Makes requests: right ones, right ones with spoiled bytes, and noise."""

    def __init__(self, rng):
        self.rng = rng
        self.handle = bytes(4)

    def number(self):
        return self.rng.choice([0, 1, -1, 4096, 2**31 - 1, -2**31, self.rng.randrange(100000), self.rng.randrange(2**31)])

    def offset(self):
        return self.rng.choice([0, 1, -1, 4095, 2**62, 2**63 - 1, -2**63, self.rng.randrange(60000)])

    def path(self):
        name = self.rng.choice(["/work/file", "/work/folder", "/work/new", "/work", "/", "//work//file", "/work/../x", "", "x",
                                "/work/file?cks.type=md5&x", "/work/" + "a" * self.rng.randrange(300), "*", "*/work",
                                "/work/f\0g", "/work/\n", "/work/\xff\xfe"])
        return name.encode("latin-1") + self.rng.choice([b"", b"", b"?a=b", b"\0", b" /work/moved", b"\n/work"])

    def handle_field(self):
        return self.rng.choice([self.handle, self.handle, self.rng.randbytes(4)])

    def right(self):
        """A request that is meant as a client would mean it, more or less."""
        rng, handle, path = self.rng, self.handle_field(), self.path()
        number = rng.choice([*range(3000, 3034), raw.OPEN, raw.OPEN, raw.READ, raw.WRITE, raw.PGWRITE, raw.READV, raw.WRITEV])
        stream = rng.randbytes(2)
        if number == raw.OPEN:
            return raw.request(number, struct.pack(">HH", rng.randrange(512), rng.randrange(0x10000)), path, stream=stream)
        if number in (raw.READ, raw.PGREAD):
            return raw.request(number, struct.pack(">4sqi", handle, self.offset(), self.number()),
                               rng.randbytes(rng.choice([0, 0, 1, 2, 8, 24])), stream=stream)
        if number == raw.WRITE:
            return raw.write_request(handle, self.offset(), rng.randbytes(rng.randrange(3000)), stream=stream,
                                     path=rng.choice([0, 0, 0, 1, 255]))
        if number == raw.PGWRITE:
            at = max(0, min(self.offset(), 60000))
            payload = raw.pages(rng.randbytes(rng.randrange(1, 9000)), at)
            return raw.pgwrite_request(handle, at, self.spoiled(payload) if rng.random() < 0.5 else payload, stream=stream,
                                       flags=rng.choice([0, 0, 1, 255]))
        if number == raw.READV:
            return raw.readv_request([(handle, max(-2**63, min(self.offset(), 2**63 - 1)), self.number())
                                      for _ in range(rng.randrange(20))], stream=stream)
        if number == raw.WRITEV:
            return raw.writev_request([(handle, self.offset(), rng.randbytes(rng.randrange(100)))
                                       for _ in range(rng.randrange(20))], stream=stream)
        if number == raw.FATTR:
            names = rng.randrange(4)
            payload = path.rstrip(b"\0") + b"\0" + b"\0\0name\0" * names + struct.pack(">i", 3) + b"val"
            return raw.request(number, handle + bytes([rng.randrange(5), names, rng.randrange(32)]), payload, stream=stream)
        if number == raw.QUERY:
            kind = rng.choice([*range(12), 16, 32, 64])
            return raw.request(number, struct.pack(">H", kind) + bytes(2) + bytes(4) + handle, path, stream=stream)
        return raw.request(number, handle + rng.randbytes(12), path, stream=stream)

    def spoiled(self, data):
        out = bytearray(data)
        for _ in range(self.rng.randrange(1, 4)):
            out[self.rng.randrange(len(out))] = self.rng.randrange(256)
        return bytes(out)

    def piece(self):
        chance = self.rng.random()
        if chance < 0.7:
            return self.right()
        if chance < 0.95:
            return self.spoiled(self.right())
        return self.rng.randbytes(self.rng.randrange(1, 5000))


def one_session(server, rng):
    """Sends a random number of requests in random cuts and reads what comes, until either side has enough."""
    mutator = Mutator(rng)
    opening = raw.HELLO + raw.protocol_request() + raw.login_request()
    if rng.random() < 0.2:
        opening = mutator.spoiled(opening)
    with socket.create_connection((server.host, server.port), timeout=10) as peer:
        try:
            peer.sendall(opening + raw.open_request("/work/file", raw.UPDATE if rng.random() < 0.5 else raw.OPEN_READ))
            mutator.handle = drain(peer)[-4:] or bytes(4)
            for _ in range(rng.randrange(1, 60)):
                data = mutator.piece()
                cut = rng.randrange(len(data) + 1)
                peer.sendall(data[:cut])
                peer.sendall(data[cut:])
                if rng.random() < 0.2:
                    drain(peer)
        except (BrokenPipeError, ConnectionResetError):
            pass


def drain(peer):
    """What has arrived, waiting a moment for more; at most 4 MiB."""
    peer.settimeout(0.01)
    out = b""
    try:
        while len(out) < 4 << 20:
            piece = peer.recv(1 << 20)
            if not piece:
                break
            out += piece
    except socket.timeout:
        pass
    finally:
        peer.settimeout(10)
    return out


def test_random_frames(soaked):
    deadline, turn = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline or turn < 20:
        seed = SEED + turn
        one_session(soaked, random.Random(seed))
        assert soaked.alive(), f"the server died with seed {seed}:\n{soaked.log()[-5000:]}"
        turn += 1
    with raw.Connection(soaked) as connection:
        assert connection.alive()
    raw.wait_until(lambda: soaked.descriptors_of("/work/") == 0, what="closing of the files of all lost connections")
    assert soaked.stop() == 0, soaked.log()[-3000:]


def test_pure_noise(soaked):
    rng = random.Random(SEED)
    for _ in range(150):
        with socket.create_connection((soaked.host, soaked.port), timeout=10) as peer:
            try:
                peer.sendall(rng.choice([b"", raw.HELLO, raw.HELLO + raw.protocol_request() + raw.login_request()]))
                peer.sendall(rng.randbytes(rng.randrange(1, 100000)))
            except (BrokenPipeError, ConnectionResetError):
                pass
    with socket.create_connection((soaked.host, soaked.port), timeout=10) as peer:
        try:
            peer.sendall(raw.HELLO + raw.protocol_request() + raw.login_request() + rng.randbytes(1 << 20))
        except (BrokenPipeError, ConnectionResetError):
            pass
    with raw.Connection(soaked) as connection:
        assert connection.alive()
    assert soaked.alive()
