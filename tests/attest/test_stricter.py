"""The order of policies: where it says that one is as strict, no report passes under it that fails under the other."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.attest.policy_text import policy_text, read_policy
from auditor.attest.stricter import laxities
from auditor.policy.judge import judge
from auditor.policy.policy import PROFILES, Bounds, HowBad, Policy, Waiver
from auditor.report import Basis, Coverage, Finding, Location, ModelIdentity, Report, Severity, Totals, Verdict
from auditor.rules import all_rules

TODAY = date(2026, 6, 1)
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@pytest.mark.parametrize(
    ("laxer", "strict", "sentence"),
    [
        ({}, {"fail_on": WARNING}, "findings of activation-overflow with severity warning did not fail"),
        ({"fail_on": None}, {}, "findings of activation-overflow with severity error did not fail"),
        ({"ignore": {"nan-weights"}}, {}, "findings of nan-weights with severity error did not fail"),
        ({"select": {"nan-weights"}}, {}, "findings of activation-overflow with severity error did not fail"),
        ({"select": {"nan-weights"}}, {"select": {"nan-weights", "dead-branches"}},
         "findings of dead-branches with severity error did not fail"),
        ({"severity": {"nan-weights": NOTE}}, {}, "findings of nan-weights with severity error did not fail"),
        ({}, {"severity": {"nan-weights": ERROR}}, "findings of nan-weights with severity warning did not fail"),
        ({"severity": {"of-tomorrow": NOTE}}, {}, "findings of of-tomorrow with severity error did not fail"),
        ({"ignore": {"nan-weights"}, "severity": {"nan-weights": NOTE}}, {"severity": {"nan-weights": NOTE}},
         "the rule nan-weights did not count"),
        ({}, {"limits": {"macs": Bounds(max=10)}}, "limits.macs.max was not asked for"),
        ({"limits": {"macs": Bounds(max=11)}}, {"limits": {"macs": Bounds(max=10)}},
         "limits.macs.max was 11, and 10 is asked for"),
        ({"limits": {"opset": Bounds(min=11)}}, {"limits": {"opset": Bounds(min=12)}},
         "limits.opset.min was 11, and 12 is asked for"),
        ({"limits": {"macs": Bounds(max_increase_percent=2)}}, {"limits": {"macs": Bounds(max_increase_percent=1)}},
         "limits.macs.max-increase-percent was 2, and 1 is asked for"),
        ({}, {"allowed": {"dtypes": {"float32"}}}, "allowed.dtypes was not asked for"),
        ({"allowed": {"dtypes": {"float32", "int8"}}}, {"allowed": {"dtypes": {"float32"}}},
         "allowed.dtypes had 'int8' too"),
        ({"waivers": (Waiver("nan-weights", "why", "who"),)}, {},
         "it waives nan-weights, for which you have no waiver that still holds"),
        ({"waivers": (Waiver("nan-weights", "why", "who"),)}, {"waivers": (Waiver("nan-weights", "w", "o", node="a"),)},
         "it waives nan-weights, for which you have no waiver that still holds"),
        ({"waivers": (Waiver("nan-weights", "w", "o", node="a"),)},
         {"waivers": (Waiver("nan-weights", "w", "o", node="b"),)},
         "it waives nan-weights at a, for which you have no waiver that still holds"),
        ({"known": {"abc": HowBad(ERROR)}}, {"known": {}},
         "its baseline knows the finding 'abc', and yours does not, or not as bad"),
        ({"known": {"abc": HowBad(ERROR, 3)}}, {"known": {"abc": HowBad(ERROR, 2)}},
         "its baseline knows the finding 'abc', and yours does not, or not as bad"),
        ({"known": {"abc": HowBad()}}, {"known": {"abc": HowBad(ERROR, 2)}},
         "its baseline knows the finding 'abc', and yours does not, or not as bad"),
        ({"run": False}, {}, "run = false: that the model runs was not asked for"),
    ],
)  # fmt: skip
def test_each_field(laxer: dict[str, object], strict: dict[str, object], sentence: str) -> None:
    one, other = Policy(**laxer), Policy(**strict)  # type: ignore[arg-type]  # as the table has them
    found = list(laxities(one, other, TODAY))
    assert found == [sentence]
    assert list(laxities(one, one, TODAY)) == [] == list(laxities(other, other, TODAY))


def test_untrusted_is_as_strict_as_own_and_own_is_not_as_untrusted() -> None:
    own, untrusted = Policy(fail_on=WARNING), Policy(fail_on=WARNING, profile="untrusted")
    assert list(laxities(untrusted, own, TODAY)) == []
    (sentence,) = laxities(own, untrusted, TODAY)
    assert sentence.endswith("with severity note did not fail")


def test_a_waiver_of_yours_that_is_over_waives_nothing() -> None:
    waiver = Waiver("nan-weights", "why", "who")
    policy = Policy(waivers=(waiver,))
    assert list(laxities(policy, policy, TODAY)) == []
    over = Policy(waivers=(waiver._replace(expires="2026-05-31"),))
    assert len(list(laxities(policy, over, TODAY))) == 1
    assert list(laxities(policy, Policy(waivers=(waiver._replace(expires="2026-06-01"),)), TODAY)) == []


def test_wider_permissions_cover_narrower_ones() -> None:
    wide = Policy(
        limits={"macs": Bounds(max=10)}, allowed={"dtypes": frozenset({"float32", "int8"})},
        waivers=(Waiver("nan-weights", "why", "who"),), known={"abc": HowBad(ERROR, 3), "def": HowBad()}, run=False,
    )  # fmt: skip
    narrow = Policy(
        fail_on=NOTE, limits={"macs": Bounds(max=9, min=1)}, allowed={"dtypes": frozenset({"int8"})},
        waivers=(Waiver("nan-weights", "why", "who", node="a"),), known={"abc": HowBad(WARNING, 2)},
    )  # fmt: skip
    assert list(laxities(narrow, wide, TODAY)) == [] != list(laxities(wide, narrow, TODAY))


RULES = ("nan-weights", "dead-branches", "addresses-in-text")
_levels = st.sampled_from([*Severity])
_names = st.frozensets(st.sampled_from(RULES))
_waivers = st.builds(
    Waiver, st.sampled_from(RULES), st.just("why"), st.just("who"), st.sampled_from(["", "2026-05-31", "2026-06-01"]),
    node=st.sampled_from(["", "a", "b"]),
)  # fmt: skip
_bads = st.builds(HowBad, st.none() | _levels, st.none() | st.integers(0, 2))
POLICIES = st.builds(
    Policy,
    fail_on=st.none() | _levels,
    select=_names,
    ignore=_names,
    severity=st.dictionaries(st.sampled_from(RULES), _levels),
    profile=st.sampled_from(PROFILES),
    limits=st.dictionaries(
        st.just("parameters"), st.builds(Bounds, st.integers(5, 9), st.integers(0, 4), st.none(), st.none())
    ),
    allowed=st.dictionaries(st.just("dtypes"), st.frozensets(st.sampled_from(["float32", "int8"]))),
    waivers=st.lists(_waivers, max_size=2).map(tuple),
    run=st.booleans(),
    known=st.dictionaries(st.sampled_from(["p", "q"]), _bads),
)
_findings = st.builds(
    Finding, st.sampled_from(RULES), _levels, st.just(Basis.SUSPICIOUS), st.just("m"),
    st.sampled_from([Location(node="a"), Location(node="b")]), fingerprint=st.sampled_from(["p", "q", "r"]),
    magnitude=st.none() | st.integers(0, 2),
)  # fmt: skip
_REPORT = Report(ModelIdentity("m.onnx", 1, "d"), coverage=Coverage(tuple(rule.name for rule in all_rules())))


@settings(max_examples=60)
@given(
    POLICIES,
    POLICIES,
    st.frozensets(st.sampled_from(Policy._fields)),
    st.lists(_findings, max_size=3),
    st.integers(3, 10),
    st.frozensets(st.just("int8")),
)
def test_what_passes_under_a_policy_passes_under_every_one_that_it_is_as_strict_as(
    attested: Policy,
    other: Policy,
    fields: frozenset[str],
    findings: list[Finding],
    parameters: int,
    dtypes: frozenset[str],
) -> None:
    """By the judge itself. What a policy finds in its own waivers is no finding of the model."""
    asked = attested._replace(**{name: getattr(other, name) for name in fields})
    report = _REPORT._replace(findings=tuple(findings), totals=Totals(parameters=parameters), dtypes=tuple(dtypes))
    apart = frozenset({"expired-waiver", "unused-waiver"})
    asked = asked._replace(ignore=asked.ignore | apart)
    attested = read_policy(policy_text(attested._replace(ignore=attested.ignore | apart)), "here")
    if list(laxities(attested, asked, TODAY)):
        return
    if judge(report, attested, today=TODAY, whole=True).verdict is Verdict.PASS:
        assert judge(report, asked, today=TODAY, whole=True).verdict is Verdict.PASS
