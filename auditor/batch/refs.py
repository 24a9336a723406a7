"""A model as a registry names it, and what a source of models is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
