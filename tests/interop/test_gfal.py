# SPDX-License-Identifier: Apache-2.0
# The gfal2 command line, against every kind of our server and against Debian's.

import hashlib
import re
import zlib

import pytest
from clients import gfal, pattern, same, sha, xrdfs


@pytest.fixture
def tree(workdir):
    workdir.put("file", b"hello\n")
    workdir.put("folder/inner", b"inner")
    return workdir


def test_ls(tree):
    assert sorted(gfal("ls", tree.url()).ok().out.split()) == ["file", "folder"]
    assert gfal("ls", tree.url("file")).ok().out.strip() == tree.url("file")


def test_ls_l(tree):
    # The plug-in makes the mode from the flags of the old stat answer: readable, writable, executable for all.
    out = gfal("ls", "-l", tree.url()).ok().out
    assert re.search(r"^-rw-rw-rw- .* 6 .*file\s*$", out, re.M) and re.search(r"^drwxrwxrwx .*folder\s*$", out, re.M)


def test_ls_of_nothing(tree):
    assert gfal("ls", tree.url("absent")).failed("No such file").code == 2


def test_stat(tree):
    out = gfal("stat", tree.url("file")).ok().out
    assert re.search(r"Size: 6\s+regular file", out) and "(0600/-rw-------)" in out
    assert "directory" in gfal("stat", tree.url("folder")).ok().out
    gfal("stat", tree.url("absent")).failed("No such file")


@pytest.mark.parametrize("size", [0, 1, 20_000_003])
def test_copy_both_ways(workdir, tmp_path, size):
    (tmp_path / "in").write_bytes(pattern(size, seed=2))
    gfal("copy", f"file://{tmp_path}/in", workdir.url("file")).ok()
    assert same(tmp_path / "in", workdir / "file")
    gfal("copy", workdir.url("file"), f"file://{tmp_path}/out").ok()
    assert same(tmp_path / "in", tmp_path / "out")


def test_copy_refuses_and_forces(workdir, tmp_path):
    (tmp_path / "in").write_bytes(b"new")
    workdir.put("file", b"old")
    gfal("copy", f"file://{tmp_path}/in", workdir.url("file")).failed("exist")
    assert (workdir / "file").read_bytes() == b"old"
    gfal("copy", "-f", f"file://{tmp_path}/in", workdir.url("file")).ok()
    assert (workdir / "file").read_bytes() == b"new"


# MD5 with "target" fails against any server: the client compares the given value with nothing.
@pytest.mark.parametrize("kind, mode", [("ADLER32", "both"), ("ADLER32", "source"), ("ADLER32", "target"), ("MD5", "both"),
                                        ("MD5", "source")])
def test_copy_with_checksum(workdir, tmp_path, kind, mode):
    data = pattern(3_000_000, seed=4)
    (tmp_path / "in").write_bytes(data)
    value = {"ADLER32": f":{zlib.adler32(data):08x}", "MD5": ":" + hashlib.md5(data).hexdigest()}[kind] if mode != "both" else ""
    gfal("copy", "-K", kind + value, "--checksum-mode", mode, f"file://{tmp_path}/in", workdir.url("file")).ok()
    gfal("copy", "-K", kind, workdir.url("file"), f"file://{tmp_path}/out").ok()
    assert sha(tmp_path / "out") == sha(data)


def test_copy_with_a_wrong_checksum(workdir, tmp_path):
    (tmp_path / "in").write_bytes(b"hello\n")
    gfal("copy", "-K", "ADLER32:12345678", f"file://{tmp_path}/in", workdir.url("file")).failed()


def test_copy_makes_parents(workdir, tmp_path):
    (tmp_path / "in").write_bytes(b"x")
    gfal("copy", "-p", f"file://{tmp_path}/in", workdir.url("x/y/file")).ok()
    assert (workdir / "x/y/file").read_bytes() == b"x"


def test_recursive_copy(workdir, tmp_path):
    for name in ("a", "sub/b", "sub/deep/c"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(name.encode())
    gfal("copy", "-r", f"file://{tmp_path}/in", workdir.url("up")).ok()
    for name in ("a", "sub/b", "sub/deep/c"):
        assert (workdir / "up" / name).read_bytes() == name.encode()


def test_copy_between_two_places_of_a_server_is_third_party(workdir):
    # With root at both ends the plug-in insists on a third-party copy, whatever --copy-mode says.
    workdir.put("file", b"x")
    done = gfal("copy", "--copy-mode", "streamed", workdir.url("file"), workdir.url("copy"))
    if "ours" in workdir.server.traits:
        done.ok()
        assert (workdir / "copy").read_bytes() == b"x"
    else:  # which is not configured for it
        done.failed("not supported")


@pytest.mark.parametrize("kind, value", [("ADLER32", f"{zlib.adler32(b'hello' + bytes([10])):08x}"),
                                         ("MD5", hashlib.md5(b"hello\n").hexdigest()), ("CRC32C", "353dd8be")])
def test_sum(tree, kind, value):
    assert gfal("sum", tree.url("file"), kind).ok().out.split()[-1] == value


def test_sum_of_nothing(tree):
    gfal("sum", tree.url("absent"), "ADLER32").failed("No such file")


def test_mkdir(workdir):
    gfal("mkdir", workdir.url("d")).ok()
    gfal("mkdir", "-p", workdir.url("x/y/z")).ok()
    gfal("mkdir", "-p", workdir.url("x/y/z")).ok()
    assert (workdir / "d").is_dir() and (workdir / "x/y/z").is_dir()
    gfal("mkdir", workdir.url("always/with/parents")).ok()  # the plug-in sets the flag with or without -p
    assert (workdir / "always/with/parents").is_dir()


def test_mkdir_of_what_exists(workdir):
    workdir.mkdir("d")
    gfal("mkdir", workdir.url("d")).failed("exist")


def test_rm(tree):
    gfal("rm", tree.url("file")).ok()
    assert not (tree / "file").exists()
    gfal("rm", tree.url("file")).failed()
    gfal("rm", tree.url("folder")).failed()
    gfal("rm", "-r", tree.url("folder")).ok()
    assert tree.names() == []


def test_rm_of_several(workdir):
    gfal("rm", *[(workdir.put(name, b"x"), workdir.url(name))[1] for name in ("a", "b", "c")]).ok()
    assert workdir.names() == []


def test_rename(tree):
    gfal("rename", tree.url("file"), tree.url("folder/renamed")).ok()
    assert (tree / "folder/renamed").read_bytes() == b"hello\n"
    gfal("rename", tree.url("absent"), tree.url("x")).failed("No such file")


def test_cat_and_save(workdir):
    data = b"a line of text\n" * 200_000  # gfal-save breaks on other bytes: it reads its input as text
    gfal("save", workdir.url("file"), stdin=data).ok()
    assert (workdir / "file").read_bytes() == data
    assert gfal("cat", "-b", workdir.url("file")).ok().raw == data
    gfal("cat", workdir.url("absent")).failed("No such file")


def test_chmod(tree):
    gfal("chmod", "600", tree.url("file")).ok()
    assert (tree / "file").stat().st_mode & 0o777 == 0o600
    gfal("chmod", "755", tree.url("folder")).ok()


def test_xattr_of_the_space(tree):
    out = gfal("xattr", tree.url("file"), "xroot.space").ok().out
    assert "oss.cgroup" in out or "oss.space" in out or out.strip()


def test_xattr_of_a_file(tree):
    assert "xroot.cksum" in gfal("xattr", tree.url("file")).all


def test_bringonline(tree):
    # The file is on disk: staging is over at once.
    gfal("bringonline", tree.url("file")).ok()


def test_evict(tree):
    gfal("evict", tree.url("file"), "token").ok()


@pytest.mark.parametrize("name", ["with space", "ünïcödé", "100%", "a+b&c"])
def test_names(workdir, tmp_path, name):
    (tmp_path / "in").write_bytes(b"x")
    gfal("copy", f"file://{tmp_path}/in", workdir.url(name)).ok()
    assert workdir.names() == [name]
    assert name in gfal("ls", workdir.url()).ok().out
    gfal("rm", workdir.url(name)).ok()
    assert workdir.names() == []


def test_attributes_stay_with_xrdfs(tree):
    # gfal2's grid tools set what other clients read.
    xrdfs(tree.server, "xattr", tree.remote("file"), "set", "k=v").ok()
    gfal("stat", tree.url("file")).ok()
    assert 'k="v"' in xrdfs(tree.server, "xattr", tree.remote("file"), "get", "k").ok().out
