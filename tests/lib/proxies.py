# SPDX-License-Identifier: Apache-2.0
# Proxies of every kind, right and wrong, as files that clients take: more kinds than the tools of Debian make. Attributes of virtual
# organisations come from voms-proxy-fake, which plays their server.

import datetime
import functools
import itertools

import confidential
import servers
from clients import run
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

PROXY_INFO = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")
DRAFT_PROXY_INFO = x509.ObjectIdentifier("1.3.6.1.4.1.3536.1.222")
INHERIT_ALL = bytes.fromhex("06082b06010505071501")        # 1.3.6.1.5.5.7.21.1
LIMITED = bytes.fromhex("060b2b060104019b5001010109")       # 1.3.6.1.4.1.3536.1.1.1.9
UNKNOWN_POLICY = bytes.fromhex("06082b06010505071563")     # 1.3.6.1.5.5.7.21.99
SERVER = "voms.example.org"

_serials = itertools.count(1_000_001)


@functools.cache
def _key(number):
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _another_key(taken):
    """Keys cost a second: there are two, and nobody signs with the one that is signed."""
    return _key(0) if taken is not _key(0) else _key(1)


def _sequence(content):
    assert len(content) < 128
    return bytes([0x30, len(content)]) + content


def proxy_info(language=INHERIT_ALL, path_length=None):
    """The DER of ProxyCertInfo."""
    limit = b"" if path_length is None else bytes([2, 1, path_length])
    return _sequence(limit + _sequence(language))


class Holder:
    """A key and its certificates, the own one first."""

    def __init__(self, key, chain):
        self.key, self.chain = key, chain

    @classmethod
    def of(cls, identity):
        """Somebody's certificate, as pki.Authority issues it."""
        key = serialization.load_pem_private_key(identity.key.read_bytes(), None)
        return cls(key, [x509.load_pem_x509_certificate(identity.certificate.read_bytes())])

    @property
    def end(self):
        return self.chain[0].not_valid_after

    def write(self, path):
        """As grid tools write it: certificate, key, and what signed it."""
        key = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                     serialization.NoEncryption())
        certificates = [one.public_bytes(serialization.Encoding.PEM) for one in self.chain]
        confidential.book.know_pem(key)
        path.touch(0o600)
        path.write_bytes(certificates[0] + key + b"".join(certificates[1:]))
        return path


def proxy(issuer, name=None, info=proxy_info(), begin=-300, end=3600, oid=PROXY_INFO, subject=None, signer=None):
    """A proxy that `issuer` signs, itself a Holder that may sign the next. `begin` and `end` are seconds from now; without `info` it is
    one of Globus 2, which its name alone tells; `subject` in place of the one it should have; `signer`: a key that is not the
    issuer's."""
    serial = next(_serials)
    key = _another_key(issuer.key)
    above = issuer.chain[0]
    common = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, name or str(serial))])
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().issuer_name(above.subject).serial_number(serial).public_key(key.public_key())
               .subject_name(subject or x509.Name([*above.subject.rdns, common]))
               .not_valid_before(now + datetime.timedelta(seconds=begin))
               .not_valid_after(now + datetime.timedelta(seconds=end)))
    if info is not None:
        usage = dict.fromkeys(["content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
                               "encipher_only", "decipher_only"], False)
        builder = (builder.add_extension(x509.UnrecognizedExtension(oid, info), critical=True)
                   .add_extension(x509.KeyUsage(digital_signature=True, key_encipherment=True, **usage), critical=True))
    return Holder(key, [builder.sign(signer or issuer.key, hashes.SHA256()), *issuer.chain])


def legacy(issuer, limited=False, **options):
    """A proxy from before RFC 3820."""
    return proxy(issuer, name="limited proxy" if limited else "proxy", info=None, **options)


class Voms:
    """A server of virtual organisations with a certificate of `authority`; `directory` has its LSC files."""

    def __init__(self, authority, home, common_name=SERVER):
        self.authority = authority
        self.home = servers.scratch(home, "voms-")
        self.directory = self.home / "vomsdir"
        self.directory.mkdir()
        self.subject = f"/DC=test/DC=sluice/CN={common_name}"
        self.identity = authority.issue("voms", self.subject)

    def believe(self, vo, subject=None, issuer=None):
        """This server may speak for the organisation; or whoever else is named."""
        (self.directory / vo).mkdir(exist_ok=True)
        (self.directory / vo / f"{SERVER}.lsc").write_text(
            f"{subject or self.subject}\n{issuer or f'/DC=test/DC=sluice/CN={self.authority.name}'}\n")

    def proxy(self, identity, path, vo, *fqans, more=()):
        """A proxy with attributes of this server, in that file."""
        path.unlink(missing_ok=True)
        key = path.with_suffix(".key")  # the tool wants one that is our own
        key.unlink(missing_ok=True)
        key.touch(0o600)
        key.write_bytes(identity.key.read_bytes())
        names = [word for fqan in fqans for word in ("-fqan", fqan)]
        run("/usr/bin/voms-proxy-fake", "-rfc", "-quiet", "-hours", "1", "-cert", identity.certificate, "-key", key,
            "-certdir", self.authority.directory, "-hostcert", self.identity.certificate, "-hostkey", self.identity.key,
            "-voms", vo, "-uri", f"{SERVER}:15000", "-out", path, *names, *more, HOME=str(path.parent)).ok()
        confidential.book.know_file(path)
        return path
