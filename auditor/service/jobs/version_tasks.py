"""What a worker is told of a version: all that it would else look up in the database."""

from __future__ import annotations

from ...store.store import Accepted
from ...store.works import Works
from ..answers.summaries import judgement_key
from .wanted import Wanted
from .working import VersionTask


def version_task(
    store: Works, uid: str, folder: str, wanted: Wanted, accepted: Accepted | None, floor: int, *, draws: bool = True
) -> VersionTask:
    """What a worker is to do for a version of the store's project; the report has the id ``uid``."""
    before = None if accepted is None else store.uid_of(accepted.audit_id)
    path, model = wanted.ref.path, wanted.ref.known_as
    keys = tuple(
        judgement_key(store.project, uid, path, model, wanted.policy, wanted.policies, before, gate=gate)
        for gate in (False, True)
    )
    document = None if accepted is None else accepted.document
    return VersionTask(uid, store.project, folder, wanted, document, floor, keys, draws)
