"""Numbers of the look in depth that a limit can be held against, where they are firm enough for it."""

from __future__ import annotations

from collections.abc import Mapping

from ..report import DeepPart, Report

IN_DEPTH: Mapping[str, str] = {
    "run-ms-p50": "speed",
    "run-ms-p90": "speed",
    "session-ms": "speed",
    "run-ratio": "speed",
    "peak-run-bytes": "growth",
    "growth-bytes-per-run": "growth",
}
"""Measures, each with the part that takes it: its figure has the same name."""

FEWEST = 30
"""Runs, or pairs of them, on which a number stands."""

FEWEST_SESSIONS, WIDEST_SESSIONS = 3, 1.5
"""Sessions that were made, and the longest of them over the shortest."""

WIDEST_RATIO = 1.25
"""The upper quartile of the ratios over the lower one."""


def number_in_depth(report: Report, measure: str) -> int | float | str:
    """The figure; a text says why there is none, or that it is not firm."""
    part = _part(report, measure)
    if part is None:
        return f"the look in depth was not made (--deep-part {IN_DEPTH[measure]})"
    figures = {figure.name: figure.value for figure in part.figures}
    if part.status == "not looked at":
        return part.why or part.status
    if measure not in figures:
        return _why_not_there(part, measure)
    return _why_not_firm(part, measure, figures) or figures[measure]


def measured_elsewhere(report: Report, accepted: Report, measure: str) -> str:
    """What the two were measured on, where that is not the same; nothing where it is."""
    now, before = _part(report, measure), _part(accepted, measure)
    if now is None or before is None:
        return ""
    names = ("provider", "device", "threads", "optimisation")
    unlike = [name for name in names if getattr(now.stamp, name) != getattr(before.stamp, name)]
    return f"the accepted version was measured with another {', '.join(unlike)}" if unlike else ""


def _part(report: Report, measure: str) -> DeepPart | None:
    return next((part for part in report.depth if part.part == IN_DEPTH[measure]), None)


def _why_not_there(part: DeepPart, measure: str) -> str:
    if measure == "run-ratio":
        line = next((line for line in part.lines if line.startswith("against ")), "")
        return line or "no model was named to be run in turn (--speed-against)"
    return part.why or "it was not measured"


def _why_not_firm(part: DeepPart, measure: str, figures: Mapping[str, int | float]) -> str:
    """Enough of them, and close enough to each other; nothing where they are."""
    match measure:
        case "run-ms-p50" | "run-ms-p90":
            if figures.get("runs", 0) < FEWEST:
                return f"{figures.get('runs', 0)} runs were timed, and a limit wants {FEWEST} (--runs, --timeout)"
            return part.why if part.status == "open" else ""
        case "run-ratio":
            if figures.get("pairs", 0) < FEWEST:
                return f"{figures.get('pairs', 0)} pairs were timed, and a limit wants {FEWEST} (--runs, --timeout)"
            low, high = figures.get("run-ratio-low", 0), figures.get("run-ratio-high", 0)
            if high > WIDEST_RATIO * low:
                return f"the spread is too large: half of the ratios lie between {low:g} and {high:g}"
        case "session-ms":
            if figures.get("sessions", 0) < FEWEST_SESSIONS:
                return f"{figures.get('sessions', 0)} sessions were made, and a limit wants {FEWEST_SESSIONS}"
            if figures.get("session-spread", 0) > WIDEST_SESSIONS:
                spread = f"the longest took {figures['session-spread']:g} times the shortest"
                return f"the spread is too large: {spread}, and {WIDEST_SESSIONS:g} may be"
    return ""
