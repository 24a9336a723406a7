"""At which sizes a model runs: onnxruntime says so at each, and the words are held against arithmetic."""

from __future__ import annotations

from math import inf
from pathlib import Path

import onnx.parser
import pytest

from auditor.evidence.deep import sizes as room
from auditor.evidence.deep.sizes import _bounds, _table, condition
from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.report import Report
from auditor.runtime.deep.sizes import InputAxis, OpenSize, SizeRun, feeds_at
from auditor.runtime.request import Feed
from auditor.settings import Settings
from auditor.shapes.facts import infer

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
DEEP = Settings(deep_parts=frozenset({"sizes"}))

COUNTED = """agraph (int64[N, L] ids) => (float[N, L, 1] y)
<int64 zero = {0}, int64 one = {1}, float[18, 1] table = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}>
{ none = Mul(ids, zero) ones = Add(none, one) at = CumSum<exclusive = 1>(ones, one) y = Gather(table, at) }"""
BAKED = """agraph (float[N, L] x) => (float[N, L] y) <float[3] p = {1, 2, 3}> { y = Add(x, p) }"""
POOLED = """agraph (float[N, 1, H, 8] x) => (float[N, 1, P, 2] y)
{ y = MaxPool<kernel_shape = [5, 4], strides = [1, 4]>(x) }"""


def looked(text: str, settings: Settings = DEEP) -> Report:
    return audit(onnx.parser.parse_model(HEAD + text).SerializeToString(), settings)


def lines(report: Report) -> tuple[str, ...]:
    (part,) = report.depth
    return part.lines


@pytest.mark.parametrize(
    ("fine", "failed", "words"),
    [
        ([1, 2, 3], [], ""),
        ([], [1, 2], "L: none of 1, 2 runs"),
        ([1, 2, 512], [513, 1024], "L <= 512"),
        ([7, 8, 16], [1, 6], "L >= 7"),
        ([7, 8, 258], [6, 259], "7 <= L <= 258"),
        ([16], [15, 17], "L = 16 only"),
        ([1], [2, 3], "L = 1 only"),
        ([1, 16], [2, 15, 17], "L = 1 or 16 only"),
        ([32, 64, 96, 128, 160], [33, 65, 127], "L a multiple of 32"),
        ([32, 64, 96, 128, 160], [33, 65, 192, 224], "L a multiple of 32 up to 160"),
        ([1, 2, 4, 5, 6, 7], [3], "L not 3"),
        ([32, 64, 128, 160, 192], [33, 96], "L not 33 or 96"),
    ],
)
def test_conditions_in_words(fine: list[int], failed: list[int], words: str) -> None:
    assert condition("L", fine, failed) == words


@pytest.mark.parametrize("last", range(10, 20))
def test_the_two_sizes_on_either_side_of_a_bound_are_neighbours(last: int) -> None:
    def above(size: int) -> str:
        return "too long" if size > last else ""

    def below(size: int) -> str:
        return "too short" if size <= last else ""

    assert _bounds(above, 10, 20, False, inf) == (last, last + 1)
    assert _bounds(below, 10, 20, True, inf) == (last, last + 1)


def test_a_table_of_17_positions_is_told_and_a_matrix_of_16_rows_is_none() -> None:
    def table(rows: int) -> str:
        text = f"g (int64[N] i) => (float[N, 1] y) <float[{rows}, 1] t = {{{', '.join('0' * rows)}}}> "
        model = onnx.parser.parse_model(HEAD + text + "{ y = Gather(t, i) }")
        return _table(infer(loads(model.SerializeToString())), [1, 2, rows])

    assert (table(16), table(17)) == ("", "t [17, 1]")


def test_a_table_that_the_shapes_do_not_see_is_found_to_the_row() -> None:
    report = looked(COUNTED)
    (finding,) = report.findings
    assert finding.rule == "sizes-that-fail" and finding.severity == "note"
    assert "L <= 18: at 19 it fails" in finding.message and "table [18, 1] is as long" in finding.message
    assert "idx=18" in finding.message and "Status Message" not in finding.message
    assert report.depth[0].status == "found"


def test_a_bound_that_nothing_hints_at_is_searched_for() -> None:
    """19 is no size that is tried by itself: between 17 and 32 it is halved down to."""
    hidden = COUNTED.replace("float[18, 1] table", "int64[2] column = {-1, 1}, float[3, 6] flat")
    report = looked(hidden.replace("{ none", "{ table = Reshape(flat, column) none"))
    assert [f.message.partition(": at 19")[0][-7:] for f in report.findings if f.rule == "sizes-that-fail"] == [
        "L <= 18"
    ]


def test_what_the_shapes_foresee_is_confirmed_on_both_sides() -> None:
    report = looked(BAKED)
    assert not any(finding.rule == "sizes-that-fail" for finding in report.findings)
    told = next(line for line in lines(report) if line.startswith("L"))
    assert told.startswith("L = 1 or 3 only: Add[0]")
    assert report.depth[0].status == "ok" and not report.coverage.failed


def test_what_is_only_unlikely_and_runs_is_nobodys_fault() -> None:
    """A window of 5 over 4 rows: onnxruntime gives an empty tensor."""
    report = looked(POOLED)
    assert any(line.startswith("H: 4, 5") for line in lines(report)) and not report.coverage.skipped


def test_a_size_that_an_option_binds_is_not_open() -> None:
    told = lines(looked(POOLED, DEEP._replace(dims={"H": 9, "N": 1})))
    assert told == ("every size of the inputs is a number, or bound by an option",)


def test_a_run_that_contradicts_the_shapes_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it would be, did the propagation rule a size out that runs."""
    monkeypatch.setattr(room, "impossible", lambda facts, feeds: "because" if feeds[0].shape[1] == 3 else "")
    monkeypatch.setattr(room, "proven_impossible", lambda facts, feeds: "because")
    report = looked("agraph (float[N, L] x) => (float[N, L] y) { y = Relu(x) }")
    (missed,) = [missed for missed in report.coverage.skipped if missed.what == "shapes at L = 3"]
    assert missed.asked and "a fault of auditor" in missed.why and "because" in missed.why


def test_inputs_of_a_file_are_tried_at_other_sizes_too(tmp_path: Path) -> None:
    import numpy as np

    model = tmp_path / "m.onnx"
    model.write_bytes(onnx.parser.parse_model(HEAD + COUNTED).SerializeToString())
    np.savez(tmp_path / "in.npz", ids=np.zeros((1, 4), np.int64))
    report = audit(model, DEEP._replace(inputs=str(tmp_path / "in.npz")))
    assert any(line.startswith("L <= 18") for line in lines(report))


def test_only_the_axes_of_a_name_change() -> None:
    feeds = (Feed("a", 1, (2, 7)), Feed("b", 1, (7, 2)))
    one = OpenSize("L", (InputAxis("a", 1), InputAxis("b", 0)), (), 7)
    assert [feed.shape for feed in feeds_at(feeds, one, 9)] == [(2, 9), (9, 2)]


def test_a_session_that_remembers_is_told() -> None:
    model = loads(onnx.parser.parse_model(HEAD + BAKED).SerializeToString())
    from auditor.rules.sizes_that_fail import sizes_that_fail

    evidence = Evidence(model, DEEP)
    seen = evidence.deep("sizes")
    assert isinstance(seen, room.Sizes) and not seen.remembered
    remembering = seen._replace(remembered=(SizeRun("L", 3, True, remembered=True, output="y"),))
    (found,) = sizes_that_fail.check(model, remembering)
    assert "differs from a fresh one at L = 3: the output 'y' is another" in found.message


def test_sizes_without_names_move_together() -> None:
    """Both are a batch; that the one alone fails says nothing of the model."""
    text = "agraph (float[?, 4] x, float[?, 4] s) => (float[?, 4] y) { y = Concat<axis = 1>(x, s) }"
    report = looked(text)
    assert not any(finding.rule == "sizes-that-fail" for finding in report.findings)
    assert lines(report)[0].startswith("x[0] = s[0]: 1, 2, 3")
