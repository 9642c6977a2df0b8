# SPDX-License-Identifier: Apache-2.0
# A small xroot speaker on a plain socket, written from the protocol description and sharing no code with the server:
# it can send what no real client would. Layouts: protocol 5.2.0.

import itertools
import re
import socket
import struct
import time
from collections import namedtuple

import confidential

HELLO = struct.pack(">5i", 0, 0, 0, 4, 2012)

# Request numbers.
AUTH, QUERY, CHMOD, CLOSE, DIRLIST, GPFILE, PROTOCOL, LOGIN, MKDIR, MV, OPEN, PING, CHKPOINT, READ, RM, RMDIR, SYNC, STAT, \
    SET, WRITE, FATTR, PREPARE, STATX, ENDSESS, BIND, READV, PGWRITE, LOCATE, TRUNCATE, SIGVER, PGREAD, WRITEV, CLONE = \
    range(3000, 3033)

# Answers.
OK, OKSOFAR, ATTN, AUTHMORE, ERROR, REDIRECT, WAIT, WAITRESP, STATUS = 0, *range(4000, 4008)

# Open options.
DELETE, FORCE, NEW, OPEN_READ, UPDATE, ASYNC, REFRESH, MKPATH, APPEND, RETSTAT, POSC, WRITE_ONLY = \
    2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x1000, 0x8000

IS_DIRECTORY = 2  # in the flags of a stat answer

PAGE = 4096
Frame = namedtuple("Frame", "stream status body info data", defaults=(b"", b""))
Redirect = namedtuple("Redirect", "host port cgi token")


class Closed(Exception):
    """The server ended the connection."""


class XrootError(Exception):
    """The server answered kXR_error."""

    def __init__(self, code, text):
        super().__init__(f"[{code}] {text}")
        self.code = code
        self.text = text


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data):
    """CRC32C (Castagnoli), byte by byte: slow, but not the server's."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def pages(data, offset):
    """Cuts data as kXR_pgwrite wants it: at multiples of 4096 of the file offset, each piece after its CRC."""
    out, at = b"", 0
    while at < len(data):
        piece = data[at:at + PAGE - (offset + at) % PAGE]
        out += struct.pack(">I", crc32c(piece)) + piece
        at += len(piece)
    return out


def unpage(data, offset):
    """Takes the pages of an answer apart, checks each CRC and returns the bytes."""
    out, at = b"", 0
    while at < len(data):
        size = min(PAGE - (offset + len(out)) % PAGE, len(data) - at - 4)
        (crc,) = struct.unpack_from(">I", data, at)
        piece = data[at + 4:at + 4 + size]
        assert size > 0 and crc == crc32c(piece), f"page at {offset + len(out)} has a wrong CRC"
        out += piece
        at += 4 + size
    return out


def request(number, body=b"", payload=b"", stream=b"\0\1", length=None):
    """The bytes of one request; `length` overrides the true payload length."""
    return stream + struct.pack(">H", number) + body.ljust(16, b"\0") + \
        struct.pack(">i", len(payload) if length is None else length) + payload


def protocol_request(flags=0x0b, expect=3, stream=b"\0\1", version=0x0511):
    return request(PROTOCOL, struct.pack(">iBB", version, flags, expect), stream=stream)


def login_request(stream=b"\0\1", user=b"tester", cgi=b"", version=0x85):
    """`version`: client version 5, and bit 0x80 for a client that takes deferred answers."""
    return request(LOGIN, struct.pack(">i8sBBBB", 4711, user.ljust(8, b"\0"), 0, 0xdd, version, 0), cgi, stream=stream)


def open_request(path, options=OPEN_READ, mode=0o644, stream=b"\0\1"):
    return request(OPEN, struct.pack(">HH", mode, options), encoded(path), stream=stream)


def read_request(handle, offset, size, stream=b"\0\1", payload=b""):
    return request(READ, struct.pack(">4sqi", handle, offset, size), payload, stream=stream)


def pgread_request(handle, offset, size, stream=b"\0\1", payload=b""):
    return request(PGREAD, struct.pack(">4sqi", handle, offset, size), payload, stream=stream)


def write_request(handle, offset, data, stream=b"\0\1", path=0, length=None):
    return request(WRITE, struct.pack(">4sqB", handle, offset, path), data, stream=stream, length=length)


def pgwrite_request(handle, offset, payload, stream=b"\0\1", flags=0, path=0, length=None):
    return request(PGWRITE, struct.pack(">4sqBB", handle, offset, path, flags), payload, stream=stream, length=length)


def readv_request(items, stream=b"\0\1", path=0):
    """items: (handle, offset, size)."""
    return request(READV, bytes(15) + bytes([path]),
                   b"".join(struct.pack(">4siq", handle, size, offset) for handle, offset, size in items), stream=stream)


def writev_request(items, options=0, stream=b"\0\1"):
    """items: (handle, offset, data); the data follow the list and are not counted in the frame's length."""
    head = b"".join(struct.pack(">4siq", handle, len(data), offset) for handle, offset, data in items)
    return request(WRITEV, bytes([options]), head, stream=stream) + b"".join(data for _, _, data in items)


def close_request(handle, stream=b"\0\1"):
    return request(CLOSE, handle, stream=stream)


def stat_request(path, stream=b"\0\1", options=0):
    return request(STAT, bytes([options]), encoded(path), stream=stream)


def encoded(path):
    return path.encode() if isinstance(path, str) else path


class Connection:
    """One connection; call() sends and waits, send() and receive() do the halves."""

    def __init__(self, server, hello=True, login=True, timeout=30, receive_buffer=None, preface=b""):
        self.server = server
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((server.host, server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.session = b""
        self._next = itertools.count(1)
        self._input = bytearray()
        if preface:
            self.send(preface)
        if hello:
            self.send(HELLO + protocol_request())
            assert self.receive().body == server.hello or server.hello is None
            self.flags = struct.unpack(">iI", self.receive().body[:8])[1]
            if login:
                self.session = self.login()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def abort(self):
        """Ends the connection by a reset, as a crashed host would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # -- frames --

    def stream(self):
        return struct.pack(">H", next(self._next) & 0xFFFF)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            raise Closed from None

    def _take(self, size):
        while len(self._input) < size:
            try:
                piece = self.socket.recv(max(65536, min(size - len(self._input), 1 << 20)))
            except ConnectionResetError:
                raise Closed from None
            if not piece:
                raise Closed
            self._input += piece
        out = bytes(self._input[:size])
        del self._input[:size]
        return out

    def receive(self):
        """The next frame; a kXR_status frame comes with its information and its data, CRC checked."""
        stream, status, length = struct.unpack(">2sHi", self._take(8))
        body = self._take(length)
        if status != STATUS:
            return Frame(stream, status, body)
        (crc,) = struct.unpack_from(">I", body)
        assert crc == crc32c(body[4:]), "a kXR_status header has a wrong CRC"
        assert body[4:6] == stream
        (size,) = struct.unpack_from(">i", body, 12)
        return Frame(stream, status, body[:16], body[16:], self._take(size))

    def quiet(self, seconds=0.3):
        """True when nothing arrives for that long (or the connection ends)."""
        self.socket.settimeout(seconds)
        try:
            return not self._input and self.socket.recv(1, socket.MSG_PEEK) == b""
        except socket.timeout:
            return True
        finally:
            self.socket.settimeout(30)

    def closed(self, timeout=10):
        """True when the server ends the connection within that time; frames before the end are thrown away."""
        self.socket.settimeout(timeout)
        try:
            while True:
                self._take(1)
        except Closed:
            return True
        except socket.timeout:
            return False

    def alive(self):
        """True when the connection still answers a ping."""
        try:
            return self.call(request(PING)).status == OK
        except Closed:
            return False

    def answer(self, stream=b"\0\1"):
        """The whole answer to one request: oksofar bodies joined; errors raised."""
        parts = b""
        while True:
            frame = self.receive()
            assert frame.stream == stream, f"answer to {frame.stream.hex()}, expected {stream.hex()}"
            if frame.status == ERROR:
                code, text = struct.unpack_from(">i", frame.body)[0], frame.body[4:]
                assert text.endswith(b"\0"), "an error text must end with NUL"
                raise XrootError(code, text[:-1].decode())
            if frame.status == OKSOFAR:
                parts += frame.body
                continue
            if frame.status == WAITRESP:
                return self._deferred(stream)
            return frame._replace(body=parts + frame.body) if frame.status == OK else frame

    def _deferred(self, stream):
        frame = self.receive()
        assert frame.status == ATTN and frame.stream == b"\0\0"
        action, inner, status, length = struct.unpack_from(">i4x2sHi", frame.body)
        body = frame.body[16:]
        assert action == 5008 and inner == stream and length == len(body)
        if status == ERROR:
            raise XrootError(struct.unpack_from(">i", body)[0], body[4:-1].decode())
        return Frame(stream, status, body)

    def call(self, data):
        """Sends one request and returns its answer."""
        self.send(data)
        return self.answer(data[:2])

    def code(self, data):
        """Sends one request and returns the code of the error it must end with."""
        try:
            frame = self.call(data)
        except XrootError as error:
            return error.code
        raise AssertionError(f"no error but {frame}")

    # -- requests --

    def login(self, **options):
        answer = self.call(login_request(**options))
        assert answer.status == OK and len(answer.body) >= 16
        return answer.body[:16]

    def open(self, path, options=OPEN_READ, mode=0o644):
        frame = self.call(open_request(path, options, mode))
        assert frame.status == OK, frame
        return frame.body[:4]

    def read(self, handle, offset, size):
        return self.call(read_request(handle, offset, size)).body

    def pgread(self, handle, offset, size):
        """The bytes of a page read, every CRC and every frame checked."""
        self.send(pgread_request(handle, offset, size))
        out = b""
        while True:
            frame = self.receive()
            if frame.status == ERROR:
                raise XrootError(struct.unpack_from(">i", frame.body)[0], frame.body[4:-1].decode())
            assert frame.status == STATUS and frame.body[6] == PGREAD - 3000
            (at,) = struct.unpack(">q", frame.info)
            assert at == offset + len(out)
            out += unpage(frame.data, at)
            if frame.body[7] == 0:
                return out
            assert frame.body[7] == 1

    def write(self, handle, offset, data):
        return self.call(write_request(handle, offset, data))

    def pgwrite(self, handle, offset, data, flags=0):
        """Writes pages and returns the offsets of those the server found broken."""
        return self.bad_pages(pgwrite_request(handle, offset, pages(data, offset), flags=flags))

    def bad_pages(self, data):
        frame = self.call(data)
        assert frame.status == STATUS and frame.body[6] == PGWRITE - 3000 and frame.body[7] == 0
        if not frame.data:
            return []
        crc, _first, _last = struct.unpack_from(">IHH", frame.data)
        assert crc == crc32c(frame.data[4:])
        return [value for (value,) in struct.iter_unpack(">q", frame.data[8:])]

    def readv(self, items):
        """The pieces of a vector read in order."""
        body, pieces = self.call(readv_request(items)).body, []
        for handle, offset, _ in items:
            got, size, at = struct.unpack_from(">4siq", body)
            assert got == handle and at == offset
            pieces.append(body[16:16 + size])
            body = body[16 + size:]
        assert not body
        return pieces

    def redirect(self, data):
        """Where the server sends who makes this request."""
        frame = self.call(data)
        assert frame.status == REDIRECT, frame
        for capability in re.findall(rb"sluice\.cap=([^&?]+)", frame.body):
            confidential.book.know("capability", capability[-32:])  # its signature stands at its end
        host, cgi, token = (frame.body[4:].decode().split("?") + ["", ""])[:3]
        return Redirect(host, struct.unpack_from(">i", frame.body)[0], cgi, token)

    def stat(self, path):
        return self.call(stat_request(path)).body.rstrip(b"\0").decode().split()


def accepts(server):
    """Whether it takes connections."""
    try:
        Connection(server).close()
    except (OSError, Closed):
        return False
    return True


def wait_until(condition, seconds=10, what="condition"):
    """Polls something that has no event to wait for, such as another process's memory."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what() if callable(what) else what} not reached in {seconds} s"
        time.sleep(0.02)
    return value
