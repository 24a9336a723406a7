"""Whose version a model is, what is asked of it, and the version that it is compared with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..config.configuration import Configuration
from ..files import is_address
from ..policy.judge import Judgement, judge
from ..policy.policy import Policy
from ..report import Contract, Report, Verdict
from ..tuples import NamedTuple

if TYPE_CHECKING:
    from ..batch.refs import Ref
    from ..store.store import Accepted


_DIGITS = 20  # of a number, more than the largest that a database has


class Subject(NamedTuple):
    """One model with the policy that holds for it; all else is what a registry says, None where none does."""

    path: str
    policy: Policy
    name: str | None = None
    registry: str = ""
    version: str | None = None
    contract: Contract | None = None
    troubles: tuple[str, ...] = ()
    fetched: Ref | None = None  # of one that was fetched from the address that is its path

    @property
    def key(self) -> str:
        """Under which the store knows its versions: the name and its registry, else the file's path."""
        from ..store.store import source_of

        if self.name is None:
            return source_of(self.path)
        return f"{self.name}@{self.registry}" if self.registry else self.name

    def judged(self, report: Report, database: str | None) -> Judgement:
        """The report under the policy; the accepted version is looked up only where something is held against it."""
        before = accepted(self.key, database) if self.policy.compares else None
        return judge(report, self.policy, compared(before))


def named(path: str, configured: Configuration) -> Subject:
    """The model at a path. Only a registry around it, seen by its own files, costs more than a few looks."""
    from ..batch.around import around

    ref = around(path)
    if ref is None:
        return Subject(path, configured.policy(path))
    return subject_of(known(ref, configured), configured, path)


def known(ref: Ref, configured: Configuration) -> Ref:
    """A model of a registry as one of the registry of whose models its own are versions."""
    return ref._replace(registry=configured.registry(ref.registry))


def subject_of(ref: Ref, configured: Configuration, path: str | None = None) -> Subject:
    """A model that a source has found."""
    where = ref.place if path is None else path
    policy = configured.policy(where, ref.subject, ref.registry)
    return Subject(
        where, policy, ref.subject or None, ref.registry, ref.version or None, ref.contract, ref.troubles,
        ref if ref.address else None,
    )  # fmt: skip


def report_number(word: str) -> int | None:
    """The number of a stored report, where a word is one. Of a longer number than any report has the beginning."""
    return int(word.lstrip("0")[:_DIGITS] or "0") if word.isascii() and word.isdecimal() else None


def stored(audit_id: int, configured: Configuration, database: str | None) -> tuple[Subject, dict[str, Any]]:
    """A stored report, and whose it is."""
    from ..errors import NothingToAudit
    from ..store.store import Store
    from ..store.where import chosen_path

    with Store.open(chosen_path(database), create=False) as store:
        document, whose = store.get(audit_id), store.whose(audit_id)
    if document is None or whose is None:
        raise NothingToAudit(f"no report {audit_id} is stored in {chosen_path(database)}")
    return subject_as_kept(*whose, document["model"]["path"], configured), document


def subject_as_kept(source: str, name: str, version: str, path: str, configured: Configuration) -> Subject:
    """Whose version a stored report is; ``path`` is that of its model, for one without a source."""
    path = source or path
    if name == source:
        return Subject(path, configured.policy(path))
    name, registry = parted(name)
    return Subject(path, configured.policy(path, name, registry), name, registry, version)


def parted(key: str) -> tuple[str, str]:
    """A model's name and the folder of its registry, "" where it has none."""
    name, at, registry = key.partition("@")
    while at and not (registry.startswith("/") or is_address(registry)):
        more, at, registry = registry.partition("@")
        name = f"{name}@{more}"
    return (name, registry) if at else (key, "")


def accepted(subject: str, database: str | None) -> Accepted | None:
    """The version that was accepted last. Without a database none was."""
    from ..store.store import Store
    from ..store.where import chosen_path

    where = chosen_path(database)
    if not there(where):
        return None
    with Store.open(where, create=False) as store:
        return store.accepted(subject)


def there(database: str) -> bool:
    """Whether there may be a database: of an address nobody knows before asking."""
    return "://" in database or os.path.lexists(database)


def compared(before: Accepted | None) -> Report | None:
    """The report of an accepted version."""
    if before is None:
        return None
    from ..formats.json import parse

    return parse(before.document)[0]


def shown(audit_id: int, configured: Configuration, *, raw: bool = False) -> tuple[Report, Verdict]:
    """A stored report under the policy of today; ``raw``: as it was stored."""
    from ..formats.json import parse

    subject, document = stored(audit_id, configured, configured.db)
    report, verdict = parse(document)
    if raw or configured.asks_nothing:
        return report, verdict
    return subject.judged(report, configured.db)[:2]
