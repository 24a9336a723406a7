"""A drawing of a model's graph, for the command that makes one."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..drawing.standing import standing
from ..errors import UsageError
from ..inspection import place_of
from ..model.load import load
from ..names import visible
from ..picture.graph import GraphPicture
from ..picturing.around import neighbourhood
from ..picturing.graph import graph_of, unfolded
from ..picturing.places import numbers, places
from ..pipeline import audited
from ..settings import Settings
from ..wording import counted


def depicted(path: str, settings: Settings, node: str = "", hops: int = 3) -> Iterator[str]:
    """The SVG of a model: all of it with what repeats folded, or what is within so many hops of a node.

    What an audit without weights and run finds is marked. Raises what `load` raises, and `UsageError` for a node that
    the model does not have.
    """
    report, evidence = audited(path, settings._replace(run=False, weights=False))
    if evidence is None:
        load(path)  # says why
        raise AssertionError("a model that cannot be read was read")
    model, facts = evidence.model, evidence.facts
    at = place_of(facts, node) if node else None
    make = graph_of if at is None else unfolded
    marked = places(model, facts, report.findings)
    graph = make(model, facts, evidence.costs, report.findings, marked)
    if at is None:
        return standing(graph, visible(os.path.basename(path)))
    found = neighbourhood(graph, numbers(model, facts)[at.graph], at.index, hops)
    if found is None:
        raise UsageError(f"{node!r} lies beyond the nodes that are drawn: the model has too many")
    heading = f"{visible(os.path.basename(path))}: {counted(hops, 'hop')} around {visible(node)}"
    return standing(GraphPicture((found.frame,), graph.findings), heading, found.here)
