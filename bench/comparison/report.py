# SPDX-License-Identifier: Apache-2.0
"""From runs to ratios, a table, JSON and a picture."""

import statistics

from comparison.cases import CASES, METRICS

# The other metrics of these pairs are shown without a bar, because they explain the one that has it.
SHOWN = ("rate", "wall", "p99", "cpu", "memory")


def ratios(pairs, metric):
    """ours / xrootd of each pair of neighbouring runs, which saw the machine in about the same state."""
    return [ours[metric] / theirs[metric] for theirs, ours in pairs if theirs.get(metric) and metric in ours]


def summarize(case, pairs):
    """What the table and the JSON tell of a case."""
    rows = []
    for metric in SHOWN:
        values = ratios(pairs, metric)
        if not values:
            continue
        bar = next((b for b in case.bars if b.metric == metric), None)
        middle = statistics.median(values)
        rows.append({
            "metric": metric,
            "xrootd": statistics.median(theirs[metric] for theirs, _ in pairs),
            "sluice": statistics.median(ours[metric] for _, ours in pairs),
            "unit": pairs[0][0].get("cpu_unit", "") if metric == "cpu" else "",
            "ratio": middle,
            "least": min(values),
            "most": max(values),
            "bar": str(bar) if bar else None,
            "met": bar.met_by(middle) if bar else None,
        })
    others = statistics.median(figures["others_cores"] for pair in pairs for figures in pair)
    return {"case": case.name, "text": case.text, "alternations": len(pairs), "others_cores": others, "rows": rows,
            "runs": [{"xrootd": theirs, "sluice": ours} for theirs, ours in pairs]}


def shown(row, side):
    value, unit = row[side], f"/{row['unit']}" if row["unit"] else ""
    return with_unit(row["metric"], value) + unit


def with_unit(metric, value):
    if metric == "rate":
        return f"{value:,.0f}/s"
    if metric == "memory":
        return f"{value / (1 << 20):,.1f} MiB"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.2f} ms" if value >= 1e-3 else f"{value * 1e6:.1f} µs"


def judged(row):
    if row["met"] is None:
        return ""
    return f"{row['bar']:<7} {'met' if row['met'] else 'MISSED'}"


def table(summaries, with_bars=True):
    lines = [f"{'case':<53} {'':<12} {'xrootd':>13} {'sluice':>13} {'ratio':>6}  {'range':<13} {'bar':<7}"]
    for summary in summaries:
        title = summary["text"]
        for row in summary["rows"]:
            metric = row["metric"]
            lines.append(f"{title:<53} {METRICS[metric]:<12} {shown(row, 'xrootd'):>13} "
                         f"{shown(row, 'sluice'):>13} {row['ratio']:>6.2f}  "
                         f"{row['least']:.2f} – {row['most']:<6.2f} {judged(row) if with_bars else ''}".rstrip())
            title = ""
    return "\n".join(lines)


def judgement(summaries):
    bars = [row for summary in summaries for row in summary["rows"] if row["met"] is not None]
    return f"{sum(row['met'] for row in bars)} bars met, {sum(not row['met'] for row in bars)} missed"


def in_order(summaries):
    place = {case.name: i for i, case in enumerate(CASES)}
    return sorted(summaries, key=lambda summary: place.get(summary["case"], len(place)))


def picture(summaries, machine, file):
    """Ratios on a logarithmic axis, the range of the pairs as a line, the bar as a mark."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [(summary["text"], row) for summary in summaries for row in summary["rows"]
            if row["bar"] or row["metric"] == "cpu"]
    figure, axes = pyplot.subplots(figsize=(11, 1.2 + 0.27 * len(rows)))
    for at, (_, row) in enumerate(reversed(rows)):
        color = {True: "#2a7f3f", False: "#c0392b", None: "#8a8f98"}[row["met"]]
        axes.plot([row["least"], row["most"]], [at, at], color=color, linewidth=1, alpha=0.6)
        axes.plot([row["ratio"]], [at], marker="o", color=color, markersize=6)
        if row["bar"]:
            axes.plot([float(row["bar"].split()[1])], [at], marker="|", color="black", markersize=12)
        axes.annotate(f"{row['ratio']:.2f}", (row["most"], at), xytext=(6, -3), textcoords="offset points", fontsize=7)
    axes.axvline(1, color="#444444", linewidth=0.8)
    axes.set_xscale("log")
    ticks = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [f"{text}: {METRICS[row['metric']]} {row['bar'] or ''}" for text, row in reversed(rows)],
                    fontsize=7)
    axes.set_xlabel("ours / xrootd, median of the pairs; line: all pairs; black mark: the bar; grey: no bar")
    axes.set_title(f"Sluice and xrootd side by side ({machine['cores']} cores, Linux {machine['kernel']})", fontsize=9)
    axes.grid(axis="x", alpha=0.25)
    figure.tight_layout()
    figure.savefig(file, dpi=130)
