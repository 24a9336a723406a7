"""Places that are watched: what is told of them, and when they are looked at again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import onnx
import pytest

from auditor.batch.refs import Ref
from auditor.batch.run import Outcome
from auditor.errors import ExitCode, UsageError
from auditor.report import Verdict
from auditor.sessions import batching, watching
from auditor.sessions.asked import asked
from auditor.sessions.destinations import Destinations
from auditor.sessions.watching import Watching, WatchListener

_TEXT = '<ir_version: 8, opset_import: ["": 17]> g (float[2, 4] x) => (float[2, 4] y) { y = OP(x) }'


def model(op: str) -> bytes:
    return bytes(onnx.parser.parse_model(_TEXT.replace("OP", op)).SerializeToString())


class Hears(WatchListener):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.verdicts: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def came(self, outcome: Outcome) -> None:
        self.verdicts.append(f"{os.path.basename(outcome.ref.place)} {outcome.verdict.value}")


class Clock:
    """Time goes on where somebody waits; between two looks the next step is taken."""

    def __init__(self, steps: Iterable[Callable[[], object]]) -> None:
        self.now, self.waited, self._steps = 1000.0, list[float](), iter(steps)

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds
        step = next(self._steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(watching, "_SETTLED", 0.0)
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def watch(folder: Path, steps: Iterable[Callable[[], object]] = (), **words: Any) -> tuple[Hears, Clock]:
    hears, clock = Hears(), Clock(steps)
    ask = asked({"run": False, "every": "60s", "jobs": "1", "no_config": True, **words})
    to = Destinations("text", open(os.devnull, "w"), database=ask.configured.db, listener=hears)  # noqa: SIM115  # nobody reads it
    with pytest.raises(KeyboardInterrupt):
        Watching(ask, to, hears, clock=clock, pause=clock.pause).watch([str(folder)])
    return hears, clock


def test_what_is_new_is_told_and_nothing_twice(folder: Path) -> None:
    (folder / "a.onnx").write_bytes(model("Relu"))
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: (folder / "b.onnx").write_bytes(model("Tanh")),
        lambda: (folder / "copy.onnx").write_bytes(model("Tanh")),
        lambda: (folder / "a.onnx").write_bytes(model("Sigmoid")),
        lambda: (folder / "b.onnx").write_bytes(b"nonsense"),
        lambda: (folder / "b.onnx").unlink(),
    ]
    hears, clock = watch(folder, steps)
    assert hears.verdicts == ["a.onnx pass", "b.onnx pass", "copy.onnx pass", "a.onnx pass", "b.onnx fail"]
    assert hears.lines == [] and all(54 <= seconds <= 66 for seconds in clock.waited)
    hears, _ = watch(folder)  # started anew
    assert hears.verdicts == []


def test_a_place_that_is_away_is_said_once_and_asked_less_often(folder: Path) -> None:
    (folder / "a.onnx").write_bytes(model("Relu"))
    aside = folder.parent / "aside"
    steps: list[Callable[[], object]] = [lambda: shutil.move(folder, aside), *[lambda: None] * 6]
    hears, clock = watch(folder, [*steps, lambda: shutil.move(aside, folder), lambda: None])
    assert hears.lines == [f"there is no file or folder {folder}", f"{folder} is there again"]
    assert hears.verdicts == ["a.onnx pass"]
    longest = (120, 240, 480, 900, 900, 900, 900)
    assert all(most / 2 <= seconds <= most for seconds, most in zip(clock.waited[1:8], longest, strict=True))
    assert 54 <= clock.waited[-1] <= 66


def test_a_file_that_is_being_written_waits_until_it_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SETTLED", 1e6)
    (folder / "a.onnx").write_bytes(model("Relu")[:20])

    def whole() -> None:
        (folder / "a.onnx").write_bytes(model("Relu"))
        os.utime(folder / "a.onnx", (1e9, 1e9))

    hears, _ = watch(folder, [lambda: None, whole])
    assert hears.verdicts == ["a.onnx pass"]


def test_an_audit_without_an_end_is_told_once_and_tried_again_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.onnx").write_bytes(model("Relu"))
    tried: list[float] = []

    def batch(refs: Iterable[Ref], *_: object, **__: object) -> Generator[Outcome, None, None]:
        for ref in refs:
            tried.append(os.stat(ref.path).st_size)
            document: Mapping[str, Any] = {"findings": [], "coverage": {"failed": []}}
            yield Outcome(ref, document, Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)

    monkeypatch.setattr(batching, "batch", batch)
    steps: list[Callable[[], object]] = [lambda: None] * 40  # 40 minutes: after 5, then 10, then 20
    steps += [lambda: (folder / "a.onnx").write_bytes(model("LeakyRelu")), lambda: None]
    hears, _ = watch(folder, steps)
    assert hears.verdicts == ["a.onnx inconclusive"] * 2  # the second has other bytes
    assert len(tried) == 5 and tried[-1] != tried[0]


def test_json_lines_of_what_is_new_alone(folder: Path, tmp_path: Path) -> None:
    (folder / "a.onnx").write_bytes(model("Relu"))
    (folder / "b.onnx").write_bytes(b"nonsense")
    ask = asked({"run": False, "jobs": "1", "no_config": True})
    for expected in (["a.onnx", "b.onnx"], []):
        with (tmp_path / "out").open("w+") as out:
            to = Destinations("json", out, database=ask.configured.db)
            code = Watching(ask, to).watch([str(folder)], once=True)
            out.seek(0)
            reports = [json.loads(line) for line in out]
        assert sorted(os.path.basename(report["model"]["path"]) for report in reports) == expected
        assert code == (ExitCode.FINDINGS if expected else ExitCode.PASS)


def test_what_makes_no_sense_ends_it(folder: Path) -> None:
    ask = asked({"run": False, "no_config": True})
    for place in ("nobody://reads/this", "oci://HOST/Not A Repository"):
        with pytest.raises(UsageError), open(os.devnull, "w") as out:
            Watching(ask, Destinations("text", out)).watch([place], once=True)
