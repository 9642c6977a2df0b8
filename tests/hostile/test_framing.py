# SPDX-License-Identifier: Apache-2.0
# Requests that arrive together, in crumbs, or out of step; vector and page requests with their odd framing.

import os
import struct
import zlib

import pytest
import rawxroot as raw
from clients import pattern


def packed(*requests):
    return b"".join(requests)


def stream(number):
    return struct.pack(">H", number)


# -- segments ---------------------------------------------------------------------------------------------------------


def test_whole_session_in_one_segment(workdir, connect):
    path = workdir.put("file", b"x" * 100)
    connection = connect(hello=False)
    connection.send(packed(raw.HELLO, raw.protocol_request(stream=stream(1)), raw.login_request(stream=stream(2)),
                           raw.request(raw.PING, stream=stream(3)), raw.stat_request(path, stream=stream(4))))
    frames = [connection.receive() for _ in range(5)]
    assert [frame.status for frame in frames] == [raw.OK] * 5
    assert sorted(frame.stream for frame in frames) == [bytes(2)] + [stream(index) for index in (1, 2, 3, 4)]


def test_one_byte_at_a_time(workdir, connect):
    workdir.put("file", b"x" * 100)
    connection = connect(hello=False)
    whole = 20 if workdir.server.name == "debian" else 0  # Debian's guesses the protocol from the first segment
    connection.send(raw.HELLO[:whole])
    rest = packed(raw.HELLO, raw.protocol_request(), raw.login_request(), raw.stat_request(workdir.remote("file")))[whole:]
    for byte in rest:
        connection.send(bytes([byte]))
    for _ in range(3):
        assert connection.receive().status == raw.OK
    assert connection.answer().body.split()[1] == b"100"


def test_split_at_every_boundary(workdir, connect):
    path = workdir.put("file", pattern(10000))
    connection = connect()
    handle = connection.open(path)
    data = packed(raw.stat_request(path, stream=stream(1)), raw.read_request(handle, 4090, 20, stream=stream(2)),
                  raw.request(raw.PING, stream=stream(3)), raw.readv_request([(handle, 5, 7)], stream=stream(4)))
    expected = None
    for cut in range(1, len(data)):
        connection.send(data[:cut])
        connection.send(data[cut:])
        got = {}
        while len(got) < 4:
            frame = connection.receive()
            if frame.status == raw.OK:
                got[frame.stream] = frame.body
        assert expected in (None, got)
        expected = got


def test_writes_split_at_every_boundary(workdir, connect):
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE)
    first = packed(raw.write_request(handle, 0, b"0123456789", stream=stream(1)),
                   raw.pgwrite_request(handle, 10, raw.pages(b"abcdefghij", 10), stream=stream(2)),
                   raw.writev_request([(handle, 20, b"ABCDE"), (handle, 25, b"FGHIJ")], stream=stream(3)))
    for cut in range(1, len(first)):
        connection.send(first[:cut])
        connection.send(first[cut:])
        assert {connection.receive().stream for _ in range(3)} == {stream(1), stream(2), stream(3)}
    connection.call(raw.close_request(handle))
    assert (workdir / "file").read_bytes() == b"0123456789abcdefghijABCDEFGHIJ"


def test_hundred_requests_in_flight(workdir, connect):
    content = pattern(200000)
    path = workdir.put("file", content)
    connection = connect()
    handle = connection.open(path)
    connection.send(packed(*[raw.read_request(handle, index * 2000, 2000, stream=stream(index)) for index in range(100)]))
    got = {}
    while len(got) < 100:
        frame = connection.receive()
        assert frame.status == raw.OK
        got[frame.stream] = frame.body
    assert all(got[stream(index)] == content[index * 2000:][:2000] for index in range(100))


def test_more_requests_than_may_be_outstanding(workdir, connect):
    # 5000 in one go: those above the limit wait in the socket, none is lost.
    path = workdir.put("file", b"x")
    connection = connect()
    data = packed(*[raw.stat_request(path, stream=stream(index)) for index in range(5000)])
    connection.send(data)
    assert {connection.receive().stream for _ in range(5000)} == {stream(index) for index in range(5000)}


def test_equal_stream_ids_are_both_answered(workdir, connect):
    path = workdir.put("file", b"0123456789")
    connection = connect()
    handle = connection.open(path)
    connection.send(packed(raw.read_request(handle, 0, 3), raw.read_request(handle, 3, 4)))
    assert sorted([connection.answer().body, connection.answer().body]) == [b"012", b"3456"]


def test_requests_of_one_file_keep_their_order(workdir, connect):
    # write, read, truncate, stat, close in one segment: each sees what the one before it did.
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE)
    connection.send(packed(
        raw.write_request(handle, 0, b"A" * 100000, stream=stream(1)),
        raw.write_request(handle, 50000, b"B" * 100000, stream=stream(2)),
        raw.request(raw.SYNC, handle, stream=stream(3)),
        raw.close_request(handle, stream=stream(4)),
        raw.stat_request(workdir.remote("file"), stream=stream(5))))
    got = {}
    while len(got) < 5:
        frame = connection.receive()
        got[frame.stream] = frame
    assert all(frame.status == raw.OK for frame in got.values())
    assert (workdir / "file").read_bytes() == b"A" * 50000 + b"B" * 100000


def test_overlapping_writes_end_in_order(sluice_dir, sluice_connect):
    connection = sluice_connect()
    handle = connection.open(sluice_dir.remote("file"), raw.NEW | raw.UPDATE)
    connection.send(packed(*[raw.write_request(handle, 0, bytes([index]) * 70000, stream=stream(index)) for index in range(60)]))
    for _ in range(60):
        assert connection.receive().status == raw.OK
    connection.call(raw.close_request(handle))
    assert (sluice_dir / "file").read_bytes() == bytes([59]) * 70000


def test_request_behind_a_refused_write_is_understood(workdir, connect):
    # The payload of a write without a file must be thrown away, not taken for requests.
    connection = connect()
    for payload in (b"", b"x", b"x" * 24, raw.request(raw.RM, payload=workdir.put("file", b"x").encode()) * 50, b"x" * 3_000_000):
        connection.send(packed(raw.write_request(b"\x09\x09\x09\x09", 0, payload, stream=stream(7)),
                               raw.request(raw.PING, stream=stream(8))))
        frames = {frame.stream: frame.status for frame in (connection.receive(), connection.receive())}
        assert frames[stream(8)] == raw.OK and (payload == b"" or frames[stream(7)] == raw.ERROR)
    assert (workdir / "file").exists()


def test_payload_of_a_request_without_any_is_skipped(workdir, connect):
    connection = connect()
    connection.send(packed(raw.request(raw.PING, payload=b"not empty", stream=stream(1)), raw.request(raw.PING, stream=stream(2))))
    assert connection.receive() == raw.Frame(stream(1), raw.OK, b"")
    assert connection.receive() == raw.Frame(stream(2), raw.OK, b"")


# -- vector writes ----------------------------------------------------------------------------------------------------


def test_writev_data_follow_the_list(workdir, connect):
    connection = connect()
    one = connection.open(workdir.remote("one"), raw.NEW | raw.UPDATE)
    two = connection.open(workdir.remote("two"), raw.NEW | raw.UPDATE)
    connection.send(packed(raw.writev_request([(one, 0, b"abc"), (two, 3, b"defg"), (one, 3, b"hi"), (two, 0, b"JKL")], options=1),
                           raw.request(raw.PING, stream=stream(2))))
    assert connection.answer().status == raw.OK
    assert connection.answer(stream(2)).status == raw.OK
    for handle in (one, two):
        connection.call(raw.close_request(handle))
    assert (workdir / "one").read_bytes() == b"abchi"
    assert (workdir / "two").read_bytes() == b"JKLdefg"


def test_writev_of_1024_pieces(workdir, connect):
    content = pattern(1024 * 1000)
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE)
    pieces = [(handle, index * 1000, content[index * 1000:][:1000]) for index in range(1024)]
    connection.call(raw.writev_request(pieces))
    connection.call(raw.close_request(handle))
    assert (workdir / "file").read_bytes() == content


def test_writev_on_a_file_opened_for_reading(workdir, connect):
    path = workdir.put("file", b"old")
    connection = connect()
    handle = connection.open(path)
    assert connection.code(raw.writev_request([(handle, 0, b"new")])) in (3000, 3004, 3007, 3010)
    assert (workdir / "file").read_bytes() == b"old"


# -- vector reads -----------------------------------------------------------------------------------------------------


def test_readv_answers_in_the_order_of_the_request(workdir, connect):
    content = pattern(1 << 20)
    path = workdir.put("file", content)
    connection = connect()
    handle = connection.open(path)
    items = [(handle, (index * 7919 * 131) % (1 << 19), index * 13 + 1) for index in range(300)]
    assert connection.readv(items) == [content[offset:offset + size] for _, offset, size in items]


def test_readv_over_several_files(workdir, connect):
    connection = connect()
    one, two = [connection.open(workdir.put(name, name.encode() * 100)) for name in ("one", "two")]
    assert connection.readv([(one, 3, 4), (two, 0, 6), (one, 0, 3)]) == [b"oneo", b"twotwo", b"one"]


def test_readv_of_large_pieces(workdir, connect):
    content = pattern(9 << 20, seed=2)
    path = workdir.put("file", content)
    connection = connect()
    handle = connection.open(path)
    items = [(handle, index << 20, 2097136) for index in (0, 3, 6, 1)]
    assert connection.readv(items) == [content[offset:offset + size] for _, offset, size in items]


def test_readv_sends_nothing_before_it_fails(sluice_dir, sluice_connect):
    path = sluice_dir.put("file", b"x" * (3 << 20))
    connection = sluice_connect()
    handle = connection.open(path)
    connection.send(raw.readv_request([(handle, 0, 2 << 20 >> 1), (handle, 1 << 20, 1 << 20), (handle, 3 << 20, 1)]))
    frame = connection.receive()
    assert frame.status == raw.ERROR and struct.unpack_from(">i", frame.body)[0] == 3000
    assert b"past EOF" in frame.body


# -- page reads and writes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset, size", [(0, 1), (0, 4096), (0, 4097), (1, 4095), (1, 4096), (4095, 2), (4096, 8192),
                                          (5, 100000), (99990, 10), (99990, 11), (100000, 5), (4000, 5_000_000)])
def test_pgread_cuts_pages_at_file_offsets(workdir, connect, offset, size):
    content = pattern(100000)
    connection = connect()
    handle = connection.open(workdir.put("file", content))
    assert connection.pgread(handle, offset, size) == content[offset:offset + size]


def test_pgwrite_at_any_offset(workdir, connect):
    content = bytearray(pattern(50000))
    connection = connect()
    handle = connection.open(workdir.put("file", bytes(content)), raw.UPDATE)
    for offset, size in ((0, 1), (4095, 2), (4096, 4096), (1, 20000), (49999, 5000)):
        data = pattern(size, seed=offset)
        content[offset:offset + size] = data
        assert connection.pgwrite(handle, offset, data) == []
    connection.call(raw.close_request(handle))
    assert (workdir / "file").read_bytes() == bytes(content)


def broken(data, offset, *indexes):
    """Pages of data with the CRC of some of them spoiled."""
    payload = bytearray(raw.pages(data, offset))
    at = 0
    for index in range(max(indexes) + 1):
        size = raw.PAGE - (offset if index == 0 else 0) % raw.PAGE
        if index in indexes:
            payload[at] ^= 0xFF
        at += 4 + size
    return bytes(payload)


def test_broken_pages_are_named_and_may_be_sent_again(workdir, connect):
    data = pattern(20000, seed=8)
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE)
    bad = connection.bad_pages(raw.pgwrite_request(handle, 100, broken(data, 100, 0, 2)))
    assert bad == [100, 8192]
    for offset in bad:
        start = offset - 100
        piece = data[start:start + raw.PAGE - offset % raw.PAGE]
        assert connection.pgwrite(handle, offset, piece, flags=1) == []
    assert connection.call(raw.close_request(handle)).status == raw.OK
    assert (workdir / "file").read_bytes()[100:] == data


def stored_checksums(file):
    return [word for word in os.getxattr(file, "user.sluice.checksums").decode().split() if "=" in word]


def test_pages_in_order_have_their_checksum_at_close(sluice_dir, sluice_connect):
    data = pattern(300_000, seed=9)
    connection = sluice_connect()
    handle = connection.open(sluice_dir.remote("file"), raw.NEW | raw.UPDATE)
    assert connection.pgwrite(handle, 0, data[:100_000]) == []
    assert connection.pgwrite(handle, 100_000, data[100_000:]) == []
    assert connection.call(raw.close_request(handle)).status == raw.OK
    assert stored_checksums(sluice_dir / "file") == [f"adler32={zlib.adler32(data):08x}"]


def test_pages_sent_again_do_not_spoil_the_checksum(sluice_dir, sluice_connect):
    data = pattern(20000, seed=10)
    connection = sluice_connect()
    handle = connection.open(sluice_dir.remote("file"), raw.NEW | raw.UPDATE)
    for offset in connection.bad_pages(raw.pgwrite_request(handle, 0, broken(data, 0, 0, 4))):
        assert connection.pgwrite(handle, offset, data[offset:offset + raw.PAGE], flags=1) == []
    assert connection.call(raw.close_request(handle)).status == raw.OK
    query = raw.request(raw.QUERY, struct.pack(">H", 3), sluice_dir.remote("file").encode())
    assert connection.call(query).body.rstrip(b"\0") == f"adler32 {zlib.adler32(data):08x}".encode()


def test_close_with_a_broken_page_fails(workdir, connect):
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE | raw.POSC)
    assert connection.bad_pages(raw.pgwrite_request(handle, 0, broken(b"x" * 5000, 0, 1))) == [4096]
    assert connection.code(raw.close_request(handle)) == 3019
    assert not os.path.exists(workdir / "file") or workdir.server.name == "debian"
    assert connection.alive()


def test_page_sent_again_broken_stays_broken(workdir, connect):
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE)
    assert connection.bad_pages(raw.pgwrite_request(handle, 0, broken(b"x" * 4096, 0, 0))) == [0]
    assert connection.bad_pages(raw.pgwrite_request(handle, 0, broken(b"x" * 4096, 0, 0), flags=1)) == [0]
    assert connection.code(raw.close_request(handle)) == 3019


def test_too_many_broken_pages(sluice_dir, sluice_connect):
    # 128 in one request, 256 in one file: then the client is told to stop.
    connection = sluice_connect()
    handle = connection.open(sluice_dir.remote("file"), raw.NEW | raw.UPDATE)
    data = b"x" * (64 * 4096)
    everything = broken(data, 0, *range(64))
    for turn in range(4):
        offset = turn * len(data)
        assert len(connection.bad_pages(raw.pgwrite_request(handle, offset, everything))) == 64
    assert connection.code(raw.pgwrite_request(handle, 4 * len(data), everything)) == 3033


# -- deferred answers -------------------------------------------------------------------------------------------------


def test_long_checksum_is_answered_in_the_end(sluice_dir, sluice_connect):
    # Whether the server answers at once or sends kXR_waitresp first, the answer is the same.
    sluice_dir.put("file")
    (sluice_dir / "file").open("wb").truncate(600 << 20)
    connection = sluice_connect(timeout=120)
    answer = connection.call(raw.request(raw.QUERY, struct.pack(">H", 3), (sluice_dir.remote("file") + "?cks.type=sha256").encode()))
    kind, value = answer.body.rstrip(b"\0").split()
    assert kind == b"sha256" and len(value) == 64
    assert connection.alive()


def test_others_are_served_while_a_checksum_runs(sluice_dir, sluice_connect):
    sluice_dir.put("file")
    (sluice_dir / "file").open("wb").truncate(600 << 20)
    busy = sluice_connect(timeout=120)
    query = raw.request(raw.QUERY, struct.pack(">H", 3), (sluice_dir.remote("file") + "?cks.type=md5").encode(), stream=stream(9))
    busy.send(query + raw.request(raw.PING, stream=stream(10)))
    assert busy.receive().stream == stream(10), "a ping must not wait for a checksum"
    assert busy.answer(stream(9)).body.startswith(b"md5 ")


@pytest.fixture
def slow_checksum(own_sluice):
    """A server that defers early, and the query for a checksum that takes longer than that."""
    server = own_sluice(settings='[xroot]\ndeferral = "500 ms"\ndeferral_promise = 77\n')
    server.workdir("work").put("file")
    (server.root / "work/file").open("wb").truncate(1 << 30)
    return server, raw.request(raw.QUERY, struct.pack(">H", 3), b"/work/file?cks.type=md5", stream=stream(9))


def test_slow_answer_is_deferred(slow_checksum):
    server, query = slow_checksum
    with raw.Connection(server, timeout=120) as connection:
        connection.send(query)
        assert connection.receive() == raw.Frame(stream(9), raw.WAITRESP, struct.pack(">i", 77))
        assert connection.alive(), "the connection can be used meanwhile"
        frame = connection.receive()
        assert (frame.stream, frame.status) == (bytes(2), raw.ATTN)
        action, inner, status, length = struct.unpack_from(">i4x2sHi", frame.body)
        assert (action, inner, status, length) == (5008, stream(9), raw.OK, len(frame.body) - 16)
        assert frame.body[16:].startswith(b"md5 ")


def test_slow_answer_is_not_deferred_for_old_clients(slow_checksum):
    server, query = slow_checksum
    with raw.Connection(server, login=False, timeout=120) as connection:
        connection.login(version=5)
        connection.send(query)
        frame = connection.receive()
        assert (frame.stream, frame.status) == (stream(9), raw.OK) and frame.body.startswith(b"md5 ")


def test_client_that_leaves_during_a_deferred_answer(slow_checksum):
    server, query = slow_checksum
    (server.root / "work/file").open("r+b").truncate(256 << 30)  # nobody waits for the end of that
    for end in ("close", "abort"):
        connection = raw.Connection(server)
        connection.send(query)
        assert connection.receive().status == raw.WAITRESP
        getattr(connection, end)()
    raw.wait_until(lambda: server.descriptors_of("/work/") == 0, what="end of a checksum nobody wants", seconds=30)
    with raw.Connection(server) as connection:
        assert connection.alive()
