# SPDX-License-Identifier: Apache-2.0
"""The search of logs for secrets (tests/lib/confidential.py): what it finds, what it must not find, and that a run fails by it."""

import os
import subprocess
import sys
from pathlib import Path

import confidential
import issuer
import pki
import proxies
import pytest
import sss

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def book(monkeypatch):
    own = confidential.Book()
    monkeypatch.setattr(confidential, "book", own)
    yield own
    own.close()


def token(_folder):
    with issuer.Issuer(algorithm="ES256") as one:
        return one.token()


def signature_alone(folder):
    return token(folder).rpartition(".")[2]


def key_of_rsa(folder):
    return pki.new_key(folder / "key.pem").read_text()


def key_of_ec(folder):
    return pki.new_key(folder / "key.pem", "ec").read_text()


def line_of_a_key(folder):
    return key_of_rsa(folder).splitlines()[-4]


def key_of_sss(folder):
    return f"opened {sss.keytab(folder / 'keytab', sss.Key(1)).read_text()}"


@pytest.mark.parametrize("make, kind", [(token, "token"), (signature_alone, "token"), (key_of_rsa, "private key"),
                                        (key_of_ec, "private key"), (line_of_a_key, "private key"), (key_of_sss, "key of sss")])
def test_each_kind_is_found(book, tmp_path, make, kind):
    secret = make(tmp_path)
    book.keep_text("pool seven", f"time=1 event=a\ntime=2 event=b what={secret} more=c\ntime=3 event=d\n".encode())
    book.keep_text("door", b"time=1 event=nothing\n")
    (leak,) = book.leaks()
    assert (leak.writer, leak.kind) == ("pool seven", kind)
    assert secret.strip()[-30:] not in str(leak) and f"<{kind}>" in str(leak)


def test_what_is_public_may_be_said(book, tmp_path):
    authority = pki.Authority(tmp_path)
    identity = authority.user("Jane")
    proxy = proxies.proxy(proxies.Holder.of(identity)).write(tmp_path / "proxy").read_text()
    public = proxy[:proxy.index("-----BEGIN RSA")] + identity.certificate.read_text() + authority.certificate.read_text()
    head, body, _ = token(tmp_path).split(".")
    book.keep_text("door", f"{public} {head}.{body} sub=jane".encode())
    assert book.leaks() == []


def test_keys_and_tokens_in_files_are_known(book, tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    text = sss.keytab(inner / "keytab", sss.Key(1)).read_text()
    bearer = token(tmp_path)
    (inner / "bt_u0").write_text(bearer)
    (tmp_path / "server.log").write_text(bearer)
    book._kinds.clear()
    book.know_files(tmp_path)
    book.keep_text("door", (text + bearer).encode())
    assert {leak.kind for leak in book.leaks()} == {"key of sss", "token"}


def test_short_words_are_no_secrets(book):
    book.know("password", "secret", "")
    book.keep_text("door", b"secret")
    assert book.leaks() == []


INNER = """
import confidential
def test_one():
    confidential.book.know("password of the database", "password-of-somebody")
    confidential.book.keep_text("SluiceStorage storage", b"event=x url=postgresql://u:password-of-somebody@h/" if {leaks} else b"event=x")
def test_two():
    pass
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
@pytest.mark.parametrize("leaks", [True, False])
def test_a_run_fails_by_it(tmp_path, workers, leaks):
    (tmp_path / "test_inner.py").write_text(INNER.format(leaks=leaks))
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    environment.pop("PYTEST_CURRENT_TEST", None)
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "-c", TESTS / "pytest.ini",
                           "--rootdir", tmp_path, *workers, tmp_path], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert (done.returncode != 0) == leaks
    assert ("SluiceStorage storage wrote a password of the database" in done.stdout) == leaks
