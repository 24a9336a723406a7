"""CSV, read back by Python's csv module; no cell that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io

import pytest

from auditor.formats import renderer, writer
from auditor.report import Basis, Finding, Report, Severity, Verdict

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, WAIVED, with_name


def rows(*reports: Report) -> list[dict[str, str]]:
    out = io.StringIO()
    several = writer("csv", out)
    for report in reports:
        several.write(report, Verdict.FAIL)
    several.close()
    if len(reports) == 1:
        alone = io.StringIO()
        renderer("csv")(reports[0], Verdict.FAIL, alone)
        assert alone.getvalue() == out.getvalue()
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline=""), strict=True))


def test_a_row_a_finding() -> None:
    first, second = rows(ALEXNET)
    assert first == {
        "model": "models/alexnet.onnx",
        "verdict": "fail",
        "severity": "error",
        "rule": "misfit-initializers",
        "basis": "illegal",
        "graph": "",
        "node": "fc6",
        "op_type": "Gemm",
        "tensor": "fc6_w",
        "attribute": "",
        "offset": "1987",
        "message": "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400",
        "expected": "9216",
        "actual": "6400",
        "fix": "feed an input that fits",
        "consequences": "0",
        "fingerprint": "f00d",
        "waived": "",
        "waived_reason": "",
        "waived_owner": "",
        "waived_expires": "",
    }
    assert (second["graph"], second["tensor"], second["offset"]) == ("if_1/then", "spare", "")


def test_who_answers_for_a_finding() -> None:
    waived = [
        tuple(row[key] for key in ("waived", "waived_reason", "waived_owner", "waived_expires")) for row in rows(WAIVED)
    ]
    assert waived == [
        ("waiver", "the client sends 227", "vision team", "2027-01-31"),
        ("baseline", "", "", ""),
        ("", "", "", ""),
    ]


def test_several_models_have_one_head() -> None:
    assert [row["model"] for row in rows(ALEXNET, CLEAN, NOTHING, ALEXNET)] == ["models/alexnet.onnx"] * 4


def test_a_number_stays_one() -> None:
    [row] = rows(
        CLEAN._replace(findings=(Finding("r", Severity.ERROR, Basis.ILLEGAL, "m", expected=-1, actual=10**5000),))
    )
    assert row["expected"] == "-1"
    assert row["actual"].startswith("0x")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(name: str) -> None:
    found = rows(with_name(name), with_name(name))
    assert len(found) == 6
    for row in found:
        assert None not in row
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
            assert not set("\t\r\n\0") & set(cell)
            assert len(cell) <= 32_767  # what a spreadsheet takes
