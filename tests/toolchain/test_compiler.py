# SPDX-License-Identifier: Apache-2.0
"""May this compiler build Sluice? CXX=other-compiler ./dev test --toolchain tries another one."""

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def project_compiler():
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    return presets[0]["cacheVariables"]["CMAKE_CXX_COMPILER"]


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_temporaries_live_as_long_as_the_standard_says(tmp_path, level):
    program = tmp_path / "coroutines"
    compiler = os.environ.get("CXX", project_compiler())
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
    subprocess.run([compiler, "-std=c++20", level, *sanitize, HERE / "coroutines.cpp", "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stdout + done.stderr


@pytest.mark.parametrize("version", ["12.2.0", "13.3.0"])
def test_cmake_refuses_a_compiler_that_fails(version):
    known = ["-DCMAKE_CXX_COMPILER_ID=GNU", f"-DCMAKE_CXX_COMPILER_VERSION={version}"]
    done = subprocess.run(["cmake", *known, "-P", ROOT / "cmake/compiler.cmake"], capture_output=True, text=True)
    assert done.returncode != 0
    assert f"GCC {version} miscompiles" in done.stderr
