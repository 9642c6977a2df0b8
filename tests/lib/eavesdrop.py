# SPDX-License-Identifier: Apache-2.0
# Somebody between a client and a server: hands every byte on and keeps what the client said, to say it again later.

import contextlib
import socket
import struct
import threading

import rawxroot

_HELLO = 20


class Eavesdropper:
    """Listens at `port` of the loopback for clients of a server."""

    def __init__(self, server):
        self.server = server
        self.said = []  # what each connection said
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self.server.host, self.server.port))
                words = bytearray()
                self.said.append(words)
                threading.Thread(target=self._relay, args=(client, server, words), daemon=True).start()
                threading.Thread(target=self._relay, args=(server, client, None), daemon=True).start()

    @staticmethod
    def _relay(source, target, words):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if words is not None:
                    words += data
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def credentials(self):
        """The payload of each kXR_auth, in order."""
        found = []
        for words in self.said:
            at = _HELLO
            while len(words) - at >= 24:
                (number,), (length,) = struct.unpack_from(">H", words, at + 2), struct.unpack_from(">i", words, at + 20)
                if number == rawxroot.AUTH:
                    found.append(bytes(words[at + 24:at + 24 + length]))
                at += 24 + length
        return found
