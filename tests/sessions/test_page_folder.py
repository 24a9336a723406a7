"""A batch's folder of pages: whole whatever ends the batch, and nothing of anybody else's written over."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.batch.refs import Ref
from auditor.batch.run import Outcome
from auditor.batch.tasks import WorkerLimits
from auditor.errors import ExitCode, UsageError
from auditor.formats.json import document
from auditor.formats.parts.page.registry import MOST_ROWS, ModelSummary, index
from auditor.report import Severity, Verdict
from auditor.sessions.page_folder import MARK, PageFolder
from auditor.settings import Settings
from tests.corpus import SAMPLES
from tests.forked import call
from tests.formats.pages import Page
from tests.formats.reports import ALEXNET

STATIC = ("--no-run", "--no-store", "--quiet")


def links(folder: Path) -> list[str]:
    """The pages that the index names, in the order of its table."""
    table = (folder / "index.html").read_text(encoding="utf-8").partition('class="models"')[2]
    return re.findall(r'href="(models/\d{6}-[0-9a-z]+\.html)"', table)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in (folder / "models").iterdir())


def outcome(path: Path, verdict: Verdict = Verdict.FAIL) -> Outcome:
    report = ALEXNET._replace(model=ALEXNET.model._replace(path=str(path), digest="0123456789abcdef"))
    return Outcome(
        Ref(path.stem, "", str(path), (), {}, None, ()), document(report, verdict), verdict, ExitCode.FINDINGS
    )


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("alexnet_224", "wrong_bias", "nan_weights"):
        shutil.copy(SAMPLES / "broken" / f"{name}.onnx", folder)
    yield folder


def test_a_page_has_the_history_of_its_model(tmp_path: Path) -> None:
    """The audits that are stored, this one among them; without a store there is none."""
    models, out, stored = tmp_path / "in", tmp_path / "out", tmp_path / "audits.db"
    models.mkdir()
    for sample in ("broken/wrong_bias", "resnet_block"):
        shutil.copy(SAMPLES / f"{sample}.onnx", models / "changing.onnx")
        call("batch", str(models), "--db", str(stored), "--quiet", "-o", f"html:{out}")
    (file,) = links(out)
    history = (out / file).read_text(encoding="utf-8").partition('<section id="history">')[2].partition("</section>")[0]
    assert history.count('<th scope="row">') == 2 and "FAIL" in history.upper() and "PASS" in history.upper()
    call("batch", str(models), "--no-store", "--quiet", "-o", f"html:{out}")
    (file,) = links(out)
    assert 'id="history"' not in (out / file).read_text(encoding="utf-8")


def test_every_model_has_a_page_and_a_line(models: Path, tmp_path: Path) -> None:
    (models / "no_model.onnx").write_bytes(b"\xff\xff")
    out = tmp_path / "out"
    ended = call("batch", str(models), *STATIC, "-o", f"html:{out}", "-o", f"json:{tmp_path / 'reports'}")
    assert ended.status == 1 and len((tmp_path / "reports").read_text().splitlines()) == 4
    assert sorted(links(out)) == files(out) and len(files(out)) == 4
    text = (out / "index.html").read_text(encoding="utf-8")
    assert "come to its end" not in text
    for name in ("alexnet_224", "no_model", "misfit-initializers", "nan-weights"):
        assert name in text, name
    pages = [(out / link).read_text(encoding="utf-8") for link in links(out)]
    assert sum('id="layers"' in page for page in pages) == 3
    assert sum("cannot be read as a model" in page for page in pages) == 1
    assert not [path for path in out.rglob("*") if path.name.endswith(".partial")]


def test_a_second_batch_writes_the_folder_again(models: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("batch", str(models), *STATIC, "-o", f"html:{out}")
    (models / "nan_weights.onnx").unlink()
    (models / "wrong_bias.onnx").unlink()
    (out / "mine.txt").write_text("a note of my own")
    (out / "models" / "mine.html").write_text("another")
    call("batch", str(models), *STATIC, "-o", f"html:{out}")
    assert len(links(out)) == 1 and files(out) == [*links(out), "models/mine.html"]
    assert (out / "mine.txt").read_text() == "a note of my own"


def test_what_others_made_is_not_written_over(models: Path, tmp_path: Path) -> None:
    """A folder with a file in it, pages behind a link, a mark that is a link, a file, a folder that is nowhere."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "index.html").write_text("theirs")
    for path, why in ((theirs, "holds files that no batch wrote"), (theirs / "index.html", "is no folder")):
        ended = call("batch", str(models), *STATIC, "-o", f"html:{path}")
        assert (ended.status, why in ended.err, ended.err.count("\n")) == (2, True, 1), ended.err
    assert (theirs / "index.html").read_text() == "theirs" and os.listdir(theirs) == ["index.html"]
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "models").symlink_to(theirs)
    (linked / MARK).write_text("")
    marked = tmp_path / "marked"
    marked.mkdir()
    (marked / MARK).symlink_to(theirs / "index.html")
    for path in (linked, marked):
        with pytest.raises(UsageError, match="no batch wrote"):
            PageFolder(str(path), Settings(), 1, WorkerLimits())
    with pytest.raises(UsageError, match="No such file"):
        PageFolder(str(tmp_path / "no" / "folder"), Settings(), 1, WorkerLimits())
    assert (theirs / "index.html").read_text() == "theirs" and os.listdir(theirs) == ["index.html"]


def test_a_batch_that_is_broken_off_leaves_what_can_be_read(tmp_path: Path) -> None:
    class Enough(BaseException):
        pass

    out, path = tmp_path / "out", SAMPLES / "broken" / "alexnet_224.onnx"
    with pytest.raises(Enough), PageFolder(str(out), Settings(run=False), 1, WorkerLimits()) as folder:
        for _ in range(7):
            folder.write(outcome(path))
        assert len(links(out)) >= 1 and set(links(out)) <= set(files(out))
        raise Enough
    assert sorted(links(out)) == files(out) and len(files(out)) == 7
    assert "come to its end" in (out / "index.html").read_text(encoding="utf-8")
    assert "the batch was broken off" in (out / files(out)[-1]).read_text(encoding="utf-8")


def test_a_file_that_has_changed_has_no_picture(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with PageFolder(str(out), Settings(run=False), 1, WorkerLimits()) as folder:
        folder.write(outcome(SAMPLES / "broken" / "alexnet_224.onnx"))
        folder.write(outcome(tmp_path / "gone.onnx"))
    changed, gone = ((out / link).read_text(encoding="utf-8") for link in sorted(links(out)))
    assert "no longer the one that the report is about" in changed and "fc6 takes 9216" in changed
    assert "gone.onnx" in gone and "fc6 takes 9216" in gone


def _ends(*_: object) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def test_a_model_that_kills_who_draws_it_has_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.sessions.page_folder.write_page", _ends)
    with PageFolder(str(tmp_path / "out"), Settings(run=False), 1, WorkerLimits()) as folder:
        folder.write(outcome(SAMPLES / "broken" / "alexnet_224.onnx"))
    (page,) = (tmp_path / "out" / "models").iterdir()
    text = page.read_text(encoding="utf-8")
    assert "drawing it ended its process (SIGKILL)" in text and "fc6 takes 9216" in text


def summaries(count: int) -> list[ModelSummary]:
    """Every third fails; the 7th has an opset of its own, the 8th a producer."""
    return [
        ModelSummary(
            n, f"model{n}", "", f"models/{n:06}-none.html", Verdict.PASS if n % 3 else Verdict.FAIL, n * 1_000, n * 250,
            9 if n == 7 else 17, "tf2onnx" if n == 8 else "pytorch",
            {} if n % 3 else {f"rule-{n % 100}": (Severity.ERROR, n % 5 + 1), "common": (Severity.NOTE, 1)},
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def test_ten_thousand_models_are_an_index_of_bounded_size() -> None:
    text = "".join(index(summaries(10_000), ended=True))
    assert len(text) < 10_000 * 700
    assert text.count("<tr>") < 10_000 + 100 and "model10000" in text
    page = Page(text)
    (matrix,) = re.findall(r'<table class="matrix">.*?</table>', text, re.DOTALL)
    assert matrix.count("<tr>") == 61 and matrix.partition("</thead>")[0].count("<th ") == 42
    assert '>common</th><td class="n">3,333</td>' in matrix
    assert page.tags
    stands_out = text.partition('id="outliers"')[2].partition("</section>")[0]
    for title, name, value in (
        ("Largest files", "model10000", "9.5 MiB"),
        ("Most parameters", "model10000", "2,500,000"),
        ("Unusual opsets", "model7", "opset 9"),
        ("Unusual producers", "model8", "tf2onnx"),
    ):
        first = stands_out.partition(title)[2].partition("</li>")[0]
        assert f">{name}</a>" in first and f"<span>{value}</span>" in first, title
    assert "Unusual" not in "".join(index(summaries(3), ended=True)).partition('id="rules"')[0]


def test_more_models_than_a_table_holds_are_counted() -> None:
    text = "".join(index(summaries(MOST_ROWS + 5), ended=False))
    assert "and 5 more, whose pages lie in the folder" in text and "has not come to its end" in text
