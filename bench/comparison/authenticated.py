# SPDX-License-Identifier: Apache-2.0
"""The two servers with authentication: the same tokens, of an issuer that the program plays itself, and the same proxy for both."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from comparison.encrypted import KEYS, Certificates, Encrypted, EncryptedSluice, EncryptedXrootd, openssl
from comparison.servers import Failure, Sluice, Xrootd, account
from comparison.systems import SluiceStorage

sys.path.append(str(Path(__file__).resolve().parent.parent.parent / "tests/lib"))

POLICY = """\
access_id_CA X509 '{name}'
pos_rights globus CA:sign
cond_subjects globus '"*"'
"""
SCITOKENS = """\
[Issuer {issuer.name}]
issuer = {issuer.url}
base_path = /
"""


class Tokens:
    """One issuer for all servers of the program; `token` is what its clients show."""

    made = None

    def __init__(self):
        from issuer import Issuer  # here, because it needs more than Python itself and the other cases do not
        self.issuer = Issuer("bench")
        self.token = self.issuer.token("storage.read:/", exp=self.issuer.claims()["iat"] + 6 * 3600)

    @classmethod
    def get(cls):
        cls.made = cls.made or cls()
        return cls.made


class Users:
    """The certificate of a user and a proxy of it, from the authority of the servers."""

    made = None

    def __init__(self, certificates):
        home = certificates.directory.parent
        self.proxy = home / "proxy.pem"
        subject = "/O=bench/CN=Jane Doe"
        user = self._issue(home, "user", subject, certificates.authority, ["keyUsage=critical,digitalSignature,keyEncipherment"])
        proxy = self._issue(home, "short", f"{subject}/CN=4711", user,
                            ["keyUsage=critical,digitalSignature,keyEncipherment",
                             "proxyCertInfo=critical,language:id-ppl-inheritAll"])
        self.proxy.write_bytes(b"".join(file.read_bytes() for file in (proxy[0], proxy[1], user[0])))
        self.proxy.chmod(0o600)

    @staticmethod
    def _issue(home, name, subject, issuer, extensions):
        certificate, key = home / f"{name}.pem", home / f"{name}-key.pem"
        request, lines = home / f"{name}-request.pem", home / f"{name}.cnf"
        lines.write_text("".join(f"{line}\n" for line in extensions))
        openssl("req", "-new", "-nodes", *KEYS["rsa"], "-subj", subject, "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", issuer[0], "-CAkey", issuer[1], "-CAcreateserial", "-days", 2,
                "-extfile", lines, "-out", certificate)
        return certificate, key

    @classmethod
    def get(cls):
        cls.made = cls.made or cls(Certificates.of("rsa"))
        return cls.made


# --- tokens ---


def takes_tokens(methods):
    return ["--set", f"auth.token.issuers={Tokens.get().issuer.line()}", "--set", f"auth.methods={methods}"]


class WithTokens(Encrypted):
    """Clients log in with a token, or with no more than a name."""

    method = "ztn"

    @property
    def environment(self):
        return {**super().environment, "BEARER_TOKEN": Tokens.get().token, "XrdSecPROTOCOL": self.method}


class WithAuthorization:
    """Every path comes with a token, and nothing would be measured if nobody looked at it."""

    generator = None  # the program that looks

    @property
    def cgi(self):
        return f"?authz=Bearer%20{Tokens.get().token}"

    def start(self, export):
        super().start(export)
        url = f"{self.scheme}://{self.address}//small/0{self.cgi[:-8]}AAAAAAAA"
        opens = [str(self.generator), "bench", "xroot", url, "--mode", "open", "--duration", "50 ms"]
        done = subprocess.run(opens, capture_output=True, text=True, env={**os.environ, **self.environment})
        if done.returncode != 0 and "error 30" in done.stdout:
            return self
        self.stop()
        raise Failure(f"{self.name} takes a token with a wrong signature: {done.stdout}{done.stderr}")


class TokenXrootd(WithTokens, EncryptedXrootd):
    """The verifier is libscitokens, which finds the issuer's keys where it keeps those that it fetched."""

    @property
    def own_environment(self):
        from issuer import teach_scitokens
        cache = teach_scitokens(self.state / "cache", [Tokens.get().issuer])
        for path in (cache, *cache.rglob("*")):
            if account():
                shutil.chown(path, account())
        return {"XDG_CACHE_HOME": str(cache)}

    def more_configuration(self):
        config = self.state / "scitokens.cfg"
        config.write_text(SCITOKENS.format(issuer=Tokens.get().issuer))
        return super().more_configuration() + f"""\
xrootd.seclib libXrdSec.so
sec.protocol {self.method}
sec.protbind * only {self.method}
ofs.authorize
ofs.authlib libXrdAccSciTokens.so config={config}
"""


class AuthorizedXrootd(WithAuthorization, TokenXrootd):
    """Anybody may log in, and the right to read comes from the token of each path."""

    method = "unix"


class TokenSluice(WithTokens, EncryptedSluice):
    methods = "ztn"  # as our settings call it

    def what_to_serve(self, export):
        return [*super().what_to_serve(export), *takes_tokens(self.methods)]


class AnonymousSluice(TokenSluice):
    """Anybody may log in, and requests may bring tokens. These bring none."""

    name = "sluice without"
    method = "unix"
    methods = "none"


class AuthorizedSluice(WithAuthorization, AnonymousSluice):
    """The same server, and every path with a token: the right to read comes from that."""

    name = "sluice with"


class AnonymousStorage(WithTokens, SluiceStorage):
    """The same with a door and a pool: the door looks at the token and sends the client on."""

    name = "sluice storage without"
    method = "unix"

    def what_to_serve(self, export):
        return [*self.certificate_options, *takes_tokens("none")]


class AuthorizedStorage(WithAuthorization, AnonymousStorage):
    name = "sluice storage with"


# --- gsi ---


class WithProxies:
    """Clients log in with a proxy, in clear."""

    @property
    def environment(self):
        return {"X509_CERT_DIR": str(Certificates.of("rsa").directory), "X509_USER_PROXY": str(Users.get().proxy),
                "XrdSecPROTOCOL": "gsi"}


class ProxyXrootd(WithProxies, Xrootd):
    def more_configuration(self):
        made = Certificates.of("rsa")
        return f"""\
xrootd.seclib libXrdSec.so
sec.protocol gsi -certdir:{made.directory} -cert:{made.certificate} -key:{made.key} -crl:1 -gmapopt:10
sec.protbind * only gsi
"""


class ProxySluice(WithProxies, Sluice):
    def what_to_serve(self, export):
        made = Certificates.of("rsa")
        name = openssl("x509", "-noout", "-subject", "-nameopt", "compat", "-in", made.authority[0])
        for policy in made.directory.glob("*.0"):
            policy.with_suffix(".signing_policy").write_text(POLICY.format(name=name.strip().removeprefix("subject=")))
        return [*super().what_to_serve(export), "--set", "auth.methods=gsi", "--set", f"auth.gsi.certificate={made.certificate}",
                "--set", f"auth.gsi.key={made.key}", "--set", f"auth.gsi.ca_directory={made.directory}"]
