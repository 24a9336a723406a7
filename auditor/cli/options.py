"""The options that several commands share, and how their words become settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..formats import formats
from ..settings import LEVELS

if TYPE_CHECKING:
    from ..config.configuration import Configuration

Models = Annotated[list[str], typer.Argument(metavar="MODEL...", help="One or several ONNX files.", show_default=False)]
ModelPath = Annotated[str, typer.Argument(metavar="MODEL", help="An ONNX file.", show_default=False)]
Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="REPORT|MODEL|SOURCE...",
        help="Ids of stored reports, files of JSON reports, models, folders or registries of models.",
        show_default=False,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        help="Models at once [default: as configured, else the processors].",
        show_default=False,
    ),
]
Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="What goes to standard output: text or json.")]
ReportFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help=f"What goes to standard output: {', '.join(formats())}.",
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
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL",
        help="Exit 1 from here on: error, warning, note or never [default: as configured, else error].",
        show_default=False,
    ),
]
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
Run = Annotated[
    bool | None,
    typer.Option(
        "--run/--no-run", help="Run the model, or do not [default: as configured, else run].", show_default=False
    ),
]
Weights = Annotated[
    bool | None,
    typer.Option(
        "--weights/--no-weights",
        help="Read the weights, or do not [default: as configured, else read].",
        show_default=False,
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration [default: AUDITOR_CONFIG, else the nearest auditor.toml or pyproject.toml upwards].",
        show_default=False,
    ),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Read no configuration.")]
BaselineFile = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Findings that are known [default: as configured, else auditor-baseline.json].",
        show_default=False,
    ),
]
TargetDtype = Annotated[
    str | None,
    typer.Option(metavar="DTYPE", help="The type that the model is to become: float16.", show_default=False),
]
Provider = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Run on cpu, cuda, tensorrt, ... [default: cpu]", show_default=False),
]
Optimisation = Annotated[
    str | None,
    typer.Option(
        metavar="LEVEL",
        help="onnxruntime's, of the run: off, basic, extended or all [default: all, as onnxruntime's own].",
        show_default=False,
    ),
]
CustomOps = Annotated[
    str | None,
    typer.Option(
        "--custom-ops",
        metavar="LIBRARY",
        help="Operators for the run: a library for onnxruntime, whose code is run in the sandbox.",
        show_default=False,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", help="Of the inputs that are invented [default: 0].", show_default=False),
]
RequireIsolation = Annotated[
    bool, typer.Option("--require-isolation", help="Inconclusive unless the run is fully sandboxed.")
]
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


def configuration(
    config: str | None, no_config: bool = False, fail_on: str | None = None, baseline: str | None = None
) -> Configuration:
    """What is configured, and what the command line says of it."""
    from ..config.configuration import find

    return find(config, no_config).overridden(fail_on, baseline).checked()


def database(option: str | None) -> str:
    """``--db``, else what AUDITOR_DB or the configuration says, else the usual place."""
    from ..config.configuration import find
    from ..store.where import chosen_path

    return chosen_path(option or find().db)


def memory(word: str | None, option: str = "--memory") -> int | None:
    """``2G`` to bytes."""
    from ..wording import bytes_of

    size = None if word is None else bytes_of(word)
    if word is not None and not size:
        raise UsageError(f"{option} takes a size such as 512M or 2G, not {word!r}")
    return size


def npz(path: str | None) -> str | None:
    """An archive that is there; whether it holds the inputs that the model takes, the run says."""
    if path is None:
        return None
    from zipfile import is_zipfile

    if not Path(path).is_file():
        raise UsageError(f"--inputs takes a file made by numpy.savez; there is no file {path!r}")
    if not is_zipfile(path):
        raise UsageError(f"--inputs takes a file made by numpy.savez; {path!r} is not one")
    return path


def seconds(number: float | None, option: str = "--timeout") -> float | None:
    """A time that ends."""
    if number is not None and not 0 < number < float("inf"):
        raise UsageError(f"{option} takes a number of seconds above 0, not {number}")
    return number


def tolerance(option: str, number: float | None) -> float | None:
    """A number of at least 0, infinity allowed."""
    if number is not None and not number >= 0:
        raise UsageError(f"{option} takes a number of at least 0, not {number}")
    return number


def seed(number: int | None) -> int | None:
    """NumPy's generators take no negative seed."""
    if number is not None and number < 0:
        raise UsageError(f"--seed takes a number of at least 0, not {number}")
    return number


def optimisation(word: str | None) -> str | None:
    """A level of onnxruntime's optimisation."""
    from ..wording import nearest

    if word is not None and word not in LEVELS:
        raise UsageError(f"--optimisation takes {', '.join(LEVELS)}, not {word!r}{nearest(word, LEVELS)}")
    return word


def library(path: str | None) -> str | None:
    """A file that is there; whether it registers operators, the run says."""
    if path is not None and not Path(path).is_file():
        raise UsageError(f"--custom-ops takes a library of onnxruntime's custom operators; there is none at {path!r}")
    return path and str(Path(path).absolute())


def target_dtype(word: str | None) -> str | None:
    if word not in (None, "float16"):
        raise UsageError(f"--target-dtype takes float16, not {word!r}")
    return word


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


def processors() -> int:
    """How many models are audited at once where nothing else is said."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
