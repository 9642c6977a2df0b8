# SPDX-License-Identifier: Apache-2.0
"""The reference page of the settings is what the program says of itself."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/settings.md"


def test_settings_page_is_current():
    command = [ROOT / "build/release/sluice", "config", "describe", "--markdown"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == PAGE.read_text(), "sluice config describe --markdown > docs/reference/settings.md"
