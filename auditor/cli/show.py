"""``auditor show ID``: a stored report again."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import options as o


def show(
    report: Annotated[int, typer.Argument(metavar="ID", help="As `auditor history` lists it.", show_default=False)],
    format: o.ReportFormat = "text",
    db: o.Database = None,
) -> None:
    """Print a stored report."""
    from ..errors import NothingToAudit
    from ..formats import renderer
    from ..formats.json import parse
    from ..store.store import Store
    from ..store.where import chosen_path

    render = renderer(format)
    with Store.open(chosen_path(db), create=False) as store:
        document = store.get(report)
    if document is None:
        raise NothingToAudit(f"no report {report} is stored in {chosen_path(db)}")
    render(*parse(document), sys.stdout)
