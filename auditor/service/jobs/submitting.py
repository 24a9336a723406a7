"""An audit that is asked for: kept as a job, or answered from the store where the same work was done before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...batch.one import Audited
from ...formats.json import escaped
from ...store.jobs import Job, submit
from ...store.leases import Registered
from ...store.works import Piece, Works
from .wanted import Wanted, wanted
from .working import kept


def submit_version(
    store: Works,
    registered: Registered,
    version_id: str,
    options: Mapping[str, Any],
    *,
    by: str,
    request_id: str = "",
    key: str | None = None,
    asked: str = "",
    most: int | None = None,
) -> Job:
    """Have a version of the store's project audited. `UsageError` where the options make no sense; else as `submit`."""
    want = wanted(store, registered, options)
    return submit(
        store, version_id=version_id, options=options, by=by, request_id=request_id, key=key, asked=asked, most=most,
        done=_done(store, want),
    )  # fmt: skip


def _done(store: Works, want: Wanted) -> int | Piece | None:
    """The same content, rules, runtime and options, audited before: this version's own audit, or what its is to be."""
    found = store.done([(want.key, want.source)]).get((want.key, want.source))
    if found is None:
        return None
    if found.source == want.source:
        return found.audit_id
    document = store.documents([found.audit_id]).get(found.audit_id)
    if document is None:
        return None
    renamed = Audited({**document, "model": {**document["model"], "path": escaped(want.ref.path)}}, True)
    accepted = store.accepted(want.ref.known_as) if want.policy.compares else None
    raw = kept(renamed, want.policy, want.settings, None if accepted is None else accepted.document)
    return Piece(raw, want.source, want.key, subject=want.ref.known_as, version=want.ref.version)
