# SPDX-License-Identifier: Apache-2.0
# What goes before a token: doors that only read, lists of paths, rules that say so; and that none of them gives what it does not.

import os

import doors
import issuer
import pytest
import servers
from clients import run
from doors import MAKE_PARENTS, allowed, authz, in_one_session
from rawxroot import wait_until

READ_ONLY = 3025
CHANGES = [("mkdir", "/w/new"), ("upload", "/w/new"), ("overwrite", "/w/old"), ("rm", "/w/old"), ("rmdir", "/w/dir"),
           ("mv", "/w/old", "/w/moved"), ("chmod", "/w/old", 0o600), ("truncate", "/w/old", 0)]


@pytest.fixture(scope="module")
def tokens():
    with issuer.Issuer(algorithm="ES256") as one:
        yield one


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path, authority):
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))


@pytest.fixture
def door(session_dir, host, tokens):
    """Takes tokens, and knows an administrator and a reader among those that have no scopes."""
    settings = {"auth.methods": ["ztn", "none"], "auth.token.issuers": [tokens.line()], "auth.mapping": [
        "token subject=admin -> superuser name=admin", "token subject=reader -> superuser read-only name=reader"]}
    with servers.running(doors.Door(settings, host, home=session_dir)) as server:
        yield server


@pytest.fixture(params=["scopes", "account"])
def mighty(request, tokens):
    """A token that may do everything, by what it says or by who it is."""
    if request.param == "scopes":
        return tokens.token("storage.modify:/ storage.read:/")
    return tokens.token("openid", sub="admin")


def again(door, **settings):
    """The same door with other settings, {"access__read_only": True} for access.read_only."""
    door.stop()
    door.settings |= {name.replace("__", "."): value for name, value in settings.items()}
    door.start()


def test_a_door_that_only_reads_does_so_for_every_token(door, mighty):
    assert all(allowed(door, ("mkdir", "/w/dir", MAKE_PARENTS), ("upload", "/w/old"), BEARER_TOKEN=mighty))
    again(door, access__read_only=True)
    answers = in_one_session(door, *CHANGES, ("stat", "/w/old"), ("download", "/w/old"), BEARER_TOKEN=mighty)
    assert [answer.ok for answer in answers] == [False] * len(CHANGES) + [True, True]
    assert {answer.code for answer in answers[:len(CHANGES)]} == {READ_ONLY}, answers
    url = door.at("/w/more?" + authz(mighty))
    run("/usr/bin/xrdcp", "--nopbar", "/etc/services", url).failed("[3025]")
    run(door.binary, "cp", "-q", "/etc/services", url).failed("only reads")


def test_lists_of_paths_go_before_tokens(door, mighty, tokens):
    assert all(allowed(door, *(("mkdir", f"/{name}/dir", MAKE_PARENTS) for name in ("w", "w2", "r", "x")), BEARER_TOKEN=mighty))
    again(door, access__read_paths=["/w", "/r"], access__write_paths=["/w"])
    assert allowed(
        door, ("mkdir", "/w/a"), ("mkdir", "/w2/a"), ("mkdir", "/r/a"), ("mkdir", "/x/a"), ("mv", "/w/a", "/r/a"),
        ("mv", "/r/dir", "/w/b"), ("upload", "/w2/f"), ("upload", "/w/../r/f"), ("dirlist", "/w"), ("dirlist", "/r"),
        ("dirlist", "/x"), ("dirlist", "/w2"), ("stat", "/x/dir"), ("rmdir", "/w/a"), BEARER_TOKEN=mighty,
    ) == [True, False, False, False, False, False, False, False, True, True, False, False, False, True]
    # A list allows nothing that the token does not.
    assert allowed(door, ("mkdir", "/w/a"), ("dirlist", "/r"), BEARER_TOKEN=tokens.token("storage.read:/w")) == [False, False]


def test_a_rule_that_says_read_only_goes_before_scopes(door, tokens):
    token = tokens.token("storage.modify:/ storage.read:/", sub="reader")
    answers = in_one_session(door, ("mkdir", "/ruled", MAKE_PARENTS), ("dirlist", "/"), BEARER_TOKEN=token)
    assert [answer.ok for answer in answers] == [False, True] and "only read" in answers[0].text


def test_rules_and_access_are_taken_over_while_it_runs(door, tokens):
    admin, reader = ({"BEARER_TOKEN": tokens.token("openid", sub=sub)} for sub in ("admin", "reader"))

    def makes(name):
        return allowed(door, ("mkdir", f"/{name}"), **admin) == [True]

    assert makes("first")
    door.change({"access.read_only": True})
    wait_until(lambda: not makes(os.urandom(4).hex()), what="the switch")
    assert allowed(door, ("stat", "/first"), **admin) == [True]
    door.change({"access.read_only": False, "auth.ban": ["token subject=admin"]})
    wait_until(lambda: allowed(door, ("stat", "/first"), **admin) == [False], what="the ban")
    assert allowed(door, ("stat", "/first"), **reader) == [True]
    # With a mistake in one of them all stay.
    door.change({"auth.ban": [], "auth.mapping": ["token subject=admin"]})
    wait_until(lambda: door.events("settings.kept"), what="a line about the mistake")
    assert allowed(door, ("stat", "/first"), ("stat", "/first"), **admin) == [False, False]
