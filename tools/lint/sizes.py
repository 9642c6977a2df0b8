#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files over 800 lines and functions over 80 fail; over 400 and 40 they are mentioned. First lines carry the licence."""

import ast
import re
import sys

import source
from source import Finding

FILE_SOFT, FILE_HARD = 400, 800
FUNCTION_SOFT, FUNCTION_HARD = 40, 80

# What opens a block that is not a function: a scope, a type, an initialiser.
_NOT_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b(?!.*\)\s*(const|noexcept|override|final|->.*)*\s*$)|[=,(]\s*$")


def cpp_functions(text):
    """(line, length) of each outermost function body; a simple brace counter, good for limits."""
    code = source.code_only(text)
    # A preprocessor line is no code, and its braces may be unbalanced.
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code, flags=re.MULTILINE)
    stack, start, found = [], 0, []
    for match in re.finditer(r"[{};]", code):
        character, offset = match.group(), match.start()
        if character == "{":
            head = " ".join(code[start:offset].split())
            inside = any(is_function for _, is_function in stack)
            is_function = not inside and ")" in head and not _NOT_FUNCTION.search(head)
            first = start + len(code[start:offset]) - len(code[start:offset].lstrip())
            stack.append((source.line_of(code, first), is_function))
        elif character == "}" and stack:
            line, is_function = stack.pop()
            if is_function:
                found.append((line, source.line_of(code, offset) - line + 1))
        if not any(is_function for _, is_function in stack):
            start = offset + 1
    return found


def python_functions(text):
    nodes = (n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return [(n.lineno, n.end_lineno - n.lineno + 1) for n in nodes]


def shell_functions(text):
    lines, found, start = text.splitlines(), [], None
    for number, line in enumerate(lines, 1):
        if re.match(r"\w+\(\) [{(]$", line):
            start = number
        elif line in ("}", ")") and start:
            found.append((start, number - start + 1))
            start = None
    return found


# Written by the program from its own tables, for shells and not for people.
GENERATED = "packaging/completions/"


def language(name, text):
    if name.startswith(GENERATED):
        return None
    if name.endswith((".h", ".cpp")):
        return cpp_functions
    if name.endswith(".py"):
        return python_functions
    if name.endswith((".sh", ".bash")) or text.startswith("#!/usr/bin/env bash"):
        return shell_functions
    return None


def limit(name, line, what, length, soft, hard):
    if length <= soft:
        return []
    bound = hard if length > hard else soft
    return [Finding(name, line, f"{what} of {length} lines (limit {bound})", fatal=length > hard)]


def needs_licence(name, text):
    return name.endswith((".h", ".cpp", ".def", ".py", ".sh", ".cmake", ".toml", ".service", "CMakeLists.txt")) or text.startswith("#!")


def check(root, names):
    findings = []
    for name in names:
        text = source.read(root, name)
        if needs_licence(name, text):
            first = text.splitlines()[:2] if text.startswith("#!") else text.splitlines()[:1]
            if not any("SPDX-License-Identifier: Apache-2.0" in line for line in first):
                findings.append(Finding(name, 1, "the first line is not the SPDX line"))
        functions = language(name, text)
        if functions is None:
            continue
        findings += limit(name, 1, "file", text.count("\n"), FILE_SOFT, FILE_HARD)
        for line, length in functions(text):
            findings += limit(name, line, "function", length, FUNCTION_SOFT, FUNCTION_HARD)
    return findings


if __name__ == "__main__":
    sys.exit(source.main(check))
