#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what `sluice_catalogue_bench --json` wrote: the time of an operation over the number of files. usage: picture.py JSON SVG"""

import json
import sys
from pathlib import Path

SHOWN = {"lookups": "lookup", "lookups in memory": "lookup in memory", "uploads": "upload (two transactions)", "deletes": "delete",
         "listed entries": "entry of a listing"}


def curves(figures, engine):
    """{what: ([files], [microseconds of an operation of one of the threads])}"""
    found = {}
    for figure in sorted(figures, key=lambda row: row["files"]):
        if figure["engine"] == engine and figure["what"] in SHOWN:
            files, times = found.setdefault(figure["what"], ([], []))
            files.append(figure["files"])
            times.append(1e6 / figure["per_second"])
    return found


def main(source, target):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figures = json.loads(Path(source).read_text())
    engines = ["SQLite", "PostgreSQL"]
    drawing, panels = pyplot.subplots(1, len(engines), figsize=(11, 4), sharey=True)
    for panel, engine in zip(panels, engines):
        for what, (files, times) in curves(figures, engine).items():
            panel.plot(files, times, marker="o", markersize=4, label=SHOWN[what])
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel("files in the catalogue")
        panel.set_title(engine, fontsize=10)
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("µs per operation (time / number done)")
    panels[1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1))
    drawing.tight_layout()
    drawing.savefig(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
