# SPDX-License-Identifier: Apache-2.0
# Credentials of the method sss made by hand, right and wrong, and files of keys; written from the description of the format.

import os
import struct
import time
import warnings
import zlib

import confidential
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.utils import CryptographyDeprecationWarning

_EPOCH = 1222183880  # what times are counted from
NAME, LOGIN, HOST = 1, 0x10, 0x20


class Key:
    def __init__(self, number, user="jane", group="staff", name="sluice", expires=0, value=None):
        self.number, self.user, self.group, self.name, self.expires = number, user, group, name, expires
        self.value = value or os.urandom(32)
        confidential.book.know("key of sss", self.value.hex())

    def line(self):
        return (f"0 u:{self.user} g:{self.group} n:{self.name} N:{self.number} c:{int(time.time()) - 100} e:{self.expires} f:0 "
                f"k:{self.value.hex()}\n")


def keytab(path, *keys):
    """A file as xrdsssadmin writes it."""
    path.touch(0o600)
    path.write_text("".join(key.line() for key in keys))
    return path


def item(kind, text):
    return struct.pack(">BH", kind, len(text) + 1) + text.encode() + b"\0"


def credential(key, user=None, host="[::ffff:127.0.0.1]:1", age=0, number=None, damage=False):
    """What a client with that key says. `host` None leaves its address out; `number` is that of another key."""
    items = item(NAME, user or key.user) + (item(HOST, host) if host else b"")
    plain = os.urandom(32) + struct.pack(">I3xB", int(time.time()) - age - _EPOCH, 0) + items
    plain += struct.pack(">I", zlib.crc32(plain))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        cipher = Cipher(algorithms.Blowfish(key.value), modes.CFB(bytes(8))).encryptor()
    sealed = cipher.update(plain) + cipher.finalize()
    if damage:
        sealed = sealed[:50] + bytes([sealed[50] ^ 1]) + sealed[51:]
    return b"sss\0" + b"\0\0" + b"\0" + b"0" + struct.pack(">q", key.number if number is None else number) + sealed
