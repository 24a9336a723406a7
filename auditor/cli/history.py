"""``auditor history MODEL|SOURCE``: how one model went from audit to audit, or where all of a source stand."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from ..config.table import values
from .command import Argument, Command, Words, options

if TYPE_CHECKING:
    from ..store.store import Store

_BEFORE = 12  # audits of a model that a line of many looks at


def history(words: Words) -> None:
    """Tell which findings appeared, which were fixed, which stay."""
    from ..config.configuration import find
    from ..errors import NothingToAudit
    from ..findings.figures import figures_over_time
    from ..formats.json import depth_of
    from ..store.history import history as of
    from ..store.history import subjects
    from ..store.store import Store
    from ..store.where import chosen_path
    from .history_json import history_document, whole
    from .history_tables import history_lines, history_page

    said, model = values({name: word for name, word in words.items() if name != "model"}), words["model"]
    limit, form = said.get("most", 20), said.get("plain_form", "text")
    database = chosen_path(find().saying(said).db)
    with Store.open(database, create=False) as store:
        named = subjects(store, model)
        if len(named) == 1:
            one = of(store, named[0], limit)
            assert one is not None  # it was found by one of its audits
            figures = figures_over_time([depth_of(store.get(step.row.id) or {}) for step in reversed(one.steps)])
            if form == "json":
                sys.stdout.write(json.dumps(whole(one, figures), indent=2) + "\n")
            else:
                history_page(one, figures, sys.stdout)
            return
        several, number = (named, len(named)) if named else _within(store, model, limit)
        if not several:
            raise NothingToAudit(f"no audit of {model!r} is stored in {database}")
        lines = (of(store, subject, _BEFORE, compared=1) for subject in several[:limit])
        if form == "json":
            for line in lines:
                if line is not None:  # pruned meanwhile
                    sys.stdout.write(json.dumps(history_document(line)) + "\n")
        else:
            history_lines(filter(None, lines), number, sys.stdout)


def _within(store: Store, source: str, limit: int) -> tuple[list[str], int]:
    """The first models of a folder that were ever audited, and how many there are.

    Of a manifest, a glob or another source those that it has now.
    """
    from ..batch.sources import source_at
    from ..errors import NothingToAudit
    from ..files import is_address
    from ..store.history import subjects_of, subjects_under

    found, number = subjects_under(store, source, limit)
    if found or is_address(source) or os.path.isdir(source):  # Path.is_dir raises for a name that is too long
        return found, number
    try:
        every = subjects_of(store, (ref.place for ref in source_at(source).models()))
    except NothingToAudit:
        every = []
    return every, len(every)


COMMAND = Command(
    history,
    ("auditor history model.onnx", "auditor history registry/ --limit 50"),
    (
        Argument(
            "model",
            "MODEL|SOURCE",
            "A model's path, its name in a registry, a digest; or what holds models, as for `auditor batch`.",
        ),
    ),
    options("most", "plain_form", "db"),
)
