"""What the cache takes care of: the use that is counted, what a killed process left, descriptors, and a power cut."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from auditor.remote.cache import Cache
from auditor.remote.cache_files import opened, sizes
from auditor.remote.listing import ListedFile

from .test_cache import fetched, put, source


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"), 1 << 30)


def test_a_lease_is_a_use(cache: Cache) -> None:
    """By it what was not used for longest is known."""
    for entry in ("first", "second"):
        cache.lease(entry).release()
        os.utime(Path(cache.folder, "models", entry, "lease"), ns=(1, 1))
    cache.lease("first").release()
    assert cache._by_use() == ["second", "first"]


def test_a_place_that_is_taken_away_amid_a_lease_is_made_again(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(cache.folder, "models/e/lease")
    left = ["between", "behind"]

    def raced(name: str) -> int:
        if left == ["between", "behind"]:
            left.remove("between")
            path.parent.rmdir()
        descriptor = opened(name)
        if left == ["behind"]:
            left.clear()
            path.unlink()
        return descriptor

    monkeypatch.setattr("auditor.remote.cache.opened", raced)
    lease = cache.lease("e")
    assert left == [] and os.path.samestat(os.fstat(lease._descriptor), path.stat())
    lease.release()


def test_what_a_killed_process_left_of_a_layout_is_in_nobodys_way(cache: Cache) -> None:
    """Another process may have its number."""
    folder = Path(put(cache, "e", b"content"))
    folder.rename(f"{folder}.{os.getpid()}")
    assert put(cache, "e", b"content") == str(folder)
    assert [one.name for one in folder.iterdir()] == ["m"]


def test_a_graph_that_goes_while_room_is_made_is_nobodys_failure(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever could not fetch all of it takes it away, and asks nobody."""
    going = Path(cache.graph("key"))
    going.parent.mkdir()
    going.write_bytes(b"x" * 4096)
    looks = 0

    def raced(folder: str, *, sparse: bool = False) -> list[tuple[int, int, str]]:
        nonlocal looks
        found = sizes(folder, sparse=sparse)
        if str(going) in {path for *_, path in found}:
            looks += 1
            if looks == 2:  # it was there when all was counted
                going.unlink()
        return found

    monkeypatch.setattr("auditor.remote.cache.sizes", raced)
    cache.most = 1
    cache.make_room(2)
    assert looks == 2 and not going.exists()


def test_each_descriptor_is_given_back(cache: Cache) -> None:
    """A registry may have 100,000 files."""
    before = len(os.listdir("/proc/self/fd"))
    for number in range(3):
        cache.lease(f"e{number}").release()
        put(cache, f"e{number}", bytes([number]))
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_content_is_on_the_disk_before_its_part_goes(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut it is whole, or its part is still there."""
    data = b"content"
    digest = hashlib.sha256(data).hexdigest()
    seen: list[tuple[str, bool]] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        seen.append((name, bool(os.listdir(cache.part("")))))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    fetched(cache, source(data), ListedFile("m", "m", len(data), digest))
    (key,) = {name for name, _ in seen} - {digest[:2]}
    assert seen == [(key, True), (digest[:2], True)]
