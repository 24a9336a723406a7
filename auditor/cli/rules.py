"""``auditor rules``: every rule in a line."""

from __future__ import annotations

import json
import sys

from ..config.table import values
from .command import Command, Words, options


def rules(words: Words) -> None:
    """List the rules: how bad, by whose word, and what each says."""
    from ..rules import all_rules

    if values(words).get("plain_form") == "json":
        rows = [{"rule": r.name, "severity": r.severity, "basis": r.basis, "summary": r.summary} for r in all_rules()]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        from .tables import rule_table

        rule_table(all_rules(), sys.stdout)


COMMAND = Command(rules, ("auditor rules", "auditor rules --format json"), settings=options("plain_form"))
