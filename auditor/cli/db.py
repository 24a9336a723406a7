"""``auditor db``: where the report database is, its schema, what may go, and all of it out and in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from . import options as o

app = typer.Typer(help="The report database.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def path(db: o.Database = None) -> None:
    """Print where reports are kept."""

    sys.stdout.write(f"{o.database(db)}\n")


@app.command()
def upgrade(db: o.Database = None) -> None:
    """Bring the database's schema up to date; one that is missing is made."""
    from ..store.store import Store

    where = o.database(db)
    with Store.open(where):
        sys.stdout.write(f"{where} is up to date\n")


@app.command()
def prune(
    keep: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Not the newest N audits of a model.", show_default=False)
    ] = None,
    older_than: Annotated[
        float | None, typer.Option(min=0, metavar="DAYS", help="Only audits older than this.", show_default=False)
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Only of models with this name or path.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    db: o.Database = None,
) -> None:
    """Take old audits out; never a model's newest, never the one that was accepted last."""
    from ..errors import UsageError
    from ..store.store import Store
    from ..store.upkeep import Wish, vacuum
    from ..store.upkeep import prune as take_out
    from ..wording import counted, in_bytes

    if keep is None and older_than is None:
        raise UsageError("prune takes --keep N, --older-than DAYS, or both: nothing was taken out")
    with Store.open(o.database(db), create=False) as store:
        gone = take_out(store, Wish(keep, older_than, model), dry_run)
        what = f"{counted(gone.audits, 'audit')} of {counted(gone.models, 'model')}"
        what += f" with {counted(gone.findings, 'finding')}"
        if dry_run:
            sys.stdout.write(f"would take out {what}, {in_bytes(gone.bytes)} of reports\n")
            return
        freed = vacuum(store) if gone.audits else None
        sys.stdout.write(f"took out {what}{'' if freed is None else f'; {in_bytes(freed)} are free again'}\n")


@app.command()
def export(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Where to; - is standard output.", show_default=False)],
    db: o.Database = None,
) -> None:
    """Write all that is stored as JSON lines."""
    from ..store.exchange import export as exported
    from ..store.store import Store

    with Store.open(o.database(db), create=False) as store, _written(file) as out:
        for line in exported(store):
            out.write(line.encode("ascii") + b"\n")


@app.command("import")
def load(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="What `db export` wrote; - is standard input.", show_default=False)
    ],
    db: o.Database = None,
) -> None:
    """Take in what was exported, all of it or nothing; what is there already is not doubled."""
    from ..formats.json import parse
    from ..store.exchange import load as imported
    from ..store.store import Store
    from ..wording import counted

    with _read(file) as lines, Store.open(o.database(db)) as store:
        done = imported(store, lines, parse)
    accepted = f", {counted(done.acceptances, 'acceptance')}" if done.acceptances else ""
    sys.stdout.write(f"imported {counted(done.audits, 'audit')}{accepted}; {done.there} were there already\n")


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


@contextmanager
def _written(file: str) -> Iterator[BinaryIO]:
    """A file that is there when it is whole: one that was there before stays until then."""
    from ..errors import UsageError

    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = f"{file}.part-{os.getpid()}"
    try:
        if os.path.exists(file) and not os.path.isfile(file):  # a device, a named pipe
            with Path(file).open("wb") as out:
                yield out
            return
        with Path(part).open("xb") as out:
            yield out
        os.replace(part, file)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {file}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        with suppress(OSError, ValueError):
            os.unlink(part)
