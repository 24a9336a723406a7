"""``python -m tests.crater [--keep FOLDER] [--update] [WHEEL ...]``: audit real trained models, and check the audit.

For each model out of the wheels: the report must hold no error, and no warning but those that the summary says are
true; no shape may contradict the run, the counts must be those of the oracle; and all of it must be what the summary
says. ``--update`` writes the summary anew. Wheels named on the command line are tried in place of the usual ones, with
no summary.

Exit codes: 0 as expected, 1 something is not, 3 the wheels cannot be had.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import auditor
from auditor.policy.judge import judge
from auditor.report import Severity

from .comparison import Comparison, compare
from .oracle import Failed, Truth, ask
from .wheels import WHEELS, Offline, RealModel, fetched

SUMMARY = Path(__file__).parent / "summary.json"
LEAST_KNOWN = 0.985


class Outcome(NamedTuple):
    """What came of one model; ``entry`` is its part of the summary."""

    name: str
    entry: dict[str, Any]
    faults: list[str]
    unknown: Counter[str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crater", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "--keep", metavar="FOLDER", type=Path, help="keep wheels and models there, and take them from there"
    )
    parser.add_argument("--update", action="store_true", help="write the summary anew")
    parser.add_argument(
        "wheels", metavar="WHEEL", nargs="*", help="try these (name==version) in place of the usual ones"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            models = fetched(asked.keep or Path(scratch), asked.wheels or WHEELS)
        except Offline as error:
            print(f"crater: {error}")
            return 3
        summary = {} if asked.wheels else json.loads(SUMMARY.read_text())
        outcomes = []
        print(HEADING)
        for model in models:
            outcomes.append(examined(model, Path(scratch) / "bare.onnx", summary.get("true_warnings", {})))
            print(row(outcomes[-1]), flush=True)
    return concluded(outcomes, summary, update=asked.update, compared=not asked.wheels)


def examined(model: RealModel, bare: Path, true_warnings: dict[str, dict[str, str]]) -> Outcome:
    """Audit a model as a user would, and hold the audit against the truth."""
    report = auditor.audit(model.path)
    findings = Counter((f.rule, str(f.severity)) for f in report.findings)
    entry: dict[str, Any] = {
        "sha256": hashlib.sha256(model.path.read_bytes()).hexdigest(),
        "verdict": str(judge(report).verdict),
        "findings": {f"{severity} {rule}": n for (rule, severity), n in sorted(findings.items())},
        "run": report.run.status,
        "nodes": report.totals.nodes,
    }
    excused = true_warnings.get(model.name, {})
    faults = [
        f"{f.severity} {f.rule}: {f.message}"
        for f in report.findings
        if f.severity is Severity.ERROR or (f.severity is Severity.WARNING and f.rule not in excused)
    ]
    faults += [f"{missed.what}: {missed.why}" for missed in report.coverage.failed]
    try:
        truth = ask(model.path, bare)
    except Failed as error:
        return Outcome(model.name, entry, [*faults, f"the oracle does not run it: {error}"], Counter())
    comparison = compare(model.path, bare, truth)
    entry |= counted(comparison, truth)
    return Outcome(model.name, entry, faults + list(comparison.faults(truth)), comparison.unknown)


def counted(comparison: Comparison, truth: Truth) -> dict[str, Any]:
    return {
        "inputs": {name: "x".join(map(str, shape)) for name, shape in truth.inputs.items()},
        "parameters": comparison.totals.parameters,
        "learnable_parameters": comparison.totals.learnable_parameters,
        "macs": comparison.totals.macs,
        "tensors": comparison.tensors,
        "known": comparison.known,
        "known_by_name": comparison.named,
    }


# Saying it

HEADING = f"{'model':<42} {'verdict':<7} {'E W N':>5} {'known':>9} {'MACs':>7} {'params':>6}"


def row(outcome: Outcome) -> str:
    entry = outcome.entry
    by_severity = Counter[str]()
    for what, n in entry["findings"].items():
        by_severity[what.split()[0]] += n
    marks = " ".join(str(by_severity[s]) for s in ("error", "warning", "note"))
    known = f"{entry.get('known', 0)}/{entry.get('tensors', 0)}"
    name = outcome.name if len(outcome.name) <= 42 else f"…{outcome.name[-41:]}"
    return (
        f"{name:<42} {entry['verdict']:<7} {marks:>5} {known:>9} "
        f"{short(entry.get('macs')):>7} {short(entry.get('parameters')):>6}"
    )


def short(number: object) -> str:
    """Three digits and a letter, as people write large numbers."""
    if not isinstance(number, int):
        return "?"
    for letter, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return str(number)


def concluded(outcomes: list[Outcome], summary: dict[str, Any], *, update: bool, compared: bool) -> int:
    """The sum of it, and what is not as it should be."""
    tensors = sum(o.entry.get("tensors", 0) for o in outcomes)
    known = sum(o.entry.get("known", 0) for o in outcomes)
    named = sum(o.entry.get("known_by_name", 0) for o in outcomes)
    print(f"\n{known} of {tensors} tensors known ({known / max(tensors, 1):.2%}) in {len(outcomes)} models;")
    print(f"{named} ({named / max(tensors, 1):.2%}) where open sizes are names until the end")
    if unknown := sum((o.unknown for o in outcomes), Counter[str]()):
        print("unknown from here on: " + ", ".join(f"{op} {n}" for op, n in unknown.most_common()))
    faults = [f"{o.name}: {fault}" for o in outcomes for fault in o.faults]
    if known < LEAST_KNOWN * tensors:
        faults.append(f"less than {LEAST_KNOWN:.1%} of the tensors are known")
    found = {o.name: o.entry for o in outcomes}
    if update and compared:
        SUMMARY.write_text(json.dumps({**summary, "models": found}, indent=2) + "\n")
        print(f"{SUMMARY.name} written")
    elif compared:
        faults += differences(summary.get("models", {}), found)
    for fault in faults:
        print(f"- {fault}")
    print("as expected" if not faults else f"{len(faults)} things are not as they should be")
    return 1 if faults else 0


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is not as the summary says, field by field."""
    told = [f"{name}: not in the wheels any more" for name in expected.keys() - found.keys()]
    told += [f"{name}: not in the summary" for name in found.keys() - expected.keys()]
    for name in expected.keys() & found.keys():
        for field in sorted(expected[name].keys() | found[name].keys()):
            before, now = expected[name].get(field), found[name].get(field)
            if before != now:
                told.append(f"{name}: {field} is {now}, the summary says {before}")
    return sorted(told)


if __name__ == "__main__":
    sys.exit(main())
