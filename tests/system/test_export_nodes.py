# SPDX-License-Identifier: Apache-2.0
# An export in front of nodes that export the same tree: names at the front, files at the nodes, and what happens when
# nodes die.

import os
import struct
import subprocess
import zlib

import pytest
import rawxroot as raw
import servers
from clients import CLIENT_ENVIRONMENT, pattern, xrdcp, xrdfs
from rawxroot import wait_until

DATA = pattern(5_000_001, seed=6)


class Front(servers.SluiceServer):
    """It exports the tree of its nodes, which are servers of their own."""

    hello = struct.pack(">ii", 0x520, 0)

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.nodes = [servers.SluiceServer(**kwargs) for _ in range(count)]
        for node in self.nodes:
            node.root = self.root

    def role(self):
        nodes = ",".join(f"{node.host}:{node.port}" for node in self.nodes)
        return [*super().role(), "--set", f"export.nodes={nodes}", "--set", "export.refresh=100 ms"]

    def start(self, *extra, **options):
        for node in self.nodes:
            if not node.alive():
                node.start(listen=f"{node.host}:{node.port}")
        return super().start(*extra, **options)

    def node_of(self, path, options=raw.OPEN_READ):
        """The node that it sends who opens the path to, as HOST:PORT."""
        with raw.Connection(self) as connection:
            found = connection.redirect(raw.open_request(path, options))
        return f"{found.host}:{found.port}"

    def addresses(self):
        return {f"{node.host}:{node.port}" for node in self.nodes}

    def log(self):
        return super().log() + "".join(node.log() for node in self.nodes)

    def remove(self):
        for node in self.nodes:
            node.remove()
        super().remove()


@pytest.fixture
def make_front(session_dir):
    started = []

    def make(*arguments, count=2):
        front = Front(count, home=session_dir)
        started.append(front)
        front.start(*arguments)
        wait_until(lambda: front.log().count("node.answers") == count, what="nodes that answer")
        return front

    yield make
    for front in started:
        log = front.log()
        front.remove()
        servers.no_sanitizer_report(log)


@pytest.fixture
def front(make_front):
    return make_front()


def test_files_come_and_go_through_nodes(front, tmp_path):
    (tmp_path / "in").write_bytes(DATA)
    done = xrdcp("-p", "-d", "2", tmp_path / "in", f"{front.url}/a/b/file").ok()
    assert any(address in done.err for address in front.addresses())
    assert (front.root / "a/b/file").read_bytes() == DATA
    xrdcp(f"{front.url}/a/b/file", tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == DATA
    xrdcp("--cksum", "adler32:print", f"{front.url}/a/b/file", tmp_path / "again").ok()
    xrdcp("-P", "-f", tmp_path / "in", f"{front.url}/a/b/file").ok()
    with pytest.raises(raw.XrootError) as refused, raw.Connection(front) as connection:
        connection.call(raw.read_request(b"\0\0\0\0", 0, 10))
    assert refused.value.code in (3004, 3006, 3013)


def test_names_are_its_own_business(front):
    front.workdir("d").put("file", b"12345")
    for node in front.nodes:
        node.stop()
    assert xrdfs(front, "ls", "/d").ok().lines() == ["/d/file"]
    assert "Size:   5" in xrdfs(front, "stat", "/d/file").ok().out
    assert f"{zlib.adler32(b'12345'):08x}" in xrdfs(front, "query", "checksum", "/d/file").ok().out
    xrdfs(front, "mkdir", "/d/new").ok()
    xrdfs(front, "mv", "/d/file", "/d/new/file").ok()
    xrdfs(front, "chmod", "/d/new/file", "r--r--r--").ok()
    xrdfs(front, "rm", "/d/new/file").ok()
    xrdfs(front, "rmdir", "/d/new").ok()
    assert not (front.root / "d/new").exists()
    xrdfs(front, "cat", "/d/none").failed("[3011]")


def test_all_nodes_have_their_turn(make_front):
    front = make_front(count=3)
    front.workdir("d").put("file", DATA)
    wait_until(lambda: {front.node_of("/d/file") for _ in range(6)} == front.addresses(), what="every node")
    found = [front.node_of("/d/file") for _ in range(6)]
    assert all(found.count(address) == 2 for address in front.addresses())


def test_locate_names_the_nodes_that_answer(front):
    front.workdir("d").put("file", DATA)

    def located(path):
        return {line.split()[0] for line in xrdfs(front, "locate", path).ok().lines()}

    wait_until(lambda: located("/d/file") == front.addresses(), what="both nodes")
    assert located("/d") == {f"{front.host}:{front.port}"}
    front.nodes[0].kill()
    wait_until(lambda: located("/d/file") == {f"{front.host}:{front.nodes[1].port}"}, what="the one that is left")
    assert "node.silent" in front.log()


def test_a_download_survives_the_death_of_its_node(front, tmp_path):
    size = 400 << 20
    path = front.workdir("d").put_zeros("big", size)
    environment = {**os.environ, **CLIENT_ENVIRONMENT, "XRD_CPCHUNKSIZE": str(1 << 20), "XRD_CPPARALLELCHUNKS": "1"}
    out = tmp_path / "out"
    copy = subprocess.Popen(["/usr/bin/xrdcp", "--silent", "--xrate", "40m", front.url + path, str(out)], env=environment)
    try:
        wait_until(lambda: out.exists() and out.stat().st_size > (4 << 20), 30, "the first bytes")
        (busy,) = [node for node in front.nodes if node.descriptors_of(path)]
        (idle,) = [node for node in front.nodes if node is not busy]
        busy.kill()
        wait_until(lambda: idle.descriptors_of(path), 60, "the download at the other node")
        assert copy.wait(120) == 0
    finally:
        copy.kill()
        copy.wait()
    assert out.stat().st_size == size


def test_an_upload_is_begun_again_at_another_node(front, tmp_path):
    (tmp_path / "in").write_bytes(DATA)
    front.nodes[0].kill()
    for index in range(4):
        xrdcp(tmp_path / "in", f"{front.url}/file{index}").ok()
        assert (front.root / f"file{index}").read_bytes() == DATA


def test_nodes_that_failed_a_client_are_not_tried_again(make_front):
    front = make_front(count=2)
    front.workdir("d").put("file", DATA)
    wait_until(lambda: {front.node_of("/d/file") for _ in range(4)} == front.addresses(), what="both nodes")
    with raw.Connection(front) as connection:
        first = connection.redirect(raw.open_request("/d/file"))
        again = f"/d/file?{first.cgi}&tried={first.host}&triedrc="
        second = connection.redirect(raw.open_request(again + "ioerr"))
        assert second.port != first.port
        third = f"/d/file?{second.cgi}&tried={first.host},{second.host}&triedrc=ioerr,enoent"
        with pytest.raises(raw.XrootError) as refused:
            connection.call(raw.open_request(third))
        assert refused.value.code == 3029
        assert connection.redirect(raw.open_request(again + "fserr")).port != first.port
        with pytest.raises(raw.XrootError) as refused:
            connection.call(raw.open_request(f"/d/file?sluice.attempt=10&tried={first.host}"))
        assert refused.value.code == 3029


def kill_all(front):
    for node in front.nodes:
        node.kill()
    wait_until(lambda: front.log().count("node.silent") == len(front.nodes), what="nodes that are missed")


def test_without_nodes_opens_wait_and_then_fail(make_front, tmp_path):
    front = make_front("--set", "export.patience=1 s")
    path = front.workdir("d").put("file", DATA)
    kill_all(front)
    xrdcp(front.url + path, tmp_path / "out").failed("no node is online")
    xrdfs(front, "locate", path).failed("no node is online")


def test_an_open_waits_for_a_node_that_comes_back(front, tmp_path):
    path = front.workdir("d").put("file", DATA)
    kill_all(front)
    waiting = subprocess.Popen(["/usr/bin/xrdcp", "--silent", front.url + path, str(tmp_path / "out")],
                               env={**os.environ, **CLIENT_ENVIRONMENT})
    wait_until(lambda: "sluice_xroot_connections 1\n" in front.fetch("/metrics")[1], what="the client at the front")
    assert waiting.poll() is None
    front.nodes[1].start(listen=f"{front.host}:{front.nodes[1].port}")
    assert waiting.wait(60) == 0 and (tmp_path / "out").read_bytes() == DATA


@pytest.mark.parametrize("nodes", ["host", "host:0", "*:1094", "a:1,b"])
def test_what_is_no_node_is_told(own_sluice, nodes):
    server = own_sluice(start=False)
    with pytest.raises(RuntimeError, match="export.nodes"):
        server.start("--set", f"export.nodes={nodes}")
