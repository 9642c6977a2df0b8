# SPDX-License-Identifier: Apache-2.0
# Third-party copies from our servers: Debian's xrootd fetches, and by hand everything that it would not do.

import os
import socket

import confidential
import doors
import issuer
import pytest
import rawxroot
import servers
import storage
from clients import gfal, pattern, run, same, xrdcp, xrdfs
from rawxroot import Connection, XrootError, wait_until

CONFLICTING, NOT_AUTHORISED, NOT_FOUND, NOT_OPEN, DIRECTORY = 3000, 3010, 3011, 3004, 3016
PING, STAT, TRUNCATE = 3011, 3017, 3028
USER = b"jane"
ORIGIN = "jane.4711@somewhere"  # the process that rawxroot says it is


WAIT = ("--set", "tpc.rendezvous_wait=2 s")


@pytest.fixture(scope="module", params=[servers.SluiceServer, storage.SluiceStorage], ids=["export", "storage"])
def source(request, session_dir):
    server = request.param(home=session_dir)
    try:
        yield server.start(*WAIT)
    finally:
        log = server.log()
        server.remove()
    servers.no_sanitizer_report(log)


@pytest.fixture(scope="module")
def destination(session_dir):
    """Debian's xrootd, which fetches by running xrdcp."""
    with servers.running(servers.DebianXrootd(home=session_dir)) as server:
        server.stop()
        yield server.start("ofs.tpc ttl 60 60 pgm /usr/bin/xrdcp --server\n")


@pytest.fixture
def file(source, tmp_path):
    """A file at the source: its path there, and its bytes."""
    data, path = pattern(3 << 20, seed=7), f"/tpc-{os.urandom(4).hex()}"
    (tmp_path / "data").write_bytes(data)
    xrdcp(tmp_path / "data", f"{source.url}/{path}").ok()
    return path, data


def named(result, server):
    return server.metric(f'sluice_tpc_rendezvous_total{{result="{result}"}}')


# ---- Debian's destination, started by real clients


def test_xrdcp_lets_debians_server_fetch(source, destination, file, tmp_path):
    path, data = file
    before = named("met", source)
    xrdcp("--tpc", "only", "--cksum", "adler32:print", f"{source.url}/{path}", f"{destination.url}/{path}").ok()
    assert (destination.root / path[1:]).read_bytes() == data
    assert named("met", source) == before + 1
    xrdcp("--tpc", "only", "-f", f"{source.url}/{path}", f"{destination.url}/{path}").ok()
    xrdcp("--tpc", "first", f"{source.url}/{path}", f"{destination.url}/{path}-first").ok()
    assert (destination.root / f"{path[1:]}-first").read_bytes() == data
    assert named("met", source) == before + 3


def test_gfal_lets_debians_server_fetch(source, destination, file):
    path, data = file
    before = named("met", source)
    gfal("copy", "-K", "ADLER32", f"{source.url}/{path}", f"{destination.url}/{path}-gfal").ok()
    assert (destination.root / f"{path[1:]}-gfal").read_bytes() == data
    assert named("met", source) == before + 1


def test_what_is_not_there_is_not_fetched(source, destination):
    xrdcp("--tpc", "only", f"{source.url}//absent", f"{destination.url}//absent").failed("[3011]")
    assert not (destination.root / "absent").exists()


def test_it_says_that_it_can(source):
    assert xrdfs(source, "query", "config", "tpc").ok().out.split() == ["1"]
    assert xrdfs(source, "query", "config", "tpcdlg").ok().out.split() == ["tpcdlg"]


# ---- by hand


def login(source, user=USER):
    raw = Connection(source, login=False)
    raw.login(user=user)
    if isinstance(source, doors.Door):
        raw.call(doors.auth_request(b"unix", b"unix\0jane\0"))
    return raw


def key():
    made = os.urandom(12).hex()
    confidential.book.know("key of a copy", made)
    return made


def words(key_of_copy, **more):
    return "&".join([f"tpc.key={key_of_copy}", "tpc.stage=copy", *(f"tpc.{name}={value}" for name, value in more.items())])


def announce(source, path, key_of_copy, dst="127.0.0.1", user=USER, **more):
    """A session of the orchestrator and its handle."""
    raw = login(source, user)
    return raw, raw.open(f"{path}?{words(key_of_copy, dst=dst, **more)}")


def fetch(source, path, key_of_copy, org=ORIGIN):
    """What the destination gets of the file's beginning."""
    raw = login(source, b"tape")
    with raw:
        frame = raw.call(rawxroot.open_request(f"{path}?{words(key_of_copy, org=org)}"))
        if frame.status == rawxroot.OK:
            return raw.read(frame.body[:4], 0, 100)
    pool, handle = source.open_by_hand(f"{path}?{words(key_of_copy, org=org)}", session=login(source, b"tape"))
    with pool:
        return pool.read(handle, 0, 100)


def refused(source, path, key_of_copy, **options):
    with pytest.raises(XrootError) as caught:
        fetch(source, path, key_of_copy, **options)
    return caught.value.code == NOT_AUTHORISED


@pytest.mark.parametrize("dst", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "[::1]", socket.gethostname()])
def test_the_announced_destination_fetches(source, file, dst):
    path, data = file
    copy = key()
    raw, handle = announce(source, path, copy, dst=dst)
    with raw:
        assert fetch(source, path, copy) == data[:100]
        # A destination that lost its connection comes again.
        assert fetch(source, path, copy) == data[:100]
        raw.call(rawxroot.close_request(handle))


def test_the_destination_may_come_first(source, file):
    path, data = file
    copy = key()
    with login(source, b"tape") as early:
        early.send(rawxroot.open_request(f"{path}?{words(copy, org=ORIGIN)}") + rawxroot.request(PING, stream=b"\0\2"))
        early.answer(b"\0\2")  # the open has begun
        raw, _handle = announce(source, path, copy)
        with raw:
            frame = early.answer()
            assert frame.status in (rawxroot.OK, rawxroot.REDIRECT)
            assert fetch(source, path, copy) == data[:100]


def test_an_announcement_ends_with_its_handle(source, file):
    path, _data = file
    copy = key()
    raw, handle = announce(source, path, copy)
    with raw:
        raw.call(rawxroot.close_request(handle))
        assert never(source, path, copy)


def test_an_announcement_ends_with_its_connection(source, file):
    path, _data = file
    copy = key()
    raw, _handle = announce(source, path, copy)
    raw.close()
    assert never(source, path, copy)


def never(source, path, key_of_copy):
    """Nobody announced it: the destination waits for all of tpc.rendezvous_wait."""
    with login(source, b"tape") as raw:
        return raw.code(rawxroot.open_request(f"{path}?{words(key_of_copy, org=ORIGIN)}")) == NOT_AUTHORISED


@pytest.mark.parametrize("wrong", ["file", "origin", "destination"])
def test_a_key_is_for_one_copy_alone(source, file, tmp_path, wrong):
    path, data = file
    xrdcp(tmp_path / "data", f"{source.url}/{path}-other").ok()
    copy = key()
    raw, _handle = announce(source, path, copy, dst="192.0.2.7" if wrong == "destination" else "127.0.0.1")
    with raw:
        assert refused(source, path + ("-other" if wrong == "file" else ""), copy,
                       org="jane.4712@somewhere" if wrong == "origin" else ORIGIN)
    # Another copy of the same file is not disturbed.
    again = key()
    raw, _handle = announce(source, path, again)
    with raw:
        assert fetch(source, path, again) == data[:100]


def test_of_two_with_one_key_neither_counts(source, file):
    path, _data = file
    copy = key()
    first, _handle = announce(source, path, copy)
    with first, login(source, b"eve") as eve:
        assert eve.code(rawxroot.open_request(f"{path}?{words(copy, dst='127.0.0.1')}")) == NOT_AUTHORISED
        assert never(source, path, copy)


def test_the_handle_of_the_orchestrator_only_looks(source, file):
    path, data = file
    for cgi in ("tpc.stage=placement", words(key(), dst="127.0.0.1")):
        with login(source) as raw:
            handle = raw.open(f"{path}?{cgi}")
            by_handle = raw.call(rawxroot.request(STAT, bytes(12) + handle)).body.split()
            assert int(by_handle[1]) == len(data)
            with pytest.raises(XrootError):
                raw.read(handle, 0, 10)
            with pytest.raises(XrootError):
                raw.call(rawxroot.request(TRUNCATE, handle + bytes(12)))
            raw.call(rawxroot.close_request(handle))
            with pytest.raises(XrootError) as caught:
                raw.call(rawxroot.close_request(handle))
            assert caught.value.code == NOT_OPEN


def test_what_cannot_be_announced(source, file):
    path, _data = file
    with login(source) as raw:
        for wire, code in [
            (f"{path}?{words(key(), dst='h', org=ORIGIN)}", CONFLICTING), (f"{path}?tpc.dst=h", CONFLICTING),
            (f"{path}?tpc.org={ORIGIN}", CONFLICTING), (f"{path}-absent?{words(key(), dst='h')}", NOT_FOUND),
            (f"{path}-absent?tpc.stage=placement", NOT_FOUND), (f"/?{words(key(), dst='h')}", DIRECTORY),
            ("/?tpc.stage=placement", DIRECTORY),
        ]:
            assert raw.code(rawxroot.open_request(wire)) == code, wire
        assert raw.code(rawxroot.open_request(f"{path}?{words('k' * 129, dst='h')}")) != 0
        assert raw.alive()


# ---- who may


@pytest.fixture(scope="module")
def tokens():
    with issuer.Issuer(name="test", prefix="/") as running:
        yield running


@pytest.fixture(params=[False, True], ids=["", "strict"])
def guarded(request, session_dir, host, authority, tokens, monkeypatch, tmp_path):
    """Anonymous clients may do nothing here."""
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))
    settings = {"auth.methods": ["ztn", "none"], "auth.token.issuers": [tokens.line()], "auth.token.strict": request.param,
                "tpc.rendezvous_wait": "1 s"}
    with servers.running(doors.Door(settings, host, home=session_dir)) as server:
        token = doors.authz(tokens.token("storage.modify:/ storage.read:/"))
        (tmp_path / "data").write_bytes(b"x" * 1000)
        run("/usr/bin/xrdcp", "--nopbar", tmp_path / "data", server.at(f"/file?{token}")).ok()
        yield server


def encrypted_login(door):
    raw = doors.encrypted(door)
    raw.login(user=USER)
    raw.call(doors.auth_request(b"unix", b"unix\0jane\0"))
    return raw


def test_the_right_is_that_of_the_orchestrator(guarded, tokens):
    copy, cgi = key(), doors.authz(tokens.token("storage.read:/"))
    with login(guarded) as anybody:
        assert anybody.code(rawxroot.open_request("/file")) == NOT_AUTHORISED
        assert anybody.code(rawxroot.open_request(f"/file?{words(copy, dst='127.0.0.1')}")) == NOT_AUTHORISED
    assert never(guarded, "/file", copy)
    with encrypted_login(guarded) as raw:
        assert raw.code(rawxroot.open_request("/file?" + words(copy, dst="127.0.0.1") + "&" +
                                              doors.authz(tokens.token("storage.read:/elsewhere")))) == NOT_AUTHORISED
        raw.open(f"/file?{words(copy, dst='127.0.0.1')}&{cgi}")
        # Whoever comes for it proves nothing but the key.
        assert fetch(guarded, "/file", copy) == b"x" * 100
        assert never(guarded, "/other", copy)


def test_placement_needs_no_token_of_its_own(guarded, tokens):
    with token_session(guarded, tokens) as raw:
        handle = raw.open("/file?tpc.stage=placement")
        raw.call(rawxroot.close_request(handle))
        if guarded.settings["auth.token.strict"]:  # which those words lift for that question alone
            assert raw.code(rawxroot.stat_request("/file?tpc.stage=placement")) == NOT_AUTHORISED
            assert raw.code(rawxroot.open_request(f"/file?{words(key(), dst='127.0.0.1')}")) == NOT_AUTHORISED


def token_session(door, tokens):
    raw = doors.encrypted(door)
    raw.login(user=USER)
    raw.call(doors.auth_request(b"ztn", doors.ztn_credential(tokens.token("storage.read:/"))))
    return raw


def test_an_announcement_expires(source, file):
    path, _data = file
    late, met = key(), key()
    with announce(source, path, late, ttl=1)[0], announce(source, path, met, ttl=1)[0]:
        fetch(source, path, met)
        assert never(source, path, key())  # which takes two seconds
        assert refused(source, path, late) and "expired" in source.log()
        # Whoever has been there may come again as long as its copy lasts.
        fetch(source, path, met)
