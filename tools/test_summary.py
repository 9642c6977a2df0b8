#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up what the test programs left in a results folder; the last line is `N passed, N failed`.

usage: test_summary.py FOLDER
Reads unit/*.json (GoogleTest), ctest*.xml and *.xml (junit), broken (a line for each runner that died).
Exit code 1 when a test failed or when none ran.
"""

import json
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Suite:
    name: str
    passed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: list = field(default_factory=list)


def read_googletest(path):
    suite = Suite("unit " + path.stem.removeprefix("sluice_").removesuffix("_test"))
    report = json.loads(path.read_text())
    suite.seconds = float(report["time"].rstrip("s"))
    for group in report["testsuites"]:
        for case in group["testsuite"]:
            if case["status"] != "RUN" or case["result"] == "SUPPRESSED":
                continue
            if case["result"] == "SKIPPED":
                suite.skipped += 1
            elif case.get("failures"):
                suite.failures.append(f"{group['name']}.{case['name']}")
            else:
                suite.passed += 1
    return suite


def read_junit(path, name):
    suite = Suite(name)
    for case in xml.parse(path).iter("testcase"):
        label = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        suite.seconds += float(case.get("time") or 0)
        if case.find("failure") is not None or case.find("error") is not None:
            suite.failures.append(label)
        elif case.find("skipped") is not None:
            suite.skipped += 1
        else:
            suite.passed += 1
    return suite


def read_ctest(path, programs):
    """Programs that wrote their own cases count by those, unless ctest saw them fail where they saw nothing."""
    suite = read_junit(path, path.stem)
    whole = xml.parse(path)
    by_name = {case.get("name"): case.find("failure") is None for case in whole.iter("testcase")}
    suite.failures = []
    suite.passed = 0
    for name, succeeded in by_name.items():
        program = programs.get("unit " + name)
        if program is None and succeeded:
            suite.passed += 1
        elif not succeeded and not (program and program.failures):
            suite.failures.append(f"{name} (the program ended badly)")
    return suite


def collect(folder):
    programs = {}
    for path in sorted((folder / "unit").glob("*.json")):
        suite = read_googletest(path)
        programs[suite.name] = suite
    suites = list(programs.values())
    for path in sorted(folder.glob("*.xml")):
        if path.stem.startswith("ctest"):
            suites.append(read_ctest(path, programs))
        else:
            suites.append(read_junit(path, path.stem))
    broken = folder / "broken"
    if broken.exists():
        suites.append(Suite("runners", failures=broken.read_text().splitlines()))
    return [s for s in suites if s.passed or s.failures or s.skipped]


def main():
    suites = collect(Path(sys.argv[1]))
    print(f"\n{'suite':<24}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for s in suites:
        print(f"{s.name:<24}{s.passed:>8}{len(s.failures):>8}{s.skipped:>9}{s.seconds:>9.1f}")
    for s in suites:
        for label in s.failures:
            print(f"FAILED {s.name}: {label}")
    passed = sum(s.passed for s in suites)
    failed = sum(len(s.failures) for s in suites)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
