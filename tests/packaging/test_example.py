# SPDX-License-Identifier: Apache-2.0
"""The example settings are accepted by the program of this build."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/sluice"
EXAMPLE = ROOT / "packaging/sluice.example.toml"


def test_the_program_accepts_it():
    done = subprocess.run([PROGRAM, "config", "check", EXAMPLE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistake_in_it_would_be_seen(tmp_path):
    spoiled = tmp_path / "spoiled.toml"
    spoiled.write_text(EXAMPLE.read_text().replace("read_only", "red_only"))
    done = subprocess.run([PROGRAM, "config", "check", spoiled], capture_output=True, text=True)
    assert done.returncode != 0
    assert "pool.read_only" in done.stdout + done.stderr
