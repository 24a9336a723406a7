"""What a policy makes of a report: verdicts by arithmetic, and never a pass where nothing was looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.policy.judge import Judgement, failing_severities, judge
from auditor.policy.policy import Bounds, HowBad, Policy, Waiver
from auditor.report import (
    Basis,
    Coverage,
    DeepPart,
    Finding,
    JudgedFinding,
    Location,
    Missed,
    ModelIdentity,
    Report,
    RunSummary,
    Severity,
    Totals,
    Verdict,
    waiver_of,
)
from auditor.rules import all_rules
from auditor.settings import DEEP

TODAY = date(2026, 11, 24)
NOT_OFFERED = {"Contract", *(part.capitalize() for part in DEEP)}
RULES = tuple(rule.name for rule in all_rules() if NOT_OFFERED.isdisjoint(rule.wants))
RUN = RunSummary(
    "CPUExecutionProvider", "ok", "", 0.25, {"level": "full"}, {"CPUExecutionProvider": 3}, ("test_data_set_0: equal",)
)
SOUND = Report(
    ModelIdentity("m.onnx", 5000, "d", ir_version=8, opsets={"": 17, "com.microsoft": 1}),
    coverage=Coverage(RULES),
    totals=Totals(nodes=3, parameters=1000, learnable_parameters=900, macs=7, flops=14, weight_bytes=4000),
    run=RUN,
    audited_at="2026-11-24T00:00:00+00:00",
    operators={"Conv": 2, "com.microsoft:Gelu": 1},
    dtypes=("float32", "int64"),
)
NAN = Finding("nan-weights", Severity.ERROR, Basis.SUSPICIOUS, "NaN in w", Location(node="head"), fingerprint="f1")
DEAD = Finding("dead-branches", Severity.WARNING, Basis.SUSPICIOUS, "dead", Location(node="a"), fingerprint="f2")


def under(report: Report = SOUND, accepted: Report | None = None, **policy: Any) -> Judgement:
    return judge(report, Policy(**policy), accepted, TODAY)


def rules(judgement: Judgement) -> list[str]:
    return [finding.rule for finding in judgement.report.findings]


def asked(judgement: Judgement) -> dict[str, str]:
    return {missed.what: missed.why for missed in judgement.report.coverage.skipped if missed.asked}


# Findings


SCRIPT = Finding("code-in-text", Severity.NOTE, Basis.SUSPICIOUS, "a script", Location(node="a"), fingerprint="f3")


def severities(judgement: Judgement) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in judgement.report.findings}


def test_a_stranger_is_suspected_where_the_rule_says_so() -> None:
    report = SOUND._replace(findings=(NAN, DEAD, SCRIPT))
    own, untrusted = under(report), under(report, profile="untrusted")
    assert severities(own)["code-in-text"] is Severity.NOTE
    assert severities(untrusted) == {**severities(own), "code-in-text": Severity.WARNING}
    told = next(f for f in untrusted.report.findings if f.rule == "code-in-text")
    assert isinstance(told, JudgedFinding) and told.own_severity is Severity.NOTE
    assert severities(judge(untrusted.report, Policy(), None, TODAY)) == severities(own)  # judged anew


def test_what_is_said_of_one_rule_holds_for_strangers_too() -> None:
    report = SOUND._replace(findings=(SCRIPT,))
    for severity in (Severity.NOTE, Severity.ERROR):
        said = under(report, profile="untrusted", severity={"code-in-text": severity})
        assert severities(said) == {"code-in-text": severity}


def test_a_stranger_is_never_thought_better_of() -> None:
    """An operator that ONNX does not have is an error, and one of another domain a note: that one is raised."""
    found = Finding("unknown-operators", Severity.ERROR, Basis.ILLEGAL, "no Rleu", Location(node="b"), fingerprint="f4")
    assert severities(under(SOUND._replace(findings=(found,)), profile="untrusted")) == {
        "unknown-operators": Severity.ERROR
    }


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        (None, Verdict.PASS),
        (Severity.ERROR, Verdict.PASS),
        (Severity.WARNING, Verdict.FAIL),
        (Severity.NOTE, Verdict.FAIL),
    ],
)
def test_fail_on(level: Severity | None, verdict: Verdict) -> None:
    assert under(SOUND._replace(findings=(DEAD,)), fail_on=level).verdict is verdict


NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


@pytest.mark.parametrize(
    ("policy", "failing"),
    [
        (Policy(fail_on=WARNING), {WARNING, ERROR}),
        (Policy(fail_on=WARNING, profile="untrusted"), {NOTE, WARNING, ERROR}),  # a note counts as a warning
        (Policy(fail_on=ERROR, profile="untrusted"), {ERROR}),
        (Policy(fail_on=WARNING, severity={"code-in-text": NOTE}, profile="untrusted"), set()),
        (Policy(fail_on=ERROR, severity={"code-in-text": ERROR}), {NOTE, WARNING, ERROR}),
        (Policy(fail_on=ERROR, severity={"nan-weights": NOTE}), {ERROR}),  # another rule's
        (Policy(fail_on=None), set()),
        (Policy(fail_on=NOTE, ignore=frozenset({"code-in-text"})), set()),
    ],
)
def test_what_fails_is_told_before_there_is_a_finding(policy: Policy, failing: set[Severity]) -> None:
    assert failing_severities("code-in-text", policy) == failing
    for severity in Severity:  # as it is judged
        judged = judge(SOUND._replace(findings=(SCRIPT._replace(severity=severity),)), policy, today=TODAY)
        assert (judged.verdict is Verdict.FAIL) is (severity in failing)


def test_selection_and_severity() -> None:
    report = SOUND._replace(findings=(NAN, DEAD))
    assert rules(under(report)) == ["nan-weights", "dead-branches"]
    assert rules(under(report, select=frozenset({"dead-branches"}))) == ["dead-branches"]
    assert rules(under(report, ignore=frozenset({"nan-weights"}))) == ["dead-branches"]
    assert under(report, ignore=frozenset({"nan-weights"})).verdict is Verdict.PASS
    turned = under(report, severity={"nan-weights": Severity.NOTE, "dead-branches": Severity.ERROR})
    assert rules(turned) == ["dead-branches", "nan-weights"]  # the worst first
    assert turned.verdict is Verdict.FAIL
    assert report.findings == (NAN, DEAD)


def test_waived_and_known_findings_are_kept_and_do_not_count() -> None:
    report = SOUND._replace(findings=(NAN, DEAD))
    waiver = Waiver("nan-weights", "replaced in March", "ann", "2026-11-24", node="head")
    held = under(report, waivers=(waiver,), known={"f2": HowBad()}, fail_on=Severity.NOTE)
    assert held.verdict is Verdict.PASS
    assert [waiver.by for waiver in map(waiver_of, held.report.findings) if waiver] == ["waiver", "baseline"]
    assert [r.text for r in held.reasons if r.kind == "waived"] == [
        "nan-weights at head: NaN in w [waiver: ann, replaced in March, until 2026-11-24]",
        "dead-branches at a: dead [baseline]",
    ]
    over = judge(report, Policy(waivers=(waiver,)), today=date(2026, 11, 25))
    assert over.verdict is Verdict.FAIL
    assert "expired-waiver" in rules(over)


def test_a_waiver_holds_for_what_the_policy_itself_finds() -> None:
    waiver = Waiver("over-limit", "agreed", "ann")
    held = under(limits={"nodes": Bounds(max=1)}, waivers=(waiver,))
    assert (rules(held), held.verdict) == (["over-limit"], Verdict.PASS)


# Limits

MEASURED = {
    "parameters": 1000,
    "learnable-parameters": 900,
    "macs": 7,
    "flops": 14,
    "weight-bytes": 4000,
    "file-bytes": 5000,
    "nodes": 3,
    "ir-version": 8,
    "opset": 17,
    "opset:com.microsoft": 1,
    "run-seconds": 0.25,
}


@pytest.mark.parametrize(("measure", "number"), MEASURED.items())
def test_each_measure_has_its_bounds(measure: str, number: float) -> None:
    for limit in (Bounds(max=number), Bounds(min=number), Bounds(min=number, max=number)):
        assert under(limits={measure: limit}).verdict is Verdict.PASS
    for limit in (Bounds(max=number * 0.99), Bounds(min=number * 1.01)):
        judged = under(limits={measure: limit})
        assert (judged.verdict, rules(judged)) == (Verdict.FAIL, ["over-limit"])


def test_a_limit_says_both_numbers_and_where_it_stands() -> None:
    judged = under(limits={"parameters": Bounds(max=999), "opset": Bounds(min=18)}, origin="auditor.toml")
    many, old = judged.report.findings
    assert many.message == "1,000 stored parameters; at most 999 may be"
    assert (many.expected, many.actual) == (999, 1000)
    assert many.fix == "export a model that keeps to it, or change limits.parameters.max in auditor.toml"
    assert old.message == "the opset of ai.onnx is 17; at least 18 must be"
    assert next(r.text for r in judged.reasons if r.kind == "fail").startswith("over-limit: 1,000 stored")
    assert len({many.fingerprint, old.fingerprint}) == 2


@pytest.mark.parametrize("value", [None, "416520*N"])
def test_a_limit_on_what_is_not_known_is_never_a_pass(value: str | None) -> None:
    report = SOUND._replace(totals=SOUND.totals._replace(macs=value))
    judged = under(report, limits={"macs": Bounds(max=10**12)})
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert (value or "it is unknown") in asked(judged)["limit on macs"]
    assert under(report._replace(findings=(NAN,)), limits={"macs": Bounds(max=1)}).verdict is Verdict.FAIL


def test_a_model_without_a_run_has_no_seconds() -> None:
    report = SOUND._replace(run=RunSummary("cpu", "not run", "left out by --no-run"))
    judged = under(report, limits={"run-seconds": Bounds(max=1)})
    assert asked(judged) == {"limit on run-seconds": "the model was not timed: left out by --no-run"}


@pytest.mark.parametrize("measure", ["provider-node-percent", "provider-mac-percent"])
def test_where_the_cpu_alone_was_asked_for_all_of_it_ran_there(measure: str) -> None:
    limits = {measure: Bounds(min=100, max=100)}
    assert under(limits=limits).verdict is Verdict.PASS
    cuda = RUN._replace(provider="CUDAExecutionProvider")  # a run that does not say who did what
    for run in (cuda, RUN._replace(placement={})):
        judged = under(SOUND._replace(run=run), limits=limits)
        assert asked(judged) == {f"limit on {measure}": "onnxruntime does not say which nodes ran where"}


def test_a_domain_that_is_not_used_has_no_opset() -> None:
    assert under(limits={"opset:ai.onnx.ml": Bounds(max=1, min=1)}).verdict is Verdict.PASS


def test_an_unreadable_model_meets_no_limit() -> None:
    report = Report(ModelIdentity("m.onnx", 7), coverage=Coverage(("unreadable-model",)))
    judged = under(report, limits={"nodes": Bounds(max=1)}, allowed={"operators": frozenset()})
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert set(asked(judged)) == {"limit on nodes", "allowed operators"}


# Against the accepted version


def grown(parameters: int) -> Report:
    return SOUND._replace(totals=SOUND.totals._replace(parameters=parameters))


@pytest.mark.parametrize(
    ("before", "now", "limit", "verdict"),
    [
        (1000, 1050, Bounds(max_increase=50), Verdict.PASS),
        (1000, 1051, Bounds(max_increase=50), Verdict.FAIL),
        (1000, 1050, Bounds(max_increase_percent=5), Verdict.PASS),
        (1000, 1051, Bounds(max_increase_percent=5), Verdict.FAIL),
        (1000, 1003, Bounds(max_increase_percent=0.3), Verdict.PASS),  # as written, though 0.3 is not a float
        (10**15, 10**15 + 3 * 10**12, Bounds(max_increase_percent=0.3), Verdict.PASS),
        (10**15, 10**15 + 3 * 10**12 + 1, Bounds(max_increase_percent=0.3), Verdict.FAIL),
        (1000, 10, Bounds(max_increase=0, max_increase_percent=0), Verdict.PASS),
        (0, 0, Bounds(max_increase_percent=5), Verdict.PASS),
        (0, 1, Bounds(max_increase_percent=500), Verdict.FAIL),
    ],
)
def test_increases(before: int, now: int, limit: Bounds, verdict: Verdict) -> None:
    assert under(grown(now), grown(before), limits={"parameters": limit}).verdict is verdict


def test_an_increase_says_what_it_was_compared_with() -> None:
    judged = under(grown(1200), grown(1000), limits={"parameters": Bounds(max_increase_percent=5)})
    (found,) = judged.report.findings
    assert found.message == (
        "1,200 stored parameters, 200 more than the 1,000 of the accepted version (20 %); at most 5 % more may be"
    )


def test_the_first_version_has_nothing_to_be_compared_with() -> None:
    judged = under(limits={"parameters": Bounds(max_increase=0)})
    assert judged.verdict is Verdict.PASS
    assert [r.kind for r in judged.reasons] == ["said"]
    assert "no version was accepted yet" in judged.report.coverage.skipped[-1].why


def test_an_accepted_version_without_the_number_leaves_it_open() -> None:
    before = SOUND._replace(totals=SOUND.totals._replace(macs="3*N"))
    judged = under(SOUND, before, limits={"macs": Bounds(max_increase=0)})
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert "of the accepted version: it is open: 3*N" in asked(judged)["increase of macs"]


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 1000))
def test_percent_is_exact(before: int, now: int, percent: int) -> None:
    judged = under(grown(now), grown(before), limits={"parameters": Bounds(max_increase_percent=percent)})
    assert (judged.verdict is Verdict.PASS) == (100 * now <= (100 + percent) * before or now <= before)


# Lists


@pytest.mark.parametrize(
    ("kind", "names", "missing"),
    [
        ("operators", {"Conv", "com.microsoft:Gelu"}, []),
        ("operators", {"Conv"}, ["com.microsoft:Gelu"]),
        ("operators", {"Conv", "Gelu"}, ["com.microsoft:Gelu"]),
        ("domains", {"ai.onnx", "com.microsoft"}, []),
        ("domains", {"ai.onnx"}, ["com.microsoft"]),
        ("dtypes", {"float32"}, ["int64"]),
        ("providers", {"cpu"}, []),
        ("providers", {"CPUExecutionProvider"}, []),
        ("providers", {"cuda"}, ["cpu"]),
        ("operators", set(), ["Conv", "com.microsoft:Gelu"]),
    ],
)
def test_lists_of_what_may_occur(kind: str, names: set[str], missing: list[str]) -> None:
    judged = under(allowed={kind: frozenset(names)})
    assert [f.actual for f in judged.report.findings] == missing
    assert rules(judged) == ["not-allowed"] * len(missing)
    assert judged.verdict is (Verdict.FAIL if missing else Verdict.PASS)


def test_what_may_occur_and_is_not_known_is_never_a_pass() -> None:
    unknown = SOUND._replace(dtypes=("?", "float32"))
    assert under(unknown, allowed={"dtypes": frozenset({"float32"})}).verdict is Verdict.INCONCLUSIVE
    not_run = SOUND._replace(run=RunSummary("cpu", "not run", "left out by --no-run"))
    assert under(not_run, allowed={"providers": frozenset({"cpu"})}).verdict is Verdict.INCONCLUSIVE
    older = SOUND._replace(operators={})  # a report of an auditor that did not count them
    for kind in ("operators", "domains"):
        assert under(older, allowed={kind: frozenset({"Conv", "ai.onnx"})}).verdict is Verdict.INCONCLUSIVE


# What must have been looked at

NOT_RUN = SOUND._replace(
    run=RunSummary("cpu", "not run", "onnxruntime is not installed"),
    coverage=Coverage(RULES, (Missed("run", "onnxruntime is not installed"),)),
)


@pytest.mark.parametrize(
    ("thing", "report", "why"),
    [
        ("run", NOT_RUN, "onnxruntime is not installed"),
        ("golden", NOT_RUN, "onnxruntime is not installed"),
        ("golden", SOUND._replace(run=RUN._replace(golden=())), "no golden vectors lie beside the model"),
        ("golden", SOUND._replace(run=RUN._replace(golden=("a: equal", "b: not compared: x"))), "b: not compared: x"),
        ("isolation", SOUND._replace(run=RUN._replace(isolation={"level": "partial"})), "not fully sandboxed"),
        ("isolation", NOT_RUN, "onnxruntime is not installed"),
        (
            "provider",
            SOUND._replace(run=RUN._replace(provider="CUDAExecutionProvider")),
            "no node ran on cuda",
        ),
        ("provider", NOT_RUN, "onnxruntime is not installed"),
        ("weights", SOUND._replace(coverage=Coverage(())), "they were not read"),
        (
            "nan-weights",
            SOUND._replace(coverage=Coverage(RULES, (Missed("the values of 1 tensor: 'w'", "no time"),))),
            "the values of 1 tensor: 'w': no time",
        ),
        ("contract", SOUND, "no registry says anything of this model"),
        ("dead-branches", SOUND._replace(coverage=Coverage(())), "this rule was not run"),
        (
            "dead-branches",
            SOUND._replace(coverage=Coverage((), (), (Missed("rule dead-branches", "a fault", True),))),
            "a fault",
        ),
        ("nonfinite-outputs", NOT_RUN, "onnxruntime is not installed"),
        ("golden-mismatch", SOUND._replace(run=RUN._replace(golden=())), "no golden vectors"),
    ],
)
def test_what_was_required_and_not_looked_at_is_never_a_pass(thing: str, report: Report, why: str) -> None:
    judged = under(report, required=frozenset({thing}), origin="auditor.toml")
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert why in asked(judged)[thing]
    assert asked(judged)[thing].endswith("(required in auditor.toml)")


def test_what_was_required_and_looked_at_passes() -> None:
    things = frozenset({"run", "golden", "isolation", "provider", "weights", "nan-weights", "nonfinite-outputs"})
    assert under(required=things).verdict is Verdict.PASS
    with_contract = SOUND._replace(coverage=Coverage((*RULES, "contract-mismatch")))
    assert under(with_contract, required=frozenset({"contract"})).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("ok", None),
        ("found", None),
        ("open", "few runs"),
        ("not looked at", "few runs"),
        ("", "it is a part of the look in depth, which was not asked for (--deep-part growth)"),
    ],
)
def test_a_part_of_the_look_in_depth_is_required_by_its_name(status: str, why: str | None) -> None:
    """Whatever became of the part beside it."""
    for other in ("ok", "open"):
        depth = [DeepPart("speed", other, "another reason")]
        depth += [DeepPart("growth", status, "few runs" if why else "")] if status else []
        judged = under(SOUND._replace(depth=tuple(depth)), required=frozenset({"growth"}))
        assert judged.verdict is (Verdict.INCONCLUSIVE if why else Verdict.PASS)
        assert asked(judged) == ({"growth": f"{why} (required)"} if why else {})


def test_the_policys_own_findings_are_left_out_only_by_name() -> None:
    limits = {"nodes": Bounds(max=1)}
    assert under(limits=limits, select=frozenset({"nan-weights"})).verdict is Verdict.FAIL
    assert under(limits=limits, ignore=frozenset({"over-limit"})).verdict is Verdict.PASS
    assert under(limits=limits, severity={"over-limit": Severity.WARNING}).verdict is Verdict.PASS


# Before a model goes live


def live(report: Report, **policy: Any) -> Judgement:
    return judge(report, Policy(**policy), None, TODAY, whole=True)


def test_a_rule_that_the_audit_left_out_is_never_a_pass_before_a_model_goes_live() -> None:
    some = SOUND._replace(coverage=Coverage(("nan-weights",)))
    assert under(some).verdict is Verdict.PASS
    judged = live(some)
    assert judged.verdict is Verdict.INCONCLUSIVE
    first = next(name for name in RULES if name != "nan-weights")
    assert asked(judged)["rules"].startswith(f"{len(RULES) - 1} rules not run: {first!r}, ")
    assert live(some, select=frozenset({"nan-weights"})).verdict is Verdict.PASS
    assert live(some, select=frozenset({"nan-weights", "zero-weights"})).verdict is Verdict.INCONCLUSIVE

    without = SOUND._replace(coverage=Coverage(tuple(rule for rule in RULES if rule != "zero-weights")))
    assert asked(live(without)) == {"rules": "1 rule not run: 'zero-weights'; audit the model again, with all of them"}
    assert live(without, ignore=frozenset({"zero-weights"})).verdict is Verdict.PASS
    assert live(SOUND).verdict is Verdict.PASS


def test_rules_whose_evidence_was_left_out_are_no_rules_that_were_left_out() -> None:
    """As the table of verdicts has it: --no-run and --no-weights leave the verdict to what was looked at."""
    needing = {rule.name for rule in all_rules() if {"Weights", "Trial"} & set(rule.wants)}
    ran = tuple(rule for rule in RULES if rule not in needing)
    missed = (Missed("weights", "left out by --no-weights"), Missed("run", "left out by --no-run"))
    judged = live(SOUND._replace(coverage=Coverage(ran, missed)))
    assert judged.verdict is Verdict.PASS
    assert [reason.text for reason in judged.reasons] == [
        "weights: left out by --no-weights",
        "run: left out by --no-run",
    ]
    assert live(SOUND._replace(coverage=Coverage(ran, missed[:1]))).verdict is Verdict.INCONCLUSIVE


def test_a_file_that_could_not_be_read_never_goes_live() -> None:
    rule = "unreadable-model"
    finding = Finding(rule, Severity.ERROR, Basis.ILLEGAL, "no model", fingerprint="f")
    report = Report(ModelIdentity("m.onnx"), (finding,), Coverage((rule,)), audited_at=SOUND.audited_at)
    assert live(report).verdict is Verdict.FAIL
    for policy in ({"known": {"f": HowBad()}}, {"ignore": frozenset({rule})}, {"severity": {rule: Severity.NOTE}}):
        assert live(report, **policy).verdict is Verdict.INCONCLUSIVE


# A report that was judged before


def test_a_judged_report_is_judged_anew() -> None:
    """As one in a file is: neither its waivers nor its policy's own findings hold any more."""
    report = SOUND._replace(findings=(NAN,))
    waiver = Waiver("nan-weights", "known", "ann")
    before = under(report, waivers=(waiver,), limits={"nodes": Bounds(max=1)})
    assert rules(before) == ["nan-weights", "over-limit"]
    after = live(before.report)
    assert (rules(after), after.verdict) == (["nan-weights"], Verdict.FAIL)
    assert waiver_of(after.report.findings[0]) is None


@pytest.mark.parametrize("policy", [{"ignore": frozenset({"nan-weights"})}, {"select": frozenset({"dead-branches"})}])
def test_findings_that_a_policy_left_out_are_no_rules_that_found_nothing(policy: dict[str, Any]) -> None:
    judged = under(SOUND._replace(findings=(NAN,)), **policy, origin="auditor.toml")
    assert judged.verdict is Verdict.PASS and rules(judged) == []
    assert "nan-weights" not in judged.report.coverage.ran
    (missed,) = judged.report.coverage.skipped
    assert missed.what == "policy" and "left out by select or ignore in auditor.toml: " in missed.why
    assert live(judged.report).verdict is Verdict.INCONCLUSIVE
    assert live(judged.report, **policy).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("measure", "says"),
    [
        ("parameters", "1,000 stored parameters; at most 0 may be"),
        ("learnable-parameters", "900 learnable parameters; at most 0 may be"),
        ("macs", "7 MACs; at most 0 may be"),
        ("flops", "14 FLOPs; at most 0 may be"),
        ("weight-bytes", "4,000 bytes (3.9 KiB) of weights; at most 0 bytes may be"),
        ("file-bytes", "5,000 bytes (4.9 KiB) in the file; at most 0 bytes may be"),
        ("nodes", "3 nodes; at most 0 may be"),
        ("ir-version", "the IR version is 8; at most 0 may be"),
        ("opset", "the opset of ai.onnx is 17; at most 0 may be"),
        ("opset:com.microsoft", "the opset of com.microsoft is 1; at most 0 may be"),
        ("run-seconds", "0.25 seconds for the run; at most 0 may be"),
        ("provider-node-percent", "100 % of the nodes on the provider that was asked for; at most 0 may be"),
        ("provider-mac-percent", "100 % of the MACs on the provider that was asked for; at most 0 may be"),
    ],
)
def test_each_measure_is_said_in_words(measure: str, says: str) -> None:
    (found,) = under(limits={measure: Bounds(max=0)}).report.findings
    assert found.message == says


def test_a_model_that_could_not_be_read_lacks_everything_else() -> None:
    unread = SOUND._replace(model=SOUND.model._replace(digest=""))
    assert asked(judge(unread, Policy(), None, TODAY, whole=True))["everything else"] == "the model could not be read"


def test_reasons_say_what_they_are() -> None:
    report = SOUND._replace(
        findings=(NAN,), coverage=Coverage(RULES, (Missed("run", "x", True), Missed("weights", "y")))
    )
    reasons = under(report, severity={"nan-weights": Severity.NOTE}).reasons
    assert [(r.kind, r.text) for r in reasons] == [("inconclusive", "run: x"), ("said", "weights: y")]
