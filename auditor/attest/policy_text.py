"""A policy as it stands in an attestation: canonical JSON, known by its SHA-256."""

from __future__ import annotations

import json
from typing import Any

from ..policy.policy import PROFILES, Bounds, HowBad, Policy, Waiver
from ..report import Severity
from .refusals import NoComparison
from .strict_json import strict_object

SCHEMA = 1


def policy_text(policy: Policy) -> bytes:
    """All that a policy asks of one model; where it is written down is left out, so that its place does not count."""
    said = {
        "schema": SCHEMA,
        "fail_on": None if policy.fail_on is None else policy.fail_on.value,
        "select": sorted(policy.select),
        "ignore": sorted(policy.ignore),
        "severity": {rule: severity.value for rule, severity in policy.severity.items()},
        "profile": policy.profile,
        "limits": {measure: bounds._asdict() for measure, bounds in policy.limits.items()},
        "allowed": {kind: sorted(names) for kind, names in policy.allowed.items()},
        "required": sorted(policy.required),
        "waivers": [_waiver_row(waiver) for waiver in policy.waivers],
        "run": policy.run,
        "known": {key: [bad.severity and bad.severity.value, bad.magnitude] for key, bad in policy.known.items()},
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _waiver_row(waiver: Waiver) -> dict[str, str]:
    return {key: value for key, value in waiver._asdict().items() if key != "origin" and value}


def read_policy(text: bytes, where: str) -> Policy:
    """The policy again; NoComparison where it says what this auditor does not know."""
    said = strict_object(text, f"{where}: the policy in it", NoComparison)
    if said.get("schema") != SCHEMA:
        raise NoComparison(
            f"{where}: its policy is written by schema {str(said.get('schema'))[:20]}, and this auditor reads "
            f"{SCHEMA}: use the auditor that wrote it, or attest the model anew"
        )
    try:
        return _policy(said)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoComparison(
            f"{where}: its policy cannot be compared: it is not written as auditor writes one ({error})"
        ) from None


def _policy(said: dict[str, Any]) -> Policy:
    fail_on, profile, run = said["fail_on"], said["profile"], said["run"]
    if profile not in PROFILES or not isinstance(run, bool):
        raise ValueError("profile or run")
    return Policy(
        fail_on=None if fail_on is None else Severity(fail_on),
        select=_names(said["select"]),
        ignore=_names(said["ignore"]),
        severity={rule: Severity(word) for rule, word in said["severity"].items()},
        profile=profile,
        limits={measure: _bounds(bounds) for measure, bounds in said["limits"].items()},
        allowed={kind: _names(names) for kind, names in said["allowed"].items()},
        required=_names(said["required"]),
        waivers=tuple(_waiver(row) for row in said["waivers"]),
        run=run,
        known={key: _how_bad(*pair) for key, pair in said["known"].items()},
    )


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("a list of names")
    return frozenset(value)


def _bounds(said: dict[str, Any]) -> Bounds:
    for value in said.values():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError("a limit")
    return Bounds(**said)


def _waiver(row: dict[str, Any]) -> Waiver:
    if not all(isinstance(value, str) for value in row.values()):
        raise ValueError("a waiver")
    return Waiver(**row)


def _how_bad(severity: str | None, magnitude: Any) -> HowBad:
    if magnitude is not None and (isinstance(magnitude, bool) or not isinstance(magnitude, int | float)):
        raise ValueError("how bad a known finding was")
    return HowBad(None if severity is None else Severity(severity), magnitude)
