# SPDX-License-Identifier: Apache-2.0
# The Python bindings of the xroot client (python3-xrootd 5.5.3), against every kind of our server and against
# Debian's. Not tested, because this version of the bindings is broken on Python 3.11 whatever the server does: *_xattr
# raise SystemError, FileSystem.prepare ends the process. test_xrdfs.py covers both requests.

import os
import threading

import pytest
from clients import pattern, same, xrdfs
from XRootD import client
from XRootD.client.flags import AccessMode, DirListFlags, MkDirFlags, OpenFlags, QueryCode, StatInfoFlags

MIB = 1 << 20
CREATE = OpenFlags.NEW | OpenFlags.UPDATE
RIGHTS = AccessMode.UR | AccessMode.UW | AccessMode.GR | AccessMode.OR


def ok(answer):
    """The value of a (status, value) pair that must be a success."""
    status, value = answer
    assert status.ok, status.message
    return value


def code(answer):
    """The protocol's error number of a pair that must be a failure."""
    status, _ = answer
    assert not status.ok
    return status.errno


@pytest.fixture
def fs(server):
    return client.FileSystem(server.url)


@pytest.fixture
def open_file(workdir):
    """Opens files that are closed when the test ends."""
    opened = []

    def make(name, flags=OpenFlags.READ, mode=RIGHTS):
        file = client.File()
        opened.append(file)
        ok(file.open(workdir.url(name), flags, mode))
        return file

    yield make
    for file in opened:
        if file.is_open():
            file.close()


# -- opening ----------------------------------------------------------------------------------------------------------


def open_status(workdir, name, flags):
    with client.File() as file:
        return file.open(workdir.url(name), flags, RIGHTS)


@pytest.mark.parametrize("flags, expected", [
    (OpenFlags.READ, 3011), (OpenFlags.UPDATE, 3011), (OpenFlags.WRITE, 3011),
    (OpenFlags.NEW | OpenFlags.UPDATE, 0), (OpenFlags.DELETE | OpenFlags.UPDATE, 0), (OpenFlags.NEW | OpenFlags.WRITE, 0),
    (OpenFlags.NEW, 0), (OpenFlags.DELETE, 0), (OpenFlags.NEW | OpenFlags.DELETE | OpenFlags.UPDATE, 0)])
def test_open_of_what_is_not_there(workdir, flags, expected):
    status, _ = open_status(workdir, "file", flags)
    assert (status.ok, status.errno) == (expected == 0, expected)
    assert (workdir / "file").exists() == (expected == 0)


# `stored`: the answer of a storage system, where what was closed changes no more.
@pytest.mark.parametrize("flags, expected, stored, left", [
    (OpenFlags.READ, 0, 0, b"old"), (OpenFlags.NONE, 0, 0, b"old"),
    (OpenFlags.UPDATE, 0, 3013, b"old"), (OpenFlags.WRITE, 0, 3013, b"old"),
    (OpenFlags.NEW | OpenFlags.UPDATE, 3018, 3018, b"old"), (OpenFlags.NEW, 3018, 3018, b"old"),
    (OpenFlags.DELETE | OpenFlags.UPDATE, 0, 0, b"")])
def test_open_of_what_is_there(workdir, flags, expected, stored, left):
    workdir.put("file", b"old")
    status, _ = open_status(workdir, "file", flags)
    expected = stored if workdir.server.is_storage else expected
    assert (status.ok, status.errno) == (expected == 0, expected)
    assert (workdir / "file").read_bytes() == left


def test_new_wins_over_delete(workdir):
    workdir.put("file", b"old")
    status, _ = open_status(workdir, "file", OpenFlags.NEW | OpenFlags.DELETE | OpenFlags.UPDATE)
    assert status.errno == 3018
    assert (workdir / "file").read_bytes() == b"old"


def test_open_of_a_directory(workdir):
    for flags in (OpenFlags.READ, OpenFlags.UPDATE):
        assert code(open_status(workdir, "", flags)) == 3016


@pytest.mark.parametrize("flags", [OpenFlags.MAKEPATH, OpenFlags.NONE])
def test_parents_are_made(workdir, flags):
    status, _ = open_status(workdir, "x/y/file", CREATE | flags)
    assert status.ok and (workdir / "x/y/file").exists()


def test_mode_of_a_new_file(workdir):
    with client.File() as file:
        ok(file.open(workdir.url("file"), CREATE, AccessMode.UR | AccessMode.UW | AccessMode.UX))
    assert (workdir / "file").stat().st_mode & 0o777 == 0o700


@pytest.mark.needs("update")
def test_a_file_has_one_writer(workdir):
    workdir.put("file", b"x")
    with client.File() as first, client.File() as second:
        ok(first.open(workdir.url("file"), OpenFlags.UPDATE))
        assert code(second.open(workdir.url("file"), OpenFlags.UPDATE)) == 3003
        assert code(second.open(workdir.url("file"), OpenFlags.READ)) == 3003
    assert open_status(workdir, "file", OpenFlags.UPDATE)[0].ok


@pytest.mark.needs("storage")
@pytest.mark.parametrize("name, flags", [("file", OpenFlags.DELETE | OpenFlags.UPDATE), ("new", CREATE)])
def test_a_name_has_one_upload(workdir, name, flags):
    workdir.put("file", b"old")
    with client.File() as first, client.File() as second:
        ok(first.open(workdir.url(name), flags))
        assert code(second.open(workdir.url(name), flags)) == 3003
        assert (workdir / "file").read_bytes() == b"old"  # until the upload is complete
        assert not (workdir / "new").exists()


def test_many_readers(workdir):
    workdir.put("file", b"content")
    files = [client.File() for _ in range(50)]
    for file in files:
        ok(file.open(workdir.url("file")))
    assert all(ok(file.read()) == b"content" for file in files)
    for file in files:
        ok(file.close())


def test_a_closed_file_says_so(workdir, open_file):
    workdir.put("file", b"x")
    file = open_file("file")
    assert file.is_open()
    ok(file.close())
    assert not file.is_open()
    with pytest.raises(ValueError):
        file.read()


# -- reading ----------------------------------------------------------------------------------------------------------


def test_read(workdir, open_file):
    data = pattern(3 * MIB + 17)
    workdir.put("file", data)
    file = open_file("file")
    assert ok(file.read()) == data
    for offset, size in ((0, 1), (4095, 2), (100, 1000000), (len(data) - 5, 100), (len(data), 10), (len(data) + 1000, 10)):
        assert ok(file.read(offset, size)) == data[offset:offset + size]


def test_lines(workdir, open_file):
    text = b"one\ntwo\n\nfour with words\nlast without end"
    workdir.put("file", text)
    file = open_file("file")
    assert file.readline() == b"one\n" and file.readline() == b"two\n"
    file = open_file("file")
    assert file.readlines() == text.splitlines(keepends=True)


def test_chunks(workdir, open_file):
    data = pattern(100000)
    workdir.put("file", data)
    assert b"".join(open_file("file").readchunks(offset=0, chunksize=4099)) == data


def test_asynchronous_reads(workdir, open_file):
    data = pattern(2 * MIB)
    workdir.put("file", data)
    file, answers, all_there = open_file("file"), {}, threading.Event()

    def keep(index):
        def callback(status, value, hosts):
            answers[index] = ok((status, value))
            if len(answers) == 64:
                all_there.set()
        return callback

    for index in range(64):
        assert file.read(index * 32768, 32768, callback=keep(index)).ok
    assert all_there.wait(30)
    assert b"".join(answers[index] for index in range(64)) == data


def test_vector_read(workdir, open_file):
    data = pattern(1 * MIB)
    workdir.put("file", data)
    wanted = [(0, 4), (100, 8), (MIB - 10, 10), (5000, 100000), (0, 1)]
    answer = ok(open_file("file").vector_read(wanted))
    assert answer.size == sum(size for _, size in wanted)
    assert [(chunk.offset, chunk.length, chunk.buffer) for chunk in answer.chunks] == \
        [(offset, size, data[offset:offset + size]) for offset, size in wanted]


def test_vector_read_limits(workdir, open_file):
    workdir.put_zeros("sparse", 1024 * 2 * MIB)
    file = open_file("sparse")
    answer = ok(file.vector_read([(index * 2 * MIB, 64) for index in range(1024)]))
    assert answer.size == 65536 and len(answer.chunks) == 1024
    assert code(file.vector_read([(index * 64, 16) for index in range(1025)])) == 3002
    assert ok(file.vector_read([(0, 2097136)])).size == 2097136
    assert code(file.vector_read([(0, 2097137)])) == 3008
    assert code(file.vector_read([(0, 2 * MIB)])) == 3008
    assert ok(file.read(0, 10)) == bytes(10)  # and the file lives on


@pytest.mark.needs("ours")
def test_vector_read_of_the_largest_size(workdir):
    # 128 x (2 MiB - 16): 256 MiB in one answer, in parts.
    workdir.put_zeros("sparse", 256 * MIB)
    with client.File() as file:
        ok(file.open(workdir.url("sparse")))
        answer = ok(file.vector_read([(index * 2 * MIB, 2097136) for index in range(128)]))
        assert answer.size == 128 * 2097136
        assert all(chunk.buffer.count(0) == 2097136 for chunk in answer.chunks)


def test_vector_read_past_the_end(workdir, open_file):
    workdir.put("file", b"x" * 5000)
    expected = 3005 if workdir.server.name == "debian" else 3000
    assert code(open_file("file").vector_read([(0, 4), (4999, 8)])) == expected


# -- writing ----------------------------------------------------------------------------------------------------------


def test_write_and_read_back(workdir, open_file):
    file = open_file("file", CREATE)
    ok(file.write(b"0123456789" * 1000))
    ok(file.write("abc", offset=5))
    ok(file.write(b"tail", offset=20000))
    ok(file.sync())
    assert ok(file.read(0, 20)) == b"01234abc890123456789"
    assert ok(file.stat(force=True)).size == 20004
    ok(file.close())
    assert (workdir / "file").read_bytes() == b"01234abc89" + b"0123456789" * 999 + bytes(10000) + b"tail"


def test_large_and_small_writes(workdir, open_file):
    data = pattern(20 * MIB + 5, seed=3)
    file = open_file("file", CREATE)
    ok(file.write(data[:16 * MIB]))
    for at in range(16 * MIB, len(data), 999983):
        ok(file.write(data[at:at + 999983], offset=at))
    ok(file.close())
    assert (workdir / "file").read_bytes() == data


def test_truncate(workdir, open_file):
    file = open_file("file", CREATE)
    ok(file.write(b"0123456789"))
    for size, content in ((4, b"0123"), (8, b"0123\0\0\0\0"), (0, b"")):
        ok(file.truncate(size))
        assert ok(file.stat(force=True)).size == size
        assert ok(file.read(0, 100)) == content


def test_writes_on_a_file_open_for_reading(workdir, open_file):
    workdir.put("file", b"old")
    file = open_file("file")
    assert code(file.write(b"new")) == 3004
    assert code(file.truncate(1)) in (3000, 3004, 3010)
    ok(file.sync())
    assert (workdir / "file").read_bytes() == b"old"


@pytest.mark.needs("update")
def test_reads_on_a_file_open_for_writing_only(workdir, open_file):
    workdir.put("file", b"old")
    assert code(open_file("file", OpenFlags.WRITE).read(0, 3)) == 3004


def test_asynchronous_writes(workdir, open_file):
    data = pattern(4 * MIB, seed=4)
    file, done = open_file("file", CREATE), threading.Semaphore(0)
    pieces = [data[index * 65536:][:65536] for index in range(64)]  # kept: the bindings hold no reference to them
    for index, piece in enumerate(pieces):
        assert file.write(piece, offset=index * 65536, callback=lambda status, value, hosts: (ok((status, value)), done.release())).ok
    for _ in range(64):
        assert done.acquire(timeout=30)
    ok(file.close())
    assert (workdir / "file").read_bytes() == data


def test_truncate_by_path(fs, workdir):
    path = workdir.put("file", b"0123456789")
    if workdir.server.is_storage:
        assert code(fs.truncate(path, 3)) == 3013
        assert (workdir / "file").read_bytes() == b"0123456789"
    else:
        ok(fs.truncate(path, 3))
        assert (workdir / "file").read_bytes() == b"012"


@pytest.mark.needs("ours")
def test_posc_shows_the_file_at_the_close(workdir):
    file = client.File()
    ok(file.open(workdir.url("file"), CREATE | OpenFlags.POSC, RIGHTS))
    ok(file.write(b"content"))
    assert not (workdir / "file").exists() or (workdir / "file").stat().st_size == 0 or \
        int(ok(client.FileSystem(workdir.server.url).stat(workdir.remote("file"))).flags) & StatInfoFlags.POSC_PENDING
    ok(file.close())
    assert (workdir / "file").read_bytes() == b"content"


# -- a file's information ---------------------------------------------------------------------------------------------


def test_stat_of_an_open_file(workdir, open_file):
    workdir.put("file", b"x" * 12345)
    file = open_file("file")
    for force in (False, True):
        info = ok(file.stat(force))
        assert info.size == 12345
        assert info.flags == StatInfoFlags.IS_READABLE | StatInfoFlags.IS_WRITABLE
    assert abs(info.modtime - (workdir / "file").stat().st_mtime) < 2


def test_properties(workdir, open_file):
    workdir.put("file", b"x")
    file = open_file("file")
    assert file.get_property("DataServer") in workdir.server.data_servers
    assert file.get_property("LastURL").startswith(f"root://{file.get_property('DataServer')}/")


def test_fcntl_and_visa_are_not_supported(workdir, open_file):
    workdir.put("file", b"x")
    file = open_file("file")
    assert code(file.fcntl("anything")) == 3013
    assert code(file.visa()) == 3013
    assert ok(file.read()) == b"x"


# -- the file system --------------------------------------------------------------------------------------------------


def test_ping_and_protocol(fs, server):
    ok(fs.ping())
    info = ok(fs.protocol())  # the bindings leave both numbers in network order
    assert info.hostinfo == (0x02003000 if server.is_storage else 0x01003000)  # manager, server
    assert info.version == (0x20050000 if server.is_ours else 0x11050000)


def test_all_config_keys_in_one_query(fs, server):
    keys = ["tpcdlg", "readv_ior_max", "readv_iov_max", "bind_max", "role", "nosuchkey", "chksum", "fattr"]
    answer = ok(fs.query(QueryCode.CONFIG, " ".join(keys))).rstrip(b"\0").decode().splitlines()
    assert answer[:3] == ["tpcdlg", "2097136", "1024"] and answer[5] == "nosuchkey"
    assert answer[3:5] == (["0", "manager"] if server.is_storage else ["15", "server"])
    assert answer[6].startswith("0:adler32,") and answer[7] == "248 65536" and len(answer) == 8


def test_queries(fs, workdir):
    path = workdir.put("file", b"hello\n")
    assert ok(fs.query(QueryCode.CHECKSUM, path)).rstrip(b"\0") == b"adler32 084b021f"
    assert ok(fs.query(QueryCode.SPACE, "/")).startswith(b"oss.cgroup=")
    assert ok(fs.query(QueryCode.XATTR, path)).startswith(b"oss.cgroup=")
    assert ok(fs.query(QueryCode.STATS, "a")).startswith(b"<statistics")
    assert code(fs.query(QueryCode.OPAQUE, "x")) == 3013
    assert code(fs.query(QueryCode.OPAQUEFILE, "/x")) == 3013
    assert code(fs.query(QueryCode.VISA, "/")) in (3000, 3004, 3013)


def test_sendinfo(fs):
    ok(fs.sendinfo("application name"))


def test_stat(fs, workdir):
    info = ok(fs.stat(workdir.put("file", b"x" * 77)))
    assert (info.size, info.flags) == (77, StatInfoFlags.IS_READABLE | StatInfoFlags.IS_WRITABLE)
    assert ok(fs.stat(workdir.path)).flags & StatInfoFlags.IS_DIR
    assert code(fs.stat(workdir.remote("absent"))) == 3011


def test_statvfs(fs, workdir):
    info = ok(fs.statvfs(workdir.path))
    assert info.nodes_rw == len(workdir.server.stores) and info.free_rw > 0 and 0 <= info.utilization_rw <= 100 and info.nodes_staging == 0


@pytest.mark.parametrize("kind", ["locate", "deeplocate"])
def test_locate(fs, workdir, kind):
    path = workdir.put("file", b"x")
    (location,) = ok(getattr(fs, kind)(path, OpenFlags.REFRESH)).locations
    assert location.is_server and not location.is_manager and location.accesstype == 1
    assert location.address.endswith(f":{workdir.server.port}")
    assert code(getattr(fs, kind)(workdir.remote("absent"), OpenFlags.REFRESH)) == 3011


def test_tree_operations(fs, workdir):
    ok(fs.mkdir(workdir.remote("a/b/c"), MkDirFlags.MAKEPATH, AccessMode.UR | AccessMode.UW | AccessMode.UX))
    assert code(fs.mkdir(workdir.remote("x/y"), MkDirFlags.NONE)) == 3011
    workdir.put("file", b"0123456789")
    ok(fs.mv(workdir.remote("file"), workdir.remote("a/b/moved")))
    ok(fs.chmod(workdir.remote("a/b/moved"), AccessMode.UR | AccessMode.UW))
    assert (workdir / "a/b/moved").read_bytes() == b"0123456789"
    assert (workdir / "a/b/moved").stat().st_mode & 0o777 == 0o600
    ok(fs.copy(workdir.url("a/b/moved"), workdir.url("copy")))
    assert (workdir / "copy").read_bytes() == b"0123456789"
    ok(fs.rm(workdir.remote("a/b/moved")))
    ok(fs.rmdir(workdir.remote("a/b/c")))
    assert not (workdir / "a/b/c").exists()
    assert code(fs.rm(workdir.remote("absent"))) == 3011


def entries(listing):
    return {entry.name: entry for entry in listing}


def test_dirlist(fs, workdir):
    workdir.put("one", b"1")
    workdir.put("folder/two", b"22")
    plain = entries(ok(fs.dirlist(workdir.path)))
    assert set(plain) == {"one", "folder"} and plain["one"].statinfo is None
    with_stat = entries(ok(fs.dirlist(workdir.path, DirListFlags.STAT)))
    assert with_stat["one"].statinfo.size == 1 and with_stat["folder"].statinfo.flags & StatInfoFlags.IS_DIR
    deep = entries(ok(fs.dirlist(workdir.path, DirListFlags.STAT | DirListFlags.RECURSIVE)))
    assert set(deep) == {"one", "folder", "folder/two"} and deep["folder/two"].statinfo.size == 2
    for flags in (DirListFlags.LOCATE, DirListFlags.MERGE, DirListFlags.LOCATE | DirListFlags.STAT):
        assert set(entries(ok(fs.dirlist(workdir.path, flags)))) == {"one", "folder"}
    assert code(fs.dirlist(workdir.remote("absent"))) == 3011
    assert not list(ok(fs.dirlist(workdir.mkdir("empty"), DirListFlags.STAT)))


def test_dirlist_of_ten_thousand(fs, workdir):
    workdir.crowd(f"file-{index:05}" for index in range(10000))
    found = entries(ok(fs.dirlist(workdir.path, DirListFlags.STAT)))
    assert set(found) == {f"file-{index:05}" for index in range(10000)}
    assert all(entry.statinfo is not None and entry.statinfo.size == 0 for entry in found.values())


# -- copies -----------------------------------------------------------------------------------------------------------


class Progress(client.utils.CopyProgressHandler):
    """Notes what the copy process tells."""

    def __init__(self):
        self.begun, self.ended, self.last = [], [], {}

    def begin(self, jobId, total, source, target):
        self.begun.append(jobId)

    def end(self, jobId, results):
        self.ended.append(jobId)

    def update(self, jobId, processed, total):
        self.last[jobId] = (processed, total)

    def should_cancel(self, jobId):
        return False


def test_copy_process(workdir, medium_file, tmp_path):
    process, progress = client.CopyProcess(), Progress()
    process.add_job(str(medium_file), workdir.url("one"), checksummode="end2end", checksumtype="adler32", posc=True, mkdir=True)
    process.add_job(str(medium_file), workdir.url("sub/two"), checksummode="target", checksumtype="md5", mkdir=True)
    ok((process.prepare(), None))
    status, results = process.run(progress)
    assert status.ok and all(result["status"].ok for result in results), results
    assert sorted(progress.begun) == sorted(progress.ended) and len(progress.begun) == 2
    size = medium_file.stat().st_size
    assert all(processed == total == size for processed, total in progress.last.values())
    assert same(medium_file, workdir / "one") and same(medium_file, workdir / "sub/two")

    back = client.CopyProcess()
    back.parallel(2)
    back.add_job(workdir.url("one"), str(tmp_path / "one"), checksummode="source", checksumtype="crc32c")
    back.add_job(workdir.url("sub/two"), str(tmp_path / "two"), chunksize=65536, parallelchunks=8)
    back.prepare()
    ok(back.run())
    assert same(medium_file, tmp_path / "one") and same(medium_file, tmp_path / "two")


def test_copy_that_fails_says_which(workdir, tmp_path):
    process = client.CopyProcess()
    process.add_job(workdir.url("absent"), str(tmp_path / "out"))
    process.prepare()
    status, results = process.run()
    assert not status.ok and results[0]["status"].errno == 3011


def test_copy_is_cancelled(workdir, big_file):
    class Cancelling(Progress):
        def should_cancel(self, jobId):
            return True

    process = client.CopyProcess()
    process.add_job(str(big_file), workdir.url("file"))
    process.prepare()
    status, _ = process.run(Cancelling())
    assert not status.ok
    ok(client.FileSystem(workdir.server.url).ping())


def test_copy_refuses_what_exists(workdir, tmp_path):
    (tmp_path / "in").write_bytes(b"new")
    workdir.put("file", b"old")
    process = client.CopyProcess()
    process.add_job(str(tmp_path / "in"), workdir.url("file"))
    process.prepare()
    assert not process.run()[0].ok
    assert (workdir / "file").read_bytes() == b"old"


def test_glob(workdir):
    for name in ("a1", "a2", "b1"):
        workdir.put(name, b"x")
    found = client.glob(workdir.url("a*"))
    assert sorted(os.path.basename(url) for url in found) == ["a1", "a2"]


def test_many_threads(workdir):
    content = {f"f{index}": pattern(200000, seed=index) for index in range(8)}
    for name, data in content.items():
        workdir.put(name, data)
    failures = []

    def work(name):
        try:
            for _ in range(10):
                with client.File() as file:
                    ok(file.open(workdir.url(name)))
                    assert ok(file.read()) == content[name]
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in content for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.needs("ours", "update")
def test_checksum_sees_a_change_through_an_open_file(workdir):
    path = workdir.put("file", b"aaaa")
    before = xrdfs(workdir.server, "query", "checksum", path).ok().out
    with client.File() as file:
        ok(file.open(workdir.url("file"), OpenFlags.UPDATE))
        ok(file.write(b"bbbb"))
    assert xrdfs(workdir.server, "query", "checksum", path).ok().out.split() == ["adler32", "03d80189"] != before.split()
