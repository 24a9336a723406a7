"""The sizes under which a place would be right, on a line of sizes, with today's marked."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from ..markup import escaped, percent

_MOST_LABELS = 3


def sizes_plot(ranges: Sequence[tuple[int, int | None, int]], today: int | None, title: str) -> str:
    """``ranges`` are (low, high, step), high None where it goes on; the line is logarithmic."""
    ends = [max(low, 1) for low, _, _ in ranges] + [high for _, high, _ in ranges if high is not None]
    ends += [today] if today else []
    low, high = log2(max(min(ends) / 1.5, 1)), log2(max(ends) * 1.5)
    if any(end is None for _, end, _ in ranges):
        high += 0.5

    def at(size: float) -> float:
        return (log2(max(size, 1)) - low) / ((high - low) or 1)

    drawn = [f'<svg class="plot sizes" role="img" aria-label="{escaped(title)}"><title>{escaped(title)}</title>']
    drawn.append('<rect class="line" y="25" width="100%" height="6" rx="3"/>')
    for first, last, step in ranges:
        begin, end = at(first - 0.5), 1.0 if last is None else at(last + 0.5)
        kind = "fits" if step == 1 else "fits some"
        width = max(end - begin, 0.006)
        drawn.append(f'<rect class="{kind}" x="{percent(begin)}" y="22" width="{percent(width)}" height="12" rx="3"/>')
    for first, last, _ in ranges[:_MOST_LABELS]:
        begin, end = at(first - 0.5), 1.0 if last is None else at(last + 0.5)
        if last is not None and last != first and end - begin > 0.14:
            drawn += [_label(first, begin, "start"), _label(last, end, "end")]
        else:
            words = f"{first} and more" if last is None else f"{first}" if first == last else f"{first} to {last}"
            middle = begin if last is None else (begin + end) / 2
            drawn.append(_label(words, middle, "start" if middle < 0.15 else "end" if middle > 0.85 else "middle"))
    if today:
        x = at(today)
        anchor = "start" if x < 0.15 else "end" if x > 0.85 else "middle"
        drawn.append(f'<line class="mark" x1="{percent(x)}" x2="{percent(x)}" y1="16" y2="38"/>')
        drawn.append(f'<text class="strong" x="{percent(x)}" y="12" text-anchor="{anchor}">now {today:,}</text>')
    return "".join([*drawn, "</svg>"])


def _label(words: object, x: float, anchor: str) -> str:
    return f'<text class="faint" x="{percent(x)}" y="50" text-anchor="{anchor}">{words}</text>'
