# SPDX-License-Identifier: Apache-2.0
# Handles and sessions belong to one connection: stale, foreign and guessed ones must never work. Bound streams.

import os
import re
import struct

import pytest
import rawxroot as raw
from clients import pattern, run


# -- handles ----------------------------------------------------------------------------------------------------------


def test_closed_handle_is_dead(workdir, connect):
    path = workdir.put("file", b"content")
    connection = connect()
    stale = connection.open(path)
    connection.call(raw.close_request(stale))
    for data in (raw.read_request(stale, 0, 4), raw.pgread_request(stale, 0, 4), raw.close_request(stale),
                 raw.request(raw.SYNC, stale), raw.readv_request([(stale, 0, 4)]), raw.write_request(stale, 0, b"x")):
        assert connection.code(data) == 3004


def test_closed_handle_never_means_the_next_file(sluice_dir, sluice_connect):
    # Debian's server gives the next file the same handle at once.
    connection = sluice_connect()
    stale = connection.open(sluice_dir.put("one", b"one"))
    connection.call(raw.close_request(stale))
    seen = {stale}
    for _ in range(300):
        handle = connection.open(sluice_dir.put("two", b"two"))
        assert handle not in seen
        seen.add(handle)
        assert connection.code(raw.read_request(stale, 0, 3)) == 3004
        connection.call(raw.close_request(handle))


def test_handle_of_another_connection_is_not_valid(sluice_dir, sluice_connect):
    owner, thief = sluice_connect(), sluice_connect()
    path = sluice_dir.put("secret", b"secret")
    handle = owner.open(path)
    assert thief.code(raw.read_request(handle, 0, 6)) == 3004
    mine = thief.open(sluice_dir.put("mine", b"mine"))
    assert thief.read(mine, 0, 6) == b"mine"  # equal numbers, if they are, still mean one's own file
    assert owner.read(handle, 0, 6) == b"secret"


def test_all_handles_can_be_tried(workdir, connect):
    connection = connect()
    handle = connection.open(workdir.put("file", b"content"))
    for guess in [struct.pack(">I", value) for value in (*range(200), 2**31 - 1, 2**31, 2**32 - 1)]:
        if guess != handle:
            assert connection.code(raw.read_request(guess, 0, 4)) == 3004
    assert connection.read(handle, 0, 7) == b"content"


def test_files_of_a_lost_connection_are_closed(sluice_dir, sluice_connect, sluice_server):
    before = sluice_server.descriptors()
    path = sluice_dir.put("file", b"x")
    for index in range(20):
        connection = sluice_connect()
        for _ in range(10):
            connection.open(path)
        connection.abort() if index % 2 else connection.close()
    raw.wait_until(lambda: sluice_server.descriptors() <= before + 5, what="closing of abandoned files")


def test_writer_locks_out_a_second_writer_until_it_is_gone(workdir, connect):
    path = workdir.put("file", b"x")
    first = connect()
    first.open(path, raw.UPDATE)
    second = connect()
    assert second.code(raw.open_request(path, raw.UPDATE)) == 3003
    first.abort()
    raw.wait_until(lambda: opens(second, path), what="end of the lock of a lost writer")


def opens(connection, path):
    try:
        return connection.open(path, raw.UPDATE)
    except raw.XrootError as error:
        assert error.code == 3003
        return None


def test_endsess_releases_locks_of_the_old_session(sluice_dir, sluice_connect):
    # A client whose connection broke logs in again and ends the old session before it opens its files again.
    path = sluice_dir.put("file", b"x")
    old = sluice_connect()
    old.open(path, raw.UPDATE)
    new = sluice_connect()
    assert new.call(raw.request(raw.ENDSESS, old.session)).status == raw.OK
    new.open(path, raw.UPDATE)


@pytest.mark.parametrize("session", [bytes(16), b"unknown session!"])
def test_endsess_of_nothing(connect, session):
    assert connect().call(raw.request(raw.ENDSESS, session)).status == raw.OK


def test_endsess_of_oneself(connect):
    connection = connect()
    try:
        assert connection.call(raw.request(raw.ENDSESS, connection.session)).status == raw.OK
    except raw.Closed:
        return
    assert connection.closed() or connection.alive()


# -- bound streams ----------------------------------------------------------------------------------------------------


def bound(connect, main):
    """A second connection bound to the session of the first, and its path id."""
    extra = connect(login=False)
    answer = extra.call(raw.request(raw.BIND, main.session))
    assert answer.status == raw.OK and len(answer.body) == 1
    return extra, answer.body[0]


def test_answers_come_on_the_path_that_was_asked(workdir, connect):
    content = pattern(3 << 20, seed=11)
    main = connect()
    handle = main.open(workdir.put("file", content))
    extra, path = bound(connect, main)
    assert 1 <= path <= 15
    main.send(raw.read_request(handle, 100, 3 << 20, payload=bytes([path]) + bytes(7)))
    assert extra.answer().body == content[100:]
    main.send(raw.pgread_request(handle, 0, 5000, payload=bytes([path, 0])))
    frame = extra.receive()
    assert frame.status == raw.STATUS and raw.unpage(frame.data, 0) == content[:5000]
    main.send(raw.readv_request([(handle, 5, 10)], path=path))
    asked = main if workdir.server.name == "debian" else extra  # Debian's keeps vector reads on the main connection
    assert asked.answer().body[16:] == content[5:15]
    assert main.read(handle, 0, 10) == content[:10]


def test_fifteen_streams_and_no_more(sluice_connect):
    main = sluice_connect()
    paths = {bound(sluice_connect, main)[1] for _ in range(15)}
    assert paths == set(range(1, 16))
    for _ in range(300):  # more than a path id can count
        extra = sluice_connect(login=False)
        assert extra.code(raw.request(raw.BIND, main.session)) == 3008
        assert extra.closed()
    assert main.alive()


def test_writes_whose_data_come_on_another_path(sluice_dir, sluice_connect):
    data = pattern(200000, seed=6)
    main = sluice_connect()
    extra, path = bound(sluice_connect, main)
    handle = main.open(sluice_dir.remote("file"), raw.NEW | raw.UPDATE)
    main.send(raw.write_request(handle, 0, b"", path=path, length=len(data)))
    extra.send(data)
    assert main.answer().status == raw.OK
    paged = raw.pages(data, 200000)
    main.send(raw.pgwrite_request(handle, 200000, b"", path=path, length=len(paged)))
    extra.send(paged)
    assert main.receive().status == raw.STATUS
    main.call(raw.close_request(handle))
    assert (sluice_dir / "file").read_bytes() == data + data


@pytest.mark.parametrize("session", [b"a" * 16, bytes(16), b"\xff" * 16])
def test_bind_to_a_guessed_session(connect, session):
    extra = connect(login=False)
    assert extra.code(raw.request(raw.BIND, session)) == 3011


def test_bind_to_a_session_that_ended(connect):
    main = connect()
    session = main.session
    main.close()
    other = connect()

    def refused():
        extra = connect(login=False)
        try:
            return extra.call(raw.request(raw.BIND, session)) is None
        except raw.XrootError as error:
            return error.code == 3011
        except raw.Closed:
            return True

    raw.wait_until(refused, what="end of the session")
    assert other.alive()


def test_bound_stream_takes_no_requests(sluice_dir, sluice_connect):
    path = sluice_dir.put("file", b"x")
    main = sluice_connect()
    extra, _ = bound(sluice_connect, main)
    try:
        extra.send(raw.stat_request(path))
        assert extra.quiet(), "a stream that carries only data answered a request"
    except raw.Closed:
        pass
    assert main.alive()


def test_end_of_the_main_connection_ends_the_streams(connect):
    main = connect()
    streams = [bound(connect, main)[0] for _ in range(3)]
    main.close()
    for stream in streams:
        assert stream.closed()


def test_loss_of_a_stream_does_not_hang_the_session(workdir, connect):
    content = pattern(100000)
    main = connect()
    handle = main.open(workdir.put("file", content))
    extra, path = bound(connect, main)
    extra.abort()
    main.send(raw.read_request(handle, 0, 1000, payload=bytes([path]) + bytes(7), stream=b"\0\7"))
    main.send(raw.read_request(handle, 0, 1000, stream=b"\0\x08"))
    # The first may fail, or end the session; if the session goes on, the second is answered.
    try:
        frame = main.receive()
        while frame.stream != b"\0\x08":
            frame = main.receive()
        assert frame.body == content[:1000]
    except raw.Closed:
        pass
    assert connect().alive()


# -- half-open and broken connections ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [0, 1, 19, 20, 30, 44, 60, 100])
def test_connection_broken_anywhere_in_the_handshake(connect, sent):
    opening = raw.HELLO + raw.protocol_request() + raw.login_request() + raw.stat_request("/")
    for end in ("close", "abort"):
        connection = connect(hello=False)
        connection.send(opening[:sent])
        getattr(connection, end)()
    assert connect().alive()


def test_half_closed_connection_still_gets_its_answers(workdir, connect):
    connection = connect()
    handle = connection.open(workdir.put("file", b"x" * 100000))
    connection.send(raw.read_request(handle, 0, 100000))
    connection.socket.shutdown(1)
    try:
        assert len(connection.answer().body) == 100000
    except raw.Closed:
        assert workdir.server.name == "debian"


def test_upload_broken_in_the_middle_of_a_write(workdir, connect):
    # posc: nothing stays; the server must drop the half write and the file.
    connection = connect()
    handle = connection.open(workdir.remote("file"), raw.NEW | raw.UPDATE | raw.POSC)
    connection.write(handle, 0, b"x" * 100000)
    connection.send(raw.write_request(handle, 100000, b"y" * 50000, length=1 << 20))
    connection.abort()
    if workdir.server.name == "sluice":  # Debian's keeps it for ten minutes
        raw.wait_until(lambda: not os.path.exists(workdir / "file"), what="removal of a broken upload")
    assert connect().alive()


# -- clients that vanish ----------------------------------------------------------------------------------------------


def test_the_kernel_looks_after_clients_that_say_nothing(sluice_server, sluice_connect):
    """Within a minute; of its own it would after two hours, and an upload held its name until then."""
    port = sluice_connect().socket.getsockname()[1]
    pair = f"( sport = :{sluice_server.port} and dport = :{port} )"

    def timer():
        return re.search(r"timer:\(keepalive,([^,]+),", run("/usr/bin/ss", "-Htno", "state", "established", pair).ok().out)

    # As long as our answer is not acknowledged the kernel shows another timer.
    found = raw.wait_until(timer, what="keepalive")[1]
    assert found.endswith("sec") or found.startswith("1min"), found
