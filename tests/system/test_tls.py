# SPDX-License-Identifier: Apache-2.0
# TLS with real clients and real certificates: who gets it, who must use it, what is refused and with which words.

import os
import select
import socket
import ssl
import struct
import subprocess
import sys
import time
import warnings

import pki
import pytest
import rawxroot
import servers
import storage
from clients import pattern, run, same, xrdcp, xrdfs
from rawxroot import wait_until

HAVE, SESSION, LOGIN, GOTO = 0x80000000, 0x08000000, 0x04000000, 0x40000000
TLS_REQUIRED = 3028
ABLE, WANT = 0x0b, 0x0f  # flags of kXR_protocol


@pytest.fixture(autouse=True)
def trust(authority, monkeypatch):
    """Every client of these tests trusts the authority."""
    for name, value in authority.environment.items():
        monkeypatch.setenv(name, value)


def strict(*required):
    return ["--set", "tls.mode=strict", *(word for name in required for word in ("--set", f"tls.require_{name}=true"))]


@pytest.fixture(scope="module")
def optional(session_dir, host):
    with servers.running(Encrypted(host, home=session_dir)) as server:
        yield server


class Encrypted(servers.SluiceServer):
    """An export with a certificate."""

    name = "tls"

    def __init__(self, identity, *options, **kwargs):
        super().__init__(**kwargs)
        self.identity, self.options = identity, options

    def role(self):
        return [*super().role(), *self.identity.settings, *self.options]


def roots(url, host="localhost"):
    return url.replace("root://127.0.0.1", f"roots://{host}")


def ours(server, *words, **environment):
    return run(server.binary, *words, **environment)


def dumped(tmp_path, **more):
    log = tmp_path / "client.log"
    return log, {"XRD_LOGLEVEL": "Dump", "XRD_LOGFILE": str(log), **more}


def encrypted(connection, host="localhost"):
    """The raw connection goes on with TLS."""
    context = ssl.create_default_context(cafile=None, capath=os.environ["X509_CERT_DIR"])
    connection.socket = context.wrap_socket(connection.socket, server_hostname=host)
    return connection


def greeted(server, flags=ABLE, expect=3, version=0x0511):
    """A connection behind its kXR_protocol, not logged in."""
    connection = rawxroot.Connection(server, hello=False)
    connection.send(rawxroot.HELLO + rawxroot.protocol_request(flags, expect, version=version))
    connection.receive()
    connection.flags = struct.unpack(">iI", connection.receive().body[:8])[1]
    return connection


# ---- Those who ask for it (spec rows 21, 23, 24)


def test_optional_both_ways(optional, tmp_path):
    work = optional.workdir()
    source = tmp_path / "source"
    source.write_bytes(pattern(20 << 20))
    log, environment = dumped(tmp_path)
    xrdcp(source, roots(work.url("up")), **environment).ok()
    assert same(source, work / "up")
    assert "TLS hand-shake done" in log.read_text() and "kXR_write " in log.read_text()
    log.unlink()
    xrdcp("-f", roots(work.url("up")), tmp_path / "down", **environment).ok()
    assert same(source, tmp_path / "down")
    assert "TLS hand-shake done" in log.read_text() and "kXR_read " in log.read_text()
    log.unlink()
    xrdcp("-f", work.url("up"), tmp_path / "clear", **environment).ok()
    assert same(source, tmp_path / "clear") and "TLS hand-shake" not in log.read_text()


@pytest.mark.parametrize("variable", [{}, {"XRD_CPUSEPGWRTRD": "0"}, {"XRD_SUBSTREAMSPERCHANNEL": "4"}])
def test_all_ways_of_moving_data(optional, tmp_path, variable):
    work = optional.workdir()
    source = tmp_path / "source"
    source.write_bytes(pattern((30 << 20) + 12345))
    xrdcp("-S", "3", source, roots(work.url("f")), **variable).ok()
    xrdcp("-S", "3", roots(work.url("f")), tmp_path / "back", **variable).ok()
    assert same(source, work / "f") and same(source, tmp_path / "back")


def test_xrdfs(optional):
    work = optional.workdir()
    work.put("f", b"hello")
    url = roots(optional.url)
    assert "Size:   5" in run("/usr/bin/xrdfs", url, "stat", work.remote("f")).ok().out
    run("/usr/bin/xrdfs", url, "mkdir", work.remote("d")).ok()
    run("/usr/bin/xrdfs", url, "mv", work.remote("f"), work.remote("d/g")).ok()
    assert run("/usr/bin/xrdfs", url, "cat", work.remote("d/g")).ok().out == "hello"
    assert "d/g" in run("/usr/bin/xrdfs", url, "ls", "-R", work.remote()).ok().out
    run("/usr/bin/xrdfs", url, "stat", work.remote("none")).failed("[ERROR] Server responded with an error: [3011]")


def test_python_vector_read(optional):
    work = optional.workdir()
    content = pattern(8 << 20)
    work.put("f", content)
    script = f"""
import hashlib, sys
from XRootD import client
with client.File() as f:
    assert f.open({roots(work.url('f'))!r})[0].ok
    pieces = [(i * 7919, 100 + i) for i in range(1024)] + [(4 << 20, 1 << 20)]
    status, got = f.vector_read(pieces[:1024])
    assert status.ok, status
    status, long = f.vector_read(pieces[1024:])
    assert status.ok, status
    print(hashlib.sha256(b"".join(c.buffer for c in got.chunks) + long.chunks[0].buffer).hexdigest())
"""
    import hashlib
    expected = b"".join(content[i * 7919:i * 7919 + 100 + i] for i in range(1024)) + content[4 << 20:5 << 20]
    assert run(sys.executable, "-c", script).ok().out.strip() == hashlib.sha256(expected).hexdigest()


def test_off_needs_no_certificate(session_dir, tmp_path):
    with servers.running(servers.SluiceServer(home=session_dir), environment={}) as server:
        xrdcp(roots(server.url) + "/f", tmp_path / "f").failed("Server was not configured to support encryption")
        done = ours(server, "stat", roots(server.url) + "/f")
        done.failed("has no TLS")


@pytest.mark.parametrize("options, word", [
    (["tls.mode=optional"], "/etc/grid-security/hostcert.pem: No such file"),
    (["tls.mode=strict", "tls.certificate=/none.pem"], "/none.pem: No such file"),
    (["tls.certificate=/none.pem"], "/none.pem: No such file"),
])
def test_no_start_without_its_files(session_dir, options, word):
    server = servers.SluiceServer(home=session_dir)
    with pytest.raises(RuntimeError):
        server.start(*(text for option in options for text in ("--set", option)))
    assert word in server.log() and 'tls.mode = "off"' in server.log()
    server.remove()


def test_no_start_with_an_expired_certificate_or_a_wrong_key(session_dir, authority, host):
    for identity, word in [(authority.expired_host(), "expired on Feb  1 00:00:00 2020 GMT"),
                           (pki.Identity(host.certificate, authority.user().key), "is not the key of the certificate in")]:
        server = Encrypted(identity, home=session_dir)
        with pytest.raises(RuntimeError):
            server.start()
        assert word in server.log()
        server.remove()


# ---- Those who must use it (row 22)


def test_strict_login(session_dir, host, tmp_path):
    with servers.running(Encrypted(host, *strict("login"), home=session_dir)) as server:
        work = server.workdir()
        work.put("f", pattern(1 << 20))
        # Not TLS first: a ClientHello is no greeting.
        assert "no peer certificate available" in pki.s_client(server.port)
        log, environment = dumped(tmp_path)
        xrdcp(work.url("f").replace("127.0.0.1", "localhost"), tmp_path / "out", **environment).ok()
        assert "TLS hand-shake done" in log.read_text()
        assert same(work / "f", tmp_path / "out")
        ours(server, "cp", work.url("f"), tmp_path / "ours").ok()
        with greeted(server, flags=0x09) as old:  # cannot use TLS
            assert old.flags & (HAVE | GOTO) == HAVE
            assert old.code(rawxroot.login_request()) == TLS_REQUIRED
            assert old.code(rawxroot.login_request()) == TLS_REQUIRED, "the connection is kept"


def test_strict_session(session_dir, host, tmp_path):
    with servers.running(Encrypted(host, *strict("session"), home=session_dir)) as server:
        work = server.workdir()
        work.put("f", pattern(3 << 20))
        log, environment = dumped(tmp_path)
        xrdcp(work.url("f").replace("127.0.0.1", "localhost"), tmp_path / "out", **environment).ok()
        text = log.read_text()
        assert same(work / "f", tmp_path / "out") and "TLS hand-shake done" in text
        assert text.index("Logged in") < text.index("TLS hand-shake done")
        ours(server, "cp", work.url("f"), tmp_path / "ours").ok()
        assert same(work / "f", tmp_path / "ours")
        with greeted(server) as client:
            assert client.flags & (HAVE | SESSION | GOTO | LOGIN) == HAVE | SESSION
            client.login()
            assert client.code(rawxroot.stat_request(work.remote("f"))) == TLS_REQUIRED
            assert client.code(rawxroot.request(rawxroot.PING)) == TLS_REQUIRED
            encrypted(client)
            assert client.alive() and client.read(client.open(work.remote("f")), 0, 10) == pattern(3 << 20)[:10]
        with greeted(server, version=0x0310) as old:
            old.login()
            assert old.code(rawxroot.stat_request(work.remote("f"))) == TLS_REQUIRED


def test_strict_data_streams(session_dir, host, tmp_path):
    with servers.running(Encrypted(host, *strict("login", "data"), home=session_dir)) as server:
        work = server.workdir()
        work.put("f", pattern(40 << 20))
        log, environment = dumped(tmp_path)
        xrdcp("-S", "4", work.url("f").replace("127.0.0.1", "localhost"), tmp_path / "out", **environment).ok()
        assert same(work / "f", tmp_path / "out")
        assert log.read_text().count("TLS hand-shake done") > 1, "streams are encrypted too"
        with encrypted(greeted(server)) as main, greeted(server, flags=0x09, expect=1) as clear:
            session = main.login()
            assert clear.code(rawxroot.request(rawxroot.BIND, session)) == TLS_REQUIRED


def test_protocol_and_hello_in_one_segment(optional):
    """What comes behind the request that starts TLS is its first message, however it was cut."""
    context = ssl.create_default_context(capath=os.environ["X509_CERT_DIR"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with socket.create_connection((optional.host, optional.port)) as raw:
        raw.settimeout(10)
        raw.sendall(rawxroot.HELLO + rawxroot.protocol_request(WANT) + outgoing.read())
        answers = b""
        while len(answers) < 16 + 16:
            answers += raw.recv(32 - len(answers))
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        raw.sendall(outgoing.read())
        client.write(rawxroot.login_request())
        raw.sendall(outgoing.read())
        answer = b""
        while len(answer) < 24:
            try:
                answer += client.read(24)
            except ssl.SSLWantReadError:
                incoming.write(raw.recv(65536))
        assert answer[2:4] == b"\0\0"


# ---- Who trusts whom


def test_what_clients_say_of_a_wrong_certificate(session_dir, authority, tmp_path):
    stranger = pki.Authority(session_dir, "Another CA")
    elsewhere = authority.host(names=("DNS:elsewhere.example.org",), common_name="elsewhere.example.org")
    with servers.running(Encrypted(elsewhere, home=session_dir)) as server:
        ours(server, "ls", roots(server.url)).failed("its certificate is for elsewhere.example.org, not for localhost")
        xrdcp(roots(server.url) + "/f", tmp_path / "f").failed()
    with servers.running(Encrypted(stranger.host(), home=session_dir)) as server:
        done = ours(server, "ls", roots(server.url))
        done.failed("/CN=Another CA", f"not among the authorities in {authority.directory}")
        ours(server, "ls", roots(server.url), X509_CERT_DIR=str(stranger.directory)).ok()
        ours(server, "ls", roots(server.url), X509_CERT_DIR="/nowhere").failed("/nowhere does not exist")
        xrdcp(roots(server.url) + "/f", tmp_path / "f").failed()


def test_revoked_certificate(session_dir):
    other = pki.Authority(session_dir, "Revoking CA")
    bad, good = other.host(), other.host()
    with servers.running(Encrypted(bad, home=session_dir)) as server:
        ours(server, "ls", roots(server.url), **other.environment).ok()
        other.revoke(bad)
        ours(server, "ls", roots(server.url), **other.environment).failed("certificate revoked")
    with servers.running(Encrypted(good, home=session_dir)) as server:
        ours(server, "ls", roots(server.url), **other.environment).ok()


def test_addresses_are_checked_too(optional, tmp_path):
    work = optional.workdir()
    work.put("f", b"x")
    xrdcp(roots(work.url("f"), "127.0.0.1"), tmp_path / "f").ok()
    ours(optional, "cp", roots(work.url("f"), "127.0.0.1"), tmp_path / "g").ok()


# ---- Certificates that change


def certificate_of(server):
    """The serial number that new connections see."""
    connection = greeted(server, WANT)
    with encrypted(connection):
        return connection.socket.getpeercert()["serialNumber"]


def test_certificate_replaced_while_running(session_dir, authority, tmp_path):
    first, second = authority.host(), authority.host(kind="ec")
    folder = servers.scratch(session_dir)
    place = pki.Identity(folder / "cert.pem", folder / "key.pem")

    def put(identity):
        for source, target in ((identity.key, place.key), (identity.certificate, place.certificate)):
            fresh = target.with_suffix(".new")
            fresh.write_bytes(source.read_bytes())
            servers.give(fresh)
            os.replace(fresh, target)

    put(first)
    with servers.running(Encrypted(place, "--set", "tls.refresh=1 s", home=session_dir)) as server:
        before = certificate_of(server)
        with encrypted(greeted(server, WANT)) as old:
            old.login()
            put(second)
            wait_until(lambda: certificate_of(server) != before, 10, "the new certificate")
            now = certificate_of(server)
            assert old.alive(), "connections go on"
            place.certificate.write_text("not a certificate")
            server.reload()
            wait_until(lambda: "certificate.rejected" in server.log(), 10, "the refusal")
            assert certificate_of(server) == now and old.alive()


def context_of(version):
    """A client that speaks that version alone."""
    context = ssl.create_default_context(capath=os.environ["X509_CERT_DIR"])
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
    return context


def test_resumption_with_openssl(session_dir, host, tmp_path):
    """openssl cannot speak xroot, so the tickets are asked for through a socket that did."""
    context = ssl.create_default_context(capath=os.environ["X509_CERT_DIR"])
    with servers.running(Encrypted(host, home=session_dir)) as server:
        def connect(session=None):
            connection = greeted(server, WANT)
            connection.socket = context.wrap_socket(connection.socket, server_hostname="localhost", session=session)
            connection.login()
            assert connection.alive()
            with connection:
                return connection.socket.session, connection.socket.session_reused, connection.socket.cipher()

        session, reused, cipher = connect()
        assert not reused and session.has_ticket and cipher[:2] == ("TLS_AES_128_GCM_SHA256", "TLSv1.3")
        assert connect(session)[1]
        server.reload()
        assert connect(session)[1]
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        session, reused, cipher = connect()
        assert not reused and cipher[1] == "TLSv1.2" and "AES128-GCM" in cipher[0]
        assert connect(session)[1]
        old = context_of("TLSv1.1")
        with pytest.raises((ssl.SSLError, OSError)):
            old.wrap_socket(greeted(server, WANT).socket, server_hostname="localhost")
        counted = {f'sluice_xroot_tls_handshakes_total{{kind="{kind}"}} {count}' for kind, count in (("full", 2), ("resumed", 3), ("failed", 1))}
        wait_until(lambda: counted <= set(server.fetch("/metrics")[1].splitlines()), 10, f"the metrics {counted}")


# ---- Doors and pools


def test_door_and_pool(session_dir, host, tmp_path):
    class Storage(storage.SluiceStorage):
        def role(self):
            return [*host.settings, "--set", "serve.host_name=localhost"]

    source = tmp_path / "source"
    source.write_bytes(pattern(12 << 20))
    with servers.running(Storage(home=session_dir)) as server:
        log, environment = dumped(tmp_path)
        xrdcp(source, roots(server.url) + "/f", **environment).ok()
        assert log.read_text().count("TLS hand-shake done") == 2, "door and pool"
        xrdcp(roots(server.url) + "/f", tmp_path / "back").ok()
        assert same(source, tmp_path / "back")
        xrdcp(server.url + "/f", tmp_path / "clear").ok()
        ours(server, "cp", roots(server.url) + "/f", tmp_path / "ours").ok()
        assert same(source, tmp_path / "clear") and same(source, tmp_path / "ours")
        assert "roots://localhost:" in ours(server, "admin", "pools", "--data", server.data).ok().out
        ours(server, "checksum", "-t", "crc32c", roots(server.url) + "/f").ok()


def test_strict_door_and_pool(session_dir, host, tmp_path):
    class Storage(storage.SluiceStorage):
        def role(self):
            return [*host.settings, *strict("login", "data"), "--set", "serve.host_name=localhost",
                    "--set", "pool.tls.mode=strict"]

    source = tmp_path / "source"
    source.write_bytes(pattern(5 << 20))
    with servers.running(Storage(home=session_dir)) as server:
        url = f"root://localhost:{server.port}/"
        xrdcp(source, url + "/f").ok()
        xrdcp(url + "/f", tmp_path / "back").ok()
        ours(server, "cp", url + "/f", tmp_path / "ours").ok()
        assert same(source, tmp_path / "back") and same(source, tmp_path / "ours")
        # The door asks the pool, over TLS.
        done = run("/usr/bin/xrdfs", url, "query", "checksum", "/f?cks.type=md5", timeout=60).ok()
        assert "md5" in done.out


def test_no_pool_has_tls(session_dir, host, tmp_path):
    class Storage(storage.SluiceStorage):
        def role(self):
            return [*host.settings, "--set", "serve.host_name=localhost", "--set", "pool.tls.mode=off"]

    with servers.running(Storage(home=session_dir)) as server:
        xrdcp("/etc/services", server.url + "/f").ok()
        xrdcp(roots(server.url) + "/f", tmp_path / "f").failed("/f: no pool has TLS")
        xrdcp("/etc/services", roots(server.url) + "/g").failed("/g: no pool has TLS")
        ours(server, "cp", roots(server.url) + "/f", tmp_path / "f").failed("/f: no pool has TLS")
        ours(server, "stat", roots(server.url) + "/f").ok()


def test_encrypted_clients_go_to_pools_with_tls(session_dir, host, postgres_cluster, tmp_path):
    class Door(storage.SluicePools):
        options = ()

        def role(self):
            return [*super().role(), *host.settings, *self.options]

    door = Door(postgres_cluster.new_database(), count=2, home=session_dir, serve={"host_name": "localhost"})
    door.pools[0].common = [*door.pools[0].common, *host.settings]
    source = tmp_path / "source"
    source.write_bytes(pattern(1 << 20))
    try:
        door.start()
        for number in range(6):
            xrdcp(source, roots(door.url) + f"/f{number}").ok()
        assert len(door.pools[0].replicas()) == 6 and not door.pools[1].replicas()
        door.pools[0].stop()
        door.stop()
        door.options = strict("data")
        door.own_settings["patience"] = "1 s"
        super(storage.SluicePools, door).start()
        xrdcp(source, roots(door.url) + "/none").failed()
        assert not door.pools[1].replicas()
    finally:
        for server in (door, *door.pools):
            server.remove()


# ---- Other servers and our client


@pytest.fixture(scope="module")
def debian(session_dir, authority, host):
    with servers.running(servers.DebianXrootd(home=session_dir), extra=(
            f"xrd.tls {host.certificate} {host.key}\nxrd.tlsca certdir {authority.directory}\nxrootd.tls capable none\n")) as server:
        yield server


def test_our_client_at_debians_server(debian, optional, tmp_path):
    work = debian.workdir()
    source = tmp_path / "source"
    source.write_bytes(pattern(30 << 20))
    url = roots(work.url("f"))
    ours(optional, "cp", source, url).ok()
    ours(optional, "cp", "-S", "3", url, tmp_path / "back").ok()
    assert same(source, work / "f") and same(source, tmp_path / "back")
    assert "f" in ours(optional, "ls", roots(work.url())).ok().out
    ours(optional, "ls", roots(work.url()), X509_CERT_DIR=str(tmp_path)).failed("not among the authorities")


@pytest.mark.parametrize("required", ["login", "session", "data"])
def test_our_client_obeys_debians_server(session_dir, authority, host, optional, tmp_path, required):
    with servers.running(servers.DebianXrootd(home=session_dir), extra=(
            f"xrd.tls {host.certificate} {host.key}\nxrd.tlsca certdir {authority.directory}\n"
            f"xrootd.tls all {required}\n")) as server:
        work = server.workdir()
        work.put("f", pattern(9 << 20))
        url = work.url("f").replace("127.0.0.1", "localhost")
        ours(optional, "cp", url, tmp_path / "out").ok()
        assert same(work / "f", tmp_path / "out")
        xrdcp(url, tmp_path / "theirs").ok()


# ---- Hostile


def handshake_begun(server):
    connection = greeted(server, WANT)
    assert connection.flags & GOTO
    return connection


def test_garbage_instead_of_a_handshake(optional):
    for garbage in (b"\0" * 4096, rawxroot.login_request(), b"\x16\x03\x01\xff\xff" + b"a" * 70000,
                    b"\x16\x03\x01\0\x04\x01\xff\xff\xff", b"\x15\x03\x01\0\x02\x02\x28", os.urandom(20000)):
        with handshake_begun(optional) as connection:
            try:
                connection.send(garbage)
            except rawxroot.Closed:
                pass
            assert connection.closed()
    with greeted(optional) as clear:
        clear.login()
        clear.send(b"\x16\x03\x01\x02\0\x01" + b"\0" * 18)  # TLS that nobody asked for is a bad request
        assert clear.receive().status == rawxroot.ERROR
    assert optional.alive()


def test_stalled_handshake(session_dir, host):
    with servers.running(Encrypted(host, "--set", "tls.handshake_timeout=1 s", home=session_dir)) as server:
        with handshake_begun(server) as silent, handshake_begun(server) as slow:
            begin = time.monotonic()
            slow.send(b"\x16\x03\x01\x02\0\x01\0")
            assert silent.closed() and slow.closed()
            assert 0.5 < time.monotonic() - begin < 8
        assert server.workdir()
        wait_until(lambda: "no TLS handshake within 1 s" in server.log(), what="a line about it")


def test_end_in_the_midst(optional):
    """Peers that vanish, half close or only close TLS."""
    work = optional.workdir()
    work.put("f", pattern(32 << 20))
    for end in ("abort", "half", "unwrap"):
        for _ in range(3):
            connection = encrypted(handshake_begun(optional))
            connection.login()
            handle = connection.open(work.remote("f"))
            connection.send(rawxroot.read_request(handle, 0, 32 << 20))
            connection._take(8)
            if end == "abort":
                connection.abort()
            elif end == "half":
                connection.socket.shutdown(socket.SHUT_WR)
                connection.close()
            else:
                try:
                    connection.socket.settimeout(0.2)
                    connection.socket.unwrap()
                except (OSError, ssl.SSLError, ValueError):
                    pass
                connection.close()
    wait_until(lambda: optional.descriptors_of(work.remote("f")) == 0, 15, "the files to be closed")
    assert optional.alive()


def test_no_renegotiation(optional):
    process = subprocess.Popen([pki.OPENSSL, "s_client", "-tls1_2", "-quiet", "-connect", f"127.0.0.1:{optional.port}"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = process.communicate(b"R\n", timeout=20)
    assert b"verify return" not in out  # it never gets so far: no TLS before kXR_protocol
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        # Greets for s_client, then passes everything on.
        client = subprocess.Popen([pki.OPENSSL, "s_client", "-tls1_2", "-connect", f"127.0.0.1:{proxy.getsockname()[1]}"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        near, _ = proxy.accept()
        with near, handshake_begun(optional) as far:
            import threading

            def copy(source, target):
                try:
                    while piece := source.recv(65536):
                        target.sendall(piece)
                except OSError:
                    pass
                for end in (source, target):
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

            far.socket.settimeout(None)
            workers = [threading.Thread(target=copy, args=pair) for pair in ((near, far.socket), (far.socket, near))]
            for worker in workers:
                worker.start()
            time.sleep(1)  # s_client reads its commands only behind the handshake
            client.stdin.write(b"R\n")
            client.stdin.flush()
            time.sleep(1)
            out, _ = client.communicate(timeout=20)
            for worker in workers:
                worker.join(10)
    assert b"RENEGOTIATING" in out and b"no renegotiation" in out, out[-2000:]
    assert optional.alive()


def test_many_connections(optional):
    """Handshakes one after the other leave nothing behind."""
    for _ in range(20):
        with encrypted(handshake_begun(optional)) as connection:
            connection.login()
    before = optional.descriptors()
    for _ in range(60):
        with encrypted(handshake_begun(optional)) as connection:
            connection.login()
            assert connection.alive()
    wait_until(lambda: optional.descriptors() <= before, 10, "the connections to end")


def exchange(encrypted_socket, data, size):
    """Sends and receives at once, with one thread, since no SSL object stands two."""
    encrypted_socket.setblocking(False)
    view, answer, deadline = memoryview(data), bytearray(), time.monotonic() + 60
    while view or len(answer) < size:
        assert time.monotonic() < deadline
        moved = False
        if view:
            try:
                view = view[encrypted_socket.send(view[:65536]):]
                moved = True
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
        try:
            answer += encrypted_socket.recv(65536)
            moved = True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if not moved:
            select.select([encrypted_socket], [encrypted_socket] if view else [], [], 0.05)
    encrypted_socket.setblocking(True)
    return bytes(answer)


def test_reads_and_writes_at_once(optional):
    """Pipelined reads and writes of one connection: what is encrypted and what is decrypted cross."""
    work = optional.workdir()
    content = pattern(16 << 20)
    work.put("r", content)
    with encrypted(handshake_begun(optional)) as connection:
        connection.login()
        reading = connection.open(work.remote("r"))
        writing = connection.open(work.remote("w"), rawxroot.NEW | rawxroot.UPDATE | rawxroot.MKPATH)
        piece, requests = 1 << 20, b""
        for number in range(16):
            at = number * piece
            requests += rawxroot.read_request(reading, at, piece, stream=struct.pack(">H", 100 + number))
            requests += rawxroot.write_request(writing, at, content[at:at + piece], stream=struct.pack(">H", 200 + number))
        answers = exchange(connection.socket, requests, 16 * (piece + 8) + 16 * 8)
        got = {}
        while answers:
            number, status, size = struct.unpack_from(">HHi", answers)
            assert status in (rawxroot.OK, rawxroot.OKSOFAR)
            got[number] = got.get(number, b"") + answers[8:8 + size]
            answers = answers[8 + size:]
        assert b"".join(got[100 + number] for number in range(16)) == content
        assert connection.call(rawxroot.close_request(writing)).status == rawxroot.OK
    assert (work / "w").read_bytes() == content
