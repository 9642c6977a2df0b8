# SPDX-License-Identifier: Apache-2.0
# The sides of our authentication methods without a door around them: `auth_peer` has the method, and this has as much of the
# protocol as real clients and servers want to see before and after kXR_auth.

import os
import socketserver
import struct
import subprocess
import threading
from pathlib import Path

import rawxroot as raw
import servers


def binary():
    for build in ("dev", "release"):
        path = servers.REPOSITORY / "build" / build / "auth_peer"
        if path.exists():
            return path
    raise RuntimeError("build auth_peer first")


class Peer:
    """One process of auth_peer; say() writes a line and returns the words of the answer."""

    def __init__(self, *words, environment=None):
        self.process = subprocess.Popen([str(binary()), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, **(environment or {})})

    def read(self):
        return self.process.stdout.readline().rstrip("\n").split(" ", 1)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0, "auth_peer died"


class _Handler(socketserver.BaseRequestHandler):
    """hello, protocol, login, auth until it is proven, then stat."""

    def take(self, size):
        out = b""
        while len(out) < size:
            piece = self.request.recv(size - len(out))
            if not piece:
                raise EOFError
            out += piece
        return out

    def answer(self, stream, status, body=b""):
        self.request.sendall(stream + struct.pack(">Hi", status, len(body)) + body)

    def handle(self):
        try:
            self.take(20)
            self.request.sendall(struct.pack(">HHiii", 0, 0, 8, 0x511, 1))
            while True:
                header = self.take(24)
                number, length = struct.unpack(">H", header[2:4])[0], struct.unpack(">i", header[20:])[0]
                self.one(number, header[:2], self.take(length))
        except (EOFError, ConnectionError):
            pass

    def one(self, number, stream, payload):
        door = self.server.door
        if number == raw.PROTOCOL:
            self.answer(stream, raw.OK, struct.pack(">iI", 0x511, 1))
        elif number == raw.LOGIN:
            with door.lock:
                assert door.peer.say(f"begin {self.client_address[0]}") == ["ready"]
            token = f"&P={door.method},{door.parameters}"
            self.answer(stream, raw.OK, bytes(16) + token.encode() + b"\0")
        elif number == raw.AUTH:
            with door.lock:
                kind, text = door.peer.say(f"answer {payload.hex()}")
                door.credentials.append(payload)
                door.verdicts.append((kind, text.strip()))
            if kind == "proof":
                self.answer(stream, raw.OK)
            elif kind == "challenge":
                self.answer(stream, raw.AUTHMORE, bytes.fromhex(text))
            else:
                self.answer(stream, raw.ERROR, struct.pack(">i", 3030) + text.encode() + b"\0")
        elif number == raw.STAT:
            self.answer(stream, raw.OK, b"1 0 51 0\0")
        else:
            self.answer(stream, raw.ERROR, struct.pack(">i", 3013) + b"only stat here\0")


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Door:
    """A server that lets clients in by our side of a method; `verdicts` is what that said, in order."""

    def __init__(self, method, *words, environment=None):
        self.method = method
        self.lock = threading.Lock()
        self.credentials, self.verdicts = [], []
        self.peer = Peer("server", method, *words, environment=environment)
        kind, self.parameters = self.peer.read()
        assert kind == "parameters", (kind, self.parameters)
        self.tcp = _Tcp(("127.0.0.1", 0), _Handler)
        self.tcp.door = self
        self.port = self.tcp.server_address[1]
        self.thread = threading.Thread(target=self.tcp.serve_forever)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tcp.shutdown()
        self.thread.join()
        self.tcp.server_close()
        self.peer.close()


def log_in(server, method, host="127.0.0.1", environment=None):
    """Logs in to a real server with our side of the client: the status and the body of the last answer."""
    with raw.Connection(server, login=False) as link:
        link.send(raw.login_request())
        token = link.receive().body[16:].rstrip(b"\0").decode()
        offers = dict(offer.split(",", 1) if "," in offer else (offer, "") for offer in token.split("&P=")[1:])
        peer = Peer("client", method, host, *link.socket.getsockname()[:2], offers[method], environment=environment)
        try:
            line = "begin"
            while True:
                kind, text = peer.say(line)
                assert kind == "credential", text
                link.send(raw.request(raw.AUTH, bytes(12) + method.encode().ljust(4, b"\0"), bytes.fromhex(text)))
                frame = link.receive()
                if frame.status != raw.AUTHMORE:
                    return frame.status, frame.body
                line = f"answer {frame.body.hex()}"
        finally:
            peer.close()


def keytab(path: Path, *keys):
    """A file of xrdsssadmin; each key is the options of `add`."""
    for options in keys:
        subprocess.run(["xrdsssadmin", *options, "add", str(path)], input=b"y\n", check=True, capture_output=True)
    return path
