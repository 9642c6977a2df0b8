# SPDX-License-Identifier: Apache-2.0
# kill -9 in the middle of uploads: what was acknowledged is there, and under a final name of a posc upload there is
# either the whole file or nothing. SLUICE_CRASH_SEED repeats a run.

import os
import random
import struct
import threading

import pytest
import rawxroot as raw
from clients import pattern

SEED = int(os.environ.get("SLUICE_CRASH_SEED", "1"))
TURNS = 12
PIECE = 65536


class Upload(threading.Thread):
    """Writes files one after the other until the server dies, and notes what was acknowledged."""

    def __init__(self, server, name, options, seed):
        super().__init__()
        self.server, self.name_base, self.options, self.rng = server, name, options, random.Random(seed)
        self.closed = {}   # name -> content of files whose close was acknowledged
        self.written = {}  # name -> bytes acknowledged of the file under way
        self.started = threading.Event()

    def run(self):
        try:
            with raw.Connection(self.server) as connection:
                for index in range(10000):
                    self.one_file(connection, f"{self.name_base}-{index}")
        except (raw.Closed, OSError):
            pass
        finally:
            self.started.set()

    def one_file(self, connection, name):
        content = pattern(self.rng.randrange(1, 12) * PIECE + self.rng.randrange(PIECE), seed=self.rng.randrange(1000))
        self.written = {name: (content, 0)}
        handle = connection.open("/work/" + name, self.options)
        for at in range(0, len(content), PIECE):
            piece = content[at:at + PIECE]
            connection.write(handle, at, piece)
            self.written[name] = (content, at + len(piece))
            self.started.set()
        connection.call(raw.close_request(handle))
        self.closed[name] = content
        self.written = {}


def crash(server, rng, options):
    """Runs uploads, kills the server at a random moment, and returns the uploads."""
    uploads = [Upload(server, f"u{rng.randrange(10**9)}", options, rng.randrange(10**9)) for _ in range(4)]
    for upload in uploads:
        upload.start()
    for upload in uploads:
        upload.started.wait(20)
    enough = rng.randrange(1, 25)  # files finished before the blow: random, but bound to progress and not to time
    raw.wait_until(lambda: sum(len(upload.closed) for upload in uploads) >= enough, seconds=30, what="uploads")
    server.kill()
    for upload in uploads:
        upload.join(30)
        assert not upload.is_alive()
    return uploads


def restart(server):
    server.start()
    with raw.Connection(server) as connection:
        listing = connection.call(raw.request(raw.DIRLIST, payload=b"/work")).body.rstrip(b"\0").decode()
    return set(listing.split("\n")) - {""}


@pytest.mark.parametrize("kind", ["posc", "plain"])
def test_killed_during_uploads(own_sluice, kind):
    rng = random.Random(SEED * 1000 + len(kind))
    options = raw.NEW | raw.UPDATE | (raw.POSC if kind == "posc" else 0)
    server = own_sluice()
    work = server.workdir("work")
    acknowledged = {}
    for turn in range(TURNS):
        uploads = crash(server, rng, options)
        visible = restart(server)
        half = {}
        for upload in uploads:
            acknowledged.update(upload.closed)
            half.update(upload.written)
        for name, content in acknowledged.items():
            assert name in visible, f"turn {turn}: acknowledged {name} is lost"
            assert (work / name).read_bytes() == content, f"turn {turn}: acknowledged {name} is damaged"
        for name, (content, upto) in half.items():
            check_unfinished(work, name, content, upto, kind, name in visible)
        unknown = visible - set(acknowledged) - set(half)
        assert not unknown, f"turn {turn}: leftovers {unknown}"
        for name in visible:  # and the room is usable again
            os.unlink(work / name)
        acknowledged.clear()


def check_unfinished(work, name, content, upto, kind, visible):
    """A file whose close was not answered: posc shows all of it or nothing; a plain one keeps what was acknowledged."""
    if not visible:
        assert kind == "posc" or upto == 0, f"{upto} acknowledged bytes of {name} are lost"
        return
    found = (work / name).read_bytes()
    if kind == "posc":
        assert found == content, f"{name} is visible with {len(found)} of {len(content)} bytes"
    else:
        assert found[:upto] == content[:upto], f"acknowledged bytes of {name} are damaged"


def test_nothing_is_left_in_hidden_places(own_sluice):
    """After a crash and a restart, the space of broken posc uploads is given back."""
    server = own_sluice()
    server.workdir("work")
    with raw.Connection(server) as connection:
        handle = connection.open("/work/partial", raw.NEW | raw.UPDATE | raw.POSC)
        connection.write(handle, 0, b"x" * (4 << 20))
        server.kill()
    server.start()
    raw.wait_until(lambda: held(server) < 1 << 20, what="removal of what the crash left behind")


def held(server):
    """Bytes in the export and in the server's own directory."""
    total = 0
    for top in (server.root, server.data):
        for folder, _, files in os.walk(top):
            total += sum(os.lstat(os.path.join(folder, name)).st_size for name in files)
    return total


def test_overwriting_with_posc_keeps_the_old_file_until_the_close(own_sluice):
    server = own_sluice()
    work = server.workdir("work")
    work.put("file", b"the old content")
    with raw.Connection(server) as connection:
        handle = connection.open("/work/file", raw.DELETE | raw.UPDATE | raw.POSC)
        connection.write(handle, 0, b"new" * 100000)
        server.kill()
    server.start()
    assert (work / "file").read_bytes() == b"the old content"


def test_lost_client_of_posc_overwrite_keeps_the_old_file(sluice_dir):
    path = sluice_dir.put("file", b"the old content")
    connection = raw.Connection(sluice_dir.server)
    handle = connection.open(path, raw.DELETE | raw.UPDATE | raw.POSC)
    connection.write(handle, 0, b"new" * 100000)
    connection.abort()
    raw.wait_until(lambda: openable(sluice_dir.server, path), what="end of the broken upload")
    assert (sluice_dir / "file").read_bytes() == b"the old content"


def openable(server, path):
    with raw.Connection(server) as connection:
        try:
            return connection.open(path, raw.UPDATE)
        except raw.XrootError:
            return None


def test_checksum_written_before_a_crash_is_never_wrong(own_sluice):
    """Overwrite in place, crash: the stored checksum of the old content must not be given for the new."""
    server = own_sluice()
    work = server.workdir("work")
    work.put("file", b"a" * 100000)
    query = raw.request(raw.QUERY, struct.pack(">H", 3), b"/work/file?cks.type=adler32")
    with raw.Connection(server) as connection:
        first = connection.call(query).body
        handle = connection.open("/work/file", raw.UPDATE)
        connection.write(handle, 0, b"b" * 100000)
        server.kill()
    server.start()
    with raw.Connection(server) as connection:
        assert connection.call(query).body != first
    assert (work / "file").read_bytes() == b"b" * 100000
