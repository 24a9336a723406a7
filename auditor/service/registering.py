"""A version of a model becomes one: what is said of it makes sense, and its files are there."""

from __future__ import annotations

from ..errors import UsageError
from ..store.registered import MissingBlobs, RegisteredVersion, VersionExists, register
from ..store.works import Works
from .answers.model_documents import NewVersion
from .context import Service
from .files.archives import HEAD
from .files.direct import refuse_archive
from .files.uploaded_paths import check_paths, model_among
from .problems import Problem


def registered(service: Service, store: Works, new: NewVersion, by: str) -> tuple[RegisteredVersion, bool]:
    """The version, and whether it was not there before."""
    try:
        check_paths(new.files.keys())
        path = model_among(new.files, new.path)
    except UsageError as error:
        raise Problem(422, "paths", str(error), "paths are relative, with / between their parts") from None
    contract = None if new.contract is None else new.contract.model_dump(exclude_defaults=True)
    refuse_archive(service.storage.head(store.project, new.files[path], HEAD))  # of a missing one there is nothing
    try:
        return register(store, new.name, new.version, path, new.files, contract or None, by)
    except MissingBlobs as error:
        raise Problem(
            422, "missing-blobs", str(error), "POST /api/v1/uploads, for each of `missing`", missing=error.missing
        ) from None
    except VersionExists as error:
        there = f"/api/v1/models/{error.found.model_id}/versions/{error.found.id}"
        raise Problem(
            409, "version-exists", str(error), "a version never changes: register another one", there=there
        ) from None
