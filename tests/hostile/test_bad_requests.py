# SPDX-License-Identifier: Apache-2.0
# Requests that no proper client sends: each must end with the right error code, and the connection must live or die as
# the protocol needs. Expectations are checked against Debian's server; where ours is stricter on purpose both stand here.

import socket
import struct
from collections import namedtuple

import pytest
import rawxroot as raw

# debian: "same" where Debian's server agrees, else its (code, alive); code None: it does not answer at all.
Case = namedtuple("Case", "name make code alive debian")
CASES = []
HANDLE = b"\x01\x02\x03\x04"  # of no open file


def case(name, make, code, alive=True, debian="same"):
    CASES.append(Case(name, make, code, alive, debian))


def fixed(make):
    return lambda connection, path: make


def on_file(make, options=raw.OPEN_READ):
    """A request about an open file: make(handle)."""
    return lambda connection, path: make(connection.open(path, options))


# -- the frame --
case("negative length", fixed(raw.request(raw.STAT, length=-5)), 3000, alive=False)
case("most negative length", fixed(raw.request(raw.PING, length=-2**31)), 3000, alive=False)
case("negative length of a write", on_file(lambda h: raw.write_request(h, 0, b"", length=-1), raw.UPDATE), 3000, alive=False)
# Debian's server answers and then takes the payload for requests.
case("length of 2 GiB", fixed(raw.request(raw.STAT, length=2**31 - 1)), 3002, alive=False, debian=(3002, True))
case("stat of 70 kB", fixed(raw.request(raw.STAT, payload=b"/" + b"a" * 70000)), 3002, alive=False, debian=(3002, True))
case("unknown request", fixed(raw.request(3033, payload=b"abc")), 3006)
case("request 0", fixed(raw.request(0, payload=b"abc")), 3006)
case("gpfile", fixed(raw.request(raw.GPFILE, payload=b"/x")), 3013)
case("signature that nobody asked for", fixed(raw.request(raw.SIGVER, payload=b"abc")), None)

# -- paths --
case("empty path", fixed(raw.open_request(b"")), (3000, 3001))
case("relative path", fixed(raw.stat_request("relative")), (3000, 3010))
case("dots", lambda c, path: raw.stat_request(path + "/../x"), 3010)
case("dots at the end", lambda c, path: raw.stat_request(path + "/.."), 3010, debian=(3005, True))
case("dots in open", lambda c, path: raw.open_request("/../../etc/passwd"), 3010)
case("dots in a new name", lambda c, path: raw.request(raw.MKDIR, payload=(path + "/../d").encode()), 3010)
case("NUL inside", lambda c, path: raw.stat_request(path.encode() + b"\0x"), 3000, debian=(0, True))
case("newline", lambda c, path: raw.stat_request(path.encode() + b"\nx"), 3000, debian=(3011, True))
case("control byte", lambda c, path: raw.stat_request(path.encode() + b"\x01"), 3000, debian=(3011, True))
case("escape byte", lambda c, path: raw.stat_request(path.encode() + b"\x1b[2J"), 3000, debian=(3011, True))
case("path of 5000 bytes", fixed(raw.stat_request(b"/" + b"a/" * 2500)), 3002)
case("name of 300 bytes", fixed(raw.stat_request(b"/" + b"a" * 300)), 3002)
case("CGI of 20 kB", lambda c, path: raw.stat_request(path + "?" + "x=y&" * 5000), 3002, debian=(0, True))

# -- reads --
case("read of negative length", on_file(lambda h: raw.read_request(h, 0, -1)), 3000)
case("read at negative offset", on_file(lambda h: raw.read_request(h, -1, 10)), 3000)
case("read over the end of the offsets", on_file(lambda h: raw.read_request(h, 2**63 - 5, 10)), 3000)
case("read without handle", fixed(raw.read_request(HANDLE, 0, 10)), 3004)
case("read on an unknown path", on_file(lambda h: raw.read_request(h, 0, 10, payload=b"\x09" + bytes(7))), 3000)
case("readv of a broken list", fixed(raw.request(raw.READV, payload=b"x" * 15)), 3000)
case("readv of nothing", fixed(raw.request(raw.READV)), 0, debian=(3000, True))
case("readv without handle", fixed(raw.readv_request([(HANDLE, 0, 4)])), 3004)
case("readv of negative length", on_file(lambda h: raw.readv_request([(h, 0, -4)])), 3000)
case("readv past the end", on_file(lambda h: raw.readv_request([(h, 0, 4), (h, 90, 100)])), 3000, debian=(3005, True))
case("readv of 1025 pieces", on_file(lambda h: raw.readv_request([(h, 0, 1)] * 1025)), 3002)
case("readv of a piece above 2 MiB", on_file(lambda h: raw.readv_request([(h, 0, 2097137)])), 3008)
case("pgread of negative length", on_file(lambda h: raw.pgread_request(h, 0, -1)), 3000)
case("pgread at negative offset", on_file(lambda h: raw.pgread_request(h, -4096, 10)), 3000)
case("pgread without handle", fixed(raw.pgread_request(HANDLE, 0, 10)), 3004)
case("pgread on an unknown path", on_file(lambda h: raw.pgread_request(h, 0, 10, payload=b"\x09\0")), 3000)

# -- writes --
case("write without handle", fixed(raw.write_request(HANDLE, 0, b"x" * 1000)), 3004)
case("write at negative offset", on_file(lambda h: raw.write_request(h, -1, b"abc"), raw.UPDATE), 3000, alive=None)
case("write on a file opened for reading", on_file(lambda h: raw.write_request(h, 0, b"abc")), 3004)
case("pgwrite without handle", fixed(raw.pgwrite_request(HANDLE, 0, raw.pages(b"x" * 1000, 0))), 3004)
case("pgwrite of a CRC alone", on_file(lambda h: raw.pgwrite_request(h, 0, b"abcd"), raw.UPDATE), 3000, alive=False)
case("pgwrite of nothing", on_file(lambda h: raw.pgwrite_request(h, 0, b""), raw.UPDATE), 3000, alive=False)
case("pgwrite of a page and a bit", on_file(lambda h: raw.pgwrite_request(h, 0, b"a" * 4102), raw.UPDATE), 3000, alive=False)
case("pgwrite retry of two pages",
     on_file(lambda h: raw.pgwrite_request(h, 0, raw.pages(b"a" * 8192, 0), flags=1), raw.UPDATE), 3000)
case("writev of a broken list", fixed(raw.request(raw.WRITEV, payload=b"x" * 15)), 3000, alive=False)
case("writev of nothing", fixed(raw.request(raw.WRITEV)), 0, debian=(3000, False))
case("writev without handle", fixed(raw.writev_request([(HANDLE, 0, b"abc")])), 3004, alive=None)
case("writev of negative length",
     on_file(lambda h: raw.request(raw.WRITEV, payload=struct.pack(">4siq", h, -5, 0)), raw.UPDATE), 3000, alive=False)
case("truncate to a negative size", on_file(lambda h: raw.request(raw.TRUNCATE, struct.pack(">4sq", h, -5)), raw.UPDATE), 3000)
case("close without handle", fixed(raw.close_request(HANDLE)), 3004)
case("sync without handle", fixed(raw.request(raw.SYNC, HANDLE)), 3004)
case("stat without handle", fixed(raw.request(raw.STAT, bytes(12) + HANDLE)), 3004)

# -- metadata --
case("mv without a second name", fixed(raw.request(raw.MV, struct.pack(">14xh", 3), b"/only")), 3000)
case("mv of a length that lies", fixed(raw.request(raw.MV, struct.pack(">14xh", 300), b"/one /two")), 3000)
case("query of an unknown kind", fixed(raw.request(raw.QUERY, struct.pack(">H", 99))), 3000, debian=(3004, True))
case("set of nothing known", fixed(raw.request(raw.SET, payload=b"bogus")), 0, debian=(3000, True))
case("fattr of an unknown operation", fixed(raw.request(raw.FATTR, HANDLE + b"\x09\x01", b"/x\0\0\0n\0")), 3000)
case("fattr of 17 names", fixed(raw.request(raw.FATTR, HANDLE + b"\x01\x11", b"/x\0" + b"\0\0n\0" * 17)), (3000, 3002))
case("fattr of a name without end", fixed(raw.request(raw.FATTR, HANDLE + b"\x01\x01", b"/x\0\0\0name")), (3000, 3026))
case("fattr of a value longer than the request", lambda c, path: raw.request(
    raw.FATTR, HANDLE + b"\x03\x01", path.encode() + b"\0\0\0n\0" + struct.pack(">i", 100) + b"x"), 3000)
case("fattr of a value of negative length", lambda c, path: raw.request(
    raw.FATTR, HANDLE + b"\x03\x01", path.encode() + b"\0\0\0n\0" + struct.pack(">i", -1)), (3000, 3002, 3026))
case("dirlist of a file", lambda c, path: raw.request(raw.DIRLIST, payload=path.encode()), 3015, debian=(3005, True))
case("dirlist of nothing there", fixed(raw.request(raw.DIRLIST, payload=b"/missing-dir")), 3011)
case("bind after login", fixed(raw.request(raw.BIND, b"a" * 16)), (3001, 3006))
case("second login", fixed(raw.login_request()), 3006, debian=(3001, True))


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: entry.name.replace(" ", "-"))
def test_bad_request(server, workdir, connect, entry):
    path = workdir.put("file", b"x" * 100)
    code, alive = (entry.code, entry.alive)
    if server.name == "debian" and entry.debian != "same":
        code, alive = entry.debian
    connection = connect(timeout=30 if code is not None else 0.2)
    data = entry.make(connection, path)
    try:
        answer = connection.call(data)
        got = answer.status
    except raw.XrootError as error:
        got = error.code
        assert server.name == "debian" or "\n" not in error.text and len(error.text) <= 2048
    except socket.timeout:
        got = None
    assert got in (code if isinstance(code, tuple) else (code,))
    if alive is not None and server.name == "sluice":
        assert connection.alive() if alive else connection.closed()
    assert (workdir / "file").read_bytes() == b"x" * 100
    assert connect().alive(), "others are not touched"


@pytest.mark.parametrize("request_number", [raw.PING, raw.STAT, raw.OPEN, raw.ENDSESS, raw.READ, raw.WRITE, raw.QUERY])
def test_request_before_login(connect, request_number):
    connection = connect(login=False)
    assert connection.code(raw.request(request_number, payload=b"/")) == 3006
    assert connection.closed()


@pytest.mark.parametrize("opening", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    bytes([0x16, 3, 1, 0, 200]) + b"x" * 200,
    struct.pack(">5i", 0, 0, 0, 4, 2013) + raw.protocol_request(),
    struct.pack(">5i", 0, 0, 0, 5, 2012) + raw.protocol_request(),
    b"\xff" * 1000,
], ids=["http", "tls", "wrong-words", "wrong-word", "noise"])
def test_wrong_hello_is_closed_without_an_answer(connect, opening):
    connection = connect(hello=False)
    try:
        connection.send(opening)
        connection.receive()
    except raw.Closed:
        return
    raise AssertionError("there was an answer")


def test_hello_alone_is_answered(connect):
    connection = connect(hello=False)
    connection.send(raw.HELLO)
    version, kind = struct.unpack(">ii", connection.receive().body)
    assert version >= 0x511 and kind == 1


def test_hello_says_version_5_2(sluice_connect):
    connection = sluice_connect(hello=False)
    connection.send(raw.HELLO + raw.protocol_request())
    assert connection.receive().body == struct.pack(">ii", 0x520, 1)
    version, flags = struct.unpack(">iI", connection.receive().body)
    assert version == 0x520
    assert flags == 0x00300001  # data server with posc and pages, no TLS


def test_login_may_carry_cgi(connect):
    for cgi in (b"", b"xrd.cc=de&xrd.tz=1&xrd.appname=test", b"?xrd.cc=de"):
        connection = connect(login=False)
        assert len(connection.login(cgi=cgi)) == 16
        assert connection.alive()


def test_login_of_a_full_or_strange_user_name(sluice_connect):
    for user in (b"eightchr", b"\0" * 8, b"\xff\xfe\n\r\t\0a", b"../../.."):
        connection = sluice_connect(login=False)
        connection.login(user=user[:8])
        assert connection.alive()


def test_protocol_may_be_asked_again(connect):
    connection = connect()
    assert connection.call(raw.protocol_request()).status == raw.OK
    assert connection.alive()


def test_session_ids_are_never_repeated(connect):
    assert len({connect().session for _ in range(50)}) == 50


def test_session_ids_cannot_be_guessed(sluice_connect):
    # 16 random bytes: two sessions in a row agree in few places.
    one, two = sluice_connect().session, sluice_connect().session
    assert sum(a == b for a, b in zip(one, two)) <= 6


def test_three_unknown_requests_in_a_row_end_the_connection(sluice_connect):
    connection = sluice_connect()
    for _ in range(2):
        assert connection.code(raw.request(3033)) == 3006
    assert connection.alive()
    for _ in range(3):
        assert connection.code(raw.request(65535)) == 3006
    assert connection.closed()


def test_write_above_the_largest_frame(sluice_dir, sluice_connect):
    connection = sluice_connect()
    handle = connection.open(sluice_dir.remote("file"), raw.NEW | raw.UPDATE)
    assert connection.code(raw.write_request(handle, 0, b"", length=80 << 20)) == 3002
    assert connection.closed()


def test_read_of_2_gib_is_served_in_parts(sluice_dir, sluice_connect):
    sluice_dir.put("file")
    (sluice_dir / "file").open("wb").truncate(40 << 20)
    connection = sluice_connect()
    handle = connection.open(sluice_dir.remote("file"))
    assert connection.call(raw.read_request(handle, 0, 2**31 - 1)).body == bytes(40 << 20)
    assert connection.alive()


def test_read_of_nothing(workdir, connect):
    path = workdir.put("file", b"x" * 100)
    connection = connect()
    handle = connection.open(path)
    for offset, size in ((0, 0), (100, 10), (5000, 10), (2**62, 10)):
        assert connection.read(handle, offset, size) == b""
    assert connection.pgread(handle, 200, 10) == b""
    assert connection.read(handle, 90, 100) == b"x" * 10


def test_many_errors_do_not_end_a_connection(connect):
    connection = connect()
    for _ in range(500):
        assert connection.code(raw.stat_request("/missing")) == 3011
    assert connection.alive()


def test_open_files_of_a_connection_are_bounded(sluice_dir, sluice_connect):
    path = sluice_dir.put("file", b"x")
    connection = sluice_connect()
    opened = 0
    try:
        for opened in range(5000):
            connection.open(path)
    except raw.XrootError as error:
        assert error.code in (3008, 3024)
    assert 1000 <= opened <= 4999
    assert connection.alive()


def test_half_a_frame_holds_nobody_up(connect):
    half = connect()
    half.send(raw.stat_request("/")[:10])
    other = connect()
    for _ in range(100):
        assert other.alive()
    half.send(raw.stat_request("/")[10:])
    assert half.answer().status == raw.OK


def test_silent_connections_are_closed_after_the_deadline(own_sluice):
    server = own_sluice(settings='[xroot]\nhello_timeout = "500 ms"\nframe_timeout = "700 ms"\nidle_timeout = "1 s"\n')
    silent = raw.Connection(server, hello=False)
    half_hello = raw.Connection(server, hello=False)
    half_hello.send(raw.HELLO[:7])
    no_login = raw.Connection(server, login=False)
    half_frame = raw.Connection(server)
    half_frame.send(raw.stat_request("/")[:20])
    idle = raw.Connection(server)
    busy = raw.Connection(server)
    for _ in range(8):  # eight times a quarter second of use
        assert busy.alive()
        busy.quiet(0.25)
    for connection in (silent, half_hello, no_login, half_frame, idle):
        assert connection.closed(5)
    assert busy.alive()
