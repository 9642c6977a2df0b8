# SPDX-License-Identifier: Apache-2.0
# sss and krb5 at a whole door: what was overheard is worth nothing, and neither are keys that are old, wrong or another service's.

import time

import doors
import eavesdrop
import pytest
import rawxroot
import servers
import sss
from clients import run

FAILED = 3030
DAY = 86_400


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    doors.forget_credentials(monkeypatch, tmp_path)


@pytest.fixture(params=["xrdfs", "sluice"])
def stat(request):
    def command(door, port=None, **environment):
        url = f"root://localhost:{port or door.port}/"
        words = ["/usr/bin/xrdfs", url, "stat", "/"] if request.param == "xrdfs" else [door.binary, "stat", url + "/"]
        return run(*words, **environment)
    return command


def login(door, method, credential):
    """Why the door refuses this credential; None: it does not."""
    with rawxroot.Connection(door) as raw, door.meanwhile("session.not_authenticated") as refused:
        try:
            raw.call(doors.auth_request(method, credential))
        except rawxroot.XrootError as error:
            assert error.code == FAILED, error
            return error.text
        assert raw.stat("/")
    assert refused == []
    return None


# ---- sss


@pytest.fixture(scope="module")
def keys():
    now = int(time.time())
    return {"jane": sss.Key(1), "lasting": sss.Key(2, expires=now + DAY), "expired": sss.Key(3, expires=now - DAY),
            "anybody": sss.Key(4, user="anybody", group="anygroup"), "anywhere": sss.Key(5, name="relay+")}


@pytest.fixture(scope="module")
def keytab(session_dir, keys):
    return servers.give(sss.keytab(servers.scratch(session_dir, "sss-") / "keytab", *keys.values()))


@pytest.fixture(scope="module")
def door(session_dir, keytab):
    settings = {"auth.methods": ["sss"], "auth.sss.keytab": str(keytab), "auth.most_failures": 100_000,
                "auth.mapping": ["sss user=jane -> superuser name=jane", "sss user=joe -> superuser name=joe"]}
    with servers.running(doors.Door(settings, home=session_dir)) as server:
        yield server


def entered_as(door, credential):
    with door.meanwhile() as entered:
        assert login(door, b"sss", credential) is None
    return entered[0]["principal"]


def test_credentials_made_by_hand_are_as_good(door, keys):
    assert entered_as(door, sss.credential(keys["jane"])) == "jane"
    assert entered_as(door, sss.credential(keys["lasting"])) == "jane"
    assert entered_as(door, sss.credential(keys["anybody"], user="joe")) == "joe"
    assert entered_as(door, sss.credential(keys["anywhere"], host="[::ffff:192.0.2.9]:1")) == "jane"
    # Whoever has the key of one user is that user, whatever it calls itself.
    assert entered_as(door, sss.credential(keys["jane"], user="joe")) == "jane"


@pytest.mark.parametrize("name", ["jane", "anybody", "anywhere"])
def test_a_credential_counts_once(door, keys, name):
    credential = sss.credential(keys[name], user="jane")
    assert login(door, b"sss", credential) is None
    for _ in range(3):
        assert "used before" in login(door, b"sss", credential)
    assert login(door, b"sss", sss.credential(keys[name], user="jane")) is None


def test_what_a_client_said_was_said(door, keys, keytab, stat, tmp_path):
    mine = sss.keytab(tmp_path / "mine", keys["jane"])
    with eavesdrop.Eavesdropper(door) as ear:
        stat(door, ear.port, XrdSecPROTOCOL="sss", XrdSecSSSKT=str(mine)).ok()
        (credential,) = ear.credentials()
    assert "used before" in login(door, b"sss", credential)


@pytest.mark.parametrize("make, why", [
    (lambda keys: sss.credential(keys["expired"]), "expired"),
    (lambda keys: sss.credential(sss.Key(1)), "another key"),
    (lambda keys: sss.credential(sss.Key(77)), ""),
    (lambda keys: sss.credential(keys["jane"], number=4), "another key"),
    (lambda keys: sss.credential(keys["jane"], damage=True), "damaged"),
    (lambda keys: sss.credential(keys["jane"], age=60), ""),
    (lambda keys: sss.credential(keys["jane"], age=-600), ""),
    (lambda keys: sss.credential(keys["jane"], host="[::ffff:192.0.2.9]:1"), "another address"),
    (lambda keys: sss.credential(keys["jane"], host=None), ""),
    (lambda keys: sss.credential(keys["jane"])[:-9], ""),
    (lambda keys: b"sss\0" + sss.credential(keys["jane"])[8:], ""),
])
def test_credentials_that_are_refused(door, keys, make, why):
    assert why in (login(door, b"sss", make(keys)) or "it was taken")


def test_clients_with_a_wrong_or_an_old_key(door, keys, stat, tmp_path):
    now = int(time.time())
    wrong, unknown = sss.Key(1), sss.Key(99)
    renewed = sss.Key(3, expires=now + DAY, value=keys["expired"].value)  # the client's own file says something else
    for number, key in enumerate((wrong, unknown, renewed)):
        with door.meanwhile("session.not_authenticated") as refused:
            stat(door, XrdSecPROTOCOL="sss", XrdSecSSSKT=str(sss.keytab(tmp_path / str(number), key))).failed()
        assert [one["method"] for one in refused] == ["sss"]


def test_a_key_that_is_taken_out_of_the_file_is_worth_nothing(session_dir, stat, tmp_path):
    old, new = sss.Key(1), sss.Key(2)
    file = servers.give(sss.keytab(servers.scratch(session_dir, "sss-") / "keytab", old))
    settings = {"auth.methods": ["sss"], "auth.sss.keytab": str(file), "auth.mapping": ["sss user=jane -> superuser"]}
    theirs = {"XrdSecPROTOCOL": "sss", "XrdSecSSSKT": str(sss.keytab(tmp_path / "mine", old))}
    with servers.running(doors.Door(settings, home=session_dir)) as door:
        stat(door, **theirs).ok()
        servers.give(sss.keytab(file.with_suffix(".new"), new)).rename(file)
        stat(door, **theirs).failed()
        assert login(door, b"sss", sss.credential(new)) is None


# ---- krb5


@pytest.fixture(scope="module")
def service_door(session_dir, realm):
    """Doors by their service; all have the keys of both, as services of one machine may."""
    both = realm.home / "both.keytab"
    for name in ("host/localhost", "xrootd/localhost"):
        realm.service(name, both)
    started = []

    def start(principal, clock=None):
        settings = {"auth.methods": ["krb5"], "auth.krb5.keytab": str(both), "auth.krb5.principal": principal,
                    "auth.mapping": ["krb5 realm=TEST.SLUICE -> superuser name=%name"]}
        started.append(doors.Door(settings, home=session_dir))
        environment = realm.environment | (servers.another_clock(clock) if clock else {})
        return started[-1].start(environment=environment)

    yield start
    for one in started:
        log = one.log()
        one.remove()
        servers.no_sanitizer_report(log)


@pytest.fixture(scope="module")
def kerberos_door(service_door):
    return service_door("host/localhost")


@pytest.fixture(scope="module")
def another_service(service_door):
    return service_door("xrootd/localhost")


@pytest.fixture
def ticket(realm):
    return {**realm.environment, "KRB5CCNAME": realm.user("jane"), "XrdSecPROTOCOL": "krb5"}


@pytest.fixture
def overheard(kerberos_door, stat, ticket):
    """What a client said to a door that let it in."""
    with eavesdrop.Eavesdropper(kerberos_door) as ear, kerberos_door.meanwhile() as entered:
        stat(kerberos_door, ear.port, **ticket).ok()
        (credential,) = ear.credentials()
    assert [one["principal"] for one in entered] == ["jane"]
    return credential


def test_a_request_counts_once(kerberos_door, overheard):
    for _ in range(2):
        assert "replay" in login(kerberos_door, b"krb5", overheard).lower()


def test_a_request_to_one_service_is_nothing_to_another(another_service, overheard, stat, ticket):
    assert login(another_service, b"krb5", overheard) is not None
    stat(another_service, **ticket).ok()


def test_damaged_requests_are_refused(kerberos_door, overheard):
    for at in range(40, len(overheard), 97):
        damaged = overheard[:at] + bytes([overheard[at] ^ 0x55]) + overheard[at + 1:]
        assert login(kerberos_door, b"krb5", damaged) is not None, at


@pytest.mark.parametrize("clock", ["+20m", "-20m"])
def test_clocks_that_are_too_far_apart(service_door, stat, ticket, clock):
    door = service_door("host/localhost", clock)
    with door.meanwhile("session.not_authenticated") as refused:
        stat(door, **ticket).failed()
    assert [one["method"] for one in refused] == ["krb5"]


def test_who_has_no_ticket(kerberos_door, realm, stat):
    with kerberos_door.meanwhile() as entered:
        stat(kerberos_door, **realm.environment, XrdSecPROTOCOL="krb5").failed()
    assert entered == []
