"""What was found from audit to audit: a column each, the errors at the bottom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...tuples import NamedTuple
from ..markup import escaped

_KINDS = ("error", "warning", "note")
_FEWEST = 16
"""Columns that there is room for at least: of two audits not each should be half a page wide."""


class TrendBar(NamedTuple):
    """One audit."""

    label: str
    errors: int
    warnings: int
    notes: int


def trend_plot(audits: Sequence[TrendBar], title: str) -> Iterator[str]:
    """Oldest first. One that found nothing is a line at the bottom."""
    most = max((sum(audit[1:]) for audit in audits), default=0) or 1
    wide = max(len(audits), _FEWEST)
    yield f'<svg class="plot trend" role="img" aria-label="{escaped(title)}"><title>{escaped(title)}</title>'
    yield '<line class="grid" x1="0" x2="100%" y1="14%" y2="14%"/>'
    yield '<line class="grid" x1="0" x2="100%" y1="100%" y2="100%"/>'
    yield f'<svg viewBox="0 0 {wide * 10} 1000" preserveAspectRatio="none" width="100%" height="100%">'
    for place, audit in enumerate(audits):
        low = 1000
        if not sum(audit[1:]):
            yield f'<path class="clean" d="M{place * 10 + 1} 975h8v25h-8z"/>'
        for kind, count in zip(_KINDS, audit[1:], strict=True):
            if count:
                high = low - max(round(860 * count / most), 8)
                yield f'<path class="{kind}" d="M{place * 10 + 1} {high}h8V{low}h-8z"/>'
                low = high
    yield f'</svg><text class="faint" x="0" y="14%" dy="-4">{most:,}</text></svg>'
