#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy-19 on the C++ files that changed, tests apart. usage: tidy.py BUILD_FOLDER [FILE...]

Changed means: different from the merge base with origin/main; where that is HEAD itself (a fresh clone), what the commits
of the last day touched. A changed header stands for the file of its name and, having none, for the first that includes it.
SLUICE_TIDY_SECONDS (600) bounds the whole; what did not fit is named, most recently changed files go first.
"""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import source

DIAGNOSTIC = re.compile(r"^(?P<path>[^:\s]+):(?P<line>\d+):\d+: (?P<kind>warning|error): (?P<text>.*)$")


def git(*arguments):
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def base_commit():
    head = git("rev-parse", "HEAD")
    merge_base = git("merge-base", "origin/main", "HEAD")
    if merge_base and merge_base != head:
        return merge_base[0]
    newest = int((git("log", "-1", "--format=%ct") or ["0"])[0])
    before = git("rev-list", "-1", f"--before={newest - 86400}", "HEAD")
    return before[0] if before else "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name of the empty tree


def changed_files(base):
    """Newest change first: what is not committed, then by commit."""
    uncommitted = git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard")
    still_different = set(git("diff", "--name-only", base)) | set(uncommitted)
    by_commit = git("log", "--name-only", "--format=", "HEAD")
    return [n for n in dict.fromkeys(uncommitted + by_commit) if n in still_different]


def translation_units(changed, names):
    """The .cpp files that show the changed files to the compiler."""
    units = [n for n in names if n.startswith("src/") and n.endswith(".cpp") and "/test/" not in n]
    texts = {}
    found = {}
    for name in changed:
        if name in units:
            found[name] = True
        elif name.startswith("src/") and name.endswith(".h") and os.path.exists(name):
            twin = name[:-2] + ".cpp"
            header = f'#include "{name.removeprefix("src/")}"'
            texts = texts or {u: source.read(".", u) for u in units}
            users = [twin] if twin in units else [u for u in units if header in texts[u]]
            if users and not any(u in found for u in users):
                found[users[0]] = True
    return list(found)


def run(build, unit, deadline):
    """(findings, was it looked at)"""
    left = deadline - time.monotonic()
    if left <= 0:
        return {}, False
    try:
        command = ["clang-tidy-19", "-p", build, "--quiet", unit]
        done = subprocess.run(command, capture_output=True, text=True, timeout=left)
    except subprocess.TimeoutExpired:
        return {}, False
    here = os.getcwd() + "/"
    found = {}
    for line in done.stdout.splitlines():
        match = DIAGNOSTIC.match(line.replace(here, ""))
        if match:
            found[(match["path"], int(match["line"]), match["text"])] = match["kind"]
    if done.returncode != 0 and "error" not in found.values():
        found[(unit, 1, done.stderr[-2000:] or "clang-tidy failed")] = "error"
    return found, True


def main():
    build, *wanted = sys.argv[1:]
    wanted = wanted or translation_units(changed_files(base_commit()), source.list_files("."))
    deadline = time.monotonic() + float(os.environ.get("SLUICE_TIDY_SECONDS", "600"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda unit: run(build, unit, deadline), wanted))
    findings = {}
    for found, _ in results:
        findings.update(found)
    for (path, line, text), kind in sorted(findings.items()):
        if kind == "error" or "CI" not in os.environ:  # nobody reads warnings in the log of a green run
            print(f"{path}:{line}: {kind}: {text}")
    left_out = [unit for unit, (_, seen) in zip(wanted, results) if not seen]
    if left_out:
        print("clang-tidy: out of time before", *left_out)
    errors = sum(kind == "error" for kind in findings.values())
    print(f"clang-tidy: {len(wanted) - len(left_out)} files, {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
