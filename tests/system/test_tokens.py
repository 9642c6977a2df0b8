# SPDX-License-Identifier: Apache-2.0
# Bearer tokens at a whole door: when they count and for whom, which paths they open, and issuers that are away.

import contextlib
import os
import time

import doors
import issuer
import pytest
import rawxroot
import servers
from clients import pattern, run, same
from doors import MAKE_PARENTS, allowed, authz, in_one_session

FAILED, NOT_AUTHORISED, TLS_REQUIRED, NOT_FOUND, NO_FILE = 3030, 3010, 3028, 3011, 3015
TOO_LONG, EXISTS = 3002, 3018
PATIENCE = 1  # seconds that an issuer is waited for


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path, authority):
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))


@pytest.fixture(scope="module")
def issuers():
    """By their algorithm, and some for a purpose."""
    made = {name: issuer.Issuer(name=name, prefix="/", algorithm=name) for name in ("RS256", "RS512", "ES256", "ES384", "EdDSA")}
    made["vo"] = issuer.Issuer(name="vo", prefix="/vo", algorithm="ES256")
    for name in ("wlcg", "scitokens", "here"):
        made[name] = issuer.Issuer(name=name, algorithm="ES256")
    yield made
    for one in made.values():
        one.close()


@pytest.fixture(scope="module")
def tokens(issuers):
    return issuers["RS256"]


MAPPING = [
    "token group=/cms/banned -> deny",
    "token issuer={production} group=/cms/production -> superuser name=production",
    "token group=/cms/* -> user=1001 group=1001 name=member",
]


def settings_of(lines, production="nobody", **more):
    """`production` is the issuer whose groups of that name count."""
    return {"auth.methods": ["ztn", "none"], "auth.token.issuers": lines, "auth.most_failures": 100_000,
            "auth.mapping": [rule.format(production=production) for rule in MAPPING],
            "auth.token.fetch_timeout": f"{PATIENCE} s", **more}


@pytest.fixture(scope="module")
def door(session_dir, host, issuers, tokens):
    words = {"wlcg": {"profile": "wlcg"}, "scitokens": {"profile": "scitokens"}, "here": {"audience": "https://door.example"}}
    lines = [one.line(**words.get(name, {})) for name, one in issuers.items()]
    with servers.running(doors.Door(settings_of(lines, tokens.url), host, home=session_dir)) as server:
        yield server


@pytest.fixture(params=["login", "path"])
def shown(request, door):
    """Whether the door takes a token, at the login or in the path."""
    def ask(token, to=door):
        if request.param == "path":
            return run("/usr/bin/xrdfs", to.at(), "stat", "/?" + authz(token), XrdSecPROTOCOL="unix")
        return run(to.binary, "stat", to.at("/"), BEARER_TOKEN=token, XrdSecPROTOCOL="ztn")
    return ask


# ---- time


@pytest.mark.parametrize("claim, seconds, is_good", [
    ("exp", -40, True), ("exp", -80, False), ("nbf", 40, True), ("nbf", 80, False), ("iat", 40, True), ("iat", 80, False)])
def test_clocks_may_differ_a_little(tokens, shown, claim, seconds, is_good):
    done = shown(tokens.token(**{claim: int(time.time()) + seconds}))
    assert (done.code == 0) == is_good, done


@pytest.fixture(scope="module")
def exact(session_dir, host, tokens):
    """A door that believes its own clock only."""
    settings = settings_of([tokens.line()], tokens.url, **{"auth.token.clock_skew": "0 s"})
    with servers.running(doors.Door(settings, host, home=session_dir)) as server:
        yield server


def test_or_not_at_all(exact, tokens, shown):
    now = int(time.time())
    shown(tokens.token(), exact).ok()
    for claim, value in (("exp", now - 1), ("nbf", now + 30), ("iat", now + 30)):
        shown(tokens.token(**{claim: value}), exact).failed()


def token_login(door, token):
    raw = doors.encrypted(door)
    raw.login()
    raw.call(doors.auth_request(b"ztn", doors.ztn_credential(token)))
    return raw


def test_a_token_in_the_path_ends_within_a_session(exact, tokens):
    """What was verified is remembered until it expires, and not longer."""
    with doors.encrypted(exact) as raw:
        raw.login()
        raw.call(doors.auth_request(b"unix", b"unix\0joe\0"))
        path = "/?" + authz(tokens.token(exp=int(time.time()) + 2))
        assert raw.stat(path)
        rawxroot.wait_until(lambda: refuses(raw, path), 10, "the end of the token")


@pytest.mark.parametrize("scope, claims", [("storage.read:/", {}), ("openid", {"wlcg.groups": ["/cms/production"]})])
def test_the_token_of_the_login_ends_within_its_session(exact, tokens, scope, claims):
    """Whether it says what may be done, or only who somebody is."""
    with token_login(exact, tokens.token(scope, exp=int(time.time()) + 2, **claims)) as raw:
        assert raw.stat("/")
        rawxroot.wait_until(lambda: refuses(raw, "/"), 6, "the end of the token")


def refuses(raw, path):
    try:
        raw.stat(path)
    except rawxroot.XrootError:
        return True
    return False


# ---- what a token must be


def test_our_client_with_bad_tokens(door, tokens):
    for name, token in tokens.bad_tokens().items():
        with door.meanwhile("session.not_authenticated") as refused, door.meanwhile() as entered:
            done = run(door.binary, "stat", door.at("/"), BEARER_TOKEN=token[:100_000], XrdSecPROTOCOL="ztn")
        assert done.code != 0 and entered == [], name
        assert [one["method"] for one in refused] == ["ztn"] or name == "huge", (name, done)


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "ES256", "ES384", "EdDSA"])
def test_algorithms(door, issuers, algorithm, tmp_path):
    one, source = issuers[algorithm], tmp_path / "source"
    source.write_bytes(pattern(2 << 20))
    for number, copy in enumerate((["/usr/bin/xrdcp", "--nopbar"], [door.binary, "cp", "-q"])):
        url, brings = door.at(f"/{algorithm}/{number}"), {"BEARER_TOKEN": one.token("storage.modify:/ storage.read:/")}
        run(*copy, source, url, **brings).ok()
        run(*copy, url, tmp_path / f"back{number}", **brings).ok()
        assert same(source, tmp_path / f"back{number}")
    other = issuers["ES256" if algorithm != "ES256" else "RS256"]
    # A key of the same name, of another issuer.
    forged = issuer.Key(algorithm, one.keys[0].id)
    for token in (one.token(key=forged), one.token(iss=other.url), other.token(iss=one.url)):
        run(door.binary, "stat", door.at("/"), BEARER_TOKEN=token, XrdSecPROTOCOL="ztn").failed()


@pytest.mark.parametrize("make, is_good", [
    (lambda i: i["wlcg"].token(), True), (lambda i: i["wlcg"].scitoken(), False),
    (lambda i: i["scitokens"].scitoken(), True), (lambda i: i["scitokens"].scitoken(ver=None), True),
    (lambda i: i["scitokens"].scitoken(ver="scitokens:9.0"), False), (lambda i: i["wlcg"].token(**{"wlcg.ver": "9.0"}), False),
    (lambda i: i["RS256"].scitoken(), True), (lambda i: i["RS256"].token(**{"wlcg.ver": None}), False),
    (lambda i: i["here"].token(aud="https://door.example"), True), (lambda i: i["RS256"].token(aud="https://door.example"), False),
    (lambda i: i["here"].token(aud=["https://other.example", "https://door.example"]), True),
    (lambda i: i["here"].token(aud=["https://other.example"]), False),
    (lambda i: i["here"].token(aud="https://door.example.evil.org"), False), (lambda i: i["here"].token(aud=None), True),
    (lambda i: i["wlcg"].token(aud="ANY"), False), (lambda i: i["scitokens"].scitoken(aud=issuer.ANY_AUDIENCE), False),
    (lambda i: i["RS256"].token(iss=i["RS256"].url.rstrip("/")), True), (lambda i: i["RS256"].token(iss=i["RS256"].url + "x"), False),
    (lambda i: i["RS256"].token(iss=i["RS256"].url.upper()), False), (lambda i: i["RS256"].token(iss=None), False),
])
def test_profiles_audiences_and_issuers(issuers, shown, make, is_good):
    done = shown(make(issuers))
    assert (done.code == 0) == is_good, done


def test_only_our_own_audience(session_dir, host, tokens, shown):
    settings = settings_of([tokens.line()], **{"auth.token.any_audience": False, "auth.token.audiences": ["https://us.example"]})
    with servers.running(doors.Door(settings, host, home=session_dir)) as server:
        shown(tokens.token(aud="https://us.example"), server).ok()
        shown(tokens.token(), server).failed()


def test_tokens_that_no_request_may_hold(door, tokens):
    with doors.encrypted(door) as raw:
        raw.login()
        credential = doors.ztn_credential(tokens.token(padding="x" * 60_000))
        # The answer may be lost with the connection, which ends before all of it was sent.
        with contextlib.suppress(rawxroot.Closed, OSError):
            assert raw.code(doors.auth_request(b"ztn", credential)) == TOO_LONG
            assert raw.closed()
    assert door.alive()


@pytest.mark.parametrize("size", [5_000, 20_000])
def test_tokens_that_are_too_long(door, tokens, size):
    token = tokens.token(padding="x" * size)
    with doors.encrypted(door) as raw:
        raw.login()
        assert raw.code(doors.auth_request(b"ztn", doors.ztn_credential(token))) == FAILED
        raw.call(doors.auth_request(b"unix", b"unix\0joe\0"))
        with pytest.raises(rawxroot.XrootError):
            raw.stat("/?" + authz(token))
        assert raw.alive()
    longest = tokens.token(padding="x" * 2_000)
    assert len(longest) < 4_096
    with token_login(door, longest) as raw:
        assert raw.stat("/")


def test_a_token_is_no_login_over_a_clear_connection(door, tokens):
    """Real clients do not do this."""
    with rawxroot.Connection(door) as raw, door.meanwhile("session.not_authenticated") as refused:
        assert raw.code(doors.auth_request(b"ztn", doors.ztn_credential(tokens.token()))) in (FAILED, NOT_AUTHORISED, TLS_REQUIRED)
        raw.call(doors.auth_request(b"unix", b"unix\0joe\0"))
        assert raw.code(rawxroot.stat_request("/?" + authz(tokens.token()))) == TLS_REQUIRED
    assert refused[0]["method"] == "ztn"


# ---- paths

FOLDERS = ("/data", "/data2", "/secret", "/vo", "/voice")


@pytest.fixture(scope="module")
def filled(door, tokens, authority):
    """A file `f` in each folder, and one whose name looks like a step up."""
    everything = authz(tokens.token("storage.modify:/"))
    names = [f"{folder}/f" for folder in FOLDERS] + ["/data/%2e%2e", "/data/a%2fb"]
    answers = in_one_session(door, *(("overwrite", f"{name}?{everything}") for name in names),
                             X509_CERT_DIR=str(authority.directory), XrdSecPROTOCOL="unix")
    assert all(answer.ok for answer in answers), answers
    return door


@pytest.fixture
def asked(filled):
    """The code that an open for reading of this path, written so, ends with; 0: it was redirected to a pool."""
    with doors.encrypted(filled) as raw:
        raw.login()
        raw.call(doors.auth_request(b"unix", b"unix\0joe\0"))

        def code(path, token):
            try:
                frame = raw.call(rawxroot.open_request(f"{path}?{authz(token)}"))
            except rawxroot.XrootError as error:
                return error.code
            assert frame.status == rawxroot.REDIRECT
            return 0
        code.raw = raw
        yield code


@pytest.mark.parametrize("path", ["/data/f", "//data//f", "/./data/./f", "/data/f/", "///data/././/f", "/data/%2e%2e", "/data/a%2fb"])
def test_paths_that_a_scope_covers(asked, tokens, path):
    assert asked(path, tokens.token("storage.read:/data")) == 0


@pytest.mark.parametrize("path", [
    "/data2/f", "/secret/f", "/data/../secret/f", "/data/./../secret/f", "/data//../secret/f", "/data/../data/f", "/../data/f",
    "/data/..", "/secret/../data/f", "/data2/../data/f", "/Data/f", "/dat", "/", "/data2", "//secret//f", "/./secret/f", "/vo/f"])
def test_paths_that_it_does_not(asked, tokens, path):
    assert asked(path, tokens.token("storage.read:/data")) == NOT_AUTHORISED


@pytest.mark.parametrize("path", ["/data/%2e%2e/secret/f", "/data/%2e%2e%2fsecret/f", "/data%2f..%2fsecret/f", "/data/%252e%252e/secret/f",
                                  "/%2e%2e/data/f", "/secret%2ff", "/data/..%2fsecret/f", "/data/.%2e/secret/f"])
def test_percent_signs_in_paths_are_names(asked, tokens, path):
    """They mean nothing to the protocol: such a file is not there, and where it would be may not be asked by everybody."""
    # /data/%2e%2e is a file here, no directory.
    not_there = NO_FILE if path.startswith("/data/%2e%2e/") else NOT_FOUND
    assert asked(path, tokens.token("storage.read:/")) == not_there
    assert asked(path, tokens.token("storage.read:/data")) == (not_there if path.startswith("/data/") else NOT_AUTHORISED)


@pytest.mark.parametrize("path", [b"/data/f\0/../../secret/f", b"/data/\n/f", b"/data\x7f/f", b"data/f", b""])
def test_paths_that_are_none(asked, tokens, path):
    frame = rawxroot.request(rawxroot.OPEN, b"\1\xa4\0\x10", path + b"?" + authz(tokens.token("storage.read:/")).encode())
    with pytest.raises(rawxroot.XrootError):
        asked.raw.call(frame)
    assert asked.raw.alive()


@pytest.mark.parametrize("scope, opens", [
    ("storage.read:/data/", ["/data"]), ("storage.read://data//", ["/data"]), ("storage.read:/data/.", ["/data"]),
    ("storage.read:/%64ata", ["/data"]), ("storage.read:/data/f", ["/data"]), ("storage.read:/dat", []),
    ("storage.read:/data/../secret", []), ("storage.read:/data/%2e%2e/secret", []), ("storage.read:/data%2f..%2fsecret", []),
    ("storage.read:/data%00", []), ("storage.read:data", []), ("storage.read:", []), ("storage.read", []), ("storage.read:/%zz", []),
    ("storage.read:/data storage.read:/secret", ["/data", "/secret"]), ("storage.read:/data,/secret", []),
    ("storage.read:/*", []), ("STORAGE.READ:/data", []), ("storage.readall:/", []), ("openid compute.read", []), ("", []),
    ("read:/data", []), ("storage.read:/", list(FOLDERS)),
])
def test_scopes_mean_one_path(asked, tokens, scope, opens):
    token = tokens.token(scope)
    assert [folder for folder in FOLDERS if asked(f"{folder}/f", token) == 0] == opens


@pytest.mark.parametrize("scope, opens", [
    ("read:/data", ["/data"]), ("https://scitokens.org/v1/authz/read:/data", ["/data"]), ("read", list(FOLDERS)),
    ("read:/", list(FOLDERS)), ("read:/data/../secret", []), ("write:/data", []), ("storage.read:/data", ["/data"]), ("queue", []),
])
def test_scopes_of_scitokens(asked, tokens, scope, opens):
    token = tokens.scitoken(scope)
    assert [folder for folder in FOLDERS if asked(f"{folder}/f", token) == 0] == opens


def test_paths_of_a_token_begin_at_the_prefix_of_its_issuer(asked, issuers):
    vo = issuers["vo"]
    for scope, opens in (("storage.read:/", ["/vo"]), ("storage.read:/f", ["/vo"]), ("storage.read:/vo", []),
                         ("storage.read:/..", []), ("storage.read:/../secret", [])):
        token = vo.token(scope)
        assert [folder for folder in FOLDERS if asked(f"{folder}/f", token) == 0] == opens, scope


def test_of_two_tokens_a_bad_one_gives_nothing(asked, tokens):
    good, bad = tokens.token("storage.read:/data"), tokens.unsigned(scope="storage.read:/secret")
    for first, second in ((good, bad), (bad, good)):
        assert asked(f"/secret/f?{authz(first)}&x=y", second) != 0
        assert asked(f"/secret/f?{authz(first)}&{authz(second)}", first) != 0


# What each scope of a directory lets do in it, of everything that can be done there.
OPERATIONS = {
    "look": lambda d, t: ("stat", f"{d}/old?{t}"),
    "list": lambda d, t: ("dirlist", f"{d}?{t}"),
    "download": lambda d, t: ("download", f"{d}/old?{t}"),
    "upload": lambda d, t: ("upload", f"{d}/new?{t}"),
    "overwrite": lambda d, t: ("overwrite", f"{d}/old?{t}"),
    "mkdir": lambda d, t: ("mkdir", f"{d}/sub?{t}"),
    "chmod": lambda d, t: ("chmod", f"{d}/old?{t}", 0o666),
    "move": lambda d, t: ("mv", f"{d}/moved?{t}", f"{d}/away?{t}"),
    "remove": lambda d, t: ("rm", f"{d}/gone?{t}"),
    "rmdir": lambda d, t: ("rmdir", f"{d}/empty?{t}"),
}
READING = {"look", "list", "download"}
CHANGING = {"look", "list", "upload", "overwrite", "mkdir", "chmod", "move", "remove", "rmdir"}


@pytest.mark.parametrize("scope, may", [
    ("storage.read", READING), ("storage.create", {"look", "upload", "mkdir"}), ("storage.modify", CHANGING),
    ("storage.stage", READING), ("storage.poll", {"look"}), ("compute.modify", set()), ("read", READING), ("write", CHANGING),
])
@pytest.mark.parametrize("brought", ["login", "path"])
def test_what_each_scope_lets_do(door, tokens, scope, may, brought):
    directory = f"/matrix/{os.urandom(4).hex()}"
    everything = authz(tokens.token("storage.modify:/"))
    made = allowed(door, ("mkdir", f"{directory}/empty?{everything}", MAKE_PARENTS),
                   *(("upload", f"{directory}/{name}?{everything}") for name in ("old", "gone", "moved")), XrdSecPROTOCOL="unix")
    assert all(made)
    make = tokens.scitoken if scope in ("read", "write") else tokens.token
    token = make(f"{scope}:{directory}")
    brings = {"BEARER_TOKEN": token, "XrdSecPROTOCOL": "ztn"} if brought == "login" else {"XrdSecPROTOCOL": "unix"}
    answers = in_one_session(door, *(ask(directory, "" if brought == "login" else authz(token)) for ask in OPERATIONS.values()), **brings)
    assert {name for name, answer in zip(OPERATIONS, answers) if answer.ok} == may
    assert {answer.code for answer in answers if not answer.ok} <= {NOT_AUTHORISED}


def test_who_may_only_make_files_replaces_none_that_appear_meanwhile(door, tokens):
    directory = f"/meanwhile/{os.urandom(4).hex()}"
    everything = authz(tokens.token("storage.modify:/ storage.read:/"))
    assert all(allowed(door, ("mkdir", f"{directory}?{everything}", MAKE_PARENTS), ("upload", f"{directory}/old?{everything}"),
                       XrdSecPROTOCOL="unix"))
    for scope, outcome in (("storage.create", "refused"), ("storage.modify", "replaced")):
        name, token = f"{directory}/{scope}", authz(tokens.token(f"{scope}:{directory}"))
        pool, handle = door.open_by_hand(f"{name}?{token}", rawxroot.DELETE | rawxroot.UPDATE, path_session(door))
        assert allowed(door, ("mv", f"{directory}/old?{everything}", f"{name}?{everything}"), XrdSecPROTOCOL="unix") == [True]
        with pool, path_session(door) as raw:
            pool.write(handle, 0, b"mine")
            if outcome == "refused":
                assert pool.code(rawxroot.close_request(handle)) == EXISTS
            else:
                pool.call(rawxroot.close_request(handle))
            assert raw.stat(f"{name}?{everything}")[1] == ("0" if outcome == "refused" else "4")
        allowed(door, ("mv", f"{name}?{everything}", f"{directory}/old?{everything}"), XrdSecPROTOCOL="unix")


# ---- who somebody is by a token


def test_groups_are_mapped_by_rules(door, tokens, asked):
    groups = {"wlcg.groups": ["/cms", "/cms/production"]}
    for scope, claims, principal, may in (("openid", groups, "production", True), ("openid", {"wlcg.groups": ["/cms/other"]}, "member", False),
                                          ("openid", {}, "jane", False)):
        directory = f"/groups/{os.urandom(4).hex()}"
        with door.meanwhile() as entered:
            answers = allowed(door, ("mkdir", directory, MAKE_PARENTS), BEARER_TOKEN=tokens.token(scope, **claims))
        assert answers == [may] and [one["principal"] for one in entered] == [principal]
    # A rule may refuse a token that is as good as can be, at the login and in the path.
    banned = tokens.token("storage.read:/", **{"wlcg.groups": ["/cms", "/cms/banned"]})
    run(door.binary, "stat", door.at("/"), BEARER_TOKEN=banned, XrdSecPROTOCOL="ztn").failed()
    assert asked("/data/f", banned) not in (0, NOT_FOUND)


def test_groups_of_other_issuers_are_theirs(door, issuers):
    token = issuers["ES256"].token("openid", **{"wlcg.groups": ["/cms/production"]})
    with door.meanwhile() as entered:
        allowed(door, ("stat", "/"), BEARER_TOKEN=token)
    assert [one["principal"] for one in entered] == ["member"]


# ---- issuers that are away


@pytest.fixture
def alone(session_dir, host):
    """A door and the only issuer that it knows."""
    with issuer.Issuer(name="alone", algorithm="ES256") as one:
        with servers.running(doors.Door(settings_of([one.line()]), host, home=session_dir)) as server:
            yield server, one


def path_session(door):
    raw = doors.encrypted(door)
    raw.login()
    raw.call(doors.auth_request(b"unix", b"unix\0joe\0"))
    return raw


def good_in(raw, token):
    return not refuses(raw, "/?" + authz(token))


def test_known_keys_stay_good_while_their_issuer_is_away(alone):
    door, one = alone
    with path_session(door) as raw:
        assert good_in(raw, one.token())
        one.fails = 503
        door.reload()
        assert good_in(raw, one.token())
        one.close()
        door.reload()
        for _ in range(3):
            assert good_in(raw, one.token())
        assert not good_in(raw, one.token(key=issuer.Key("ES256")))


def test_unknown_keys_are_refused_in_bounded_time(alone):
    door, one = alone
    with path_session(door) as raw, path_session(door) as other:
        assert good_in(raw, one.token())
        one.hangs = True
        stranger = one.token(key=issuer.Key("ES256"))
        begin = time.monotonic()
        raw.send(rawxroot.stat_request("/?" + authz(stranger)))
        for _ in range(20):  # others are served meanwhile
            assert good_in(other, one.token())
        with pytest.raises(rawxroot.XrootError):
            raw.answer()
        assert time.monotonic() - begin < 10 * PATIENCE
        # Nobody makes us ask again and again.
        before = len(one.requests)
        begin = time.monotonic()
        for _ in range(10):
            assert not good_in(raw, one.token(key=issuer.Key("ES256")))
        assert time.monotonic() - begin < 10 * PATIENCE and len(one.requests) <= before + 1
        one.hangs = False


def test_an_issuer_that_hangs_from_the_beginning(session_dir, host):
    with issuer.Issuer("slow", algorithm="ES256") as slow, issuer.Issuer("quick", algorithm="ES256") as quick:
        slow.hangs = True
        begin = time.monotonic()
        with servers.running(doors.Door(settings_of([slow.line(), quick.line()]), host, home=session_dir)) as door:
            with path_session(door) as raw:
                assert not good_in(raw, slow.token())
                assert good_in(raw, quick.token())
            assert time.monotonic() - begin < 10 * PATIENCE + 5


def test_issuers_come_and_go_without_a_restart(alone):
    door, first = alone
    with issuer.Issuer(name="second", algorithm="ES256") as second, path_session(door) as raw:
        assert good_in(raw, first.token()) and not good_in(raw, second.token())
        door.change({"auth.token.issuers": [first.line(), second.line()]})
        rawxroot.wait_until(lambda: good_in(raw, second.token()), what="a second issuer")
        assert good_in(raw, first.token())
        door.change({"auth.token.issuers": [second.line()]})
        rawxroot.wait_until(lambda: not good_in(raw, first.token()), what="the end of the first")
        assert good_in(raw, second.token())


def test_all_published_keys_count_and_no_other(alone):
    door, one = alone
    first, second = one.keys[0], one.rotate("RS256")
    with path_session(door) as raw:
        assert good_in(raw, one.token(key=first)) and good_in(raw, one.token(key=second))
        # Without a name all keys of that kind are tried, and no key of another kind.
        assert good_in(raw, one.token(key=first, key_id=None)) and good_in(raw, one.token(key=second, key_id=None))
        assert not good_in(raw, one.token(key=first, key_id=second.id))
        assert not good_in(raw, one.token(key=issuer.Key("ES256"), key_id=None))
