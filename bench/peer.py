#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our server and Debian's xrootd side by side: `./dev bench peer`. bench/README.md says how to read the figures."""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from comparison import measure, report  # noqa: E402
from comparison.authenticated import (  # noqa: E402
    AnonymousSluice, AnonymousStorage, AuthorizedSluice, AuthorizedStorage, AuthorizedXrootd, ProxySluice, ProxyXrootd, TokenSluice, TokenXrootd,
    WithAuthorization)
from comparison.cases import CASES  # noqa: E402
from comparison.encrypted import EllipticSluice, EllipticXrootd, EncryptedSluice, EncryptedXrootd  # noqa: E402
from comparison.servers import Failure, SecondXrootd, Sluice, Xrootd, account  # noqa: E402
from comparison.systems import SluiceStorage, XrootdCluster  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
TMPFS = Path("/dev/shm")
LIVES = 5  # of a peer in one run
SELF_CHECK_SPREAD = 1.25  # equals may differ by this much in the median of a quiet machine


def options():
    parser = argparse.ArgumentParser(prog="./dev bench peer", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 alternations of half a second: a look, not a result")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="cases whose name contains NAME; may stand more than once")
    parser.add_argument("--list", action="store_true", help="name the cases and their bars, measure nothing")
    parser.add_argument("--alternations", type=int, metavar="N", help="pairs of runs per case (default 5)")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="measured time of a run (default 1)")
    parser.add_argument("--json", metavar="FILE", help="write everything there; cases that FILE has already and that are "
                        "not measured now are kept")
    parser.add_argument("--picture", metavar="FILE", help="draw the ratios (.svg or .png)")
    parser.add_argument("--self-check", action="store_true", help="xrootd against xrootd: every ratio must be near 1")
    parser.add_argument("--sluice", default=str(ROOT / "build/release/sluice"), metavar="FILE", help="our program")
    parser.add_argument("--generator", metavar="FILE", help="the program whose `bench xroot` makes the load (default: ours)")
    parser.add_argument("--serve-option", action="append", default=[], metavar="WORD", help="passed on to `sluice serve`")
    return parser.parse_args()


def machine_facts():
    model = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    return {"cores": os.cpu_count(), "cpu": model[0] if model else "unknown", "kernel": platform.release(),
            "memory_gib": round(pages * page / (1 << 30), 1), "congestion_control": congestion,
            "user": account() or os.environ.get("USER", "")}


def pattern(size):
    """Content of bench files (src/cli/bench/pattern.h), which repeats every 16 MiB."""
    period = array("Q", (i * 0x9E3779B97F4A7C15 & (1 << 64) - 1 for i in range(1 << 21))).tobytes()
    return (period * (size // len(period) + 1))[:size]


def prepare_export(export, cases):
    """The files that are read, directories that both servers may write into."""
    for folder in ("", "small", "written", "uploaded", "copy"):
        (export / folder).mkdir(parents=True, exist_ok=True)
        (export / folder).chmod(0o777)
    content = pattern(256 << 20)
    (export / "big").write_bytes(content)
    for i in range(128):
        (export / "small" / str(i)).write_bytes(content[:64 << 10])
    names = {name for case in cases for name in case.options.get("files", ())}
    for name in names:
        (export / name).write_bytes(content * 4 if name.endswith("1g") else content[:100_000_000])


def clean_after(setting):
    for folder in (setting.export / "uploaded", setting.export / "written", setting.scratch):
        for file in folder.iterdir():
            file.unlink()


class Peers:
    """Two servers, or two storage systems, xrootd first. Fresh ones on request, else they live as long as the comparison."""

    def __init__(self, kinds, base, export):
        self.kinds, self.base, self.export = kinds, base, export
        self.running = [None, None]
        self.count = 0

    def get(self, side, fresh=False):
        if fresh:
            self.stop(side)
        if self.running[side] is None:
            self.count += 1
            self.running[side] = self.kinds[side](self.base / f"server-{self.count}").start(self.export)
        return self.running[side]

    def stop(self, side):
        if self.running[side] is not None:
            self.running[side].stop()
        self.running[side] = None

    def stop_all(self):
        for side in (0, 1):
            self.stop(side)


def measure_case(case, peers, setting, alternations):
    fresh = case.kind in measure.NEEDS_FRESH_SERVER
    pairs = []
    for _ in range(alternations):
        pair = []
        for side in (0, 1):
            pair.append(measure_side(case, peers, setting, side, fresh))
            clean_after(setting)
        pairs.append(pair)
    return report.summarize(case, pairs)


def measure_side(case, peers, setting, side, fresh):
    """One run. A peer that dies (xrootd 5.5.3 does, of many TLS connects) is started again, and its run repeated."""
    for left in reversed(range(LIVES)):
        server = peers.get(side, fresh)
        try:
            return measure.run(setting, case, server)
        except Failure:
            if server.name.startswith("sluice") or not server.end_of_log() or left == 0:
                raise
        print(f" ({server.name} died, once more)", end="", file=sys.stderr, flush=True)
        peers.stop(side)


def measure_all(cases, peers, setting, alternations):
    """The summaries, and the names of cases that could not be run."""
    summaries, failed = [], []
    for case in cases:
        print(f"  {case.text} ...", end="", file=sys.stderr, flush=True)
        try:
            summaries.append(measure_case(case, peers, setting, alternations))
        except Failure as failure:
            failed.append(case.name)
            peers.stop_all()
            print(f" failed\n{failure}", file=sys.stderr)
            continue
        row = summaries[-1]["rows"][0]
        print(f" {row['metric']} {row['ratio']:.2f}", file=sys.stderr)
    return summaries, failed


def self_check(summaries):
    off = [f"{summary['text']}: {row['metric']} {row['ratio']:.2f}" for summary in summaries for row in summary["rows"]
           if row["metric"] in ("rate", "wall", "cpu") and not 1 / SELF_CHECK_SPREAD <= row["ratio"] <= SELF_CHECK_SPREAD]
    print(f"self-check: {len(off)} ratios outside {1 / SELF_CHECK_SPREAD:.2f} to {SELF_CHECK_SPREAD:.2f}")
    for line in off:
        print(f"  {line}")
    return not off


def earlier_summaries(file, measured):
    if not file or not Path(file).exists():
        return []
    names = {summary["case"] for summary in measured}
    return [summary for summary in json.loads(Path(file).read_text())["cases"] if summary["case"] not in names]


def compare(wanted, cases, base):
    export, scratch = base / "export", base / "scratch"
    scratch.mkdir()
    prepare_export(export, cases)
    duration = wanted.duration or (0.5 if wanted.quick else 1.0)
    setting = measure.Setting(Path(wanted.generator or wanted.sluice).resolve(), export, scratch, duration, 0.25)
    WithAuthorization.generator = setting.generator
    Sluice.binary, Sluice.extra = Path(wanted.sluice), tuple(wanted.serve_option)
    systems = {"server": (Xrootd, SecondXrootd if wanted.self_check else Sluice), "storage": (XrootdCluster, SluiceStorage),
               "tls": (EncryptedXrootd, EncryptedSluice), "tls-ec": (EllipticXrootd, EllipticSluice),
               "ztn": (TokenXrootd, TokenSluice), "gsi": (ProxyXrootd, ProxySluice),
               "authz": (AnonymousSluice, AuthorizedSluice), "authz-door": (AnonymousStorage, AuthorizedStorage),
               "authz-peer": (AuthorizedXrootd, AuthorizedSluice)}
    alternations = wanted.alternations or (3 if wanted.quick else 5)
    print(f"{len(cases)} cases, {alternations} alternations of {duration:g} s", file=sys.stderr)
    configurations, summaries, failed = [], [], []
    for system, kinds in systems.items():
        peers = Peers(kinds, base / system, export)
        chosen = [case for case in cases if case.system == system]
        try:
            configurations += [peers.get(side).configuration() for side in (0, 1) if chosen]
            measured, not_run = measure_all(chosen, peers, setting, alternations)
            summaries += measured
            failed += not_run
        except Failure as failure:
            failed += [case.name for case in chosen]
            print(f"  {system}: {failure}", file=sys.stderr)
        finally:
            peers.stop_all()
    return configurations, summaries, failed


def show_cases(cases):
    for case in cases:
        bars = ", ".join(f"{bar.metric} {bar}" for bar in case.bars)
        print(f"{case.name:<22} {case.text}: {bars}")


def main():
    wanted = options()
    known = [case for case in CASES if not wanted.self_check or case.system == "server"]
    cases = [case for case in known if not wanted.only or any(part in case.name for part in wanted.only)]
    if wanted.list or not cases:
        show_cases(cases or CASES)
        return 0 if wanted.list else 1
    machine = machine_facts()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and files do not stay behind
    base = Path(tempfile.mkdtemp(prefix="sluice-bench-", dir=TMPFS))
    base.chmod(0o755)
    try:
        configurations, summaries, failed = compare(wanted, cases, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)

    everything = report.in_order(summaries + earlier_summaries(wanted.json, summaries))
    print(f"\nmachine: {', '.join(f'{key} {value}' for key, value in machine.items())}")
    print(f"xrootd {Xrootd.version()}")
    for theirs, ours in zip(configurations[::2], configurations[1::2]):
        print(f"configured\n\n{theirs}\nsluice: {ours}")
    print(report.table(everything, with_bars=not wanted.self_check))
    if not wanted.self_check:
        print(f"\n{report.judgement(everything)}{f', not run: ' + ', '.join(failed) if failed else ''}")
    if wanted.json:
        Path(wanted.json).write_text(json.dumps({"machine": machine, "xrootd": Xrootd.version(),
                                                 "configurations": configurations, "cases": everything}, indent=1) + "\n")
    if wanted.picture:
        report.picture(everything, machine, wanted.picture)
    if wanted.self_check:
        return 0 if self_check(summaries) and not failed else 1
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bench peer: {failure}")
