# SPDX-License-Identifier: Apache-2.0
# Who may come in: real clients with tokens, certificates, shared secrets, tickets and names, at a door with a pool.

import contextlib
import os
import struct

import doors
import issuer
import pki
import pytest
import rawxroot
import servers
import storage
from clients import pattern, run, same, xrdcp, xrdfs

AUTH, RM = 3000, 3014
FAILED, INVALID_REQUEST, WRONG_SIGNATURE = 3030, 3006, 3022
XRDSSSADMIN = "/usr/bin/xrdsssadmin"

MAPPING = [
    "gsi dn=*/CN=Jane -> user=1001 group=1001 name=jane",
    "ztn subject=jane -> user=1001 group=1001 name=jane",
    "sss user=jane -> user=1001 group=1001 name=jane",
    "krb5 principal=jane@TEST.SLUICE -> user=1001 group=1001 name=jane",
]


@pytest.fixture(scope="module")
def tokens():
    with issuer.Issuer(name="test", prefix="/") as running:
        yield running


@pytest.fixture(scope="module")
def keytab(session_dir):
    file = servers.scratch(session_dir, "sss-") / "sss.keytab"
    run(XRDSSSADMIN, "-k", "sluice", "-u", "jane", "-g", "staff", "add", file, stdin=b"y\n").ok()
    return servers.give(file)


class Asking(storage.SluiceStorage):
    """A door that asks who comes; nobody else may do anything. What is below /open belongs to jane."""

    def __init__(self, *options, **kwargs):
        super().__init__(**kwargs)
        self.options = options

    def role(self):
        return [*super().role(), "--set", "access.anonymous=none", *self.options]


def rules(*texts):
    return ["--set", "auth.mapping=" + ",".join(texts)]


@pytest.fixture(scope="module")
def door(session_dir, authority, tokens, keytab, realm):
    host = authority.host()
    service = realm.service("host/localhost")
    options = [*host.settings, *rules(*MAPPING), "--set", "auth.methods=ztn,gsi,sss,krb5,none",
               "--set", f"auth.token.issuers={tokens.line()}",
               "--set", f"auth.gsi.certificate={host.certificate}", "--set", f"auth.gsi.key={host.key}",
               "--set", f"auth.gsi.ca_directory={authority.directory}", "--set", f"auth.sss.keytab={keytab}",
               "--set", f"auth.krb5.keytab={service}", "--set", "auth.krb5.principal=host/localhost",
               "--set", "serve.host_name=localhost"]
    with environment(realm.environment), servers.running(Asking(*options, home=session_dir)) as server:
        yield server


@contextlib.contextmanager
def environment(values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@pytest.fixture(autouse=True)
def clean(monkeypatch, authority, tmp_path):
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))


def at(server, scheme="root"):
    return f"{scheme}://localhost:{server.port}/"


def proxy_of(authority, identity, tmp_path, tool="voms-proxy-init2"):
    """A proxy as users have them."""
    file, key = tmp_path / "proxy", tmp_path / "key.pem"
    key.unlink(missing_ok=True)
    key.write_bytes(identity.key.read_bytes())
    key.chmod(0o400)
    command = ["/usr/bin/xrdgsiproxy", "init"] if tool == "xrdgsiproxy" else [f"/usr/bin/{tool}", "-quiet"]
    run(*command, "-cert", identity.certificate, "-key", key, "-certdir", authority.directory, "-out", file, "-bits", "2048",
        HOME=str(tmp_path)).ok()
    return {"X509_USER_PROXY": str(file), "XrdSecPROTOCOL": "gsi"}


def authenticated(server):
    return [line for line in server.log().splitlines() if "session.authenticated" in line]


# What a user of each method brings, in environment variables; whether the URL is roots://.
@pytest.fixture(params=["ztn", "gsi", "gsi-xrdgsiproxy", "sss", "krb5"])
def jane(request, authority, tokens, keytab, realm, tmp_path):
    method = request.param
    if method == "ztn":
        return method, {"BEARER_TOKEN": tokens.token(scope="openid")}
    if method.startswith("gsi"):
        tool = "xrdgsiproxy" if "-" in method else "voms-proxy-init2"
        return "gsi", proxy_of(authority, authority.user("Jane"), tmp_path, tool)
    if method == "sss":
        return method, {"XrdSecPROTOCOL": "sss", "XrdSecSSSKT": str(keytab)}
    return method, {"XrdSecPROTOCOL": "krb5", **realm.environment, "KRB5CCNAME": realm.user("jane")}


def scheme_for(method):
    return "roots" if method == "ztn" else "root"


def test_jane_is_jane_by_every_method(door, jane):
    method, brings = jane
    before = len(authenticated(door))
    run("/usr/bin/xrdfs", at(door, scheme_for(method)), "stat", "/", **brings).ok()
    line = authenticated(door)[before:][0]
    assert f"method={method}" in line and "principal=jane" in line, line


def test_our_client_is_jane_by_every_method(door, jane):
    method, brings = jane
    before = len(authenticated(door))
    run(door.binary, "stat", at(door, scheme_for(method)) + "/", **brings).ok()
    line = authenticated(door)[before:][0]
    assert f"method={method}" in line and "principal=jane" in line, line


def test_a_url_names_its_credentials(door, authority, tokens, keytab, tmp_path):
    token = tmp_path / "token"
    token.write_text(tokens.token(scope="openid"))
    token.chmod(0o600)
    proxy = proxy_of(authority, authority.user("Jane"), tmp_path)["X509_USER_PROXY"]
    for method, option in (("ztn", f"xrd.ztn={token}"), ("gsi", f"xrd.gsiusrpxy={proxy}"), ("sss", f"xrd.sss={keytab}")):
        before = len(authenticated(door))
        run(door.binary, "stat", f"{at(door, scheme_for(method))}/?{option}", XrdSecPROTOCOL=method).ok()
        line = authenticated(door)[before:][0]
        assert f"method={method}" in line and "principal=jane" in line, line


def test_nobody_may_do_nothing(door):
    run("/usr/bin/xrdfs", at(door), "ls", "/").failed("[3010]")
    assert "method=\"\"" in authenticated(door)[-1] or "method= " in authenticated(door)[-1]


def test_a_copy_with_a_token_in_the_path(door, tokens, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(pattern(3 << 20))
    authz = "authz=Bearer%20" + tokens.token(scope="storage.modify:/by-token storage.read:/by-token")
    xrdcp(source, f"{at(door, 'roots')}/by-token/file?{authz}").ok()
    xrdcp(f"{at(door, 'roots')}/by-token/file?{authz}", tmp_path / "back").ok()
    assert same(source, tmp_path / "back")
    denied = "authz=Bearer%20" + tokens.token(scope="storage.read:/elsewhere")
    xrdcp("-f", f"{at(door, 'roots')}/by-token/file?{denied}", tmp_path / "no").failed("[3010]")


def test_whoever_may_create_replaces_nothing(door, tokens, tmp_path):
    def to(path, scope):
        return f"{at(door, 'roots')}{path}?authz=Bearer%20{tokens.token(scope=scope)}"
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(pattern(70_000))
    second.write_bytes(b"another")
    creates, modifies = "storage.create:/made", "storage.modify:/made"
    for copy in (["/usr/bin/xrdcp", "--nopbar"], [door.binary, "cp"]):
        run(*copy, "-f", first, to("/made/file", creates)).ok()
        run(*copy, "-f", second, to("/made/file", creates)).failed("does not allow overwrite")
        run("/usr/bin/xrdfs", at(door, "roots"), "mv", *(to(path, creates).split("localhost:")[1].split("/", 1)[1]
                                                         for path in ("/made/file", "/made/other"))).failed("[3010]")
        run(*copy, "-f", to("/made/file", "storage.read:/made"), tmp_path / "back").ok()
        assert same(first, tmp_path / "back")
        run(*copy, "-f", second, to("/made/file", modifies)).ok()
        run("/usr/bin/xrdfs", at(door, "roots"), "rm", f"/made/file?authz=Bearer%20{tokens.token(scope=modifies)}").ok()


@pytest.mark.parametrize("scope, path", [
    ("storage.read:/foo", "/foobar"), ("storage.read:/foo", "/foo/../bar"), ("storage.read:/foo", "/"),
    ("storage.create:/foo", "/foo/file"), ("storage.stage:/bar", "/foo/file"),
])
def test_a_scope_covers_what_it_says(door, tokens, scope, path, tmp_path):
    run("/usr/bin/xrdcp", "--nopbar", f"{at(door, 'roots')}{path}?authz=Bearer%20{tokens.token(scope=scope)}",
        tmp_path / "out").failed("[3010]")


def test_a_token_is_not_shown_in_clear(door, tokens):
    text = run("/usr/bin/xrdfs", at(door), "stat", f"/?authz=Bearer%20{tokens.token()}", XrdSecPROTOCOL="unix")
    text.failed("[3028]")


def test_bad_tokens_are_refused(door, tokens, tmp_path):
    bad = tokens.bad_tokens()
    for name, token in bad.items():
        if len(token) > 100_000:
            continue  # no command line takes it; raw requests do elsewhere
        result = run("/usr/bin/xrdfs", at(door, "roots"), "stat", "/", BEARER_TOKEN=token, XrdSecPROTOCOL="ztn")
        assert result.code != 0, name
        path = f"/?authz=Bearer%20{token}"
        assert run("/usr/bin/xrdfs", at(door, "roots"), "stat", path, XrdSecPROTOCOL="unix").code != 0, name
    assert all(token not in door.log() for token in bad.values())


def test_tokens_of_root_urls_where_tls_is_forced_for_them(session_dir, authority, tokens):
    brings = {"BEARER_TOKEN": tokens.token(scope="openid")}
    for forced, method in (("false", ""), ("true", "ztn")):
        options = [*authority.host().settings, *rules(*MAPPING), "--set", "auth.methods=ztn,none", "--set", f"auth.token.issuers={tokens.line()}",
                   "--set", "serve.host_name=localhost", "--set", "access.anonymous=readonly", "--set", f"auth.ztn.force_tls={forced}"]
        with servers.running(Asking(*options, home=session_dir)) as server:
            for client in (["/usr/bin/xrdfs", at(server), "stat", "/"], [server.binary, "stat", at(server) + "/"]):
                before = len(authenticated(server))
                run(*client, **brings).ok()
                line = authenticated(server)[before:][0]
                assert f"method={method} " in line or (not method and 'method="" ' in line), line


def test_a_failed_method_is_followed_by_the_next(door, tokens, authority, tmp_path):
    brings = proxy_of(authority, authority.user("Jane"), tmp_path) | {"BEARER_TOKEN": tokens.token(exp=1)}
    del brings["XrdSecPROTOCOL"]
    before = len(authenticated(door))
    run("/usr/bin/xrdfs", at(door, "roots"), "stat", "/", **brings).ok()
    assert "method=gsi" in authenticated(door)[before:][0]


def test_the_first_method_that_works_decides(door, tokens, authority, tmp_path):
    brings = proxy_of(authority, authority.user("Jane"), tmp_path) | {"BEARER_TOKEN": tokens.token(scope="openid")}
    del brings["XrdSecPROTOCOL"]
    for wanted, found in (({}, "ztn"), ({"XrdSecPROTOCOL": "gsi"}, "gsi"), ({"XrdSecPROTOCOL": "ztn"}, "ztn")):
        before = len(authenticated(door))
        run("/usr/bin/xrdfs", at(door, "roots"), "stat", "/", **brings, **wanted).ok()
        assert f"method={found}" in authenticated(door)[before:][0]


def test_certificates_that_are_refused(door, authority, session_dir, tmp_path):
    stranger = pki.Authority(session_dir, name="Another CA")
    mallory = authority.user("Mallory")
    for identity, owner, revoked in ((stranger.user("Jane"), stranger, []), (mallory, authority, [mallory])):
        brings = proxy_of(owner, identity, tmp_path) | {"X509_CERT_DIR": str(authority.directory)}
        if revoked:
            run("/usr/bin/xrdfs", at(door), "stat", "/", **brings).failed("[3010]")  # let in, and nobody here
            authority.revoke(*revoked)
            door.reload()  # else it looks within the minute
        rawxroot.wait_until(lambda: "Auth failed" in run("/usr/bin/xrdfs", at(door), "stat", "/", **brings).err, 20, "refusal")


# -- raw: the state machine


def login(server):
    return rawxroot.Connection(server)


def auth_request(method, credential):
    return rawxroot.request(AUTH, struct.pack(">12s4s", b"", method.ljust(4, b"\0")), credential)


def test_nothing_goes_before_authentication(door):
    with login(door) as raw:
        assert raw.code(rawxroot.stat_request("/")) == INVALID_REQUEST


@pytest.mark.parametrize("method, credential", [
    (b"gsi", b""), (b"gsi", b"g"), (b"gsi", b"gsi"), (b"gsi", b"gsi\0"), (b"gsi", b"unix\0root\0"), (b"unix", b"host\0"),
    (b"host", b"host\0"), (b"krb5", b"krb5"), (b"krb5", b"krb5\0"), (b"sss", b"sss\0" + b"\xff" * 60), (b"ztn", b"ztn\0\0T\0\0\0\5ab\0"),
    (b"gsi", b"gsi\0" + struct.pack(">iii", 1000, 3001, 0x7fffffff)), (b"none", b"none\0x"), (b"gsi", b"gsi\0" + b"\xff" * 60000),
])
def test_credentials_that_are_none(door, method, credential):
    with login(door) as raw:
        assert raw.code(auth_request(method, credential)) == FAILED
        raw.call(auth_request(b"unix", b"unix\0joe\0"))  # the connection goes on with the next method


def test_whoever_fails_ten_times_is_cut_off(door):
    with login(door) as raw:
        for _ in range(10):
            assert raw.code(auth_request(b"gsi", b"gsi")) == FAILED
        assert raw.closed()
    assert door.metric('sluice_xroot_logins_total{result="failed"}') >= 10


def test_sources_that_hammer_are_locked_out(session_dir, keytab):
    options = ["--set", "auth.methods=sss,none", "--set", f"auth.sss.keytab={keytab}", "--set", "auth.most_failures=5"]
    with servers.running(Asking(*options, home=session_dir)) as server:
        for failures in range(5):
            with login(server) as raw:
                assert raw.code(auth_request(b"sss", b"sss\0" + bytes(60))) == FAILED
            if failures < 4:  # what anybody can be makes up for nothing
                with login(server) as raw:
                    raw.call(auth_request(b"unix", b"unix\0joe\0"))
        good = {"XrdSecPROTOCOL": "sss", "XrdSecSSSKT": str(keytab)}
        run("/usr/bin/xrdfs", at(server).replace("localhost", "127.0.0.1"), "stat", "/", **good).failed()
        assert "locked out" in server.log()


# -- who may do what


def test_anonymous_operations(session_dir, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"hello\n")
    for rights, may_read, may_write in (("none", False, False), ("readonly", True, False), ("full", True, True)):
        options = ["--set", "auth.methods=none", "--set", f"access.anonymous={rights}", "--set", "access.anonymous_user=root"]
        with servers.running(Asking(*options, home=session_dir)) as server:
            url = at(server).replace("localhost", "127.0.0.1")
            assert (run("/usr/bin/xrdfs", url, "ls", "/", XrdSecPROTOCOL="unix").code == 0) == may_read
            assert (xrdcp(source, url + "/new").code == 0) == may_write


def test_who_maps_to_what_is_denied(session_dir, keytab, tmp_path):
    options = ["--set", "auth.methods=sss", "--set", f"auth.sss.keytab={keytab}", "--set", "auth.ban=sss user=jane"]
    with servers.running(Asking(*options, home=session_dir)) as server:
        url = at(server).replace("localhost", "127.0.0.1")
        run("/usr/bin/xrdfs", url, "stat", "/", XrdSecPROTOCOL="sss", XrdSecSSSKT=str(keytab)).failed()
        assert "session.not_authenticated" in server.log()


# -- signed requests


def signing(level, *more):
    return ["--set", f"sign.level={level}", "--set", "access.anonymous=full", *more]


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_requests_are_signed_with_the_key_of_gsi(session_dir, authority, tmp_path, level):
    host = authority.host()
    source = tmp_path / "source"
    source.write_bytes(pattern(1 << 20))
    options = [*signing(level), *rules("gsi dn=*/CN=Jane -> superuser name=jane"), "--set", "auth.methods=gsi",
               "--set", f"auth.gsi.certificate={host.certificate}", "--set", f"auth.gsi.key={host.key}",
               "--set", f"auth.gsi.ca_directory={authority.directory}"]
    brings = proxy_of(authority, authority.user("Jane"), tmp_path)
    with servers.running(Asking(*options, home=session_dir)) as server:
        for copy in (["/usr/bin/xrdcp", "--nopbar"], [server.binary, "cp"]):
            run(*copy, source, at(server) + "/a/file", **brings).ok()
            run(*copy, at(server) + "/a/file", tmp_path / "back", **brings).ok()
            assert same(source, tmp_path / "back")
            (tmp_path / "back").unlink()
            run("/usr/bin/xrdfs", at(server), "rm", "/a/file", **brings).ok()
        assert server.metric("sluice_xroot_signed_requests_total") >= 2  # what each of the two removed


def test_forced_signatures_need_no_key(session_dir, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(pattern(1 << 20))
    options = [*signing(2, "--set", "sign.force=true", "--set", "pool.sign.level=2", "--set", "pool.sign.force=true")]
    with servers.running(Asking(*options, home=session_dir)) as server:
        url = at(server).replace("localhost", "127.0.0.1")
        for copy in (["/usr/bin/xrdcp", "--nopbar"], [server.binary, "cp"]):
            run(*copy, source, url + "/a/file").ok()
            run("/usr/bin/xrdfs", url, "rm", "/a/file").ok()
        with login(server) as raw:
            raw.call(auth_request(b"unix", b"unix\0joe\0"))
            assert raw.code(rawxroot.request(RM, bytes(16), b"/a")) == WRONG_SIGNATURE
            assert raw.closed()
