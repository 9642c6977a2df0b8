# SPDX-License-Identifier: Apache-2.0
# Our client at Debian's xrootd, by every method that both know: who it is there, and what it says when it is not let in.

import os
import re
from types import SimpleNamespace

import doors
import issuer
import pki
import proxies
import pytest
import servers
import sss
from clients import pattern, run, same

REFUSED = 54  # exit code


@pytest.fixture(scope="module")
def grid(session_dir):
    authority = pki.Authority(session_dir, name="Site A")
    stranger = pki.Authority(session_dir, name="Site C")
    folder = servers.scratch(session_dir, "proxies-")
    made = SimpleNamespace(authority=authority, stranger=stranger, host=authority.host(),
                           elsewhere=authority.host(["DNS:elsewhere.example"], "elsewhere.example"))
    made.jane = proxies.proxy(proxies.Holder.of(authority.user("Jane"))).write(folder / "jane")
    made.unknown = proxies.proxy(proxies.Holder.of(stranger.user("Jane"))).write(folder / "unknown")
    return made


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path, grid):
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(grid.authority.directory))


class Asking(servers.DebianXrootd):
    """Debian's xrootd that asks who comes."""

    def __init__(self, lines, environment=None, **kwargs):
        super().__init__(**kwargs)
        self.lines, self.environment = lines, environment or {}

    def start(self):
        return super().start("xrootd.seclib libXrdSec.so\n" + self.lines)

    def launch(self, command, environment=None, **popen):
        super().launch(command, {**(environment or {}), **self.environment}, **popen)

    def logins(self):
        """The names that clients got."""
        return re.findall(r"XrootdXeq: \S+ .* login as (.+)", self.log())


@pytest.fixture(scope="module")
def asking(session_dir):
    started = []

    def start(lines, environment=None):
        started.append(Asking(lines, environment, home=session_dir))
        return started[-1].start()

    yield start
    for one in started:
        one.remove()


@pytest.fixture(scope="module")
def ours(session_dir):
    return servers.reachable(servers.sluice_binary())


def at(server, path="/", scheme="root"):
    return f"{scheme}://localhost:{server.port}/{path}"


def goes_and_comes(ours, server, tmp_path, scheme="root", **brings):
    """Copies a file up and down; the name that the client had at the server."""
    source, path = tmp_path / "source", f"/{os.urandom(4).hex()}"
    source.write_bytes(pattern(2 << 20))
    run(ours, "cp", "-q", source, at(server, path, scheme), **brings).ok()
    run(ours, "cp", "-q", "-f", at(server, path, scheme), tmp_path / "back", **brings).ok()
    assert same(source, tmp_path / "back")
    return server.logins()[-1]


def is_refused(ours, server, *texts, scheme="root", **brings):
    before = len(server.logins())
    done = run(ours, "stat", at(server, "/", scheme), **brings).failed(*texts)
    assert done.code == REFUSED and len(server.logins()) == before, done


def gsi_lines(grid, host=None):
    host = host or grid.host
    return (f"sec.protocol gsi -certdir:{grid.authority.directory} -cert:{host.certificate} -key:{host.key} -crl:0 "
            "-gmapopt:10 -gridmap:none\nsec.protbind * only gsi\n")


def test_unix(asking, ours, tmp_path):
    """The method host is none that Debian's asks for by name: where it is the only one, nobody is asked."""
    server = asking("sec.protocol unix\nsec.protbind * only unix\n")
    assert goes_and_comes(ours, server, tmp_path, USER="jane", LOGNAME="jane")


def test_sss(asking, ours, session_dir, tmp_path):
    key = sss.Key(1, user="jane")
    theirs = servers.give(sss.keytab(servers.scratch(session_dir, "sss-") / "keytab", key))
    server = asking(f"sec.protocol sss -s {theirs}\nsec.protbind * only sss\n")
    mine = {"XrdSecSSSKT": str(sss.keytab(tmp_path / "mine", key))}
    assert goes_and_comes(ours, server, tmp_path, **mine) == "jane"
    for number, wrong in enumerate((sss.Key(1), sss.Key(2), sss.Key(1, expires=1_000_000_000, value=key.value))):
        is_refused(ours, server, "sss", XrdSecSSSKT=str(sss.keytab(tmp_path / str(number), wrong)))
    is_refused(ours, server, "XrdSecSSSKT")


def test_krb5(asking, ours, realm, tmp_path):
    keytab = realm.service("host/localhost")
    replays = servers.scratch(realm.home)
    server = asking(f"sec.protocol krb5 {keytab} host/localhost@{realm.realm}\nsec.protbind * only krb5\n",
                    realm.environment | {"KRB5RCACHENAME": f"file2:{replays}/theirs"})
    assert goes_and_comes(ours, server, tmp_path, **realm.environment, KRB5CCNAME=realm.user("jane")) == "jane"
    is_refused(ours, server, "krb5", **realm.environment)
    other = asking(f"sec.protocol krb5 {realm.service('unknown/localhost')} unknown/localhost@{realm.realm}\n"
                   "sec.protbind * only krb5\n", realm.environment | {"KRB5RCACHENAME": f"file2:{replays}/other"})
    realm.forget("unknown/localhost")
    is_refused(ours, other, "krb5", **realm.environment, KRB5CCNAME=realm.user("jane"))


def test_gsi(asking, ours, grid, tmp_path):
    server = asking(gsi_lines(grid))
    assert goes_and_comes(ours, server, tmp_path, X509_USER_PROXY=str(grid.jane))
    is_refused(ours, server, "gsi", X509_USER_PROXY="/none")
    is_refused(ours, server, "gsi", X509_USER_PROXY=str(grid.unknown))


def test_gsi_with_a_server_that_is_not_who_it_says(asking, ours, grid):
    mine = {"X509_USER_PROXY": str(grid.jane)}
    is_refused(ours, asking(gsi_lines(grid, grid.elsewhere)), "elsewhere.example", **mine)
    is_refused(ours, asking(gsi_lines(grid)), "gsi", **mine, X509_CERT_DIR=str(grid.stranger.directory))


@pytest.fixture(scope="module")
def scitokens_server(asking, session_dir, grid):
    """It learns the issuer's keys from its library's cache: it would ask https alone."""
    with issuer.Issuer(name="test", url="https://issuer.example/") as one:
        folder = servers.scratch(session_dir, "scitokens-")
        config = folder / "scitokens.cfg"
        config.write_text(f"[Global]\naudience = {issuer.ANY_AUDIENCE}\n[Issuer test]\nissuer = {one.url}\nbase_path = /\n"
                          "default_user = tester\n")
        for path in [issuer.teach_scitokens(folder, [one]), *folder.rglob("*")]:
            servers.give(path)
        server = asking(
            f"xrd.tls {grid.host.certificate} {grid.host.key}\nxrd.tlsca certdir {grid.authority.directory}\n"
            "xrootd.tls capable login\nsec.protocol ztn\nsec.protbind * only ztn\n"
            f"ofs.authorize\nofs.authlib libXrdAccSciTokens.so config={config}\n", {"XDG_CACHE_HOME": str(folder)})
        yield server, one


@pytest.mark.parametrize("scheme", ["root", "roots"])
def test_ztn(scitokens_server, ours, tmp_path, scheme):
    server, tokens = scitokens_server
    mine = {"BEARER_TOKEN": tokens.token("storage.modify:/ storage.create:/ storage.read:/")}
    assert goes_and_comes(ours, server, tmp_path, scheme, **mine)


def test_ztn_with_a_token_that_is_none(scitokens_server, ours, tmp_path):
    server, tokens = scitokens_server
    is_refused(ours, server, "ztn", scheme="roots")
    for bad in (tokens.token(exp=1), tokens.unsigned(), tokens.token(key=issuer.Key("RS256")), tokens.token(iss="https://evil.example/")):
        is_refused(ours, server, "ztn", scheme="roots", BEARER_TOKEN=bad)
    reader = {"BEARER_TOKEN": tokens.token("storage.read:/elsewhere")}
    run(ours, "cp", "-q", "/etc/services", at(server, "/no", "roots"), **reader).failed()


def test_a_token_is_not_told_to_a_server_that_is_not_who_it_says(scitokens_server, ours, grid):
    server, tokens = scitokens_server
    for scheme in ("root", "roots"):
        done = run(ours, "stat", at(server, "/", scheme), BEARER_TOKEN=tokens.token("storage.read:/"),
                   X509_CERT_DIR=str(grid.stranger.directory))
        done.failed()
        assert "certificate" in done.err


def test_the_next_method_is_tried(asking, ours, grid, session_dir, tmp_path):
    key = sss.Key(1, user="jane")
    theirs = servers.give(sss.keytab(servers.scratch(session_dir, "sss-") / "keytab", key))
    lines = gsi_lines(grid).replace("sec.protbind * only gsi\n", f"sec.protocol sss -s {theirs}\nsec.protbind * only gsi sss\n")
    server = asking(lines)
    mine = {"XrdSecSSSKT": str(sss.keytab(tmp_path / "mine", key)), "X509_USER_PROXY": str(grid.unknown)}
    assert goes_and_comes(ours, server, tmp_path, **mine) == "jane"
    both = mine | {"X509_USER_PROXY": str(grid.jane)}
    assert goes_and_comes(ours, server, tmp_path, **both) != "jane"
    assert goes_and_comes(ours, server, tmp_path, **both, XrdSecPROTOCOL="sss") == "jane"
