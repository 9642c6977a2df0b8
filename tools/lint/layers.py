#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails an #include that the pictures in docs/architecture.md do not allow.

The block ```layers lists modules, highest layer first; a module is a folder of src (xroot/server is one inside another).
An include may go down. Between modules of one line it may not, except to an api.h where the line is named L3;
L4 sees of L3 only api.h. The block ```third-party says which folders may include which foreign headers.
"""

import re
import sys

import source
from source import Finding

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def fenced(text, name):
    block = re.search(rf"^```{name}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if block is None:
        raise SystemExit(f"docs/architecture.md has no block ```{name}")
    return [line.split() for line in block.group(1).splitlines() if line.strip()]


class Picture:
    def __init__(self, text):
        rows = fenced(text, "layers")
        self.label = {}  # module -> name of its layer
        self.depth = {}  # module -> line of the picture; larger is lower
        for depth, (label, *modules) in enumerate(rows):
            for module in modules:
                self.label[module] = label
                self.depth[module] = depth
        self.homes = {header: tuple(folders) for header, *folders in fenced(text, "third-party")}

    def module(self, path):
        """The innermost module that holds a path below src, or None."""
        holders = [m for m in self.depth if path.startswith(m + "/")]
        return max(holders, key=len, default=None)

    def objection(self, user, header):
        """Why a file of module `user` may not include `header`, or None."""
        used = self.module(header)
        if used is None or used == user:
            return None
        is_api = header.endswith("/api.h")
        if self.depth[used] < self.depth[user]:
            return f"{user} is below {used}"
        if self.depth[used] == self.depth[user] and not (is_api and self.label[user] == "L3"):
            return f"{user} and {used} are of one layer and do not know each other"
        if self.label[user] == "L4" and self.label[used] == "L3" and not is_api:
            return f"{user} may include only {used}/api.h"
        return None

    def foreign_objection(self, path, header):
        for prefix, folders in self.homes.items():
            if header.startswith(prefix):
                # A folder may be written without its file ending: base/log covers base/log.h and base/log.cpp.
                if not any(re.match(rf"{re.escape(f)}([/._]|$)", path) for f in folders):
                    return f"<{header}> belongs into {' '.join(folders)}"
        return None


def check(root, names):
    picture = Picture(source.read(root, "docs/architecture.md"))
    findings = []
    for name in names:
        if not name.startswith("src/") or not source.is_cpp(name):
            continue
        path = name.removeprefix("src/")
        user = picture.module(path)
        if user is None:
            if "/" in path:
                findings.append(Finding(name, 1, "its folder is not in the picture of docs/architecture.md"))
            continue
        text = source.read(root, name)
        for match in _INCLUDE.finditer(text):
            header = match.group(2)
            reason = picture.objection(user, header) or picture.foreign_objection(path, header)
            if reason:
                findings.append(Finding(name, source.line_of(text, match.start()), f"include of {header}: {reason}"))
    return findings


if __name__ == "__main__":
    sys.exit(source.main(check))
