"""Waivers: who answers for what, until when, and what is left over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from auditor import Settings, audit
from auditor.config import configuration
from auditor.policy.judge import judge
from auditor.policy.policy import HowBad, Policy, Waiver
from auditor.policy.waivers import waived
from auditor.report import (
    Basis,
    Coverage,
    Finding,
    Location,
    ModelIdentity,
    Report,
    Severity,
    Verdict,
    Waived,
    waiver_of,
)

TODAY = date(2026, 11, 24)
AT = Finding("big", Severity.ERROR, Basis.SUSPICIOUS, "too large", Location("", "conv3", "Conv"), fingerprint="f3")
INSIDE = AT._replace(location=Location("if/then", "conv3", "Conv"), fingerprint="f4")
STORED = AT._replace(location=Location(tensor="w"), fingerprint="f5")


def waiver(**fields: str) -> Waiver:
    return Waiver(**{"rule": "big", "reason": "known since May", "owner": "vision", **fields})


def rules(*waivers: Waiver, finding: Finding = AT, ran: tuple[str, ...] = ("big",)) -> tuple[bool, list[str]]:
    """Whether the finding is waived, and the rules of what is said of the waivers."""
    first, *others = waived([finding], Policy(waivers=waivers), TODAY, ran)
    return waiver_of(first) is not None, [f.rule for f in others]


@pytest.mark.parametrize(
    ("given", "finding", "holds"),
    [
        (waiver(), AT, True),
        (waiver(rule="other"), AT, False),
        (waiver(rule="*"), AT, False),
        (waiver(rule="bi?"), AT, False),
        (waiver(rule=""), AT, False),
        (waiver(node="conv3"), AT, True),
        (waiver(node="conv"), AT, False),
        (waiver(node="*"), AT, False),
        (waiver(node="conv3"), INSIDE, True),
        (waiver(node="if/then/conv3"), INSIDE, True),
        (waiver(node="if/else/conv3"), INSIDE, False),
        (waiver(node="w"), STORED, True),
        (waiver(fingerprint="f3"), AT, True),
        (waiver(fingerprint="f4"), AT, False),
        (waiver(fingerprint="f3", node="conv4"), AT, False),
    ],
)
def test_what_a_waiver_is_for(given: Waiver, finding: Finding, holds: bool) -> None:
    first, *_ = waived([finding], Policy(waivers=(given,)), TODAY)
    assert (waiver_of(first) is not None) is holds
    assert all(getattr(first, field) == getattr(finding, field) for field in Finding._fields)


def test_it_says_who_and_why_and_until_when() -> None:
    [first] = waived([AT], Policy(waivers=(waiver(expires="2027-01-31"),)), TODAY)
    assert waiver_of(first) == Waived("waiver", "known since May", "vision", "2027-01-31")


@pytest.mark.parametrize(
    ("expires", "holds"),
    [
        ("", True),
        ("2026-11-25", True),
        ("2026-11-24", True),  # the last day on which it holds
        ("2026-11-23", False),
        ("soon", False),
    ],
)
def test_its_last_day(expires: str, holds: bool) -> None:
    assert rules(waiver(expires=expires)) == (holds, [] if holds else ["expired-waiver"])


def test_an_expired_one_says_whether_it_is_still_needed() -> None:
    _, needed = waived([AT], Policy(waivers=(waiver(expires="2026-01-01", origin="auditor.toml:12"),)), TODAY)
    assert (needed.severity, waiver_of(needed)) == (Severity.WARNING, None)
    assert (
        needed.message == "the waiver of big (auditor.toml:12) ended on 2026-01-01, and what it was for is still there"
    )
    [needless] = waived([], Policy(waivers=(waiver(expires="2026-01-01", node="a"),)), TODAY)
    assert needless.message == "the waiver of big at a ended on 2026-01-01, and nothing here needs it any more"
    assert needed.fingerprint and needed.fingerprint != needless.fingerprint


def test_an_unused_one() -> None:
    unused = waiver(node="conv4")
    assert rules(unused) == (False, ["unused-waiver"])
    assert rules(unused, waiver()) == (True, ["unused-waiver"])
    assert rules(waiver(node="conv3"), waiver(fingerprint="f3")) == (True, [])  # two that cover one are both used


def test_what_was_not_looked_at_is_not_unused() -> None:
    assert rules(waiver(node="conv4"), ran=()) == (False, [])
    assert rules(waiver(rule="other"), ran=("big",)) == (False, [])


def test_what_may_be_folded_away_is_not_unused() -> None:
    root = AT._replace(consequences=1)
    folded = waiver(rule="golden-mismatch")
    assert rules(folded, finding=root, ran=("golden-mismatch",)) == (False, [])
    assert rules(folded, ran=("golden-mismatch",)) == (False, ["unused-waiver"])


def test_a_waiver_that_several_models_share_is_not_unused() -> None:
    assert rules(waiver(node="a", model="detectors/*.onnx")) == (False, [])
    assert rules(waiver(node="a", model="detectors/a.onnx")) == (False, ["unused-waiver"])


def test_what_the_baseline_knows() -> None:
    policy = Policy(known={"f3": HowBad(), "": HowBad()}, waivers=(waiver(node="w"),))
    known, stored, unprinted = waived([AT, STORED, AT._replace(fingerprint="")], policy, TODAY)
    assert waiver_of(known) == Waived("baseline")
    assert (by := waiver_of(stored)) is not None and by.by == "waiver"
    assert waiver_of(unprinted) is None
    [both] = waived([AT], policy._replace(waivers=(waiver(),)), TODAY)
    assert (by := waiver_of(both)) is not None and by.by == "waiver"


def test_the_verdict() -> None:
    report = Report(ModelIdentity("m.onnx"), (AT, STORED), Coverage(("big",)))

    def verdict(*waivers: Waiver, known: Mapping[str, HowBad] = {}) -> Verdict:
        return judge(report, Policy(waivers=waivers, known=known), today=TODAY).verdict

    assert verdict() is Verdict.FAIL
    assert verdict(waiver(node="conv3")) is Verdict.FAIL
    assert verdict(waiver(node="conv3"), waiver(node="w")) is Verdict.PASS
    assert verdict(waiver(node="conv3"), known={"f5": HowBad()}) is Verdict.PASS
    assert verdict(waiver(expires="2026-11-23")) is Verdict.FAIL


def blocks(bad: tuple[int, ...]) -> onnx.ModelProto:
    """Sixteen equal blocks; the bad ones have a Clip whose bounds are reversed."""
    nodes, before = [], "x"
    stored = [helper.make_tensor(n, TensorProto.FLOAT, [], [v]) for n, v in (("low", 0.0), ("high", 6.0))]
    for i in range(16):
        bounds = ["high", "low"] if i in bad else ["low", "high"]
        nodes.append(helper.make_node("Clip", [before, *bounds], [f"c{i}"], name=f"clip{i}"))
        nodes.append(helper.make_node("Neg", [f"c{i}"], [f"n{i}"], name=f"neg{i}"))
        before = f"n{i}"
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("x", before)]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_one_of_sixteen_blocks_is_waived_and_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"

    def found(*bad: int) -> tuple[Finding, ...]:
        path.write_bytes(blocks(bad).SerializeToString())
        findings = audit(str(path), Settings(run=False)).findings
        return tuple(f for f in findings if f.rule == "clip-reversed")

    [fifth] = found(5)
    (tmp_path / "auditor.toml").write_text(
        f"""
        [[waivers]]
        rule = "clip-reversed"
        fingerprint = "{fifth.fingerprint}"
        reason = "the block of the teacher"
        owner = "vision"
        """
    )
    policy = configuration.read(str(tmp_path / "auditor.toml")).policy(str(path))
    for bad in ((5,), (3, 5), (5, 6), tuple(range(16))):
        report = Report(ModelIdentity("m"), found(*bad), Coverage(("clip-reversed",)))
        judged = judge(report, policy, today=TODAY).report.findings
        assert [f.location.node for f in judged if waiver_of(f) is not None] == ["clip5"]
        assert len(judged) == len(bad)
