# SPDX-License-Identifier: Apache-2.0
# Doors that ask who comes, each with the settings that a test is about, and what their logs tell of those who came.

import contextlib
import json
import os
import re

import rawxroot
import storage

WORD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


class Door(storage.SluiceStorage):
    """A door with a pool in its process. Settings are those of a file: {"auth.methods": ["ztn", "gsi"]}. Unless they say so nobody
    may do anything without having proven who it is."""

    def __init__(self, settings, identity=None, **kwargs):
        super().__init__(**kwargs)
        own = {"door.anonymous": "none", "serve.host_name": "localhost"}
        if identity:
            own |= {"tls.certificate": str(identity.certificate), "tls.key": str(identity.key)}
        self.settings = own | settings

    def start(self, *extra, **options):
        # JSON's texts, lists and words are those of TOML too.
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in self.settings.items())
        return super().start(*extra, **options, settings=text)

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
    monkeypatch.setenv("XrdSecGSICREATEPROXY", "0")  # else a client without a proxy asks a terminal for a password


def authz(token):
    return f"authz=Bearer%20{token}"


def auth_request(method, credential):
    """A raw kXR_auth."""
    return rawxroot.request(rawxroot.AUTH, bytes(12) + method.ljust(4, b"\0"), credential)
