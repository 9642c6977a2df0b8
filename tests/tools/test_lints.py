# SPDX-License-Identifier: Apache-2.0
"""Each lint finds the example it exists for, and leaves the good neighbour of it alone."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lint"))

import layers  # noqa: E402
import rules  # noqa: E402
import sizes  # noqa: E402
import source  # noqa: E402
import tidy  # noqa: E402

PICTURE = """
```layers
L5 app
L4 cli web
L3 pool catalogue
L2 xroot/server xroot/client
L2 xroot http
L1 net
L0 base
```
```third-party
openssl net base/crypto
boost/beast http
```
"""


@pytest.fixture
def tree(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    write("docs/architecture.md", PICTURE)
    write.root = tmp_path
    return write


def included(tree, user, header):
    name = tree(f"src/{user}", f"#include {header}\n")
    return [f.text for f in layers.check(tree.root, [name])]


@pytest.mark.parametrize(
    "user, header",
    [
        ("base/log.h", '"net/loop.h"'),  # upwards
        ("net/loop.h", '"xroot/requests/open.h"'),  # upwards, into a folder of a module
        ("xroot/codec.h", '"xroot/server/session.h"'),  # a library does not know its server
        ("xroot/client/channel.h", '"xroot/server/session.h"'),  # of one layer
        ("http/router.h", '"xroot/protocol.h"'),  # of one layer
        ("cli/copy.cpp", '"pool/mover.h"'),  # L4 sees only the api.h of L3
        ("cli/copy.cpp", '"web/api.h"'),  # L4 among themselves not even that
        ("pool/mover.h", '"catalogue/files.h"'),  # L3 among themselves only api.h
        ("pool/mover.h", "<openssl/evp.h>"),  # foreign header away from its home
        ("xroot/codec.h", "<boost/beast/core.hpp>"),
        ("unheard/of.h", '"base/log.h"'),  # a folder that the picture has not
    ],
)
def test_layers_refuse(tree, user, header):
    assert len(included(tree, user, header)) == 1


@pytest.mark.parametrize(
    "user, header",
    [
        ("app/main.cpp", '"pool/mover.h"'),
        ("cli/copy.cpp", '"xroot/client/client.h"'),
        ("cli/copy.cpp", '"pool/api.h"'),
        ("pool/mover.h", '"catalogue/api.h"'),
        ("pool/mover.h", '"pool/store.h"'),
        ("xroot/server/session.h", '"xroot/requests/open.h"'),
        ("base/crypto.cpp", "<openssl/evp.h>"),
        ("net/tls/stream.h", "<openssl/ssl.h>"),
    ],
)
def test_layers_allow(tree, user, header):
    assert included(tree, user, header) == []


def test_layers_know_the_real_picture():
    picture = layers.Picture((ROOT / "docs" / "architecture.md").read_text())
    modules = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    assert modules == {m.split("/")[0] for m in picture.depth}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_rule_knows_bad_from_good(rule):
    assert rules.search(rule, rule.bad + "\n") == [1]
    assert rules.search(rule, rule.good + "\n") == []


def test_rules_stop_at_their_home(tree):
    code = "constexpr int id = 3028;\n"
    names = [tree("src/pool/a.h", code), tree("src/xroot/requests/b.h", code), tree("src/pool/test/c_test.cpp", code)]
    assert [f.path for f in rules.check(tree.root, names)] == ["src/pool/a.h"]


def test_literals_and_comments_are_no_code():
    text = 'int a = 1\'000; // 3011\nchar q = \'"\'; /* goto\n*/ auto s = "3011 goto"; auto r = R"x(3011)x"; int b = 7;\n'
    code = source.code_only(text)
    assert "3011" not in code and "goto" not in code
    assert "int b = 7;" in code and "1'000" in code
    assert code.count("\n") == text.count("\n")


def function(length, head="int f(int a) {"):
    return "// SPDX-License-Identifier: Apache-2.0\n" + head + "\n" + "  a();\n" * (length - 2) + "}\n"


@pytest.mark.parametrize("lines, verdicts", [(40, []), (41, [False]), (80, [False]), (81, [True])])
@pytest.mark.parametrize(
    "head", ["int f(int a) {", "asio::awaitable<Result<int>> A::f(int a) const {", "TEST(Suite, case) {", "A::A() : a_(1) {"]
)
def test_function_size(tree, head, lines, verdicts):
    name = tree("src/pool/a.cpp", function(lines, head))
    assert [f.fatal for f in sizes.check(tree.root, [name])] == verdicts


def test_function_inside_class_and_namespace_is_measured(tree):
    text = "namespace a::b {\nstruct C {\n#define BRACE {\n" + function(90) + "};\n}\n"
    name = tree("src/pool/a.cpp", "// SPDX-License-Identifier: Apache-2.0\n" + text)
    assert [f.text for f in sizes.check(tree.root, [name])] == ["function of 90 lines (limit 80)"]


def test_other_languages_are_measured(tree):
    head = "# SPDX-License-Identifier: Apache-2.0\n"
    python = tree("tools/a.py", head + "def f():\n" + "    x = 1\n" * 80)
    shell = tree("tools/b.sh", "#!/usr/bin/env bash\n" + head + "f() {\n" + "  true\n" * 80 + "}\n")
    assert [(f.path, f.fatal) for f in sizes.check(tree.root, [python, shell])] == [(python, True), (shell, True)]


@pytest.mark.parametrize("lines, verdicts", [(400, []), (401, [False]), (801, [True])])
def test_file_size(tree, lines, verdicts):
    name = tree("src/pool/a.h", "// SPDX-License-Identifier: Apache-2.0\n" + "int a;\n" * (lines - 1))
    assert [f.fatal for f in sizes.check(tree.root, [name])] == verdicts


@pytest.mark.parametrize("name, text", [("src/a.h", "int a;\n"), ("x", "#!/bin/sh\ntrue\n"), ("CMakeLists.txt", "project(a)\n")])
def test_missing_licence_line(tree, name, text):
    assert [f.text for f in sizes.check(tree.root, [tree(name, text)])] == ["the first line is not the SPDX line"]


@pytest.fixture
def checkout(tmp_path):
    """A small repository that passes `all.py`, to be spoiled."""

    def put(name, text):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def lint():
        command = [sys.executable, str(ROOT / "tools" / "lint" / "all.py")]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    put("docs/architecture.md", PICTURE)
    put(".clang-format", (ROOT / ".clang-format").read_text())
    put("src/base/a.h", "// SPDX-License-Identifier: Apache-2.0\n#pragma once\nint answer();\n")
    put.lint = lint
    return put


def test_a_clean_checkout_passes(checkout):
    done = checkout.lint()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "name, text, complaint",
    [
        ("src/base/a.h", "// SPDX-License-Identifier: Apache-2.0\nint  answer( );\n", "not laid out"),
        ("docs/a.md", "We rec" + "ieved it.\n", "codespell"),
        ("run.sh", "#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\nrm $1\n", "shellcheck"),
        ("src/base/a.h", '// SPDX-License-Identifier: Apache-2.0\n#include "net/a.h"\n', "base is below net"),
        ("src/base/a.h", "int a;\n", "SPDX"),
        ("src/base/a.h", "// SPDX-License-Identifier: Apache-2.0\nint a = 3011;\n", "wire-number"),
    ],
)
def test_a_spoiled_checkout_fails(checkout, name, text, complaint):
    checkout(name, text)
    done = checkout.lint()
    assert done.returncode == 1
    assert complaint in done.stdout


@pytest.mark.parametrize(
    "title, accepted",
    [
        ("pool: close idle movers", True),
        ("close idle movers", False),
        ("pool: " + "x" * 70, False),
        ("Merge branch 'a'", True),
    ],
)
def test_commit_title(tmp_path, title, accepted):
    (tmp_path / "message").write_text(title + "\n\nThe body says why.\n")
    done = subprocess.run([ROOT / "tools/hooks/commit-msg", tmp_path / "message"], capture_output=True)
    assert (done.returncode == 0) == accepted


@pytest.mark.parametrize("parameter, kinds", [("const Path& path", ["error"]), ("TaskGroup& group", [])])
def test_only_what_outlives_coroutines_is_passed_by_reference(tmp_path, monkeypatch, parameter, kinds):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.cpp").write_text(f"// head\nTask<void> run({parameter});\n")
    output = f"a.cpp:2:16: warning: coroutine parameters should not be references [{tidy.REFERENCE}]\n"
    assert list(tidy.findings_of(output).values()) == kinds
