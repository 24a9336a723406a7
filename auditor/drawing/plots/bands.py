"""How the values of many tensors are spread: a column each, its quantiles as bands one inside the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from ..markup import escaped, percent

_CUT = 6.0
"""What reaches farther than so many times what is usual is cut off, or nothing else could be seen."""


def band_plot(quantiles: Sequence[Sequence[float]], title: str) -> Iterator[str]:
    """``quantiles``: for each tensor seven ascending numbers, the outer ones making the widest band."""
    reach = [max(abs(q[0]), abs(q[-1])) for q in quantiles]
    most = min(max(reach), _CUT * (median(reach) or max(reach))) or 1.0
    yield f'<svg class="plot bands" role="img" aria-label="{escaped(title)}"><title>{escaped(title)}</title>'
    yield f'<svg viewBox="0 0 {len(quantiles) * 10} 1000" preserveAspectRatio="none" width="100%" height="100%">'
    for depth in range(3):
        columns = []
        for index, q in enumerate(quantiles):
            high, low = _height(q[-1 - depth], most), _height(q[depth], most)
            columns.append(f"M{index * 10 + 1} {high}h8V{max(low, high + 2)}h-8z")
        yield f'<path class="band-{depth}" d="{"".join(columns)}"/>'
    middles = "".join(f"M{i * 10 + 1} {_height(q[len(q) // 2], most)}h8" for i, q in enumerate(quantiles))
    yield f'<path class="middle" d="{middles}"/></svg>'
    yield '<line class="grid" x1="0" x2="100%" y1="50%" y2="50%"/>'
    for value, place, dy in ((most, 0.0, 12), (0.0, 0.5, -4), (-most, 1.0, -4)):
        yield f'<text class="faint" x="0" dx="4" y="{percent(place)}" dy="{dy}">{value:.3g}</text>'
    yield "</svg>"


def _height(value: float, most: float) -> int:
    return round(500 - 500 * max(-1.0, min(1.0, value / most)))
