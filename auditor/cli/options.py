"""The options that several commands share, and how their words become settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError

if TYPE_CHECKING:
    from ..report import Severity

Models = Annotated[list[str], typer.Argument(metavar="MODEL...", help="One or several ONNX files.", show_default=False)]
ModelPath = Annotated[str, typer.Argument(metavar="MODEL", help="An ONNX file.", show_default=False)]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="What goes to standard output: text or json.")]
ReportFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="What goes to standard output: text, json, sarif, junit, markdown, github or csv.",
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FORMAT:FILE",
        help="Write the report to a file too; may be repeated.",
        show_default=False,
    ),
]
FailOn = Annotated[str, typer.Option(metavar="LEVEL", help="Exit 1 from here on: error, warning, note or never.")]
Select = Annotated[
    list[str] | None, typer.Option(metavar="RULE", help="Only this rule; may be repeated.", show_default=False)
]
Ignore = Annotated[
    list[str] | None, typer.Option(metavar="RULE", help="Not this rule; may be repeated.", show_default=False)
]
Dims = Annotated[
    list[str] | None,
    typer.Option(
        "--dim", metavar="NAME=SIZE", help="Bind a named size of the inputs, as in --dim N=1.", show_default=False
    ),
]
InputShapes = Annotated[
    list[str] | None,
    typer.Option(
        "--input-shape",
        metavar="NAME:SIZES",
        help="Sizes of an input, as in --input-shape data:1,3,224,224.",
        show_default=False,
    ),
]
NoRun = Annotated[bool, typer.Option("--no-run", help="Do not run the model.")]
NoWeights = Annotated[bool, typer.Option("--no-weights", help="Do not read the weights.")]
NoStore = Annotated[bool, typer.Option("--no-store", help="Do not keep the report.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the verdict's exit code, and what -o writes.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="PATH|URL",
        help="The report database [default: AUDITOR_DB, or a file in the user's data folder].",
        show_default=False,
    ),
]

_SIZE = re.compile(r"[0-9]{1,18}")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def dims(words: Iterable[str] | None) -> dict[str, int]:
    """``N=1`` to a mapping; split from the right, for names may hold anything."""
    found = {}
    for word in words or ():
        name, _, size = word.rpartition("=")
        if not name or not _SIZE.fullmatch(size):
            raise UsageError(f"--dim takes NAME=SIZE, such as N=1, not {word!r}")
        found[name] = int(size)
    return found


def shapes(words: Iterable[str] | None) -> dict[str, tuple[int, ...]]:
    """``data:1,3,224,224`` to a mapping; split from the right, for names may end in ``:0``."""
    found = {}
    for word in words or ():
        name, _, sizes = word.rpartition(":")
        parts = [part.strip() for part in sizes.split(",")] if sizes else []
        if not name or not all(map(_SIZE.fullmatch, parts)):
            raise UsageError(f"--input-shape takes NAME:SIZES, such as data:1,3,224,224, not {word!r}")
        found[name] = tuple(map(int, parts))
    return found


def memory(word: str | None) -> int | None:
    """``2G`` to bytes."""
    if word is None:
        return None
    match = re.fullmatch(r"([0-9]{1,18})([KMGT]?)(i?B)?", word.strip(), re.IGNORECASE)
    if match is None or not int(match[1]):
        raise UsageError(f"--memory takes a size such as 512M or 2G, not {word!r}")
    return int(match[1]) * _UNITS[match[2].upper()]


def npz(path: str | None) -> str | None:
    """An archive that is there; whether it holds the inputs that the model takes, the run says."""
    if path is None:
        return None
    from zipfile import is_zipfile

    if not Path(path).is_file():
        raise UsageError(f"--inputs takes a file made by numpy.savez; there is none at {path!r}")
    if not is_zipfile(path):
        raise UsageError(f"--inputs takes a file made by numpy.savez; {path!r} is none")
    return path


def seconds(number: float | None) -> float | None:
    """A time that ends."""
    if number is not None and not 0 < number < float("inf"):
        raise UsageError(f"--timeout takes a number of seconds above 0, not {number}")
    return number


def tolerance(option: str, number: float) -> float:
    """A number that is no less than 0, infinity allowed."""
    if not number >= 0:
        raise UsageError(f"{option} takes a number of at least 0, not {number}")
    return number


def seed(number: int) -> int:
    """NumPy's generators take no negative seed."""
    if number < 0:
        raise UsageError(f"--seed takes a number of at least 0, not {number}")
    return number


def target_dtype(word: str | None) -> str | None:
    if word not in (None, "float16"):
        raise UsageError(f"--target-dtype takes float16, not {word!r}")
    return word


def fail_on(word: str) -> Severity | None:
    """``error``, ``warning``, ``note``; ``never`` is None."""
    from ..report import Severity

    if word == "never":
        return None
    try:
        return Severity(word)
    except ValueError:
        raise UsageError(f"--fail-on takes error, warning, note or never, not {word!r}") from None


def files(words: Iterable[str] | None) -> list[tuple[str, str]]:
    """``json:report.json`` to pairs of format and file."""
    from ..formats import renderer

    found = []
    for word in words or ():
        form, colon, path = word.partition(":")
        if not colon or not path:
            raise UsageError(f"-o takes FORMAT:FILE, such as json:report.json, not {word!r}")
        renderer(form)
        found.append((form, path))
    return found
