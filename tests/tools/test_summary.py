# SPDX-License-Identifier: Apache-2.0
"""The last line of ./dev test: what counts as passed and what as failed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "tools" / "test_summary.py"


def case(name, failed=False, status="RUN"):
    extra = {"failures": [{"failure": "x"}]} if failed else {}
    return {"name": name, "status": status, "result": "COMPLETED" if status == "RUN" else "SUPPRESSED", **extra}


@pytest.fixture
def results(tmp_path):
    (tmp_path / "unit").mkdir()

    class Results:
        def googletest(self, program, *cases):
            report = {"time": "1.5s", "testsuites": [{"name": "Suite", "testsuite": list(cases)}]}
            (tmp_path / "unit" / f"{program}.json").write_text(json.dumps(report))

        def junit(self, name, **cases):
            inner = {True: "", False: "<failure>x</failure>", None: "<skipped/>"}
            rows = "".join(f'<testcase name="{n}" time="0.1">{inner[v]}</testcase>' for n, v in cases.items())
            (tmp_path / f"{name}.xml").write_text(f"<testsuites><testsuite>{rows}</testsuite></testsuites>")

        def broken(self, line):
            (tmp_path / "broken").write_text(line + "\n")

        def summary(self):
            done = subprocess.run([sys.executable, PROGRAM, tmp_path], capture_output=True, text=True)
            return done.stdout.splitlines()[-1], done.returncode

    return Results()


def test_everything_is_summed(results):
    results.googletest("sluice_base_test", case("a"), case("b"), case("c", status="NOTRUN"))
    results.junit("ctest", base=True, fuzz_open=True)
    results.junit("interop", copy=True, list=True)
    assert results.summary() == ("5 passed, 0 failed", 0)


def test_failures_are_counted_once(results):
    results.googletest("sluice_base_test", case("a"), case("b", failed=True))
    results.junit("ctest", base=False)
    results.junit("interop", copy=False)
    assert results.summary() == ("1 passed, 2 failed", 1)


def test_a_program_that_dies_is_a_failure(results):
    results.junit("ctest", base=False)
    results.junit("interop", copy=True)
    assert results.summary() == ("1 passed, 1 failed", 1)


def test_a_leak_found_after_the_last_case_is_a_failure(results):
    results.googletest("sluice_base_test", case("a"))
    results.junit("ctest", base=False)
    assert results.summary() == ("1 passed, 1 failed", 1)


def test_a_runner_that_dies_is_a_failure(results):
    results.junit("interop", copy=True)
    results.broken("pytest of system ended with 3")
    assert results.summary() == ("1 passed, 1 failed", 1)


def test_nothing_is_not_green(results):
    assert results.summary() == ("0 passed, 0 failed", 1)


def test_skipped_is_not_passed(results):
    results.junit("interop", copy=None)
    assert results.summary() == ("0 passed, 0 failed", 1)
