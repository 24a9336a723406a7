"""A model as a registry names it, and what a source of models is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from ..report import Contract
from ..tuples import NamedTuple


class Ref(NamedTuple):
    """One model of a source: plain data, so that it can be sent to a worker."""

    name: str
    version: str  # "" where the source knows none
    path: str  # the .onnx file
    files: tuple[str, ...]  # all that make the model up: the file itself, its external data, its configuration
    metadata: Mapping[str, str]  # what the source says of it beside name and version: origin, licence, alias...
    contract: Contract | None  # what the source says of its inputs and outputs
    troubles: tuple[str, ...]  # what could not be read, is missing or is left over: a line each
    subject: str = ""  # as its registry names it, whatever the version; "" where no registry does
    registry: str = ""  # where that registry lies; "" where its names are the same everywhere
    address: str = ""  # where it is, of a model that was fetched: then ``path`` is a copy's; "" for one that lies here
    unfetched: str = ""  # why it was not fetched: then there is nothing at ``path``

    @property
    def place(self) -> str:
        """Where the model is, for people, for what is asked of it, and for the store."""
        return self.address or self.path

    @property
    def known_as(self) -> str:
        """Whose versions its audits are: two registries may have a model of one name. "" where no registry names it."""
        return f"{self.subject}@{self.registry}" if self.subject and self.registry else self.subject


class NotRead(str):
    """A line on what a source could not read: models may lie there that nobody looked at."""


class Source(Protocol):
    """Where models lie: a folder, a registry, a manifest."""

    path: str
    kind: str  # "folder", "triton", ...: for people
    troubles: list[str]  # of the source itself, not of one model: filled while `models` goes

    def models(self) -> Iterator[Ref]:
        """Every model, in a stable order, one after the other."""
        ...


class FetchingSource(ABC):
    """Base of sources whose models are fetched while others are audited."""

    @property
    @abstractmethod
    def waits(self) -> bool:
        """Whether whoever takes the next model now would have to wait for it."""

    @abstractmethod
    def release(self, ref: Ref) -> None:
        """A model's audit is over: its files may go."""


def is_waited_for(sources: Iterable[Source]) -> bool:
    """Whether the next model of one source or the other is still being fetched."""
    return any(isinstance(source, FetchingSource) and source.waits for source in sources)


def release(sources: Iterable[Source], ref: Ref) -> None:
    """A model's audit is over, whichever source it came from."""
    for source in sources:
        if ref.address and isinstance(source, FetchingSource):
            source.release(ref)
