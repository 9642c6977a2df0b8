# SPDX-License-Identifier: Apache-2.0
# Certificate authorities of the tests' own, made with the openssl command: a directory with hashed names as grid sites have it,
# host certificates and user certificates. Nothing here is worth keeping secret.

import os
import shutil
import subprocess
from pathlib import Path

import confidential
import servers
from clients import run

OPENSSL = "/usr/bin/openssl"
HOST_NAMES = ("DNS:localhost", "IP:127.0.0.1", "IP:::1")


def openssl(*arguments, stdin=None):
    return run(OPENSSL, *arguments, stdin=stdin).ok()


def new_key(path, kind="rsa"):
    """A private key without a passphrase; `kind` is "rsa" or "ec"."""
    option = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "rsa" else \
        ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl("genpkey", *option, "-out", path)
    confidential.book.know_file(path)
    path.chmod(0o400)
    return servers.give(path)


class Identity:
    """A certificate and its key."""

    def __init__(self, certificate, key):
        self.certificate, self.key = Path(certificate), Path(key)

    @property
    def settings(self):
        """The options with which our servers use it."""
        return ["--set", f"tls.certificate={self.certificate}", "--set", f"tls.key={self.key}"]


class Authority:
    """A CA with a directory of its own below `home`; `directory` may be shared by several."""

    def __init__(self, home, name="Test CA", directory=None):
        self.home = servers.scratch(home, "ca-")
        self.name = name
        self.key = new_key(self.home / "ca-key.pem")
        self.certificate = self.home / "ca.pem"
        openssl("req", "-x509", "-new", "-key", self.key, "-sha256", "-days", "30", "-subj", f"/DC=test/DC=sluice/CN={name}",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-out", self.certificate)
        self.directory = directory or servers.scratch(self.home, "certificates-")
        self.hash = openssl("x509", "-hash", "-noout", "-in", self.certificate).out.strip()
        shutil.copy(self.certificate, self.directory / f"{self.hash}.0")
        self.signing_policy()
        self._database = self.home / "index.txt"
        self._database.write_text("")
        (self.home / "crlnumber").write_text("01\n")
        self._config = self.home / "ca.cnf"
        self._config.write_text(f"[ca]\ndefault_ca = own\n[own]\ndatabase = {self._database}\ncrlnumber = {self.home}/crlnumber\n"
                                "default_md = sha256\ndefault_crl_days = 30\n")
        os.chmod(self.directory, 0o755)

    def signing_policy(self, subjects='"/*"'):
        """What Globus tools want beside the certificate: which names it may sign."""
        (self.directory / f"{self.hash}.signing_policy").write_text(
            f"access_id_CA X509 '/DC=test/DC=sluice/CN={self.name}'\npos_rights globus CA:sign\ncond_subjects globus '{subjects}'\n")

    def issue(self, name, subject, extensions=(), kind="rsa", days=30, begin=None, end=None):
        """A certificate of this CA. `begin` and `end` are times as openssl writes them (YYYYMMDDHHMMSSZ)."""
        folder = servers.scratch(self.home, f"{name}-")
        key, request, certificate = new_key(folder / "key.pem", kind), folder / "request.pem", folder / "cert.pem"
        openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        lines = folder / "extensions.cnf"
        lines.write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
                         "subjectKeyIdentifier=hash\n"  # voms-proxy-fake wants it
                         + "".join(f"{line}\n" for line in extensions))
        if begin or end:
            # `openssl ca` alone takes dates.
            policy = folder / "policy.cnf"
            policy.write_text(f"[ca]\ndefault_ca = own\n[own]\ndatabase = {self._database}\nnew_certs_dir = {folder}\n"
                              "rand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\n"
                              "[any]\nDC = optional\nO = optional\nCN = supplied\n")
            openssl("ca", "-batch", "-notext", "-config", policy, "-cert", self.certificate, "-keyfile", self.key,
                    "-in", request, "-out", certificate, "-extfile", lines, "-startdate", begin, "-enddate", end)
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                    "-sha256", "-days", str(days), "-extfile", lines, "-out", certificate)
        servers.give(certificate)
        return Identity(certificate, key)

    def host(self, names=HOST_NAMES, common_name="localhost", **options):
        return self.issue("host", f"/DC=test/DC=sluice/CN={common_name}",
                          [f"subjectAltName={','.join(names)}", "extendedKeyUsage=serverAuth,clientAuth"], **options)

    def user(self, common_name="Test User", **options):
        return self.issue("user", f"/DC=test/DC=sluice/CN={common_name}", ["extendedKeyUsage=clientAuth"], **options)

    def expired_host(self):
        return self.host(begin="20200101000000Z", end="20200201000000Z")

    def revoke(self, *identities):
        """The list of what this CA takes back goes into its directory."""
        for identity in identities:
            openssl("ca", "-config", self._config, "-cert", self.certificate, "-keyfile", self.key,
                    "-revoke", identity.certificate)
        openssl("ca", "-config", self._config, "-cert", self.certificate, "-keyfile", self.key, "-gencrl",
                "-out", self.directory / f"{self.hash}.r0")

    @property
    def environment(self):
        """With which clients trust it."""
        return {"X509_CERT_DIR": str(self.directory)}

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)


def s_client(port, *options, stdin=b"", timeout=20):
    """What `openssl s_client` says about a port; its exit code counts for nothing."""
    command = [OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", *map(str, options)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout)
    return (done.stdout + done.stderr).decode(errors="replace")
