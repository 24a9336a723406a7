"""The file of what is known: what is written is read again, and what is not a baseline is one clear line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.policy.baseline import Baseline, KnownFinding
from auditor.policy.policy import HowBad
from auditor.report import Severity

ONE = KnownFinding("nan-weights", "f00d", "head (Gemm)", "'head_w' is NaN in 1 of 5,120 elements")
TWO = ONE._replace(fingerprint="beef", place="x")


def test_a_file_that_a_person_reviews(tmp_path: Path) -> None:
    path = tmp_path / "auditor-baseline.json"
    Baseline({}).with_model("b.onnx", (ONE, TWO, ONE)).with_model("a.onnx", (ONE,)).write(str(path))
    assert path.read_text() == (
        '{\n"schema_version": 1,\n"models": {\n"a.onnx": [\n'
        '{"rule": "nan-weights", "fingerprint": "f00d", "place": "head (Gemm)", '
        '"message": "\'head_w\' is NaN in 1 of 5,120 elements"}\n],\n"b.onnx": [\n'
        '{"rule": "nan-weights", "fingerprint": "beef", "place": "x", '
        '"message": "\'head_w\' is NaN in 1 of 5,120 elements"},\n'
        '{"rule": "nan-weights", "fingerprint": "f00d", "place": "head (Gemm)", '
        '"message": "\'head_w\' is NaN in 1 of 5,120 elements"}\n]\n}\n}\n'
    )
    assert os.listdir(tmp_path) == ["auditor-baseline.json"]
    read = Baseline.read(str(path))
    assert read.known("b.onnx").keys() == {"f00d", "beef"}
    assert read.known("a.onnx") == {"f00d": HowBad()}
    assert read.known("c.onnx") == {}


def test_how_bad_it_was_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    bad = ONE._replace(severity=Severity.WARNING, magnitude=3)
    Baseline({}).with_model("a", (bad, TWO)).write(str(path))
    assert '"severity": "warning", "magnitude": 3}' in path.read_text()
    assert Baseline.read(str(path)).known("a") == {"f00d": HowBad(Severity.WARNING, 3), "beef": HowBad()}


@pytest.mark.parametrize(
    ("known", "now", "covered"),
    [
        (HowBad(), HowBad(Severity.ERROR, 99), True),  # a baseline of before says nothing of it
        (HowBad(Severity.WARNING), HowBad(Severity.ERROR), False),
        (HowBad(Severity.WARNING), HowBad(Severity.WARNING, 5), True),
        (HowBad(Severity.ERROR), HowBad(Severity.NOTE), True),
        (HowBad(Severity.ERROR, 1), HowBad(Severity.ERROR, 64), False),
        (HowBad(Severity.ERROR, 64), HowBad(Severity.ERROR, 64), True),
        (HowBad(Severity.ERROR, 64), HowBad(Severity.ERROR, 1), True),
        (HowBad(Severity.ERROR, 64), HowBad(Severity.ERROR), True),
    ],
)
def test_what_is_worse_is_new(known: HowBad, now: HowBad, covered: bool) -> None:
    assert known.covers(now) is covered


def test_two_entries_of_one_place_cover_what_either_covers(tmp_path: Path) -> None:
    each = (("a", Severity.NOTE, 9), ("b", Severity.ERROR, 2))
    entries = [ONE._replace(rule=rule, severity=severity, magnitude=m) for rule, severity, m in each]
    assert Baseline({}).with_model("m", entries).known("m") == {"f00d": HowBad(Severity.ERROR, 9)}
    entries.append(ONE)
    assert Baseline({}).with_model("m", entries).known("m") == {"f00d": HowBad()}


def test_one_finding_more_is_one_line_more(tmp_path: Path) -> None:
    def lines(*entries: KnownFinding) -> set[str]:
        path = tmp_path / "b.json"
        Baseline({}).with_model("m.onnx", entries).write(str(path))
        return {line.rstrip(",") for line in path.read_text().splitlines()}

    more = [ONE._replace(fingerprint=f"{i:020x}") for i in range(9)]
    assert len(lines(*more) - lines(*more[:4], *more[5:])) == 1
    assert lines(*more) == lines(*reversed(more))


texts = st.text(st.characters(), max_size=20) | st.sampled_from(["\udc80", "\x1b[31m", "##[error]", "x" * 1000])
prints = st.text(st.characters(), min_size=1, max_size=20)
severities = st.none() | st.sampled_from(Severity)
magnitudes = st.none() | st.integers(0, 1 << 60) | st.floats(allow_nan=False, allow_infinity=False)
entries = st.lists(
    st.builds(KnownFinding, prints, prints, texts, texts, st.just(()) | st.tuples(texts), severities, magnitudes),
    min_size=1,
    max_size=3,
)


@given(st.dictionaries(texts, entries, max_size=3))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, models: dict[str, list[KnownFinding]]
) -> None:
    path = str(tmp_path_factory.mktemp("baseline") / "b.json")
    whole = Baseline({})
    for subject, group in models.items():
        whole = whole.with_model(subject, group)
    whole.write(path)
    text = Path(path).read_bytes()
    assert text.isascii() and b"\x1b" not in text
    again = Baseline.read(path)
    for subject, group in models.items():
        places = {f"{entry.rule}:{part}" for entry in group for part in entry.parts}
        assert again.known(subject).keys() == {entry.fingerprint for entry in group} | places
    again.write(path)
    assert Path(path).read_bytes() == text


def entry(**changed: object) -> dict[str, object]:
    row = {"rule": "r", "fingerprint": "f", "place": "", "message": "", **changed}
    return {key: value for key, value in row.items() if value is not None}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "b.json:1:1: this is not a baseline: Expecting value"),
        (b'{"models": {},\n  oops}', "b.json:2:3: this is not a baseline: Expecting property name"),
        (b"\xff\xfe", "byte 0 is not UTF-8"),
        (b"[]", "it has no table of models"),
        (b'{"schema_version": 1}', "it has no table of models"),
        (b'{"schema_version": 1, "models": []}', "it has no table of models"),
        (b'{"schema_version": 2, "models": {}}', "has schema_version 2, and this auditor reads 1"),
        (b'{"schema_version": true, "models": {}}', "has schema_version True"),
        (b'{"models": {}}', "has schema_version None"),
        (b"[" * 200_000, "it nests too deeply"),
        (b'{"schema_version": ' + b"1" * 9_999 + b', "models": {}}', "a number without end"),
        ({"m": {}}, "models['m'] is not a list"),
        ({"m": ["f"]}, "models['m'][0] is not a finding"),
        ({"m": [entry(), entry(fingerprint=None)]}, "models['m'][1] has no fingerprint"),
        ({"m": [entry(fingerprint=7)]}, "models['m'][0] has no fingerprint"),
        ({"m": [entry(rule="")]}, "models['m'][0] has no rule"),
        ({"m": [entry(message=[])]}, "models['m'][0].message is not text"),
        ({"m": [entry(severity="bad")]}, "models['m'][0].severity is none of error, warning, note"),
        ({"m": [entry(severity=1)]}, "models['m'][0].severity is none of error, warning, note"),
        ({"m": [entry(magnitude=True)]}, "models['m'][0].magnitude is not a number"),
        ({"m": [entry(magnitude="1")]}, "models['m'][0].magnitude is not a number"),
    ],
)
def test_what_is_no_baseline(content: bytes | dict[str, object], says: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    if isinstance(content, dict):
        content = json.dumps({"schema_version": 1, "models": content}).encode()
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        Baseline.read(str(path))
    assert says in str(error.value)
    assert "b.json" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no baseline"):
        Baseline.read(str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="not a regular file"):
        Baseline.read(str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        Baseline.read(str(tmp_path / "pipe"))
    with (tmp_path / "large").open("wb") as file:
        file.truncate((1 << 26) + 1)
    with pytest.raises(UsageError, match="larger than 64 MiB"):
        Baseline.read(str(tmp_path / "large"))
    with pytest.raises(UsageError, match="cannot be read"):
        Baseline.read("a\0b")


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        Baseline({}).write(str(tmp_path / "none" / "b.json"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        Baseline({}).write(str(tmp_path / "folder"))
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    """A device would be gone for everyone."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="it is not a regular file"):
        Baseline({}).write(str(tmp_path / "pipe"))
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("length", [299, 300, 301, 1000])
def test_a_long_message_is_cut_to_300_characters_in_the_file(length: int, tmp_path: Path) -> None:
    path = str(tmp_path / "baseline.json")
    entry = KnownFinding("nan-weights", "f1", "p" * length, "m" * length)
    Baseline({}).with_model("m", (entry,)).write(path)
    (read,) = Baseline.read(path).models["m"]
    for text, letter in ((read.place, "p"), (read.message, "m")):
        assert text == (letter * length if length <= 300 else letter * 299 + "…")
    assert read.fingerprint == "f1"
