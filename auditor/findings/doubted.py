"""What a rule says of doubts: each with the input that shows it, and in one note those that no input was found for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from ..report import Found, Location, Severity, Witness
from ..wording import counted, listed
from .places import location_of, nodes_at

if TYPE_CHECKING:
    from ..evidence.ranging import Ranges
    from ..ranges.doubts import Doubt

_MOST_TOLD = 5


def found_doubts(
    ranges: Ranges, doubts: Collection[Doubt], fix: Callable[[Doubt], str], known: Collection[tuple[str, int]] = ()
) -> Iterator[Found]:
    """A finding for each doubt with a witness, and one note on the rest; ``fix`` says what helps against one.

    None on the nodes that are ``known``, each by its graph and index, nor on what lies behind a fault that was shown:
    it is there because of that.
    """
    if not ranges.given:  # what every input does, and no output shows, is as it is meant: a mask of -inf
        doubts = [doubt for doubt in doubts if _tells(ranges, doubt)]
    left = []
    behind = ranges.behind_shown
    for doubt in doubts:
        witness = ranges.witness(doubt)
        if witness is not None:
            yield _shown(ranges, doubt, witness, fix(doubt))
        elif place_of(ranges, doubt) not in known and doubt.at not in behind:
            left.append(doubt)
    if left:
        yield _not_excluded(ranges, left, fix(left[0]))


def _tells(ranges: Ranges, doubt: Doubt) -> bool:
    witness = ranges.witness(doubt)
    return doubt.outside_its_domain if witness is None else severity(doubt, witness) is not Severity.NOTE


def _shown(ranges: Ranges, doubt: Doubt, witness: Witness, fix: str) -> Found:
    where = location(ranges, doubt)
    at = f"{witness.tensor}{list(witness.place) if witness.place else ''}"
    if witness.nan_outputs or witness.infinite_outputs:
        reach = f"; it reaches {listed((*witness.nan_outputs, *witness.infinite_outputs))}"
    elif doubt.floating_result:
        reach = "; no output shows it" if not doubt.narrower else ""
    else:
        reach = ""
    every = ", for every input" if doubt.always else ""
    return Found(
        f"{where.node}: {doubt.says}{every}: {in_words(witness)} give {witness.value} in {at}{reach}",
        where,
        fix,
        expected=f"within [{doubt.low:.6g}, {doubt.high:.6g}]",
        actual=witness.value,
        severity=severity(doubt, witness),
        witness=witness,
    )


def severity(doubt: Doubt, witness: Witness) -> Severity:
    """NaN in an output is no answer; an infinity may be meant; what no output shows harms nobody, unless it is lost."""
    if witness.nan_outputs:
        return Severity.ERROR
    if witness.infinite_outputs or not doubt.floating_result or doubt.narrower:
        return Severity.WARNING
    return Severity.NOTE


def _not_excluded(ranges: Ranges, left: list[Doubt], fix: str) -> Found:
    one = left[0]
    told = "; ".join(f"{location(ranges, doubt).node}: {doubt.says}" for doubt in left[:_MOST_TOLD])
    more = f"; and {counted(len(left) - _MOST_TOLD, 'more')}" if len(left) > _MOST_TOLD else ""
    why = ranges.sought.why or "no input within the ranges was found that shows it"
    return Found(
        f"not excluded: {told}{more}; {why}",
        location(ranges, one),
        fix,
        severity=Severity.NOTE,
        places=nodes_at(place_of(ranges, doubt) for doubt in left) if len(left) > 1 else (),
    )


def location(ranges: Ranges, doubt: Doubt) -> Location:
    return location_of(ranges.facts, doubt.place, doubt.tensor)


def place_of(ranges: Ranges, doubt: Doubt) -> tuple[str, int]:
    """The path of the node's graph in the model, and its index there."""
    return location(ranges, doubt).graph, doubt.place.index


def in_words(witness: Witness) -> str:
    """``inputs of 0 throughout``; ``x = [0, 1]``; else that they are in the witness."""
    import json  # few models have a witness

    match json.loads(witness.recipe):
        case ["fill", float() | int() as number]:
            return f"inputs of {number:g} throughout"
    small = [i for i in witness.inputs if i.values and len(i.values) <= 4]
    if small and len(small) == len(witness.inputs) <= 2:
        return ", ".join(f"{i.name} = {[float(f'{v:.6g}') for v in i.values]}" for i in small)
    return "the witness's inputs"
