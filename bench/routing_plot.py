"""Draw what a decision costs against the number of rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import pyplot

INK, HUE, QUIET = "#2b2a27", "#1b7f8c", "#8a857a"


def draw(path: Path, sizes: list[dict[str, Any]], beside: dict[str, float]) -> None:
    figure, axes = pyplot.subplots(figsize=(7.2, 4.2))
    rules = [each["rules"] for each in sizes]
    for name, label, colour in (
        ("decide_us", "decision: fold, scan, evaluate", HUE),
        ("fold_us", "of which fold", QUIET),
        ("scan_us", "of which scan", INK),
    ):
        values = [each[name] for each in sizes]
        axes.plot(rules, values, marker="o", color=colour, label=label)
        axes.annotate(f"{values[-1]:.1f} µs", (rules[-1], values[-1]), xytext=(8, -3), textcoords="offset points")
    if "loop" in beside:
        slope = [beside["loop"] * many / 1_000 for many in rules]
        axes.plot(rules, slope, color=QUIET, linestyle=":", label="a loop over rules with `in` (measured at 1,000)")
    axes.set(xscale="log", yscale="log", xlabel="rules", ylabel="µs per post, one core")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
