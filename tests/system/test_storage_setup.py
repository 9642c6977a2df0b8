# SPDX-License-Identifier: Apache-2.0
# A storage system as an operator sets it up, starts it again, and gets it wrong: directories that are not the pool's, pools
# that are there twice, disks without room.

import os
import signal
import stat
import time

import pytest
import rawxroot as raw
import servers
import storage
from clients import pattern, run, xrdcp, xrdfs
from stored import must
from XRootD import client

MIB = 1 << 20


@pytest.fixture
def own_storage(session_dir):
    with servers.running(storage.SluiceStorage(home=session_dir)) as server:
        yield server


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "in"
    path.write_bytes(pattern(MIB, seed=1))
    return path


@pytest.fixture
def extra_pool():
    """Starts pools beside those of a storage system: extra_pool(server, "pool0", directory=...)."""
    started = []

    def make(server, label, **settings):
        started.append(storage.SluicePool(server.common, label, settings, home=server.home))
        return started[-1].start()

    yield make
    for pool in started:
        pool.remove()


def readable(server, path):
    return xrdfs(server, "cat", path).code == 0


# -- as it comes ------------------------------------------------------------------------------------------------------


def test_hints_say_what_to_do_next(own_storage):
    hints = [own_storage.process.stdout.readline().decode().strip() for _ in range(3)]
    assert hints[0] == "anonymous clients may do everything"
    for hint in hints[1:]:
        run(*hint.split()).ok()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_everything_is_there_after_a_restart(own_storage, end):
    work = own_storage.workdir("work")
    work.put("file", b"content", mode=0o640)
    work.mkdir("d", mode=0o700)
    xrdfs(own_storage, "xattr", work.remote("file"), "set", "colour=blue").ok()
    getattr(own_storage, end)()
    own_storage.start()
    assert work.names() == ["d", "file"] and xrdfs(own_storage, "cat", "/work/file").ok().raw == b"content"
    assert stat.S_IMODE((work / "file").stat().st_mode) == 0o640 and stat.S_IMODE((work / "d").stat().st_mode) == 0o700
    assert 'colour="blue"' in xrdfs(own_storage, "xattr", work.remote("file"), "get", "colour").ok().out


def test_killed_in_the_middle_it_leaves_no_bytes(own_storage, local):
    own_storage.workdir("work")
    pool, handle = own_storage.open_by_hand("/work/file", raw.NEW | raw.UPDATE)
    with pool:
        pool.write(handle, 0, b"x" * MIB)
        own_storage.kill()
    own_storage.start()
    xrdcp(local, own_storage.url + "/work/file").ok()
    files = [path for store in own_storage.stores for path in store.rglob("[0-9a-f]*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [local.read_bytes()]


@pytest.mark.parametrize("roles", ["door,export", "pool,export", "dor", "door,door2"])
def test_roles_that_do_not_go_together(session_dir, roles):
    binary, data = servers.reachable(servers.sluice_binary()), servers.scratch(session_dir)
    run(binary, "serve", "--data", data, "--set", f"serve.roles={roles}", "--listen", "127.0.0.1:0", timeout=20).failed("serve.roles")


def test_the_root_is_as_old_as_the_catalogue(own_storage):
    info = must(client.FileSystem(own_storage.url).stat("/"))
    assert abs(info.modtime - time.time()) < 600


# -- the wrong directory ----------------------------------------------------------------------------------------------


def test_a_pool_without_its_disk_does_not_start(own_pools):
    # An empty directory where the disk should be mounted: the files are not lost, and nothing may be told about them.
    server = own_pools(count=1)
    path = server.workdir("work").put("file", b"content")
    pool = server.pools[0]
    pool.stop()
    disk = pool.root.rename(pool.root.with_name("unmounted"))
    pool.root.mkdir()
    servers.give(pool.root)
    with pytest.raises(RuntimeError, match=r"(?s)no ready line.*" + str(pool.root)):
        pool.start()
    pool.root.rmdir()
    disk.rename(pool.root)
    pool.start()
    raw.wait_until(lambda: readable(server, path), what="the file on the disk that is back")


def test_a_replica_that_cannot_be_read_for_a_moment_is_not_lost(own_pools):
    server = own_pools(count=1, door={"patience": "1 s"})
    path = server.workdir("work").put("file", b"content")
    (replica,) = server.replicas().values()
    replica.parent.chmod(0o000)
    try:
        for _ in range(3):  # what the pool makes of the first may come late
            assert not readable(server, path)
    finally:
        replica.parent.chmod(0o755)
    raw.wait_until(lambda: readable(server, path), what="the file that can be read again")


def test_a_missing_directory_is_named(own_pools, extra_pool):
    server = own_pools(count=1)
    with pytest.raises(RuntimeError, match=r"(?s)no ready line.*/nowhere/at/all"):
        extra_pool(server, "pool9", directory="/nowhere/at/all")


def test_a_name_is_one_pools(own_pools, extra_pool):
    server = own_pools(count=1)
    path = server.workdir("work").put("file", b"content")
    with pytest.raises(RuntimeError, match="(?s)no ready line.*pool0"):
        extra_pool(server, "pool0")
    assert readable(server, path)


def test_a_name_is_one_pools_also_before_the_first_file(own_pools, extra_pool):
    server = own_pools(count=1)
    with pytest.raises(RuntimeError, match="(?s)no ready line.*pool0.*pool.name"):
        extra_pool(server, "pool0")
    # The one that has the name may come back at once.
    server.pools[0].kill()
    server.pools[0].start()
    with pytest.raises(RuntimeError, match="no ready line"):
        extra_pool(server, "pool0")
    assert readable(server, server.workdir("work").put("file", b"content"))


def test_a_directory_is_one_pools(own_pools, extra_pool):
    server = own_pools(count=1)
    path = server.workdir("work").put("file", b"content")
    with pytest.raises(RuntimeError, match=r"(?s)no ready line.*" + str(server.pools[0].root)):
        extra_pool(server, "pool9", directory=server.pools[0].root)
    assert readable(server, path)


def test_a_data_directory_has_one_server(own_storage, session_dir):
    path = own_storage.workdir("work").put("file", b"content")
    second = storage.SluiceStorage(home=session_dir)
    second.data = own_storage.data
    try:
        with pytest.raises(RuntimeError, match="no ready line"):
            second.start()
    finally:
        second.remove()
    assert readable(own_storage, path)


def test_strange_files_in_a_pool_change_nothing(own_pools):
    server = own_pools(count=1)
    work = server.workdir("work")
    for name in ("kept", "lost"):
        work.put(name, b"content")
    pool, lost = server.pools[0], server.replicas()[(work / "lost").stat().st_ino]
    pool.stop()
    lost.unlink()
    for folder in (pool.root, lost.parent, lost.parent.parent):
        (folder / "README").write_bytes(b"strange")
        (folder / "lost+found").mkdir(0o000)
    pool.start()
    raw.wait_until(lambda: "replica.lost" in pool.log(), what="comparison with the catalogue")
    raw.wait_until(lambda: "pool.compared" in pool.log().split("server.stopping")[1], what="the end of the comparison")
    assert readable(server, work.remote("kept")) and not readable(server, work.remote("lost"))
    assert (pool.root / "README").read_bytes() == b"strange"


def test_an_unknown_replica_is_told_and_left(own_pools):
    server = own_pools(count=1)
    server.workdir("work").put("file", b"content")
    pool = server.pools[0]
    (replica,) = pool.replicas().values()
    pool.stop()
    unknown = replica.with_name("0000000000000fff")
    unknown.write_bytes(b"precious")
    pool.start()
    raw.wait_until(lambda: "replica.unknown" in pool.log(), what="comparison with the catalogue")
    assert unknown.read_bytes() == b"precious"


# -- no room ----------------------------------------------------------------------------------------------------------


def test_a_full_pool_takes_nothing_and_says_so(own_pools, local):
    server = own_pools(count=1, door={"patience": "3 s"}, pool={"keep_free": "1000 TiB"})
    xrdcp(local, f"{server.url}/file").failed("[3009]", "/file")
    with raw.Connection(server) as door:
        with pytest.raises(raw.XrootError) as error:
            door.redirect(raw.open_request("/unknown-size", raw.NEW | raw.UPDATE))
    assert error.value.code == 3009 and "/unknown-size" in error.value.text


def test_a_file_that_fits_nowhere_is_refused_before_its_first_byte(pools_server, pools_dir):
    with raw.Connection(pools_server) as door:
        for size in (10**15, 2**63 - 1):
            with pytest.raises(raw.XrootError) as error:
                door.redirect(raw.open_request(f"{pools_dir.remote('file')}?oss.asize={size}", raw.NEW | raw.UPDATE))
            assert error.value.code == 3009 and pools_dir.remote("file") in error.value.text
        # The name is as free as before, and an announcement that is none is no reason to refuse.
        for size in ("-1", "many", "", str(2**70), "1"):
            request = raw.open_request(f"{pools_dir.remote(f'file{size}')}?oss.asize={size}", raw.NEW | raw.UPDATE)
            assert door.redirect(request).port > 0


# -- the end ----------------------------------------------------------------------------------------------------------


def test_every_process_ends_by_a_signal(own_pools):
    server = own_pools(count=2)
    server.workdir("work").put("file", b"content")
    for process in (*server.pools, server):
        process.process.send_signal(signal.SIGTERM)
    assert [process.process.wait(20) for process in (*server.pools, server)] == [0, 0, 0]
    assert "level=error" not in server.log()
