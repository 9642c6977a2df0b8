# SPDX-License-Identifier: Apache-2.0
# Doors that ask who comes, each with the settings that a test is about, and what their logs tell of those who came.

import collections
import contextlib
import json
import os
import re
import ssl
import struct
import sys

import rawxroot
import storage
from clients import run

WORD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


class Door(storage.SluiceStorage):
    """A door with a pool in its process. Settings are those of a file: {"auth.methods": ["ztn", "gsi"]}. Unless they say so nobody
    may do anything without having proven who it is."""

    def __init__(self, settings, identity=None, **kwargs):
        super().__init__(**kwargs)
        own = {"access.anonymous": "none", "serve.host_name": "localhost"}
        if identity:
            own |= {"tls.certificate": str(identity.certificate), "tls.key": str(identity.key)}
        self.settings = own | settings

    def text(self):
        # JSON's texts, lists and words are those of TOML too.
        return "".join(f"{name} = {json.dumps(value)}\n" for name, value in self.settings.items())

    def start(self, *extra, **options):
        return super().start(*extra, **options, settings=self.text())

    def change(self, settings):
        """Has it read its settings again, in which these are others now."""
        self.settings |= settings
        self.reload(self.text())

    def at(self, path="", scheme="roots"):
        """A URL by the name that its certificate has."""
        return f"{scheme}://localhost:{self.port}/{path}"

    def events(self, name):
        """The words of each line of the log about such an event, in order."""
        lines = [line for line in self.log().splitlines() if f" event={name} " in line]
        return [{key: value.strip('"') for key, value in WORD.findall(line)} for line in lines]

    def entered(self):
        return self.events("session.authenticated")

    @contextlib.contextmanager
    def meanwhile(self, name="session.authenticated"):
        """A list that has, when the block is over, what happened in it."""
        before, found = len(self.events(name)), []
        yield found
        found += self.events(name)[before:]


def gsi_settings(host, authority, **more):
    """Of a door that takes certificates; `more` are settings of auth.gsi."""
    own = {"certificate": host.certificate, "key": host.key, "ca_directory": authority.directory} | more
    return {f"auth.gsi.{name}": value if isinstance(value, (bool, list)) else str(value) for name, value in own.items()}


def forget_credentials(monkeypatch, folder):
    """No client finds anything that its test does not give it."""
    for name in [n for n in os.environ if n.startswith(("BEARER", "X509", "XrdSec", "KRB5"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{folder}/no-cache")


_SCRIPT = """
import json, sys
from XRootD import client
from XRootD.client.flags import OpenFlags
url, requests = json.loads(sys.argv[1])
session = client.FileSystem(url)
def ask(name, path, *words):
    if name not in ("download", "upload", "overwrite"):
        return getattr(session, name)(path, *words)[0]
    flags = {"download": OpenFlags.READ, "upload": OpenFlags.NEW, "overwrite": OpenFlags.DELETE}[name]
    file = client.File()
    status = file.open(url + path, flags)[0]
    if status.ok:
        file.close()
    return status
answers = [ask(*request) for request in requests]
print(json.dumps([[one.ok, one.errno, one.message] for one in answers]))
"""
MAKE_PARENTS = 1  # flag of mkdir
Answer = collections.namedtuple("Answer", "ok code text")


def in_one_session(door, *requests, scheme="roots", **environment):
    """What python3-xrootd gets for one request after the other, in one session: a method of its FileSystem, or download, upload (of a
    new file), overwrite; then a path and more."""
    done = run(sys.executable, "-c", _SCRIPT, json.dumps([door.at(scheme=scheme), requests]), **environment).ok()
    return [Answer(*answer) for answer in json.loads(done.out)]


def allowed(door, *requests, **options):
    """Which of them were."""
    return [answer.ok for answer in in_one_session(door, *requests, **options)]


def encrypted(door, ask_tls=0x0f):
    """A raw connection with TLS, before its login."""
    raw = rawxroot.Connection(door, hello=False)
    raw.send(rawxroot.HELLO + rawxroot.protocol_request(ask_tls, 3))
    raw.receive(), raw.receive()
    context = ssl.create_default_context(capath=os.environ["X509_CERT_DIR"])
    raw.socket = context.wrap_socket(raw.socket, server_hostname="localhost")
    return raw


def ztn_credential(token):
    token = token.encode() if isinstance(token, str) else token
    return b"ztn\0\0T\0\0" + struct.pack(">H", (len(token) + 1) & 0xffff) + token + b"\0"


def authz(token):
    return f"authz=Bearer%20{token}"


def auth_request(method, credential):
    """A raw kXR_auth."""
    return rawxroot.request(rawxroot.AUTH, bytes(12) + method.ljust(4, b"\0"), credential)
