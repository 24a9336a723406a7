"""A model as a registry names it, and what a source of models is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from ..model.holes import Holes, PartialFile
from ..report import Contract, Missed
from ..tuples import NamedTuple
from ..wording import in_bytes


class Partly(NamedTuple):
    """A model of which the graph alone was fetched."""

    key: str  # what stands for it in the place of its contents' hashes: for all that was seen of it
    holes: Holes
    fetched: int  # bytes
    size: int  # of all of its files

    def missed(self) -> Missed:
        """What nobody looked at, for the report."""
        why = (
            f"--graph-only: {in_bytes(self.fetched)} of {in_bytes(self.size)} were fetched, so what hangs on the data "
            "is not known, and no hash was compared"
        )
        return Missed("the tensors' data", why)


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
    partly: Partly | None = None  # where only a part of its files is at their paths: they are read with its holes

    @property
    def source(self) -> str | PartialFile:
        """What is loaded."""
        return self.path if self.partly is None else PartialFile(self.path, self.partly.holes)

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
