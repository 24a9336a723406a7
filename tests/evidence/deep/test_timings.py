"""What is made of times that the child took: times of our own making stand in for it, and arithmetic for the words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import onnx.parser
import pytest

from auditor.evidence.deep import speed
from auditor.evidence.deep.asking import DeepAnswer, NotSeen
from auditor.evidence.deep.speed import Speed, look
from auditor.model.load import loads
from auditor.report import DeepFigure, DeepSeries, Missed, Stamp
from auditor.runtime.deep.speed import InTurn, SpeedAsked, SpeedSeen, Timed, UpTo
from auditor.runtime.request import Feed
from auditor.settings import Settings
from auditor.shapes.facts import infer

TEXT = '<ir_version: 8, opset_import: ["" : 17]> g (%s[N, 4] x) => (%s[N, 4] y) { y = Relu(x) }'
HERE = Stamp("onnxruntime 1.32.0", "CPUExecutionProvider", threads=1)
FED = Feed("x", 1, (2, 4))
OWN = Timed(2, (2.0,) * 30)
SEEN = SpeedSeen((8.0, 4.0, 5.0), (10.0, 3.0, 2.0, 2.0, 2.5), (OWN,))


class Timing:
    """Looks at a model whose times are those that stand here; ``asked`` is what went to the child."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = SpeedAsked()
        self.changes: dict[str, Any] = {}
        self._patch = monkeypatch.setattr

    def look(self, seen: SpeedSeen, *missed: Missed, feed: Feed = FED, reference: str | None = None) -> Speed:
        dtype = {1: "float", 10: "float16"}[feed.dtype]
        model = loads(onnx.parser.parse_model(TEXT % (dtype, dtype)).SerializeToString())

        def ask(_: object, part: str, asked: SpeedAsked, attempts: object, **changes: Any) -> DeepAnswer:
            self.asked, self.changes = asked, changes
            return DeepAnswer(seen, HERE, missed)

        self._patch(speed, "ask", ask)
        self._patch(speed, "_data_of", lambda path: ())
        self._patch(speed, "feeds_that_ran", lambda evidence, part: (feed,))
        evidence: Any = SimpleNamespace(
            model=model, facts=infer(model), settings=Settings(speed_against=reference),
            costs=SimpleNamespace(generated_bytes=100),
        )  # fmt: skip
        return look(evidence)


@pytest.fixture
def timing(monkeypatch: pytest.MonkeyPatch) -> Timing:
    return Timing(monkeypatch)


def test_times_that_are_alike_decide(timing: Timing) -> None:
    part = timing.look(SEEN).part
    assert (part.part, part.status, part.why, part.stamp) == ("speed", "ok", "", HERE)
    assert part.lines[:2] == (
        "a run takes 2 ms (P50), 2 ms (P90), 2 ms (P99): 30 runs",
        "a session is made in 5 ms (median of 3, the first in 8 ms); its first run takes 10 ms, the fifth 2.5 ms",
    )
    assert part.figures == (
        DeepFigure("runs", 30),
        DeepFigure("run-ms-p50", 2.0, "ms"),
        DeepFigure("run-ms-p90", 2.0, "ms"),
        DeepFigure("run-ms-p99", 2.0, "ms"),
        DeepFigure("run-spread", 1.0),
        DeepFigure("run-drift", 0.0),
        DeepFigure("first-run-ms", 10.0, "ms"),
        DeepFigure("sessions", 3),
        DeepFigure("session-ms", 5.0, "ms"),
        DeepFigure("session-spread", 2.0),
    )
    assert part.series == (
        DeepSeries("a run", "ms", ("the fastest", "P10", "P50", "P90"), (2.0,) * 4),
        DeepSeries("the first runs", "ms", ("1", "2", "3", "4", "5"), (10.0, 3.0, 2.0, 2.0, 2.5)),
    )


def test_times_that_are_not_alike_or_were_cut_short_leave_it_open(timing: Timing) -> None:
    apart = timing.look(SEEN._replace(timed=(Timed(2, (1.0, 2.0) * 15),))).part
    assert apart.status == "open" and apart.why.startswith("the spread is too large: P90 is 2 times P10")
    short = timing.look(SEEN._replace(timed=(OWN._replace(why="3 runs took all the time"),))).part
    assert (short.status, short.why) == ("open", "3 runs took all the time")
    rest = Missed("speed, the rest of it", "the child died", asked=True)
    found = timing.look(SEEN, rest)
    assert (found.part.status, found.part.why, found.missed) == ("open", "the child died", (rest,))


@pytest.mark.parametrize("timed", [(), (Timed(2, why="a run takes 9 s"),)])
def test_where_nothing_was_timed_there_is_no_part(timed: tuple[Timed, ...], timing: Timing) -> None:
    with pytest.raises(NotSeen, match=r"^nothing was timed$"):
        timing.look(SEEN._replace(timed=timed))
    with pytest.raises(NotSeen, match=r"^the child died$"):
        timing.look(SEEN._replace(timed=timed), Missed("speed", "the child died"))


def test_memory_is_asked_for_as_the_largest_batch_needs_it(timing: Timing) -> None:
    """x and y at a batch of 8 are 2 * 8 * 4 * 4 = 256 bytes; four times that, and what is folded (100) twice."""
    timing.look(SEEN)
    assert (timing.asked.batches, timing.changes["predicted_bytes"]) == ((2, 1, 4, 8), 4 * 256 + 2 * 100)
    timing.look(SEEN, feed=Feed("x", 1, file="inputs.npz", key="x"))
    assert timing.asked.batches == (0,) and "predicted_bytes" not in timing.changes


@pytest.mark.parametrize(("dtype", "casts"), [(1, False), (10, True)])
def test_casts_are_counted_where_something_is_float16(dtype: int, casts: bool, timing: Timing) -> None:
    timing.look(SEEN, feed=Feed("x", dtype, (2, 4)))
    assert timing.asked.casts is casts


def test_batches_are_told_in_order_with_the_share_of_one(timing: Timing) -> None:
    """6.4 ms / 8 = 0.8 ms."""
    more = (OWN, Timed(8, (6.4,) * 10), Timed(1, (1.5,) * 10), Timed(4, why="a run takes too long"))
    part = timing.look(SEEN._replace(timed=more)).part
    assert part.lines[2:4] == (
        "by N, the median run (and its share of one): 1: 1.5 ms, 2: 2 ms (1 ms), 8: 6.4 ms (800 µs)",
        "N = 4: a run takes too long",
    )
    assert part.figures[10:] == (
        DeepFigure("run-ms-p50-batch-8", 6.4, "ms"),
        DeepFigure("run-ms-p50-batch-1", 1.5, "ms"),
    )
    assert part.series[2] == DeepSeries("the median run by batch", "ms", ("1", "2", "8"), (1.5, 2.0, 6.4))


def test_a_reference_is_told_by_pairs(timing: Timing) -> None:
    """The ratios are 2, 4, 6, 8 and 10."""
    pairs = InTurn((2.0, 4.0, 6.0, 8.0, 10.0), (1.0,) * 5)
    part = timing.look(SEEN._replace(in_turn=pairs), reference="models/old.onnx").part
    assert part.lines[2] == "6 times the run of old.onnx, in turn: 5 pairs, half of them from 4 to 8"
    assert part.figures[10:] == (
        DeepFigure("pairs", 5),
        DeepFigure("run-ratio", 6.0),
        DeepFigure("run-ratio-low", 4.0),
        DeepFigure("run-ratio-high", 8.0),
    )
    refused = timing.look(SEEN._replace(in_turn=InTurn(why="it was refused")), reference="models/old.onnx").part
    assert refused.lines[2] == "against old.onnx: it was refused" and len(refused.figures) == 10


def test_what_onnxruntime_adds_is_counted(timing: Timing) -> None:
    part = timing.look(SEEN._replace(casts=2, copies=1, why="the rest was cut off")).part
    assert part.lines[2:5] == (
        "onnxruntime puts 2 Casts around nodes that have no kernel for float16 there",
        "onnxruntime puts in 1 node that copy between devices",
        "the rest was cut off",
    )
    assert part.figures[10:] == (DeepFigure("casts-added", 2), DeepFigure("copies-added", 1))
    none = timing.look(SEEN._replace(casts=0, copies=0)).part
    assert none.figures[10:] == (DeepFigure("casts-added", 0), DeepFigure("copies-added", 0))
    assert not [line for line in none.lines if "onnxruntime puts" in line]


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        (0.25, 1.75, "75 %, goes from a to b"),
        (1.5, 1.75, "75 %, goes from the inputs to a"),
        (0.1, 0.5, "75 %, goes from b to the outputs"),
        (2.5, 2.6, "100 %, goes from the inputs to a"),  # a run up to there was slower than any of the whole
    ],
)
def test_where_no_node_was_timed_the_longest_way_between_two_waists_is_told(
    a: float, b: float, told: str, timing: Timing
) -> None:
    """Of 2 ms, three quarters are 1.5 ms."""
    part = timing.look(SEEN._replace(up_to=(UpTo("a", a), UpTo("b", b)))).part
    assert part.lines[-1] == f"most of it, about {told} (by models cut there)"
    steps = (a, round(b - a, 3), max(0.0, 2 - b))
    assert part.series[2] == DeepSeries(
        "time up to a tensor from the one before", "ms", ("a", "b", "the outputs"), steps
    )
