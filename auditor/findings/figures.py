"""Figures of the look in depth from audit to audit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ..report import DeepPart, Stamp
from ..tuples import NamedTuple

Depth: TypeAlias = tuple[DeepPart, ...]

_ASIDE = ("-spread", "-drift", "-low", "-high")
_COUNTS = frozenset({"runs", "pairs", "sessions"})


class FigureOverTime(NamedTuple):
    """A figure by its part and name: ``speed.run-ms-p50``. ``values`` are as many as audits, oldest first.

    None: that audit has none, or measured it with something else than the newest (another machine, another release).
    """

    name: str
    unit: str
    values: tuple[int | float | None, ...]

    @property
    def moved(self) -> bool:
        """Whether two audits have it and not all the same."""
        return len(set(self.values) - {None}) > 1


def figures_over_time(depths: Sequence[Depth]) -> tuple[FigureOverTime, ...]:
    """The figures that the newest of the audits (oldest first) with such a part has, without those on the measuring."""
    newest: dict[str, DeepPart] = {part.part: part for depth in depths for part in depth if part.figures}
    return tuple(
        FigureOverTime(
            f"{part.part}.{figure.name}",
            figure.unit,
            tuple(_value(depth, part.part, figure.name, part.stamp) for depth in depths),
        )
        for part in newest.values()
        for figure in part.figures
        if figure.name not in _COUNTS and not figure.name.endswith(_ASIDE)
    )


def _value(depth: Depth, part: str, name: str, stamp: Stamp) -> int | float | None:
    for one in depth:
        if one.part == part and one.stamp == stamp:
            return next((figure.value for figure in one.figures if figure.name == name), None)
    return None
