# SPDX-License-Identifier: Apache-2.0
"""What all lints share: which files there are, and C++ text without its comments and strings."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    text: str
    fatal: bool = True

    def __str__(self):
        return f"{self.path}:{self.line}: {'' if self.fatal else 'warning: '}{self.text}"


def list_files(root):
    """Tracked and new files relative to root, without what git ignores; all files where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if (Path(root) / ".git").exists():
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
        return sorted({n for n in names if n and (Path(root) / n).is_file()})
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in ("build", "__pycache__", ".git")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def is_cpp(name):
    return name.endswith((".h", ".cpp", ".def"))


def read(root, name):
    return (Path(root) / name).read_text(encoding="utf-8", errors="replace")


# A quote between digits is a separator (4'096), not the start of a character.
_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![\w])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)


def code_only(text):
    """The text with comments and literals blanked: offsets and line numbers stay."""
    return _NOISE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def main(check):
    """The command line of one lint: LINT [ROOT]."""
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    findings = check(root, list_files(root))
    for finding in findings:
        print(finding)
    return 1 if any(f.fatal for f in findings) else 0
