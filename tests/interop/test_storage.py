# SPDX-License-Identifier: Apache-2.0
# What real clients see of a storage system, a door with pools behind, where it is more than a server: redirects, uploads that
# appear when they are whole, files that change no more, and where the bytes are.

import os
import re
import signal
import subprocess
import threading

import pytest
import rawxroot as raw
from clients import CLIENT_ENVIRONMENT, gfal, pattern, same, xrdcp, xrdfs
from stored import must
from XRootD import client
from XRootD.client.flags import OpenFlags

MIB = 1 << 20
CREATE = OpenFlags.NEW | OpenFlags.UPDATE
OVERWRITE = OpenFlags.DELETE | OpenFlags.UPDATE


@pytest.fixture
def local(tmp_path):
    """Makes a local file of that content."""

    def make(data, name="in"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return make


def replica_of(path):
    """The file at a pool, and the only one, that has the bytes of a name."""
    return path.work.server.replicas()[path.stat().st_ino]


# -- where clients are sent -------------------------------------------------------------------------------------------


def test_the_door_sends_to_pools_with_a_right_and_its_name(pools_server, pools_dir):
    path = pools_dir.put("file", b"content")
    with raw.Connection(pools_server) as door:
        for request in (raw.open_request(path), raw.open_request(path, raw.DELETE | raw.UPDATE)):
            found = door.redirect(request)
            assert f"{found.host}:{found.port}" in pools_server.data_servers
            assert re.fullmatch(r"sluice\.cap=[\w-]+&sluice\.session=[0-9a-f]{12}", found.cgi)
            assert found.token == f"sluice.door={pools_server.host}:{pools_server.port}"


def test_the_door_sends_to_pools_by_their_names(own_pools, local, tmp_path):
    server = own_pools(count=1, serve={"host_name": "localhost"})
    xrdcp(local(b"content"), f"{server.url}/file").ok()
    with raw.Connection(server) as door:
        found = door.redirect(raw.open_request("/file"))
    assert (found.host, found.port) == ("localhost", server.pools[0].port)
    assert found.token == f"sluice.door=localhost:{server.port}"
    xrdcp(f"{server.url}/file", tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"content"


def test_new_files_go_to_every_pool(pools_server, pools_dir):
    used = set()
    for index in range(60):  # chosen by chance: one pool of three is left out once in 10^10 runs
        with client.File() as file:
            must(file.open(pools_dir.url(f"file-{index}"), CREATE))
            used.add(file.get_property("DataServer"))
    assert used == pools_server.data_servers


def test_reads_go_to_the_pool_that_has_the_file(pools_server, pools_dir):
    for index in range(10):
        pools_dir.put(f"file-{index}", b"x")
        with client.File() as file:
            must(file.open(pools_dir.url(f"file-{index}")))
            pool = pools_server.pool_at(int(file.get_property("DataServer").split(":")[1]))
        assert replica_of(pools_dir / f"file-{index}").is_relative_to(pool.root)


# -- contents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 4096, 4097, 20 * MIB])
@pytest.mark.parametrize("pages", ["0", "1"])
def test_every_byte_is_kept(pools_dir, local, tmp_path, size, pages):
    source = local(pattern(size, seed=size))
    xrdcp(source, pools_dir.url("file"), XRD_CPUSEPGWRTRD=pages).ok()
    assert same(source, replica_of(pools_dir / "file"))
    xrdcp(pools_dir.url("file"), tmp_path / "out", XRD_CPUSEPGWRTRD=pages).ok()
    assert same(source, tmp_path / "out")


@pytest.mark.parametrize("size", [0, 1, 20 * MIB])
def test_every_byte_is_kept_by_gfal(pools_dir, local, tmp_path, size):
    source = local(pattern(size, seed=size + 1))
    gfal("copy", "-K", "ADLER32", f"file://{source}", pools_dir.url("file")).ok()
    assert same(source, replica_of(pools_dir / "file"))
    gfal("copy", "-K", "ADLER32", pools_dir.url("file"), f"file://{tmp_path}/out").ok()
    assert same(source, tmp_path / "out")


def test_the_checksum_of_an_upload_is_in_the_catalogue(own_pools, local):
    server = own_pools(count=1)
    xrdcp(local(b"hello\n"), f"{server.url}/file").ok()
    server.pools[0].kill()
    assert xrdfs(server, "query", "checksum", "/file").ok().out.split() == ["adler32", "084b021f"]


def test_an_announced_checksum_is_checked_before_the_file_appears(pools_dir):
    for value, fits in (("00000001", False), ("084b021f", True)):
        file = client.File()
        must(file.open(f"{pools_dir.url('file')}?oss.cksum=adler32:{value}", CREATE))
        must(file.write(b"hello\n"))
        status, _ = file.close()
        assert status.ok == fits and status.errno == (0 if fits else 3019)
        assert (pools_dir / "file").exists() == fits


# -- uploads appear when they are whole -------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [CREATE, OVERWRITE, CREATE | OpenFlags.POSC])
def test_an_upload_is_seen_by_nobody_before_its_end(pools_dir, flags):
    file = client.File()
    must(file.open(pools_dir.url("file"), flags))
    must(file.write(b"content"))
    must(file.sync())
    assert not (pools_dir / "file").exists() and pools_dir.names() == []
    with client.File() as reader:
        assert reader.open(pools_dir.url("file"))[0].errno == 3011
    must(file.close())
    assert pools_dir.names() == ["file"] and (pools_dir / "file").read_bytes() == b"content"


def test_readers_keep_the_file_that_they_opened(pools_server, pools_dir, local):
    old, new = pattern(3 * MIB, seed=1), pattern(2 * MIB, seed=2)
    pools_dir.put("file", old)
    before = replica_of(pools_dir / "file")
    with client.File() as reader:
        must(reader.open(pools_dir.url("file")))
        assert must(reader.read(0, MIB)) == old[:MIB]
        xrdcp("-f", local(new), pools_dir.url("file")).ok()
        assert (pools_dir / "file").read_bytes() == new
        raw.wait_until(lambda: not before.exists(), what="deletion of the file before")
        assert must(reader.read(MIB, 2 * MIB)) == old[MIB:]
    assert replica_of(pools_dir / "file").read_bytes() == new


def test_an_overwrite_is_all_or_nothing_for_readers(pools_dir):
    contents = [bytes([65 + turn]) * (MIB + turn) for turn in range(16)]
    pools_dir.put("file", contents[0])
    over, seen, failures = threading.Event(), set(), []

    def read():
        try:
            while not over.is_set():
                seen.add((pools_dir / "file").read_bytes())
        except AssertionError as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    for content in contents[1:]:
        (pools_dir / "file").write_bytes(content)
    over.set()
    for thread in readers:
        thread.join()
    assert not failures and seen <= set(contents)


def test_a_reader_on_its_way_gets_the_new_file(own_pools):
    # Between the redirect and the open the file is replaced, its bytes deleted, and the new ones are at the same pool.
    server = own_pools(count=1)
    work = server.workdir("work")
    path = work.put("file", b"old")
    before = replica_of(work / "file")
    with raw.Connection(server) as door, raw.Connection(server.pools[0], login=False) as pool:
        first = door.redirect(raw.open_request(path))
        work.put("file", b"new")
        raw.wait_until(lambda: not before.exists(), what="deletion of the file before")
        pool.login(cgi=first.token.encode())
        with pytest.raises(raw.XrootError):
            pool.call(raw.open_request(f"{path}?{first.cgi}"))
        # So clients come back: where they were, and what they were given there.
        second = door.redirect(raw.open_request(f"{path}?{first.cgi}&tried={first.host}"))
        handle = pool.call(raw.open_request(f"{path}?{second.cgi}")).body[:4]
        assert pool.read(handle, 0, 100) == b"new"


# -- open files -------------------------------------------------------------------------------------------------------


def test_an_open_file_says_what_the_door_says(pools_server, pools_dir):
    path = pools_dir.put("file", b"content", mode=0o640)
    pool, handle = pools_server.open_by_hand(path)
    with pool:
        told = pool.call(raw.request(raw.STAT, bytes(12) + handle)).body.rstrip(b"\0").decode().split()
    known = (pools_dir / "file").fields()
    assert told[:3] == known[:3]  # id, size, flags; the rest is no part of every answer
    assert told[6:] in ([], known[6:])  # mode, owner, group


def checkpoint(handle, number):
    return raw.request(raw.CHKPOINT, handle + bytes(11) + bytes([number]))


def test_checkpoints_are_for_uploads(pools_server, pools_dir):
    begin, rollback, write = 0, 3, 4
    path = pools_dir.remote("file")
    pool, handle = pools_server.open_by_hand(path, raw.NEW | raw.UPDATE)
    with pool:
        pool.write(handle, 0, b"0123456789")
        pool.call(checkpoint(handle, begin))
        change = raw.write_request(handle, 2, b"changed")
        pool.call(raw.request(raw.CHKPOINT, handle + bytes(11) + bytes([write]), change[:24]) + change[24:])
        assert pool.read(handle, 0, 20) == b"01changed9"
        pool.call(checkpoint(handle, rollback))
        pool.call(raw.close_request(handle))
    assert (pools_dir / "file").read_bytes() == b"0123456789"
    pool, handle = pools_server.open_by_hand(path)
    with pool:
        assert pool.code(checkpoint(handle, begin)) == 3010


# -- uploads that do not end ------------------------------------------------------------------------------------------


def begin_upload(url, size=17 * MIB):
    """An xrdcp that has sent more than a chunk of what never ends."""
    process = subprocess.Popen(["/usr/bin/xrdcp", "--nopbar", "-f", "-", url], stdin=subprocess.PIPE,
                               env={**os.environ, **CLIENT_ENVIRONMENT})
    process.stdin.write(pattern(size))
    process.stdin.flush()
    return process


def end(process, number=signal.SIGKILL):
    process.send_signal(number)
    process.wait()
    process.stdin.close()


@pytest.mark.parametrize("target", ["new", "old"])
def test_killed_upload_leaves_nothing(pools_server, pools_dir, local, tmp_path, target):
    pools_dir.put("old", b"old")
    before = set(pools_server.replicas())
    process = begin_upload(pools_dir.url(target))
    raw.wait_until(lambda: sum(pool.uploads() for pool in pools_server.pools) == 1, what="an upload under way")
    xrdcp("-f", local(b"rival"), pools_dir.url(target)).failed("[3003]")
    end(process)
    raw.wait_until(lambda: sum(pool.uploads() for pool in pools_server.pools) == 0, seconds=5, what="end of the upload")
    assert pools_dir.names() == ["old"] and (pools_dir / "old").read_bytes() == b"old"
    assert set(pools_server.replicas()) <= before
    raw.wait_until(lambda: xrdcp("-f", local(b"next"), pools_dir.url(target)).code == 0, seconds=5, what="a free name")
    assert (pools_dir / target).read_bytes() == b"next"


def test_killed_uploads_of_many_clients(pools_server, pools_dir):
    before = set(pools_server.replicas())
    processes = [begin_upload(pools_dir.url(f"file-{index}"), 9 * MIB) for index in range(6)]
    raw.wait_until(lambda: sum(pool.uploads() for pool in pools_server.pools) == len(processes), what="uploads under way")
    for process in processes:
        end(process)
    raw.wait_until(lambda: sum(pool.uploads() for pool in pools_server.pools) == 0, seconds=5, what="end of the uploads")
    assert pools_dir.names() == [] and set(pools_server.replicas()) <= before


def test_an_upload_follows_its_directory(pools_server, pools_dir):
    pools_dir.mkdir("d")
    with client.File() as file:
        must(file.open(pools_dir.url("d/file"), CREATE))
        must(file.write(b"content"))
        xrdfs(pools_server, "mv", pools_dir.remote("d"), pools_dir.remote("e")).ok()
    assert (pools_dir / "e/file").read_bytes() == b"content"


def test_a_name_that_is_taken_meanwhile_stays_with_its_file(pools_server, pools_dir):
    pools_dir.put("other", b"other")
    file = client.File()
    must(file.open(pools_dir.url("name"), CREATE))
    must(file.write(b"content"))
    xrdfs(pools_server, "mv", pools_dir.remote("other"), pools_dir.remote("name")).ok()
    status, _ = file.close()
    assert status.errno == 3018 and pools_dir.remote("name") in status.message
    assert (pools_dir / "name").read_bytes() == b"other"


def test_a_directory_may_go_under_an_upload(pools_server, pools_dir):
    before = set(pools_server.replicas())
    file = client.File()
    must(file.open(pools_dir.url("d/file"), CREATE | OpenFlags.MAKEPATH))
    must(file.write(b"content"))
    removed = xrdfs(pools_server, "rmdir", pools_dir.remote("d")).code == 0
    status, _ = file.close()
    assert status.ok != removed, "either the directory stays or the upload fails"
    raw.wait_until(lambda: len(set(pools_server.replicas()) - before) == (not removed), what="bytes of files that are there")


# -- removal ----------------------------------------------------------------------------------------------------------


def test_the_bytes_of_removed_files_go(pools_server, pools_dir):
    replicas = [replica_of((pools_dir.put(f"d/file-{index}", b"x"), pools_dir / f"d/file-{index}")[1]) for index in range(10)]
    for index in range(10):
        (pools_dir / f"d/file-{index}").unlink()
    raw.wait_until(lambda: not any(path.exists() for path in replicas), what="deletion of the replicas")


def test_a_file_keeps_its_bytes_when_it_moves(pools_dir):
    pools_dir.put("file", b"content")
    before = replica_of(pools_dir / "file")
    xrdfs(pools_dir.server, "mv", pools_dir.remote("file"), pools_dir.remote("d/moved")).ok()
    assert replica_of(pools_dir / "d/moved") == before and (pools_dir / "d/moved").read_bytes() == b"content"


# -- what is as it comes ----------------------------------------------------------------------------------------------


def test_the_ready_line_names_door_and_pool(storage_server):
    assert re.fullmatch(r"ready pool=127\.0\.0\.1:\d+ xroot=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+", storage_server.ready)
    assert storage_server.fetch("/readyz")[0] == 200


def test_anonymous_clients_of_the_loopback_are_root(storage_server):
    work = storage_server.workdir()
    work.put("secret", b"secret", mode=0o000)
    work.mkdir("closed", mode=0o000)
    assert (work / "secret").read_bytes() == b"secret"
    work.put("closed/file", b"x")
    assert work.names() == ["closed", "secret"] and (work / "secret").owner() == "root"
