# SPDX-License-Identifier: Apache-2.0
# Certificates at a whole door: which proxies are taken and which are not, who they are here, and what their organisations say.

import datetime
from types import SimpleNamespace

import doors
import pki
import proxies
import pytest
import servers
from clients import pattern, run, same
from cryptography import x509
from cryptography.x509.oid import NameOID

JANE = "/DC=test/DC=sluice/CN=Jane"
MAPPING = [
    "gsi fqan=/testvo/Role=production -> superuser name=production",
    "gsi vo=testvo -> read-only superuser name=member",
    f"gsi dn={JANE} -> superuser name=jane",
]


def hours(number):
    """A time as openssl writes it."""
    return f"{datetime.datetime.utcnow() + datetime.timedelta(hours=number):%Y%m%d%H%M%SZ}"


@pytest.fixture(scope="module")
def grid(session_dir):
    """Two sites with an authority each, both trusted, for names of their own; and a third that nobody knows."""
    ours = pki.Authority(session_dir, name="Site A")
    theirs = pki.Authority(session_dir, name="Site B", directory=ours.directory)
    ours.signing_policy('"/DC=test/DC=sluice/*"')
    theirs.signing_policy('"/DC=test/DC=elsewhere/*"')
    revoked = ours.user("Jane")
    ours.revoke(revoked)
    return SimpleNamespace(ours=ours, theirs=theirs, stranger=pki.Authority(session_dir, name="Site C"), host=ours.host(),
                           voms=proxies.Voms(ours, session_dir), jane=ours.user("Jane"), mallory=ours.user("Mallory"),
                           revoked=revoked, until_tonight=ours.user("Jane", begin=hours(-1), end=hours(6)))


@pytest.fixture(scope="module")
def door_of(session_dir, grid):
    """Doors by what is different in auth.gsi, each started once."""
    started = {}

    def get(**changes):
        key = tuple(sorted(changes.items()))
        if key not in started:
            gsi = doors.gsi_settings(grid.host, grid.ours, vomsdir=grid.voms.directory, **changes)
            started[key] = doors.Door({**gsi, "auth.methods": ["gsi"], "auth.mapping": MAPPING}, grid.host, home=session_dir)
            started[key].start()
        return started[key]

    yield get
    logs = [door.log() for door in started.values()]
    for door in started.values():
        door.remove()
    for log in logs:
        servers.no_sanitizer_report(log)


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path, grid):
    doors.forget_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("X509_CERT_DIR", str(grid.ours.directory))


@pytest.fixture(params=["xrdfs", "sluice"])
def asks(request):
    """stat of the root directory by one of the clients, with a proxy."""
    def stat(door, proxy, **environment):
        command = ["/usr/bin/xrdfs", door.at(scheme="root"), "stat", "/"] if request.param == "xrdfs" else \
            [door.binary, "stat", door.at("/", "root")]
        return run(*command, X509_USER_PROXY=str(proxy), **environment)
    return stat


def brought(proxy):
    return {"X509_USER_PROXY": str(proxy)}


def copies(door):
    return ["/usr/bin/xrdcp", "--nopbar"], [door.binary, "cp", "-q"]


# ---- proxies that are taken


def full(grid):
    return proxies.proxy(proxies.Holder.of(grid.jane))


def of_a_proxy(grid):
    return proxies.proxy(proxies.proxy(proxies.proxy(full(grid))))


def limited(grid):
    return proxies.proxy(proxies.Holder.of(grid.jane), info=proxies.proxy_info(proxies.LIMITED))


def of_a_limited_one(grid):
    return proxies.proxy(limited(grid))


def last_of_its_line(grid):
    return proxies.proxy(full(grid), info=proxies.proxy_info(path_length=0))


def legacy(grid):
    return proxies.legacy(proxies.Holder.of(grid.jane))


def legacy_of_a_legacy_one(grid):
    return proxies.legacy(legacy(grid), limited=True)


@pytest.mark.parametrize("made, changes", [
    (full, {}), (of_a_proxy, {}), (limited, {}), (of_a_limited_one, {}), (last_of_its_line, {}),
    (full, {"limited_proxies": False}), (of_a_proxy, {"crl": "require", "voms": "off", "legacy_proxies": True}),
    (legacy, {"legacy_proxies": True}), (legacy_of_a_legacy_one, {"legacy_proxies": True}),
])
def test_proxies_that_are_taken(door_of, grid, asks, tmp_path, made, changes):
    if changes.get("crl") == "require":
        grid.theirs.revoke()
    door = door_of(**changes)
    with door.meanwhile() as entered:
        asks(door, made(grid).write(tmp_path / "proxy")).ok()
    assert [(one["method"], one["name"], one["principal"]) for one in entered] == [("gsi", JANE, "jane")]


@pytest.mark.parametrize("made", [of_a_proxy, limited])
def test_files_go_to_the_pool_and_back(door_of, grid, tmp_path, made):
    door, source = door_of(), tmp_path / "source"
    source.write_bytes(pattern(3 << 20))
    brings = brought(made(grid).write(tmp_path / "proxy"))
    for number, copy in enumerate(copies(door)):
        url = door.at(f"/{made.__name__}/{number}", "root")
        run(*copy, source, url, **brings).ok()
        run(*copy, url, tmp_path / f"back{number}", **brings).ok()
        assert same(source, tmp_path / f"back{number}")


def test_our_client_needs_no_proxy(door_of, grid):
    door = door_of()
    mine = {"X509_USER_CERT": str(grid.jane.certificate), "X509_USER_KEY": str(grid.jane.key)}
    with door.meanwhile() as entered:
        run(door.binary, "stat", door.at("/", "root"), **mine, X509_USER_PROXY="/none").ok()
    assert entered[0]["name"] == JANE


# ---- proxies that are not


def common_name(text):
    return x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def of_a_stranger(grid):
    return proxies.proxy(proxies.Holder.of(grid.stranger.user("Jane")))


def of_a_revoked_certificate(grid):
    return proxies.proxy(proxies.proxy(proxies.Holder.of(grid.revoked)))


def of_our_name_by_their_authority(grid):
    return proxies.proxy(proxies.Holder.of(grid.theirs.issue("jane", JANE)))


def of_a_certificate_by_a_user(grid):
    """Mallory plays authority."""
    subject = x509.Name([*proxies.Holder.of(grid.jane).chain[0].subject.rdns])
    return proxies.proxy(proxies.proxy(proxies.Holder.of(grid.mallory), info=None, subject=subject))


def with_a_name_of_somebody_else(grid):
    subject = x509.Name([*proxies.Holder.of(grid.jane).chain[0].subject.rdns, common_name("12345")])
    return proxies.proxy(proxies.Holder.of(grid.mallory), subject=subject)


def with_two_names_more(grid):
    holder = proxies.Holder.of(grid.jane)
    return proxies.proxy(holder, subject=x509.Name([*holder.chain[0].subject.rdns, common_name("1"), common_name("2")]))


def signed_by_somebody_else(grid):
    return proxies.proxy(proxies.Holder.of(grid.jane), signer=proxies.Holder.of(grid.mallory).key)


def behind_the_last_of_its_line(grid):
    return proxies.proxy(last_of_its_line(grid))


def with_an_unknown_policy(grid):
    return proxies.proxy(proxies.Holder.of(grid.jane), info=proxies.proxy_info(proxies.UNKNOWN_POLICY))


def of_the_draft(grid):
    return proxies.proxy(proxies.Holder.of(grid.jane), oid=proxies.DRAFT_PROXY_INFO)


def of_two_kinds(grid):
    return proxies.proxy(legacy(grid))


def legacy_of_an_rfc_one(grid):
    return proxies.legacy(full(grid))


def legacy_signed_by_somebody_else(grid):
    return proxies.legacy(proxies.Holder.of(grid.jane), signer=proxies.Holder.of(grid.mallory).key)


def legacy_of_a_revoked_certificate(grid):
    return proxies.legacy(proxies.Holder.of(grid.revoked))


LEGACY = {"crl": "require", "voms": "off", "legacy_proxies": True}


@pytest.mark.parametrize("made, changes, why", [
    (of_a_stranger, {}, "authority"),
    (of_a_revoked_certificate, {}, "certificate revoked"),
    (of_our_name_by_their_authority, {}, "may not sign this name"),
    (of_a_certificate_by_a_user, {}, ""),
    (with_a_name_of_somebody_else, {}, ""),
    (with_two_names_more, {}, ""),
    (signed_by_somebody_else, {}, "signature failure"),
    (behind_the_last_of_its_line, {}, "path length"),
    (with_an_unknown_policy, {}, "policy"),
    (of_the_draft, {}, "draft"),
    (legacy, {}, "before RFC 3820"),
    (of_two_kinds, {"legacy_proxies": True}, ""),
    (legacy_of_an_rfc_one, {"legacy_proxies": True}, "two kinds"),
    (legacy_signed_by_somebody_else, {"legacy_proxies": True}, "signature"),
    (legacy_of_a_revoked_certificate, LEGACY, "revoked"),
    (limited, {"limited_proxies": False}, "limited"),
    (of_a_limited_one, {"limited_proxies": False}, "limited"),
])
def test_proxies_that_are_refused(door_of, grid, asks, tmp_path, made, changes, why):
    door = door_of(**changes)
    with door.meanwhile("session.not_authenticated") as refused, door.meanwhile() as entered:
        result = asks(door, made(grid).write(tmp_path / "proxy"))
    result.failed()
    assert entered == []
    assert [one["method"] for one in refused] == ["gsi"], f"the client did not even ask: {result}"
    assert why in refused[0]["why"]


# ---- time: clients look themselves whether what they have is still good, so the doors' clocks are wrong


@pytest.fixture(scope="module")
def tomorrow(session_dir, grid):
    """A door where it is later than its clients know."""
    gsi = doors.gsi_settings(grid.host, grid.ours, legacy_proxies=True)
    server = doors.Door({**gsi, "auth.methods": ["gsi"], "auth.mapping": MAPPING}, grid.host, home=session_dir)
    with servers.running(server, environment=servers.another_clock("+12h")) as server:
        yield server


def expired(grid):
    return full(grid)


def of_an_expired_proxy(grid):
    return proxies.proxy(full(grid), end=80_000)


def legacy_of_an_expired_one(grid):
    return proxies.legacy(legacy(grid), end=80_000)


def legacy_that_is_expired(grid):
    return legacy(grid)


def of_an_expired_certificate(grid):
    return proxies.proxy(proxies.Holder.of(grid.until_tonight), end=80_000)


def test_their_clock_is_no_hindrance(tomorrow, grid, asks, tmp_path):
    for made in (proxies.proxy, proxies.legacy):
        asks(tomorrow, made(proxies.Holder.of(grid.jane), end=80_000).write(tmp_path / made.__name__)).ok()


@pytest.mark.parametrize("made", [expired, of_an_expired_proxy, legacy_that_is_expired, legacy_of_an_expired_one,
                                  of_an_expired_certificate])
def test_what_has_expired_is_refused(tomorrow, grid, asks, tmp_path, made):
    with tomorrow.meanwhile("session.not_authenticated") as refused, tomorrow.meanwhile() as entered:
        asks(tomorrow, made(grid).write(tmp_path / "proxy")).failed()
    assert entered == [] and "has expired" in refused[0]["why"]


def test_what_is_not_valid_yet_is_refused(door_of, grid, asks, tmp_path):
    """Here it is the client's clock that is ahead."""
    door = door_of()
    proxy = proxies.proxy(proxies.Holder.of(grid.jane), begin=36_000, end=80_000).write(tmp_path / "proxy")
    with door.meanwhile("session.not_authenticated") as refused, door.meanwhile() as entered:
        asks(door, proxy, **servers.another_clock("+12h")).failed()
    assert entered == [] and "not yet valid" in refused[0]["why"]


@pytest.mark.parametrize("begin, end", [(-7200, -120), (7200, 9000)])
def test_clients_do_not_show_what_is_not_valid(door_of, grid, asks, tmp_path, begin, end):
    door = door_of()
    with door.meanwhile() as entered:
        asks(door, proxies.proxy(proxies.Holder.of(grid.jane), begin=begin, end=end).write(tmp_path / "proxy")).failed()
    assert entered == []


def test_their_names_by_their_authority_are_nobody_here(door_of, grid, asks, tmp_path):
    """Site B may sign its own names: such a user is who it says, and has no account."""
    door = door_of()
    user = grid.theirs.issue("joe", "/DC=test/DC=elsewhere/CN=Jane")
    with door.meanwhile() as entered:
        asks(door, proxies.proxy(proxies.Holder.of(user)).write(tmp_path / "proxy")).failed("do nothing")
    assert [one["name"] for one in entered] == ["/DC=test/DC=elsewhere/CN=Jane"]


def test_without_a_list_of_theirs_nobody_comes_where_one_is_required(session_dir, asks, tmp_path):
    authority = pki.Authority(session_dir, name="No List")
    host, jane = authority.host(), authority.user("Jane")
    proxy = proxies.proxy(proxies.Holder.of(jane)).write(tmp_path / "proxy")
    settings = doors.gsi_settings(host, authority, crl="require", verify_host_certificate=False)
    with servers.running(doors.Door({**settings, "auth.methods": ["gsi"], "auth.mapping": MAPPING}, host, home=session_dir)) as door:
        with door.meanwhile("session.not_authenticated") as refused:
            asks(door, proxy, X509_CERT_DIR=str(authority.directory)).failed()
        assert "CRL" in refused[0]["why"]


# ---- attributes of organisations


@pytest.fixture
def attributes(grid, tmp_path):
    def make(vo, *fqans, more=(), voms=grid.voms):
        return voms.proxy(grid.mallory, tmp_path / "voms-proxy", vo, *fqans, more=more)
    return make


def writes(door, proxy, name):
    return [run(*copy, "/etc/services", door.at(f"/{name}/{number}", "root"), **brought(proxy))
            for number, copy in enumerate(copies(door))]


def test_attributes_say_who_somebody_is(door_of, grid, asks, attributes):
    """Mallory has no account of his own, but his organisation has; and its production may write."""
    grid.voms.believe("testvo")
    door = door_of()
    for fqans, expected in ((["/testvo/Role=production", "/testvo"], "production"), (["/testvo"], "member"),
                            (["/testvo/sub/Role=NULL"], "member"), (["/testvo/sub/Role=production"], "member")):
        proxy = attributes("testvo", *fqans)
        with door.meanwhile() as entered:
            asks(door, proxy).ok()
        assert [one["principal"] for one in entered] == [expected], fqans
        assert entered[0]["name"].endswith("CN=Mallory")
    for done in writes(door, attributes("testvo", "/testvo/Role=production"), "by-role"):
        assert done.code == 0 or "exists" in done.all, done
    for done in writes(door, attributes("testvo", "/testvo"), "by-member"):
        done.failed("may only read")


def test_a_proxy_of_that_proxy_has_them_too(door_of, grid, asks, attributes, tmp_path):
    grid.voms.believe("testvo")
    door = door_of()
    made = attributes("testvo", "/testvo/Role=production").read_bytes()
    key = proxies.serialization.load_pem_private_key(made[made.index(b"-----BEGIN PRIV"):] if b"-----BEGIN PRIV" in made
                                                     else made[made.index(b"-----BEGIN RSA"):], None)
    blocks = [block + b"-----END CERTIFICATE-----\n" for block in made.split(b"-----END CERTIFICATE-----\n")[:-1]]
    chain = [x509.load_pem_x509_certificate(block[block.index(b"-----BEGIN CERT"):]) for block in blocks]
    below = proxies.proxy(proxies.Holder(key, chain), end=1800).write(tmp_path / "below")
    with door.meanwhile() as entered:
        asks(door, below).ok()
    assert [one["principal"] for one in entered] == ["production"]


def other_server(grid, home):
    """Not the one of the LSC file."""
    return proxies.Voms(grid.ours, home, "voms.other.example")


def of_an_unknown_organisation(grid, attributes, session_dir):
    return attributes("nobodyvo", "/nobodyvo/Role=production", "/testvo/Role=production")


def from_a_server_of_another_name(grid, attributes, session_dir):
    return attributes("testvo", "/testvo/Role=production", voms=other_server(grid, session_dir))


def from_a_server_of_their_authority(grid, attributes, session_dir):
    """The right name, signed by another site."""
    impostor = proxies.Voms(grid.theirs, session_dir)
    impostor.authority = grid.ours
    return attributes("testvo", "/testvo/Role=production", voms=impostor)


def from_long_ago(grid, attributes, session_dir):
    return attributes("testvo", "/testvo/Role=production", more=["-vomslife", "1", "-pastac", "30:00"])


UNBELIEVED = [of_an_unknown_organisation, from_a_server_of_another_name, from_a_server_of_their_authority, from_long_ago]


@pytest.mark.parametrize("made", UNBELIEVED)
@pytest.mark.parametrize("use", ["if_present", "require"])
def test_attributes_that_are_not_believed(door_of, grid, asks, attributes, session_dir, made, use):
    grid.voms.believe("testvo")
    door = door_of(**({} if use == "if_present" else {"voms": use}))
    proxy = made(grid, attributes, session_dir)
    with door.meanwhile() as entered, door.meanwhile("session.not_authenticated") as refused:
        result = asks(door, proxy).failed()
    if use == "require":
        assert entered == [] and "VOMS" in refused[0]["why"]
    else:
        assert [one["principal"] for one in entered] == ["/DC=test/DC=sluice/CN=Mallory"]
        assert "[3010]" in result.all or "do nothing" in result.all


def test_who_must_have_attributes_and_has_none(door_of, grid, asks, tmp_path):
    door = door_of(voms="require")
    with door.meanwhile("session.not_authenticated") as refused:
        asks(door, full(grid).write(tmp_path / "proxy")).failed()
    assert "without VOMS attributes" in refused[0]["why"]


def test_attributes_are_nothing_where_they_are_off(door_of, grid, asks, attributes):
    grid.voms.believe("testvo")
    door = door_of(**LEGACY)
    asks(door, attributes("testvo", "/testvo/Role=production")).failed("do nothing")
    assert door.entered()[-1]["principal"].endswith("CN=Mallory")
