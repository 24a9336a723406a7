"""The bar of a batch: counted and drawn now and then, and what is looked at in depth at once."""

from __future__ import annotations

from pathlib import Path

from rich.progress import Progress

from auditor.batch.run import Outcome
from auditor.cli.bar import Bar
from auditor.errors import ExitCode
from auditor.report import Verdict
from tests.batch.conftest import reference


class Drawing(Progress):
    """Counts what is drawn; draws nothing."""

    drawn = 0

    def refresh(self) -> None:
        self.drawn += 1


def test_what_is_looked_at_is_there_until_its_model_is_done() -> None:
    progress = Drawing(auto_refresh=False, disable=True)
    shown = Bar(progress, lambda: 3)
    one, other = (reference(Path(f"models/{name}.onnx")) for name in ("one", "other"))
    fields = progress.tasks[0].fields
    before = progress.drawn
    shown.looking(one, "in depth: speed (8 of 9)")
    assert fields["at"] == "one.onnx: in depth: speed (8 of 9)" and progress.drawn == before + 1
    shown.looking(other, "in depth: growth (9 of 9)")
    assert fields["at"] == "other.onnx: in depth: growth (9 of 9)" and progress.drawn == before + 2
    shown.moved(Outcome(one, None, Verdict.PASS, ExitCode.PASS))
    assert fields["at"] == "other.onnx: in depth: growth (9 of 9)"
    shown.moved(Outcome(other, None, Verdict.FAIL, ExitCode.FINDINGS))
    assert fields["at"] == ""


def test_of_thousands_of_models_a_second_few_are_drawn() -> None:
    progress = Drawing(auto_refresh=False, disable=True)
    shown = Bar(progress, lambda: None)
    before = progress.drawn
    shown._drawn = float("inf")  # it was drawn just now, however slow this machine is
    for number in range(1000):
        shown.moved(Outcome(reference(Path(f"{number}.onnx")), None, Verdict.PASS, ExitCode.PASS))
    assert progress.drawn == before and progress.tasks[0].completed == 0
    shown.looking(reference(Path("last.onnx")), "in depth: speed (1 of 1)")
    assert progress.tasks[0].completed == 1000
