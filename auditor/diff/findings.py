"""Which findings of the old model went, and which came with the new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from ..report import Finding, Location, Report
from ..tuples import NamedTuple
from .difference import ModelDifference

_Place: TypeAlias = tuple[str, str, str, str, str]


class FindingChanges(NamedTuple):
    """``stay``: how many both have. ``unlike``: rules that looked at one of the two alone."""

    came: tuple[Finding, ...] = ()
    went: tuple[Finding, ...] = ()
    stay: int = 0
    unlike: tuple[str, ...] = ()


def finding_changes(
    old: Report, new: Report, difference: ModelDifference, labels: Sequence[tuple[_Label, _Label]] = ()
) -> FindingChanges:
    """A finding stays where the rule finds the same structure, or a place that stands for the old one.

    ``labels``: nodes that stand for each other, each by its graph and what it is called.
    """
    both = set(old.coverage.ran) & set(new.coverage.ran)
    unlike = sorted(set(old.coverage.ran) ^ set(new.coverage.ran))
    left: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in old.findings:
        left[finding.rule, finding.fingerprint].append(finding)
    new_ones = []
    stay = 0
    for finding in new.findings:
        same = left.get((finding.rule, finding.fingerprint))
        if same:
            same.pop(0)
            stay += 1
        else:
            new_ones.append(finding)
    moved = _Moved(difference, labels)
    gone: defaultdict[_Place, list[Finding]] = defaultdict(list)
    for findings in left.values():
        for finding in findings:
            gone[moved.place(finding)].append(finding)
    came = []
    for finding in new_ones:
        partners = gone.get(_place(finding, finding.location))
        if partners:
            partners.pop(0)
            stay += 1
        else:
            came.append(finding)
    went = {id(finding) for findings in gone.values() for finding in findings}
    return FindingChanges(
        tuple(finding for finding in came if finding.rule in both),
        tuple(finding for finding in old.findings if id(finding) in went and finding.rule in both),
        stay,
        tuple(unlike),
    )


_Label: TypeAlias = tuple[str, str]


class _Moved:
    """Where the places of the old model are in the new one."""

    def __init__(self, difference: ModelDifference, labels: Sequence[tuple[_Label, _Label]]) -> None:
        self._nodes = dict(labels)
        self._graphs = {body.old: body.new for body in difference.bodies}
        self._tensors = {(body.old, before): after for body in difference.bodies for before, after in body.tensors} | {
            (pair.old.graph, pair.old.name): pair.new.name for pair in difference.stored
        }

    def place(self, finding: Finding) -> _Place:
        where = finding.location
        graph, node = self._nodes.get(
            (where.graph, where.node), (self._graphs.get(where.graph, where.graph), where.node)
        )
        tensor = self._tensors.get((where.graph, where.tensor), where.tensor)
        return _place(finding, where._replace(graph=graph, node=node, tensor=tensor))


def _place(finding: Finding, where: Location) -> _Place:
    return finding.rule, where.graph, where.node, where.tensor, where.attribute
