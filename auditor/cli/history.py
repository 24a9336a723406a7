"""``auditor history MODEL``: the audits of a model, newest first."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import options as o


def history(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Its path, or a digest.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    db: o.Database = None,
) -> None:
    """List the audits of a model that were stored, newest first."""
    from ..errors import NothingToAudit
    from ..store.store import Store
    from ..store.where import chosen_path
    from .tables import history_table

    with Store.open(chosen_path(db), create=False) as store:
        rows = store.history(model, limit)
    if not rows:
        raise NothingToAudit(f"no audit of {model!r} is stored in {chosen_path(db)}")
    history_table(rows, sys.stdout)
