#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Patterns that may not occur, one row each. Every row carries a bad and a good line, which the tests try."""

import re
import sys
from dataclasses import dataclass

import source
from source import Finding


@dataclass(frozen=True)
class Rule:
    name: str
    pattern: str
    message: str
    bad: str  # a line that must be found
    good: str  # a line that must not
    files: str = r"."  # searched in the path
    allowed: str = r"(?!)"  # paths where the pattern is at home
    code: bool = False  # look at C++ without comments and strings


CPP = r"^(src|fuzz|bench|tests)/.*\.(h|cpp|def)$"

RULES = (
    Rule(
        "wire-number",
        # Requests and errors are 3000-3049, statuses 4000-4009, unsolicited answers 5000-5019.
        r"(?<![\w'.])(30[0-4]\d|400\d|50[01]\d)(?![\w'.])",
        "number of the wire protocol outside its table; a quantity is written 3'000",
        bad="if (code == 3011) return;",
        good="constexpr int records = 3'011; // not kXR 3011",
        files=r"^src/.*\.(h|cpp|def)$",
        allowed=r"^src/xroot/requests/|^src/xroot/protocol\.h$|^src/base/errors\.def$|/test/",
        code=True,
    ),
    Rule(
        "text-to-number",
        r"\b(sto(i|l|ll|ul|ull|f|d)|ato(i|l|ll|f)|strto(l|ll|ul|ull|d)|v?f?sscanf)\s*\(",
        "use parse_int of base/units.h",
        bad="int n = std::stoi(text);",
        good="auto n = parse_int<int>(text, 0, 9);",
        files=CPP,
        code=True,
    ),
    Rule(
        "spawn",
        r"\bco_spawn\s*\(",
        "coroutines are started by a TaskGroup, spawn_root or offload",
        bad="co_spawn(ex, work(), token);",
        good="group.spawn(work());",
        files=r"^src/",
        allowed=r"^src/(base/(task_group|offload)\.(h|cpp)|app/)|/test/",
        code=True,
    ),
    Rule(
        "detached",
        r"\bdetached\b",
        "every coroutine has an owner that waits for it",
        bad="co_spawn(ex, work(), asio::detached);",
        good="// nothing runs detached",
        files=r"^src/",
        code=True,
    ),
    Rule(
        "goto",
        r"\bgoto\b",
        "return early instead",
        bad="goto out;",
        good="return;",
        files=CPP,
        code=True,
    ),
    Rule(
        "temporary-range",
        # What a call returned is gone before the first turn, and with it what it owned.
        r"\bfor \([^;()]*:\s*(\*[\w.:>-]+\(|.*\)(\.|->)value\(\)\))",
        "a loop over what a temporary points at, or holds: give it a name first",
        bad="for (auto& pool : *board.picture()) {",
        good="for (auto& pool : *picture) {",
        files=CPP,
        code=True,
    ),
    Rule(
        "shell",
        r"(?<![\w.>])(std::|::)?(system|popen)\s*\(",
        "no shell from C++",
        bad='std::system("ls");',
        good="ec.category() == boost::system::system_category();",
        files=CPP,
        code=True,
    ),
    Rule(
        "skipped-test",
        r"GTEST_SKIP|DISABLED_\w|pytest\.(mark\.)?(skip|xfail)|unittest\.skip",
        "a test runs or is deleted",
        bad="TEST(Wire, DISABLED_truncate) {}",
        good="TEST(Wire, truncate) {}",
        files=r"\.(h|cpp|py)$",
        allowed=r"^tools/lint/rules\.py$",
    ),
    Rule(
        "unfinished",
        r"\b(TODO|FIXME|XXX)\b(?! ?\(?#\d)",
        "finish it, or name the issue: TODO #12",
        bad="// TODO later",
        good="// TODO #12: later",
        files=r"\.(h|cpp|def|py|cmake|txt|toml)$|^dev$",
        allowed=r"^tools/lint/rules\.py$",
    ),
    Rule(
        "secret",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
        r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
        "keys and tokens are made by the tests that need them",
        bad="-----BEGIN RSA " + "PRIVATE KEY-----",
        good="-----BEGIN CERTIFICATE-----",
    ),
    Rule(
        "machine-path",
        r"(?<![\w.}])/(wor[k]/(mai[n]|share[d])\b|roo[t]/\w|hom[e]/\w+/\w)",
        "a path of somebody's machine",
        bad="cd /roo" + "t/checkout",
        good="cd ~/checkout",
        allowed=r"^LICENSE$",
    ),
)


def search(rule, text):
    subject = source.code_only(text) if rule.code else text
    return [source.line_of(subject, match.start()) for match in re.finditer(rule.pattern, subject)]


def check(root, names):
    findings = []
    for name in names:
        rules = [r for r in RULES if re.search(r.files, name) and not re.search(r.allowed, name)]
        text = source.read(root, name) if rules else ""
        for rule in rules:
            findings += [Finding(name, line, f"{rule.name}: {rule.message}") for line in search(rule, text)]
    return findings


if __name__ == "__main__":
    sys.exit(source.main(check))
