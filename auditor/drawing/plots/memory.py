"""The bytes that are alive along the walk: steps, with the peak marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...wording import in_bytes
from ..markup import escaped, percent

_COLUMNS = 600
"""Steps that are drawn; of more, each column shows the greatest of its own."""

_TOP = 14.0
"""Percent of the height above the peak: its label stands there."""


def memory_plot(alive: Sequence[int], title: str) -> Iterator[str]:
    """``alive``: bytes at each step. The title says it all to who cannot see it."""
    peak = max(alive, default=0)
    place = alive.index(peak) if alive else 0
    columns = _columns(alive)
    heights = [round(1000 - (1000 - 10 * _TOP) * value / peak) if peak else 1000 for value in columns]
    yield f'<svg class="plot memory" role="img" aria-label="{escaped(title)}"><title>{escaped(title)}</title>'
    for part in (1.0, 0.5):
        y = percent(1 - part * (1 - _TOP / 100))
        yield f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
    yield f'<svg viewBox="0 0 {len(columns)} 1000" preserveAspectRatio="none" width="100%" height="100%">'
    path, last = [f"M0 1000V{heights[0]}h1"] if heights else [], heights[0] if heights else 0
    for height in heights[1:]:
        path.append(f"v{height - last}h1" if height != last else "h1")
        last = height
    yield f'<path class="area" d="{"".join(path)}V1000z"/></svg>'
    if peak:
        x = (place + 0.5) / len(alive)
        anchor, dx = ("end", -8) if x > 0.5 else ("start", 8)
        yield f'<line class="mark" x1="{percent(x)}" x2="{percent(x)}" y1="{percent(_TOP / 100)}" y2="100%"/>'
        yield f'<circle class="mark" cx="{percent(x)}" cy="{percent(_TOP / 100)}" r="4.5"/>'
        yield f'<text class="strong" x="{percent(x)}" dx="{dx}" y="{percent(_TOP / 100)}" dy="-6" '
        yield f'text-anchor="{anchor}">{escaped(in_bytes(peak))}</text>'
        yield f'<text class="faint" x="0" dx="4" y="{percent(1 - 0.5 * (1 - _TOP / 100))}" dy="-4">'
        yield f"{escaped(in_bytes(peak // 2))}</text>"
    yield "</svg>"


def _columns(alive: Sequence[int]) -> list[int]:
    count = len(alive)
    if count <= _COLUMNS:
        return list(alive)
    edges = [i * count // _COLUMNS for i in range(_COLUMNS + 1)]
    return [max(alive[a:b]) for a, b in pairwise(edges)]
