# SPDX-License-Identifier: Apache-2.0
# The right that a door puts into its redirects, in the hands of somebody who wants more: one file, one operation, one pool,
# for a short time, and nothing else.

import base64

import pytest
import rawxroot as raw

NOT_AUTHORIZED = 3010
UPLOAD = raw.NEW | raw.UPDATE
OVERWRITE = raw.DELETE | raw.UPDATE


@pytest.fixture
def door(pools_server):
    with raw.Connection(pools_server) as connection:
        yield connection


@pytest.fixture
def visit(pools_server):
    """Connects to the pool that a redirect names, without the token that tells the pool whom to send back to."""
    opened = []

    def make(redirect, server=pools_server):
        opened.append(raw.Connection(server.pool_at(redirect.port)))
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()


def ticket(door, path, options=raw.OPEN_READ):
    return door.redirect(raw.open_request(path, options))


def used(redirect, path, options=raw.OPEN_READ):
    """The open at the pool with what the door gave."""
    return raw.open_request(f"{path}?{redirect.cgi}", options)


def with_text(redirect, text):
    return redirect._replace(cgi=f"sluice.cap={text}")


def text_of(redirect):
    (text,) = [word[11:] for word in redirect.cgi.split("&") if word.startswith("sluice.cap=")]
    return text


def test_it_opens_what_it_is_for(door, pools_dir, visit):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    pool = visit(redirect)
    assert pool.read(pool.call(used(redirect, path)).body[:4], 0, 100) == b"content"


@pytest.mark.parametrize("options", [raw.OPEN_READ, UPLOAD, OVERWRITE], ids=["read", "new", "overwrite"])
def test_nothing_is_opened_without_one(door, pools_dir, visit, options):
    path = pools_dir.put("file", b"content")
    pool = visit(ticket(door, path))
    for cgi in ("", "?", "?sluice.cap=", "?sluice.cap", "?authz=x", "?sluice.cap=0", "?sluice.cap=" + "A" * 100):
        assert pool.code(raw.open_request(path + cgi, options)) == NOT_AUTHORIZED
    assert pool.alive()


def test_every_bit_of_it_is_signed(door, pools_dir, visit):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    pool, text = visit(redirect), text_of(redirect)
    padding = "=" * (-len(text) % 4)
    binary = base64.urlsafe_b64decode(text + padding)
    for at in range(len(binary)):
        for bit in (1, 0x80):
            forged = bytearray(binary)
            forged[at] ^= bit
            forged = base64.urlsafe_b64encode(forged).decode().rstrip("=")
            assert pool.code(used(with_text(redirect, forged), path)) == NOT_AUTHORIZED, f"byte {at}"
    assert pool.call(used(redirect, path)).status == raw.OK


def test_cut_grown_and_misspelt_ones(door, pools_dir, visit):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    pool, text = visit(redirect), text_of(redirect)
    for forged in (text[:-1], text[1:], text + "A", text + "AAAA", text + "====", text * 2, text * 100, text[::-1], text.upper(),
                   text.replace(text[0], "*"), "~" * 40, "ü" * 20):
        assert pool.code(used(with_text(redirect, forged), path)) == NOT_AUTHORIZED, forged[:80]


def test_one_for_reading_does_not_write(door, pools_dir, visit):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    pool = visit(redirect)
    for options in (UPLOAD, OVERWRITE, raw.UPDATE, raw.WRITE_ONLY | raw.NEW, raw.APPEND | raw.NEW):
        assert pool.code(used(redirect, path, options)) == NOT_AUTHORIZED
    handle = pool.call(used(redirect, path)).body[:4]
    assert pool.code(raw.write_request(handle, 0, b"x")) == 3004
    assert (pools_dir / "file").read_bytes() == b"content"


def test_one_for_writing_does_not_read(door, pools_dir, visit):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path, OVERWRITE)
    assert visit(redirect).code(used(redirect, path)) == NOT_AUTHORIZED


def test_it_gives_no_other_file(door, pools_dir, visit):
    pools_dir.put("mine", b"mine")
    pools_dir.put("secret", b"secret")
    redirect = ticket(door, pools_dir.remote("mine"))
    pool = visit(redirect)
    try:
        handle = pool.call(used(redirect, pools_dir.remote("secret"))).body[:4]
    except raw.XrootError as error:
        assert error.code == NOT_AUTHORIZED
    else:  # the path is a label, what is opened is what was signed
        assert pool.read(handle, 0, 100) == b"mine"


def test_it_writes_no_other_file(door, pools_dir, visit):
    pools_dir.put("secret", b"secret")
    redirect = ticket(door, pools_dir.remote("mine"), UPLOAD)
    pool = visit(redirect)
    try:
        handle = pool.call(used(redirect, pools_dir.remote("secret"), OVERWRITE)).body[:4]
        pool.write(handle, 0, b"forged")
        pool.call(raw.close_request(handle))
    except raw.XrootError as error:
        assert error.code == NOT_AUTHORIZED
    assert (pools_dir / "secret").read_bytes() == b"secret"


def test_it_is_for_one_pool(door, pools_server, pools_dir):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    for pool in pools_server.pools:
        with raw.Connection(pool) as connection:
            if pool.port == redirect.port:
                assert connection.call(used(redirect, path)).status == raw.OK
            else:
                assert connection.code(used(redirect, path)) == NOT_AUTHORIZED


def test_it_is_for_one_storage_system(door, pools_dir, own_pools, visit):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    other = own_pools(count=1)
    with raw.Connection(other.pools[0]) as connection:
        assert connection.code(used(redirect, path)) == NOT_AUTHORIZED


def test_it_expires(own_pools, visit):
    server = own_pools(count=1, door={"capability_lifetime": "5 s"})
    path = server.workdir("work").put("file", b"content")
    with raw.Connection(server) as door:
        writing = ticket(door, "/work/new", UPLOAD)
        reading = ticket(door, path)
    pool = visit(reading, server)

    def refused(redirect, name, options):
        try:
            pool.call(raw.close_request(pool.call(used(redirect, name, options)).body[:4]))
        except raw.XrootError as error:
            assert error.code == NOT_AUTHORIZED
            return True
        return False

    assert not refused(reading, path, raw.OPEN_READ)
    raw.wait_until(lambda: refused(reading, path, raw.OPEN_READ), seconds=10, what="end of the right to read")
    # It is as old, and was never used.
    assert refused(writing, "/work/new", UPLOAD)


def test_an_upload_happens_once(door, pools_server, pools_dir, visit):
    path = pools_dir.remote("file")
    redirect = ticket(door, path, UPLOAD)
    pool, rival = visit(redirect), visit(redirect)
    handle = pool.call(used(redirect, path, UPLOAD)).body[:4]
    pool.write(handle, 0, b"first")
    assert rival.code(used(redirect, path, UPLOAD)) == 3004
    pool.call(raw.close_request(handle))
    for options in (UPLOAD, OVERWRITE):
        with pytest.raises(raw.XrootError):
            again = rival.call(used(redirect, path, options)).body[:4]
            rival.write(again, 0, b"again")
            rival.call(raw.close_request(again))
    assert (pools_dir / "file").read_bytes() == b"first"


def test_an_upload_that_was_given_up_stays_so(door, pools_server, pools_dir, visit):
    before = set(pools_server.replicas())
    path = pools_dir.remote("file")
    redirect = ticket(door, path, UPLOAD)
    pool = visit(redirect)
    handle = pool.call(used(redirect, path, UPLOAD)).body[:4]
    pool.write(handle, 0, b"first")
    pool.abort()
    pool_process = pools_server.pool_at(redirect.port)
    raw.wait_until(lambda: pool_process.uploads() == 0, what="end of the upload")
    raw.wait_until(lambda: is_free(door, path), what="a free name")
    late = visit(redirect)
    with pytest.raises(raw.XrootError):
        handle = late.call(used(redirect, path, UPLOAD)).body[:4]
        late.write(handle, 0, b"late")
        late.call(raw.close_request(handle))
    late.close()
    assert not (pools_dir / "file").exists()
    raw.wait_until(lambda: set(pools_server.replicas()) <= before, what="removal of the late bytes")


def is_free(door, path):
    """True when an upload of that name may begin."""
    try:
        return ticket(door, path, UPLOAD).port > 0
    except raw.XrootError as error:
        assert error.code == 3003
        return False


def test_a_removed_file_is_gone(door, pools_server, pools_dir, visit):
    path = pools_dir.put("file", b"content")
    number = (pools_dir / "file").stat().st_ino
    redirect = ticket(door, path)
    pool = visit(redirect)
    (pools_dir / "file").unlink()
    raw.wait_until(lambda: number not in pools_server.replicas(), what="deletion of the replica")
    with pytest.raises(raw.XrootError):
        pool.call(used(redirect, path))


@pytest.mark.parametrize("send_back", [False, True], ids=["without a door", "with a door"])
def test_a_pool_knows_no_names(door, pools_dir, pools_server, send_back):
    path = pools_dir.put("file", b"content")
    redirect = ticket(door, path)
    with raw.Connection(pools_server.pool_at(redirect.port), login=False) as pool:
        pool.login(cgi=redirect.token.encode() if send_back else b"")
        for data in (raw.stat_request(path), raw.request(raw.DIRLIST, payload=b"/"), raw.request(raw.RM, payload=path.encode()),
                     raw.request(raw.MKDIR, payload=path.encode() + b"-d"), raw.request(raw.LOCATE, payload=path.encode()),
                     raw.request(raw.TRUNCATE, payload=path.encode()), raw.open_request(path)):
            if send_back:
                assert pool.redirect(data).port == pools_server.port
            else:
                assert pool.code(data) in (NOT_AUTHORIZED, 3013)
    assert pools_dir.names() == ["file"] and (pools_dir / "file").read_bytes() == b"content"


def test_coming_back_again_and_again_ends(door, pools_dir):
    path = pools_dir.put("file", b"content")
    cgi = ""
    for turn in range(20):
        try:
            cgi = door.redirect(raw.open_request(f"{path}?{cgi}")).cgi
        except raw.XrootError as error:
            assert path in error.text and turn > 2
            break
    else:
        raise AssertionError("the door sends a client in circles")


def test_a_forged_past_changes_nothing(door, pools_dir):
    path = pools_dir.put("file", b"content")
    for cgi in ("sluice.cap=" + "A" * 80, "sluice.cap=&tried=127.0.0.1", "tried=127.0.0.1,localhost", "sluice.cap=" + "x" * 3000):
        assert door.redirect(raw.open_request(f"{path}?{cgi}")).port > 0
