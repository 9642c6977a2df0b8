#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy-19 on the C++ files that changed, tests apart. usage: tidy.py BUILD_FOLDER [FILE...]

Changed means: different from the merge base with origin/main; where that is HEAD itself (a fresh clone), what the commits
of its last four hours touched. A changed header stands for the file of its name and, having none, for the first that includes it.

Nearly all of clang-tidy's time goes into the headers, so that files of one folder are looked at together, as one
translation unit that includes them; where two of them do not go together (equal names in unnamed namespaces) the batch is halved.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import source

BATCH = 8
RECENT_SECONDS = 4 * 3600
FOREIGN = ("src/base/asio_impl.cpp",)  # one include that makes all of Asio, and nothing of ours
DIAGNOSTIC = re.compile(r"^(?P<path>[^:\s]+):(?P<line>\d+):(?P<column>\d+): (?P<kind>warning|error): (?P<text>.*)$")
REFERENCE = "cppcoreguidelines-avoid-reference-coroutine-parameters"
# May be a coroutine's parameter by reference: a group joins its children, with_client() keeps its client, pools and services
# end after the loops.
OUTLIVES_COROUTINES = re.compile(r"(TaskGroup|Client|BlockingPool|\w*Service|Executor|asio::ip::tcp::acceptor|tcp::acceptor)&")
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name of it


def git(*arguments):
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def base_commit():
    head = git("rev-parse", "HEAD")
    merge_base = git("merge-base", "origin/main", "HEAD")
    if merge_base and merge_base != head:
        return merge_base[0]
    newest = int((git("log", "-1", "--format=%ct") or ["0"])[0])
    before = git("rev-list", "-1", f"--before={newest - RECENT_SECONDS}", "HEAD")
    return before[0] if before else EMPTY_TREE


def changed_files():
    return set(git("diff", "--name-only", base_commit())) | set(git("ls-files", "--others", "--exclude-standard"))


def translation_units(changed, names):
    """The .cpp files that show the changed files to the compiler."""
    units = [n for n in names if n.startswith("src/") and n.endswith(".cpp") and "/test/" not in n and n not in FOREIGN]
    found = {n for n in changed if n in units}
    for name in sorted(n for n in changed if n.startswith("src/") and n.endswith(".h") and os.path.exists(n)):
        header = f'#include "{name.removeprefix("src/")}"'
        twin = name[:-2] + ".cpp"
        users = [twin] if twin in units else [u for u in units if header in source.read(".", u)]
        if users and found.isdisjoint(users):
            found.add(users[0])
    return sorted(found)


class Tidy:
    def __init__(self, build):
        self.commands = {}
        for entry in json.loads((Path(build) / "compile_commands.json").read_text()):
            self.commands[os.path.relpath(os.path.join(entry["directory"], entry["file"]))] = entry
        self.folder = Path(build) / "tidy"
        self.folder.mkdir(exist_ok=True)

    def clang_tidy(self, units, *options):
        """Output of clang-tidy on a file that includes the units, compiled as the first of them is."""
        place = self.folder / re.sub(r"\W+", "_", units[0] + "_" + str(len(units)))
        place.mkdir(exist_ok=True)
        batch = place.resolve() / "batch.cpp"
        batch.write_text("".join(f'#include "{Path(u).resolve()}"\n' for u in units))
        entry = self.commands[units[0]]
        command = shlex.split(entry["command"])
        command[command.index("-c") + 1] = str(batch)
        database = [{"directory": entry["directory"], "file": str(batch), "arguments": command}]
        (place / "compile_commands.json").write_text(json.dumps(database))
        done = subprocess.run(["clang-tidy-19", "-p", place, "--quiet", *options, batch], capture_output=True, text=True)
        return done.stdout.replace(os.getcwd() + "/", ""), done.returncode, done.stderr

    def run(self, units):
        """{(path, line, text): kind} of a batch."""
        # Including .cpp files is what a batch is made of.
        output, code, errors = self.clang_tidy(units, "--checks=-bugprone-suspicious-include")
        if len(units) > 1 and "clang-diagnostic-error" in output:
            half = len(units) // 2
            return self.run(units[:half]) | self.run(units[half:])
        found = findings_of(output)
        if code != 0 and " error: " not in output:
            found[(units[0], 1, errors[-2000:] or "clang-tidy failed")] = "error"
        return found


def findings_of(output):
    found = {}
    for match in filter(None, map(DIAGNOSTIC.match, output.splitlines())):
        path, line, kind = match["path"], int(match["line"]), match["kind"]
        if REFERENCE in match["text"]:
            parameter = source.read(".", path).splitlines()[line - 1][int(match["column"]) - 1 :]
            if OUTLIVES_COROUTINES.match(parameter):
                continue
            kind = "error"
        found[(path, line, match["text"])] = kind
    return found


def batches(units):
    for _, group in groupby(units, key=os.path.dirname):
        group = list(group)
        yield from (group[i : i + BATCH] for i in range(0, len(group), BATCH))


def show(findings):
    """Errors last. Nobody reads warnings in the log of a green run."""
    for (path, line, text), kind in sorted(findings.items(), key=lambda item: (item[1] == "error", item)):
        if kind == "error" or "CI" not in os.environ:
            print(f"{path}:{line}: {kind}: {text}", flush=True)


def main():
    build, *wanted = sys.argv[1:]
    tidy = Tidy(build)
    wanted = wanted or translation_units(changed_files(), source.list_files("."))
    wanted = [u for u in wanted if u in tidy.commands]
    findings = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(tidy.run, batches(wanted)):
            show({key: kind for key, kind in found.items() if key not in findings})
            findings.update(found)
    errors = sum(kind == "error" for kind in findings.values())
    print(f"clang-tidy: {len(wanted)} files, {errors} errors, {len(findings) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
