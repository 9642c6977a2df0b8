# SPDX-License-Identifier: Apache-2.0
"""Every command of README.md works as printed.

A fenced block whose language is `sh` is a script. It runs in a folder of its own that stands for the checkout, with errors
fatal, after the servers that earlier blocks started. A command that serves (`./dev run`, `sluice serve`) goes on in the background until
SIGTERM, which it must answer with 0. Ports of the text are replaced by free ones. `sh test` marks what this run is part of.
"""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest
import servers

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(sh[^\n]*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SCRIPTS = [text for language, text in BLOCKS if language == "sh"]
SERVES = re.compile(r"^(\./dev run|sluice serve)\b")
READY_SECONDS = 60


class Checkout:
    """A folder in which the README's relative paths lead to the real checkout."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {}
        self.running = []
        (folder / "build").symlink_to(ROOT / "build")
        dev = folder / "dev"
        dev.write_text(f'#!/usr/bin/env bash\nexec "{ROOT}/dev" "$@"\n')
        dev.chmod(0o755)
        self.environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "share"),
                            "PATH": f"{ROOT}/build/release:{os.environ['PATH']}"}

    def localize(self, text):
        def port(match):
            return f"{match[1]}:{self.ports.setdefault(match[2], servers.free_port())}"

        return re.sub(r"(localhost|127\.0\.0\.1):(\d{4,5})\b", port, text)

    def serve(self, command):
        # Without addresses of its own it takes those that the text names: 1094 and 9094.
        if "--listen" not in command:
            command += " --listen 127.0.0.1:1094"
        if "--http" not in command:
            command += " --http 127.0.0.1:9094"
        process = subprocess.Popen(["bash", "-c", "exec " + self.localize(command)], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.running.append(process)
        patience = threading.Timer(READY_SECONDS, process.kill)
        patience.start()
        is_ready = any(line.startswith("ready ") for line in process.stdout)
        patience.cancel()
        if is_ready:
            return
        raise AssertionError(f"{command} ended with {process.wait()} before it was ready")

    def run(self, script):
        return subprocess.run(["bash", "-xeuo", "pipefail", "-c", self.localize(script)], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)

    def stop(self):
        """The exit codes of all servers."""
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in self.running]
        self.running.clear()
        return codes


@pytest.fixture
def checkout(tmp_path):
    place = Checkout(tmp_path)
    yield place
    for process in place.running:
        process.kill()
        process.wait()


def test_every_command(checkout):
    for script in SCRIPTS:
        lines = script.splitlines()
        for command in filter(SERVES.match, lines):
            checkout.serve(command)
        rest = "\n".join(line for line in lines if not SERVES.match(line))
        done = checkout.run(rest)
        assert done.returncode == 0, f"{rest}\n{done.stdout}\n{done.stderr}"
    assert (checkout.folder / "back.dat").read_bytes() == (checkout.folder / "run-1.dat").read_bytes()
    assert set(checkout.stop()) == {0}


def test_readme_shows_the_two_commands():
    commands = "\n".join(text for _, text in BLOCKS)
    assert re.search(r"^\./dev run$", commands, re.MULTILINE)
    assert re.search(r"^\./dev test$", commands, re.MULTILINE)


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
