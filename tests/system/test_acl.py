# SPDX-License-Identifier: Apache-2.0
# Access control lists of the namespace: set by an operator, felt by real clients of different users, kept by the catalogue.

import json
import secrets

import pytest
import rawxroot
import servers
import storage
from clients import pattern, run, same

DENIED = "[3010]"
# Name, and what the mapping makes of it. `boss` is whoever prepares things.
USERS = {"boss": "superuser", "jane": "user=1001 group=100", "joe": "user=1002 group=200", "eve": "user=1003 group=300"}


class Keys:
    """A key of sss for each user: the server has all, each user his own."""

    def __init__(self, directory):
        lines = {user: f"0 u:{user} g:staff n:sluice N:{number} c:1700000000 e:0 f:0 k:{secrets.token_hex(32)}\n"
                 for number, user in enumerate(USERS, 7000001)}
        self.files = {}
        for user, line in lines.items():
            self.files[user] = directory / f"{user}.keytab"
            self.files[user].write_text(line)
            self.files[user].chmod(0o600)
        self.server = directory / "server.keytab"
        self.server.write_text("".join(lines.values()))
        self.server.chmod(0o600)
        servers.give(self.server)

    def of(self, user):
        return {"XrdSecPROTOCOL": "sss", "XrdSecSSSKT": str(self.files[user])}


class Asking(storage.SluiceStorage):
    """A door where nobody is anybody without a key."""

    def __init__(self, keys, **kwargs):
        super().__init__(**kwargs)
        self.keys = keys

    def role(self):
        rules = ",".join(f"sss user={user} -> {result} name={user}" for user, result in USERS.items())
        return [*super().role(), "--set", "access.anonymous=none", "--set", "auth.methods=sss",
                "--set", f"auth.sss.keytab={self.keys.server}", "--set", f"auth.mapping={rules}"]

    def as_user(self, user, tool, *words):
        """Debian's xrdfs or xrdcp; a path of xrdcp with // before it is remote."""
        brings = self.keys.of(user)
        if tool == "xrdcp":
            remote = [self.url + word if str(word).startswith("//") else word for word in words]
            return run("/usr/bin/xrdcp", "--nopbar", *remote, **brings)
        return run("/usr/bin/xrdfs", self.url, tool, *words, **brings)

    def ours(self, user, command, path, *words):
        return run(self.binary, command, f"{self.url}/{path}", *words, **self.keys.of(user))

    def admin(self, *words, code=0, stdin=None):
        done = run(self.binary, "admin", *words, "--data", self.data, stdin=stdin)
        assert done.code == code, done
        return done

    def acl(self, path):
        return self.admin("acl", path).lines()


@pytest.fixture(scope="module")
def keys(session_dir):
    return Keys(servers.scratch(session_dir, "sss-"))


@pytest.fixture(scope="module")
def door(session_dir, keys):
    with servers.running(Asking(keys, home=session_dir)) as server:
        yield server


@pytest.fixture
def top(door, request):
    """A directory of one's own, which belongs to root; nobody else may change anything there."""
    path = "/" + request.node.name.split("[")[0]
    door.as_user("boss", "mkdir", "-mrwxr-xr-x", path).ok()
    return path


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "source"
    file.write_bytes(pattern(100_000))
    return file


def test_an_entry_gives_what_the_mode_does_not(door, top, source, tmp_path):
    door.as_user("joe", "xrdcp", source, f"/{top}/file").failed(DENIED)
    door.admin("set-acl", top, "A::1002:wx")
    door.as_user("joe", "xrdcp", source, f"/{top}/file").ok()
    door.as_user("jane", "xrdcp", source, f"/{top}/other").failed(DENIED)
    door.as_user("joe", "mkdir", f"{top}/sub").failed(DENIED)  # w is for files
    door.as_user("joe", "xrdcp", source, f"/{top}/sub/file").failed(DENIED)
    door.admin("set-acl", top, "A::1002:wax")
    door.as_user("joe", "mkdir", f"{top}/sub").ok()
    door.as_user("joe", "xrdcp", source, f"/{top}/more/on/the/way/file").ok()
    door.as_user("eve", "xrdcp", f"/{top}/file", tmp_path / "back").ok()
    assert same(source, tmp_path / "back")


def test_a_denial_holds_at_once_for_what_was_just_read(door, top, source, tmp_path):
    door.as_user("boss", "xrdcp", source, f"/{top}/file").ok()
    for user in ("jane", "joe", "jane"):
        door.as_user(user, "xrdcp", "-f", f"/{top}/file", tmp_path / "back").ok()
    door.admin("set-acl", f"{top}/file", "D::1001:r")
    door.as_user("jane", "xrdcp", "-f", f"/{top}/file", tmp_path / "back").failed(DENIED)
    door.as_user("joe", "xrdcp", "-f", f"/{top}/file", tmp_path / "back").ok()
    assert "audit" in door.log()
    door.admin("clear-acl", f"{top}/file")
    door.as_user("jane", "xrdcp", "-f", f"/{top}/file", tmp_path / "back").ok()
    door.admin("set-acl", top, "D::1001:x")
    door.as_user("jane", "xrdcp", "-f", f"/{top}/file", tmp_path / "back").failed(DENIED)
    door.as_user("jane", "ls", top).ok()
    door.admin("set-acl", top, "D:g:100:r")
    door.as_user("jane", "ls", top).failed(DENIED)
    door.as_user("eve", "ls", top).ok()


def test_groups_and_the_order_of_entries(door, top, source, tmp_path):
    door.as_user("boss", "xrdcp", source, f"/{top}/file").ok()
    door.as_user("boss", "chmod", f"{top}/file", "rw-------").ok()
    for acl, readers in (
        (["A:g:100:r", "A:g:200:r"], {"jane", "joe"}),
        (["D::1002:r", "A::EVERYONE@:r"], {"jane", "eve"}),
        (["A::1002:r", "D::EVERYONE@:r"], {"joe"}),
        (["D:g:100:r", "A::1001:r"], set()),
        (["A::1001:r", "D:g:100:r"], {"jane"}),
        (["A::OWNER@:r", "A::GROUP@:r"], set()),
    ):
        door.admin("set-acl", f"{top}/file", *acl)
        found = {user for user in ("jane", "joe", "eve")
                 if door.as_user(user, "xrdcp", "-f", f"/{top}/file", tmp_path / "back").code == 0}
        assert found == readers, acl
        door.as_user("boss", "xrdcp", "-f", f"/{top}/file", tmp_path / "back").ok()


def test_uploads_and_directories_inherit(door, top, source, tmp_path):
    door.as_user("boss", "chmod", top, "rwxrwxrwx").ok()
    door.admin("set-acl", top, "D:fdg:100:r", "A:fdi:1003:wa")
    door.as_user("joe", "xrdcp", source, f"/{top}/a/b/file").ok()
    assert door.acl(f"{top}/a/b") == ["D:fdg:100:r", "A:fd:1003:wa"]
    assert door.acl(f"{top}/a/b/file") == ["D:g:100:r", "A::1003:wa"]
    door.as_user("jane", "xrdcp", f"/{top}/a/b/file", tmp_path / "back").failed(DENIED)
    door.as_user("jane", "ls", f"{top}/a").failed(DENIED)
    door.as_user("eve", "xrdcp", f"/{top}/a/b/file", tmp_path / "back").ok()
    door.as_user("eve", "xrdcp", source, f"/{top}/a/b/more").ok()  # 0755 of joe, opened by the list
    door.as_user("eve", "mkdir", "-p", f"{top}/a/c/d").ok()
    assert door.acl(f"{top}/a/c/d") == ["D:fdg:100:r", "A:fd:1003:wa"]


def test_a_replaced_file_keeps_its_list(door, top, source, tmp_path):
    door.as_user("boss", "chmod", top, "rwxrwxrwx").ok()
    door.as_user("joe", "xrdcp", source, f"/{top}/file").ok()
    door.admin("set-acl", f"{top}/file", "D::1001:r")
    door.as_user("joe", "xrdcp", "-f", source, f"/{top}/file").ok()
    door.as_user("jane", "xrdcp", f"/{top}/file", tmp_path / "back").failed(DENIED)


def test_what_may_be_removed_and_moved(door, top, source):
    door.as_user("boss", "chmod", top, "rwxrwxrwx").ok()
    for name in ("one", "two", "three", "four"):
        door.as_user("boss", "xrdcp", source, f"/{top}/{name}").ok()
    door.admin("set-acl", top, "D::1001:D", "D::1003:w")
    door.as_user("jane", "rm", f"{top}/one").failed(DENIED)
    door.as_user("jane", "mv", f"{top}/one", f"{top}/five").failed(DENIED)
    door.as_user("eve", "rm", f"{top}/one").failed(DENIED)
    door.as_user("joe", "rm", f"{top}/one").ok()
    door.admin("set-acl", f"{top}/two", "A::1001:d")
    door.as_user("jane", "rm", f"{top}/two").ok()
    door.admin("set-acl", f"{top}/three", "D::1002:d")
    door.as_user("joe", "rm", f"{top}/three").failed(DENIED)
    door.as_user("joe", "mv", f"{top}/four", f"{top}/five").ok()


def test_attributes_and_mode(door, top, source):
    door.as_user("boss", "xrdcp", source, f"/{top}/file").ok()
    door.as_user("jane", "chmod", f"{top}/file", "rw-rw-rw-").failed(DENIED)
    door.as_user("jane", "xattr", f"{top}/file", "set", "color=red").failed()
    door.admin("set-acl", f"{top}/file", "A::1001:TNC")
    door.as_user("jane", "chmod", f"{top}/file", "rw-rw-rw-").ok()
    door.as_user("jane", "xattr", f"{top}/file", "set", "color=red").ok()
    assert door.acl(f"{top}/file") == ["A::1001:TNC"]


def test_stat_tells_what_a_list_allows(door, top, source):
    def flags(user, path):
        text = door.as_user(user, "stat", path).ok().out
        return "IsReadable" in text, "IsWritable" in text

    door.as_user("boss", "xrdcp", source, f"/{top}/file").ok()
    assert flags("jane", f"{top}/file") == (True, False)
    door.admin("set-acl", f"{top}/file", "D::1001:r", "A::1001:w")
    assert flags("jane", f"{top}/file") == (False, True)
    assert flags("eve", f"{top}/file") == (True, False)
    door.admin("set-acl", top, "A::1003:w", "D::1003:r")
    assert flags("eve", top) == (False, True)
    assert flags("boss", top) == (True, True)
    ours = json.loads(door.ours("jane", "stat", f"{top}/file", "--json").ok().out)
    assert (ours["readable"], ours["writable"]) == (False, True), ours
    (row,) = [json.loads(line) for line in door.ours("jane", "ls", top, "--json").ok().lines()]
    assert (row["readable"], row["writable"]) == (False, True), row


def test_whole_trees(door, top, source, tmp_path):
    for name in ("a/b/one", "a/two", "three"):
        door.as_user("boss", "xrdcp", source, f"/{top}/{name}").ok()
    set_ = json.loads(door.admin("set-acl", "-r", top, "A:fd:1002:r,D:fd:1001:r", "--json").out)
    assert (set_["changed"], set_["acl"]) == (6, ["A:fd:1002:r", "D:fd:1001:r"])
    assert door.acl(f"{top}/a/b") == ["A:fd:1002:r", "D:fd:1001:r"]
    assert door.acl(f"{top}/a/b/one") == door.acl(f"{top}/three") == ["A::1002:r", "D::1001:r"]
    for name in ("a/b/one", "a/two", "three"):
        door.as_user("jane", "xrdcp", f"/{top}/{name}", tmp_path / "no").failed(DENIED)
        door.as_user("joe", "xrdcp", "-f", f"/{top}/{name}", tmp_path / "back").ok()
    assert "of 6 entries" in door.admin("clear-acl", "-r", top).err
    door.as_user("jane", "xrdcp", f"/{top}/a/b/one", tmp_path / "yes").ok()
    assert door.acl(f"{top}/a/b/one") == []


def test_lists_survive_a_kill(session_dir, keys, source, tmp_path):
    with servers.running(Asking(keys, home=session_dir)) as server:
        server.as_user("boss", "mkdir", "-mrwxr-xr-x", "/data").ok()
        server.as_user("boss", "xrdcp", source, "//data/file").ok()
        server.admin("set-acl", "-r", "/data", "D:fdg:100:r")
        server.kill()
        server.start()
        assert server.acl("/data") == ["D:fdg:100:r"]
        server.as_user("jane", "xrdcp", "//data/file", tmp_path / "back").failed(DENIED)
        server.as_user("joe", "xrdcp", "//data/file", tmp_path / "back").ok()


def test_lists_are_taken_from_files(door, top, tmp_path):
    text = "# who reads\nA:fd:1001:R\nD:fd:EVERYONE@:w\n"
    file = tmp_path / "acl"
    file.write_text(text)
    door.admin("set-acl", top, "--file", file)
    shown = door.admin("acl", top).out
    assert shown == "A:fd:1001:rtncy\nD:fd:EVERYONE@:w\n"
    door.admin("clear-acl", top)
    door.admin("set-acl", top, "--file", "-", stdin=shown.encode())
    assert door.admin("acl", top).out == shown
    answer = json.loads(door.admin("acl", top, "--json").out)
    assert answer == {"path": top, "owner": 0, "group": 0, "mode": "0755", "acl": shown.splitlines()}


@pytest.mark.parametrize("words, code, text", [
    (["set-acl", "/", "A::jane:r"], 50, "the number of a user"),
    (["set-acl", "/", "A::1:q"], 50, "'q' is no right"),
    (["set-acl", "/", ",".join(["A::1:r"] * 65)], 50, "more than 64 entries"),
    (["set-acl", "/"], 50, "the ACL is missing"),
    (["set-acl", "/", "A::1:r", "--file", "-"], 50, "the ACL is missing"),
    (["set-acl", "/", "--file", "/nonexistent"], 53, "/nonexistent"),
    (["set-acl", "/nowhere", "A::1:r"], 54, "/nowhere"),
    (["acl", "/nowhere"], 54, "/nowhere"),
    (["acl", "nowhere"], 50, "begins with /"),
])
def test_what_is_wrong_is_said(door, words, code, text):
    assert text in door.admin(*words, code=code).err
    assert door.acl("/") == []


def test_no_list_is_said(door, top):
    assert "no ACL: mode 0755, owner 0 and group 0 decide" in door.admin("acl", top).err


def test_other_doors_hear_of_a_list(session_dir, postgres_cluster, source, tmp_path):
    with servers.running(storage.SluicePools(postgres_cluster.new_database(), count=1, home=session_dir)) as first:
        run("/usr/bin/xrdcp", "--nopbar", source, f"{first.url}//file").ok()
        first.bind_clients()
        second = first.another_door()
        second.access = first.access
        with servers.running(second):
            def reads():
                return run("/usr/bin/xrdcp", "--nopbar", "-f", f"{second.url}//file", tmp_path / "back")

            reads().ok()
            reads().ok()  # from memory
            run(first.binary, "admin", "set-acl", "/file", "D::EVERYONE@:r", "--data", first.data).ok()
            rawxroot.wait_until(lambda: reads().code != 0, 5, "denial at the other door")
            reads().failed(DENIED)
