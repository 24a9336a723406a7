"""The parts of a comparison as short lines, which every form for people shares. Names are as they are in the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...formats.parts.telling import place
from ...names import visible
from ...numbers import amount
from ...report import Finding
from ...runtime.outcome import Difference, PairedTensor
from ...runtime.request import APART, CLOSE, EQUAL, VARYING
from ...wording import counted, in_bytes
from ..behaviour import Behaviour
from ..costs import CostRow, Count
from ..findings import FindingChanges
from ..stored import TensorRow
from ..streamed.values import Distance, ValueChange
from ..whole import DiffReport

_ORDER = tuple(ValueChange)
_FEW_ELEMENTS = 8
_NAMED = 3
_MOST_UNKNOWN = 8


def headline(found: DiffReport) -> str:
    """``behaviour changed``; with what stands against it where not all was compared."""
    return found.degree.phrase + ("" if found.conclusion.certain else ", as far as it was compared")


def not_compared(found: DiffReport) -> list[str]:
    """What stands against the verdict, the first of many."""
    unknown = found.conclusion.unknown
    more = [f"and {len(unknown) - _MOST_UNKNOWN:,} more"] if len(unknown) > _MOST_UNKNOWN else []
    return [*unknown[:_MOST_UNKNOWN], *more]


def tensor_name(row: TensorRow) -> str:
    """``conv1.weight``, or ``conv1.weight -> onnx::Conv_12`` where it is called otherwise."""
    old, new = (f"{one.graph}/{one.name}" if one.graph else one.name for one in (row.pair.old, row.pair.new))
    return visible(old, 120) if old == new else f"{visible(old, 120)} -> {visible(new, 120)}"


def tensor_rows(found: DiffReport) -> list[TensorRow]:
    """Those that changed: replaced ones first, then by how far they are apart."""
    return sorted(found.changed_tensors, key=lambda row: (-_ORDER.index(row.compared.what), -_relative(row)))


def _relative(row: TensorRow) -> float:
    distance = row.compared.distance
    relative = None if distance is None else distance.relative
    return 0.0 if relative is None or relative != relative else relative


def tensor_sum(found: DiffReport) -> str:
    """``53 identical, 1 drifted``."""
    counts = Counter(row.compared.what for row in found.tensors)
    return ", ".join(f"{counts[what]:,} {what.value}" for what in _ORDER if counts[what]) or "none"


def tensor_figures(row: TensorRow) -> str:
    """``at most 0.0012 apart, L2 0.3 (relative 0.001), cosine 0.99999``; what does not fit."""
    compared = row.compared
    parts = [compared.why] if compared.why else []
    if compared.within is not None:
        parts.append("within rounding" if compared.within else "not within rounding")
    if compared.distance is not None and compared.distance.changed:
        parts += _figures(compared.distance)
    elif compared.distance is not None and not compared.why:
        parts.append("the same numbers")
    return ", ".join(parts)


def _figures(distance: Distance) -> Iterator[str]:
    place = f"[{', '.join(map(str, distance.place))}]"
    if distance.elements <= _FEW_ELEMENTS or not distance.largest:
        yield f"at {place}: {distance.before} to {distance.after}"
    if distance.changed < distance.elements:
        yield f"{distance.changed:,} of {distance.elements:,} elements"
    if distance.largest:
        yield f"at most {distance.largest:.3g} apart"
    if distance.relative is not None and distance.relative > 0:
        yield f"L2 {distance.l2:.3g} (relative {distance.relative:.2g})"
    if distance.cosine is not None and distance.elements > 2:
        yield f"cosine {distance.cosine:.6g}"
    if distance.nonfinite:
        yield f"{counted(distance.nonfinite, 'element')} NaN or infinite on one side"


def cost_cells(row: CostRow) -> tuple[str, str, str, str]:
    """The measure, before, after, and by how much."""
    old, new = (_shown(row, count) for count in (row.old, row.new))
    return row.words, old, new, change(row.old, row.new)


def _shown(row: CostRow, count: Count) -> str:
    return in_bytes(count) if row.what.endswith("bytes") and isinstance(count, int) else amount(count)


def change(old: Count, new: Count) -> str:
    """``+12.5 %``; nothing where nothing changed, a sign where no number says it."""
    if old == new:
        return ""
    if not isinstance(old, int) or not isinstance(new, int):
        return "changed"
    if not old:
        return f"+{new:,}"
    percent = 100 * (new - old) / old
    return f"{percent:+.1f} %" if abs(percent) >= 0.05 else f"{new - old:+,}"


def finding_sum(changes: FindingChanges) -> str:
    """``1 came, 0 went, 3 stay``."""
    return f"{len(changes.came):,} came, {len(changes.went):,} went, {changes.stay:,} stay"


def finding_place(finding: Finding) -> str:
    """``conv1 (Conv)``."""
    return place(finding.location)


def finding_line(finding: Finding) -> str:
    """``warning nan-weights at conv1 (Conv): ...``."""
    where = finding_place(finding)
    return f"{finding.severity.value} {finding.rule}{f' at {where}' if where else ''}: {finding.message}"


def behaviour_lines(found: Behaviour) -> Iterator[str]:
    """What came of running both, a line each."""
    if found.why or found.found.why:
        yield f"Not compared: {found.why or found.found.why}"
        return
    both = found.found
    yield f"On {', '.join(both.inputs) or 'no inputs'}, without optimisation:"
    equal = [one for one in both.outputs if one.state == EQUAL]
    if equal:
        yield f"equal, every byte: {_named(equal)}"
    for one in both.outputs:
        if one.state != EQUAL:
            yield _output(one)
    if both.first is not None:
        name = repr(both.first.old) + (f" ({both.first.new!r} now)" if both.first.old != both.first.new else "")
        of = f", which {found.first_node!r} makes" if found.first_node else ""
        yield f"They part first at {name}{of}: {_apart(both.first.difference)}"
    elif found.traced and both.looked and any(one.state in (CLOSE, APART) for one in both.outputs):
        yield f"No inner tensor that was looked at is another one: what makes the outputs is ({both.looked:,} seen)"
    if both.left:
        yield f"{counted(both.left, 'inner tensor')} not looked at: {both.left_why}"


def _output(one: PairedTensor) -> str:
    name = repr(one.old) + (f" (now {one.new!r})" if one.old != one.new else "")
    match one.state:
        case state if state in (CLOSE, APART):
            return f"{state}: {name}: {_apart(one.difference)}"
        case state if state == VARYING:
            return f"not compared: {name} is not the same in two runs of one model"
        case _:
            return f"not compared: {name}: {one.why}"


def _named(some: list[PairedTensor]) -> str:
    names = ", ".join(repr(one.new) for one in some[:_NAMED])
    return f"{names} and {len(some) - _NAMED:,} more" if len(some) > _NAMED else names


def _apart(found: Difference | None) -> str:
    """``at most 0.0012 apart, first at [0, 3]: 1.25 and 1.2501``."""
    if found is None:
        return "the same numbers in another type"
    most = "" if found.largest is None else f"at most {found.largest:.3g} apart, "
    where = f"first at {list(found.place)}: " if found.place else f"{found.why}: "
    return f"{most}{where}{_number(found.expected)} and {_number(found.actual)}"


def _number(text: str) -> str:
    """Of seven digits where it is one."""
    try:
        return f"{float(text):.7g}" if "." in text or "e" in text else text
    except ValueError:
        return text
