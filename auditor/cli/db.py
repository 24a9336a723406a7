"""``auditor db``: where the report database is, and its schema."""

from __future__ import annotations

import sys

import typer

from . import options as o

app = typer.Typer(help="The report database.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def path(db: o.Database = None) -> None:
    """Print where reports are kept."""
    from ..store.where import chosen_path

    sys.stdout.write(f"{chosen_path(db)}\n")


@app.command()
def upgrade(db: o.Database = None) -> None:
    """Bring the database's schema up to date; one that is missing is made."""
    from ..store.store import Store
    from ..store.where import chosen_path

    where = chosen_path(db)
    with Store.open(where):
        sys.stdout.write(f"{where} is up to date\n")
