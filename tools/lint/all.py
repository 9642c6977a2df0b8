#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every fast lint at once, in a few seconds: what `./dev lint --fast` and the pre-commit hook run."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import layers
import rules
import sizes
import source

# Words codespell takes for mistakes: names of the field, of variables,
# and misspelt words of tests that look for a suggestion.
KNOWN_WORDS = "exprot,levle,upto,fo,te,nd,ba,hist,crate,clos,parm,inflight,ser,ofo"


def run_tool(name, command, files):
    if not files:
        return []
    done = subprocess.run([*command, *files], capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"{name}: {line}" for line in (done.stdout + done.stderr).rstrip().splitlines()]


def run_format(files):
    """One line for each file that is not laid out as .clang-format says; ./dev format mends it."""
    complaints = run_tool("format", ["clang-format-19", "--dry-run", "-Werror"], files)
    places = dict.fromkeys(c.split(":")[1].strip() for c in complaints if ": error:" in c)
    return [f"{place}: not laid out by clang-format-19, run ./dev format" for place in places] or complaints


def run_check(module, root, names):
    findings = sorted(module.check(root, names))
    for finding in findings:
        if not finding.fatal:
            print(finding, file=sys.stderr)
    return [str(f) for f in findings if f.fatal]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    names = source.list_files(root)
    cpp = [n for n in names if n.endswith((".h", ".cpp"))]
    shell = [n for n in names if n.endswith(".sh") or source.read(root, n)[:19] == "#!/usr/bin/env bash"]
    halves = [cpp[::2], cpp[1::2]]
    words = [n for n in names if n != "LICENSE" and not n.startswith("fuzz/corpus/") and not n.endswith((".hex", ".json", ".svg"))]
    with ThreadPoolExecutor() as pool:
        jobs = [
            *(pool.submit(run_format, half) for half in halves),
            pool.submit(run_tool, "codespell", ["codespell", "-L", KNOWN_WORDS], words),
            pool.submit(run_tool, "shellcheck", ["shellcheck"], shell),
            *(pool.submit(run_check, module, root, names) for module in (layers, rules, sizes)),
        ]
        problems = [line for job in jobs for line in job.result()]
    for line in problems:
        print(line)
    print(f"lint: {len(names)} files, {len(problems)} lines of complaint" if problems else f"lint: {len(names)} files, clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
