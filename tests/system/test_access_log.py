# SPDX-License-Identifier: Apache-2.0
# The access log: a line for every connection and request of doors, pools and exports, which follows a client from one to
# the other, and in which nobody finds a secret or writes a line of his own.

import json
import os
import subprocess

import pytest
import rawxroot as raw
import servers
from clients import pattern, run, xrdcp, xrdfs
from rawxroot import wait_until

DATA = pattern(3_000_000, seed=3)


class AccessFile:
    """An access log that servers write as JSON."""

    def __init__(self, directory, requests="files"):
        self.path = directory / "access.log"
        self.arguments = ["--set", f"access_log.file={self.path}", "--set", f"access_log.requests={requests}",
                          "--set", "log.format=json"]

    def lines(self, **wanted):
        """The lines with these values."""
        text = self.path.read_text() if self.path.exists() else ""
        whole = text[:text.rfind("\n") + 1]
        found = [json.loads(line) for line in whole.split("\n")[:-1]]
        return [line for line in found if all(line.get(key) == value for key, value in wanted.items())]

    def wait(self, count=1, **wanted):
        wait_until(lambda: len(self.lines(**wanted)) >= count, 20, f"{count} lines with {wanted}")
        return self.lines(**wanted)


@pytest.fixture
def access(session_dir):
    return AccessFile(servers.scratch(session_dir))


def test_a_client_can_be_followed_from_door_to_pool(own_pools, session_dir, tmp_path):
    logs = [AccessFile(servers.scratch(session_dir)) for _ in range(2)]
    billing = servers.scratch(session_dir) / "billing.json"
    system = own_pools(count=1, pool={"billing": billing})
    (pool,) = system.pools
    for server, log in ((pool, logs[0]), (system, logs[1])):
        server.stop()
        servers.SluiceServer.start(server, *log.arguments, listen=f"{server.host}:{server.port}")
    of_pool, of_door = logs
    (tmp_path / "in").write_bytes(DATA)
    xrdcp(tmp_path / "in", f"{system.url}/d/file?authz=SECRET-TOKEN").ok()
    xrdcp(f"{system.url}/d/file?authz=SECRET-TOKEN", tmp_path / "out").ok()

    (sent,) = of_door.wait(request="open", access="read", answer="redirect")
    assert sent["service"] == "door" and sent["path"] == "/d/file" and sent["to"] == f"{pool.host}:{pool.port}"
    assert "authz" in sent["keys"].split(",") and sent["us"] >= 0 and sent["client"].startswith("127.0.0.1:")
    (opened,) = of_pool.wait(request="open", access="read", answer="ok")
    assert opened["service"] == "pool" and opened["path"] == "/d/file" and opened["door_session"] == sent["session"]
    (closed,) = of_pool.wait(request="close", session=opened["session"])
    assert (closed["path"], closed["read"], closed["written"]) == ("/d/file", len(DATA), 0) and closed["requests"] > 0
    (begun,) = of_pool.wait(request="open", access="write", answer="ok")
    (stored,) = of_pool.wait(request="close", session=begun["session"])
    assert (stored["read"], stored["written"]) == (0, len(DATA))
    (login,) = of_pool.wait(request="login", session=opened["session"])
    assert login["door"] == f"{system.host}:{system.port}" and login["user"] == opened["user"] and login["application"] == "xrdcp"
    (ended,) = of_pool.wait(request="disconnect", session=opened["session"])
    assert ended["sent"] > len(DATA) and ended["answer"] == "ok"

    wait_until(lambda: billing.exists() and len(billing.read_text().splitlines()) == 2, what="billing")
    download = json.loads(billing.read_text().splitlines()[1])
    assert (download["session"], download["door_session"]) == (opened["session"], sent["session"])
    for log in logs:
        assert "SECRET" not in log.path.read_text() and "sluice.cap=" not in log.path.read_text()


def test_what_names_are_asked_is_in_it(own_sluice, access):
    server = own_sluice(*access.arguments)
    xrdfs(server, "mkdir", "-p", "/a/b").ok()
    xrdfs(server, "stat", "/a/b").ok()
    xrdfs(server, "stat", "/none").failed()
    xrdfs(server, "mv", "/a/b", "/a/c").ok()
    xrdfs(server, "query", "config", "version").ok()
    xrdfs(server, "ls", "/a").ok()
    (found,) = access.wait(request="stat", path="/a/b")
    assert found["answer"] == "ok" and found["service"] == "export" and found["bytes"] > 0
    (missing,) = access.wait(request="stat", path="/none")
    assert (missing["answer"], missing["code"]) == ("error", 3011) and "/none" in missing["text"]
    (moved,) = access.wait(request="mv", path="/a/b")
    assert moved["target"] == "/a/c"
    (asked,) = access.wait(request="query")
    assert asked["kind"] == "config"
    (listed,) = access.wait(request="dirlist", path="/a")
    assert listed["bytes"] > 0
    assert access.wait(request="protocol")[0]["client"].startswith("127.0.0.1:")
    assert len(access.wait(6, request="disconnect")) == 6


@pytest.mark.parametrize("requests", ["files", "all"])
def test_reads_and_writes_are_totals_unless_all_are_wanted(own_sluice, session_dir, requests):
    access = AccessFile(servers.scratch(session_dir), requests)
    server = own_sluice(*access.arguments)
    server.workdir("d").put("file", DATA)
    with raw.Connection(server) as connection:
        handle = connection.open("/d/file")
        assert connection.read(handle, 100, 50) == DATA[100:150]
        assert connection.read(handle, 0, 2_000_000) == DATA[:2_000_000]
        with pytest.raises(raw.XrootError):
            connection.read(b"\1\2\3\4", 0, 10)
        connection.call(raw.request(raw.CLOSE, handle))
    (closed,) = access.wait(request="close")
    assert (closed["path"], closed["read"], closed["requests"]) == ("/d/file", 2_000_050, 2)
    access.wait(request="disconnect")
    reads = [(line["answer"], line.get("path"), line.get("offset"), line.get("length")) for line in access.lines(request="read")]
    failed = reads.pop()
    assert failed[0] == "error"
    assert reads == {"files": [], "all": [("ok", "/d/file", 100, 50), ("ok", "/d/file", 0, 2_000_000)]}[requests]


def test_a_file_that_nobody_closed_has_its_line(own_sluice, access):
    server = own_sluice(*access.arguments)
    server.workdir("d").put("file", DATA)
    with raw.Connection(server) as connection:
        connection.read(connection.open("/d/file"), 0, 1000)
    (lost,) = access.wait(request="close", answer="lost")
    assert lost["path"] == "/d/file" and lost["read"] == 1000


@pytest.mark.parametrize("path, keys, others", [
    ("/x\n{\"time\":\"2026-01-01T00:00:00.000Z\",\"request\":\"forged\"}", None, None),
    ("/x\r\x1b[31mred\x9b\xe2\x80\xa8", None, None),
    ("/x\"quote\\", None, None),
    ("/x?eyJhbGciOiJIUzI1NiJ9SECRET&authz=Bearer%20SECRET&my=SECRET&tried=a,b", "authz,tried", 2),
    ("/" + "y" * 4000, None, None),
])
def test_nobody_writes_lines_of_his_own_or_leaves_secrets(own_sluice, access, path, keys, others):
    server = own_sluice(*access.arguments)
    with raw.Connection(server) as connection:
        with pytest.raises(raw.XrootError):
            connection.stat(path.encode("latin-1"))
    (line,) = access.wait(request="stat")
    assert access.lines(request="forged") == [] and line["answer"] == "error"
    assert line.get("keys") == keys and line.get("other_keys") == others
    text = access.path.read_bytes()
    assert b"SECRET" not in text and b"\x1b" not in text and b"\r" not in text and b"\x9b" not in text
    assert max(map(len, text.split(b"\n"))) < 3000


def test_rubbish_before_the_login_is_in_it_too(own_sluice, access):
    server = own_sluice(*access.arguments)
    with raw.Connection(server, login=False) as connection:
        connection.send(raw.request(raw.STAT, payload=b"/x"))
        assert connection.closed()
    (refused,) = access.wait(request="stat")
    assert refused["answer"] == "error" and "session" not in refused
    assert len(access.wait(request="disconnect")) == 1


def test_it_can_be_rotated(own_sluice, access):
    server = own_sluice(*access.arguments)
    xrdfs(server, "mkdir", "/before").ok()
    access.wait(request="disconnect")
    old = access.path.rename(access.path.with_suffix(".1"))
    size = old.stat().st_size
    server.reload()
    wait_until(access.path.exists, what="a new file")
    xrdfs(server, "ls", "/").ok()
    access.wait(request="dirlist")
    assert access.lines(request="mkdir") == [] and old.stat().st_size == size


def test_lines_are_complete_when_the_server_stops(own_sluice, access):
    server = own_sluice(*access.arguments)
    for _ in range(20):
        xrdfs(server, "stat", "/").ok()
    assert server.stop() == 0
    assert len(access.lines(request="stat")) == 20 and len(access.lines(request="disconnect")) == 20


def test_a_file_that_hangs_costs_lines_and_no_client(own_sluice, session_dir, tmp_path):
    """A pipe that nobody empties: the buffers fill up, lines are dropped and counted, and clients go on."""
    access = AccessFile(servers.scratch(session_dir))
    os.mkfifo(access.path, 0o666)
    servers.give(access.path)
    keep = os.open(access.path, os.O_RDWR | os.O_NONBLOCK)
    try:
        server = own_sluice(*access.arguments)
        before = server.rss()
        done = run(server.binary, "bench", "xroot", f"{server.url}/", "--mode", "stat", "--duration", "1500 ms", "--depth", "8",
                   "--connections", "8", "--json")
        assert done.code == 0 and json.loads(done.out)["errors"] == 0
        assert server.metric("sluice_xroot_access_log_lost_total") > 0
        assert server.rss() - before < 60 << 20
        with open(tmp_path / "drained", "wb") as out:
            drain = subprocess.Popen(["/bin/cat", str(access.path)], stdout=out)
        os.close(keep)
        keep = None
        wait_until(lambda: b"lines_lost" in (tmp_path / "drained").read_bytes(), what="the line about lost lines")
        assert server.stop() == 0
        drain.wait(10)
        assert "lines.lost" in server.log()
    finally:
        if keep is not None:
            os.close(keep)


def test_without_a_name_there_is_none(own_sluice):
    server = own_sluice()
    xrdfs(server, "stat", "/").ok()
    assert not list(server.data.rglob("access*"))


def test_a_file_that_cannot_be_made_is_told_at_once(own_sluice):
    server = own_sluice(start=False)
    with pytest.raises(RuntimeError, match="no-such-directory/access.log"):
        server.start("--set", "access_log.file=/no-such-directory/access.log")
