"""Whether one policy lets nothing pass that another does not: a partial order, field by field.

A policy A is as strict as B where every report that passes under A passes under B. Each field below has a condition
that is enough for that; where it does not hold, A is not taken, though some report may fare the same under both.

- ``fail_on``, ``select``, ``ignore``, ``severity``, ``profile`` together: of each rule, every severity with which a
  finding fails under B fails under A.
- ``limits``: each bound of B is in A, and as tight. ``allowed``: each list of B is in A, and no longer.
- ``waivers`` and the baseline: A forgives nothing that B does not forgive today.
- ``run``: where B wants a run to count, A does.
- ``required`` is not compared: the attestation says what was looked at, which is more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..findings.order import RANK
from ..policy.judge import failing_severities, is_counted
from ..policy.policy import Bounds, HowBad, Policy, Waiver
from ..policy.waivers import expired
from ..report import Severity
from ..rules import all_rules

_UPPER = ("max", "max_increase", "max_increase_percent")
_OTHER = "a rule that this auditor does not know"


def laxities(attested: Policy, asked: Policy, today: date) -> Iterator[str]:
    """Where the attested policy is not as strict as the one that is asked for: a sentence each, none where it is."""
    yield from _severities(attested, asked)
    for measure, bounds in asked.limits.items():
        yield from _limits(measure, attested.limits.get(measure, Bounds()), bounds)
    for kind, names in asked.allowed.items():
        there = attested.allowed.get(kind)
        if there is None:
            yield f"allowed.{kind} was not asked for"
        elif more := sorted(there - names):
            yield f"allowed.{kind} had {more[0]!r} too"
    valid = [waiver for waiver in asked.waivers if not expired(waiver, today)]
    for waiver in attested.waivers:
        if not any(_covers(one, waiver) for one in valid):
            yield f"it waives {waiver.rule}{_place(waiver)}, for which you have no waiver that still holds"
    for key, bad in attested.known.items():
        if key not in asked.known or not _as_bad(asked.known[key], bad):
            yield f"its baseline knows the finding {key[:60]!r}, and yours does not, or not as bad"
    if asked.run and not attested.run:
        yield "run = false: that the model runs was not asked for"


def _severities(attested: Policy, asked: Policy) -> Iterator[str]:
    """Of findings that fail where they are asked for, those that did not; of rules that count, those that did not."""
    if asked.fail_on is None:
        return
    named = {*attested.severity, *asked.severity, *attested.select, *asked.select, *attested.ignore, *asked.ignore}
    for rule in (*(rule.name for rule in all_rules()), *sorted(named), _OTHER):
        passed = failing_severities(rule, asked) - failing_severities(rule, attested)
        if passed:
            worst = max(passed, key=RANK.__getitem__)
            levels = "any severity" if len(passed) == len(Severity) else f"severity {worst.value}"
            yield f"findings of {rule} with {levels} did not fail"
            return  # of many rules the first tells enough
        if is_counted(rule, asked) and not is_counted(rule, attested):
            yield f"the rule {rule} did not count"
            return


def _limits(measure: str, attested: Bounds, asked: Bounds) -> Iterator[str]:
    for name, wanted in asked._asdict().items():
        there = getattr(attested, name)
        if wanted is None or (there is not None and (there <= wanted if name in _UPPER else there >= wanted)):
            continue
        was = "was not asked for" if there is None else f"was {there:g}, and {wanted:g} is asked for"
        yield f"limits.{measure}.{name.replace('_', '-')} {was}"


def _covers(wide: Waiver, narrow: Waiver) -> bool:
    """Whether whatever one waiver forgives is forgiven by the other, which holds as long."""
    places = ((wide.node, narrow.node), (wide.fingerprint, narrow.fingerprint))
    return wide.rule == narrow.rule and all(not place or place == other for place, other in places)


def _place(waiver: Waiver) -> str:
    at = waiver.node or waiver.fingerprint
    return f" at {at}" if at else ""


def _as_bad(wide: HowBad, narrow: HowBad) -> bool:
    """Whether a baseline that knows a finding so knows it however bad the other one does."""
    if wide.magnitude is not None and narrow.magnitude is None:
        return False
    return wide.covers(narrow)
