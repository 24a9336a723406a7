"""Bars in the cells of a table: the table is the plot's own text."""

from __future__ import annotations

from ..markup import percent


def bar(part: float, whole: float, kind: str = "") -> str:
    """A bar as wide as its part of the whole; the number beside it says the same."""
    return f'<svg class="bar{kind and " " + kind}" aria-hidden="true"><rect width="{percent(part, whole)}"/></svg>'


def stacked(parts: list[tuple[str, float]], title: str) -> str:
    """One bar of several parts; each has a class ``part-0`` to ``part-5`` and its name as a tip."""
    whole = sum(value for _, value in parts)
    drawn, at = [], 0.0
    for index, (label, value) in enumerate(parts):
        drawn.append(
            f'<rect class="part-{min(index, 5)}" x="{percent(at, whole)}" width="{percent(value, whole)}">'
            f"<title>{label}</title></rect>"
        )
        at += value
    return f'<svg class="plot stack" role="img" aria-label="{title}">{"".join(drawn)}</svg>'
