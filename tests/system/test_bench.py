# SPDX-License-Identifier: Apache-2.0
# `sluice bench xroot` against both servers: every mode works, checks what it gets, counts what fails, and says what it did.
# No rates are asserted: a test machine is not a measuring machine.

import json
import sys

import pytest
from clients import run
from servers import REPOSITORY, sluice_binary

READS = ["seqread", "randread", "vread", "pgread", "open"]
SHORT = ["--duration", "200 ms", "--warmup", "20 ms", "--json"]


def bench(url, *arguments):
    return run(sluice_binary(), "bench", "xroot", url, *SHORT, *arguments)


def report(finished):
    return json.loads(finished.out)


def bench_file(workdir, size=1 << 20):
    """A file as bench writes it."""
    factor, words = 0x9E3779B97F4A7C15, size // 8
    content = b"".join((i * factor & (1 << 64) - 1).to_bytes(8, "little") for i in range(words))
    workdir.put("file", content)
    return workdir.url("file")


@pytest.mark.parametrize("mode", READS)
def test_reads_are_verified(workdir, mode):
    finished = bench(bench_file(workdir), "--mode", mode, "--size", "8KiB", "--depth", "3", "--connections", "4",
                     "--threads", "2", "--verify")
    assert finished.code == 0, finished.err
    told = report(finished)
    assert told["errors"] == 0 and told["operations"] > 0
    pieces = 16 if mode == "vread" else 1
    assert told["bytes"] == told["operations"] * 8192 * pieces
    assert (told["mode"], told["size"], told["depth"], told["connections"]) == (mode, 8192, 3, 4)


@pytest.mark.parametrize("mode", ["seqread", "randread", "vread", "pgread"])
def test_a_wrong_byte_is_noticed(workdir, mode):
    url = bench_file(workdir)
    with open(workdir / "file", "r+b") as stream:
        for offset in range(0, 1 << 20, 4096):
            stream.seek(offset + 77)
            stream.write(b"?")
    finished = bench(url, "--mode", mode, "--size", "16KiB", "--verify")
    assert finished.code != 0
    assert report(finished)["error_texts"].keys() == {"wrong content"}


@pytest.mark.parametrize("mode", ["write", "pgwrite"])
def test_writes_leave_the_pattern(workdir, mode):
    url = workdir.url("w{n}")
    finished = bench(url, "--mode", mode, "--size", "64KiB", "--connections", "2", "--depth", "2", "--file-size", "256KiB",
                     "--verify")
    assert finished.code == 0, finished.err
    assert report(finished)["operations"] > 8
    finished = bench(url, "--mode", "seqread", "--size", "4KiB", "--connections", "2", "--verify")
    assert report(finished)["errors"] == 0


@pytest.mark.parametrize("mode", ["stat", "ping", "connect"])
def test_operations_without_data(workdir, mode):
    workdir.put("file", b"x")
    finished = bench(workdir.url("file"), "--mode", mode, "--connections", "3", "--server-pid", workdir.server.pid)
    assert finished.code == 0, finished.err
    told = report(finished)
    assert told["operations"] > 0 and told["bytes"] == 0
    assert told["server"]["cpu_seconds"] > 0 and told["server"]["peak_bytes"] > 0


def test_what_fails_is_counted(workdir):
    finished = bench(workdir.url("missing"), "--mode", "stat")
    assert finished.code != 0
    told = report(finished)
    assert told["operations"] == 0 and told["errors"] > 0
    assert all("3011" in text for text in told["error_texts"])


def test_a_missing_file_is_a_failure(workdir):
    finished = bench(workdir.url("missing"), "--mode", "randread")
    assert finished.code != 0
    assert "3011" in finished.out + finished.err


def test_table_names_the_figures(workdir):
    finished = run(sluice_binary(), "bench", "xroot", bench_file(workdir), "--duration", "100 ms", "--connections", "2")
    assert finished.code == 0, finished.err
    for word in ["randread", "4 KiB", "2 connections", "op/s", "p99.9", "own CPU", "fairness", "errors      0"]:
        assert word in finished.out


def test_peer_names_its_cases_and_bars():
    finished = run(sys.executable, REPOSITORY / "bench" / "peer.py", "--list")
    assert finished.code == 0, finished.err
    assert "read-4k-d8-c1000" in finished.out and "cpu ≤ 0.35" in finished.out


def test_peer_runs_from_end_to_end(tmp_path):
    """One short pair of some cases, ours beside xrootd: every step works and the figures arrive. Whether bars are met is
    no matter here."""
    finished = run(sys.executable, REPOSITORY / "bench" / "peer.py", "--only", "stat-d8", "--only", "seqread-1m-c16",
                   "--only", "redirect-open-c16", "--only", "tls-large-c16", "--only", "tls-ec-", "--only", "login-ztn-c16",
                   "--only", "login-gsi", "--only", "authz-", "--alternations", "1", "--duration", "0.5", "--sluice",
                   sluice_binary(), "--json", tmp_path / "f.json")
    assert finished.code == 0, finished.err
    assert "server CPU" in finished.out and "bars met" in finished.out
    told = json.loads((tmp_path / "f.json").read_text())
    assert [case["case"] for case in told["cases"]] == [
        "seqread-1m-c16", "stat-d8", "redirect-open-c16", "tls-large-c16", "tls-ec-connect-c16", "login-ztn-c16", "login-gsi-c8",
        "authz-open-c16", "authz-door-c16", "authz-open-peer-c16"]
    assert all(row["ratio"] > 0 for case in told["cases"] for row in case["rows"])


def test_memory_is_measured(tmp_path):
    finished = run(sys.executable, REPOSITORY / "bench" / "memory.py", "--only", "readers-70-small", "--duration", "0.5",
                   "--sluice", sluice_binary(), "--json", tmp_path / "f.json")
    assert finished.code == 0, finished
    (row,) = json.loads((tmp_path / "f.json").read_text())
    assert 0 < row["peak"] - row["at_rest"] < 16 << 20 and row["bytes_per_second"] > 0
    assert "70 connections read, frames of 128 KiB" in finished.out and "met" in finished.out


def test_files_are_made_read_through_redirects_and_removed(storage_server):
    """Each number once, by connections that have folders of their own."""
    url = f"{storage_server.url}/bench/{{n}}/f{{i}}"
    files = ["--connections", "3", "--depth", "2", "--files", "20", "--duration", "20 s", "--json"]
    made = json.loads(run(sluice_binary(), "bench", "xroot", url, "--mode", "create", *files, "--warmup", "0 s").ok().out)
    assert (made["operations"], made["errors"]) == (60, 0) and made["seconds"] < 15
    for mode in ("open", "stat"):
        looked = json.loads(run(sluice_binary(), "bench", "xroot", url, "--mode", mode, *files[:6], *SHORT, "--json").ok().out)
        assert looked["operations"] > 0 and looked["errors"] == 0
    gone = json.loads(run(sluice_binary(), "bench", "xroot", url, "--mode", "remove", *files, "--warmup", "0 s").ok().out)
    assert (gone["operations"], gone["errors"]) == (60, 0)
    assert run("/usr/bin/xrdfs", storage_server.url, "ls", "/bench/0").ok().out.strip() == ""


def test_changes_are_counted_on_both_engines(tmp_path):
    finished = run(sys.executable, REPOSITORY / "bench" / "changes.py", "--files", "32", "--connections", "4", "--rounds", "1",
                   "--sluice", sluice_binary(), "--json", tmp_path / "f.json").ok()
    results = json.loads((tmp_path / "f.json").read_text())
    assert [row["system"] for row in results] == ["sluice storage, SQLite", "sluice storage, PostgreSQL"]
    assert all(row["create"] > 0 and row["remove"] > 0 for row in results) and "PostgreSQL" in finished.out


@pytest.mark.parametrize("mode, path, complaint", [
    ("create", "f", "{i}"), ("remove", "f{i}", "--files"), ("stat", "f{i}", "--files"),
])
def test_numbers_of_files_are_asked_for(mode, path, complaint):
    finished = run(sluice_binary(), "bench", "xroot", f"root://127.0.0.1:1//{path}", "--mode", mode)
    assert finished.code == 50 and complaint in finished.err
