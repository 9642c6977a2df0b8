# SPDX-License-Identifier: Apache-2.0
"""The two servers with TLS: one authority and one certificate for both, made with the openssl command at their first start."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from comparison.servers import Failure, Sluice, Xrootd, account

KEYS = {"rsa": ["-newkey", "rsa:2048"], "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"openssl {words[0]}: {done.stderr}")
    return done.stdout


class Certificates:
    """A directory with `ca/HASH.0`, `cert.pem` and `key.pem`; it goes when the program ends."""

    made = {}

    def __init__(self, kind):
        self._home = tempfile.TemporaryDirectory(prefix="sluice-bench-tls-")
        home = Path(self._home.name)
        home.chmod(0o755)
        self.directory, self.certificate, self.key = home / "ca", home / "cert.pem", home / "key.pem"
        self.directory.mkdir()
        self.authority = ca, ca_key = home / "ca.pem", home / "ca-key.pem"
        openssl("req", "-x509", "-nodes", *KEYS[kind], "-days", 2, "-subj", "/CN=bench", "-keyout", ca_key, "-out", ca)
        request, names = home / "request.pem", home / "names.cnf"
        names.write_text("subjectAltName=IP:127.0.0.1\n")
        openssl("req", "-new", "-nodes", *KEYS[kind], "-subj", "/CN=127.0.0.1", "-keyout", self.key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", 2,
                "-extfile", names, "-out", self.certificate)
        shutil.copy(ca, self.directory / f"{openssl('x509', '-hash', '-noout', '-in', ca).strip()}.0")
        if account():
            shutil.chown(self.key, account())
        self.key.chmod(0o400)

    @classmethod
    def of(cls, kind):
        if kind not in cls.made:
            cls.made[kind] = cls(kind)
        return cls.made[kind]


class Encrypted:
    """What both servers have in common."""

    scheme = "roots"
    kind = "rsa"

    @property
    def certificates(self):
        return Certificates.of(self.kind)

    @property
    def environment(self):
        return {"X509_CERT_DIR": str(self.certificates.directory)}

    @property
    def certificate_options(self):
        """Of our servers."""
        made = self.certificates
        return ["--set", f"tls.certificate={made.certificate}", "--set", f"tls.key={made.key}"]


class EncryptedXrootd(Encrypted, Xrootd):
    def more_configuration(self):
        made = self.certificates
        return f"xrd.tls {made.certificate} {made.key}\nxrd.tlsca certdir {made.directory}\nxrootd.tls capable none\n"


class EncryptedSluice(Encrypted, Sluice):
    def what_to_serve(self, export):
        return [*super().what_to_serve(export), *self.certificate_options]


class EllipticXrootd(EncryptedXrootd):
    kind = "ec"


class EllipticSluice(EncryptedSluice):
    kind = "ec"
