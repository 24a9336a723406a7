"""Two models compared in every way: two paths go in, what differs comes out."""

from __future__ import annotations

from ..errors import Unreadable
from ..evidence.evidence import Evidence
from ..picture.graph import GraphPicture
from ..pipeline import audited
from ..record import Record
from ..report import Report
from ..settings import Settings
from ..wording import counted
from .behaviour import Behaviour, behaviour
from .concluding import concluded
from .costs import BlockRow, CostRow, block_rows, cost_rows
from .difference import Conclusion, Degree, Edit, ModelDifference, Recast, TensorChanged
from .differing import model_difference
from .findings import FindingChanges, finding_changes
from .stored import LEFT_OUT, StoredValues, TensorRow
from .streamed.values import ValueChange

_MOST_NAMED = 3


class DiffReport(Record):
    """All that is known of what changed. ``old`` and ``new`` are static audits, without a policy and without a run."""

    old: Report
    new: Report
    difference: ModelDifference
    tensors: tuple[TensorRow, ...]  # every pair of stored tensors
    costs: tuple[CostRow, ...]
    blocks: tuple[BlockRow, ...]
    findings: FindingChanges
    behaviour: Behaviour
    conclusion: Conclusion  # of the difference, and of what both answered
    graph: GraphPicture | None = None  # both as one; None where nobody asked for it

    @property
    def degree(self) -> Degree:
        return self.conclusion.degree

    @property
    def traces(self) -> tuple[str, ...]:
        """The tracebacks of faults of ours that cost a part of the comparison."""
        found = (*self.old.coverage.traces, *self.new.coverage.traces, self.behaviour.trace)
        return tuple(dict.fromkeys(filter(None, found)))

    @property
    def changed_tensors(self) -> tuple[TensorRow, ...]:
        """Those that are not identical; where values were left out, those whose type or sizes are others."""
        return tuple(
            row
            for row in self.tensors
            if row.compared.what is not ValueChange.IDENTICAL and (row.compared is not LEFT_OUT or row.recast)
        )


def compared_models(old: str, new: str, settings: Settings, *, draws: bool = False) -> DiffReport:
    """What changed between the models at two paths; ``draws``: with both graphs as one picture.

    `Unreadable` where one of the two is no model, `NothingToAudit` and `CannotLook` as of any audit.
    """
    static = settings._replace(run=False)
    before, now = _audited(old, static), _audited(new, static)
    (report, evidence), (other, another) = before, now
    with StoredValues(evidence.model, another.model, reads=settings.weights) as values:
        difference = model_difference(evidence.facts, another.facts, values.values)
        if not settings.weights:
            difference = _without_values(difference)
        tensors = values.rows(difference)
    found = behaviour(evidence.facts, another.facts, (evidence.costs, another.costs), difference, settings)
    return DiffReport(
        report,
        other,
        difference,
        tensors,
        cost_rows(report.totals, other.totals),
        block_rows(evidence.costs, another.costs, difference.bodies),
        finding_changes(report, other, difference, _labels(evidence, another, difference)),
        found,
        _concluded(difference.conclusion, found),
        _drawn(evidence, another, difference) if draws else None,
    )


def _audited(path: str, settings: Settings) -> tuple[Report, Evidence]:
    report, evidence = audited(path, settings)
    if evidence is None:
        finding = report.findings[0]
        raise Unreadable(f"{path}: {finding.message}", finding.location.offset, finding.fix)
    return report, evidence


def _drawn(old: Evidence, new: Evidence, difference: ModelDifference) -> GraphPicture:
    """Repeated stretches are folded where nothing in them changed."""
    from ..picturing.blocks import folded
    from ..picturing.graph import unfolded
    from ..picturing.places import numbers
    from .union import united

    before, now = (unfolded(one.model, one.facts, one.costs) for one in (old, new))
    of_both = numbers(old.model, old.facts), numbers(new.model, new.facts)
    return folded(united(before, now, difference, of_both))


def _without_values(difference: ModelDifference) -> ModelDifference:
    """That nobody was to read the values is said once, and is no edit."""
    edits = tuple(edit for edit in difference.edits if not _is_unknown(edit))
    left = len(difference.edits) - len(edits)
    if not left:
        return difference
    said = f"the values of {counted(left, 'stored tensor')}: left out by --no-weights"
    unknown = (said, *difference.conclusion.unknown[left:])
    return difference._replace(edits=edits, conclusion=concluded(edits, unknown, same_bytes=False))


def _is_unknown(edit: Edit) -> bool:
    return isinstance(edit.change, TensorChanged) and edit.change.how is Recast.UNKNOWN


def _labels(old: Evidence, new: Evidence, difference: ModelDifference) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Nodes that stand for each other under another name, each by its graph and what it is called."""
    from ..model.scopes import scopes

    before, now = ({scope.path: scope.graph for scope in scopes(one.model)} for one in (old, new))
    found = []
    for body in difference.bodies:
        one, other = before.get(body.old), now.get(body.new)
        if one is not None and other is not None:
            found += [((body.old, one.label(a)), (body.new, other.label(b))) for a, b in body.nodes]
    return found


def _concluded(said: Conclusion, found: Behaviour) -> Conclusion:
    """What the runs add: equal outputs prove nothing, and outputs that are apart disprove."""
    if found.broken and said.degree < Degree.BREAKING:
        return said._replace(degree=Degree.BREAKING, reasons=(found.broken, *said.reasons))
    apart = found.apart
    if apart and said.degree in (Degree.IDENTICAL, Degree.RENAMED, Degree.COMPATIBLE):
        named = ", ".join(map(repr, apart[:_MOST_NAMED])) + (" and more" if len(apart) > _MOST_NAMED else "")
        why = f"on the same inputs other numbers come out as {named}"
        return said._replace(degree=Degree.BEHAVIOUR, reasons=(why, *said.reasons))
    return said
