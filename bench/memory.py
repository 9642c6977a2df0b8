#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much memory clients can make a storage system take: `./dev bench memory`. Each row begins with a fresh server."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from comparison.measure import peak_bytes  # noqa: E402
from comparison.servers import Failure, Sluice  # noqa: E402
from comparison.systems import SluiceStorage, client  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    name: str
    text: str
    bar: int  # MiB above the memory of a server that nobody asked anything
    path: str
    arguments: tuple


def readers(count, size):
    return ("--mode", "seqread", "--connections", str(count), "--size", size)


def writers(count, size, file_size):
    return ("--mode", "write", "--connections", str(count), "--size", size, "--file-size", file_size)


ROWS = [
    Row("readers-1000", "1000 connections read, frames of 8 MiB", 1536, "big", readers(1000, "8MiB")),
    Row("writers-1000", "1000 connections write, frames of 8 MiB", 1536, "w{n}", writers(1000, "8MiB", "8MiB")),
    Row("readers-70-large", "70 connections read, frames of 8 MiB", 80, "big", readers(70, "8MiB")),
    Row("readers-70-small", "70 connections read, frames of 128 KiB", 16, "big", readers(70, "128KiB")),
    Row("writers-500", "500 connections write, frames of 8 MiB", 1024, "w{n}", writers(500, "8MiB", "16MiB")),
    Row("writers-500-small", "500 connections write, frames of 128 KiB", 1024, "w{n}", writers(500, "128KiB", "16MiB")),
    Row("writers-50", "50 connections write, frames of 8 MiB", 64, "w{n}", writers(50, "8MiB", "128MiB")),
    Row("writers-50-huge", "50 connections write, frames of 64 MiB", 64, "w{n}", writers(50, "64MiB", "128MiB")),
]


def load(server, row, seconds):
    command = [str(Sluice.binary.resolve()), "bench", "xroot", f"root://{server.address}//{row.path}", *row.arguments,
               "--duration", f"{int(1000 * seconds)} ms", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True)
    report = json.loads(done.stdout.splitlines()[-1]) if done.stdout.startswith("{") else {}
    if done.returncode != 0 or report.get("errors", 1):
        raise Failure(f"{' '.join(command)}\n{done.stderr}{report.get('error_texts', done.stdout)}")
    return report


def measure(row, base, seconds):
    export = base / "export"
    server = SluiceStorage(base / row.name).start(export)
    try:
        client(["xrdcp", "--silent", str(export / "big"), f"root://{server.address}//big"])
        at_rest = peak_bytes(server.pid)
        report = load(server, row, seconds)
        return {"row": row.name, "text": row.text, "at_rest": at_rest, "peak": peak_bytes(server.pid), "bar_mib": row.bar,
                "bytes_per_second": report["bytes_per_second"]}
    finally:
        server.stop()
        shutil.rmtree(base / row.name)


def shown(result):
    more = (result["peak"] - result["at_rest"]) / MIB
    verdict = "met" if more <= result["bar_mib"] else "MISSED"
    return (f"{result['text']:<46} {result['at_rest'] / MIB:>8.1f} {result['peak'] / MIB:>8.1f} {more:>8.1f}  ≤ {result['bar_mib']:<5} "
            f"{verdict:<7} {result['bytes_per_second'] / MIB:>7.0f} MiB/s")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench memory", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="rows whose name contains NAME")
    parser.add_argument("--duration", type=float, default=4, metavar="SECONDS", help="how long clients work (default 4)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--sluice", default=str(ROOT / "build/release/sluice"), metavar="FILE", help="our program")
    wanted = parser.parse_args()
    Sluice.binary = Path(wanted.sluice)
    base = Path(tempfile.mkdtemp(prefix="sluice-memory-", dir="/dev/shm"))
    base.chmod(0o755)
    try:
        (base / "export/small").mkdir(parents=True)
        (base / "export/small/0").write_bytes(b"x")
        (base / "export/big").write_bytes(bytes(64 * MIB))
        print(f"{'MiB':<46} {'at rest':>8} {'peak':>8} {'more':>8}  bar")
        results = []
        for row in ROWS:
            if wanted.only and not any(part in row.name for part in wanted.only):
                continue
            results.append(measure(row, base, wanted.duration))
            print(shown(results[-1]), flush=True)
            time.sleep(0.1)  # the kernel takes the pages of the tmpfs back
    finally:
        shutil.rmtree(base, ignore_errors=True)
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(results, indent=1) + "\n")
    return any(result["peak"] - result["at_rest"] > result["bar_mib"] * MIB for result in results)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bench memory: {failure}")
