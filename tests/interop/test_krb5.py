# SPDX-License-Identifier: Apache-2.0
# Our sides of krb5 against Debian's, with a realm of our own.

import auth_peer
import clients
import pytest
import rawxroot as raw
import servers

SERVICE = "host/localhost"


@pytest.fixture(scope="module")
def keytab(realm):
    return realm.service(SERVICE)


def xrdfs(realm, door, cache):
    return clients.run("/usr/bin/xrdfs", f"root://localhost:{door.port}", "stat", "/", XrdSecPROTOCOL="krb5", KRB5CCNAME=cache,
                       **realm.environment)


def door_of(realm, keytab, *more):
    return auth_peer.Door("krb5", keytab, SERVICE, *more, environment=realm.environment)


def test_debian_clients_are_let_in_as_their_principal(realm, keytab):
    with door_of(realm, keytab) as door:
        assert door.parameters == f"{SERVICE}@{realm.realm}"
        for name in ("jane", "jane/admin"):
            xrdfs(realm, door, realm.user(name)).ok()
            assert door.verdicts[-1] == ("proof", f"{name}@{realm.realm}")


def test_a_request_that_was_overheard_is_refused(realm, keytab):
    with door_of(realm, keytab) as door:
        xrdfs(realm, door, realm.user("jane")).ok()
        door.peer.say("begin 127.0.0.1")
        kind, text = door.peer.say(f"answer {door.credentials[0].hex()}")
        assert kind == "error" and "replay" in text


def test_every_cut_request_is_refused(realm, keytab):
    with door_of(realm, keytab) as door:
        xrdfs(realm, door, realm.user("jane")).ok()
        whole = door.credentials[0]
        for size in [*range(8), *range(8, len(whole), 37), len(whole) - 1]:
            door.peer.say("begin 127.0.0.1")
            kind, _ = door.peer.say(f"answer {whole[:size].hex()}")
            assert kind == "error", size


def test_a_ticket_for_another_address_is_refused(realm, keytab):
    cache = realm.user("bound", "-a")  # with the addresses of this machine
    with door_of(realm, keytab) as door:
        peer = auth_peer.Peer("client", "krb5", "localhost", "127.0.0.1", 0, door.parameters,
                              environment={**realm.environment, "KRB5CCNAME": cache})
        for address, expected in (("198.51.100.7", "error"), ("127.0.0.1", "proof")):
            kind, credential = peer.say("begin")
            assert kind == "credential", credential
            door.peer.say(f"begin {address}")
            kind, text = door.peer.say(f"answer {credential}")
            assert kind == expected and (kind == "proof" or "address" in text.lower()), text
        peer.close()


def test_tickets_are_forwarded_to_a_file_of_the_user(realm, keytab):
    folder = servers.scratch(realm.home)
    with door_of(realm, keytab, f"{folder}/cc_<user>") as door:
        assert door.parameters.endswith(",fwd")
        xrdfs(realm, door, realm.user("jane", "-f")).ok()
        assert [kind for kind, _ in door.verdicts] == ["challenge", "proof"]
    (file,) = folder.iterdir()
    assert file.name == f"cc_jane@{realm.realm}" and file.stat().st_mode & 0o777 == 0o600
    shown = clients.run("/usr/bin/klist", "-c", f"FILE:{file}", **realm.environment).ok()
    assert f"krbtgt/{realm.realm}" in shown.out


def test_a_client_without_ticket_fails_as_it_should(realm, keytab):
    with door_of(realm, keytab) as door:
        xrdfs(realm, door, "FILE:/nowhere/cache").failed()
        assert door.verdicts == []


@pytest.fixture
def debian(realm, keytab):
    """Debian's xrootd, which takes krb5 only."""
    server = servers.DebianXrootd()
    launch = server.launch
    variables = {**realm.environment, "KRB5RCACHENAME": f"file2:{server.home}/replays"}  # ours may be another account's
    server.launch = lambda command, **popen: launch(command, variables, **popen)
    with servers.running(server, extra=f"xrootd.seclib libXrdSec.so\nsec.protocol krb5 {keytab} {SERVICE}@{realm.realm}\n"
                                       "sec.protbind * only krb5\n"):
        yield server


def test_debian_lets_our_client_in(realm, debian):
    environment = {**realm.environment, "KRB5CCNAME": realm.user("jane")}
    assert auth_peer.log_in(debian, "krb5", host="localhost", environment=environment) == (raw.OK, b"")


def test_our_client_says_what_to_do_without_a_ticket(realm, debian):
    environment = {**realm.environment, "KRB5CCNAME": "FILE:/nowhere/cache"}
    with pytest.raises(AssertionError, match="kinit"):
        auth_peer.log_in(debian, "krb5", host="localhost", environment=environment)


def test_our_sides_forward_to_each_other_where_the_user_dialled(realm, keytab):
    folder = servers.scratch(realm.home)
    environment = {**realm.environment, "KRB5CCNAME": realm.user("jane", "-f")}
    with door_of(realm, keytab, f"{folder}/cc_<user>") as door:
        door.host = "127.0.0.1"
        door.hello = None
        assert auth_peer.log_in(door, "krb5", host="localhost", environment=environment) == (raw.OK, b"")
        with pytest.raises(AssertionError, match="elsewhere"):
            auth_peer.log_in(door, "krb5", host="other.example.org", environment=environment)
