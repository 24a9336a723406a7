"""One row a finding, for spreadsheets and scripts; no cell is a formula, whatever a name begins with."""

from __future__ import annotations

import csv
from typing import TextIO

from ..names import prose, visible
from ..report import Finding, Report, Verdict, waiver_of
from . import Format

COLUMNS = (
    "model", "verdict", "severity", "rule", "basis", "graph", "node", "op_type", "tensor", "attribute", "offset",
    "message", "expected", "actual", "fix", "consequences", "fingerprint",
    "waived", "waived_reason", "waived_owner", "waived_expires",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # OWASP's list; what else it has is escaped as a control
_LARGEST = 1 << 100  # Python writes no integer of more than 4,300 digits, and no spreadsheet reads one


class CsvTable:
    """The rows of several models under one head."""

    def __init__(self, out: TextIO) -> None:
        self._rows = csv.writer(out, lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def write(self, report: Report, verdict: Verdict) -> None:
        path = _cell(report.model.path, 4096)
        self._rows.writerows((path, verdict.value, *_row(finding)) for finding in report.findings)

    def close(self) -> None:
        """Nothing stands below the rows."""


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """The head, and a row for each finding: a model without findings has none."""
    CsvTable(out).write(report, verdict)


FORMAT = Format("spreadsheets: a row for each finding", render, CsvTable)


def _row(finding: Finding) -> list[str]:
    where = finding.location
    return [
        finding.severity.value,
        _cell(finding.rule),
        finding.basis.value,
        *map(_cell, (where.graph, where.node, where.op_type, where.tensor, where.attribute)),
        _value(where.offset),
        _plain(prose(finding.message)),
        _value(finding.expected),
        _value(finding.actual),
        _plain(prose(finding.fix)),
        str(finding.consequences),
        _cell(finding.fingerprint),
        *_waived(finding),
    ]


def _waived(finding: Finding) -> tuple[str, str, str, str]:
    why = waiver_of(finding)
    if why is None:
        return "", "", "", ""
    return _cell(why.by), _plain(prose(why.reason)), _cell(why.owner), _cell(why.expires)


def _cell(name: str, longest: int = 256) -> str:
    return _plain(visible(name, longest))


def _value(value: int | str | None) -> str:
    match value:
        case None:
            return ""
        case int():
            return str(value) if abs(value) < _LARGEST else hex(value)
        case str():
            return _plain(prose(value))


def _plain(text: str) -> str:
    """Behind an apostrophe a spreadsheet computes nothing (https://owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
