# SPDX-License-Identifier: Apache-2.0
# Third-party copies to our servers, from Debian's xrootd and from each other; and by hand what goes wrong on the way.

import os
import signal
import socket
import zlib

import doors
import issuer
import pytest
import rawxroot
import servers
import storage
from clients import gfal, pattern, run, same, xrdcp
from rawxroot import Connection, XrootError, wait_until

OVERWRITE = rawxroot.DELETE | rawxroot.UPDATE
SYNC, QUERY, STAT = 3016, 3001, 3017
CONFLICTING, NOT_OPEN, UNSUPPORTED, CANCELLED, BAD_SUM = 3000, 3004, 3013, 3017, 3019
KINDS = {"export": servers.SluiceServer, "storage": storage.SluiceStorage}


def started(kind, session_dir, *settings):
    server = KINDS[kind](home=session_dir)
    return server.start(*(word for one in settings for word in ("--set", one)))


@pytest.fixture(scope="module", params=KINDS)
def destination(request, session_dir):
    server = started(request.param, session_dir, "tpc.response_timeout=5 s")
    yield server
    log = server.log()
    server.remove()
    servers.no_sanitizer_report(log)


@pytest.fixture(scope="module", params=["debian", *KINDS])
def source(request, session_dir):
    if request.param == "debian":
        server = servers.DebianXrootd(home=session_dir).start(
            "xrd.network dnr\nofs.tpc ttl 5 15 pgm /usr/bin/xrdcp --server\n")
    else:
        server = started(request.param, session_dir, "tpc.rendezvous_wait=2 s")
    yield server
    server.remove()


@pytest.fixture
def path():
    return f"/tpc-{os.urandom(4).hex()}"


def read(server, path, tmp_path):
    xrdcp("-f", f"{server.url}/{path}", tmp_path / "read").ok()
    return (tmp_path / "read").read_bytes()


def is_there(server, path):
    return run("/usr/bin/xrdfs", server.url, "stat", path).code == 0


def counted(server, result):
    return server.metric(f'sluice_tpc_copies_total{{result="{result}"}}')


# ---- real clients


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (30 << 20) + 7])
def test_xrdcp(source, destination, path, tmp_path, size):
    (tmp_path / "data").write_bytes(pattern(size, seed=size))
    xrdcp(tmp_path / "data", f"{source.url}/{path}").ok()
    before, fetched = counted(destination, "good"), destination.metric("sluice_tpc_bytes_total")
    xrdcp("--tpc", "only", f"{source.url}/{path}", f"{destination.url}/{path}").ok()
    assert read(destination, path, tmp_path) == (tmp_path / "data").read_bytes()
    assert counted(destination, "good") == before + 1
    assert destination.metric("sluice_tpc_bytes_total") == fetched + size


def test_xrdcp_overwrites_and_compares(source, destination, path, tmp_path):
    (tmp_path / "data").write_bytes(pattern(3 << 20, seed=1))
    xrdcp(tmp_path / "data", f"{source.url}/{path}").ok()
    xrdcp("/etc/services", f"{destination.url}/{path}").ok()
    copy = ["--tpc", "only", "--cksum", "adler32:source", f"{source.url}/{path}", f"{destination.url}/{path}"]
    xrdcp(*copy).failed("exists")
    assert read(destination, path, tmp_path) != (tmp_path / "data").read_bytes()
    xrdcp("-f", *copy).ok()
    assert read(destination, path, tmp_path) == (tmp_path / "data").read_bytes()


def test_gfal(source, destination, path, tmp_path):
    (tmp_path / "data").write_bytes(pattern(5 << 20, seed=2))
    xrdcp(tmp_path / "data", f"{source.url}/{path}").ok()
    before = counted(destination, "good")
    gfal("copy", "-p", "-K", "ADLER32", f"{source.url}/{path}", f"{destination.url}/{path}-new/copy").ok()
    assert read(destination, f"{path}-new/copy", tmp_path) == (tmp_path / "data").read_bytes()
    assert counted(destination, "good") == before + 1


def test_what_the_source_does_not_have(source, destination, path):
    xrdcp("--tpc", "only", f"{source.url}/{path}", f"{destination.url}/{path}").failed("[3011]")
    assert not is_there(destination, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_for_the_source(kind, session_dir, host, authority, tmp_path, monkeypatch):
    """Over TLS, with different tokens for both ends."""
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))
    with issuer.Issuer(name="one") as one, issuer.Issuer(name="two") as two:
        def settings(tokens):
            return {"auth.methods": ["ztn", "none"], "auth.token.issuers": [tokens.line()], "tls.mode": "optional"}
        with servers.running(doors.Door(settings(one), host, home=session_dir)) as source, \
                servers.running(doors.Door(settings(two), host, home=session_dir)) as target:
            for server, tokens in ((source, one), (target, two)):
                writes = doors.authz(tokens.token("storage.modify:/ storage.read:/"))
                run("/usr/bin/xrdcp", "--nopbar", "/etc/services", server.at(f"/{kind}/old?{writes}")).ok()
            reads = doors.authz(one.token("storage.read:/"))
            writes = doors.authz(two.token("storage.modify:/ storage.read:/"))
            url, to = source.at(f"/{kind}/old?{reads}"), target.at(f"/{kind}/copy?{writes}")
            run("/usr/bin/xrdcp", "--nopbar", "--tpc", "only", url, to).ok()
            run("/usr/bin/xrdcp", "--nopbar", to, tmp_path / "read").ok()
            assert same("/etc/services", tmp_path / "read")
            run("/usr/bin/xrdcp", "--nopbar", "--tpc", "only", source.at(f"/{kind}/old"), target.at(f"/{kind}/no?{writes}")).failed("[3010]")
            run("/usr/bin/xrdcp", "--nopbar", "--tpc", "only", url, target.at(f"/{kind}/other?{reads}")).failed("not trusted")


# ---- by hand


def login(server):
    raw = Connection(server, login=False)
    raw.login()
    return raw


def order(destination, path, options=OVERWRITE, **words):
    """A session of whoever gives the order, and its handle."""
    words = {"key": os.urandom(12).hex(), "lfn": path, "spr": "root", "stage": "copy"} | words
    wire = path + "?" + "&".join(f"tpc.{name}={value}" for name, value in words.items())
    if isinstance(destination, storage.SluiceStorage):
        return destination.open_by_hand(wire, options, login(destination))
    raw = login(destination)
    return raw, raw.open(wire, options)


def sync_request(handle, stream=b"\0\1"):
    return rawxroot.request(SYNC, handle, stream=stream)


def cancel_request(handle, text=b"ofs.tpc cancel", stream=b"\0\1"):
    return rawxroot.request(QUERY, b"\0\x40\0\0" + handle, text, stream=stream)


@pytest.fixture
def silent():
    """A source that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def refusal(raw, request):
    with pytest.raises(XrootError) as caught:
        raw.call(request)
    return caught.value


def test_an_order_that_is_none(destination, path):
    for words in ({"src": ""}, {"src": "host:0"}, {"src": "*:1094"}, {"src": "a b"}, {"src": "h" * 300}, {"src": "h:1", "lfn": "../x"},
                  {"src": "h:1", "lfn": ""}, {"src": "h:1", "cks": "sum:1"}, {"src": "h:1", "key": ""}):
        with pytest.raises(XrootError) as caught:
            order(destination, path, **words)
        assert caught.value.code == CONFLICTING, words
    assert not is_there(destination, path)


@pytest.mark.parametrize("options", [rawxroot.UPDATE, 0x200 | rawxroot.UPDATE], ids=["update", "append"])
def test_no_file_is_filled_in_its_place(destination, silent, path, tmp_path, options):
    xrdcp("/etc/services", f"{destination.url}/{path}").ok()
    with pytest.raises(XrootError):
        order(destination, path, options, src=silent)
    xrdcp(f"{destination.url}/{path}", tmp_path / "read").ok()
    assert same("/etc/services", tmp_path / "read")


def test_a_source_that_does_not_know_the_key(destination, source, path, tmp_path):
    xrdcp("/etc/services", f"{source.url}/{path}").ok()
    raw, handle = order(destination, path, src=f"127.0.0.1:{source.port}")
    with raw:
        raw.call(sync_request(handle))
        raw.socket.settimeout(60)  # while the source waits for whoever announces it
        error = refusal(raw, sync_request(handle))
        assert f"127.0.0.1:{source.port}" in error.text, error
        assert refusal(raw, rawxroot.close_request(handle)).code == error.code
    assert not is_there(destination, path)


def test_nobody_is_at_the_source(destination, path):
    port = servers.free_port()
    raw, handle = order(destination, path, src=f"127.0.0.1:{port}")
    with raw:
        raw.call(sync_request(handle))
        raw.socket.settimeout(90)
        assert f"127.0.0.1:{port}" in refusal(raw, sync_request(handle)).text
        refusal(raw, rawxroot.close_request(handle))
    assert not is_there(destination, path)


def test_a_copy_is_cancelled(destination, silent, path):
    before = is_there(destination, path)
    raw, handle = order(destination, path, src=silent)
    with raw:
        raw.call(sync_request(handle))
        raw.send(sync_request(handle, b"\0\2"))
        assert refusal(raw, cancel_request(handle, b"something else")).code == UNSUPPORTED
        assert int(raw.call(rawxroot.request(STAT, bytes(12) + handle)).body.split()[1]) == 0
        raw.send(cancel_request(handle, stream=b"\0\3"))
        answers = {frame.stream: frame for frame in (raw.receive(), raw.receive())}
        assert answers[b"\0\3"].status == rawxroot.OK
        assert int.from_bytes(answers[b"\0\2"].body[:4], "big") == CANCELLED
        assert refusal(raw, rawxroot.close_request(handle)).code == CANCELLED
    assert not before and not is_there(destination, path)


def test_a_close_ends_a_copy_that_runs(destination, silent, path):
    raw, handle = order(destination, path, src=silent)
    with raw:
        raw.call(sync_request(handle))
        assert refusal(raw, rawxroot.close_request(handle)).code == CANCELLED
        assert raw.alive()
    raw, handle = order(destination, path, src=silent)
    with raw:  # never begun
        assert refusal(raw, rawxroot.close_request(handle)).code == CANCELLED
    assert not is_there(destination, path)


def test_a_copy_ends_with_its_orchestrator(destination, silent, path):
    raw, handle = order(destination, path, src=silent)
    raw.call(sync_request(handle))
    wait_until(lambda: connections_to(destination, silent) == 1, what="the copy")
    raw.close()
    wait_until(lambda: connections_to(destination, silent) == 0, what="the end of the copy")
    assert not is_there(destination, path)


def connections_to(server, address):
    """How many connections its process has to HOST:PORT."""
    port = f":{int(address.rpartition(':')[2]):04X}"
    sockets = {link[8:-1] for link in server.open_files() if link.startswith("socket:[")}
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(row[2].endswith(port) and row[9] in sockets for row in rows)


def test_its_client_writes_nothing(destination, silent, path):
    raw, handle = order(destination, path, src=silent)
    with raw:
        assert refusal(raw, rawxroot.write_request(handle, 0, b"mine")).code == NOT_OPEN


@pytest.mark.parametrize("given, is_good", [("right", True), ("wrong", False), ("asked", True)])
def test_checksums_of_orders(destination, session_dir, path, given, is_good):
    source = started("export", session_dir)
    data = pattern(2_000_003, seed=3)
    (source.root / path[1:]).write_bytes(data)
    value = {"right": f"adler32:{zlib.adler32(data):08X}", "wrong": "adler32:00000001", "asked": "md5"}[given]
    copy = os.urandom(12).hex()
    with login(source) as announcer:
        announcer.open(f"{path}?tpc.key={copy}&tpc.dst=127.0.0.1&tpc.stage=copy")
        raw, handle = order(destination, path, src=f"127.0.0.1:{source.port}", key=copy, cks=value)
        with raw:
            raw.call(sync_request(handle))
            if is_good:
                raw.call(sync_request(handle))
                raw.call(rawxroot.close_request(handle))
            else:
                assert refusal(raw, sync_request(handle)).code == BAD_SUM
                refusal(raw, rawxroot.close_request(handle))
    source.remove()
    assert is_there(destination, path) == is_good


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_killed_while_it_copies_has_nothing(kind, session_dir, silent, path):
    server = started(kind, session_dir)
    raw, handle = order(server, path, src=silent)
    raw.call(sync_request(handle))
    wait_until(lambda: connections_to(server, silent) == 1, what="the copy")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    assert not is_there(server, path)
    server.remove()


@pytest.mark.parametrize("kind", KINDS)
def test_no_more_copies_than_may_run(kind, session_dir, silent, path):
    server = started(kind, session_dir, "tpc.most_copies=2")
    first, second = order(server, path, src=silent)[0], order(server, path + "-2", src=silent)[0]
    with second:
        with first, pytest.raises(XrootError) as caught:
            order(server, path + "-3", src=silent)
        assert "tpc.most_copies" in caught.value.text

        def has_place():
            try:
                order(server, path + "-3", src=silent)[0].close()
            except XrootError:
                return False
            return True

        wait_until(has_place, what="a place")
    server.remove()


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_no_destination(kind, session_dir, path):
    server = started(kind, session_dir, "tpc.most_copies=0")
    xrdcp("/etc/services", f"{server.url}/{path}").ok()
    xrdcp("--tpc", "only", f"{server.url}/{path}", f"{server.url}/{path}-copy").failed("[3013]")
    assert not is_there(server, f"{path}-copy")
    server.remove()
