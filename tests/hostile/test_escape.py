# SPDX-License-Identifier: Apache-2.0
# Nothing outside the exported directory can be read, written, listed or removed, by whatever name or link.

import os
import struct
import threading

import pytest
import rawxroot as raw
from clients import xrdcp, xrdfs

SECRET = b"nothing for clients"


@pytest.fixture
def outside(sluice_server):
    """A directory beside the export, with a file, that the server's account could read and write."""
    place = sluice_server.home / f"outside-{os.urandom(4).hex()}"
    place.mkdir()
    (place / "secret").write_bytes(SECRET)
    (place / "secret").chmod(0o666)
    place.chmod(0o777)
    yield place
    assert sorted(os.listdir(place)) == ["secret"]
    assert (place / "secret").read_bytes() == SECRET


ESCAPES = ["../{0}/secret", "x/../../{0}/secret", "./../{0}/secret", "..//{0}/secret", "link/../../{0}/secret",
           "%2e%2e/{0}/secret", "..%2f{0}/secret", "..\\{0}\\secret"]


@pytest.mark.parametrize("shape", ESCAPES)
def test_dots(sluice_dir, sluice_connect, outside, shape):
    connection = sluice_connect()
    path = sluice_dir.path + "/../" + shape.format(outside.name)
    for data in requests_on(path):
        assert connection.code(data) in (3010, 3011, 3000)


def requests_on(path):
    """Every request that takes a path."""
    name = path.encode()
    return [raw.stat_request(path), raw.open_request(path), raw.open_request(path, raw.UPDATE),
            raw.open_request(path, raw.DELETE | raw.UPDATE | raw.MKPATH), raw.open_request(path + ".new", raw.NEW | raw.UPDATE),
            raw.request(raw.DIRLIST, payload=name), raw.request(raw.RM, payload=name), raw.request(raw.RMDIR, payload=name),
            raw.request(raw.MKDIR, b"\1" + bytes(15), name + b".d"), raw.request(raw.CHMOD, bytes(14) + b"\1\xff", name),
            raw.request(raw.TRUNCATE, bytes(12), name), raw.request(raw.LOCATE, payload=name),
            raw.request(raw.QUERY, struct.pack(">H", 3), name), raw.request(raw.QUERY, struct.pack(">H", 4), name),
            raw.request(raw.STATX, payload=name), raw.request(raw.FATTR, b"\0\0\0\0\x02", name + b"\0"),
            raw.request(raw.FATTR, b"\0\0\0\0\x03\x01", name + b"\0\0\0k\0" + struct.pack(">i", 1) + b"v"),
            raw.request(raw.MV, struct.pack(">14xh", len(name)), name + b" /stolen"),
            raw.request(raw.STAT, b"\1", name)]


@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
@pytest.mark.parametrize("what", ["file", "directory"])
def test_symbolic_links_out_of_the_export(sluice_dir, sluice_connect, outside, relative, what):
    target = outside / "secret" if what == "file" else outside
    link = sluice_dir / "link"
    os.symlink(os.path.relpath(target, sluice_dir.top) if relative else target, link)
    path = sluice_dir.remote("link" if what == "file" else "link/secret")
    connection = sluice_connect()
    removal = (raw.RM, raw.MV)  # of the link itself: allowed, and the last
    for data in requests_on(path):
        number = struct.unpack_from(">H", data, 2)[0]
        if what == "file" and number in removal:
            continue
        try:
            answer = connection.call(data)
            assert SECRET not in answer.body and number in (raw.STATX, raw.STAT, raw.LOCATE, raw.MKDIR, raw.OPEN, raw.FATTR,
                                                            raw.CHMOD), f"request {number} followed the link"
        except raw.XrootError as error:
            assert error.code in (3000, 3005, 3010, 3011, 3015, 3013)
    assert (outside / "secret").stat().st_mode & 0o777 == 0o666


def test_link_to_the_root_of_the_machine(sluice_dir, tmp_path):
    os.symlink("/", sluice_dir / "machine")
    xrdcp(sluice_dir.url("machine/etc/passwd"), tmp_path / "out").failed("[ERROR]")
    assert "passwd" not in xrdfs(sluice_dir.server, "ls", sluice_dir.remote("machine/etc")).all.replace("machine/etc/passwd", "")
    assert not (tmp_path / "out").exists()


def test_links_within_the_export_work(workdir, tmp_path):
    workdir.put("folder/file", b"inside")
    os.symlink("folder", workdir / "link")
    xrdcp(workdir.url("link/file"), tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"inside"


def test_circular_links_end(sluice_dir, sluice_connect):
    os.symlink("b", sluice_dir / "a")
    os.symlink("a", sluice_dir / "b")
    connection = sluice_connect()
    assert connection.code(raw.open_request(sluice_dir.remote("a"))) in (3000, 3005, 3010, 3011)
    assert connection.alive()


def test_devices_and_pipes_are_not_opened(sluice_dir, sluice_connect):
    # A pipe without a writer would block its opener for ever.
    os.mkfifo(sluice_dir / "pipe", 0o666)
    connection = sluice_connect()
    for options in (raw.OPEN_READ, raw.UPDATE, raw.DELETE | raw.UPDATE):
        assert connection.code(raw.open_request(sluice_dir.remote("pipe"), options)) in (3000, 3005, 3010, 3015)
    assert connection.alive()


def test_root_of_the_export_cannot_be_removed(sluice_connect, sluice_server):
    connection = sluice_connect()
    for data in (raw.request(raw.RMDIR, payload=b"/"), raw.request(raw.RM, payload=b"/"),
                 raw.request(raw.MV, struct.pack(">14xh", 1), b"/ /elsewhere"), raw.open_request("/", raw.DELETE | raw.UPDATE)):
        assert connection.code(data) >= 3000
    assert sluice_server.root.is_dir()


def test_race_of_directory_and_link(sluice_dir, sluice_connect, outside):
    """A directory and a link to the outside change places while clients open a file through the name."""
    real, link, door = sluice_dir / "real", sluice_dir / "link", sluice_dir / "door"
    sluice_dir.put("real/secret", b"the inner one")
    os.symlink(outside, link)
    os.rename(real, door)
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            os.rename(door, real)
            os.rename(link, door)
            os.rename(door, link)
            os.rename(real, door)

    thread = threading.Thread(target=swap)
    thread.start()
    connection = sluice_connect()
    opened = 0
    try:
        for turn in range(3000):
            try:
                handle = connection.open(sluice_dir.remote("door/secret"), raw.OPEN_READ)
            except raw.XrootError:
                continue
            opened += 1
            assert connection.read(handle, 0, 100) == b"the inner one"
            connection.call(raw.close_request(handle))
    finally:
        stop.set()
        thread.join()
    assert opened > 0
