"""``auditor history MODEL|SOURCE``: how one model went from audit to audit, or where all of a source stand."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as o

if TYPE_CHECKING:
    from ..store.store import Store

_BEFORE = 12  # audits of a model that a line of many looks at


def history(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|SOURCE",
            help="A model's path, its name in a registry, a digest; or what holds models, as for `auditor batch`.",
            show_default=False,
        ),
    ],
    limit: Annotated[int, typer.Option(min=1, help="How many audits, or models, at most.")] = 20,
    format: o.Format = "text",
    db: o.Database = None,
) -> None:
    """Tell which findings appeared, which were fixed, and since when the others are there."""
    from ..errors import NothingToAudit, UsageError
    from ..store.history import history as of
    from ..store.history import subjects
    from ..store.store import Store
    from .history_json import history_document, whole
    from .history_tables import history_lines, history_page

    if format not in ("text", "json"):
        raise UsageError(f"--format takes text or json, not {format!r}")
    with Store.open(o.database(db), create=False) as store:
        named = subjects(store, model)
        if len(named) == 1:
            one = of(store, named[0], limit)
            assert one is not None  # it was found by one of its audits
            if format == "json":
                sys.stdout.write(json.dumps(whole(one), indent=2) + "\n")
            else:
                history_page(one, sys.stdout)
            return
        several = named or _within(store, model)
        if not several:
            raise NothingToAudit(f"no audit of {model!r} is stored in {o.database(db)}")
        lines = (of(store, subject, _BEFORE, compared=1) for subject in several[:limit])
        if format == "json":
            for line in lines:
                if line is not None:  # pruned meanwhile
                    sys.stdout.write(json.dumps(history_document(line)) + "\n")
        else:
            history_lines(filter(None, lines), len(several), sys.stdout)


def _within(store: Store, source: str) -> list[str]:
    """The models of a folder that were ever audited; of a manifest, a glob or another source those that it has now."""
    from ..batch.sources import source_at
    from ..errors import NothingToAudit
    from ..store.history import subjects_of, subjects_under

    found = subjects_under(store, source)
    if found or os.path.isdir(source):  # Path.is_dir raises for a name that is too long
        return found
    try:
        return subjects_of(store, (ref.path for ref in source_at(source).models()))
    except NothingToAudit:
        return []
