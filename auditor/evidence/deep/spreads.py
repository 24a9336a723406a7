"""How far apart times of one thing lie, and whether a number of them says anything."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...tuples import NamedTuple

MOST_RATIO = 1.5
"""P90 over P10: beyond it something else was at work as well."""

MOST_DRIFT = 0.1
"""Between the medians of five stretches, of the median: beyond it the machine was not the same all along."""

_STRETCHES = 5


class Spread(NamedTuple):
    """Of so many times. ``ratio`` is P90 over P10, ``drift`` how far the medians of stretches lie apart."""

    taken: int
    p50: float
    p90: float
    p99: float
    ratio: float
    drift: float

    @property
    def why(self) -> str:
        """Why nothing can be decided by them; nothing where it can."""
        return why_open(self.ratio, self.drift)


def why_open(ratio: float, drift: float) -> str:
    """Why times that are spread so far decide nothing; nothing where they do."""
    if ratio > MOST_RATIO:
        far = f"P90 is {ratio:.3g} times P10"
        return f"the spread is too large: {far}, and {MOST_RATIO:g} times may be; run it on a quiet machine"
    if drift > MOST_DRIFT:
        far = f"the medians of {_STRETCHES} stretches lie {100 * drift:.3g} % apart"
        return f"the spread is too large: {far}, and {100 * MOST_DRIFT:g} % may be; run it on a quiet machine"
    return ""


def quantile(values: Sequence[float], share: float) -> float:
    """The least of the values that so large a share of them does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread_of(values: Sequence[float]) -> Spread:
    """Of times in the order in which they were taken."""
    count = len(values)
    p50 = quantile(values, 0.5)
    low = quantile(values, 0.1)
    parts = [values[count * i // _STRETCHES : count * (i + 1) // _STRETCHES] for i in range(_STRETCHES)]
    medians = [quantile(part, 0.5) for part in parts if part]
    return Spread(
        count,
        p50,
        quantile(values, 0.9),
        quantile(values, 0.99),
        quantile(values, 0.9) / low if low else 1.0,
        (max(medians) - min(medians)) / p50 if p50 else 0.0,
    )
