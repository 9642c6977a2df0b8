# SPDX-License-Identifier: Apache-2.0
# An issuer of bearer tokens: keys of its own, discovery and JWKS over HTTP on the loopback, and tokens with any claims, right and
# wrong. It speaks through Debian's python3-jwt and python3-cryptography and shares no code with what it tests.

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import sqlite3
import threading
import time
import uuid

import confidential
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ANY_AUDIENCE = "https://wlcg.cern.ch/jwt/v1/any"

_KINDS = {
    "RS256": (lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048), jwt.algorithms.RSAAlgorithm),
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), jwt.algorithms.ECAlgorithm),
    "ES384": (lambda: ec.generate_private_key(ec.SECP384R1()), jwt.algorithms.ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, jwt.algorithms.OKPAlgorithm),
}
_KINDS["RS512"] = _KINDS["RS256"]


def encoded(data):
    """base64url without padding, of bytes or of anything that JSON can say."""
    if not isinstance(data, bytes):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _numbers(public):
    """The members that make a JWK of an EC key, which python3-jwt of Debian 12 does not write."""
    size = (public.curve.key_size + 7) // 8
    numbers = public.public_numbers()
    return {"kty": "EC", "crv": f"P-{public.curve.key_size}", "x": encoded(numbers.x.to_bytes(size, "big")),
            "y": encoded(numbers.y.to_bytes(size, "big"))}


def teach_scitokens(home, issuers):
    """Writes the keys of the issuers to where Debian's libscitokens keeps those that it fetched: it asks https alone. `home` goes
    into XDG_CACHE_HOME of the xrootd that is to believe them."""
    folder = home / "scitokens"
    folder.mkdir(parents=True, exist_ok=True)
    now = int(time.time())
    with contextlib.closing(sqlite3.connect(folder / "scitokens_cpp.sqllite")) as cache, cache:
        cache.execute("CREATE TABLE IF NOT EXISTS keycache (issuer text UNIQUE PRIMARY KEY NOT NULL, keys text NOT NULL)")
        cache.executemany("REPLACE INTO keycache VALUES (?, ?)", [
            (issuer.url, json.dumps({"jwks": issuer.jwks(), "next_update": now + 36_000, "expires": now + 360_000}))
            for issuer in issuers])
    return home


class Key:
    """A key pair; `id` is its kid."""

    def __init__(self, algorithm="RS256", key_id=None):
        self.algorithm = algorithm
        self.private = _KINDS[algorithm][0]()
        self.id = key_id or f"{algorithm.lower()}-{uuid.uuid4().hex[:8]}"

    def jwk(self):
        public = self.private.public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            members = _numbers(public)
        else:
            members = json.loads(_KINDS[self.algorithm][1].to_jwk(public))
        return {**members, "kid": self.id, "use": "sig", "alg": self.algorithm}

    def pem(self):
        """The public key: the secret of those who take HS256 for what it says."""
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Issuer:
    """Serves until close(). With `url` tokens name that one, and line() tells where the keys are: some verifiers take https alone.
     `keys` may be changed at any time; the first one signs. While `hangs`, requests get no answer; while
    `fails` is a status, they get that."""

    def __init__(self, name="test", prefix="/", algorithm="RS256", port=0, url=None):
        self.name = name
        self.prefix = prefix
        self.keys = [Key(algorithm)]
        self.requests = []  # paths, as they came
        self.fails = None
        self._answering = threading.Event()
        self._answering.set()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.place = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self.url = url or self.place
        threading.Thread(target=self._server.serve_forever, name=f"issuer {name}", daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._answering.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def hangs(self):
        return not self._answering.is_set()

    @hangs.setter
    def hangs(self, value):
        (self._answering.clear if value else self._answering.set)()

    def line(self, **words):
        """One text of auth.token.issuers; `words` are more words of it, audience="..." and the like."""
        if self.url != self.place:
            words.setdefault("jwks", f"{self.place}jwks")
        more = "".join(f" {word}={value}" for word, value in words.items())
        return f"name={self.name} url={self.url} prefix={self.prefix}{more}"

    def jwks(self):
        return {"keys": [key.jwk() for key in self.keys]}

    def rotate(self, algorithm=None, keep=True):
        """A new key signs from now on; with `keep` tokens of the old ones still count."""
        new = Key(algorithm or self.keys[0].algorithm)
        self.keys = [new, *(self.keys if keep else [])]
        return new

    # -- tokens --

    def claims(self, scope="storage.read:/", **changes):
        """Those of a good WLCG token. `changes` replace them; None takes one away. Names with dots: **{"wlcg.ver": "2.0"}."""
        now = int(time.time())
        claims = {"iss": self.url, "sub": "jane", "aud": ANY_AUDIENCE, "exp": now + 600, "nbf": now - 5, "iat": now - 5,
                  "jti": uuid.uuid4().hex, "wlcg.ver": "1.0", "scope": scope, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, scope="storage.read:/", key=None, key_id=True, **changes):
        """A signed token. key_id: True for that of the key, None for no kid, or any other text."""
        key = key or self.keys[0]
        headers = {"kid": key.id if key_id is True else key_id} if key_id else {}
        made = jwt.encode(self.claims(scope, **changes), key.private, algorithm=key.algorithm, headers=headers)
        confidential.book.know_token(made)
        return made

    def scitoken(self, scope="read:/", **changes):
        return self.token(scope, **{"wlcg.ver": None, "ver": "scitokens:2.0", "aud": "ANY", **changes})

    def unsigned(self, algorithm="none", **changes):
        """Says that it needs no signature and has none."""
        return f"{encoded({'alg': algorithm, 'kid': self.keys[0].id})}.{encoded(self.claims(**changes))}."

    def confused(self, **changes):
        """HS256, with the public key of RSA as the secret."""
        text = f"{encoded({'alg': 'HS256', 'kid': self.keys[0].id})}.{encoded(self.claims(**changes))}"
        return f"{text}.{encoded(hmac.new(self.keys[0].pem(), text.encode(), hashlib.sha256).digest())}"

    def bad_tokens(self, **changes):
        """What no server may take, by name."""
        good = self.token(**changes)
        head, body, signature = good.split(".")
        now = int(time.time())
        other = "A" if signature[9] != "A" else "B"
        made = {
            "unsigned": self.unsigned(**changes),
            "public key as secret": self.confused(**changes),
            "wrong key": self.token(key=Key("RS256", self.keys[0].id), **changes),
            "unknown key": self.token(key_id="unknown", **changes),
            "bad signature": f"{head}.{body}.{signature[:9]}{other}{signature[10:]}",
            "cut off": good[:-20],
            "no signature": f"{head}.{body}.",
            "other claims": f"{head}.{encoded(self.claims(**{**changes, 'sub': 'root'}))}.{signature}",
            "expired": self.token(**{**changes, "exp": now - 120}),
            "not yet valid": self.token(**{**changes, "nbf": now + 300}),
            "issued in the future": self.token(**{**changes, "iat": now + 300}),
            "without an end": self.token(**{**changes, "exp": None}),
            "wrong issuer": self.token(**{**changes, "iss": "https://evil.example/"}),
            "wrong audience": self.token(**{**changes, "aud": "https://other.example"}),
            "wrong version": self.token(**{**changes, "wlcg.ver": "2.0"}),
            "huge": self.token(**{**changes, "padding": "x" * 600_000}),
        }
        for token in made.values():
            confidential.book.know_token(token)
        return made

    # -- documents --

    def _document(self, path):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.place}jwks", "token_endpoint": f"{self.place}token"}
        return self.jwks() if path == "/jwks" else None

    def _handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # the name is http.server's
                issuer.requests.append(self.path)
                issuer._answering.wait()
                document = issuer._document(self.path)
                body = json.dumps(document).encode()
                self.send_response(issuer.fails or (200 if document else 404))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
