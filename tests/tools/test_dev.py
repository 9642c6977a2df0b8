# SPDX-License-Identifier: Apache-2.0
"""./dev teaches, refuses what it does not know, and installs exactly what is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERBS = ["setup", "run", "test", "bench", "lint", "fuzz", "format", "build", "clean"]


def dev(*arguments, cwd=ROOT, **environment):
    return subprocess.run([cwd / "dev", *arguments], capture_output=True, text=True, env={**os.environ, **environment},
                          stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("verb", VERBS)
def test_help_explains_every_verb(verb):
    assert re.search(rf"^  {verb}\b", dev("--help").stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments", [[], ["sevre"], ["bench"], ["test", "--no-such-suite"], ["test", "copy"]])
def test_what_it_does_not_know_is_a_usage_error(arguments):
    done = dev(*arguments)
    assert done.returncode == 2
    assert "dev" in done.stderr and done.stdout == ""


@pytest.fixture
def machine(tmp_path):
    """A checkout on a machine whose package tools are ours: they know some packages and log what is installed."""
    shutil.copy(ROOT / "dev", tmp_path)
    shutil.copytree(ROOT / "packaging", tmp_path / "packaging")
    tools = tmp_path / "bin"
    tools.mkdir()
    log = tmp_path / "log"

    def tool(name, body):
        (tools / name).write_text("#!/usr/bin/env bash\n" + body)
        (tools / name).chmod(0o755)

    class Machine:
        def without(self, *missing):
            cases = "|".join(missing) or "-"
            tool("dpkg-query", f'case "${{@: -1}}" in {cases}) echo not-installed; exit 1 ;; *) echo installed ;; esac\n')
            tool("apt-get", f'echo "$@" >>{log}\n')
            tool("sudo", '"$@"\n')
            done = dev("setup", cwd=tmp_path, PATH=f"{tools}:{os.environ['PATH']}")
            assert done.returncode == 0, done.stderr
            return log.read_text().splitlines() if log.exists() else []

    return Machine()


def test_nothing_is_installed_twice(machine):
    assert machine.without() == []


def test_only_what_is_missing_is_installed(machine):
    update, install = machine.without("ninja-build", "zip")
    assert update.split()[0] == "update"
    assert [w for w in install.split() if not w.startswith("-")] == ["install", "ninja-build", "zip"]


def test_each_package_is_listed_once():
    lines = [line for path in (ROOT / "packaging").glob("apt-*.txt") for line in path.read_text().splitlines()]
    names = [line for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in names)


def test_ci_runs_lint_and_test():
    text = (ROOT / ".ci" / "run").read_text()
    assert text.index("./dev lint") < text.index("./dev test")
