# SPDX-License-Identifier: Apache-2.0
"""Reads every file of a directory and prints their SHA-256 as JSON, by name: digests.py root://HOST:PORT/ /DIRECTORY"""

import hashlib
import json
import sys

from XRootD import client
from XRootD.client.flags import DirListFlags, OpenFlags


def must(answer):
    status, value = answer
    assert status.ok, status.message
    return value


def digest(url):
    with client.File() as file:
        must(file.open(url, OpenFlags.READ))
        return hashlib.sha256(must(file.read())).hexdigest()


if __name__ == "__main__":
    url, directory = sys.argv[1:]
    names = [entry.name for entry in must(client.FileSystem(url).dirlist(directory, DirListFlags.NONE))]
    print(json.dumps({name: digest(f"{url}{directory}/{name}") for name in names}))
