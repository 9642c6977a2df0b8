# SPDX-License-Identifier: Apache-2.0
"""The rotation is one that logrotate understands, for the file that the example settings name."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROTATION = ROOT / "packaging/logrotate/sluice"


def test_it_rotates_the_access_log_of_the_example():
    named = re.search(r'^file = "(.*)"$', (ROOT / "packaging/sluice.example.toml").read_text(), re.MULTILINE).group(1)
    patterns = re.search(r"^(/.*) \{$", ROTATION.read_text(), re.MULTILINE).group(1).split()
    assert any(Path(named).match(pattern) for pattern in patterns)


@pytest.fixture
def logrotate():
    program = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert program, "logrotate is in packaging/apt-test.txt"
    return program


def test_logrotate_accepts_it(tmp_path, logrotate):
    # The account is made by the package.
    text = ROTATION.read_text().replace("    su sluice sluice\n", "").replace("/var/log/sluice", str(tmp_path))
    rotation = tmp_path / "rotation"
    rotation.write_text(text)
    rotation.chmod(0o644)
    done = subprocess.run([logrotate, "--debug", "--state", tmp_path / "state", rotation], capture_output=True, text=True)
    assert done.returncode == 0 and "error:" not in done.stdout + done.stderr, done.stdout + done.stderr
