"""What a remote registry lists, and what each kind of them can do. Plain data: it goes from process to process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, TypeAlias

from ..report import Contract
from ..tuples import NamedTuple


class ListedFile(NamedTuple):
    """A file of a registry, as it is listed: nothing of it was fetched."""

    name: str  # relative to its version, with "/" between the parts: checked with `names.checked_name`
    address: str  # what `RemoteKind.pieces` fetches it by: a URL, a key, a digest
    size: int | None = None  # bytes
    sha256: str = ""  # of the content, in hexadecimal; "" where the registry does not say
    git: str = ""  # git's hash of it as a blob, likewise
    etag: str = ""  # what the server calls this content; "" where it does not say
    when: str = ""  # when it was changed, in the server's words: with size and etag, whether it still is the same


class ListedVersion(NamedTuple):
    """One model of a registry in one version: what is fetched to audit it, and what is said of it."""

    name: str  # as a report names the model: unique in its registry with the version
    version: str  # "" where the registry knows none
    address: str  # of the model's own file, for people and for the store: hf://org/name@rev/onnx/model.onnx
    model: ListedFile
    files: tuple[ListedFile, ...] = ()  # what else is fetched: configuration. External data is found by `beside`
    metadata: Mapping[str, str] = {}  # a field's default, which nobody changes
    contract: Contract | None = None
    troubles: tuple[str, ...] = ()
    subject: str = ""  # as `Ref.subject`
    registry: str = ""  # as `Ref.registry`: "" where names are the same everywhere
    identity: str = ""  # what stands for all of the content: a commit, a manifest's digest; "" where nothing does


class RemoteRow(NamedTuple):
    """The cells of a kind in the table of docs/remote.md."""

    address: str
    credentials: str  # where they are looked for
    listed: str
    fetched: str


class FetchLimits(NamedTuple):
    """What a registry may take. Sizes in bytes, times in seconds."""

    size: int = 64 << 30  # of one file
    seconds: float = 3600.0  # for one model
    floor: int = 1 << 30  # free on the disk, below which nothing is taken
    listing: int = 1_000_000  # names of one registry
    artifact_root: str = ""  # a folder of this machine in which a server may name files; "" none


PieceSource: TypeAlias = Callable[[int], Iterator[bytes]]
"""A file's bytes from an offset on; `CutOff` where they end early."""


class RegistryState(NamedTuple):
    """What a registry says of all its versions together."""

    said: str  # another text as soon as any version is; "" where nothing tells
    mark: str = ""  # what the next question goes with: an ETag, and what was said with it


class FilePart(NamedTuple):
    """Some bytes of a file."""

    data: bytes
    size: int  # of all of it
    etag: str = ""  # what the server calls the content that they are of


class RemoteReader(ABC):
    """Base of whatever reads addresses. Made and used in the courier alone, where it may keep what it likes.

    Whatever goes wrong is a `RemoteFailure`; credentials come from the places that the system itself looks at.
    """

    schemes: ClassVar[tuple[str, ...]]
    row: RemoteRow
    stored: Callable[[ListedFile, PieceSource], str]
    """Set by the courier: the path of a file that is fetched whole into the cache, kept there while a call goes on."""
    let_go: Callable[[str], None]
    """Set by the courier: such a path is needed no more."""

    def __init__(self, address: str, limits: FetchLimits) -> None:
        """Nobody is asked yet. `UsageError` for an address of a wrong form."""
        self.address, self.limits = address, limits
        self.troubles: list[str] = []  # of the registry, not of one model: filled while it is listed

    @abstractmethod
    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        """The file's bytes from an offset on. `CutOff` where they end early: the caller asks again from where it is."""

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        """So many bytes from ``start`` on, fewer at the file's end alone; None where only all of the file is given.

        `NotThatContent` where they are of another content than the one that ``etag`` was said of.
        """
        return None


class RemoteKind(RemoteReader):
    """Base of registries that say themselves what their models are."""

    @abstractmethod
    def versions(self) -> Iterator[ListedVersion]:
        """Every model in every version that the address names, page after page, in a stable order."""

    def state(self, mark: str = "") -> RegistryState:
        """What tells whether any version is another one, for less than listing all; ``mark`` is that of the last."""
        return RegistryState("")

    @abstractmethod
    def beside(self, version: ListedVersion, name: str) -> ListedFile | None:
        """A file that lies beside a version's model, by its name relative to the model's folder; None if none does."""


class RemoteTree(RemoteReader):
    """Base of what holds nothing but files: which registry they are is seen as it is seen of local folders."""

    is_file = False
    """Whether the address names a single file: known when it was listed."""

    def find(self, name: str) -> ListedFile | None:
        """A file that was not listed, by its name: beside a single one."""
        return None

    @abstractmethod
    def files(self) -> Iterator[ListedFile]:
        """Every file below the address, in a stable order; names are relative to it. None are fetched."""
