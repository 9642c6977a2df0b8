# SPDX-License-Identifier: Apache-2.0
# Commands for a server that runs, over its local socket and over HTTP with a token.

import json
import subprocess
import urllib.error
import urllib.request

import pytest
import rawxroot as raw
import servers
from clients import run, xrdcp
from storage import SluiceStorage


@pytest.fixture
def storage(session_dir):
    with servers.running(SluiceStorage(home=session_dir)) as server:
        yield server


def admin(server, *words, code=0):
    done = run(server.binary, "admin", *words, "--data", server.data)
    assert done.code == code, done
    return done


def rows(server, *words):
    return [json.loads(line) for line in admin(server, *words, "--json").out.splitlines()]


@pytest.fixture
def upload(storage):
    """An upload by hand that goes on until somebody ends it."""
    pool, handle = storage.open_by_hand("/file", raw.NEW | raw.UPDATE)
    yield pool, handle
    pool.close()


def test_movers_are_listed_and_killed(storage, upload):
    pool, handle = upload
    pool.write(handle, 0, b"x" * 1000)
    (mover,) = rows(storage, "movers")
    assert mover["path"] == "/file" and mover["direction"] == "write" and mover["state"] == "active"
    assert "/file" in admin(storage, "movers").out
    admin(storage, "kill-mover", mover["id"], "--reason", "enough")
    with pytest.raises(raw.XrootError):
        pool.write(handle, 1000, b"y")
    assert rows(storage, "movers") == []
    assert "mover" in admin(storage, "kill-mover", mover["id"], code=54).err
    assert "event=mover.killed" in storage.log() and "enough" in storage.log()


def test_queues_are_kept_over_a_restart(storage):
    admin(storage, "set-queue", "regular", "--max-active", "0", "--idle-timeout", "4h")
    admin(storage, "set-queue", "tape", "--order", "lifo", "--total-timeout", "5d")
    admin(storage, "set-queue", "gone")
    admin(storage, "remove-queue", "gone")
    before = rows(storage, "queues")
    assert {row["queue"]: (row["order"], row["max_active"]) for row in before} == {"regular": ("fifo", 0), "tape": ("lifo", 1000)}
    storage.stop()
    storage.start()
    assert rows(storage, "queues") == before


def test_a_queue_without_places_lets_nobody_in_until_it_has_some(storage, tmp_path):
    local = tmp_path / "local"
    local.write_bytes(b"content")
    xrdcp(local, f"{storage.url}/file").ok()
    admin(storage, "set-queue", "regular", "--max-active", "0")
    waiting = subprocess.Popen(["/usr/bin/xrdcp", "--silent", f"{storage.url}/file", str(tmp_path / "back")])
    raw.wait_until(lambda: [row["state"] for row in rows(storage, "movers")] == ["waiting"], what="somebody who waits")
    admin(storage, "set-queue", "regular", "--max-active", "10")
    assert waiting.wait(60) == 0 and (tmp_path / "back").read_bytes() == b"content"


@pytest.mark.parametrize("words, complaint", [
    (["set-queue", "regular", "--order", "random"], "order"),
    (["set-queue", "regular", "--max-active", "-1"], "max_active"),
    (["set-queue", "a/b"], "a/b"),
    (["remove-queue", "regular"], "regular"),
    (["remove-queue", "none"], "none"),
    (["kill-mover", "x"], "x"),
    (["end-connection", "abc"], "abc"),
])
def test_what_cannot_be_done_is_refused_with_its_name(storage, words, complaint):
    done = run(storage.binary, "admin", *words, "--data", storage.data)
    assert done.code in (50, 54) and complaint in done.err
    assert rows(storage, "queues")[0]["max_active"] == 1000


def test_a_pool_is_compared_with_the_catalogue(storage, tmp_path):
    for name in ("kept", "lost"):
        (tmp_path / name).write_bytes(name.encode())
        xrdcp(tmp_path / name, f"{storage.url}/{name}").ok()
    (check,) = rows(storage, "check-pool")
    assert check == {"replicas": 2, "lost": 0, "found": 0, "unknown": 0, "removed": 0, "lost_files": [], "unknown_files": []}
    replicas = sorted(path for path in (storage.data / "pool").rglob("0*") if path.is_file())
    replicas[1].unlink()
    replicas[0].with_name("0000000000000fff").write_bytes(b"strange")
    (check,) = rows(storage, "check-pool")
    assert (check["lost"], check["lost_files"]) == (1, [str(int(replicas[1].name, 16))])
    assert (check["unknown"], check["unknown_files"]) == (1, [str(0xfff)])
    assert admin(storage, "check-pool").out.split() == ["REPLICAS", "LOST", "FOUND", "UNKNOWN", "REMOVED", "2", "0", "0", "1", "0"]
    xrdcp(f"{storage.url}/lost", tmp_path / "back").failed("no pool has a good copy")
    replicas[1].write_bytes(b"lost")
    assert rows(storage, "check-pool")[0]["found"] == 1
    xrdcp(f"{storage.url}/lost", tmp_path / "back").ok()


def test_what_nobody_knows_is_removed_on_demand(storage, upload, tmp_path):
    pool, handle = upload
    pool.write(handle, 0, b"under way")
    (tmp_path / "kept").write_bytes(b"kept")
    xrdcp(tmp_path / "kept", f"{storage.url}/kept").ok()
    (replica,) = [path for path in (storage.data / "pool").rglob("0*") if path.is_file()]
    strange = replica.with_name("0000000000000fff")
    strange.write_bytes(b"strange")
    admin(storage, "check-pool", "--older-than", "0s", code=50)
    for words in ([], ["--remove-unknown"], ["--remove-unknown", "--older-than", "1h"]):
        (check,) = rows(storage, "check-pool", *words)
        assert (check["unknown"], check["removed"]) == (1, 0) and strange.exists()
    (check,) = rows(storage, "check-pool", "--remove-unknown", "--older-than", "0s")
    assert (check["unknown"], check["removed"], check["unknown_files"]) == (1, 1, [str(0xfff)])
    assert not strange.exists() and "event=replica.removed file=4095" in storage.log()
    assert rows(storage, "check-pool")[0]["unknown"] == 0
    pool.call(raw.close_request(handle))
    for name, content in (("file", b"under way"), ("kept", b"kept")):
        xrdcp(f"{storage.url}/{name}", tmp_path / f"back-{name}").ok()
        assert (tmp_path / f"back-{name}").read_bytes() == content


def test_connections_are_listed_and_ended(storage, upload):
    pool, _handle = upload
    (mine,) = [row for row in rows(storage, "connections") if row["user"] == "tester" and row["door"]]
    assert mine["id"] in admin(storage, "connections").out
    admin(storage, "end-connection", mine["id"])
    assert pool.closed()


def test_settings_are_read_again(session_dir):
    server = SluiceStorage(home=session_dir)
    with servers.running(server, settings='[log]\nlevels = "info"\n'):
        (server.home / "sluice.toml").write_text('[log]\nlevels = "debug"\n')
        admin(server, "reload")
        raw.wait_until(lambda: "config.changed" in server.log(), what="the change")


def test_only_its_owner_may_ask(storage):
    socket = storage.data / "admin.sock"
    assert socket.stat().st_mode & 0o777 == 0o600 and socket.stat().st_uid == servers.account()[0]


def test_a_socket_that_a_killed_server_left_is_no_obstacle(storage):
    storage.kill()
    assert "with --data" in admin(storage, "movers", code=51).err
    storage.start()
    assert rows(storage, "movers") == []
    storage.stop()
    assert not (storage.data / "admin.sock").exists()


def ask(server, method, path, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    request = urllib.request.Request(f"{server.http}/admin/v1{path}", method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, None


def test_nobody_may_ask_over_http_without_a_token(storage):
    assert ask(storage, "GET", "/movers") == (404, None)


def test_who_shows_the_token_may_ask_over_http(session_dir):
    server = SluiceStorage(home=session_dir)
    secret = server.home / "token"
    secret.write_text("0123456789abcdef\n")
    servers.give(secret)
    with servers.running(server, settings=f'[serve]\nadmin_token = "{secret}"\n'):
        assert ask(server, "GET", "/queues", "0123456789abcdef")[1][0]["queue"] == "regular"
        assert ask(server, "PUT", "/queues/regular?max_active=7", "0123456789abcdef")[1]["max_active"] == 7
        for token in (None, "", "0123456789abcdeg", "0123456789abcde", "0123456789abcdef0"):
            assert ask(server, "PUT", "/queues/regular?max_active=8", token) == (401, None)
        assert rows(server, "queues")[0]["max_active"] == 7
        assert "0123456789abcdef" not in server.log()


def test_a_token_that_is_too_short_is_refused_at_the_start(session_dir):
    server = SluiceStorage(home=session_dir)
    (server.home / "token").write_text("short")
    with pytest.raises(RuntimeError, match="16 characters"):
        with servers.running(server, settings=f'[serve]\nadmin_token = "{server.home}/token"\n'):
            pass


def test_two_exports_may_share_a_directory_and_the_first_one_answers(session_dir):
    first = servers.SluiceServer(home=session_dir)
    with servers.running(first):
        second = servers.SluiceServer(home=session_dir)
        second.data = first.data
        with servers.running(second):
            assert "event=admin.taken" in second.log() and "serve.admin_socket" in second.log()
            with raw.Connection(first):
                assert [row["user"] for row in rows(first, "connections")] == ["tester"]
        assert rows(first, "connections") == []


def test_a_socket_that_was_asked_for_and_is_taken_is_an_error(storage, session_dir):
    second = servers.SluiceServer(home=session_dir)
    with pytest.raises(RuntimeError, match="another server listens on"):
        with servers.running(second, settings=f'[serve]\nadmin_socket = "{storage.data}/admin.sock"\n'):
            pass
    assert rows(storage, "movers") == []
