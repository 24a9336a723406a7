"""``auditor rules``: every rule in a line."""

from __future__ import annotations

import json
import sys

from ..errors import UsageError
from . import options as o


def rules(format: o.Format = "text") -> None:
    """List the rules: how bad, by whose word, and what each says."""
    from ..rules import all_rules

    if format == "json":
        rows = [{"rule": r.name, "severity": r.severity, "basis": r.basis, "summary": r.summary} for r in all_rules()]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    elif format == "text":
        from .tables import rule_table

        rule_table(all_rules(), sys.stdout)
    else:
        raise UsageError(f"the rules come as text or json, not {format!r}")
