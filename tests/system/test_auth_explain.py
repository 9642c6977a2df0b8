# SPDX-License-Identifier: Apache-2.0
# `sluice auth explain`: what rules make of somebody, with nobody logged in.

import base64
import json

import issuer
import pytest
from clients import run
from servers import sluice_binary

JANE = "/DC=org/DC=example/CN=Jane Doe"


@pytest.fixture
def explain(tmp_path):
    (tmp_path / "grid-mapfile").write_text(f'"{JANE}" nobody\n')
    (tmp_path / "ban").write_text("/DC=org/CN=Eve Doe\n")
    rules = [f"gsi fqan=/cms/* gridmap={tmp_path}/grid-mapfile -> read-only root=/cms",
             "token issuer=cms.example.org group=/prod -> user=77 group=7,8 name=prod",
             "krb5 realm=EXAMPLE.ORG account -> home=/home/%name",
             "sss user=admin -> superuser",
             "krb5 -> deny"]
    settings = tmp_path / "sluice.toml"
    settings.write_text(f"[auth]\nmapping = {json.dumps(rules)}\nban = {json.dumps([f'file={tmp_path}/ban', '* name=mallory*'])}\n")
    return lambda *words, **options: run(sluice_binary(), "auth", "explain", "--config", settings, *words, **options)


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': 'none'})}.{part({'exp': 4_000_000_000, **claims})}.c2ln"


def principal(finished):
    return json.loads(finished.ok().out)["principal"]


def test_a_grid_map_gives_the_account(explain):
    who = principal(explain("--dn", JANE, "--fqan", "/cms/Role=NULL/Capability=NULL", "--fqan", "/cms/prod", "--json"))
    assert who["name"] == "nobody" and who["read_only"] and who["root"] == "/cms" and not who["anonymous"]
    assert isinstance(who["user"], int) and who["groups"] and all(isinstance(group, int) for group in who["groups"])


def test_the_text_says_why_each_rule_did_not_hold(explain):
    out = explain("--dn", JANE, "--fqan", "/atlas").ok().out
    assert "fqan is /atlas" in out and "the method is gsi" in out and "no rule holds" in out and "anonymous" in out
    out = explain("--dn", "/DC=org/CN=Joe", "--fqan", "/cms/prod").ok().out
    assert "/DC=org/CN=Joe is not in" in out


def test_whoever_is_banned_or_denied_has_an_exit_code(explain):
    assert "banned" in explain("--dn", "/DC=org/CN=Eve Doe").failed().out
    assert "banned" in explain("--unix", "mallory2").failed().out
    assert explain("--krb5", "jane@ELSEWHERE.ORG").failed("denied").code == 54


def test_a_token_is_read_without_its_issuer(explain, tmp_path):
    text = token(iss="https://cms.example.org/", sub="abc", **{"wlcg.groups": ["/prod"]}, scope="storage.read:/x openid")
    (tmp_path / "token").write_text(text + "\n")
    done = explain("--offline", "--token", tmp_path / "token").ok()
    assert "signature not checked here" in done.out and "storage.read:/x" in done.out and text not in done.all
    assert principal(explain("--offline", "--token", "-", "--json", stdin=text.encode())) == {
        "name": "prod", "user": 77, "groups": [7, 8], "superuser": False, "anonymous": False, "read_only": False, "root": "/",
        "home": "/"}
    assert "expired" in explain("--offline", "--token", "-", stdin=token(iss="https://cms.example.org/", exp=1).encode()).ok().out
    assert explain("--token", "-", stdin=b"no token").failed().code == 50


def test_a_token_is_verified_as_a_server_does(explain, tmp_path):
    with issuer.Issuer(name="cms", prefix="/cms") as cms, issuer.Issuer(name="other") as other:
        def ask(text, *words):
            return explain("--set", f"auth.token.issuers={cms.line()}", "--token", "-", *words, stdin=text.encode())
        good = ask(cms.token(scope="storage.read:/x storage.create:/in")).ok()
        assert "signature, times and audience are good" in good.out
        assert "read_meta, list, download below /cms/x" in good.out and "read_meta, upload, manage, move_to below /cms/in" in good.out
        for name, text in cms.bad_tokens().items():
            refused = ask(text).failed("refused" if "." in text[:5000] else "")
            assert text not in refused.all, name
        ask(other.token()).failed("refused: the issuer")
        assert "refused" in json.loads(ask(other.token(), "--json").failed().out)
        cms.keys = []
    explain("--set", f"auth.token.issuers={other.line()}", "--token", "-", stdin=other.token().encode()).failed("refused")


def test_the_subject_is_that_of_the_person_and_not_of_a_proxy(explain, tmp_path):
    key, person, proxy, request = (tmp_path / name for name in ("key", "person", "proxy", "request"))
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", person, "-days", "2", "-subj", JANE).ok()
    run("openssl", "req", "-new", "-key", key, "-out", request, "-subj", JANE + "/CN=12345").ok()
    (tmp_path / "extensions").write_text("proxyCertInfo=critical,language:id-ppl-inheritAll\n")
    run("openssl", "x509", "-req", "-in", request, "-CA", person, "-CAkey", key, "-CAcreateserial", "-out", proxy, "-days", "1",
        "-extfile", tmp_path / "extensions").ok()
    (tmp_path / "chain").write_bytes(proxy.read_bytes() + key.read_bytes() + person.read_bytes())
    for file in (person, tmp_path / "chain"):
        shown = json.loads(explain("--certificate", file, "--json").ok().out)["identity"]
        assert (shown["method"], shown["name"]) == ("gsi", JANE)
    explain("--certificate", key).failed("no certificate")


def test_kerberos_and_shared_keys(explain):
    assert principal(explain("--krb5", "nobody@EXAMPLE.ORG", "--json"))["home"] == "/home/nobody"
    assert principal(explain("--sss", "admin", "--json"))["superuser"]
    assert principal(explain("--sss", "other", "--json"))["anonymous"]


def test_mistakes_are_named(explain, tmp_path):
    assert explain().failed("one of --dn").code == 50
    explain("--sss", "a", "--unix", "b").failed("one of --dn")
    explain("--sss", "a", "--set", "auth.mapping=gis -> deny").failed("did you mean gsi?")
    run(sluice_binary(), "auth", "explain", "--sss", "a", "--set", "auth.ban=file=/nowhere/ban").failed("/nowhere/ban")
