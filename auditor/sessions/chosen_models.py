"""A model as the caller of ``auditor diff`` names it: a file, a stored report, a version of a registry."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..config.configuration import Configuration
from ..errors import CannotLook, NothingToAudit, UsageError
from ..tuples import NamedTuple
from ..wording import listed

if TYPE_CHECKING:
    from ..batch.refs import Ref

_MOST_MODELS = 10_000
_SHOWN = 8


class ChosenModel(NamedTuple):
    """Where the model lies, and what there is to say of how it was found."""

    path: str
    note: str = ""


def chosen_model(word: str, configured: Configuration) -> ChosenModel:
    """The file that a word names.

    A path; the number of a stored report; a folder of one model; ``PLACE@VERSION``, where a place is a model's folder
    in a registry, or ``REGISTRY/MODEL``, or a name that stored audits have. `NothingToAudit` where there is none.
    """
    from .subjects import report_number

    if os.path.isfile(word) or (os.path.lexists(word) and not os.path.isdir(word)):
        return ChosenModel(word)
    if os.path.isdir(word):
        return ChosenModel(_only(_refs_at(word), word).path)
    if (number := report_number(word)) is not None:
        return _of_report(number, configured)
    place, at, version = word.rpartition("@")
    if at and place and version:
        return _of_version(place, version, configured)
    raise NothingToAudit(f"there is no file or folder {word}, and it is neither a report's number nor MODEL@VERSION")


def _of_version(place: str, version: str, configured: Configuration) -> ChosenModel:
    if os.path.isdir(place):
        refs = list(_refs_at(place))
    else:
        folder, name = os.path.split(place.rstrip("/"))  # a name alone is one of the store's
        there = _refs_at(folder) if os.path.isdir(folder) else ()
        refs = [ref for ref in there if name in (ref.subject, ref.name)]
    if not refs:
        return _of_audit(place, version, configured)
    found = [ref for ref in refs if ref.version == version]
    if not found:
        versions = dict.fromkeys(ref.version for ref in refs if ref.version)
        raise NothingToAudit(f"{place} has no version {version!r}; it has {listed(versions, _SHOWN) or 'none'}")
    return ChosenModel(_only(found, f"{place}@{version}").path)


def _refs_at(place: str) -> Iterable[Ref]:
    from itertools import islice

    from ..batch.sources import source_at

    return islice(source_at(place).models(), _MOST_MODELS)


def _only(refs: Iterable[Ref], word: str) -> Ref:
    found = list(refs)
    if not found:
        raise NothingToAudit(f"there is no model in {word}")
    if len(found) > 1:
        names = (f"{ref.subject or ref.name}@{ref.version}" if ref.version else ref.path for ref in found)
        raise UsageError(
            f"{word} has {len(found):,} models, and diff takes one: name it, as of {listed(names, _SHOWN)}"
        )
    return found[0]


def _of_audit(subject: str, version: str, configured: Configuration) -> ChosenModel:
    """The newest stored audit of a version."""
    from ..store.history import audit_of_version
    from ..store.store import Store
    from ..store.where import chosen_path
    from .subjects import there

    where = chosen_path(configured.db)
    found = None
    if there(where):
        with Store.open(where, create=False) as store:
            found = audit_of_version(store, subject, version)
    if found is None:
        raise NothingToAudit(
            f"no registry is at {subject}, and no audit of {subject!r} in version {version!r} is stored"
        )
    return _of_report(found, configured)


def _of_report(number: int, configured: Configuration) -> ChosenModel:
    """The model of a stored report, if it is still the one that the report is of."""
    from .binding import bound_to_its_model
    from .subjects import stored

    subject, document = stored(number, configured, configured.db)
    path = subject.path
    if not os.path.lexists(path):
        raise NothingToAudit(f"report {number} is of {path}, and no file is there any more")
    binding = bound_to_its_model({**document["model"], "path": path})
    if binding.another:
        raise CannotLook(f"report {number}: {binding.why}")
    note = (
        ""
        if binding.holds
        else f"report {number}: {path} has the structure that was audited; its weights may be others"
    )
    return ChosenModel(path, note)
