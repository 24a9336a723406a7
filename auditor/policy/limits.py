"""Limits on what was measured, lists of all that may occur, and what must have been looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from ..hashing import sha256
from ..report import Finding, Missed, Report
from ..rules import Rule, all_rules
from ..rules.golden_mismatch import golden_mismatch
from ..rules.not_allowed import not_allowed
from ..rules.over_limit import over_limit
from ..settings import DEEP
from ..wording import counted, in_bytes, listed
from .in_depth import IN_DEPTH, measured_elsewhere, number_in_depth
from .policy import Bounds, Policy

if TYPE_CHECKING:
    from fractions import Fraction

Number: TypeAlias = int | float

_WORDS = {
    "parameters": "stored parameters",
    "learnable-parameters": "learnable parameters",
    "macs": "MACs",
    "flops": "FLOPs",
    "weight-bytes": "bytes of weights",
    "file-bytes": "bytes in the file",
    "peak-activation-bytes": "bytes of activations at the peak",
    "nodes": "nodes",
    "ir-version": "the IR version",
    "opset": "the opset of ai.onnx",
    "run-seconds": "seconds for the run",
    "provider-node-percent": "% of the nodes on the provider that was asked for",
    "provider-mac-percent": "% of the MACs on the provider that was asked for",
    "run-ms-p50": "ms for the median run",
    "run-ms-p90": "ms for the run at P90",
    "session-ms": "ms to make a session",
    "run-ratio": "times the reference's run",
    "peak-run-bytes": "bytes of memory at the peak of a run",
    "growth-bytes-per-run": "bytes more with every run",
}
_SHARES = ("provider-node-percent", "provider-mac-percent")
_ONE = {"operators": "operator", "domains": "domain", "dtypes": "element type", "providers": "provider"}
_MOST_NAMED = 8


def beyond_limits(report: Report, policy: Policy, accepted: Report | None) -> Iterator[Finding | Missed]:
    """What is over a limit, and which limits could not be held against a number."""
    for measure, limit in policy.limits.items():
        number = measured(report, measure)
        match number:
            case None:
                continue  # the opset of a domain that the model does not use
            case str():
                yield Missed(f"limit on {measure}", number, asked=True)
                continue
        yield from _bounds(measure, number, limit, policy)
        if limit.max_increase is not None or limit.max_increase_percent is not None:
            yield from _increase(measure, number, limit, policy, report, accepted)


def measured(report: Report, measure: str) -> Number | str | None:
    """A number of the report; a text says why it is not known, None that there is nothing to measure."""
    totals, model = report.totals, report.model
    if not model.digest and measure != "file-bytes":
        return "the model could not be read"
    if measure.startswith("opset"):
        return model.opsets.get(measure.removeprefix("opset").removeprefix(":"))
    if measure in IN_DEPTH:
        return number_in_depth(report, measure)
    if measure == "run-seconds":
        return report.run.seconds or f"the model was not timed: {report.run.why or report.run.status}"
    if measure in _SHARES:
        return _share(report, measure)
    number = {
        "parameters": totals.parameters,
        "learnable-parameters": totals.learnable_parameters,
        "macs": totals.macs,
        "flops": totals.flops,
        "weight-bytes": totals.weight_bytes,
        "file-bytes": model.bytes,
        "peak-activation-bytes": totals.peak_activation_bytes,
        "nodes": totals.nodes,
        "ir-version": model.ir_version,
    }[measure]
    if isinstance(number, str):
        return f"it is open: {number}; bind the inputs' sizes (--dim, --input-shape, or dims in the configuration)"
    return "it is unknown" if number is None else number


def _share(report: Report, measure: str) -> Number | str:
    """In percent; of the CPU's own runs all of it, where that is what was asked for."""
    run = report.run
    if run.status != "ok":
        return f"the model was not run: {run.why or run.status}"
    if not run.shares:
        alone = _provider(run.provider) == "cpu" and run.placement
        return 100 if alone else "onnxruntime does not say which nodes ran where"
    first = run.shares[0]
    number = first.node_percent if measure == _SHARES[0] else first.mac_percent
    if number is None:
        return f"it is not known: {run.shares_by}"
    if measure == _SHARES[1] and run.unplaced_macs:
        return f"{run.unplaced_macs:,} MACs lie in nodes of which it is not known who did them"
    return number


def _bounds(measure: str, number: Number, limit: Bounds, policy: Policy) -> Iterator[Finding]:
    if limit.max is not None and number > limit.max:
        text = f"{_said(measure, number)}; at most {_shown(measure, limit.max)} may be"
        yield _over(measure, "max", number, limit.max, policy, text)
    if limit.min is not None and number < limit.min:
        text = f"{_said(measure, number)}; at least {_shown(measure, limit.min)} must be"
        yield _over(measure, "min", number, limit.min, policy, text)


def _increase(
    measure: str, number: Number, limit: Bounds, policy: Policy, report: Report, accepted: Report | None
) -> Iterator[Finding | Missed]:
    what = f"increase of {measure}"
    if accepted is None:
        yield Missed(what, "no version was accepted yet, so there is nothing to compare with")
        return
    before = measured(accepted, measure)
    if before is None or isinstance(before, str):
        yield Missed(what, f"of the accepted version: {before or 'it has none'}", asked=True)
        return
    if measure in IN_DEPTH and (why := measured_elsewhere(report, accepted, measure)):
        yield Missed(what, why, asked=True)
        return
    grown = _exact(number) - _exact(before)
    more = f"{_shown(measure, float(grown))} more than the {_shown(measure, before)} of the accepted version"
    said = f"{_said(measure, number)}, {more}"
    if limit.max_increase is not None and grown > _exact(limit.max_increase):
        text = f"{said}; at most {_shown(measure, limit.max_increase)} more may be"
        yield _over(measure, "max-increase", number, before, policy, text)
    percent = limit.max_increase_percent
    if percent is not None and grown > 0 and grown * 100 > _exact(percent) * _exact(before):
        share = f" ({float(grown * 100 / _exact(before)):.4g} %)" if before else ""
        text = f"{said}{share}; at most {percent:g} % more may be"
        yield _over(measure, "max-increase-percent", number, before, policy, text)


def _exact(number: Number) -> Fraction:
    """As it is written: 0.3 is three tenths, which no float is."""
    from fractions import Fraction  # some milliseconds that only a comparison needs

    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _said(measure: str, number: Number) -> str:
    """``61,706 stored parameters``, ``the opset of ai.onnx is 17``."""
    words = _WORDS.get(measure) or f"the opset of {measure.partition(':')[2]}"
    if words.startswith("the "):
        return f"{words} is {number}"
    return f"{_shown(measure, number)}{words.removeprefix('bytes') if measure.endswith('-bytes') else f' {words}'}"


def _shown(measure: str, number: Number) -> str:
    if measure.endswith("-bytes"):
        whole = int(number)
        return f"{whole:,} bytes" + (f" ({in_bytes(whole)})" if whole >= 1024 else "")
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _over(measure: str, bound: str, number: Number, limit: Number, policy: Policy, text: str) -> Finding:
    key = f"limits.{measure}.{bound}" if ":" not in measure else f'limits.opset."{measure.partition(":")[2]}".{bound}'
    fix = f"export a model that keeps to it, or change {key}{_where(policy)}"
    return _finding(over_limit, f"{measure}\0{bound}", text, fix, _plain(limit), _plain(number))


def _plain(number: Number) -> int | str:
    return int(number) if number == int(number) else f"{number:g}"


def beyond_lists(report: Report, policy: Policy) -> Iterator[Finding | Missed]:
    """What occurs in the model and is on no list of what may."""
    for kind, names in policy.allowed.items():
        match kind:
            case "operators":
                found = {name: f" in {counted(number, 'node')}" for name, number in report.operators.items()}
            case "domains":
                found = _domains(report)
            case "dtypes":
                found = dict.fromkeys(report.dtypes, "")
            case _:
                placed = report.run.placement.items()
                found = {_provider(name): f" for {counted(number, 'node')}" for name, number in placed}
                names = frozenset(map(_provider, names))
        if why := _unknown(report, kind, found):
            yield Missed(f"allowed {kind}", why, asked=True)
        for name, used in sorted(found.items()):
            if name not in names and name != "?":
                yield _unlisted(kind, name, used, names, policy)


def _unlisted(kind: str, name: str, used: str, names: frozenset[str], policy: Policy) -> Finding:
    may = ", ".join(sorted(names)[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
    text = f"the model uses the {_ONE[kind]} {name}{used}; allowed are {may or 'none'}"
    fix = f"export without it, or add it to allowed.{kind}{_where(policy)}"
    return _finding(not_allowed, f"{kind}\0{name}", text, fix, None, name)


def _domains(report: Report) -> dict[str, str]:
    found: dict[str, int] = {}
    for name, number in report.operators.items():
        domain = name.rpartition(":")[0] or "ai.onnx"
        found[domain] = found.get(domain, 0) + number
    return {name: f" in {counted(number, 'node')}" for name, number in found.items()}


def _provider(name: str) -> str:
    return name.removesuffix("ExecutionProvider").lower()


def _unknown(report: Report, kind: str, found: dict[str, str]) -> str:
    """Why it cannot be said that all that occurs is allowed."""
    if not report.model.digest:
        return "the model could not be read"
    if kind == "providers" and not found:
        return f"the model was not run: {report.run.why}" if report.run.status != "ok" else "onnxruntime does not say"
    if kind == "dtypes" and "?" in found:
        return "the element types of some tensors are unknown"
    if kind in ("operators", "domains") and report.totals.nodes and not found:
        return "the report does not say which operators the model uses: audit it again"
    return ""


def unmet(report: Report, policy: Policy) -> Iterator[Missed]:
    """What had to be looked at, and was not."""
    wants = {rule.name: rule.wants for rule in all_rules()}
    reasons = {missed.what: missed.why for missed in (*report.coverage.failed, *report.coverage.skipped)}
    for thing in sorted(policy.required):
        if why := _why_not(report, thing, wants, reasons):
            yield Missed(thing, f"{why} (required{_where(policy)})", asked=True)


def _why_not(report: Report, thing: str, wants: dict[str, tuple[str, ...]], reasons: dict[str, str]) -> str:
    """Why a thing was not looked at; nothing where it was."""
    run, ran = report.run, report.coverage.ran
    not_run = "" if run.status == "ok" else reasons.get("run") or run.why or run.status
    match thing:
        case "run":
            return not_run
        case "isolation":
            return not_run or ("" if run.isolation.get("level") == "full" else "the run was not fully sandboxed")
        case "provider":
            here = {_provider(name) for name in run.placement} if run.placement else {_provider(run.provider)}
            return not_run or ("" if _provider(run.provider) in here else f"no node ran on {_provider(run.provider)}")
        case "golden" | golden_mismatch.name:
            return _golden(report, not_run)
        case "weights":
            return _weights(report, wants, reasons)
        case part if part in DEEP:
            seen = next((one for one in report.depth if one.part == part), None)
            if seen is None:
                return f"it is a part of the look in depth, which was not asked for (--deep-part {part})"
            return "" if seen.status in ("ok", "found") else seen.why or seen.status
        case "contract":
            heard = any("Contract" in wants.get(rule, ()) for rule in ran)
            return "" if heard else "no registry says anything of this model"
    if thing not in ran:
        return reasons.get(f"rule {thing}") or "this rule was not run"
    if "Trial" in wants.get(thing, ()) and run.status == "not run":
        return not_run
    return _weights(report, wants, reasons) if "Weights" in wants.get(thing, ()) else ""


def _golden(report: Report, not_run: str) -> str:
    lines = report.run.golden
    if not lines:
        return not_run or "no golden vectors lie beside the model (test_data_set_0)"
    return next((line for line in lines if "not compared: " in line), "")


def _weights(report: Report, wants: dict[str, tuple[str, ...]], reasons: dict[str, str]) -> str:
    left = next((f"{what}: {why}" for what, why in reasons.items() if what.startswith("the values of ")), "")
    read = any("Weights" in wants.get(rule, ()) for rule in report.coverage.ran)
    return left or ("" if read else reasons.get("weights") or "they were not read")


def left_out(report: Report, policy: Policy) -> Iterator[Missed]:
    """The rules that count and were not run, though what they judge by was there: not selected, or younger."""
    seen = {missed.what for missed in (*report.coverage.failed, *report.coverage.skipped)}
    if not report.model.digest:
        yield Missed("everything else", "the model could not be read", asked=True)
        return
    ran = frozenset(report.coverage.ran)
    rules = [rule for rule in all_rules() if rule.name not in policy.ignore]
    no_contract = not any("Contract" in rule.wants for rule in rules if rule.name in ran)
    gone = {"Weights": "weights" in seen, "Trial": "run" in seen, "Contract": no_contract}
    seen_parts = {part.part for part in report.depth if part.status != "not looked at"}
    gone |= {part.capitalize(): part not in seen_parts for part in DEEP}
    names = [
        rule.name
        for rule in rules
        if rule.name not in ran
        and f"rule {rule.name}" not in seen
        and (not policy.select or rule.name in policy.select)
        and not any(gone.get(kind) for kind in rule.wants)
    ]
    if names:
        why = f"{counted(names, 'rule')} not run: {listed(names)}; audit the model again, with all of them"
        yield Missed("rules", why, asked=True)


def _where(policy: Policy) -> str:
    return f" in {policy.origin}" if policy.origin else ""


def _finding(
    rule: Rule, place: str, text: str, fix: str, expected: int | str | None, actual: int | str | None
) -> Finding:
    digest = sha256(f"{rule.name}\0{place}".encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return Finding(
        rule.name, rule.severity, rule.basis, text, fix=fix, expected=expected, actual=actual, fingerprint=digest
    )
