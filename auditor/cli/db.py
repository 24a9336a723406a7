"""``auditor db``: where the report database is, its schema, what may go, and all of it elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..config.table import OPTIONS, values
from .command import Argument, Command, Words, options
from .writing import written_file


def path(words: Words) -> None:
    """Print where reports are kept."""
    sys.stdout.write(f"{_database(words)[0]}\n")


def upgrade(words: Words) -> None:
    """Bring the database's schema up to date, or make it."""
    from ..store.store import Store

    where, _ = _database(words)
    with Store.open(where):
        sys.stdout.write(f"{where} is up to date\n")


def prune(words: Words) -> None:
    """Take old audits out, never a model's newest.

    The version that was accepted last stays too.
    """
    from ..errors import UsageError
    from ..store.store import Store
    from ..store.upkeep import Wish, vacuum
    from ..store.upkeep import prune as take_out
    from ..wording import counted, in_bytes

    where, said = _database(words)
    if "keep" not in said and "older_than" not in said:
        raise UsageError("prune takes --keep N, --older-than DAYS, or both: nothing was taken out")
    dry_run = said.get("dry_run", False)
    with Store.open(where, create=False) as store:
        gone = take_out(store, Wish(said.get("keep"), said.get("older_than"), said.get("of_models")), dry_run)
        what = f"{counted(gone.audits, 'audit')} of {counted(gone.models, 'model')}"
        what += f" with {counted(gone.findings, 'finding')}"
        if dry_run:
            sys.stdout.write(f"would take out {what}, {in_bytes(gone.bytes)} of reports\n")
            return
        freed = vacuum(store) if gone.audits else None
        sys.stdout.write(f"took out {what}{'' if freed is None else f'; {in_bytes(freed)} are free again'}\n")


def export(words: Words) -> None:
    """Write all that is stored as JSON lines."""
    from ..store.exchange import export as exported
    from ..store.store import Store

    where, _ = _database(words)
    with Store.open(where, create=False) as store, written_file(words["to"]) as out:
        for line in exported(store):
            out.write(line.encode("ascii") + b"\n")


def load(words: Words) -> None:
    """Take in what was exported, all of it or nothing.

    What is there already is not doubled.
    """
    from ..formats.json import parse
    from ..store.exchange import load as imported
    from ..store.store import Store
    from ..wording import counted

    where, _ = _database(words)
    with _read(words["of"]) as lines, Store.open(where) as store:
        done = imported(store, lines, parse)
    accepted = f", {counted(done.acceptances, 'acceptance')}" if done.acceptances else ""
    sys.stdout.write(f"imported {counted(done.audits, 'audit')}{accepted}; {done.there} were there already\n")


def copy(words: Words) -> None:
    """Copy a whole database into an empty one.

    Every project's rows, with their numbers: all of them or none.
    """
    from ..store.connection import address, shown
    from ..store.copying import copy_all
    from ..store.store import Store
    from ..wording import counted

    with Store.open(words["source"], create=False) as source, Store.open(words["target"]) as target:
        done = copy_all(source, target)
    into = shown(address(words["target"]))
    sys.stdout.write(f"copied {counted(done.audits, 'audit')} and {counted(done.others, 'other row')} into {into}\n")


def _database(words: Words) -> tuple[str, Mapping[str, Any]]:
    """Where the database is, and the values of the options."""
    from ..config.configuration import find
    from ..store.where import chosen_path

    said = values({name: word for name, word in words.items() if name in OPTIONS})
    return chosen_path(find().saying(said).db), said


COMMANDS = {
    "path": Command(path, ("auditor db path",), settings=options("db")),
    "upgrade": Command(upgrade, ("auditor db upgrade",), settings=options("db")),
    "prune": Command(
        prune,
        ("auditor db prune --keep 5 --older-than 90",),
        settings=options("keep", "older_than", "of_models", "dry_run", "db"),
    ),
    "export": Command(
        export,
        ("auditor db export reports.jsonl",),
        (Argument("to", "FILE|-", "Where to; - is standard output."),),
        options("db"),
    ),
    "import": Command(
        load,
        ("auditor db import reports.jsonl",),
        (Argument("of", "FILE|-", "What `db export` wrote; - is standard input."),),
        options("db"),
    ),
    "copy": Command(
        copy,
        ("auditor db copy reports.db postgresql+psycopg://auditor@db/auditor",),
        (
            Argument("source", "FROM", "A report database: a path, or a URL."),
            Argument("target", "TO", "Where to: one that is not there yet, or is empty."),
        ),
    ),
}


@contextmanager
def _read(file: str) -> Iterator[BinaryIO]:
    from ..errors import UsageError

    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        lines = Path(file).open("rb")  # noqa: SIM115  # closed two lines below
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
    with lines:
        yield lines
