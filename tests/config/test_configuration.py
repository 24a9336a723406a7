"""What a team has written down: found, read, merged, and refused with the place of what is wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.config.configuration import Configuration, find, read
from auditor.config.table import VARIABLES
from auditor.config.toml import Toml
from auditor.errors import UsageError
from auditor.policy.globs import matches
from auditor.policy.policy import Bounds
from auditor.report import Severity

from ..readme import DOCS, blocks


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def configured(folder: Path, text: str, name: str = "auditor.toml") -> Configuration:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read(str(path))


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        configured(folder, text)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{folder}{os.sep}", "")


# Where it is found


def test_upwards_to_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "auditor.toml").write_text('fail-on = "note"')
    monkeypatch.chdir(below)
    assert find().policy("m.onnx").fail_on is Severity.NOTE
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.auditorium]\n")
    assert find().policy("m.onnx").fail_on is Severity.NOTE  # it says nothing of us
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.auditor]\nfail-on = "warning"')
    assert find().policy("m.onnx").fail_on is Severity.WARNING
    (tmp_path / "a" / "auditor.toml").write_text('fail-on = "never"')
    assert find().policy("m.onnx").fail_on is None
    assert find(none=True) == Configuration(baseline="")


@pytest.mark.parametrize(
    "text",
    [
        "[tool.auditor]\nseed = 3", "[tool]\nauditor.seed = 3", "[ tool . 'auditor' ]\nseed = 3",
        '["tool"."auditor"]\nseed = 3', "tool.auditor.seed = 3", "tool.auditor = {seed = 3}",
        "tool = {auditor = {seed = 3}}", "[x]\n[tool]\n  auditor = {seed = 3}",
        '"tool" = {auditor = {seed = 3}}', "[tool]\r\nauditor.seed = 3\r\n",
    ],
)  # fmt: skip
def test_every_way_to_write_the_table_of_a_pyproject(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(text, newline="")
    monkeypatch.chdir(tmp_path)
    assert find().settings().seed == 3


def test_a_broken_pyproject_of_another_project_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "auditor.toml").write_text('fail-on = "note"')
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "pyproject.toml").write_text("[project\n")
    monkeypatch.chdir(tmp_path / "b")
    assert find().policy("m.onnx").fail_on is Severity.NOTE


def test_a_link_to_nothing_is_no_policy_that_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "auditor.toml").symlink_to("gone.toml")
    with pytest.raises(UsageError, match=r"auditor\.toml is a link to a file that is not there"):
        find()


def test_named_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "strict.toml"
    other.write_text('fail-on = "warning"')
    monkeypatch.setenv("AUDITOR_CONFIG", str(other))
    assert find().policy("m.onnx").fail_on is Severity.WARNING
    assert find(none=True).policy("m.onnx").fail_on is Severity.ERROR
    with pytest.raises(UsageError, match="there is no configuration"):
        find(str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match=r"has no table \[tool.auditor\]"):
        configured(tmp_path, "[tool.other]", "pyproject.toml")


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "auditor.toml").write_text(
        'fail-on = "note"\ntimeout = 5\nprovider = "cpu"\ndb = "here.db"\njobs = 3\n'
        '[[models]]\nmatch = "**"\nfail-on = "note"'
    )
    monkeypatch.chdir(tmp_path)
    assert find().db == str(tmp_path / "here.db")
    monkeypatch.setenv("AUDITOR_FAIL_ON", "warning")
    monkeypatch.setenv("AUDITOR_TIMEOUT", "7")
    monkeypatch.setenv("AUDITOR_DB", "other.db")
    found = find()
    assert found.policy("m.onnx").fail_on is Severity.WARNING
    assert (found.settings().timeout, found.db, found.jobs) == (7.0, "other.db", 3)
    assert found.saying({"timeout": 9.0}).settings().timeout == 9.0
    assert found.saying({"fail_on": None}).policy("m.onnx").fail_on is None


@pytest.mark.parametrize(
    ("variable", "word"),
    [("FAIL_ON", "errors"), ("TIMEOUT", "-1"), ("TIMEOUT", "nan"), ("MEMORY", "2X"), ("JOBS", "0"), ("JOBS", "two")],
)
def test_a_wrong_variable(variable: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AUDITOR_{variable}", word)
    with pytest.raises(UsageError, match=f"AUDITOR_{variable} takes .*{word}"):
        find(none=True)


# What it says


def test_settings(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        'run = false\nprovider = "cuda"\nmemory = "2G"\nrtol = 0.01\ntimeout = 30\n[dims]\nN = 1\nH = 224\n',
    )
    settings = found.saying({"dims": {"N": 2}}).settings()
    assert (settings.run, settings.provider, settings.provider_asked) == (False, "cuda", True)
    assert (settings.memory, settings.rtol, settings.timeout) == (2 << 30, 0.01, 30)
    assert settings.dims == {"N": 2, "H": 224}
    assert found.saying({"run": True}).settings().run
    assert not Configuration().settings().provider_asked


def test_sections_are_merged(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        """
fail-on = "warning"
required = ["run"]
[severity]
dead-branches = "note"
[limits]
parameters = { max = 10 }
nodes.max = 5
[[waivers]]
rule = "nan-weights"
reason = "known"
owner = "ann"
[[models]]
match = "detectors/**"
limits.nodes = { min = 1 }
severity = { unused-inputs = "error" }
required = ["golden", "nan-weights"]
[[models.waivers]]
rule = "zero-weights"
reason = "pruned"
owner = "bob"
expires = 2027-01-31
model = "detectors/a*.onnx"
[[models]]
match = ["detectors/old/*", "resnet"]
fail-on = "never"
""",
    )
    plain = found.policy(str(tmp_path / "m.onnx"))
    assert plain.limits == {"parameters": Bounds(max=10), "nodes": Bounds(max=5)}
    assert [w.rule for w in plain.waivers] == ["nan-weights"]
    assert plain.waivers[0].origin.endswith("auditor.toml:9")
    detector = found.policy(str(tmp_path / "detectors" / "x" / "a.onnx"))
    assert detector.limits == {"parameters": Bounds(max=10), "nodes": Bounds(min=1)}
    assert detector.severity == {"dead-branches": Severity.NOTE, "unused-inputs": Severity.ERROR}
    assert detector.required == {"golden", "nan-weights"}
    assert detector.fail_on is Severity.WARNING
    direct = found.policy(str(tmp_path / "detectors" / "a1.onnx"))
    assert [w.expires for w in direct.waivers] == ["", "2027-01-31"]
    assert [w.rule for w in detector.waivers] == ["nan-weights"]  # its waiver is for another folder
    assert found.policy(str(tmp_path / "detectors" / "old" / "b.onnx")).fail_on is None
    assert found.policy("/elsewhere/1/model.onnx", "resnet").fail_on is None


def test_opsets_by_domain(tmp_path: Path) -> None:
    found = configured(tmp_path, '[limits.opset]\nmax = 21\n"com.microsoft".max = 1\n').policy("m.onnx")
    assert found.limits == {"opset": Bounds(max=21), "opset:com.microsoft": Bounds(max=1)}


@pytest.mark.parametrize(
    ("pattern", "path", "name", "means"),
    [
        ("detectors/**", "detectors/a.onnx", "", True),
        ("detectors/**", "detectors/x/y/a.onnx", "", True),
        ("detectors/**", "other/detectors/a.onnx", "", False),
        ("detectors/*", "detectors/x/a.onnx", "", False),
        ("**/a.onnx", "a.onnx", "", True),
        ("a*.onnx", "deep/down/a1.onnx", "", True),
        ("./m.onnx", "m.onnx", "", True),
        ("resnet*", "1/model.onnx", "resnet50", True),
        ("a.onnx", "abonnx", "", False),
        ("**", "x/y\nz", "", True),
    ],
)
def test_patterns(pattern: str, path: str, name: str, means: bool) -> None:
    assert matches(pattern, path, name) is means


# What it refuses

WRONG = [
    ('fail_on = "error"', "auditor.toml:1:1: there is no key fail_on (did you mean 'fail-on'?)"),
    ("\n\nfail-on = 3", 'auditor.toml:3:11: fail-on is 3; expected "error" or "warning" or "note" or "never"'),
    (
        '[tool.auditor]\nfail-on = "error"',
        "auditor.toml:1:7: in auditor.toml the keys stand at the top, without [tool.auditor] above: a table "
        "[tool.auditor] is for pyproject.toml",
    ),
    ('tool.auditor.fail-on = "error"', "auditor.toml:1:6: in auditor.toml the keys stand at the top, without"),
    ('seed = 1\n[auditor]\nfail-on = "error"', "auditor.toml:2:2: in auditor.toml the keys stand at the top, without"),
    ("[tool.ruff]\nfix = true", "auditor.toml:1:2: there is no key tool"),
    ("auditor = 1", "auditor.toml:1:1: there is no key auditor"),
    ('fail-on = "eror"', "(did you mean 'error'?)"),
    ("run = 'yes'", 'auditor.toml:1:7: run is "yes"; expected true or false'),
    (
        'select = ["nan-weights",\n  "nan-weigths"]',
        "auditor.toml:2:3: there is no rule \"nan-weigths\" (did you mean 'nan-weights'?)",
    ),
    ("select = 'nan-weights'", 'auditor.toml:1:10: select is "nan-weights"; expected a list of texts'),
    (
        "[severity]\nnan-weight = 'note'",
        "auditor.toml:2:1: there is no rule \"nan-weight\" (did you mean 'nan-weights'?)",
    ),
    ("[limits.parameter]\nmax = 1", "auditor.toml:1:9: there is no key limits.parameter (did you mean 'parameters'?)"),
    (
        "limits.macs = { max = 1, maxx = 2 }",
        "auditor.toml:1:26: there is no key limits.macs.maxx (did you mean 'max'?)",
    ),
    ("limits.macs = { max = '1' }", 'auditor.toml:1:23: limits.macs.max is "1"; expected a number of at least 0'),
    ("limits.macs.max = true", "auditor.toml:1:19: limits.macs.max is true; expected a number of at least 0"),
    ("limits.macs.max = nan", "auditor.toml:1:19: limits.macs.max is nan; expected a number of at least 0"),
    ("limits.macs = {}", "auditor.toml:1:15: limits.macs is a table; expected at least one of max, min"),
    (
        "limits.nodes = { min = 9, max = 3 }",
        "auditor.toml:1:24: limits.nodes.min is 9; expected no more than max, which is 3",
    ),
    (
        "limits.file-bytes.max = '2X'",
        'auditor.toml:1:25: limits.file-bytes.max is "2X"; expected a number of bytes, or a size such as "512M"',
    ),
    ("required = ['goldn']", "auditor.toml:1:13: nothing is called \"goldn\" (did you mean 'golden'?)"),
    (
        "[allowed]\noperator = ['Conv']",
        "auditor.toml:2:1: there is no key allowed.operator (did you mean 'operators'?)",
    ),
    ("[[waivers]]\nrule = 'nan-weights'\nreason = 'x'", "auditor.toml:1:3: waivers[0] has no owner"),
    (
        "[[waivers]]\nrule = 'nan-weights'\nreason = 'x'\nowner='a'\nexpires = 'soon'",
        "auditor.toml:5:11: waivers[0].expires is \"soon\"; expected a day",
    ),
    ("[[models]]\nfail-on = 'note'", "auditor.toml:1:3: models[0] has no match"),
    (
        "[[models]]\nmatch = 'a'\n[[models]]\nmatch = 'b'\nrun = false",
        "auditor.toml:5:1: models[1].run holds for all models",
    ),
    ("[models]\nmatch = 'a'", "auditor.toml:1:2: models is a table; expected tables headed [[models]]"),
    ("memory = 0", 'auditor.toml:1:10: memory is 0; expected a size above 0, such as "2G"'),
    ("timeout = 0", "auditor.toml:1:11: timeout is 0; expected a number of seconds above 0"),
    ("jobs = 1.5", "auditor.toml:1:8: jobs is 1.5; expected a whole number of at least 1"),
    ("db = ''", 'auditor.toml:1:6: db is ""; expected a text'),
    ("fail-on = 'note'\nrun = true\nfail-on = 'error'", "auditor.toml:3:1: fail-on is there already, on line 1"),
    ("[dims]\nN = 1\n[limits]\n[dims]", "auditor.toml:4:1: dims is there already, on line 1"),
    ("fail-on = ", "auditor.toml:1:10: this is not TOML: invalid value"),
    ("fail-on", "auditor.toml:1:8: this is not TOML: expected '='"),
    ("x = " + "[" * 5000 + "]" * 5000, "auditor.toml:1:1: this is not TOML that can be read"),
    (".".join(["a"] * 200) + " = 1", "auditor.toml:1:1: no key has more than twenty parts"),
    ("'" + "x" * 100_000 + "' = 1", "auditor.toml:1:1: there is no key"),
    ("seed = 0x1" + "0" * 4000, "auditor.toml:1:8: seed is a number of 16,001 bits; expected a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), WRONG, ids=range(len(WRONG)))
def test_what_makes_no_sense_is_refused_at_its_place(text: str, says: str, tmp_path: Path) -> None:
    said = refused(tmp_path, text)
    assert says in said
    assert len(said) < 1000


def test_in_pyproject_the_place_is_of_that_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"pyproject\.toml:4:1: there is no key tool\.auditor\.fial-on"):
        configured(tmp_path, "[project]\nname = 'x'\n[tool.auditor]\nfial-on = 'error'", "pyproject.toml")


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_bytes(b"# x\n" * (1 << 18) + b"#")
    (tmp_path / "latin.toml").write_bytes(b"run = true\n# caf\xe9\n")
    os.mkfifo(tmp_path / "pipe.toml")
    for name, says in (
        ("large.toml", "holds more than 1.0 MiB"),
        ("latin.toml", r"latin\.toml:2:6: the file is not UTF-8"),
        ("pipe.toml", "is not a regular file"),
    ):
        with pytest.raises(UsageError, match=says):
            read(str(tmp_path / name))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UsageError, match="is not a regular file"):
        read(str(tmp_path / "folder.toml"))


# The places

KEYS = st.text("abz09_-", min_size=1, max_size=4)
STRINGS = st.text(st.sampled_from("ab\"'\\[]{}=#,.\n é"), max_size=6)


def quoted(text: str) -> str:
    escapes = {"\n": "\\n", '"': '\\"', "\\": "\\\\"}
    return '"' + "".join(escapes.get(c, c) for c in text) + '"'


MULTILINE = st.text("ab[]={}#\n ", max_size=12).map(lambda t: f'"""{t}"""')
VALUES = st.recursive(
    st.one_of(
        STRINGS.map(quoted),
        MULTILINE,
        st.sampled_from(["1", "-2.5e3", "true", "1979-05-27", "1979-05-27 07:32:00", "'#='", "inf"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[\n " + ",  # x ]\n ".join(parts) + " ]"),
        st.lists(st.tuples(KEYS, inner), max_size=2, unique_by=lambda p: p[0]).map(
            lambda pairs: "{ " + ", ".join(f"{k} = {v}" for k, v in pairs if "\n" not in v) + " }"
        ),
    ),
    max_leaves=5,
)  # fmt: skip
STATEMENTS = st.one_of(
    st.tuples(KEYS, VALUES).map(lambda p: f"{p[0]} = {p[1]}"),
    st.tuples(KEYS, KEYS, VALUES).map(lambda p: f"  {p[0]}.{quoted(p[1])}= {p[2]} # {p[0]} = 1"),
    KEYS.map(lambda k: f"[{k}]"),
    st.tuples(KEYS, KEYS).map(lambda p: f"[[ {p[0]} . {p[1]} ]]"),
    st.just("# a comment with x = 1"),
    st.just(""),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STATEMENTS, max_size=8), st.data())
def test_an_unknown_key_is_found_at_its_line_and_column(statements: list[str], data: st.DataObject) -> None:
    """Wherever a key is put into a document that the library accepts, its place is where it was put."""
    at = data.draw(st.integers(0, len(statements)))
    indent = data.draw(st.sampled_from(["", "  ", "\t"]))
    key = data.draw(st.sampled_from(["unknown", '"un.known"', "'[x]'", "a.unknown"]))
    ending = data.draw(st.sampled_from(["\n", "\r\n"]))
    before = "\n".join(statements[:at]) + ("\n" if at else "")
    text = before + indent + f"{key} = 77777\n" + "\n".join(statements[at:])
    try:
        toml = Toml("f", text.replace("\n", ending).encode())
    except UsageError:
        return
    found = [path for path in ways(toml.values) if value_at(toml.values, path) == 77777]
    assert len(found) == 1
    line = before.count("\n") + 1
    last = key.rpartition(".")[0] + "." if key == "a.unknown" else ""
    assert toml.at_key(found[0]) == f"f:{line}:{len(indent) + len(last) + 1}"
    assert toml.at(found[0]) == f"f:{line}:{len(indent) + len(key) + 4}"
    for path in ways(toml.values):  # every key and value of the document has a place of its own
        assert re.fullmatch(r"f:\d+:\d+", toml.at_key(path))
        assert path in toml._places[1]


def ways(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(way for key, one in inner for way in ways(one, (*path, key)))]


def value_at(value: object, path: tuple[str | int, ...]) -> object:
    for key in path:
        value = value[key]  # type: ignore[index]  # a way leads through tables and lists
    return value


def test_the_example_on_its_page_is_one(tmp_path: Path) -> None:
    example, strangers = blocks((DOCS / "policy.md").read_text(encoding="utf-8"), "toml")
    assert configured(tmp_path, strangers).policy(str(tmp_path / "downloads" / "m.onnx")).profile == "untrusted"
    assert example.startswith("fail-on")
    (tmp_path / "known.json").write_text('{"schema_version": 1, "models": {}}')
    found = configured(tmp_path, example)
    old = found.policy(str(tmp_path / "detectors" / "old.onnx"))
    assert old.limits["file-bytes"] == Bounds(max=250 << 20)
    assert [w.node for w in old.waivers] == ["head"]
    assert "Conv" in old.allowed["operators"]
    assert not found.policy(str(tmp_path / "m.onnx")).allowed


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_a_key_behind_an_empty_text_of_lines_has_its_place(quotes: str) -> None:
    assert Toml("f", f"a = {quotes}{quotes}\nb = 1\n".encode()).at_key(("b",)) == "f:2:1"
