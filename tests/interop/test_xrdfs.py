# SPDX-License-Identifier: Apache-2.0
# Every command of xrdfs, against every kind of our server and against Debian's.

import calendar
import hashlib
import os
import re
import signal
import shutil
import time
import zipfile
import zlib

import pytest
from clients import pattern, run, xrdcp, xrdfs

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture
def fs(server):
    """Runs xrdfs on the server."""
    return lambda *arguments, **options: xrdfs(server, *arguments, **options)


@pytest.fixture
def tree(workdir):
    workdir.put("a", b"hello\n")
    workdir.put("folder/b b", b"bb" * 5000)
    workdir.put("folder/deep/ü%41", b"")
    workdir.mkdir("empty")
    return workdir


# -- stat -------------------------------------------------------------------------------------------------------------


def fields(result):
    """The table of `xrdfs stat` as a dictionary."""
    return {name.strip(): value.strip() for name, value in (line.split(":", 1) for line in result.ok().lines() if ":" in line)}


def test_stat_of_a_file(fs, tree):
    found = fields(fs("stat", tree.remote("a")))
    assert found["Size"] == "6" and found["Mode"] == "0644"
    assert found["Flags"] == "48 (IsReadable|IsWritable)"
    assert all(re.fullmatch(TIME, found[name]) and seconds_since(found[name]) < 60 for name in ("MTime", "CTime", "ATime"))
    assert found["Owner"] == (tree / "a").owner() and found["Group"] == (tree / "a").group()


def seconds_since(text):
    return abs(time.time() - calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S")))


@pytest.mark.needs("disk")
def test_stat_tells_the_times_of_the_disk(fs, tree):
    os.utime(tree / "a", (1700000000, 1700000000))
    found = fields(fs("stat", tree.remote("a")))
    assert found["MTime"] == found["ATime"] == "2023-11-14 22:13:20"


def test_stat_of_a_directory(fs, tree):
    found = fields(fs("stat", tree.remote("folder")))
    assert found["Flags"] == "51 (XBitSet|IsDir|IsReadable|IsWritable)"
    assert found["Mode"] == "0755"


def test_stat_of_the_root(fs):
    assert "IsDir" in fields(fs("stat", "/"))["Flags"]


@pytest.mark.needs("rights")
@pytest.mark.parametrize("mode, flags", [(0o444, "16 (IsReadable)"), (0o555, "17 (XBitSet|IsReadable)"),
                                         (0o755, "49 (XBitSet|IsReadable|IsWritable)"), (0o200, "32 (IsWritable)")])
def test_stat_flags_follow_the_rights(fs, workdir, mode, flags):
    assert fields(fs("stat", workdir.put("file", b"x", mode=mode)))["Flags"] == flags


@pytest.mark.parametrize("query, code", [("IsReadable", 0), ("IsReadable&IsWritable", 0), ("IsDir|IsReadable", 0), ("IsDir", 55),
                                         ("Offline", 55), ("XBitSet", 55)])
def test_stat_query(fs, tree, query, code):
    assert fs("stat", "-q", query, tree.remote("a")).code == code


def test_stat_of_nothing(fs, tree):
    assert fs("stat", tree.remote("absent")).failed("[3011]").code == 54


def test_id_is_the_same_for_one_file_and_differs_for_others(fs, tree):
    ids = {name: fields(fs("stat", tree.remote(name)))["Id"] for name in ("a", "folder", "empty")}
    assert len(set(ids.values())) == 3
    assert fields(fs("stat", tree.remote("a")))["Id"] == ids["a"]


def test_statvfs(fs, tree):
    out = fs("statvfs", tree.path).ok().out
    stores = tree.server.stores
    assert re.search(rf"Nodes with RW space: +{len(stores)}\n", out)
    megabytes = int(re.search(r"largest RW space \(MB\): +(\d+)", out).group(1))
    assert abs(megabytes - max(shutil.disk_usage(store).free for store in stores) // 2**20) < 5000
    percent = int(re.search(r"Utilization of RW space \(%\): +(\d+)", out).group(1))
    assert 0 <= percent <= 100
    assert re.search(r"Nodes with staging space: +0\n", out)


# -- ls ---------------------------------------------------------------------------------------------------------------


def test_ls(fs, tree):
    assert fs("ls", tree.path).ok().lines() == [tree.remote(name) for name in ("a", "empty", "folder")]
    assert fs("ls", tree.remote("empty")).ok().out == ""


def test_ls_of_a_file(fs, tree):
    assert fs("ls", tree.remote("a")).ok().lines() == [tree.remote("a")]


def test_ls_l(fs, tree):
    lines = fs("ls", "-l", tree.path).ok().lines()
    owner = f"{(tree / 'a').owner()} {(tree / 'a').group()}"
    assert re.fullmatch(rf"-rw-r--r-- {owner} +6 {TIME} {tree.path}/a", lines[0])
    assert re.fullmatch(rf"drwxr-xr-x {owner} +\d+ {TIME} {tree.path}/empty", lines[1])
    assert re.fullmatch(rf"drwxr-xr-x {owner} +\d+ {TIME} {tree.path}/folder", lines[2])
    assert len(lines) == 3


def test_ls_l_of_a_file(fs, tree):
    (line,) = fs("ls", "-l", tree.remote("a")).ok().lines()
    assert re.fullmatch(rf"-rw-r--r-- \S+ \S+ +6 {TIME} {tree.path}/a", line)


def test_ls_R(fs, tree):
    expected = ["a", "empty", "folder", "folder/b b", "folder/deep", "folder/deep/ü%41"]
    assert sorted(fs("ls", "-R", tree.path).ok().lines()) == sorted(tree.remote(name) for name in expected)
    long = fs("ls", "-l", "-R", tree.path).ok().lines()
    assert sorted(line[line.index(tree.path):] for line in long) == \
        sorted(tree.remote(name) for name in expected)


def test_ls_C(fs, tree, tmp_path):
    # A listing shows what is stored: ours at the end of an upload, Debian's when somebody asked.
    (tmp_path / "a").write_bytes(b"hello\n")
    xrdcp("-f", tmp_path / "a", tree.url("a")).ok()
    fs("query", "checksum", tree.remote("a")).ok()
    lines = fs("ls", "-C", tree.path).ok().lines()
    assert re.fullmatch(rf"-rw-r--r-- \S+ \S+ +6 adler32:084b021f {TIME} {tree.path}/a", lines[0])
    assert " adler32:none " in lines[1] and " adler32:none " in lines[2]


def test_ls_u(fs, tree):
    server = tree.server
    lines = fs("ls", "-u", tree.path).ok().lines()
    assert sorted(lines) == sorted(f"root://{server.host}:{server.port}/{tree.path}/{name}" for name in ("a", "empty", "folder"))


@pytest.mark.parametrize("options", [["-D"], ["-l", "-D"], ["-l", "-u", "-C"], ["-R", "-u"]])
def test_ls_options_together(fs, tree, options):
    out = fs("ls", *options, tree.path).ok().out
    assert f"{tree.path}/a" in out and f"{tree.path}/folder" in out


def test_ls_of_nothing(fs, tree):
    fs("ls", tree.remote("absent")).failed("[3011]")


@pytest.mark.needs("rights")
def test_ls_without_the_right(fs, workdir):
    fs("ls", workdir.mkdir("closed", mode=0o000)).failed("[3010]")


def test_ls_of_a_zip_archive(fs, workdir, tmp_path):
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as stored:
        stored.writestr("one", "1")
        stored.writestr("two", "22")
    xrdcp(tmp_path / "archive.zip", workdir.url("archive.zip")).ok()
    path = workdir.remote("archive.zip")
    assert list_archive(fs, path).lines() == [f"{path}/one", f"{path}/two"]
    assert re.fullmatch(rf"-rw-r--r-- \S+ \S+ +1 {TIME} {path}/one", list_archive(fs, "-l", path).lines()[0])


def list_archive(fs, *words):
    """The client looks at the archive before it has opened it and often loses that race, against any server: it says so, or
    now and then dies of it."""
    for _ in range(20):
        result = fs("ls", "-Z", *words)
        if "Archive not opened" not in result.err and result.code != -signal.SIGSEGV:
            break
    return result.ok()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """10 000 names of many lengths."""
    return [f"entry-{index:05}-{'x' * (index % 60)}" for index in range(10000)]


def test_ten_thousand_entries(fs, workdir, crowded):
    workdir.crowd(crowded)
    expected = {workdir.remote(name) for name in crowded}
    assert set(fs("ls", workdir.path).ok().lines()) == expected
    long = fs("ls", "-l", workdir.path).ok().lines()
    assert {line[line.index(workdir.path):] for line in long} == expected and len(long) == 10000


def test_names_that_look_like_protocol(fs, workdir):
    names = [".hidden", "..two", "...", "space end ", " space", "[ adler32:00000001 ]", "0 0 0 0", "a=b&c"]
    for name in names:
        workdir.put(name, b"x")
    assert sorted(fs("ls", workdir.path).ok().lines()) == sorted(workdir.remote(name) for name in names)
    long = fs("ls", "-l", workdir.path).ok().lines()
    assert sorted(line[line.index(workdir.path):] for line in long) == sorted(workdir.remote(name) for name in names)


@pytest.mark.needs("disk")
def test_unreachable_entries_are_still_listed(fs, workdir):
    workdir.put("good", b"x")
    os.symlink("absent", workdir / "dangling")
    assert workdir.remote("good") in fs("ls", "-l", workdir.path).ok().out
    assert workdir.remote("good") in fs("ls", workdir.path).ok().out


# -- locate -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["-d"], ["-r"], ["-n"], ["-i"], ["-p"], ["-m"], ["-h"]])
def test_locate(fs, tree, options):
    (line,) = fs("locate", *options, tree.remote("a")).ok().lines()
    assert re.fullmatch(rf"\S+:{tree.server.port} Server ReadWrite ?", line)


@pytest.mark.parametrize("path", ["*", "*/", "/"])
def test_locate_of_everything(fs, server, path):
    (line,) = fs("locate", path).ok().lines()
    assert re.fullmatch(rf"\S+:{server.port} Server Read(Write)? ?", line)


def test_located_address_can_be_used(fs, tree):
    address = fs("locate", tree.remote("a")).ok().out.split()[0]
    assert run("/usr/bin/xrdfs", f"root://{address}", "stat", tree.remote("a")).ok()


def test_locate_of_nothing(fs, tree):
    fs("locate", tree.remote("absent")).failed("[3011]")
    fs("locate", "-d", tree.remote("absent")).failed("[3011]")


# -- changing the tree ------------------------------------------------------------------------------------------------


def test_mkdir(fs, workdir):
    fs("mkdir", workdir.remote("d")).ok()
    assert (workdir / "d").is_dir()


@pytest.mark.needs("ours")
def test_mkdir_of_an_existing_directory(workdir):
    # Debian's says yes when the directory has the mode that is asked for, else no.
    workdir.mkdir("d")
    xrdfs(workdir.server, "mkdir", workdir.remote("d")).failed("[3018]")


def test_mkdir_p(fs, workdir):
    fs("mkdir", workdir.remote("q/w/e")).failed("[3011]")
    for _ in range(2):
        fs("mkdir", "-p", workdir.remote("q/w/e")).ok()
    assert (workdir / "q/w/e").is_dir()


@pytest.mark.parametrize("text, mode", [("rwxr-x---", 0o750), ("rwxrwxrwx", 0o777), ("rwx------", 0o700)])
def test_mkdir_with_a_mode(fs, workdir, text, mode):
    fs("mkdir", f"-m{text}", workdir.remote("d")).ok()
    assert (workdir / "d").stat().st_mode & 0o777 & ~0o022 == mode & ~0o022


def test_mkdir_over_a_file(fs, workdir):
    workdir.put("file", b"x")
    fs("mkdir", workdir.remote("file/d")).failed("[30")
    if workdir.server.is_ours:
        fs("mkdir", workdir.remote("file")).failed("[3018]")
    assert (workdir / "file").read_bytes() == b"x"


def test_mv(fs, workdir):
    workdir.put("one", b"1")
    workdir.mkdir("d")
    fs("mv", workdir.remote("one"), workdir.remote("two words")).ok()
    fs("mv", workdir.remote("two words"), workdir.remote("d/three")).ok()
    fs("mv", workdir.remote("d"), workdir.remote("e")).ok()
    assert (workdir / "e/three").read_bytes() == b"1"
    fs("mv", workdir.remote("absent"), workdir.remote("x")).failed("[3011]")


def test_mv_onto_an_existing_name(fs, workdir):
    workdir.put("one", b"1")
    workdir.put("two", b"2")
    result = fs("mv", workdir.remote("one"), workdir.remote("two"))
    if workdir.server.name == "debian":  # it replaces the file
        result.ok()
    else:
        result.failed("[3018]")
        assert (workdir / "two").read_bytes() == b"2" and (workdir / "one").read_bytes() == b"1"


def test_mv_onto_a_filled_directory(fs, workdir):
    workdir.put("d/file", b"1")
    workdir.put("e/file", b"2")
    fs("mv", workdir.remote("d"), workdir.remote("e")).failed("[3005]" if workdir.server.name == "debian" else "[3018]")


def test_rm(fs, workdir):
    workdir.put("file", b"x")
    fs("rm", workdir.remote("file")).ok()
    assert not (workdir / "file").exists()
    fs("rm", workdir.remote("file")).failed("[3011]")


def test_rm_of_several(fs, workdir):
    paths = [workdir.put(f"f{index}", b"x") for index in range(20)]
    fs("rm", *paths).ok()
    assert workdir.names() == []


def test_rm_of_several_tells_which_failed(fs, workdir):
    out = fs("rm", workdir.put("there", b"x"), workdir.remote("absent")).out
    assert f"rm {workdir.remote('absent')} : [ERROR]" in out and f"rm {workdir.remote('there')} : [SUCCESS]" in out


def test_rm_of_a_directory(fs, workdir):
    workdir.mkdir("d")
    result = fs("rm", workdir.remote("d"))
    if workdir.server.name == "debian":  # it removes an empty directory
        result.ok()
    else:
        result.failed("[3016]")
        assert (workdir / "d").is_dir()


def test_rmdir(fs, workdir):
    workdir.mkdir("d")
    fs("rmdir", workdir.remote("d")).ok()
    assert not (workdir / "d").exists()


def test_rmdir_of_a_filled_directory(fs, workdir):
    workdir.put("d/file", b"x")
    fs("rmdir", workdir.remote("d")).failed("[3005]" if workdir.server.name == "debian" else "[3018]")


def test_rmdir_of_nothing_or_of_a_file(fs, workdir):
    workdir.put("file", b"x")
    if workdir.server.name == "debian":  # it says yes when there is nothing
        fs("rmdir", workdir.remote("absent")).ok()
    else:
        fs("rmdir", workdir.remote("absent")).failed("[3011]")
        fs("rmdir", workdir.remote("file")).failed("[3015]")
        assert (workdir / "file").exists()


@pytest.mark.parametrize("text, mode", [("rwx------", 0o700), ("rw-r--r--", 0o644), ("r--r--r--", 0o444), ("rwxrwxr-x", 0o775)])
def test_chmod(fs, workdir, text, mode):
    fs("chmod", workdir.put("file", b"x"), text).ok()
    assert (workdir / "file").stat().st_mode & 0o7777 == mode


def test_chmod_of_a_directory_and_of_nothing(fs, workdir):
    workdir.mkdir("d")
    fs("chmod", workdir.remote("d"), "rwxr-x---").ok()
    assert (workdir / "d").stat().st_mode & 0o777 == 0o750
    fs("chmod", workdir.remote("absent"), "rwxr-x---").failed("[3011]")


@pytest.mark.parametrize("size", [0, 3, 6, 10000])
def test_truncate(fs, workdir, size):
    result = fs("truncate", workdir.put("file", b"hello\n"), str(size))
    if workdir.server.is_storage:  # files are stored whole
        result.failed("[3013]")
        assert (workdir / "file").read_bytes() == b"hello\n"
    else:
        result.ok()
        assert (workdir / "file").read_bytes() == b"hello\n"[:size].ljust(size, b"\0")


def test_truncate_errors(fs, workdir):
    fs("truncate", workdir.remote("absent"), "3").failed("[3011]")
    fs("truncate", workdir.put("file", b"x"), "-1").failed("[3000]")


# -- contents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 100000, (8 << 20) + 5])
def test_cat(fs, workdir, size):
    data = pattern(size, seed=1)
    assert fs("cat", workdir.put("file", data)).ok().raw == data


def test_cat_of_several_to_a_file(fs, workdir, tmp_path):
    fs("cat", "-o", str(tmp_path / "out"), workdir.put("one", b"1"))
    assert (tmp_path / "out").read_bytes() == b"1"
    assert fs("cat", workdir.put("two", b"2"), workdir.remote("one")).ok().raw == b"21"
    fs("cat", workdir.remote("absent")).failed("[3011]")


@pytest.mark.parametrize("count", ["1", "3", "6", "100"])
def test_tail(fs, workdir, count):
    path = workdir.put("file", b"hello\n")
    assert fs("tail", "-c", count, path).ok().raw == b"hello\n"[-int(count):]


def test_tail_of_a_big_file(fs, workdir, medium_file):
    path = workdir.put("file", medium_file)
    assert fs("tail", "-c", "3000000", path).ok().raw == medium_file.read_bytes()[-3000000:]
    fs("tail", workdir.remote("absent")).failed("[3011]")


# -- queries ----------------------------------------------------------------------------------------------------------

# What both servers say, and what we say where Debian's, so configured, says something else.
CONFIG = {
    "readv_ior_max": "2097136",
    "readv_iov_max": "1024",
    "bind_max": "15",
    "role": "server",
    "fattr": "248 65536",
    "nosuchkey": "nosuchkey",
    "tpcdlg": "tpcdlg",
    "proxy": "proxy",
    "wan_port": "wan_port",
    "wan_window": "wan_window",
    "tls_port": "tls_port",
}

# A door has no data, and so no streams for it.
CONFIG_OF_DOORS = {"bind_max": "0", "role": "manager"}


@pytest.mark.parametrize("key", CONFIG)
def test_query_config(fs, server, key):
    expected = CONFIG | (CONFIG_OF_DOORS if server.is_storage else {})
    assert fs("query", "config", key).ok().out.strip() == expected[key]


def test_query_config_of_numbers(fs):
    assert int(fs("query", "config", "pio_max").ok().out) >= 1
    assert fs("query", "config", "version").ok().out.strip()
    assert fs("query", "config", "sitename").ok().out.strip()
    for key in ("window", "start", "sysid", "vnid", "cid", "cms"):
        fs("query", "config", key).ok()


def test_query_config_checksums(fs, server):
    found = fs("query", "config", "chksum").ok().out.strip().split(",")
    assert found[0] == "0:adler32"
    assert [int(entry.split(":")[0]) for entry in found] == list(range(len(found)))
    assert {"adler32", "md5", "crc32c"} <= {entry.split(":")[1] for entry in found}
    if server.is_ours:  # dCache knows it under this name, so old tools ask for it
        assert fs("query", "config", "csname").ok().out.strip().split(",") == found


CHECKSUMS = {
    "adler32": lambda data: f"{zlib.adler32(data):08x}",
    "md5": lambda data: hashlib.md5(data).hexdigest(),
    "crc32": lambda data: f"{int(run('cksum', stdin=data).out.split()[0]):08x}",
    "zcrc32": lambda data: zlib.crc32(data).to_bytes(4, "little").hex(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
}


@pytest.mark.parametrize("kind", ["adler32", "md5"])
def test_query_checksum(fs, workdir, kind):
    data = pattern(300001, seed=7)
    path = workdir.put("file", data)
    for _ in range(2):  # computed, then remembered
        assert fs("query", "checksum", f"{path}?cks.type={kind}").ok().out.strip() == f"{kind} {CHECKSUMS[kind](data)}"


@pytest.mark.needs("ours")
@pytest.mark.parametrize("kind", ["crc32", "zcrc32", "sha256"])
def test_query_checksum_that_debian_has_not(workdir, kind):
    data = pattern(300001, seed=8)
    path = workdir.put("file", data)
    assert xrdfs(workdir.server, "query", "checksum", f"{path}?cks.type={kind}").ok().out.strip() == f"{kind} {CHECKSUMS[kind](data)}"


def test_query_checksum_crc32c(fs, workdir):
    assert fs("query", "checksum", workdir.put("file", b"hello\n") + "?cks.type=crc32c").ok().out.strip() == "crc32c 353dd8be"
    assert fs("query", "checksum", workdir.put("digits", b"123456789") + "?cks.type=crc32c").ok().out.strip() == "crc32c e3069283"


def test_query_checksum_without_a_type_is_adler32(fs, workdir):
    assert fs("query", "checksum", workdir.put("file", b"hello\n")).ok().out.strip() == "adler32 084b021f"
    assert fs("query", "checksum", workdir.put("empty", b"")).ok().out.strip() == "adler32 00000001"


def test_query_checksum_errors(fs, workdir):
    unknown = "[3012]" if workdir.server.name == "debian" else "[3013]"
    fs("query", "checksum", workdir.put("file", b"x") + "?cks.type=whirlpool").failed(unknown)
    fs("query", "checksum", workdir.remote("absent")).failed("[3011]")
    if workdir.server.is_ours:  # Debian's sometimes never answers this one
        fs("query", "checksum", workdir.path).failed("[3016]")


@pytest.mark.needs("rights")
def test_query_checksum_without_the_right(fs, workdir):
    fs("query", "checksum", workdir.put("closed", b"x", mode=0o000)).failed("[3010]")


def test_query_checksumcancel(fs, workdir):
    fs("query", "checksumcancel", workdir.put("file", b"x")).ok()


@pytest.mark.parametrize("letters", ["a", "i", "p", "l", "s"])
def test_query_stats(fs, letters):
    out = fs("query", "stats", letters).ok().out
    assert re.match(r'<statistics tod="\d+" ver="[^"]*" src="[^"]*"', out) and out.strip().endswith("</statistics>")


def test_query_space(fs, workdir):
    fields = dict(pair.split("=", 1) for pair in fs("query", "space", workdir.path).ok().out.strip().split("&"))
    assert set(fields) >= {"oss.cgroup", "oss.space", "oss.free", "oss.maxf", "oss.used", "oss.quota"}
    assert int(fields["oss.space"]) == sum(shutil.disk_usage(store).total for store in workdir.server.stores)
    assert 0 < int(fields["oss.maxf"]) <= int(fields["oss.free"]) <= int(fields["oss.space"])
    assert fields["oss.quota"] == "-1"


def test_spaceinfo(fs, workdir):
    found = {name.strip(): int(value) for name, value in (line.split(":") for line in fs("spaceinfo", workdir.path).ok().lines()
                                                          if not line.startswith("Path"))}
    assert set(found) == {"Total", "Free", "Used", "Largest free chunk"}
    assert found["Total"] >= found["Free"] > 0


def test_query_xattr(fs, workdir):
    fields = dict(pair.split("=", 1) for pair in fs("query", "xattr", workdir.put("file", b"hello\n")).ok().out.strip().split("&"))
    assert fields["oss.type"] == "f" and fields["oss.used"] == "6" and fields["oss.fs"] == "w"
    assert abs(int(fields["oss.mt"]) - (workdir / "file").stat().st_mtime) < 2
    fields = dict(pair.split("=", 1) for pair in fs("query", "xattr", workdir.path).ok().out.strip().split("&"))
    assert fields["oss.type"] == "d"
    fs("query", "xattr", workdir.remote("absent")).failed("[3011]")


@pytest.mark.parametrize("kind, argument", [("opaque", "anything"), ("opaquefile", "/file?x=y")])
def test_query_opaque_is_not_supported(fs, kind, argument):
    fs("query", kind, argument).failed("[3013]")


# -- prepare ----------------------------------------------------------------------------------------------------------


def test_prepare_stage_gives_a_request_id(fs, workdir):
    one, two = workdir.put("one", b"1"), workdir.put("two", b"2")
    first = fs("prepare", "-s", one, two).ok().out.strip()
    second = fs("prepare", "-s", "-p", "3", one).ok().out.strip()
    assert first and second and first != second and " " not in first


@pytest.mark.parametrize("options", [["-e"], ["-f"], ["-c", "-w"], ["-w"]])
def test_prepare_without_staging_is_silent(fs, workdir, options):
    assert fs("prepare", *options, workdir.put("file", b"x")).ok().out.strip() == ""


@pytest.mark.needs("ours")
def test_prepare_status_and_cancel(workdir):
    # Debian's server knows requests only when a prepare program is configured.
    server, path = workdir.server, workdir.put("file", b"x")
    request = xrdfs(server, "prepare", "-s", path).ok().out.strip()
    assert path in xrdfs(server, "query", "prepare", request, path).ok().out
    xrdfs(server, "prepare", "-a", request).ok()


# -- attributes -------------------------------------------------------------------------------------------------------


def test_attributes(fs, workdir):
    path = workdir.put("file", b"x")
    fs("xattr", path, "set", "colour=blue").ok()
    fs("xattr", path, "set", "size=with spaces = and signs").ok()
    assert fs("xattr", path, "get", "colour").ok().lines() == [f"# file: {path}", 'colour="blue"']
    assert sorted(fs("xattr", path, "list").ok().lines()[1:]) == ['colour="blue"', 'size="with spaces = and signs"']
    fs("xattr", path, "set", "colour=red").ok()
    assert 'colour="red"' in fs("xattr", path, "get", "colour").ok().out
    fs("xattr", path, "del", "colour").ok()
    fs("xattr", path, "get", "colour").failed("[3027]")
    fs("xattr", path, "del", "colour").failed("[3027]")


def test_attributes_of_a_directory(fs, workdir):
    workdir.mkdir("d")
    fs("xattr", workdir.remote("d"), "set", "k=v").ok()
    assert 'k="v"' in fs("xattr", workdir.remote("d"), "list").ok().out


def test_attributes_of_nothing(fs, workdir):
    for words in (["list"], ["get", "k"], ["set", "k=v"], ["del", "k"]):
        fs("xattr", workdir.remote("absent"), *words).failed("[3011]")


def test_attribute_list_shows_only_the_users_own(fs, workdir):
    # A stored checksum is an attribute too, of the server.
    path = workdir.put("file", b"hello\n")
    fs("query", "checksum", path).ok()
    assert fs("xattr", path, "list").ok().lines() == [f"# file: {path}"]


def test_long_attributes(fs, workdir):
    path = workdir.put("file", b"x")
    value = "v" * 3000
    fs("xattr", path, "set", f"k={value}").ok()
    assert value in fs("xattr", path, "get", "k").ok().out
    name = "n" * 249
    fs("xattr", path, "set", f"{name}=x").failed()


# -- rights and odd paths ---------------------------------------------------------------------------------------------


@pytest.mark.needs("rights")
def test_permission_denied(fs, workdir):
    closed = workdir.mkdir("closed", mode=0o555)
    secret = workdir.put("secret", b"x", mode=0o000)
    for words in (["mkdir", closed + "/d"], ["cat", secret], ["mv", secret, closed + "/x"]):
        fs(*words).failed("[3010]")


@pytest.mark.parametrize("words", [["stat", "{0}/../x"], ["ls", "{0}/../.."], ["rm", "{0}/../x"], ["mkdir", "{0}/../x"],
                                   ["cat", "/../etc/passwd"], ["chmod", "/../x", "rwxrwxrwx"], ["truncate", "/../x", "0"],
                                   ["mv", "{0}/../x", "{0}/y"], ["query", "checksum", "/../etc/passwd"], ["xattr", "/../x", "list"]])
def test_dots_are_refused(fs, workdir, words):
    fs(*[word.format(workdir.path) for word in words]).failed("[3010]")


def test_strange_but_equal_paths(fs, tree):
    base = tree.path
    for path in (f"{base}//a", f"{base}/./a", f"/{base}/a", f"{base}/.//a"):
        assert fields(fs("stat", path))["Size"] == "6"


# -- interactive ------------------------------------------------------------------------------------------------------


def test_interactive_mode(tree):
    script = f"cd {tree.path}\nls\nstat a\ncat a\nmkdir new\nmv a new/a\nls new\nrm new/a\nrmdir new\nexit\n"
    result = run("/usr/bin/xrdfs", f"root://{tree.server.host}:{tree.server.port}", stdin=script.encode())
    assert "hello" in result.out and f"{tree.path}/new/a" in result.out and "Size:   6" in result.out
    assert not (tree / "a").exists() and not (tree / "new").exists()
