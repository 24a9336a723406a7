"""Two ways to the same words: what is read without typer is what typer reads, and all else is left to it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.cli import app, typed
from auditor.cli.command import Argument, Command, Words
from auditor.cli.commands import SUMMARIES, called, command
from auditor.cli.words import plain_words
from auditor.config.table import OPTIONS, values
from auditor.errors import UsageError

from .conftest import Said

NAMES = st.sampled_from(sorted(SUMMARIES))
VALUES = st.one_of(
    st.sampled_from(["x.onnx", "-", "", "N=1", "a:1,2", "json", "json:f", "-1", "0.5", "2G", "--", "-x", "a b", "é"]),
    st.text(max_size=3),
)


def by_typer(one: Command, arguments: list[str]) -> Words | None:
    """The words that typer has of a command line; None where it refuses it."""
    seen: list[Words] = []

    def keep(words: Words) -> None:
        """Keep them."""
        seen.append(words)

    made = typed._empty()
    made.command(cls=typed._Grouped)(typed._function(one._replace(run=keep)))
    try:
        typer.main.get_command(made)(args=arguments, standalone_mode=False)
    except Exception as error:
        assert hasattr(error, "show"), error
        return None
    return seen[0] if seen else None


@st.composite
def command_lines(draw: st.DrawFn) -> tuple[Command, list[str]]:
    one = command(draw(NAMES))
    flags = [flag for row in one.settings for spelled in row.flags for flag in spelled.split("/")]
    words: list[str] = []
    for _ in range(draw(st.integers(0, 6))):
        flag, value = draw(st.sampled_from([*flags, "--nonsense"])), draw(VALUES)
        match draw(st.sampled_from(["value", "value", "option", "option", "equals", "joined", "flag"])):
            case "value":
                words.append(value)
            case "option":
                words += [flag, value]
            case "equals":
                words.append(f"{flag}={value}")
            case "joined":
                words.append(f"{flag}{value}")
            case "flag":
                words.append(flag)
    return one, words


@settings(max_examples=400, deadline=None)
@given(command_lines())
def test_what_is_read_without_typer_is_what_typer_reads(line: tuple[Command, list[str]]) -> None:
    one, arguments = line
    plain = plain_words(one, arguments)
    if plain is not None:
        assert plain == by_typer(one, arguments)


LINES = [
    "m.onnx",
    "a.onnx b.onnx --no-run --run --no-run -q",
    "m.onnx --dim N=1 --dim=M=2 --dim -1 -o json:f --output text:g",
    "--select a --db= m.onnx --timeout -1 --require-isolation",
]


@pytest.mark.parametrize("line", LINES)
def test_plain_lines_are_read_without_typer(line: str) -> None:
    plain = plain_words(command("check"), shlex.split(line))
    assert plain is not None
    assert plain == by_typer(command("check"), shlex.split(line))


@pytest.mark.parametrize(
    "line",
    ["", "-h", "m.onnx --help", "m.onnx -qq", "m.onnx -ojson:f", "m.onnx --dim", "-- m.onnx", "m.onnx --quiet=1"],
)
def test_other_lines_are_left_to_typer(line: str) -> None:
    assert plain_words(command("check"), shlex.split(line)) is None


def test_what_typer_alone_takes_works_too(auditor: Callable[..., Said]) -> None:
    said = auditor(
        "rules",
        "--",
    )
    assert (said.code, said.err) == (0, "")
    assert auditor("rules", "--format", "json").out == auditor("rules", "--format=json", "--").out


def test_an_argument_that_may_be_missing() -> None:
    one = command("explain")
    assert plain_words(one, ["nan-weights"]) == {"what": "nan-weights"} == by_typer(one, ["nan-weights"])
    assert plain_words(one, ["a", "b", "c"]) is None is by_typer(one, ["a", "b", "c"])


def test_the_command_that_is_called() -> None:
    assert called(["check", "x"]) == ("check", ["x"])
    assert called(["db", "path"]) == ("db path", [])
    assert called(["db"]) is None is called([])


# The help


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_is_the_first_line_of_the_help_and_whole_in_the_list(name: str, auditor: Callable[..., Said]) -> None:
    first = (command(name).run.__doc__ or "").partition("\n")[0]
    assert first == SUMMARIES[name]
    group, _, inner = name.rpartition(" ")
    listed = auditor(*group.split(), "--help").out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in listed if re.match(rf"  {inner} ", line)] == [SUMMARIES[name]]


@pytest.mark.parametrize("name", SUMMARIES)
def test_options_stand_under_headings_and_examples_at_the_end(name: str, auditor: Callable[..., Said]) -> None:
    one = command(name)
    said = auditor(*name.split(), "--help")
    assert said.code == 0
    headings = re.findall(r"^(\S.*):$", said.out, re.MULTILINE)
    assert headings[-1] == "Examples" and len(headings) == len(set(headings))
    assert {row.group for row in one.settings} <= set(headings)
    for heading in {row.group for row in one.settings}:
        part = said.out.partition(f"\n{heading}:\n")[2].partition("\n\n")[0]
        for row in one.settings:
            assert (row.flags[0].partition("/")[0] in part.split()) is (row.group == heading) or row.flags[0] in part


@pytest.mark.parametrize("name", SUMMARIES)
def test_examples_are_command_lines(name: str) -> None:
    examples = command(name).examples
    assert examples
    for example in examples:
        program, *arguments = shlex.split(example)
        found = called(arguments)
        assert program == "auditor" and found is not None and found[0] == name
        words: Any = plain_words(command(name), found[1])
        assert words is not None
        values({option: said for option, said in words.items() if option in OPTIONS})


def test_completion(process: Callable[..., Any]) -> None:
    """The shell asks for what may come next; nothing of it is there in other calls."""
    env = {"_AUDITOR_COMPLETE": "complete_bash", "COMP_WORDS": "auditor check --req", "COMP_CWORD": "2"}
    done = process(env=env)
    assert done.stdout.split() == ["--require-isolation"]
    done = process(env=env | {"COMP_WORDS": "auditor ba", "COMP_CWORD": "1"})
    assert done.stdout.split() == ["batch", "baseline"]
    shown = process(env={"_AUDITOR_COMPLETE": "source_bash"})
    assert "_AUDITOR_COMPLETE=complete_bash" in shown.stdout
    disabled = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert process("--show-completion", "bash", env=disabled).stdout.strip() == shown.stdout.strip()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("chekc m.onnx", "there is no command 'chekc' (did you mean 'check'?); `auditor -h` lists them"),
        ("db pruen", "there is no command 'pruen' (did you mean 'prune'?); `auditor db -h` lists them"),
        ("--versoin", "there is no option --versoin (did you mean '--version'?); `auditor -h` lists them"),
        (
            "check m --provder cpu",
            "there is no option --provder (did you mean '--provider'?); `auditor check -h` lists",
        ),
        ("check m --no-rn", "there is no option --no-rn (did you mean '--no-run'?)"),
        ("db prune --kep 1", "there is no option --kep (did you mean '--keep'?); `auditor db prune -h` lists them"),
        ("check m --dim", "option '--dim' requires an argument; `auditor check -h` shows how it is called"),
        ("check", "missing argument 'MODEL...'; `auditor check -h` shows how it is called"),
        ("check m --format jsno", "there is no format 'jsno' (did you mean 'json'?)"),
        ("check m -o srif:f", "there is no format 'srif' (did you mean 'sarif'?)"),
        ("rules --format jsno", "--format takes text or json (did you mean 'json'?), not 'jsno'"),
        ("check m --fail-on eror", "(did you mean 'error'?), not 'eror'"),
        ("check m --select nan-weight", "there is no rule 'nan-weight' (did you mean 'nan-weights'?)"),
        ("check m --ignore nan-weight", "there is no rule 'nan-weight' (did you mean 'nan-weights'?)"),
        ("explain nan-weight", "there is no rule 'nan-weight' (did you mean 'nan-weights'?)"),
        ("check m --target-dtype flaot16", "(did you mean 'float16'?)"),
    ],
)
def test_a_wrong_word_is_one_line_with_the_nearest(line: str, says: str, auditor: Callable[..., Said]) -> None:
    said = auditor(*line.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("auditor: ") and said.err.count("\n") == 1
    assert says in said.err


def test_a_wrong_kind_is_one_line_for_arguments_too(auditor: Callable[..., Said]) -> None:
    said = auditor("show", "0")
    assert (said.code, said.err) == (2, "auditor: ID takes a whole number of at least 1, not 0\n")
    assert isinstance(command("show").arguments[0], Argument)
    with pytest.raises(UsageError):
        app._result(["show", "0"])
