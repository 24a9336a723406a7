"""The whole product on one screen: a path goes in, a report comes out."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from .errors import CannotLook, Unreadable, UsageError
from .evidence.evidence import Evidence, Listening, NotLookedAt, nobody
from .evidence.summary import dtypes, looked_at, operators, ports, run_summary, totals
from .findings.fingerprint import fingerprinted
from .findings.folding import folded
from .findings.kind import Candidate
from .findings.order import worst_first
from .garbage import uncollected
from .model import digest, external
from .model.graph import Model
from .model.holes import NotHere
from .model.load import Source, load
from .report import Contract, Coverage, Found, Location, Missed, ModelIdentity, Report
from .rules import Rule, all_rules, rules_digest
from .rules.unreadable_model import unreadable_model
from .settings import Settings
from .shapes.registry import load_more
from .shapes.visits import OutOfBudget
from .tuples import NamedTuple
from .wording import counted, listed, nearest

if TYPE_CHECKING:
    from .weights.once import MeasuredFiles

_NONE: Mapping[Any, Any] = {}

_LEAST_WALKED, _TIMES_WALKED = 200_000, 200
"""Nodes that a rule may walk through again, and how often all of the model's: what is more is not looked at."""

_HASHED = 1 << 26  # bytes of a model whose contents are hashed on the way


_OFFERED = frozenset({"contract", "depth"})
"""What nobody misses who has not asked for it: a registry's word, and the look in depth."""

IN_MEMORY = "<in memory>"
"""What stands for the path of a model that has none."""


class Audit(NamedTuple):
    """A report, and the evidence that it was made of; None of a file that is no model."""

    report: Report
    evidence: Evidence | None


def audit(
    source: Source, settings: Settings | None = None, contract: Contract | None = None, listening: Listening = nobody
) -> Report:
    """Audit one model: a path, bytes, a file that is open for reading them, or an `onnx.ModelProto`.

    What is wrong with the model, down to bytes that are not a model, is in the report. Raises `NothingToAudit` where
    there is no file, `CannotLook` where the system does not let us read it, `UsageError` for senseless settings.
    """
    return audited(source, settings, contract, listening).report


def audited(
    source: Source, settings: Settings | None = None, contract: Contract | None = None, listening: Listening = nobody,
    before: MeasuredFiles = _NONE,
) -> Audit:  # fmt: skip
    """As `audit` does it, for whoever shows more of the model than its report, or has read its files just now.

    ``before``: what that reading said of their tensors, which are not read again.
    """
    settings = settings or Settings()
    chosen = selected(settings)
    listening("reading")
    try:
        model = load(source)
    except Unreadable as error:
        return Audit(_unreadable(os.fspath(source) if isinstance(source, str | os.PathLike) else "", error), None)
    evidence = Evidence(model, settings, contract, listening, before)
    if not (settings.run and settings.looks):
        with uncollected():  # what rules leave behind in cycles is a few hundred objects, of a model millions stay
            return Audit(_judge(evidence, chosen), evidence)
    from .runtime.started import forked_children

    with forked_children():  # a look in depth takes a child for each of its parts
        return Audit(_judge(evidence, chosen), evidence)


def selected(settings: Settings) -> tuple[Rule, ...]:
    """The rules that the settings choose; `UsageError` for a name that no rule has.

    The files with more operators that they name are imported, so that a wrong one ends this before any audit.
    """
    for file in settings.operators:
        load_more(file)
    rules = all_rules()
    if not settings.select and not settings.ignore:
        return rules
    names = {r.name for r in rules}
    for name in sorted(settings.select | settings.ignore):
        if name not in names:
            raise UsageError(f"there is no rule {name!r}{nearest(name, names)}; `auditor rules` lists them")
    return tuple(
        r for r in rules if (not settings.select or r.name in settings.select) and r.name not in settings.ignore
    )


def _judge(evidence: Evidence, rules: Collection[Rule]) -> Report:
    found: list[Candidate] = []
    ran: list[str] = []
    skipped: dict[str, Missed] = {}
    failed: list[Missed] = []
    allowed = max(_LEAST_WALKED, _TIMES_WALKED * evidence.facts.nodes_walked)
    for rule in rules:
        try:
            given = [evidence.about(kind) for kind in rule.wants]
            lacked = _asked_for_holes(evidence.model)
            with evidence.facts.allowed(allowed):
                for one in rule.check(*given):
                    found.append(Candidate.from_found(rule.kind, one))
            if _asked_for_holes(evidence.model) > lacked:  # what it has found stands
                skipped[rule.name] = Missed(f"rule {rule.name}, the rest of it", "it reads data that was not fetched")
            else:
                ran.append(rule.name)
        except NotHere:
            skipped[rule.name] = Missed(f"rule {rule.name}, the rest of it", "it reads data that was not fetched")
        except OutOfBudget as error:  # what it has found stands
            skipped[rule.name] = Missed(f"rule {rule.name}, the rest of it", str(error), asked=True)
        except NotLookedAt as not_looked_at:
            skipped[not_looked_at.missed.what] = not_looked_at.missed
        except Exception as error:  # a rule that fails is an entry in the report, never the end of the audit
            import traceback

            why = f"a fault of auditor: {type(error).__name__}: {error}"
            failed.append(Missed(f"rule {rule.name}", why, True, traceback.format_exc()))
    if len(rules) < len(all_rules()):
        chosen = {rule.name for rule in rules}
        left = [rule.name for rule in all_rules() if rule.name not in chosen]
        skipped["rules"] = Missed("rules", f"{counted(left, 'rule')} left out by --select or --ignore: {listed(left)}")
    model, facts = evidence.model, evidence.facts
    findings = fingerprinted(model, worst_first(folded(found, facts)))
    skipped.update((missed.what, missed) for missed in looked_at(evidence))
    return Report(
        model=_identity(model, content=evidence.settings.weights and not evidence.settings.sample_weights),
        findings=findings,
        coverage=Coverage(tuple(ran), tuple(m for name, m in skipped.items() if name not in _OFFERED), tuple(failed)),
        totals=totals(evidence.costs),
        inputs=ports(facts, model.graph.feeds),
        outputs=ports(facts, model.graph.outputs),
        weights=evidence.weights.rows() if evidence.settings.weights else (),
        ranges=evidence.ranges.rows(),
        run=run_summary(evidence),
        depth=tuple(deep.part for deep in evidence.depth),
        audited_at=_now(),
        rules_digest=rules_digest(),
        operators=operators(model),
        dtypes=dtypes(facts),
        ad_hoc=evidence.settings.ad_hoc,
    )


def _asked_for_holes(model: Model) -> int:
    """How often data was asked for that was not fetched."""
    return 0 if model.lacking is None else model.lacking.asked


def _unreadable(path: str, error: Unreadable) -> Report:
    found = Found(error.why, Location(offset=error.offset), error.fix)
    size = os.path.getsize(path) if path and os.path.isfile(path) else 0
    return Report(
        ModelIdentity(path or IN_MEMORY, size),
        fingerprinted(None, [Candidate.from_found(unreadable_model.kind, found)]),
        Coverage(
            ran=(unreadable_model.name,), skipped=(Missed("everything else", "the file cannot be read as a model"),)
        ),
        audited_at=_now(),
        rules_digest=rules_digest(),
    )


def _identity(model: Model, *, content: bool) -> ModelIdentity:
    return ModelIdentity(
        model.path or IN_MEMORY,
        model.size,
        digest.structure(model),
        _content_digest(model) if content else None,
        digest.files(model),
        model.ir_version,
        dict(model.opsets),
        model.producer,
    )


def _content_digest(model: Model) -> str | None:
    """Of models of a moderate size: a gigabyte costs a second, which is not what a check is for."""
    try:
        return digest.content(model) if model.size + _external_bytes(model) <= _HASHED else None
    except CannotLook:  # data that cannot be read: a rule says so
        return None


def _external_bytes(model: Model) -> int:
    found = (external.look(model, name) for name in digest.files(model))
    return sum(file.size for file in found if isinstance(file, external.DataFile))


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
