# SPDX-License-Identifier: Apache-2.0
# A storage system of several processes that loses one of them: pools, the door, the database, the bytes themselves. What was
# acknowledged is there afterwards, nothing else is, and who waits is told.

import itertools
import os
import random
import signal
import threading
import time

import postgres
import pytest
import rawxroot as raw
import servers
from clients import pattern, sha, xrdcp, xrdfs
from stored import must
from XRootD import client
from XRootD.client.flags import OpenFlags

MIB = 1 << 20
CREATE = OpenFlags.NEW | OpenFlags.UPDATE
SEED = int(os.environ.get("SLUICE_CRASH_SEED", "1"))
TURNS = 6
FORGOTTEN = 30  # seconds after which a door takes a silent pool for gone, and some more


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "in"
    path.write_bytes(pattern(3 * MIB, seed=1))
    return path


@pytest.fixture
def open_file():
    """Opens files that are closed when the test ends."""
    opened = []

    def make(url, flags=OpenFlags.READ):
        opened.append(client.File())
        must(opened[-1].open(url, flags))
        return opened[-1]

    yield make
    for file in opened:
        if file.is_open():
            file.close(timeout=5)


def pool_of(server, file):
    """The pool that an open file is at."""
    return server.pool_at(int(file.get_property("DataServer").split(":")[1]))


def consistent(server, work):
    """Waits until what pools have is what the namespace names, and returns its names."""

    def told():
        return {path.stat().st_ino: path.stat().st_size for path in work.top.iterdir()}

    def kept():
        return {number: path.stat().st_size for number, path in server.replicas().items()}

    raw.wait_until(lambda: told() == kept(), seconds=15, what="equality of namespace and pools")
    return set(work.names())


# -- a pool dies ------------------------------------------------------------------------------------------------------


def test_pool_dies_under_an_upload(own_pools, open_file, local):
    server = own_pools(door={"patience": "1 s"})
    work = server.workdir("work")
    file = open_file(work.url("file"), CREATE)
    must(file.write(b"x" * MIB))
    pool = pool_of(server, file)
    pool.kill()
    answers = [file.write(b"y" * MIB, offset=MIB)[0], file.close()[0]]
    assert not all(status.ok for status in answers), "an upload to a dead pool was acknowledged"
    assert work.names() == []
    pool.start()
    assert consistent(server, work) == set()
    xrdcp(local, work.url("file")).ok()
    assert consistent(server, work) == {"file"}


def test_pool_dies_under_a_download(own_pools, open_file):
    server = own_pools(count=1, door={"patience": "1 s"})
    work = server.workdir("work")
    content = pattern(4 * MIB, seed=2)
    work.put("file", content)
    file = open_file(work.url("file"))
    assert must(file.read(0, MIB)) == content[:MIB]
    server.pools[0].kill()
    begun = time.monotonic()
    status, _ = file.read(MIB, MIB)
    assert not status.ok and time.monotonic() - begun < 30, status.message
    server.pools[0].start()
    assert xrdfs(server, "cat", work.remote("file")).ok().raw == content  # by a client that has not given it up


@pytest.mark.parametrize("port", ["same", "other"])
def test_a_download_goes_on_when_the_pool_comes_back(own_pools, open_file, port):
    server = own_pools(count=1)
    work = server.workdir("work")
    content = pattern(4 * MIB, seed=3)
    work.put("file", content)
    file = open_file(work.url("file"))
    assert must(file.read(0, MIB)) == content[:MIB]
    pool = server.pools[0]
    pool.kill()
    if port == "other":
        pool.port = 0
    pool.start()
    assert must(file.read(MIB, 3 * MIB)) == content[MIB:]


def test_a_stopping_pool_ends_what_it_began(own_pools):
    server = own_pools(count=1)
    work = server.workdir("work")
    work.put("old", b"old")
    writer, upload = server.open_by_hand(work.remote("new"), raw.NEW | raw.UPDATE)
    reader, old = server.open_by_hand(work.remote("old"))
    with writer, reader:
        writer.write(upload, 0, b"x" * MIB)
        server.pools[0].process.send_signal(signal.SIGTERM)
        raw.wait_until(lambda: not raw.accepts(server.pools[0]), what="end of accepting")
        assert reader.read(old, 0, 3) == b"old"
        writer.write(upload, MIB, b"y" * MIB)
        writer.call(raw.close_request(upload))
    assert server.pools[0].process.wait(20) == 0
    assert (work / "new").stat().st_size == 2 * MIB


def test_what_a_client_takes_for_stored_is_stored(own_pools):
    # The client says that a close went well when the connection is lost before it: see open_by_hand().
    server = own_pools(count=1)
    work = server.workdir("work")
    file = client.File()
    must(file.open(work.url("file"), CREATE))
    must(file.write(b"content"))
    server.pools[0].process.send_signal(signal.SIGTERM)
    raw.wait_until(lambda: not raw.accepts(server.pools[0]), what="end of accepting")
    must(file.close())
    assert work.names() == ["file"]


def test_a_client_that_lost_its_pool_waits_for_it(own_pools):
    server = own_pools(count=1)
    work = server.workdir("work")
    path = work.put("file", b"content")
    pool = server.pools[0]
    with raw.Connection(server) as door:
        found = door.redirect(raw.open_request(path))
        pool.kill()
        back = raw.open_request(f"{path}?{found.cgi}&tried={found.host}")
        door.send(back)
        assert door.quiet(0.5), "the only pool that has the file is given up at once"
        pool.port = 0
        pool.start()
        answer = door.answer()
        assert answer.status == raw.REDIRECT and int.from_bytes(answer.body[:4], "big") == pool.port


def test_a_client_that_lost_its_pool_is_told_so(own_pools):
    server = own_pools(count=1, door={"patience": "1 s"})
    work = server.workdir("work")
    path = work.put("file", b"content")
    with raw.Connection(server) as door:
        found = door.redirect(raw.open_request(path))
        server.pools[0].kill()
        with pytest.raises(raw.XrootError) as error:
            door.call(raw.open_request(f"{path}?{found.cgi}&tried={found.host}"))
        assert path in error.value.text


class Uploader(threading.Thread):
    """Uploads one file after the other and notes what was acknowledged."""

    def __init__(self, work, label, seed):
        super().__init__()
        self.work, self.label, self.rng = work, label, random.Random(seed)
        self.over = threading.Event()
        self.stored, self.tried = {}, {}

    def run(self):
        for index in itertools.count():
            if self.over.is_set():
                return
            name, content = f"{self.label}-{index}", pattern(self.rng.randrange(1, 2 * MIB), seed=self.rng.randrange(1000))
            self.tried[name] = sha(content)
            try:
                self.upload(name, content)
                self.stored[name] = self.tried[name]
            except (raw.Closed, raw.XrootError, OSError):
                pass  # the pool died: nothing was promised

    def upload(self, name, content):
        connection, handle = self.work.server.open_by_hand(self.work.remote(name), raw.NEW | raw.UPDATE)
        with connection:
            for at in range(0, len(content), MIB):
                connection.write(handle, at, content[at:at + MIB])
            connection.call(raw.close_request(handle))


def test_acknowledged_files_survive_and_others_leave_nothing(own_pools):
    server, rng = own_pools(door={"patience": "5 s"}), random.Random(SEED)
    work = server.workdir("work")
    stored, tried = {}, {}
    for turn in range(TURNS):
        uploaders = [Uploader(work, f"t{turn}-{index}", rng.randrange(10**9)) for index in range(3)]
        for uploader in uploaders:
            uploader.start()
        enough = rng.randrange(3, 40)
        raw.wait_until(lambda: sum(len(uploader.stored) for uploader in uploaders) >= enough, seconds=30, what="uploads")
        victim = rng.choice(server.pools)
        victim.kill()
        victim.start()
        for uploader in uploaders:
            uploader.over.set()
            uploader.join(60)
            assert not uploader.is_alive()
            stored |= uploader.stored
            tried |= uploader.tried
        visible = consistent(server, work)
        assert set(stored) <= visible, f"turn {turn}: acknowledged files are lost"
        for path in server.replicas().values():
            assert sha(path) in tried.values(), f"turn {turn}: {path} is damaged"


def test_a_pool_that_is_gone_and_comes_back(own_pools, local, tmp_path):
    server = own_pools(door={"patience": "6 s"})
    work = server.workdir("work")
    while not server.pools[0].replicas():
        work.put(f"file-{random.random()}", b"content")
    (lost,) = server.pools[0].replicas()
    (name,) = [path.name for path in work.top.iterdir() if path.stat().st_ino == lost]
    server.pools[0].kill()

    # At once the door does not know it yet: clients find out and come back.
    for index in range(3):
        xrdcp(local, work.url(f"early-{index}")).ok()
    nodes = client.FileSystem(server.url).statvfs
    raw.wait_until(lambda: must(nodes("/")).nodes_rw == 2, seconds=FORGOTTEN, what="the door's notice of a dead pool")

    begun = time.monotonic()
    for index in range(12):
        xrdcp(local, work.url(f"late-{index}")).ok()
    assert set(server.pools[0].replicas()) == {lost}
    assert time.monotonic() - begun < 12, "new uploads still wait for a pool that is gone"

    # What only it has: the open waits, and says what it waited for.
    begun = time.monotonic()
    xrdcp(work.url(name), tmp_path / "out").failed(work.remote(name), "pool")
    assert 5 < time.monotonic() - begun < 20

    waiting = threading.Thread(target=lambda: xrdcp(work.url(name), tmp_path / "out").ok())
    waiting.start()
    server.pools[0].port = 0
    server.pools[0].start()
    waiting.join(30)
    assert (tmp_path / "out").read_bytes() == b"content"


def test_no_pool_at_all(own_pools, tmp_path, local):
    server = own_pools(count=0, door={"patience": "1 s"})
    work = server.workdir("work")
    xrdcp(local, work.url("file")).failed(work.remote("file"), "pool")
    assert work.names() == []


# -- the bytes are not what they were ---------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["deleted", "cut", "emptied", "longer"])
@pytest.mark.parametrize("size", [100, 3 * MIB])
def test_a_damaged_replica_gives_an_error_and_no_wrong_bytes(own_pools, tmp_path, harm, size):
    server = own_pools(count=1, door={"patience": "1 s"})
    work = server.workdir("work")
    work.put("file", pattern(size, seed=4))
    work.put("other", b"other")
    replica = server.replicas()[(work / "file").stat().st_ino]
    if harm == "deleted":
        replica.unlink()
    else:
        os.truncate(replica, {"cut": size - 1, "emptied": 0, "longer": size + 1}[harm])
    xrdcp(work.url("file"), tmp_path / "out").failed(work.remote("file"))
    assert not (tmp_path / "out").exists()
    assert xrdfs(server, "cat", work.remote("file")).failed().raw == b""
    assert (work / "other").read_bytes() == b"other"


def test_a_replica_that_vanished_while_its_pool_was_down(own_pools, tmp_path):
    server = own_pools(count=1, door={"patience": "1 s"})
    work = server.workdir("work")
    work.put("file", b"content")
    (replica,) = server.replicas().values()
    server.pools[0].kill()
    replica.unlink()
    server.pools[0].start()
    raw.wait_until(lambda: "replica.lost" in server.pools[0].log(), what="comparison with the catalogue")
    xrdcp(work.url("file"), tmp_path / "out").failed(work.remote("file"))
    assert work.names() == ["file"]  # its name stays: another copy may turn up


# -- the door dies ----------------------------------------------------------------------------------------------------


def test_uploads_and_downloads_need_no_door(own_pools, open_file):
    server = own_pools()
    work = server.workdir("work")
    work.put("file", b"content")
    reader, writer = open_file(work.url("file")), open_file(work.url("new"), CREATE)
    must(writer.write(b"0123"))
    server.kill()
    assert must(reader.read()) == b"content"
    must(writer.write(b"4567", offset=4))
    must(writer.close())
    server.start()
    assert work.names() == ["file", "new"] and (work / "new").read_bytes() == b"01234567"


def test_several_doors_share_a_catalogue(own_pools):
    server = own_pools()
    work = server.workdir("work")
    work.put("file", b"content")
    with servers.running(server.another_door()) as other:
        there = other.workdir("work")
        assert (there / "file").read_bytes() == b"content"
        there.put("new", b"from the other")
        server.kill()
        there.put("newer", b"from the other")
        assert there.names() == ["file", "new", "newer"]
        server.start()
        assert (work / "newer").read_bytes() == b"from the other"


# -- the database dies ------------------------------------------------------------------------------------------------


@pytest.fixture
def own_cluster():
    with servers.running(postgres.Postgres()) as cluster:
        yield cluster


def test_the_database_comes_back_under_an_upload(own_cluster, own_pools, open_file):
    server = own_pools(cluster=own_cluster)
    work = server.workdir("work")
    work.put("file", b"content")
    reader, writer = open_file(work.url("file")), open_file(work.url("new"), CREATE)
    must(writer.write(b"new"))
    own_cluster.stop(signal.SIGQUIT)
    assert must(reader.read()) == b"content"
    must(writer.write(b"er", offset=3))
    closing = threading.Thread(target=lambda: must(writer.close()))
    closing.start()
    own_cluster.start()
    closing.join(30)
    assert work.names() == ["file", "new"] and (work / "new").read_bytes() == b"newer"


def test_an_upload_that_lost_its_beginning_is_refused(own_cluster, own_pools):
    # Clients that lost their connection open the file again at the pool, to update it, and go on where they were.
    server = own_pools(cluster=own_cluster, count=1, catalogue={"patience": "1 s"})
    work = server.workdir("work")
    path = work.remote("file")
    with raw.Connection(server) as door:
        found = door.redirect(raw.open_request(path, raw.NEW | raw.UPDATE))
    first, handle = at_pool(server, found, path, raw.NEW | raw.UPDATE)
    first.write(handle, 0, b"x" * MIB)
    own_cluster.stop(signal.SIGQUIT)
    first.close()
    raw.wait_until(lambda: "upload.not_aborted" in server.pools[0].log(), what="the pool's notice of the lost connection")
    own_cluster.start()
    with pytest.raises(raw.XrootError):
        again, handle = at_pool(server, found, path, raw.UPDATE)
        again.write(handle, MIB, b"y" * MIB)
        again.call(raw.close_request(handle))
    assert work.names() == []


def at_pool(server, found, path, options):
    """A connection to the pool of a redirect, and the handle of the file there."""
    pool = raw.Connection(server.pool_at(found.port), login=False)
    pool.login(cgi=found.token.encode())
    return pool, pool.open(f"{path}?{found.cgi}", options)


def test_without_the_database_clients_get_an_error(own_cluster, own_pools, tmp_path):
    server = own_pools(cluster=own_cluster, count=1, catalogue={"patience": "1 s"})
    work = server.workdir("work")
    work.put("file", b"content")
    own_cluster.stop(signal.SIGQUIT)
    told = [xrdfs(server, "stat", work.remote("file")).failed("[30"), xrdcp(work.url("file"), tmp_path / "out").failed("[30")]
    # Where the database is, is for operators.
    assert not any(str(own_cluster.home) in finished.all for finished in told)
    assert "event=database.unreachable" in server.log()
    own_cluster.start()
    assert (work / "file").read_bytes() == b"content"
