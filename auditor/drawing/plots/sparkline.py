"""A few numbers over time as a line of a word's size."""

from __future__ import annotations

from collections.abc import Sequence

from ..markup import escaped


def sparkline(values: Sequence[float], title: str) -> str:
    """Oldest first; the last one has a dot."""
    low, high = min(values), max(values)
    points = [
        (
            round(4 + 112 * index / max(len(values) - 1, 1), 1),
            round(22 - 16 * (value - low) / (high - low), 1) if high > low else 14,
        )
        for index, value in enumerate(values)
    ]
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg class="spark" viewBox="0 0 120 28" role="img" aria-label="{escaped(title)}">'
        f'<title>{escaped(title)}</title><polyline points="{line}"/><circle cx="{x:g}" cy="{y:g}" r="3"/></svg>'
    )
