"""Where the run parts from the ONNX project's own evaluator (extra ``reference``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...costs.count import count
from ...report import DeepFigure, DeepPart, Missed
from ...runtime.deep.divergence import REFERENCE, DivergenceAsked, DivergenceSeen, SideAsked, TensorSeen
from ...runtime.request import Feed, NamePair
from ...tuples import NamedTuple
from ...wording import counted
from .asking import NotSeen, ask, feeds_that_ran
from .divergence import figures_of, maker_of

if TYPE_CHECKING:
    from ..evidence import Evidence

_PART = "reference"
_CHEAP = 20_000_000
"""Multiply-accumulates up to which `--deep` asks for it: the evaluator makes some 10^8 a second, onnxruntime 10^10."""

_SLOWER = 300.0  # times of a plain run


class Reference(NamedTuple):
    """``outputs`` that are others there, ``first`` the tensor where they begin to be."""

    part: DeepPart
    missed: tuple[Missed, ...]
    outputs: tuple[TensorSeen, ...]
    first: TensorSeen | None


def look(evidence: Evidence) -> Reference:
    """Compare, in the child."""
    feeds = feeds_that_ran(evidence, _PART)
    by_name = _PART in evidence.settings.deep_parts
    macs = _macs(evidence, feeds)
    if not by_name and (macs is None or macs > _CHEAP):
        many = "an unknown number of" if macs is None else f"{macs:,}"
        why = f"{many} multiply-accumulates are too many for it: --deep-part {_PART} asks for it all the same"
        raise NotSeen(Missed(_PART, why))
    outputs = tuple(NamePair(value.name, value.name) for value in evidence.model.graph.outputs)
    asked = DivergenceAsked((SideAsked(REFERENCE, outputs=outputs),), all(not feed.file for feed in feeds))
    try:
        told = ask(evidence, _PART, asked, (feeds,), runs=_SLOWER)
    except NotSeen as error:
        raise NotSeen(error.missed._replace(asked=by_name)) from None
    seen: DivergenceSeen = told.seen
    (side,) = seen.sides
    if side.failed or not side.outputs:
        raise NotSeen(Missed(_PART, f"the evaluator does not {side.failed or 'run'} it: {side.why}", asked=by_name))
    bad = tuple(one for one in side.outputs if one.bad and one.tensor not in side.exempt)
    compared = [one for one in side.outputs if one.closeness.elements]
    lines = [f"{counted(compared, 'output')} held against onnx's evaluator" + ("" if bad else ": alike")]
    lines += [f"{one.tensor} parts: {figures_of(one)}" for one in bad]
    if side.first is not None:
        lines.append(f"first {side.first.tensor} of {maker_of(side.first)}: {figures_of(side.first)}")
    lines += [f"{name} parts, and proves nothing: {why}" for name, why in side.exempt.items()]
    ratios = [one.closeness.sqnr for one in compared if one.closeness.sqnr is not None]
    figures = (DeepFigure("reference-sqnr", round(min(ratios), 2), "dB"),) if ratios else ()
    missed = list(told.missed)
    if side.why:
        missed.append(Missed(f"{_PART}, the rest of it", side.why, asked=by_name))
    part = DeepPart(_PART, "found" if bad else "ok", lines=tuple(lines), figures=figures, stamp=told.stamp)
    return Reference(part, tuple(missed), bad, side.first)


def _macs(evidence: Evidence, feeds: tuple[Feed, ...]) -> int | None:
    """At the sizes of the inputs; None where they are not known."""
    macs = evidence.costs.macs
    if not isinstance(macs, int) and all(not feed.file for feed in feeds):
        macs = count(evidence.facts.rebind({feed.name: feed.shape for feed in feeds})).macs
    return macs if isinstance(macs, int) else None
