# SPDX-License-Identifier: Apache-2.0
# Our sides of sss against Debian's: its keytabs, its clients, its server.

import os
import subprocess

import auth_peer
import clients
import pytest
import rawxroot as raw
import servers

MINE = ["-k", "mykey", "-u", "eosdev", "-g", "eos"]
ANYBODY = ["-k", "any", "-u", "anybody", "-g", "anygroup"]
ANYWHERE = ["-k", "relay+", "-u", "relay", "-g", "usrgroup"]


@pytest.fixture
def folder():
    path = servers.scratch(prefix="sluice-sss-")
    yield path
    servers.shutil.rmtree(path)


def xrdfs(door, keytab, *words):
    return clients.run("/usr/bin/xrdfs", f"root://127.0.0.1:{door.port}", *words,
                       XrdSecSSSKT=str(keytab), XrdSecPROTOCOL="sss")


@pytest.mark.parametrize("options, expected", [
    (MINE, "eosdev eos"),
    (ANYBODY, "nobody nogroup"),
    (ANYWHERE, "relay"),
    (["-k", "exactly8", "-u", "eosdev", "-g", "eos", "-l", "128"], "eosdev eos"),
    (["-k", "short", "-u", "eosdev", "-g", "eos", "-l", "16", "-x", "3"], "eosdev eos"),
])
def test_debian_clients_are_let_in_as_who_their_key_is(folder, options, expected):
    keytab = auth_peer.keytab(folder / "keytab", options)
    with auth_peer.Door("sss", keytab) as door:
        for _ in range(3):  # each login is a credential of its own
            xrdfs(door, keytab, "stat", "/").ok()
        assert set(door.verdicts) == {("proof", expected)}


def test_a_client_with_a_key_of_somebody_else_is_refused(folder):
    keytab = auth_peer.keytab(folder / "keytab", MINE)
    other = auth_peer.keytab(folder / "other", MINE)
    with auth_peer.Door("sss", keytab) as door:
        xrdfs(door, other, "stat", "/").failed()
        assert {kind for kind, _ in door.verdicts} == {"error"}


def test_a_credential_that_was_overheard_is_refused(folder):
    keytab = auth_peer.keytab(folder / "keytab", MINE)
    with auth_peer.Door("sss", keytab) as door:
        xrdfs(door, keytab, "stat", "/").ok()
        door.peer.say("begin 127.0.0.1")
        kind, text = door.peer.say(f"answer {door.credentials[0].hex()}")
        assert (kind, text) == ("error", "sss: the credential was used before")


def test_a_credential_of_elsewhere_is_refused(folder):
    keytab = auth_peer.keytab(folder / "keytab", MINE)
    with auth_peer.Door("sss", keytab) as door:
        xrdfs(door, keytab, "stat", "/").ok()
        door.peer.say("begin 192.0.2.1")
        assert door.peer.say(f"answer {door.credentials[0].hex()}") == ["error", "sss: the credential was made for another address"]


def test_a_keytab_that_changed_is_read_again(folder):
    keytab = auth_peer.keytab(folder / "keytab", MINE)
    with auth_peer.Door("sss", keytab) as door:
        xrdfs(door, keytab, "stat", "/").ok()
        subprocess.run(["xrdsssadmin", "-k", "mykey", "-u", "eosdev", "-g", "eos", "del", str(keytab)], check=True,
                       input=b"y\n", capture_output=True)
        keytab.unlink(missing_ok=True)
        auth_peer.keytab(keytab, ANYBODY)
        xrdfs(door, keytab, "stat", "/").ok()
        assert door.verdicts == [("proof", "eosdev eos"), ("proof", "nobody nogroup")]


@pytest.fixture
def debian(folder):
    """Debian's xrootd, which takes sss only."""
    keytab = servers.give(auth_peer.keytab(folder / "server", MINE, ANYBODY))
    server = servers.DebianXrootd()
    with servers.running(server, extra=f"xrootd.seclib libXrdSec.so\nsec.protocol sss -s {keytab}\nsec.protbind * only sss\n"):
        yield server, keytab


def test_debian_lets_our_client_in(debian, folder):
    server, keytab = debian
    assert auth_peer.log_in(server, "sss", environment={"XrdSecSSSKT": str(keytab)}) == (raw.OK, b"")
    # A keytab with one key of the server's, such as clients have.
    lines = keytab.read_text().splitlines()
    for line in lines:
        mine = folder / "mine"
        mine.write_text(line + "\n")
        mine.chmod(0o600)
        assert auth_peer.log_in(server, "sss", environment={"XrdSecSSSKT": str(mine)}) == (raw.OK, b"")


def test_debian_refuses_our_client_with_another_key(debian, folder):
    server, _ = debian
    other = auth_peer.keytab(folder / "other", MINE)
    status, body = auth_peer.log_in(server, "sss", environment={"XrdSecSSSKT": str(other)})
    assert status == raw.ERROR, body


def test_our_client_says_what_is_missing(debian):
    server, _ = debian
    environment = {name: "" for name in os.environ if name.startswith("XrdSec")}
    with pytest.raises(AssertionError, match="no keytab: set XrdSecSSSKT"):
        auth_peer.log_in(server, "sss", environment={**environment, "HOME": "/nowhere"})
