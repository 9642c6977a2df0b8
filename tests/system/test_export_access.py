# SPDX-License-Identifier: Apache-2.0
# What clients may do at an export: the switch, the lists of paths, anonymous clients, and the scopes of tokens.

import issuer
import pytest
import servers
import storage
from clients import pattern, run, same, xrdcp, xrdfs

DENIED, READ_ONLY = "[3010]", "[3025]"


class Export(servers.SluiceServer):
    def __init__(self, *options, **kwargs):
        super().__init__(**kwargs)
        self.options = options

    def role(self):
        return [*super().role(), *self.options]

    def put(self, path, data):
        """A file of the exported directory, made behind the server's back."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        for made in (file, *file.parents):
            if made == self.root:
                break
            servers.give(made)
        return file


@pytest.fixture
def export(session_dir):
    started = []

    def start(*options):
        started.append(Export(*options, home=session_dir))
        started[-1].start()
        return started[-1]
    yield start
    for server in started:
        server.stop()


def access(**values):
    return storage.settings("access", values)


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "source"
    file.write_bytes(pattern(100_000))
    return file


# Every request that changes something, as xrdfs has it.
CHANGES = [("mkdir", "/new"), ("rm", "/d/file"), ("rmdir", "/empty"), ("mv", "/d/file", "/d/other"), ("chmod", "/d/file", "rwx------"),
           ("truncate", "/d/file", "3"), ("xattr", "/d/file", "set", "a=b")]
# Every one that only looks.
LOOKS = [("stat", "/d/file"), ("ls", "/d"), ("ls", "-l", "/d"), ("locate", "/d/file"), ("query", "checksum", "/d/file"), ("query", "xattr", "/d/file"),
         ("cat", "/d/file"), ("xattr", "/d/file", "list"), ("prepare", "/d/file")]


def filled(server):
    server.put("/d/file", b"hello\n")
    (server.root / "empty").mkdir()
    servers.give(server.root / "empty")
    return server


def test_anonymous_clients_get_what_the_setting_says(export, source, tmp_path):
    for rights, looks in (("none", False), ("readonly", True)):
        server = filled(export(*access(anonymous=rights)))
        for words in LOOKS:
            result = xrdfs(server, *words)
            assert (result.code == 0) == looks, (rights, words, result)
            assert looks or DENIED in result.err, (rights, words, result)
        for words in CHANGES:
            xrdfs(server, *words).failed(DENIED)
        xrdcp(source, f"{server.url}/d/new").failed(DENIED)
        xrdcp("-f", source, f"{server.url}/d/file").failed(DENIED)
        assert (server.root / "d" / "file").read_bytes() == b"hello\n" and not (server.root / "d" / "new").exists()
        denied = [line for line in server.log().splitlines() if "module=audit" in line]
        assert any(f"activity={'upload' if looks else 'read_meta'}" in line and "path=/d/" in line for line in denied), denied


def test_the_switch_comes_first(export, source):
    server = filled(export(*access(read_only="true")))
    xrdfs(server, "stat", "/d/file").ok()
    for words in CHANGES:
        xrdfs(server, *words).failed(READ_ONLY)
    xrdcp(source, f"{server.url}/d/new").failed(READ_ONLY)


def test_lists_of_paths(export, source, tmp_path):
    server = filled(export(*access(read_paths="/d,/drop", write_paths="/drop")))
    server.put("/database", b"x")
    xrdfs(server, "stat", "/d/file").ok()
    xrdfs(server, "stat", "/database").failed(DENIED)
    xrdfs(server, "ls", "/").failed(DENIED)
    xrdcp(source, f"{server.url}/drop/new").ok()
    xrdcp(source, f"{server.url}/d/new").failed(DENIED)
    xrdfs(server, "mv", "/drop/new", "/d/new").failed(DENIED)
    xrdfs(server, "mv", "/d/file", "/drop/file").failed(DENIED)
    xrdcp(f"{server.url}/drop/new", tmp_path / "back").ok()
    assert same(source, tmp_path / "back")


@pytest.fixture(scope="module")
def tokens():
    with issuer.Issuer(name="test", prefix="/vo") as running:
        yield running


@pytest.fixture
def encrypted(export, authority, tokens, monkeypatch):
    """An export that believes tokens, where nobody else may do anything."""
    monkeypatch.setenv("X509_CERT_DIR", str(authority.directory))
    monkeypatch.setenv("XrdSecPROTOCOL", "unix")
    return filled(export(*authority.host().settings, *access(anonymous="none"), "--set", "auth.methods=none",
                         "--set", f"auth.token.issuers={tokens.line()}", "--set", "serve.host_name=localhost"))


def test_scopes_hold_at_an_export(encrypted, tokens, source, tmp_path):
    def to(path, scope):
        return f"roots://localhost:{encrypted.port}/{path}?authz=Bearer%20{tokens.token(scope=scope)}"
    for binary in (["/usr/bin/xrdcp", "--nopbar"], [encrypted.binary, "cp"]):
        (encrypted.root / "vo" / "file").unlink(missing_ok=True)
        run(*binary, "-f", source, to("/vo/file", "storage.create:/")).ok()
        run(*binary, "-f", source, to("/vo/file", "storage.create:/")).failed("does not allow overwrite")
        run(*binary, "-f", source, to("/vo/file", "storage.modify:/")).ok()
        run(*binary, "-f", to("/vo/file", "storage.modify:/"), tmp_path / "no").failed("the token does not allow")
        run(*binary, "-f", to("/vo/file", "storage.read:/"), tmp_path / "back").ok()
        assert same(source, tmp_path / "back")
        run(*binary, "-f", to("/d/file", "storage.read:/"), tmp_path / "no").failed("the token does not allow")
        (tmp_path / "back").unlink()
    assert (encrypted.root / "vo" / "file").read_bytes() == source.read_bytes()


def test_every_request_looks_at_the_token(encrypted, tokens):
    encrypted.put("/vo/d/file", b"hello\n")
    (encrypted.root / "vo" / "empty").mkdir()
    servers.give(encrypted.root / "vo" / "empty")

    def ask(words, scope):
        authz = f"?authz=Bearer%20{tokens.token(scope=scope)}"
        return run("/usr/bin/xrdfs", f"roots://localhost:{encrypted.port}", *(f"/vo{word}{authz}" if word.startswith("/") else word for word in words))
    for words in LOOKS:
        ask(words, "storage.read:/other").failed(DENIED)
        ask(words, "storage.read:/").ok()
    for words in CHANGES:
        ask(words, "storage.read:/").failed(DENIED)
    for words in CHANGES:
        if words[0] != "mv":  # the file is needed
            encrypted.put("/vo/d/file", b"hello\n")
            ask(words, "storage.modify:/").ok()
