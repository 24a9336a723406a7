"""Where two runs of the model part: optimised or not, on a provider or the CPU, against another model or a framework.

Of the sides that can be had each is held against the run as it stands; the child finds the first tensor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import AuditorError
from ...model.graph import Model
from ...model.load import PROTOBUF_MOST, load
from ...report import DeepFigure, DeepPart, Missed, Stamp
from ...runtime.deep.divergence import (
    ARRAYS,
    FILLED,
    OPTIMISATION,
    PROVIDER,
    SIBLING,
    VERSION,
    DivergenceAsked,
    DivergenceSeen,
    SideAsked,
    SideSeen,
    TensorSeen,
)
from ...runtime.outcome import Run, first_line
from ...runtime.providers import names_in, plain_word
from ...runtime.request import Feed, NamePair
from ...tuples import NamedTuple
from ...wording import counted, listed
from ..trial import beside_the_weights, data_files
from .aligned import aligned_tensors
from .asking import NotSeen, ask, feeds_that_ran
from .siblings import FLOAT16, FLOORS, FULL, GREATEST, KINDS, Floors, kind_of_numbers, siblings_beside

if TYPE_CHECKING:
    from ..evidence import Evidence

_PART = "divergence"
_RUNS = 10.0  # of the model, for each side


class Diverging(NamedTuple):
    """One comparison of which an output parts. ``numbers``: the type of ours and of the other one; ``weak``: the one
    whose loss it is. ``other``: the other model, where it is one."""

    seen: SideSeen
    stamp: Stamp
    numbers: tuple[str, str] = ("", "")
    floors: Floors | None = None
    given: bool = False  # by --against
    other: Model | None = None
    invented: bool = True

    @property
    def outputs(self) -> tuple[TensorSeen, ...]:
        """Those that part, for good."""
        return tuple(one for one in self.seen.outputs if one.bad and one.tensor not in self.seen.exempt)

    @property
    def hidden(self) -> bool:
        """Whether the outputs are alike here only because this processor computes float16 in float32."""
        return self.seen.first is not None and not any(one.bad for one in self.seen.outputs)

    @property
    def other_is_weak(self) -> bool:
        """Whether the other model has the narrower numbers."""
        return KINDS.index(self.numbers[1]) < KINDS.index(self.numbers[0])


class Divergence(NamedTuple):
    """``apart``: the comparisons in which something parts, but for what a run's own rule has found already."""

    part: DeepPart
    missed: tuple[Missed, ...]
    apart: tuple[Diverging, ...]


class Against(NamedTuple):
    asked: SideAsked
    numbers: tuple[str, str] = ("", "")
    other: Model | None = None
    given: bool = False
    files: tuple[str, ...] = ()


def look(evidence: Evidence) -> Divergence:
    """Compare, in the child."""
    feeds = feeds_that_ran(evidence, _PART)
    missed: list[Missed] = []
    sides = list(_sides(evidence, missed))
    if any(side.asked.kind == ARRAYS for side in sides):
        feeds = _fed_by(evidence, feeds)
    settings = evidence.settings
    more = 3 * sum(os.path.getsize(file) for side in sides for file in side.files)
    predicted = beside_the_weights(evidence.costs)
    told = ask(
        evidence,
        _PART,
        DivergenceAsked(tuple(side.asked for side in sides), all(not feed.file for feed in feeds)),
        (feeds,),
        runs=_RUNS * len(sides),
        beside=[file for side in sides for file in side.files],
        predicted_bytes=None if predicted is None else predicted + more,
    )
    seen: DivergenceSeen = told.seen
    missed += told.missed
    apart = []
    for side, found in zip(sides, seen.sides, strict=False):
        if found.why:
            missed.append(Missed(f"{_PART}, {_against(found)}", _why(found), asked=side.given))
        one = Diverging(
            found, told.stamp, side.numbers, FLOORS.get(_weaker(side.numbers)), side.given, side.other,
            settings.inputs is None,
        )  # fmt: skip
        if (one.outputs or one.hidden) and not (found.kind == OPTIMISATION and _known(evidence)):
            apart.append(one)
    lines = tuple(line for found in seen.sides for line in _lines(found))
    figures = tuple(figure for found in seen.sides for figure in _figures(found))
    open_ = any(found.exempt for found in seen.sides) or any(one.asked for one in missed)
    status = "found" if apart else "open" if open_ else "ok"
    part = DeepPart(_PART, status, missed[0].why if status == "open" and missed else "", lines, figures,
                    stamp=told.stamp)  # fmt: skip
    return Divergence(part, tuple(missed), tuple(apart))


def _known(evidence: Evidence) -> bool:
    """Whether the run of record has found that optimisation changes the outputs: its rule says so."""
    result = evidence.trial.result
    return isinstance(result, Run) and result.agreement is not None and bool(result.agreement.partings)


# What is held against what.


def _sides(evidence: Evidence, missed: list[Missed]) -> Iterator[Against]:
    model, settings = evidence.model, evidence.settings
    outputs = tuple(NamePair(value.name, value.name) for value in model.graph.outputs)
    yield Against(SideAsked(OPTIMISATION, outputs=outputs))
    if {plain_word(name) for name in names_in(settings.provider)} != {"cpu"}:
        yield Against(SideAsked(PROVIDER, settings.provider, outputs=outputs))
    if settings.against is not None and settings.against.endswith(".npz"):
        made = {name: NamePair(name, name) for node in model.graph.nodes for name in node.outputs if name}
        held = _names_in(settings.against)
        inside = tuple(pair for name, pair in made.items() if name in held)
        ends = tuple(pair for pair in outputs if pair.old in held) or inside[-1:]
        label = os.path.basename(settings.against)
        if not ends:
            missed.append(Missed(f"{_PART}, {label}", "it has no array that is called as a tensor of the model", True))
            return
        yield Against(SideAsked(ARRAYS, label, os.path.abspath(settings.against), (), ends, inside), given=True,
                    files=(os.path.abspath(settings.against),))  # fmt: skip
    given = settings.against is not None
    for path in (settings.against,) if given else siblings_beside(model.path):
        if path is None or path.endswith(".npz"):
            continue
        try:
            side = side_of(model, path, given)
        except (AuditorError, OSError) as error:
            missed.append(Missed(f"{_PART}, {os.path.basename(path)}", str(error), given))
            continue
        if isinstance(side, str):
            missed.append(Missed(f"{_PART}, {os.path.basename(path)}", side, given))
        elif given or (side.asked.kind == SIBLING and FULL in side.numbers):
            yield side


def side_of(model: Model, path: str, given: bool) -> Against | str:
    """Another model, or why it is none that can be held against this one."""
    other = load(path)
    if other.size > PROTOBUF_MOST:
        return "onnxruntime reads no file of more than 2 GiB"
    numbers = kind_of_numbers(model), kind_of_numbers(other)
    inputs, outputs = (
        _ports([v.name for v in one], [v.name for v in another])
        for one, another in ((model.graph.feeds, other.graph.feeds), (model.graph.outputs, other.graph.outputs))
    )
    if inputs is None or outputs is None:
        return "its inputs and outputs are not this model's"
    aligned = aligned_tensors(model.graph, other.graph)
    ends = {pair.old for pair in outputs}
    asked = SideAsked(
        VERSION if numbers[0] == numbers[1] else SIBLING,
        os.path.basename(path),
        os.path.abspath(path),
        inputs,
        outputs,
        tuple(pair for pair in aligned.tensors if pair.old not in ends),
        *FLOORS[_weaker(numbers)],
        most=GREATEST if _weaker(numbers) == FLOAT16 else 0.0,
        ours_is_reference=numbers[0] != numbers[1] and KINDS.index(numbers[0]) > KINDS.index(numbers[1]),
        loose=aligned.loose,
    )
    files = (os.path.abspath(path), *map(os.path.abspath, data_files(other)))
    return Against(asked, numbers, other, given, files)


def _ports(ours: list[str], theirs: list[str]) -> tuple[NamePair, ...] | None:
    """By name; by place where the names are others and the numbers of them the same; None where neither does."""
    if set(ours) <= set(theirs):
        return tuple(NamePair(name, name) for name in ours)
    if len(ours) == len(theirs):
        return tuple(NamePair(a, b) for a, b in zip(ours, theirs, strict=True))
    return tuple(NamePair(name, name) for name in ours if name in theirs) or None


def _weaker(numbers: tuple[str, str]) -> str:
    return min(numbers, key=KINDS.index) if all(numbers) else FULL


def _names_in(path: str) -> frozenset[str]:
    """The arrays of an .npz, by the list of its archive; nothing of them is read."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(name.removesuffix(".npy") for name in archive.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return frozenset()


def _fed_by(evidence: Evidence, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """The inputs that a framework's arrays belong to: those beside them in the file, or those of --inputs."""
    path = os.path.abspath(evidence.settings.against or "")
    names = list(evidence.facts.inputs)
    if _names_in(path).issuperset(names):
        return tuple(Feed(name, evidence.facts.inputs[name].dtype or 0, file=path, key=name) for name in names)
    if evidence.settings.inputs is None:
        why = f"{os.path.basename(path)} has no values of the inputs ({listed(names)}): add them, or give --inputs"
        raise NotSeen(Missed(_PART, why, asked=True))
    return feeds


# What is said of it.


def _against(seen: SideSeen) -> str:
    match seen.kind:
        case "optimisation":
            return "with and without optimisation"
        case "provider":
            return f"{seen.label} against cpu"
    return f"against {seen.label}"


def _why(seen: SideSeen) -> str:
    return f"{seen.failed and f'it does not {seen.failed}: '}{first_line(seen.why)}"


def _lines(seen: SideSeen) -> Iterator[str]:
    where = _against(seen)
    if seen.why and not seen.outputs:
        yield f"{where}: not compared: {_why(seen)}"
        return
    bad = [one for one in seen.outputs if one.bad and one.tensor not in seen.exempt]
    if not bad:
        yield f"{where}: {counted(len(seen.outputs), 'output')} alike{_worst(seen)}"
    for one in bad:
        yield f"{where}: {one.tensor} parts: {figures_of(one)}"
    if seen.first is not None:
        yield f"{where}: first {seen.first.tensor} of {maker_of(seen.first)}: {figures_of(seen.first)}"
    for name, why in seen.exempt.items():
        yield f"{where}: {name} parts, and proves nothing: {why}"


def _worst(seen: SideSeen) -> str:
    told = [one.closeness.sqnr for one in seen.outputs if one.closeness.sqnr is not None]
    return f", SQNR {min(told):.0f} dB at least" if told else ""


def _figures(seen: SideSeen) -> Iterator[DeepFigure]:
    ratios = [one.closeness.sqnr for one in seen.outputs if one.closeness.sqnr is not None]
    if ratios:
        yield DeepFigure(f"{seen.kind}-sqnr", round(min(ratios), 2), "dB")
    close = [one.closeness for one in seen.outputs if one.closeness.each >= FILLED]
    channels = [one.channel_sqnr for one in close if one.channel_sqnr is not None]
    if channels:
        yield DeepFigure(f"{seen.kind}-channel-sqnr", round(min(channels), 2), "dB")
    largest = [one.closeness.largest for one in seen.outputs]
    if largest:
        yield DeepFigure(f"{seen.kind}-largest-error", max(largest))
    rows = sum(one.closeness.rows for one in seen.outputs)
    if rows:
        yield DeepFigure(f"{seen.kind}-top1", sum(one.closeness.agreed for one in seen.outputs) / rows)


def maker_of(one: TensorSeen) -> str:
    """The node, for a sentence."""
    return f"{one.node} ({one.op_type})" if one.node else one.op_type or "an input"


def figures_of(one: TensorSeen) -> str:
    """How far apart it is, for a sentence."""
    close, said = one.closeness, []
    if one.difference is not None and one.difference.why in ("shape", "type"):
        return str(one.difference)
    if close.nonfinite:
        said.append(f"{counted(close.nonfinite, 'element')} of {close.elements} not finite on one side alone")
    said.append(f"at most {close.largest:.3g} apart ({close.relative:.2g} of the largest)")
    if close.sqnr is not None:
        said.append(f"SQNR {close.sqnr:.1f} dB")
    worst = close.channel_sqnr if close.each >= FILLED else None
    if worst is not None and close.sqnr is not None and worst < close.sqnr - 3:
        said.append(f"channel {close.channel} of {close.channels} (axis {close.axis}) {worst:.1f} dB")
    if close.cosine is not None:
        said.append(f"cosine {close.cosine:.5f}")
    if close.rows and close.agreed < close.rows:
        said.append(f"the same class in {close.agreed} of {close.rows} rows")
    return ", ".join(said)
