"""Pictures for the formats that draw: of a model that was just audited, or of a stored report alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import StoreError
from ..picture import Earlier, Picture
from ..report import DeepPart, Report
from .subjects import there

if TYPE_CHECKING:
    from ..evidence.evidence import Evidence
    from ..store.store import Store

UNREADABLE = "the file cannot be read as a model"
NO_FILE = "a stored report has no graph and no layers: `auditor check MODEL --format html` shows them"

_MOST = 50
"""Audits of a history that are shown."""


def pictured(evidence: Evidence | None, report: Report, subject: str, database: str | None, *, stored: bool) -> Picture:
    """The picture of an audited model, with its history where reports are ``stored``."""
    history = _history_of(subject, database) if stored else ()
    if evidence is None:
        return Picture(why=UNREADABLE, history=history)
    from ..picturing import picture_of

    return picture_of(evidence.model, evidence.facts, evidence.costs, report, history)


def stored_picture(audit_id: int, database: str | None) -> Picture:
    """What can be drawn of a stored report."""
    from ..store.store import Store
    from ..store.where import chosen_path

    with Store.open(chosen_path(database), create=False) as store:
        whose = store.whose(audit_id)
        return Picture(why=NO_FILE, history=earlier_audits(store, whose[1]) if whose else ())


def _history_of(subject: str, database: str | None) -> tuple[Earlier, ...]:
    """Nothing where there is no database, or where it cannot be read: whoever stores has said so."""
    from ..store.where import chosen_path

    where = chosen_path(database)
    if not there(where):
        return ()
    from ..store.store import Store

    try:
        with Store.open(where, create=False) as store:
            return earlier_audits(store, subject)
    except StoreError:
        return ()


def earlier_audits(store: Store, subject: str) -> tuple[Earlier, ...]:
    """The last audits of a model, by its key, newest first, no ad hoc looks; with what they measured in depth, where
    the newest did. `StoreError` if they cannot be read.
    """
    rows = [row for row in store.history(subject, _MOST) if not row.ad_hoc]
    depths = _depths(store, [row.id for row in rows])
    return tuple(
        Earlier(
            row.id, row.when, row.version, row.verdict, row.errors, row.warnings, row.notes,
            row.parameters, row.macs, row.bytes, row.digest, depth,
        )
        for row, depth in zip(rows, depths, strict=True)
    )  # fmt: skip


def _depths(store: Store, audits: list[int]) -> list[tuple[DeepPart, ...]]:
    from ..formats.json import depth_of

    newest = depth_of(store.get(audits[0]) or {}) if audits else ()
    if not newest:
        return [()] * len(audits)
    return [newest, *(depth_of(store.get(audit) or {}) for audit in audits[1:])]
