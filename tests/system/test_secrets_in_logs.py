# SPDX-License-Identifier: Apache-2.0
# That the logs of real servers and of our client come to where they are searched for secrets: the search itself has its tests in
# tests/tools.

import confidential
import doors
import pytest
import rawxroot
import servers
from clients import run

SECRET = "the-secret-of-this-test-that-is-in-a-path"


@pytest.fixture
def book(monkeypatch):
    own = confidential.Book()
    own.know("secret of a test", SECRET)
    monkeypatch.setattr(confidential, "book", own)
    yield own
    own.close()


def test_what_a_server_logs_is_searched(book, session_dir):
    with servers.running(doors.Door({"auth.methods": ["none"]}, home=session_dir)) as door:
        with rawxroot.Connection(door) as raw:
            raw.call(doors.auth_request(b"unix", b"unix\0joe\0"))
            assert raw.code(rawxroot.stat_request(f"/{SECRET}")) == 3010
        assert SECRET in door.log()
        assert book.leaks() == []  # as long as it runs
    (leak,) = book.leaks()
    assert leak.writer.startswith("Door storage, gone at ") and leak.kind == "secret of a test"


def test_its_access_log_too(book, session_dir):
    access = servers.scratch(session_dir) / "access.log"
    with servers.running(servers.SluiceServer(home=session_dir), settings=f'access_log.file = "{access}"\n') as server:
        with rawxroot.Connection(server) as raw:
            raw.code(rawxroot.stat_request(f"/{SECRET}"))
        rawxroot.wait_until(lambda: SECRET in access.read_text(), 10, "the line")
    assert [leak.kind for leak in book.leaks()] == ["secret of a test"]


def test_what_our_client_says_is_searched(book):
    run(servers.reachable(servers.sluice_binary()), "stat", f"root://127.0.0.1:1//{SECRET}").failed()
    (leak,) = book.leaks()
    assert leak.writer == "sluice stat"


def test_the_keys_of_doors_are_known(book, session_dir):
    with servers.running(doors.Door({}, home=session_dir)) as door:
        catalogue = door.data / "catalogue.db"
        assert catalogue.exists()
    assert [kind for kind in book._kinds.values() if kind == "signing key"]
