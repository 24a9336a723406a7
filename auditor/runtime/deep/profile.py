"""onnxruntime's profile of a session: how long each node took in each run.

It is JSON, a list of events, one a line. In it stand names out of a model that nobody trusts, so it is read a line at a
time and within bounds, and of a line nothing is taken but a name, an operator and two whole numbers.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from statistics import median
from typing import Any

from ...tuples import NamedTuple

LARGEST = 64 << 20  # bytes
_MOST_LINES, _LONGEST = 400_000, 1 << 18
_LONGEST_TIME = 1 << 50  # microseconds
_NODE, _RUN = "_kernel_time", "model_run"


class NoProfile(Exception):
    """These bytes are none, or too many."""


class NodeTime(NamedTuple):
    """Medians over the runs: milliseconds, and the percentage of what all nodes of a run took; and its fastest run.

    ``fastest_percent``: of the sum of all nodes' fastest, which a busy machine disturbs less.
    """

    name: str  # onnxruntime's
    op_type: str
    milliseconds: float
    percent: float
    fastest: float
    fastest_percent: float


class _Event(NamedTuple):
    name: str
    op_type: str
    start: int  # microseconds
    taken: int


def read_profile(data: bytes, skipped: int = 0) -> tuple[int, tuple[NodeTime, ...]]:
    """How many runs there are behind those that are skipped, and the nodes that were in all of them, the slowest first.

    Nodes inside of a node's bodies are part of that one. `NoProfile` of what is no whole profile, or has no run.
    """
    runs = [_by_name(run) for run in _runs(data)][skipped:]
    if not runs:
        raise NoProfile("it has no run")
    whole = [sum(taken for _, taken in run.values()) for run in runs]
    everywhere = [name for name in runs[0] if all(name in run for run in runs)]
    fastest = {name: min(run[name][1] for run in runs) for name in everywhere}
    least = sum(fastest.values()) or 1
    times = [
        NodeTime(
            name,
            runs[0][name][0],
            median(run[name][1] for run in runs) / 1e3,
            median(100 * run[name][1] / (all_of_it or 1) for run, all_of_it in zip(runs, whole, strict=True)),
            fastest[name] / 1e3,
            100 * fastest[name] / least,
        )
        for name in everywhere
    ]
    return len(runs), tuple(sorted(times, key=lambda one: -one.percent))


def _runs(data: bytes) -> Iterator[list[_Event]]:
    """The events of each run, in the order in which they ended."""
    events: list[_Event] = []
    number, content = 0, b""
    for number, line in enumerate(io.BytesIO(data), 1):
        if number > _MOST_LINES:
            raise NoProfile(f"it has more than {_MOST_LINES:,} lines")
        if len(line) > _LONGEST:
            raise NoProfile(f"line {number} has {len(line):,} bytes")
        stripped = line.strip(b" ,\r\n")
        content = stripped or content
        if stripped in (b"[", b"]", b""):
            continue
        if not line.endswith(b"\n"):
            break
        name, event = _event(content, number)
        if name == _RUN:
            yield events
            events = []
        elif event is not None:
            events.append(event)
    if content != b"]":
        raise NoProfile(f"it is cut off in line {number}" if number else "it is empty")


def _event(content: bytes, number: int) -> tuple[str, _Event | None]:
    """Its name, and of a node's kernel the event."""
    try:
        found = json.loads(content)
        category, name = found["cat"], found["name"]
        if category == "Session" and name == _RUN:
            return _RUN, None
        if category != "Node" or not name.endswith(_NODE):
            return "", None
        op_type, start, taken = found["args"]["op_name"], found["ts"], found["dur"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NoProfile(f"line {number} is no event") from None
    if not (isinstance(op_type, str) and _is_time(start) and _is_time(taken)):
        raise NoProfile(f"line {number} has no operator, or no time")
    return "", _Event(name[: -len(_NODE)], op_type, start, taken)


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LONGEST_TIME


def _by_name(events: list[_Event]) -> dict[str, tuple[str, int]]:
    """Operator and microseconds of the nodes that are in no other: those end before it, and begin behind its start.

    One of several of a name is as good as another, so theirs are added up.
    """
    found: dict[str, tuple[str, int]] = {}
    begins = _LONGEST_TIME * 2
    for event in reversed(events):
        if event.start + event.taken > begins:
            continue
        begins = event.start
        before = found.get(event.name, (event.op_type, 0))
        found[event.name] = before[0], before[1] + event.taken
    return dict(reversed(found.items()))
