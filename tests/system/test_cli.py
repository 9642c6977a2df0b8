# SPDX-License-Identifier: Apache-2.0
# Every command of `sluice` that talks to a server, against our server and against Debian's xrootd, which is the judge of what
# our client sends.

import hashlib
import json
import os
import pty
import signal
import subprocess
import threading
import time
import zlib
from pathlib import Path

import pytest
from clients import pattern, run, same, sha
from servers import REPOSITORY, free_port, sluice_binary

MIB = 1 << 20
SIZES = [0, 1, 4095, 4096, 4097, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1]
# A literal "?" starts the CGI of a URL; "*" and "[" are wildcards, but a name that exists is taken as it stands.
NAMES = ["with space", "two  spaces", "ünïcödé-文件", "100%", "%41%2F", "a+b&c=d", "quote'\"", "[brackets]{}", "#hash",
         "semi;colon,comma", "~tilde$", "back\\slash", "-dash", "x" * 200]


def sluice(*arguments, **options):
    return run(sluice_binary(), *arguments, **options)


def start(*arguments, **options):
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([str(sluice_binary()), *map(str, arguments)], **options)


def values(finished):
    return [json.loads(line) for line in finished.out.splitlines()]


def failure(finished):
    """The one line of standard error of a command that failed."""
    assert finished.code != 0, f"{finished}"
    lines = finished.err.splitlines()
    assert len(lines) == 1, f"{finished}"
    return lines[0]


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def tree(tmp_path):
    """A directory with files at three depths, an empty directory and an odd name."""
    top = tmp_path / "tree"
    (top / "sub" / "deep").mkdir(parents=True)
    (top / "empty").mkdir()
    for name, size in {"a": 1, "b.root": 5000, "sub/c.root": 9 * MIB, "sub/deep/d e": 0}.items():
        (top / name).write_bytes(pattern(size, seed=size))
    return top


def same_tree(left, right):
    def contents(top):
        return {str(path.relative_to(top)): sha(path) if path.is_file() else None for path in Path(top).rglob("*")}

    assert contents(left) == contents(right)


# -- cp: contents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_copies_keep_every_byte(workdir, tmp_path, size):
    local, back = tmp_path / "in", tmp_path / "out"
    local.write_bytes(pattern(size, seed=size))
    assert sluice("cp", local, workdir.url("file")).ok().all == ""
    assert same(local, workdir / "file")
    assert sluice("cp", workdir.url("file"), back).ok().all == ""
    assert same(local, back)


@pytest.mark.parametrize("name", NAMES)
def test_any_name(workdir, tmp_path, name):
    local = tmp_path / "in"
    local.write_bytes(b"hello " + name.encode())
    sluice("cp", local, workdir.url(name)).ok()
    assert (workdir / name).read_bytes() == local.read_bytes()
    assert sluice("cat", workdir.url(name)).ok().raw == local.read_bytes()
    assert [entry["name"] for entry in values(sluice("ls", "--json", workdir.url()).ok())] == [name]
    (tmp_path / "down").mkdir()
    sluice("cp", workdir.url(name), tmp_path / "down").ok()
    assert same(local, tmp_path / "down" / name)
    sluice("rm", workdir.url(name)).ok()
    assert workdir.names() == []


def test_300_mb_both_ways(workdir, big_file, tmp_path):
    sluice("cp", "-C", "adler32", big_file, workdir.url("big")).ok()
    assert same(big_file, workdir / "big")
    sluice("cp", "-C", "adler32", "-S", "4", workdir.url("big"), tmp_path / "out").ok()
    assert same(big_file, tmp_path / "out")


@pytest.mark.parametrize("options", [["--depth", "1"], ["--depth", "16", "--piece", "64 KiB"], ["--piece", "5000 B"],
                                     ["--streams", "3"], ["--streams", "15", "--depth", "32", "--piece", "1 MiB"]])
def test_pieces_and_streams(workdir, medium_file, tmp_path, options):
    sluice("cp", *options, medium_file, workdir.url("file")).ok()
    assert same(medium_file, workdir / "file")
    sluice("cp", *options, workdir.url("file"), tmp_path / "out").ok()
    assert same(medium_file, tmp_path / "out")


def test_standard_streams(workdir, medium_file):
    with open(medium_file, "rb") as stream:
        sluice("cp", "-", workdir.url("file"), stdin=stream).ok()
    assert same(medium_file, workdir / "file")
    assert sluice("cp", workdir.url("file"), "-").ok().raw == medium_file.read_bytes()
    with open(medium_file, "rb") as stream:
        stream.seek(1000)  # where a shell may have left it
        sluice("cp", "--force", "-", workdir.url("file"), stdin=stream).ok()
    assert (workdir / "file").read_bytes() == medium_file.read_bytes()[1000:]


def test_a_pipe_that_trickles(workdir):
    upload = start("cp", "-", workdir.url("file"), stdin=subprocess.PIPE)
    for piece in (b"one ", b"two ", b"three"):
        upload.stdin.write(piece)
        upload.stdin.flush()
    upload.communicate(timeout=60)
    assert upload.returncode == 0
    assert (workdir / "file").read_bytes() == b"one two three"


def test_server_to_server(sluice_server, debian_xrootd, medium_file):
    one, two = sluice_server.workdir(), debian_xrootd.workdir()
    one.put("file", medium_file)
    sluice("cp", "-C", "adler32", one.url("file"), two.url("there")).ok()
    sluice("cp", "-C", "adler32", two.url("there"), one.url("back")).ok()
    assert same(medium_file, two / "there") and same(medium_file, one / "back")


def test_local_to_local(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 10000)
    sluice("cp", tmp_path / "a", tmp_path / "b").ok()
    assert same(tmp_path / "a", tmp_path / "b")
    os.link(tmp_path / "a", tmp_path / "c")
    assert "same file" in failure(sluice("cp", "--force", tmp_path / "a", tmp_path / "c"))
    assert (tmp_path / "a").stat().st_size == 10000
    sluice("cp", tmp_path / "a", "/dev/null").ok()


def test_permissions_come_along(workdir, tmp_path):
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)
    sluice("cp", tmp_path / "tool", workdir.url("tool")).ok()
    assert (workdir / "tool").stat().st_mode & 0o100


# -- cp: where files go ------------------------------------------------------------------------------------------------


def test_several_sources_into_a_directory(workdir, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    workdir.mkdir("into")
    sluice("cp", tmp_path / "a", tmp_path / "b", workdir.url("into")).ok()
    assert sorted(os.listdir(workdir / "into")) == ["a", "b"]
    down = tmp_path / "down"
    down.mkdir()
    sluice("cp", workdir.url("into/a"), workdir.url("into/b"), down).ok()
    assert sorted(os.listdir(down)) == ["a", "b"]
    assert "--mkdir" in failure(sluice("cp", tmp_path / "a", tmp_path / "b", workdir.url("nowhere")))
    sluice("cp", "--mkdir", tmp_path / "a", tmp_path / "b", workdir.url("new/er")).ok()
    assert sorted(os.listdir(workdir / "new/er")) == ["a", "b"]


def test_trailing_slash_means_a_directory(workdir, tmp_path):
    (tmp_path / "a").write_text("a")
    assert "directory" in failure(sluice("cp", tmp_path / "a", workdir.url("missing/")))
    assert not (workdir / "missing").exists()
    sluice("cp", "-m", tmp_path / "a", workdir.url("missing/")).ok()
    assert (workdir / "missing" / "a").exists()


def test_a_tree_up_and_down(workdir, tree, tmp_path):
    sluice("cp", "-r", tree, workdir.url("copy")).ok()
    same_tree(tree, workdir / "copy")
    sluice("cp", "-r", tree, workdir.url()).ok()  # exists: goes into it
    same_tree(tree, workdir / "tree")
    sluice("cp", "-r", "-p", "8", workdir.url("copy"), tmp_path / "down").ok()
    same_tree(tree, tmp_path / "down")
    (tmp_path / "into").mkdir()
    sluice("cp", "-r", workdir.url("copy/"), tmp_path / "into").ok()
    same_tree(tree, tmp_path / "into" / "copy")


def test_directories_need_r(workdir, tree):
    result = sluice("cp", tree, workdir.url("copy"))
    assert "-r" in failure(result) and result.code == 54
    assert workdir.names() == []


def test_remote_and_local_wildcards(workdir, tree, tmp_path):
    sluice("cp", "-r", tree, workdir.url("t")).ok()
    down = tmp_path / "down"
    down.mkdir()
    sluice("cp", workdir.url("t/*.root"), workdir.url("t/s*/[a-c].root"), down).ok()
    assert sorted(os.listdir(down)) == ["b.root", "c.root"]
    assert "no name matches" in failure(sluice("cp", workdir.url("t/*.nothing"), down))
    workdir.mkdir("up")
    sluice("cp", f"{tree}/?", f"{tree}/*.root", workdir.url("up")).ok()
    assert sorted(os.listdir(workdir / "up")) == ["a", "b.root"]


def test_many_small_files(workdir, tmp_path):
    top = tmp_path / "many"
    top.mkdir()
    for number in range(300):
        (top / f"f{number}").write_text(str(number) * number)
    sluice("cp", "-r", "-p", "16", top, workdir.url("many")).ok()
    same_tree(top, workdir / "many")
    sluice("cp", "-r", "-p", "16", workdir.url("many"), tmp_path / "back").ok()
    same_tree(top, tmp_path / "back")


# -- cp: what exists already -------------------------------------------------------------------------------------------


def test_existing_files_stay_unless_forced(workdir, tmp_path):
    (tmp_path / "new").write_text("new")
    workdir.put("file", b"old content")
    line = failure(sluice("cp", tmp_path / "new", workdir.url("file")))
    assert workdir.url("file") in line and "--force" in line
    assert (workdir / "file").read_bytes() == b"old content"
    sluice("cp", "-f", tmp_path / "new", workdir.url("file")).ok()
    assert (workdir / "file").read_bytes() == b"new"
    (tmp_path / "local").write_text("keep")
    assert "--force" in failure(sluice("cp", workdir.url("file"), tmp_path / "local"))
    assert (tmp_path / "local").read_text() == "keep"
    sluice("cp", "-f", workdir.url("file"), tmp_path / "local").ok()
    assert (tmp_path / "local").read_text() == "new"


def test_a_failure_does_not_stop_the_others(workdir, tmp_path):
    for name in ("a", "b", "c"):
        workdir.put(name, name.encode())
    (tmp_path / "b").write_text("mine")
    result = sluice("cp", workdir.url("a"), workdir.url("b"), workdir.url("gone"), workdir.url("c"), tmp_path)
    assert result.code == 54 and len(result.err.splitlines()) == 2
    assert (tmp_path / "a").exists() and (tmp_path / "c").exists() and (tmp_path / "b").read_text() == "mine"


@pytest.mark.parametrize("present", [0, 1, 5 * MIB + 17, 20 * MIB + 123])
def test_continue(workdir, medium_file, tmp_path, present):
    whole = medium_file.read_bytes()
    (tmp_path / "part").write_bytes(whole[:present])
    workdir.put("whole", medium_file)
    sluice("cp", "--continue", "-C", "adler32", workdir.url("whole"), tmp_path / "part").ok()
    assert same(medium_file, tmp_path / "part")
    workdir.put("part", whole[:present])
    result = sluice("cp", "--continue", "-C", "adler32", "--json", medium_file, workdir.url("part")).ok()
    assert same(medium_file, workdir / "part")
    assert values(result)[0]["skipped"] == present and values(result)[0]["bytes"] == len(whole) - present


def test_continue_starts_what_is_missing_and_refuses_what_is_longer(workdir, tmp_path):
    workdir.put("file", b"12345")
    sluice("cp", "--continue", workdir.url("file"), tmp_path / "out").ok()
    assert (tmp_path / "out").read_bytes() == b"12345"
    (tmp_path / "long").write_bytes(b"123456")
    assert "--force" in failure(sluice("cp", "--continue", workdir.url("file"), tmp_path / "long"))


def test_continue_with_a_checksum_finds_a_wrong_beginning(workdir, medium_file, tmp_path):
    workdir.put("file", medium_file)
    (tmp_path / "part").write_bytes(b"x" * 1000)
    result = sluice("cp", "--continue", "-C", "adler32", workdir.url("file"), tmp_path / "part")
    assert "Checksum" in failure(result)


# -- cp: checksums -----------------------------------------------------------------------------------------------------


def test_checksums(workdir, medium_file, tmp_path):
    data = medium_file.read_bytes()
    sums = {"adler32": f"{zlib.adler32(data):08x}", "md5": hashlib.md5(data).hexdigest()}
    for kind, value in sums.items():
        up = sluice("cp", "-f", "-C", f"{kind}:print", medium_file, workdir.url("file")).ok()
        assert up.out.split()[:2] == [kind, value]
        sluice("cp", "-f", "-C", kind, medium_file, workdir.url("file")).ok()
        sluice("cp", "-f", "-C", f"{kind}:source", workdir.url("file"), tmp_path / "out").ok()
        sluice("cp", "-f", "-C", f"{kind}:{value.upper()}", workdir.url("file"), tmp_path / "out").ok()
        wrong = sluice("cp", "-f", "-C", f"{kind}:{'0' * len(value)}", workdir.url("file"), tmp_path / "out")
        assert wrong.code == 54 and value in failure(wrong)
    out = values(sluice("cp", "-f", "--json", "-C", "crc32c", workdir.url("file"), tmp_path / "out").ok())
    assert out[0]["checksum"]["type"] == "crc32c" and len(out[0]["checksum"]["value"]) == 8
    streamed = sluice("cp", "-C", "md5:print", workdir.url("file"), "-").ok()
    assert streamed.raw == data and sums["md5"] in streamed.err


def test_wrong_checksum_requests(tmp_path):
    assert "sha3" in failure(sluice("cp", "-C", "sha3", "a", tmp_path / "b"))
    assert "hex digits" in failure(sluice("cp", "-C", "md5:12xy", "a", tmp_path / "b"))


# -- cp: limits, interruption, reports ---------------------------------------------------------------------------------


def test_rate_limit(workdir, tmp_path):
    workdir.put("file", pattern(3 * MIB))
    begin = time.monotonic()
    sluice("cp", "--rate", "2MiB", workdir.url("file"), tmp_path / "out").ok()
    assert time.monotonic() - begin > 1.0
    assert same(workdir / "file", tmp_path / "out")


def test_max_time(workdir, tmp_path):
    workdir.put("file", pattern(4 * MIB))
    begin = time.monotonic()
    result = sluice("cp", "--rate", "1MiB", "--max-time", "1s", workdir.url("file"), tmp_path / "out")
    assert "--max-time 1 s" in failure(result) and result.code == 54
    assert time.monotonic() - begin < 3.5


def test_posc_leaves_nothing_behind(workdir, tmp_path):
    workdir.put("file", pattern(4 * MIB))
    sluice("cp", "--posc", "--rate", "1MiB", "--max-time", "1s", workdir.url("file"), tmp_path / "out").failed()
    assert not (tmp_path / "out").exists()
    sluice("cp", "--posc", workdir.url("file"), tmp_path / "out").ok()
    assert same(workdir / "file", tmp_path / "out")
    sluice("cp", "--posc", tmp_path / "out", workdir.url("up")).ok()
    assert same(workdir / "up", tmp_path / "out")


def test_posc_upload_that_is_killed_never_appears(sluice_dir):
    # Debian's server keeps such a file for ten minutes in case its writer comes back.
    upload = start("cp", "--posc", "-", sluice_dir.url("half"), stdin=subprocess.PIPE)
    upload.stdin.write(pattern(9 * MIB))  # a pipe takes 64 KiB: after this the first piece of 8 MiB is on its way
    upload.kill()
    upload.wait(timeout=30)
    for pipe in (upload.stdin, upload.stdout, upload.stderr):
        pipe.close()
    assert not (sluice_dir / "half").exists()
    wait_until(lambda: sluice_dir.names() == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_leaves_what_continue_needs(workdir, tmp_path, number):
    workdir.put("file", pattern(4 * MIB))
    slow = start("cp", "--rate", "1MiB", workdir.url("file"), tmp_path / "out")
    wait_until(lambda: (tmp_path / "out").exists() and (tmp_path / "out").stat().st_size > 0)
    slow.send_signal(number)
    _, err = slow.communicate(timeout=10)
    assert slow.returncode == 130 and b"interrupted" in err
    assert 0 < (tmp_path / "out").stat().st_size < 4 * MIB
    sluice("cp", "--continue", "-C", "adler32", workdir.url("file"), tmp_path / "out").ok()
    assert same(workdir / "file", tmp_path / "out")


def test_json_reports(workdir, tmp_path):
    workdir.put("file", b"x" * 10)
    lines = values(sluice("cp", "--json", workdir.url("file"), tmp_path / "out").ok())
    assert lines[0]["source"] == workdir.url("file") and lines[0]["target"] == str(tmp_path / "out")
    assert lines[0]["bytes"] == 10
    assert lines[1]["files"] == 1 and lines[1]["failed"] == 0 and lines[1]["bytes"] == 10
    error = json.loads(failure(sluice("cp", "--json", workdir.url("gone"), tmp_path / "out2")))
    assert error["error"] == "not_found" and error["exit"] == 54 and error["object"] == workdir.url("gone")


def test_progress_only_on_a_terminal(workdir, tmp_path):
    workdir.put("file", pattern(2 * MIB))
    assert sluice("cp", "--rate", "4MiB", workdir.url("file"), tmp_path / "out").ok().err == ""
    controller, terminal = pty.openpty()
    process = start("cp", "-f", "--rate", "2MiB", workdir.url("file"), tmp_path / "out", stderr=terminal)
    os.close(terminal)
    shown = b""
    while True:
        try:
            piece = os.read(controller, 4096)
        except OSError:  # the terminal is gone: end of output
            break
        shown += piece
    os.close(controller)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"%" in shown and b"MiB/s" in shown and b"ETA" in shown and b"1 file, 2.00 MiB" in shown


def test_memory_is_bounded(workdir, big_file, tmp_path):
    workdir.put("big", big_file)
    peak = subprocess.run(["/usr/bin/python3", "-c", """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
""", sluice_binary(), "cp", workdir.url("big"), tmp_path / "out"], capture_output=True, check=True)
    assert int(peak.stdout) < 100 * 1024, "more than 100 MiB for pieces of 4 x 8 MiB"


# -- ls, stat, cat, tail -----------------------------------------------------------------------------------------------


def test_ls(workdir):
    for name in ("b", "a", "sub/c", ".hidden"):
        workdir.put(name, b"x" * 2000)
    assert sluice("ls", workdir.url()).ok().lines() == [".hidden", "a", "b", "sub"]
    assert sluice("ls", "-p", workdir.url()).ok().lines() == [".hidden", "a", "b", "sub/"]
    assert sluice("ls", "-R", workdir.url()).ok().lines() == [".hidden", "a", "b", "sub", "sub/c"]
    assert sluice("ls", "-u", workdir.url()).ok().lines()[1] == workdir.url("a")
    assert sorted(sluice("ls", "-U", workdir.url()).ok().lines()) == [".hidden", "a", "b", "sub"]
    long = sluice("ls", "-lh", workdir.url("a")).ok().out
    assert "1.95 KiB" in long and long.startswith("-r") and long.split()[-1] == "a"
    assert sluice("ls", "-d", workdir.url("sub")).ok().lines() == ["sub"]
    assert sluice("ls", workdir.url("[ab]")).ok().lines() == ["a", "b"]
    entries = {entry["name"]: entry for entry in values(sluice("ls", "--json", workdir.url()).ok())}
    assert entries["a"]["size"] == 2000 and entries["a"]["type"] == "file" and entries["sub"]["type"] == "directory"
    assert workdir.url("gone") in failure(sluice("ls", workdir.url("gone")))


def test_ls_of_ten_thousand(workdir):
    workdir.mkdir("many")
    names = sorted(f"file-{number:05}" for number in range(10000))
    for name in names:
        (workdir / "many" / name).touch()
    assert sluice("ls", workdir.url("many")).ok().lines() == names
    assert len(values(sluice("ls", "--json", "-U", workdir.url("many")).ok())) == 10000


def test_ls_of_the_server_alone(server):
    server.workdir("seen-by-ls")
    for url in (server.url.rstrip("/"), server.url, server.url + "/"):
        assert "seen-by-ls" in sluice("ls", url).ok().lines()
    (server.root / "seen-by-ls").rmdir()


def test_stat(workdir):
    workdir.put("file", b"x" * 1234)
    assert "1234 (1.21 KiB)" in sluice("stat", workdir.url("file")).ok().out
    answer = values(sluice("stat", "--json", workdir.url("file"), workdir.url()).ok())
    assert answer[0]["size"] == 1234 and answer[0]["type"] == "file" and answer[1]["type"] == "directory"
    assert answer[0]["mtime"] == int((workdir / "file").stat().st_mtime)
    result = sluice("stat", workdir.url("gone"), workdir.url("file"))
    assert result.code == 54 and "1234" in result.out  # goes on after the failure


def test_cat(workdir, medium_file):
    workdir.put("a", b"first ")
    workdir.put("b", medium_file)
    workdir.put("empty", b"")
    together = sluice("cat", workdir.url("a"), workdir.url("empty"), workdir.url("b")).ok().raw
    assert together == b"first " + medium_file.read_bytes()


def test_cat_into_a_closed_pipe(workdir, medium_file):
    workdir.put("file", medium_file)
    cat = start("cat", workdir.url("file"))
    cat.stdout.read(10)
    cat.stdout.close()
    assert cat.wait(timeout=30) != 0
    assert b"Sanitizer" not in cat.stderr.read()
    cat.stderr.close()


def test_tail(workdir):
    lines = [f"line {number}\n".encode() * 300 for number in range(30)]
    text = b"".join(lines)
    workdir.put("log", text)
    last = text.splitlines(keepends=True)
    assert sluice("tail", workdir.url("log")).ok().raw == b"".join(last[-10:])
    assert sluice("tail", "-n", "1", workdir.url("log")).ok().raw == last[-1]
    assert sluice("tail", "-n", "8000", workdir.url("log")).ok().raw == b"".join(last[-8000:])
    assert sluice("tail", "-n", "99999", workdir.url("log")).ok().raw == text
    assert sluice("tail", "-n", "0", workdir.url("log")).ok().raw == b""
    assert sluice("tail", "-c", "3", workdir.url("log")).ok().raw == text[-3:]
    assert sluice("tail", "-c", "99MiB", workdir.url("log")).ok().raw == text
    workdir.put("unfinished", b"one\ntwo\nthree")
    assert sluice("tail", "-n", "2", workdir.url("unfinished")).ok().raw == b"two\nthree"


def test_tail_follows(workdir):
    workdir.put("log", b"old\n")
    follow = start("tail", "-f", "-s", "50ms", workdir.url("log"))
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(iter(follow.stdout.readline, b"")))
    reader.start()
    wait_until(lambda: seen == [b"old\n"])
    with open(workdir / "log", "ab") as log:
        log.write(b"new\n")
    wait_until(lambda: seen == [b"old\n", b"new\n"])
    follow.send_signal(signal.SIGINT)
    assert follow.wait(timeout=10) == 130
    reader.join()
    follow.stdout.close()
    follow.stderr.close()


# -- changes -----------------------------------------------------------------------------------------------------------


def test_mkdir(workdir):
    sluice("mkdir", workdir.url("a"), workdir.url("b")).ok()
    assert (workdir / "a").is_dir() and (workdir / "b").is_dir()
    if workdir.server.name == "sluice":  # Debian's server says ok to a directory that exists
        assert "exists" in failure(sluice("mkdir", workdir.url("a")))
    sluice("mkdir", "-p", workdir.url("a"), workdir.url("x/y/z")).ok()
    assert (workdir / "x/y/z").is_dir()
    sluice("mkdir", "-m", "0700", workdir.url("private")).ok()
    assert (workdir / "private").stat().st_mode & 0o777 == 0o700


def test_rm(workdir):
    for name in ("f", "t1", "t2", "d/x/y", "d/z"):
        workdir.put(name, b"x")
    sluice("rm", workdir.url("f")).ok()
    sluice("rm", workdir.url("t*")).ok()
    assert workdir.names() == ["d"]
    assert "-r" in failure(sluice("rm", workdir.url("d")))
    removed = {line["removed"] for line in values(sluice("rm", "--json", "-r", workdir.url("d")).ok())}
    assert removed == {workdir.url(name) for name in ("d/x/y", "d/x", "d/z", "d")}
    assert workdir.names() == []
    assert sluice("rm", workdir.url("gone")).code == 54
    sluice("rm", "-f", workdir.url("gone")).ok()
    workdir.mkdir("empty")
    sluice("rm", "-d", workdir.url("empty")).ok()


def test_mv(workdir):
    workdir.put("a", b"a")
    workdir.mkdir("d")
    sluice("mv", workdir.url("a"), workdir.remote("b")).ok()
    sluice("mv", workdir.url("b"), workdir.url("c")).ok()
    sluice("mv", workdir.url("c"), workdir.url("d")).ok()
    assert (workdir / "d/c").read_bytes() == b"a"
    assert "sluice cp" in failure(sluice("mv", workdir.url("d/c"), "root://other.example//c"))
    assert workdir.url("gone") in failure(sluice("mv", workdir.url("gone"), workdir.url("x")))


def test_chmod_and_truncate(workdir):
    workdir.put("f", b"x" * 100)
    sluice("chmod", "0600", workdir.url("f")).ok()
    assert (workdir / "f").stat().st_mode & 0o777 == 0o600
    sluice("chmod", "rw-r-----", workdir.url("f")).ok()
    assert (workdir / "f").stat().st_mode & 0o777 == 0o640
    sluice("truncate", "10", workdir.url("f")).ok()
    assert (workdir / "f").stat().st_size == 10
    sluice("truncate", "8KiB", workdir.url("f")).ok()
    assert (workdir / "f").stat().st_size == 8192
    assert "no mode" in failure(sluice("chmod", "u+x", workdir.url("f")))


def test_xattr(workdir):
    workdir.put("f", b"x")
    url = workdir.url("f")
    sluice("xattr", "set", url, "run=17", "note=a=b c").ok()
    assert sluice("xattr", "get", url, "run").ok().out == "17\n"
    assert sorted(sluice("xattr", "get", url, "run", "note").ok().lines()) == ["note=a=b c", "run=17"]
    assert sorted(sluice("xattr", "list", url).ok().lines()) == ["note", "run"]
    assert {line["name"]: line["value"] for line in values(sluice("xattr", "list", "--json", url).ok())} == {
        "run": "17", "note": "a=b c"}
    failure(sluice("xattr", "set", "--new", url, "run=18"))
    sluice("xattr", "rm", url, "run").ok()
    assert sluice("xattr", "list", url).ok().lines() == ["note"]
    assert "xattr list" in failure(sluice("xattr", "get", url, "run"))


# -- what servers tell -------------------------------------------------------------------------------------------------


def test_checksum(workdir, tmp_path):
    data = pattern(100000)
    workdir.put("f", data)
    (tmp_path / "f").write_bytes(data)
    adler = f"{zlib.adler32(data):08x}"
    both = sluice("checksum", "-t", "adler32", workdir.url("f"), tmp_path / "f").ok().lines()
    assert both == [f"adler32 {adler}  {workdir.url('f')}", f"adler32 {adler}  {tmp_path / 'f'}"]
    md5 = values(sluice("checksum", "--json", "-t", "md5", workdir.url("f")).ok())[0]
    assert md5["value"] == hashlib.md5(data).hexdigest()
    assert sluice("checksum", workdir.url("f")).ok().out.split()[0] in ("adler32", "crc32c", "crc32", "md5")
    assert sluice("checksum", workdir.url("gone")).code == 54


def test_locate_query_df_du_ping(workdir, server):
    workdir.put("d/f", b"x" * 1000)
    workdir.put("d/s/g", b"x" * 500)
    assert str(server.port) in sluice("locate", workdir.url("d/f")).ok().out
    assert values(sluice("locate", "--json", workdir.url("d/f")).ok())[0]["port"] == server.port
    assert "readv_ior_max" in sluice("query", "config", server.url).ok().out
    chksum = values(sluice("query", "config", "--json", server.url, "chksum", "no_such_key").ok())
    assert "adler32" in chksum[0]["value"] and chksum[1]["value"] is None
    assert "oss." in sluice("query", "space", workdir.url()).ok().out
    assert "<statistics" in sluice("query", "stats", server.url, "a").ok().out
    assert sluice("query", "xattr", workdir.url("d/f")).ok().out.strip()
    free = values(sluice("df", "--json", workdir.url()).ok())[0]
    assert free["total"] >= free["free"] > 0
    assert "total" in sluice("df", "-h", workdir.url()).ok().lines()[0]
    used = values(sluice("du", "--json", workdir.url("d")).ok())[0]
    assert used["bytes"] == 1500 and used["files"] == 2 and used["directories"] == 2
    ping = values(sluice("ping", "--json", "-n", "3", "-i", "0s", server.url).ok())[0]
    assert ping["count"] == 3 and 0 < ping["min_ms"] <= ping["mean_ms"] <= ping["max_ms"]


# -- failures ----------------------------------------------------------------------------------------------------------


def test_exit_codes(workdir, tmp_path):
    nobody = f"root://127.0.0.1:{free_port()}//x"
    for arguments, code, word in [
            (["ls"], 50, "URL is missing"),
            (["ls", "/tmp"], 50, "root://"),
            (["ls", "--recusive", workdir.url()], 50, "--recursive"),
            (["lz"], 50, "sluice ls"),
            (["xattr"], 50, "sluice help xattr"),
            (["cp", "http://host/x", tmp_path], 50, "root://"),
            (["stat", nobody], 51, "sluice ping"),
            (["cp", nobody, tmp_path / "x"], 51, "sluice ping"),
            (["stat", workdir.url("gone")], 54, "sluice ls")]:
        result = sluice(*arguments, "--timeout", "5s") if code == 51 else sluice(*arguments)
        assert result.code == code and word in failure(result), f"{result}"


def test_json_failures():
    error = json.loads(failure(sluice("ls", "--json", "--wrong")))
    assert error["error"] == "usage" and error["exit"] == 50


def test_full_standard_output(workdir):
    workdir.put("f", b"x")
    with open("/dev/full", "wb") as full:
        process = start("ls", workdir.url(), stdout=full)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 53 and b"standard output" in err


def test_secrets_of_urls_are_not_shown(workdir):
    result = sluice("ls", workdir.url("gone") + "?authz=s3cret")
    assert result.code == 54 and "s3cret" not in result.all


# -- help, completion, reference ---------------------------------------------------------------------------------------


def test_help():
    overview = sluice("help").ok().out
    for word in ("cp", "ls", "xattr", "bench", "serve", "completion"):
        assert f"\n  {word} " in overview
    copy = sluice("cp", "--help").ok().out
    assert copy == sluice("help", "cp").ok().out
    assert "Usage: sluice cp" in copy and "--checksum" in copy and "# Download" in copy
    assert "xattr get" in sluice("help", "xattr").ok().out
    assert "54" in sluice("help", "exit-codes").ok().out
    assert sluice("--version").ok().out.startswith("sluice 0.")
    assert sluice("help", "nonsense").code == 50


def test_the_reference_page_and_the_completions_are_up_to_date():
    pages = {"docs/reference/commands.md": ["help", "--markdown"], "packaging/completions/sluice.bash": ["completion", "bash"],
             "packaging/completions/_sluice": ["completion", "zsh"], "packaging/completions/sluice.fish": ["completion", "fish"]}
    for page, arguments in pages.items():
        text = sluice(*arguments).ok().out
        assert (REPOSITORY / page).read_text() == text, f"make it again: sluice {' '.join(arguments)} > {page}"


def bash_completions(line, tmp_path):
    script = tmp_path / "sluice.bash"
    script.write_bytes(sluice("completion", "bash").ok().raw)
    program = f"""
source {script}
COMP_LINE={line!r} COMP_POINT={len(line)}
compopt() {{ :; }}
_sluice
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    path = f"{sluice_binary().parent}:{os.environ['PATH']}"
    return run("/bin/bash", "-c", program, PATH=path).ok().lines()


def test_bash_completion(workdir, tmp_path):
    workdir.put("run 1.root", b"x")
    workdir.put("run2.root", b"x")
    workdir.mkdir("runs")
    assert "cp" in bash_completions("sluice c", tmp_path)
    assert bash_completions("sluice xattr g", tmp_path) == ["get"]
    assert "--recursive" in bash_completions("sluice cp --rec", tmp_path)
    assert "crc32c" in bash_completions("sluice checksum -t ", tmp_path)
    # Bash keeps what stands before the last colon.
    port = workdir.server.port
    expected = [f"{port}/{workdir.path}/run{end}" for end in (" 1.root", "2.root", "s/")]
    assert bash_completions(f"sluice ls {workdir.url('run')}", tmp_path) == expected
    (tmp_path / "local-file").touch()
    assert bash_completions(f"sluice cp {tmp_path}/local", tmp_path) == [f"{tmp_path}/local-file"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse(shell, tmp_path):
    script = tmp_path / "script"
    script.write_bytes(sluice("completion", shell).ok().raw)
    run(f"/usr/bin/{shell}", "-n", script).ok()


def test_fish_completion(workdir, tmp_path):
    workdir.put("run2.root", b"x")
    script = tmp_path / "sluice.fish"
    script.write_bytes(sluice("completion", "fish").ok().raw)
    path = f"{sluice_binary().parent}:{os.environ['PATH']}"

    def complete(line):
        out = run("/usr/bin/fish", "--no-config", "-c", f"source {script}; complete -C {line!r}", PATH=path,
                  HOME=str(tmp_path)).ok().out
        return [entry.split("\t")[0] for entry in out.splitlines()]

    assert "truncate" in complete("sluice tr")
    assert complete("sluice xattr ge") == ["get"]
    assert "--recursive" in complete("sluice cp --rec")
    assert workdir.url("run2.root") in complete(f"sluice ls {workdir.url('run')}")
