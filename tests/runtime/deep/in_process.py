"""Two models held against each other in this process: what the child does, without a child."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from auditor.evidence.deep.divergence import side_of
from auditor.evidence.sizes import choose
from auditor.model.load import load
from auditor.runtime.deep.divergence import OPTIMISATION, Comparing, SideAsked, SideSeen
from auditor.runtime.deep.ground import DeepGround
from auditor.runtime.providers import CPU, Chain, ChainLink
from auditor.runtime.request import Feed, NamePair, Request, RunLimits
from auditor.runtime.session import Sessions
from auditor.shapes.facts import infer

onnxruntime.set_default_logger_severity(4)

CHAIN = Chain((ChainLink(CPU, {}),))


def _heard(_: object) -> None:
    """Nobody listens."""


def ground_of(request: Request) -> DeepGround:
    """What a part stands on in the child, in this process."""
    return DeepGround(Sessions(onnxruntime, request, CHAIN), request, _heard, _heard, {}, "")


def sides_of(ours: Path, other: str = "") -> list[SideAsked]:
    """With optimisation against without, and against another model."""
    model = load(ours)
    found = [SideAsked(OPTIMISATION, outputs=tuple(NamePair(v.name, v.name) for v in model.graph.outputs))]
    if other:
        side = side_of(model, other, given=True)
        assert not isinstance(side, str), side
        found.append(side.asked)
    return found


def held_against(ours: Path, other: Path, seed: int = 0, inputs: tuple[Feed, ...] = ()) -> SideSeen:
    """What the child sees of one model held against another, on inputs of ours where there are no others."""
    attempts = (inputs,) if inputs else choose(infer(load(ours))).attempts[:1]
    request = Request(str(ours), attempts=attempts, limits=RunLimits(seconds=3600, threads=1), seed=seed)
    *_, seen = Comparing(ground_of(request), sides_of(ours, str(other))[1], invented=not inputs).steps()
    return seen
