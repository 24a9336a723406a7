"""In which order the models of a fleet come: a page's questions, each of which an index answers in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, or_

from ..tuples import NamedTuple
from .tables import audits

Sort = Literal["name", "verdict", "when"]

VERDICTS = ("fail", "inconclusive", "pass")
"""The worst first."""

Place = tuple[str | int, str]
"""Where a page ends: what is sorted by, and the name."""

Keyed = tuple[str | int, Any]
"""A model behind what it is sorted by."""

Part = tuple[Iterable[ColumnElement[bool]], list[ColumnElement[Any]]]
"""Which models, and in what order."""


class Stretch(NamedTuple):
    """What a page may have: what comes behind the last one, and not behind a place where it is full anyway."""

    sort: Sort
    turned: bool  # the largest first; models of one verdict or time go by their names all the same
    after: Place | None
    upto: Place | None = None


def registered_parts(stretch: Stretch, key: ColumnElement[Any], name: ColumnElement[Any]) -> Iterator[Part]:
    """All at once: only their names are in an index."""
    conditions = []
    if stretch.after is not None:
        at, last = stretch.after
        beyond = key < at if stretch.turned else key > at
        conditions.append(beyond if stretch.sort == "name" else or_(beyond, and_(key == at, name > last)))
    order = key.desc() if stretch.turned else key
    yield conditions, [order] if stretch.sort == "name" else [order, name]


def by_name(stretch: Stretch, name: ColumnElement[Any]) -> Iterator[Part]:
    """The names themselves."""
    conditions = []
    if stretch.after is not None:
        conditions.append(name < stretch.after[1] if stretch.turned else name > stretch.after[1])
    if stretch.upto is not None:
        conditions.append(name >= stretch.upto[1] if stretch.turned else name <= stretch.upto[1])
    yield conditions, [name.desc() if stretch.turned else name]


def by_verdict(stretch: Stretch, name: ColumnElement[Any]) -> Iterator[Part]:
    """Each verdict by itself, so that few are read."""
    for rank in sorted(range(len(VERDICTS)), reverse=stretch.turned):
        if _is_within(stretch, rank):
            yield [audits.c.verdict == VERDICTS[rank], *_names(stretch, rank, name)], [name]


def by_time(
    stretch: Stretch, name: ColumnElement[Any], number: int, ask: Callable[[Part, int], list[Keyed]]
) -> list[Keyed]:
    """The first so many, in any order, and perhaps some of those behind.

    A batch may give one time to a hundred thousand models. No index has times and names in the order of a page in both
    directions. So by one come the times, and then, of the last one of these, the names.
    """
    when = audits.c.audited_at
    found: list[Keyed] = []

    def at(time: str | int) -> list[Keyed]:
        return ask(([when == time, *_names(stretch, time, name)], [name]), number - len(found))

    between = []
    if stretch.after is not None:
        time = stretch.after[0]
        found += at(time)
        between.append(when < time if stretch.turned else when > time)
    if stretch.upto is not None:
        between.append(when > stretch.upto[0] if stretch.turned else when < stretch.upto[0])
    if len(found) == number:
        return found
    beyond = ask((between, [when.desc() if stretch.turned else when]), number - len(found))
    if len(beyond) == number - len(found):
        last = beyond[-1][0]
        found += [one for one in beyond if one[0] != last]
        return found + at(last)
    found += beyond
    if stretch.upto is not None and (stretch.after is None or stretch.after[0] != stretch.upto[0]):
        found += at(stretch.upto[0])
    return found


def _is_within(stretch: Stretch, key: int) -> bool:
    """Whether models of a verdict may be in the stretch."""
    low, high = (stretch.upto, stretch.after) if stretch.turned else (stretch.after, stretch.upto)
    return (low is None or int(low[0]) <= key) and (high is None or key <= int(high[0]))


def _names(stretch: Stretch, key: str | int, name: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
    """Of the models of a verdict or of a time, those in the stretch."""
    if stretch.after is not None and stretch.after[0] == key:
        yield name > stretch.after[1]
    if stretch.upto is not None and stretch.upto[0] == key:
        yield name <= stretch.upto[1]
