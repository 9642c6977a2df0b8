#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many files clients make and remove in a second through a door, the catalogue in SQLite and in PostgreSQL: `./dev bench
changes`. Both keep their promises: what is answered is on the disk."""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tests/lib")]

import postgres  # noqa: E402
from comparison.servers import Failure, Sluice  # noqa: E402
from comparison.systems import SluiceStorage  # noqa: E402

MODES = ("create", "remove")


class OnPostgres(SluiceStorage):
    """The same with its catalogue in PostgreSQL."""

    name = "sluice storage, PostgreSQL"

    def start(self, export):
        self.cluster = postgres.Postgres(self.state, durable=True).start()
        self.extra = ("--set", f"catalogue.url={self.cluster.new_database()}")
        return super().start(export)

    def stop(self):
        super().stop()
        self.cluster.stop()


class OnSqlite(SluiceStorage):
    name = "sluice storage, SQLite"


def load(server, mode, wanted, first):
    command = [str(Sluice.binary.resolve()), "bench", "xroot", f"root://{server.address}//small/c{{n}}-{{i}}", "--mode", mode,
               "--connections", str(wanted.connections), "--files", str(wanted.files // wanted.connections), "--first-file",
               str(first), "--duration", "10 min", "--warmup", "0 s", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True)
    report = json.loads(done.stdout.splitlines()[-1]) if done.stdout.startswith("{") else {}
    if done.returncode != 0 or report.get("errors", 1):
        raise Failure(f"{' '.join(command)}\n{done.stderr}{report.get('error_texts', done.stdout)}")
    return report["operations"] / report["seconds"]


def measure(kind, base, wanted):
    """Medians over the rounds, of a fresh system; every round makes and removes files of its own."""
    folder = base / kind.name.replace(" ", "-").replace(",", "")
    export = base / "export"
    server = kind(folder).start(export)
    try:
        rounds = [{mode: load(server, mode, wanted, n * wanted.files) for mode in MODES} for n in range(wanted.rounds)]
    finally:
        server.stop()
        shutil.rmtree(folder)
    return {"system": kind.name, "rounds": rounds} | {mode: statistics.median(one[mode] for one in rounds) for mode in MODES}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench changes", description=__doc__)
    parser.add_argument("--files", type=int, default=4096, metavar="N", help="files of a round (default 4096)")
    parser.add_argument("--connections", type=int, default=64, metavar="N", help="clients (default 64)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="the figures are medians of so many (default 3)")
    parser.add_argument("--directory", metavar="DIR", help="the disk of the catalogues and of the files (default: temporary)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--sluice", default=str(ROOT / "build/release/sluice"), metavar="FILE", help="our program")
    wanted = parser.parse_args()
    Sluice.binary = Path(wanted.sluice)
    base = Path(tempfile.mkdtemp(prefix="sluice-changes-", dir=wanted.directory))
    base.chmod(0o755)
    results = []
    try:
        (base / "export/small").mkdir(parents=True)
        (base / "export").chmod(0o777)
        (base / "export/small").chmod(0o777)
        (base / "export/small/0").write_bytes(b"x")
        print(f"{'files per second':<32} {'made':>8} {'removed':>8}")
        for kind in (OnSqlite, OnPostgres):
            results.append(measure(kind, base, wanted))
            print(f"{results[-1]['system']:<32} {results[-1]['create']:>8.0f} {results[-1]['remove']:>8.0f}", flush=True)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    if wanted.json:
        Path(wanted.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bench changes: {failure}")
