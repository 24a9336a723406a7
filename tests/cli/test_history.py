"""``auditor history``: of one model, and of all that a source holds."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.history_tables import sparkline
from auditor.store.store import Store
from tests.store.reports import document

from .conftest import ALEXNET_224, LENET, NAN, Said

Auditor = Callable[..., Said]


@pytest.fixture
def model(auditor: Auditor, tmp_path: Path) -> str:
    """A path at which three models stood, one after the other; the second was once looked at without its weights."""
    path = tmp_path / "models" / "m.onnx"
    path.parent.mkdir()
    for content, *options in ((LENET,), (NAN,), (NAN, "--no-weights"), (ALEXNET_224,)):
        shutil.copyfile(content, path)
        auditor("check", str(path), "--no-run", "-q", *options)
    return str(path)


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Forty models in three versions, the first with one that was accepted, in a folder that is there."""
    root = tmp_path / "registry"
    root.mkdir()
    with Store.open(tmp_path / "reports.db") as store:
        for n in range(40):
            for version in (1, 2, 3):
                whole = document(f"{root}/m{n:02}/{version}/model.onnx", findings=(n * version) % 4)
                whole["totals"]["parameters"] = 1000 * version
                whole["coverage"]["ran"] = ["rule-0", "rule-1"]
                whole["audited_at"] = f"2026-01-0{version}T00:00:00Z"
                store.save(whole, subject=f"m{n:02}", version=str(version))
        store.accept("m00", 3, reason="", by="Ada")
    return root


def test_what_appeared_and_what_was_fixed(auditor: Auditor, model: str) -> None:
    said = auditor("history", model)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert "4 audits" in said.out
    assert "parameters  █▁▁▁  61,706 -> 0" in lines
    assert "nodes       ▂▁▁█  12 -> 38" in lines
    first = next(i for i, line in enumerate(lines) if line.startswith("id  when"))
    rows = [line.split() for line in lines[first + 1 : first + 5]]
    assert [[row[0], *row[4:]] for row in rows] == [
        [*cells, "ad", "hoc"]  # of a model that has no other audits they are compared all the same
        for cells in (["4", "fail", "1", "1"], ["3", "pass", "1?"], ["2", "fail", "1"], ["1", "pass"])
    ]
    assert "New in the newest audit (1)\n  error  misfit-initializers  fc6   since " in said.out.replace(
        "fc6  s", "fc6   s"
    )
    assert "Fixed (1)\n  error  nan-weights  head  " in said.out


def test_for_machines(auditor: Auditor, model: str) -> None:
    said = auditor("history", model, "--format", "json", "--limit", "2").json
    assert list(said) == ["schema_version", "subject", "audited", "audits", "findings", "in_depth"]
    assert (said["schema_version"], said["audited"]) == (1, 4)
    assert [(audit["id"], audit["still"], audit["not_looked_at"]) for audit in said["audits"]] == [(4, 0, 0), (3, 0, 1)]
    assert [found["rule"] for found in said["audits"][0]["appeared"]] == ["misfit-initializers"]
    states = {(f["rule"], f["state"], f["since"]["id"], f["last"]["id"]) for f in said["findings"]}
    assert states == {("misfit-initializers", "new", 4, 4), ("nan-weights", "fixed", 2, 2)}


def test_what_was_measured_in_depth(auditor: Auditor, tmp_path: Path) -> None:
    """3 ms, nothing, 9 ms on another machine, and 4 ms."""
    stamp = {"runtime": "onnxruntime 1.32.0", "provider": "", "device": "here", "threads": 2, "optimisation": "all"}
    seen = ((3.0, "here"), (None, ""), (9.0, "there"), (4.0, "here"))
    with Store.open(tmp_path / "reports.db") as store:
        for day, (value, device) in enumerate(seen, 1):
            whole = document("m.onnx") | {"audited_at": f"2026-01-0{day}T00:00:00Z"}
            figures = [{"name": "run-ms-p50", "value": value, "unit": "ms"}]
            part = {"part": "speed", "status": "ok", "why": "", "lines": [], "seconds": 1.0, "series": []}
            part |= {"figures": figures, "stamp": {**stamp, "device": device, "cpu": []}}
            store.save(whole | ({} if value is None else {"depth": [part]}), subject="m")
    assert "Measured in depth\n  speed.run-ms-p50  ▁??█  3 ms -> 4 ms\n" in auditor("history", "m").out
    told = auditor("history", "m", "--format", "json").json["in_depth"]
    assert told == {"speed.run-ms-p50": {"unit": "ms", "values": [4.0, None, None, 3.0]}}


def test_a_model_is_named_by_path_name_or_digest(auditor: Auditor, registry: Path) -> None:
    by_name = auditor("history", "m07")
    assert by_name.code == 0
    assert auditor("history", str(registry / "m07" / "2" / "model.onnx")).out == by_name.out
    assert by_name.out.splitlines()[0] == "m07  3 audits"
    several = auditor("history", "d" * 64)  # all have it
    assert several.out.splitlines()[1].split()[:2] == ["m00", "3"]


def test_all_of_a_source_in_a_line_each(auditor: Auditor, registry: Path) -> None:
    said = auditor("history", str(registry))
    lines = said.out.splitlines()
    assert lines[0].split() == ["model", "version", "verdict", "new", "fixed", "still", "parameters"]
    assert lines[1].split() == ["m00", "3", "fail", "▁▄█", "accepted"]
    assert lines[2].split() == ["m01", "3", "fail", "1", "2", "▁▄█"]  # 1, 2, then 3 findings
    assert len(lines) == 22 and lines[-1] == "and 20 more models (--limit)"
    everything = auditor("history", str(registry), "--limit", "100", "--format", "json")
    rows = [json.loads(line) for line in everything.out.splitlines()]
    assert [row["subject"] for row in rows] == [f"m{n:02}" for n in range(40)]
    assert rows[1]["moved"]["parameters"] == [3000, 2000, 1000]
    assert (rows[1]["latest"]["version"], len(rows[1]["latest"]["appeared"]), rows[1]["latest"]["still"]) == ("3", 1, 2)


def test_a_glob_and_a_manifest_name_models_too(auditor: Auditor, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copyfile(LENET, tmp_path / f"{name}.onnx")
        auditor("check", str(tmp_path / f"{name}.onnx"), "--no-run", "-q")
    (tmp_path / "models.csv").write_text("path\na.onnx\nb.onnx\n")
    for source in (str(tmp_path / "*.onnx"), str(tmp_path / "models.csv")):
        said = auditor("history", source)
        assert [line.split()[0] for line in said.out.splitlines()[1:]] == ["a.onnx", "b.onnx"]


def test_versions_that_were_accepted_are_marked(auditor: Auditor, registry: Path) -> None:
    lines = auditor("history", "m00").out.splitlines()
    assert [("accepted 20" in line) for line in lines[7:10]] == [True, False, False]
    audits = auditor("history", "m00", "--format", "json").json["audits"]
    assert [audit["accepted"] is None for audit in audits] == [False, True, True]


@pytest.mark.parametrize("source", ["m39", "registry"])
def test_it_fits_80_columns_whatever_the_names_are(
    auditor: Auditor, registry: Path, tmp_path: Path, source: str
) -> None:
    odd = "\x1b[31m\u202e::error::" + "n" * 300
    with Store.open(tmp_path / "reports.db") as store:
        whole = document(f"{registry}/x/model.onnx", findings=40)
        for finding in whole["findings"]:
            finding["location"]["node"], finding["rule"] = odd, "a-rule-of-a-very-long-name-that-nobody-knows"
        store.save(whole, subject=odd, version=odd)
        store.save(whole, subject="m39", version="4")
    said = auditor("history", str(registry) if source == "registry" else source, "--limit", "50")
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= 80
    assert "\x1b" not in said.out and "\u202e" not in said.out
    assert not any(line.lstrip().startswith("::") for line in said.out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("history", "/no/such.onnx"), 3, "no audit of '/no/such.onnx' is stored in"),
        (("history", "/no/such/*.onnx"), 3, "no audit of"),
        (("history", "/etc"), 3, "no audit of"),
        (("history", "m00", "--format", "xml"), 2, "text or json"),
        (("history", "m00", "--limit", "0"), 2, "limit"),
    ],
)
def test_what_goes_wrong_is_said(
    auditor: Auditor, registry: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    said = auditor(*arguments)
    assert (said.code, said.out) == (code, "")
    assert says in said.err and "Traceback" not in said.err


@pytest.mark.parametrize(
    ("encoding", "values", "line"),
    [
        ("utf-8", [0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ("ascii", [0, 1, 2, 3, 4, 5, 6, 7], "_.-~=+*#"),
        ("latin-1", [7, 0], "#_"),
        ("utf-8", [5, 5, None], "▄▄?"),
        ("utf-8", [None, None], "??"),
        ("utf-8", [1 << 62, 0, 1], "█▁▁"),
        ("utf-8", [], ""),
    ],
)
def test_a_sparkline(encoding: str, values: list[Any], line: str) -> None:
    assert sparkline(values, io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == line
