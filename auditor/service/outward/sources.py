"""Models that are audited where they lie: in folders that the operator allows, or behind a URL of an allowed host.

Nothing is allowed by default. A path counts by where it leads: through links and ``..`` it does not leave its root.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ...errors import AuditorError
from ...tuples import NamedTuple
from ..context import Service
from .addresses import RefusedAddress, hosts_of
from .fetching import allowed_address

if TYPE_CHECKING:  # what only a worker needs, which reads models
    from ...batch.refs import Ref

MOST = 10_000
"""Models of one source."""

_LONGEST = 4096  # characters
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class SourceRefused(AuditorError):
    """A source that is not audited; ``code`` and ``mend`` are as a problem has them, ``status`` is its HTTP status."""

    def __init__(self, status: int, code: str, why: str, mend: str) -> None:
        super().__init__(why)
        self.status, self.code, self.mend = status, code, mend


class LocalSource(NamedTuple):
    """A file or folder below a root."""

    path: str  # absolute, links followed
    root: str  # likewise


class RemoteSource(NamedTuple):
    """A model of an allowed host."""

    url: str


AllowedSource: TypeAlias = LocalSource | RemoteSource


def allowed(service: Service, text: str) -> AllowedSource:
    """The source that a text names, if it is allowed now; `SourceRefused` else. Nothing is read, nobody is asked."""
    return allowed_source(text, service.roots, service.hosts)


def allowed_source(text: str, roots: Sequence[str], hosts: Sequence[str]) -> AllowedSource:
    """The same for whoever has no service. A job asks again: the folder may lead elsewhere since."""
    if not roots and not hosts:
        raise SourceRefused(
            403,
            "sources-off",
            "this server audits no model where it lies: nothing is allowed",
            "upload the model, or have the operator allow a folder (--root) or a host (--source-host)",
        )
    if is_url(text):
        try:
            return RemoteSource(allowed_address(text, hosts_of(hosts)).url)
        except RefusedAddress as error:
            raise SourceRefused(
                403, "source-not-allowed", str(error), "the operator allows hosts (--source-host)"
            ) from None
    return _local(text, roots)


def is_url(text: str) -> bool:
    """Whether a source's text is a URL, allowed or not."""
    return _SCHEME.match(text) is not None


def _local(text: str, roots: Sequence[str]) -> LocalSource:
    if len(text) > _LONGEST or not text.startswith("/") or not text.isprintable():
        raise SourceRefused(
            422,
            "source",
            "the source is neither an absolute path nor a URL",
            "send /folder/below/a/root or https://...",
        )
    path = os.path.realpath(text)
    for root in map(os.path.realpath, roots):
        if is_below(path, root):
            if os.path.exists(path):
                return LocalSource(path, root)
            raise SourceRefused(422, "no-such-source", "there is no such file or folder", "look at the path")
    raise SourceRefused(  # the same whether there is such a path or not
        403, "source-not-allowed", "the path leads to no folder that is allowed", "the operator allows folders (--root)"
    )


def is_below(path: str, root: str) -> bool:
    """Whether a path is a folder or lies below it; both absolute, links followed."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def models_of(source: LocalSource, troubles: list[str]) -> Iterator[Ref]:
    """Its models, `MOST` at most, as `auditor batch` finds them there: folder, Triton, MLflow, Hugging Face, manifest.

    ``troubles`` gets a line on whatever could not be read, and on each model of which a file leads out of the root.
    """
    from ...batch.refs import NotRead
    from ...batch.sources import source_at

    found = source_at(source.path)
    number = 0
    for ref in found.models():
        outside = next((file for file in (ref.path, *ref.files) if not _is_within(file, source.root)), None)
        if outside is not None:
            troubles.append(NotRead(f"{ref.path}: {os.path.basename(outside)} leads out of the folder that is allowed"))
        elif not os.path.abspath(ref.path).isprintable():  # nobody can ask for it, and no database keeps such bytes
            troubles.append(NotRead(f"{ref.path}: a path that cannot be printed is not audited"))
        elif number == MOST:
            troubles.append(NotRead(f"{source.path}: more than {MOST} models; the rest is not audited"))
            break
        else:
            number += 1
            yield ref
    troubles += found.troubles


def model_at(source: LocalSource) -> Ref:
    """The one model at a file's path, as a registry around it names it; `SourceRefused` where it leads out."""
    from ...batch.around import around
    from ...batch.sources.folder import plain

    ref = around(source.path)
    if ref is None or not _all_within(ref.files, source.root):
        ref = plain(source.path, os.path.splitext(os.path.basename(source.path))[0])
    if not _all_within((ref.path, *ref.files), source.root):
        raise SourceRefused(403, "source-not-allowed", "a file of the model leads out of the folder", "copy it there")
    return ref


def _all_within(files: Iterable[str], root: str) -> bool:
    return all(_is_within(file, root) for file in files)


def _is_within(file: str, root: str) -> bool:
    return is_below(os.path.realpath(file), root)
