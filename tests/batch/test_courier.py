"""What the process does that asks other people's servers, in this process: the registry is played.

tests/remote asks servers.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.batch import courier, looking
from auditor.batch.bringing import BringsAll, BringsGraph
from auditor.batch.courier import Brought, ListedPage, NotBrought, brought, listed
from auditor.errors import ExitCode
from auditor.remote.cache import Cache, Filling
from auditor.remote.errand import Errand
from auditor.remote.failures import RemoteFailure
from auditor.remote.listing import (
    FetchLimits,
    ListedFile,
    ListedVersion,
    RegistryState,
    RemoteKind,
    RemoteReader,
    RemoteRow,
)
from tests.pace import HANG

from .by_hand import MODEL
from .test_tree import TreeInMemory

ADDRESS = "mem://zoo"
MODEL_FILE = ListedFile("m.onnx", "key", len(MODEL), hashlib.sha256(MODEL).hexdigest())


class PlayedKind(RemoteKind):
    """One model; its server gives no parts of files."""

    schemes = ()
    row = RemoteRow("address", "", "", "")

    def __init__(self) -> None:
        super().__init__(ADDRESS, FetchLimits())
        self.contents = {"m.onnx": MODEL, "w.bin": b"weights"}
        self.fails = False

    def versions(self) -> Iterator[ListedVersion]:
        if self.fails:
            raise RemoteFailure("the server is tired")
        yield ListedVersion("m", "1", f"{ADDRESS}/m.onnx", MODEL_FILE)

    def beside(self, version: ListedVersion, name: str) -> ListedFile | None:
        return None

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        yield self.contents[file.name][offset:]


@pytest.fixture
def errand(tmp_path: Path) -> Errand:
    return Errand(ADDRESS, FetchLimits(floor=0), str(tmp_path / "cache"), 1 << 30)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[PlayedKind]:
    """The registries that were opened: the first one fails."""
    found: list[PlayedKind] = []

    def registry_at(address: str, limits: FetchLimits) -> RemoteReader:
        assert address == ADDRESS
        found.append(PlayedKind())
        found[-1].fails = len(found) == 1
        return found[-1]

    monkeypatch.setattr(courier, "registry_at", registry_at)
    monkeypatch.setattr(courier, "_DESKS", {})
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)  # of this process
    return found


def test_a_registry_that_failed_is_opened_anew_and_one_that_answers_is_kept(
    opened: list[PlayedKind], errand: Errand
) -> None:
    assert listed(errand, 0, 2) == NotBrought("the server is tired", ExitCode.INCONCLUSIVE)
    page = listed(errand, 0, 2)
    assert isinstance(page, ListedPage) and page.ended
    (version,) = page.versions
    (first, second), found = opened, brought(errand, version, "entry")
    assert isinstance(found, Brought) and Path(found.path).read_bytes() == MODEL and found.partly is None
    assert listed(errand, 0, 2) == page and opened == [first, second]


def bring(by: type[BringsAll], kind: PlayedKind, filling: Filling, errand: Errand) -> BringsAll:
    until = time.monotonic() + HANG

    def fetch(file: ListedFile) -> str:
        return filling.fetched(errand.address, file, lambda at: kind.pieces(file, at), errand.limits, until)

    return by(kind, filling, errand, fetch)


@pytest.mark.parametrize("by", [BringsAll, BringsGraph])
@pytest.mark.parametrize("is_sized", [True, False])
def test_what_comes_whole_is_a_content_and_said_where_less_was_asked_for(
    by: type[BringsAll], is_sized: bool, errand: Errand
) -> None:
    """Where the server gives no parts of a file whose size nobody knows."""
    kind = PlayedKind()
    model = MODEL_FILE if is_sized else MODEL_FILE._replace(size=None)
    data = ListedFile("w.bin", "key of data", None, etag="1")
    lines = [f"{name} was fetched whole: its server gives no parts of files" for name in ("m.onnx", "w.bin")]
    with Cache(errand.cache, 1 << 30).filling() as filling:
        brings = bring(by, kind, filling, errand)
        paths = [brings.model(model), brings.data("w.bin", data)]
        assert [Path(path).read_bytes() for path in paths] == [MODEL, b"weights"]
        assert brings.partly() is None
        assert brings.troubles == ([] if by is BringsAll else lines[is_sized:])


def test_a_tree_of_files_is_another_as_soon_as_a_file_of_it_is(errand: Errand, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(content: bytes) -> str:
        held = TreeInMemory({"a.onnx": b"x", "b.onnx": content})
        monkeypatch.setattr(looking, "registry_at", lambda *_: held)
        state = looking.state_of(errand)
        assert isinstance(state, RegistryState)
        return state.said

    first, same, other = said(b"1"), said(b"2"), said(b"33")
    assert first == same != other, "no content is looked at, but its size"
