# SPDX-License-Identifier: Apache-2.0
# The layouts that sites of dCache know, on a door of ours: tokens with anonymous logins, ztn with tokens that need not be in the path,
# the chain of ztn, gsi and nothing; and users who hold a proxy and a token at once.

import os

import doors
import issuer
import proxies
import pytest
import rawxroot
import servers
from clients import pattern, run, same
from doors import MAKE_PARENTS, allowed, authz

TLS_REQUIRED = 3028
JANE = "/DC=test/DC=sluice/CN=Jane"
EVERYWHERE = {"access.read_paths": ["/"], "access.write_paths": ["/"]}
STRICT_TLS = {"tls.mode": "strict", "tls.require_login": True}


@pytest.fixture(scope="module")
def tokens():
    with issuer.Issuer(name="test") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(session_dir, authority):
    """Jane's."""
    made = proxies.proxy(proxies.Holder.of(authority.user("Jane")))
    return made.write(servers.scratch(session_dir, "jane-") / "proxy")


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path, authority):
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))


@pytest.fixture(scope="module")
def with_tokens(session_dir, host, tokens):
    """Anybody is logged in as nobody, over TLS; what a request may do its token says."""
    settings = EVERYWHERE | STRICT_TLS | {"auth.methods": ["none"], "auth.token.strict": True, "auth.token.issuers": [tokens.line()],
                                          "auth.mapping": ["token subject=admin -> superuser name=admin"]}
    with servers.running(doors.Door(settings, host, home=session_dir)) as door:
        yield door


@pytest.fixture(scope="module")
def with_ztn(session_dir, host, tokens):
    """Whoever has a token is logged in by it; one in the path goes before it."""
    settings = EVERYWHERE | STRICT_TLS | {"auth.methods": ["ztn"], "auth.token.strict": False, "auth.token.issuers": [tokens.line()]}
    with servers.running(doors.Door(settings, host, home=session_dir)) as door:
        yield door


@pytest.fixture(params=["xrdcp", "sluice"])
def copy(request):
    """A copy with one of the clients."""
    def command(door, *words, **environment):
        program = ["/usr/bin/xrdcp", "--nopbar"] if request.param == "xrdcp" else [door.binary, "cp", "-q"]
        return run(*program, *words, **environment)
    return command


@pytest.fixture(params=["xrdfs", "sluice"])
def stat(request):
    def command(door, path, scheme="roots", **environment):
        words = ["/usr/bin/xrdfs", door.at(scheme=scheme), "stat", path] if request.param == "xrdfs" else \
            [door.binary, "stat", door.at(path, scheme)]
        return run(*words, **environment)
    return command


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(pattern(3 << 20))
    return path


# ---- tokens with anonymous logins


@pytest.mark.parametrize("scheme", ["root", "roots", "xroot", "xroots"])
def test_a_token_in_the_path_is_all_it_takes(with_tokens, tokens, copy, source, tmp_path, scheme):
    """root:// too: the server asks for TLS before the login."""
    path = f"/path-{scheme}/{os.urandom(4).hex()}"
    url = with_tokens.at(path, scheme) + "?" + authz(tokens.token(f"storage.modify:/path-{scheme}"))
    copy(with_tokens, source, url).ok()
    url = with_tokens.at(path, scheme) + "?" + authz(tokens.token(f"storage.read:/path-{scheme}"))
    copy(with_tokens, url, tmp_path / "back").ok()
    assert same(source, tmp_path / "back")


def test_without_a_token_nobody_does_anything(with_tokens, tokens, copy, stat, source):
    """Nor with one that is somewhere else than in the path."""
    good = tokens.token("storage.modify:/")
    for brings in ({}, {"BEARER_TOKEN": good}, {"XrdSecPROTOCOL": "unix"}):
        stat(with_tokens, "/", **brings).failed("token of its own")
        copy(with_tokens, source, with_tokens.at("/no"), **brings).failed("token of its own")
    # Only the method none is told to clients, so none of them asks for anything else.
    stat(with_tokens, "/", XrdSecPROTOCOL="ztn", BEARER_TOKEN=good).failed()


def test_what_the_token_does_not_allow(with_tokens, tokens, copy, source, tmp_path):
    admin = authz(tokens.token("storage.modify:/ storage.read:/"))
    copy(with_tokens, "-f", source, f"{with_tokens.at('/kept/file')}?{admin}").ok()
    for scope in ("storage.read:/other", "storage.create:/kept", "storage.poll:/kept"):
        url = f"{with_tokens.at('/kept/file')}?{authz(tokens.token(scope))}"
        copy(with_tokens, "-f", url, tmp_path / "no").failed("allow")
    for scope in ("storage.read:/kept", "storage.modify:/other"):
        url = f"{with_tokens.at('/kept/file')}?{authz(tokens.token(scope))}"
        copy(with_tokens, "-f", source, url).failed("allow")
    copy(with_tokens, source, f"{with_tokens.at('/kept/' + os.urandom(4).hex())}?{authz(tokens.token('storage.create:/kept'))}").ok()


def test_a_token_for_new_files_replaces_none(with_tokens, tokens, copy, source, tmp_path):
    path, other = f"/new/{os.urandom(4).hex()}", tmp_path / "other"
    other.write_bytes(b"other")
    url = f"{with_tokens.at(path)}?"
    copy(with_tokens, source, url + authz(tokens.token("storage.create:/new"))).ok()
    copy(with_tokens, "-f", other, url + authz(tokens.token("storage.create:/new"))).failed()
    copy(with_tokens, url + authz(tokens.token("storage.read:/new")), tmp_path / "back").ok()
    assert same(source, tmp_path / "back")


def test_a_token_without_scopes_is_an_account(with_tokens, tokens, copy, source):
    url = with_tokens.at("/by-account/file") + "?"
    copy(with_tokens, source, url + authz(tokens.token("openid", sub="somebody"))).failed("do nothing")
    copy(with_tokens, "-f", source, url + authz(tokens.token("openid", sub="admin"))).ok()


def test_strict_tokens_say_for_whom_they_are(with_tokens, tokens, stat):
    stat(with_tokens, "/?" + authz(tokens.token("storage.read:/"))).ok()
    stat(with_tokens, "/?" + authz(tokens.token("storage.read:/", aud=None))).failed("for whom")


def test_clients_that_cannot_do_tls_stay_out(with_tokens, tokens):
    with rawxroot.Connection(with_tokens, hello=False) as raw:
        raw.send(rawxroot.HELLO + rawxroot.protocol_request(flags=0, expect=3))
        raw.receive(), raw.receive()
        assert raw.code(rawxroot.login_request()) == TLS_REQUIRED


def test_tokens_of_one_session(with_tokens, tokens):
    """Each request is what its own token says, whatever came before it in the session."""
    a, b = authz(tokens.token("storage.modify:/one")), authz(tokens.token("storage.modify:/two"))
    assert allowed(
        with_tokens, ("mkdir", f"/one/a?{a}", MAKE_PARENTS), ("mkdir", f"/two/a?{a}", MAKE_PARENTS), ("mkdir", f"/two/a?{b}", MAKE_PARENTS),
        ("dirlist", f"/one?{b}"), ("dirlist", f"/one?{a}"), ("dirlist", "/one"), ("dirlist", f"/two?{b}"),
        ("rmdir", f"/two/a?{a}"), ("rmdir", f"/one/a?{a}"), ("rmdir", f"/two/a?{b}"),
    ) == [True, False, True, False, True, False, True, False, True, True]


def test_both_paths_of_a_move_bring_theirs(with_tokens, tokens):
    one, two = authz(tokens.token("storage.modify:/m1")), authz(tokens.token("storage.modify:/m2"))
    assert allowed(
        with_tokens, ("mkdir", f"/m1/d?{one}", MAKE_PARENTS), ("mkdir", f"/m2?{two}", MAKE_PARENTS),
        ("mv", f"/m1/d?{one}", f"/m2/d?{one}"), ("mv", f"/m1/d?{two}", f"/m2/d?{two}"), ("mv", f"/m1/d?{one}", "/m2/d"),
        ("mv", "/m1/d", f"/m2/d?{two}"), ("mv", f"/m1/d?{one}", f"/m2/d?{two}"), ("rmdir", f"/m2/d?{two}"),
    ) == [True, True, False, False, False, False, True, True]


# ---- ztn


@pytest.fixture(params=["variable", "file", "runtime directory"])
def shown(request, tmp_path):
    """The places where clients look for a token."""
    def place(token, mode=0o600):
        if request.param == "variable":
            return {"BEARER_TOKEN": token}
        name = f"bt_u{os.geteuid()}" if request.param == "runtime directory" else "token"
        file = tmp_path / name
        file.touch()
        file.chmod(mode)
        file.write_text(token + "\n")
        return {"XDG_RUNTIME_DIR": str(tmp_path)} if request.param == "runtime directory" else {"BEARER_TOKEN_FILE": str(file)}
    return place


def test_the_token_of_the_login_is_enough(with_ztn, tokens, copy, shown, source, tmp_path):
    path = f"/ztn/{os.urandom(4).hex()}"
    brings = shown(tokens.token("storage.modify:/ztn storage.read:/ztn"))
    with with_ztn.meanwhile() as entered:
        copy(with_ztn, source, with_ztn.at(path), **brings).ok()
        copy(with_ztn, with_ztn.at(path, "root"), tmp_path / "back", **brings).ok()
    assert same(source, tmp_path / "back")
    assert {one["method"] for one in entered} == {"ztn"}
    copy(with_ztn, source, with_ztn.at("/elsewhere"), **brings).failed("allow")


def test_who_has_no_token_does_not_enter(with_ztn, tokens, stat):
    with with_ztn.meanwhile() as entered:
        stat(with_ztn, "/").failed()
        stat(with_ztn, "/", XrdSecPROTOCOL="unix").failed()
        stat(with_ztn, "/", BEARER_TOKEN=tokens.token(exp=1)).failed()
        # One in the path comes too late: who is who is decided at the login.
        stat(with_ztn, "/?" + authz(tokens.token())).failed()
    assert entered == []


def test_a_file_that_others_may_read_is_not_taken(with_ztn, tokens, tmp_path):
    file = tmp_path / "token"
    file.write_text(tokens.token())
    for mode, code in ((0o644, False), (0o600, True)):
        file.chmod(mode)
        done = run("/usr/bin/xrdfs", with_ztn.at(), "stat", "/", BEARER_TOKEN_FILE=str(file))
        assert (done.code == 0) == code, done


def test_a_token_in_the_path_goes_before_that_of_the_login(with_ztn, tokens, copy, source, tmp_path):
    reader = {"BEARER_TOKEN": tokens.token("storage.read:/over")}
    path = f"/over/{os.urandom(4).hex()}"
    copy(with_ztn, source, with_ztn.at(path), **reader).failed("allow")
    copy(with_ztn, source, f"{with_ztn.at(path)}?{authz(tokens.token('storage.modify:/over'))}", **reader).ok()
    copy(with_ztn, with_ztn.at(path), tmp_path / "back", **reader).ok()
    # It takes away as well as it gives, and a bad one is not passed over.
    elsewhere = authz(tokens.token("storage.read:/elsewhere"))
    copy(with_ztn, "-f", f"{with_ztn.at(path)}?{elsewhere}", tmp_path / "no", **reader).failed("allow")
    for bad in (tokens.token("storage.read:/over", exp=1), tokens.unsigned(), "nonsense"):
        copy(with_ztn, "-f", f"{with_ztn.at(path)}?{authz(bad)}", tmp_path / "no", **reader).failed()


def test_and_only_for_its_own_request(with_ztn, tokens):
    mine, other = tokens.token("storage.modify:/mine"), authz(tokens.token("storage.modify:/other"))
    assert allowed(
        with_ztn, ("mkdir", "/mine/a", MAKE_PARENTS), ("mkdir", f"/other/a?{other}", MAKE_PARENTS), ("mkdir", "/other/b", MAKE_PARENTS),
        ("rmdir", f"/mine/a?{other}"), ("rmdir", "/mine/a"), ("rmdir", f"/other/a?{other}"), ("dirlist", "/mine?authz="),
        BEARER_TOKEN=mine) == [True, True, False, False, True, True, True]


# ---- the chain of ztn, gsi and none, where TLS is for those who want it


@pytest.fixture(scope="module")
def as_it_comes(session_dir, host, authority, tokens):
    """Methods, TLS and tokens are what they are without a word in the settings, where there is a certificate and an issuer."""
    settings = doors.gsi_settings(host, authority) | {"auth.token.issuers": [tokens.line()],
                                                      "auth.mapping": [f"gsi dn={JANE} -> superuser name=jane"]}
    with servers.running(doors.Door(settings, host, home=session_dir)) as door:
        yield door


def methods_of(entered):
    return [one["method"] or "none" for one in entered]


@pytest.mark.parametrize("scheme, has, found", [
    ("roots", "token", "ztn"), ("roots", "token proxy", "ztn"), ("roots", "proxy", "gsi"), ("roots", "bad-token proxy", "gsi"),
    ("root", "token proxy", "gsi"), ("root", "proxy", "gsi"),
    ("root", "token", "none"), ("root", "", "none"), ("roots", "", "none"), ("roots", "bad-token", "none"),
])
def test_the_chain(as_it_comes, tokens, proxy, stat, scheme, has, found):
    brings = {}
    if "token" in has:
        brings["BEARER_TOKEN"] = tokens.token("storage.read:/", **({"exp": 1} if "bad" in has else {}))
    if "proxy" in has:
        brings["X509_USER_PROXY"] = str(proxy)
    with as_it_comes.meanwhile() as entered:
        done = stat(as_it_comes, "/", scheme, **brings)
    assert methods_of(entered) == [found], done
    assert (done.code == 0) == (found != "none"), done


def test_anonymous_logins_and_gsi_with_a_token_in_the_path(as_it_comes, tokens, proxy, stat):
    good = authz(tokens.token("storage.read:/"))
    stat(as_it_comes, f"/?{good}", XrdSecPROTOCOL="unix").ok()
    stat(as_it_comes, f"/?{good}", X509_USER_PROXY=str(proxy), XrdSecPROTOCOL="gsi").ok()
    # The token counts, not Jane who may do everything.
    stat(as_it_comes, f"/?{authz(tokens.token(exp=1))}", X509_USER_PROXY=str(proxy), XrdSecPROTOCOL="gsi").failed()
    stat(as_it_comes, f"/?{good}", "root", X509_USER_PROXY=str(proxy)).failed("roots://")


# ---- users with a proxy and a token: the home of the certificate is not that of the organisation


@pytest.fixture(scope="module", params=["ztn first", "gsi first"])
def home(request, session_dir, host, authority, tokens, proxy):
    order = ["ztn", "gsi"] if request.param == "ztn first" else ["gsi", "ztn"]
    settings = doors.gsi_settings(host, authority) | {
        "auth.methods": order, "auth.token.issuers": [tokens.line()], "auth.mapping": [f"gsi dn={JANE} -> user=1001 group=1001"]}
    with servers.running(doors.Door(settings, host, home=session_dir)) as door:
        admin = {"BEARER_TOKEN": tokens.token("storage.modify:/"), "XrdSecPROTOCOL": "ztn",
                 "X509_CERT_DIR": str(authority.directory)}
        jane = {"X509_USER_PROXY": str(proxy), "XrdSecPROTOCOL": "gsi", "X509_CERT_DIR": str(authority.directory)}
        for brings, *words in ((admin, "mkdir", "-p", "/users/org/jane"), (admin, "chmod", "/users", "rwxrwxrwx"),
                               (admin, "chmod", "/users/org", "rwx------"), (jane, "mkdir", "/users/jane"),
                               (jane, "chmod", "/users/jane", "rwx------")):
            run("/usr/bin/xrdfs", door.at(), *words, **brings).ok()
        door.first = order[0]
        yield door


HOMES = {"gsi": "/users/jane", "ztn": "/users/org/jane"}


@pytest.fixture
def both(tokens, proxy):
    return {"X509_USER_PROXY": str(proxy), "BEARER_TOKEN": tokens.token("storage.modify:/users/org/jane storage.read:/users/org/jane")}


@pytest.mark.parametrize("wanted", [None, "ztn", "gsi"])
def test_who_holds_both(home, both, copy, source, tmp_path, wanted):
    """The order of the door decides, unless the user does."""
    brings = both | ({"XrdSecPROTOCOL": wanted} if wanted else {})
    used = wanted or home.first
    for method, directory in HOMES.items():
        url = home.at(f"{directory}/{os.urandom(4).hex()}")
        with home.meanwhile() as entered:
            up = copy(home, source, url, **brings)
            down = copy(home, url, tmp_path / method, **brings)
        assert {one["method"] for one in entered} == {used}
        if method == used:
            up.ok(), down.ok()
            assert same(source, tmp_path / method)
        else:
            up.failed(), down.failed()


@pytest.mark.parametrize("wanted", [None, "ztn", "gsi"])
def test_who_holds_both_in_python(home, both, wanted):
    brings = both | ({"XrdSecPROTOCOL": wanted} if wanted else {})
    used = wanted or home.first
    name = os.urandom(4).hex()
    assert allowed(home, *(("mkdir", f"{directory}/{name}") for directory in HOMES.values()), **brings) == [
        method == used for method in HOMES]


@pytest.mark.parametrize("method", HOMES)
def test_who_holds_one_is_well_served(home, both, stat, method):
    """By the same door, whichever it asks for first."""
    brings = {name: value for name, value in both.items() if (name == "BEARER_TOKEN") == (method == "ztn")}
    other = next(path for name, path in HOMES.items() if name != method)
    stat(home, HOMES[method], **brings).ok()
    run("/usr/bin/xrdfs", home.at(), "ls", HOMES[method], **brings).ok()
    run("/usr/bin/xrdfs", home.at(), "ls", other, **brings).failed("[3010]")


def test_over_a_clear_connection_the_proxy_is_what_is_left(home, both, stat):
    with home.meanwhile() as entered:
        stat(home, HOMES["gsi"], "root", **both).ok()
    assert methods_of(entered) == ["gsi"]
