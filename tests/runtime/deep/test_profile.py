"""onnxruntime's profile as bytes that nobody trusts: events in the form of 1.32, and what is no such thing."""

from __future__ import annotations

import json

import pytest

from auditor.runtime.deep import profile
from auditor.runtime.deep.profile import NoProfile, read_profile


def node(name: str, start: int, taken: object, op_type: object = "Relu", kind: str = "Node") -> str:
    args = {"op_name": op_type, "provider": "CPUExecutionProvider", "input_type_shape": [{"float": [2, 3]}]}
    return json.dumps({"cat": kind, "dur": taken, "ts": start, "ph": "X", "name": f"{name}_kernel_time", "args": args})


def run(start: int = 0) -> str:
    return json.dumps({"cat": "Session", "dur": 90, "ts": start, "ph": "X", "name": "model_run", "args": {}})


OPENED = json.dumps({"cat": "Session", "dur": 5, "ts": 0, "ph": "X", "name": "session_initialization", "args": {}})


def written(*events: str) -> bytes:
    return ("[\n" + ",\n".join(events) + "\n]\n").encode()


def test_medians_over_the_runs_and_shares_of_all_nodes() -> None:
    """Three runs, the first of them skipped: a takes 10 of 40, then 20 of 40; b the rest."""
    runs = [(30, 10), (10, 30), (20, 20)]
    events = [
        event
        for at, (a, b) in enumerate(runs)
        for event in (node("a", 100 * at, a, "Conv"), node("b", 100 * at + 40, b), run(100 * at))
    ]
    number, times = read_profile(written(OPENED, *events), skipped=1)
    assert number == 2
    first, second = times
    assert first[:-1] == ("b", "Relu", 0.025, 62.5, 0.02) and first.fastest_percent == pytest.approx(100 * 20 / 30)
    assert second[:-1] == ("a", "Conv", 0.015, 37.5, 0.01) and second.fastest_percent == pytest.approx(100 * 10 / 30)


def test_what_runs_inside_of_a_node_is_part_of_it() -> None:
    """A body's nodes end before the node that has it, as onnxruntime 1.32 writes them; one that is called as it is in
    the main graph is no other."""
    events = (node("before", 0, 10), node("inner", 12, 5), node("before", 20, 7), node("loop", 11, 30, "Loop"), run())
    _, times = read_profile(written(*events))
    assert [(one.name, one.milliseconds) for one in times] == [("loop", 0.03), ("before", 0.01)]


def test_names_that_are_escaped_are_read_as_they_are_and_say_nothing_else() -> None:
    hostile = 'y"},\n{"cat" : "Node" \x1b[31m'
    _, times = read_profile(written(node(hostile, 0, 5), run()))
    assert [one.name for one in times] == [hostile]


WHOLE = written(OPENED, node("a", 0, 5), run())
BAD = {
    "it is empty": b"",
    "it has no run": written(OPENED, node("a", 0, 5)),
    "line 3 is no event": written(node("a", 0, 5), "[" * 100_000, run()),
    "line 2 is no event": b'[\n{"cat" : "Node", "name" : "a" \x1b[2J"_kernel_time"},\n]\n',
    "it is cut off in line 4": WHOLE[: WHOLE.index(b"model_run")],
    "it is cut off in line 3": WHOLE[: WHOLE.index(b'{"cat": "Session", "dur": 90')],
    "line 2 has no operator, or no time": written(node("a", 0, -5), run()),
}


@pytest.mark.parametrize(("why", "data"), BAD.items(), ids=BAD)
def test_what_is_no_profile_is_said(why: str, data: bytes) -> None:
    with pytest.raises(NoProfile, match=why):
        read_profile(data)


@pytest.mark.parametrize("cut", range(1, len(WHOLE) - 2, 7))
def test_a_profile_that_is_cut_anywhere_is_none(cut: int) -> None:
    with pytest.raises(NoProfile):
        read_profile(WHOLE[:cut])


@pytest.mark.parametrize("taken", [float("nan"), float("inf"), 1.5, True, "5", None, 1 << 60, [5]])
def test_a_time_is_a_whole_number(taken: object) -> None:
    with pytest.raises(NoProfile, match="line 2"):
        read_profile(written(node("a", 0, taken), run()))


@pytest.mark.parametrize("event", ["5", "null", '{"cat":"Node"}', '{"cat":"Node","name":5}', '"model_run"'])
def test_an_event_of_another_form(event: str) -> None:
    with pytest.raises(NoProfile, match="line 2 is no event"):
        read_profile(written(event, run()))


def test_events_of_other_kinds_are_passed_by() -> None:
    assert read_profile(written('{"cat":[],"name":{}}', node("a", 0, 1, kind="Api"), node("a", 0, 1), run()))[0] == 1


def test_a_million_events_and_a_line_without_an_end_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoProfile, match="it has more than 400,000 lines"):
        read_profile(b"[\n" + b"\n" * 1_000_000)
    with pytest.raises(NoProfile, match=r"line 2 has 1,000,00\d bytes"):
        read_profile(b"[\n" + b'"' * 1_000_000)
    monkeypatch.setattr(profile, "_MOST_LINES", 10)
    with pytest.raises(NoProfile, match="more than 10 lines"):
        read_profile(written(*[node("a", at, 1) for at in range(20)], run()))
