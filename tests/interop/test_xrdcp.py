# SPDX-License-Identifier: Apache-2.0
# Every form of xrdcp that needs no authentication, against every kind of our server and against Debian's.

import hashlib
import os
import subprocess
import zipfile
import zlib

import pytest
from clients import CLIENT_ENVIRONMENT, pattern, same, sha, xrdcp, xrdfs

MIB = 1 << 20
SIZES = [0, 1, 4095, 4096, 4097, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1]

# Shell, URL and CGI characters; a literal '?' cannot be sent, it starts the CGI.
NAMES = ["with space", "two  spaces", "ünïcödé-文件", "100%", "%41%2F", "a+b&c=d", "quote'\"", "[brackets]{}", "#hash",
         "semi;colon,comma", "~tilde$", "back\\slash", "-dash", "x" * 200]


def adler32(data):
    return f"{zlib.adler32(data):08x}"


def md5(data):
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def hello(tmp_path):
    path = tmp_path / "hello"
    path.write_bytes(b"hello\n")
    return path


# -- contents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_upload_and_download_keep_every_byte(workdir, tmp_path, size):
    local, back = tmp_path / "in", tmp_path / "out"
    local.write_bytes(pattern(size, seed=size))
    xrdcp(local, workdir.url("file")).ok()
    assert same(local, workdir / "file")
    xrdcp(workdir.url("file"), back).ok()
    assert same(local, back)


@pytest.mark.parametrize("size", SIZES)
def test_plain_reads_and_writes_keep_every_byte(workdir, tmp_path, size):
    # Without pages the client sends kXR_read and kXR_write, as it does on every TLS connection.
    local, back = tmp_path / "in", tmp_path / "out"
    local.write_bytes(pattern(size, seed=size + 1))
    xrdcp(local, workdir.url("file"), XRD_CPUSEPGWRTRD="0").ok()
    assert same(local, workdir / "file")
    xrdcp(workdir.url("file"), back, XRD_CPUSEPGWRTRD="0").ok()
    assert same(local, back)


def test_300_mb_upload(workdir, big_file):
    xrdcp(big_file, workdir.url("big")).ok()
    assert same(big_file, workdir / "big")
    (workdir / "big").unlink()


def test_300_mb_download(workdir, big_file, tmp_path):
    workdir.put("big", big_file)
    xrdcp(workdir.url("big"), tmp_path / "out").ok()
    assert same(big_file, tmp_path / "out")
    (workdir / "big").unlink()
    os.unlink(tmp_path / "out")


@pytest.mark.parametrize("chunk", ["4096", "131072", "67108864"])
@pytest.mark.parametrize("pages", ["0", "1"])
def test_any_chunk_size(workdir, medium_file, tmp_path, chunk, pages):
    source = medium_file
    if chunk == "4096":  # 5000 requests are enough: a smaller file keeps the test short
        source = tmp_path / "small"
        source.write_bytes(pattern(2 * MIB + 77, seed=5))
    environment = {"XRD_CPCHUNKSIZE": chunk, "XRD_CPUSEPGWRTRD": pages}
    xrdcp(source, workdir.url("file"), **environment).ok()
    assert same(source, workdir / "file")
    xrdcp(workdir.url("file"), tmp_path / "out", **environment).ok()
    assert same(source, tmp_path / "out")


@pytest.mark.parametrize("depth", ["1", "16"])
def test_any_number_of_parallel_chunks(workdir, medium_file, tmp_path, depth):
    environment = {"XRD_CPPARALLELCHUNKS": depth, "XRD_CPCHUNKSIZE": str(MIB)}
    xrdcp(medium_file, workdir.url("file"), **environment).ok()
    assert same(medium_file, workdir / "file")
    xrdcp(workdir.url("file"), tmp_path / "out", **environment).ok()
    assert same(medium_file, tmp_path / "out")


@pytest.mark.parametrize("streams", ["1", "4", "15"])
def test_parallel_streams(workdir, medium_file, tmp_path, streams):
    xrdcp("-S", streams, medium_file, workdir.url("file")).ok()
    assert same(medium_file, workdir / "file")
    xrdcp("-S", streams, workdir.url("file"), tmp_path / "out").ok()
    assert same(medium_file, tmp_path / "out")


def test_parallel_streams_without_pages(workdir, medium_file, tmp_path):
    workdir.put("file", medium_file)
    xrdcp("-S", "4", workdir.url("file"), tmp_path / "out", XRD_CPUSEPGWRTRD="0").ok()
    assert same(medium_file, tmp_path / "out")


def test_sparse_file_reads_as_zeros(workdir, tmp_path):
    workdir.put_zeros("sparse", 9 * MIB + 3)
    xrdcp(workdir.url("sparse"), tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == bytes(9 * MIB + 3)


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_names_are_taken_literally(workdir, hello, tmp_path, name):
    xrdcp(hello, workdir.url(name)).ok()
    assert workdir.names() == [name]
    xrdcp(workdir.url(name), tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"hello\n"
    assert workdir.remote(name) in xrdfs(workdir.server, "ls", workdir.path).ok().out
    xrdfs(workdir.server, "rm", workdir.remote(name)).ok()
    assert workdir.names() == []


def test_name_is_cut_at_the_question_mark(workdir, hello, tmp_path):
    xrdcp(hello, workdir.url("file") + "?foo=bar&x=%20y").ok()
    assert workdir.names() == ["file"]
    xrdcp(workdir.url("file") + "?foo=bar", tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"hello\n"


def test_legacy_options_for_cgi(workdir, hello, tmp_path):
    xrdcp("-ODfoo=bar", hello, workdir.url("file")).ok()
    xrdcp("-OSfoo=bar", workdir.url("file"), tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"hello\n"


def test_double_slashes_and_dots_are_collapsed(workdir, hello):
    xrdcp(hello, workdir.server.url + "/" + workdir.path + "//./sub/.//file").ok()
    assert (workdir / "sub/file").read_bytes() == b"hello\n"


# -- overwriting, creating, modes -------------------------------------------------------------------------------------


def test_existing_file_is_refused_without_force(workdir, hello):
    workdir.put("file", b"old")
    xrdcp(hello, workdir.url("file")).failed("file exists")
    assert (workdir / "file").read_bytes() == b"old"


def test_force_replaces_a_longer_file(workdir, hello):
    workdir.put("file", b"old" * 100000)
    xrdcp("-f", hello, workdir.url("file")).ok()
    assert (workdir / "file").read_bytes() == b"hello\n"


def test_download_does_not_overwrite_without_force(workdir, hello, tmp_path):
    workdir.put("file", b"new")
    xrdcp(workdir.url("file"), hello).failed("file exists")
    assert hello.read_bytes() == b"hello\n"
    xrdcp("-f", workdir.url("file"), hello).ok()
    assert hello.read_bytes() == b"new"


@pytest.mark.parametrize("option", [[], ["-p"], ["--path"]])
def test_parents_are_created(workdir, hello, option):
    # Debian's server makes the parents whenever the client allows asynchronous answers, so with and without -p.
    xrdcp(*option, hello, workdir.url("x/y/z/file")).ok()
    assert (workdir / "x/y/z/file").read_bytes() == b"hello\n"


def test_uploaded_file_has_mode_0644(workdir, hello):
    xrdcp(hello, workdir.url("file")).ok()
    assert (workdir / "file").stat().st_mode & 0o7777 == 0o644


def test_target_directory_takes_the_name_of_the_source(workdir, hello, tmp_path):
    xrdcp(hello, workdir.url() + "/").ok()
    assert (workdir / "hello").read_bytes() == b"hello\n"
    (tmp_path / "down").mkdir()
    xrdcp(workdir.url("hello"), str(tmp_path / "down") + "/").ok()
    assert (tmp_path / "down/hello").read_bytes() == b"hello\n"


@pytest.mark.parametrize("option", ["--posc", "-P"])
def test_posc(workdir, medium_file, hello, option):
    xrdcp(option, medium_file, workdir.url("file")).ok()
    assert same(medium_file, workdir / "file")
    xrdcp(option, hello, workdir.url("file")).failed("file exists")
    xrdcp("-f", option, hello, workdir.url("file")).ok()
    assert (workdir / "file").read_bytes() == b"hello\n"
    assert workdir.names() == ["file"]


def test_coerce(workdir, hello):
    xrdcp("-F", hello, workdir.url("file")).ok()
    xrdcp("-F", "-f", hello, workdir.url("file")).ok()
    assert (workdir / "file").read_bytes() == b"hello\n"


@pytest.mark.needs("ours")
def test_killed_posc_upload_leaves_nothing(workdir):
    # Debian's server keeps such a file for ten minutes, in case the client comes back.
    process = subprocess.Popen(["/usr/bin/xrdcp", "--nopbar", "--posc", "-", workdir.url("partial")],
                               stdin=subprocess.PIPE, env={**os.environ, **CLIENT_ENVIRONMENT})
    process.stdin.write(pattern(17 * MIB))  # more than a chunk, so the upload has begun
    process.stdin.flush()
    process.kill()
    process.wait()
    process.stdin.close()
    assert_gone(workdir)


def assert_gone(workdir):
    """The server removes the file once it sees the connection end: ask until then, at most 10 s."""
    for _ in range(200):
        if not (workdir / "partial").exists():
            return
        xrdfs(workdir.server, "stat", "/").ok()  # a round trip is the clock
    raise AssertionError("the file of a posc upload is still there after its client died")


# -- streams ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, 20 * MIB + 1])
def test_standard_input_and_output(workdir, size):
    data = pattern(size, seed=3)
    xrdcp("-", workdir.url("file"), stdin=data).ok()
    assert sha(workdir / "file") == sha(data)
    assert xrdcp("-s", workdir.url("file"), "-").ok().raw == data


def test_dynamic_source(workdir, hello, tmp_path):
    xrdcp("-Z", hello, workdir.url("file")).ok()
    xrdcp("-Z", workdir.url("file"), tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"hello\n"


def test_rate_limit(workdir, tmp_path):
    local = tmp_path / "in"
    local.write_bytes(pattern(100000))
    xrdcp("-X", "50m", local, workdir.url("file")).ok()
    assert same(local, workdir / "file")


def test_retry_option_of_a_copy_that_works(workdir, hello, tmp_path):
    xrdcp("--retry", "2", hello, workdir.url("file")).ok()
    xrdcp("--retry", "2", workdir.url("file"), tmp_path / "out").ok()


# -- checksums --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["adler32", "crc32c", "md5", "auto"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_checksum_end_to_end(workdir, medium_file, tmp_path, kind, direction):
    if direction == "up":
        xrdcp("--cksum", kind, medium_file, workdir.url("file")).ok()
        assert same(medium_file, workdir / "file")
    else:
        workdir.put("file", medium_file)
        xrdcp("-C", kind, workdir.url("file"), tmp_path / "out").ok()
        assert same(medium_file, tmp_path / "out")


@pytest.mark.parametrize("kind", ["adler32", "crc32c", "md5"])
@pytest.mark.parametrize("word", ["print", "source"])
def test_checksum_is_printed(workdir, hello, tmp_path, kind, word):
    # The client drops leading zeros of what it prints: 084b021f comes out as 84b021f.
    expected = {"adler32": "84b021f", "crc32c": "353dd8be", "md5": md5(b"hello\n")}[kind]
    up = xrdcp("--cksum", f"{kind}:{word}", hello, workdir.url("file")).ok()
    assert f"{kind}: {expected} " in up.all
    down = xrdcp("--cksum", f"{kind}:{word}", workdir.url("file"), tmp_path / "out").ok()
    assert f"{kind}: {expected} " in down.all


def test_checksum_value_given_by_the_user(workdir, hello, tmp_path):
    xrdcp("--cksum", "adler32:" + adler32(b"hello\n"), hello, workdir.url("file")).ok()
    xrdcp("--cksum", "md5:" + md5(b"hello\n"), workdir.url("file"), tmp_path / "out").ok()


@pytest.mark.parametrize("kind, value", [("adler32", "12345678"), ("md5", "0" * 32), ("crc32c", "00000001")])
def test_wrong_checksum_fails(workdir, hello, tmp_path, kind, value):
    xrdcp("--cksum", f"{kind}:{value}", hello, workdir.url("file")).failed("CheckSum error")
    workdir.put("other", b"hello\n")
    xrdcp("--cksum", f"{kind}:{value}", workdir.url("other"), tmp_path / "out").failed("CheckSum error")


def test_wrong_checksum_removes_the_target_when_asked(workdir, hello):
    xrdcp("--rm-bad-cksum", "--cksum", "adler32:12345678", hello, workdir.url("file")).failed("CheckSum error")
    assert not (workdir / "file").exists()


@pytest.mark.needs("ours")
def test_checksum_follows_the_content(workdir, tmp_path):
    # Debian's server keeps a checksum by the time of change in whole seconds and answers with the old one here.
    local = tmp_path / "in"
    for content in (b"aaaa", b"bbbb", b"cccc"):
        local.write_bytes(content)
        xrdcp("-f", "--cksum", "adler32", local, workdir.url("file")).ok()
        assert xrdfs(workdir.server, "query", "checksum", workdir.remote("file")).ok().out.strip() == \
            f"adler32 {adler32(content)}"


@pytest.mark.needs("ours")
@pytest.mark.parametrize("kind", ["crc32", "zcrc32"])
def test_checksums_that_only_we_compute(workdir, medium_file, tmp_path, kind):
    # Debian's server is configured without them: [3012].
    xrdcp("--cksum", kind, medium_file, workdir.url("file")).ok()
    xrdcp("--cksum", kind, workdir.url("file"), tmp_path / "out").ok()


# -- directories, many files ------------------------------------------------------------------------------------------


def make_tree(top):
    """A tree with the file names that break naive clients and servers; returns its files with their contents."""
    files = {"a": b"a", "zero": b"", "sub/b b": b"bb", "sub/deep/ü%41": b"ccc", "sub/deep/big": pattern(3 * MIB, seed=9)}
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)
    return files


def read_tree(top, above=""):
    """The files below a directory with their contents."""
    files = {}
    for path in top.iterdir():
        name = above + path.name
        files |= read_tree(path, name + "/") if path.is_dir() else {name: path.read_bytes()}
    return files


def test_recursive_copies_both_ways(workdir, tmp_path):
    files = make_tree(tmp_path / "src")
    workdir.mkdir("up")
    xrdcp("-r", tmp_path / "src", workdir.url("up")).ok()
    assert read_tree(workdir / "up/src") == files
    (tmp_path / "down").mkdir()
    xrdcp("-r", workdir.url("up"), tmp_path / "down").ok()
    assert read_tree(tmp_path / "down/up/src") == files


def test_recursive_copy_again_needs_force(workdir, tmp_path):
    files = make_tree(tmp_path / "src")
    workdir.mkdir("up")
    xrdcp("-r", tmp_path / "src", workdir.url("up")).ok()
    xrdcp("-r", tmp_path / "src", workdir.url("up")).failed("[3018]")
    xrdcp("-r", "-f", "--parallel", "4", tmp_path / "src", workdir.url("up")).ok()
    assert read_tree(workdir / "up/src") == files


def test_recursive_copy_needs_a_target_directory(workdir, tmp_path):
    make_tree(tmp_path / "src")
    xrdcp("-r", tmp_path / "src", workdir.url("missing")).failed("target is not a directory")


def test_recursive_copy_between_servers(workdir, sluice_server, tmp_path):
    files = make_tree(tmp_path / "src")
    workdir.mkdir("up")
    xrdcp("-r", tmp_path / "src", workdir.url("up")).ok()
    target = sluice_server.workdir()
    xrdcp("-r", workdir.url("up/src"), target.url()).ok()
    assert read_tree(target / "src") == files


def test_many_files_at_once(workdir, tmp_path):
    names = [f"f{index:03}" for index in range(60)]
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for name in names:
        (tmp_path / "in" / name).write_bytes(name.encode() * 100)
    xrdcp("--parallel", "8", *[tmp_path / "in" / name for name in names], workdir.url() + "/").ok()
    assert read_tree(workdir.top) == read_tree(tmp_path / "in")
    xrdcp("--parallel", "8", *[workdir.url(name) for name in names], tmp_path / "out").ok()
    assert read_tree(tmp_path / "out") == read_tree(tmp_path / "in")


def test_list_of_input_files(workdir, tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"2")
    (tmp_path / "list").write_text(f"{tmp_path}/one\n{tmp_path}/two\n")
    xrdcp("-I", tmp_path / "list", workdir.url() + "/").ok()
    assert read_tree(workdir.top) == {"one": b"1", "two": b"2"}


def test_many_sources_of_one_file(workdir, big_file, tmp_path):
    workdir.put("file", big_file)
    xrdcp("--sources", "3", workdir.url("file"), tmp_path / "out").ok()
    assert same(big_file, tmp_path / "out")
    (workdir / "file").unlink()
    os.unlink(tmp_path / "out")


def test_copy_from_server_to_server(workdir, debian_xrootd, medium_file):
    target = debian_xrootd.workdir()
    workdir.put("file", medium_file)
    xrdcp(workdir.url("file"), target.url("copy")).ok()
    assert same(medium_file, target / "copy")
    xrdcp(target.url("copy"), workdir.url("back")).ok()
    assert same(medium_file, workdir / "back")


def test_copy_within_a_server(workdir, medium_file):
    workdir.put("file", medium_file)
    xrdcp(workdir.url("file"), workdir.url("copy")).ok()
    assert same(medium_file, workdir / "copy")


@pytest.mark.needs("ours")
@pytest.mark.parametrize("which", ["only", "first"])
def test_third_party_copy_within_a_server(workdir, medium_file, which):
    workdir.put("file", medium_file)
    xrdcp("--tpc", which, workdir.url("file"), workdir.url("copy")).ok()
    assert same(medium_file, workdir / "copy")


# -- resuming ---------------------------------------------------------------------------------------------------------


def test_download_continues(workdir, medium_file, tmp_path):
    workdir.put("file", medium_file)
    out = tmp_path / "out"
    out.write_bytes(medium_file.read_bytes()[:9 * MIB + 5])
    xrdcp("--continue", workdir.url("file"), out).ok()
    assert same(medium_file, out)


def test_upload_continues(workdir, medium_file):
    workdir.put("file", medium_file.read_bytes()[:9 * MIB + 5])
    # The client refuses --continue with -f, and without -f it stops at its own check for an existing target.
    xrdcp("--continue", medium_file, workdir.url("file")).failed("file exists")
    xrdcp("--continue", "-f", medium_file, workdir.url("file")).failed("Invalid argument combination")


def test_download_from_a_dead_server_fails(own_server, medium_file, tmp_path):
    work = own_server.workdir()
    work.put("file", medium_file)
    own_server.kill()
    assert xrdcp(work.url("file"), tmp_path / "out").failed("[FATAL]").code == 51


# -- zip archives -----------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(workdir, tmp_path):
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as stored:
        stored.writestr("member", "member one")
        stored.writestr("folder/big", pattern(9 * MIB + 1, seed=4))
        stored.writestr("packed", "squeeze me " * 1000, compress_type=zipfile.ZIP_DEFLATED)
    xrdcp(path, workdir.url("archive.zip")).ok()
    return workdir.url("archive.zip")


@pytest.mark.parametrize("member", ["member", "folder/big", "packed"])
def test_zip_member(archive, member):
    content = {"member": b"member one", "folder/big": pattern(9 * MIB + 1, seed=4), "packed": b"squeeze me " * 1000}[member]
    assert sha(xrdcp("-s", "--zip", member, archive, "-").ok().raw) == sha(content)


def test_zip_member_to_file_with_checksum(archive, tmp_path):
    # The client computes it from the archive's directory and from what it wrote, without asking the server.
    xrdcp("--cksum", "zcrc32:print", "--zip", "folder/big", archive, tmp_path / "out").ok()
    assert sha(tmp_path / "out") == sha(pattern(9 * MIB + 1, seed=4))


def test_missing_zip_member(archive, tmp_path):
    xrdcp("--zip", "absent", archive, tmp_path / "out").failed("Resource not found")


# -- attributes -------------------------------------------------------------------------------------------------------


def test_attributes_are_copied(workdir, hello, tmp_path):
    workdir.put("file", b"hello\n")
    xrdfs(workdir.server, "xattr", workdir.remote("file"), "set", "colour=blue").ok()
    xrdcp("--xattr", workdir.url("file"), workdir.url("copy")).ok()
    assert 'colour="blue"' in xrdfs(workdir.server, "xattr", workdir.remote("copy"), "get", "colour").ok().out


# -- errors -----------------------------------------------------------------------------------------------------------


def test_missing_source(workdir, tmp_path):
    result = xrdcp(workdir.url("missing"), tmp_path / "out").failed("[3011]")
    assert result.code == 54
    assert not (tmp_path / "out").exists()


def test_source_is_a_directory(workdir, tmp_path):
    xrdcp(workdir.url(), tmp_path / "out").failed("[3016]")


@pytest.mark.needs("rights")
def test_source_may_not_be_read(workdir, tmp_path):
    workdir.put("secret", b"x", mode=0o000)
    xrdcp(workdir.url("secret"), tmp_path / "out").failed("[3010]")


@pytest.mark.needs("rights")
def test_target_may_not_be_written(workdir, hello):
    workdir.mkdir("closed", mode=0o555)
    xrdcp(hello, workdir.url("closed/file")).failed("[3010]")


def test_target_below_a_file(workdir, hello):
    workdir.put("file", b"x")
    xrdcp(hello, workdir.url("file/below")).failed("[ERROR]")
    assert (workdir / "file").read_bytes() == b"x"


def test_name_too_long(workdir, hello):
    xrdcp(hello, workdir.url("n" * 300)).failed("[3002]")


def test_escape_by_dots(workdir, hello, tmp_path):
    xrdcp(workdir.url("../../etc/passwd"), tmp_path / "out").failed("[3010]")
    xrdcp(hello, workdir.url("../escaped")).failed("[3010]")
    assert not (workdir.top.parent / "escaped").exists()


def test_nobody_listens(tmp_path):
    result = xrdcp("root://127.0.0.1:1//file", tmp_path / "out").failed("[FATAL]")
    assert result.code == 51
