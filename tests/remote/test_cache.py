"""The cache: whole or not there, resumed, verified, bounded, and safe while it is used."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.remote.cache import Cache
from auditor.remote.failures import CutOff, NotThatContent, RemoteFailure, TooMuch, TooSlow
from auditor.remote.listing import ListedFile
from tests.pace import HANG

from .conftest import LIMITS
from .stand_in import git

DATA = bytes(range(256)) * 400
FILE = ListedFile("model.onnx", "a", len(DATA), hashlib.sha256(DATA).hexdigest(), etag="1")
Pieces = Callable[[int], Iterator[bytes]]


def source(data: bytes, *cuts: int, asked: list[int] | None = None) -> Pieces:
    """A server that sends 1,000 bytes at a time, and is cut after so many of them, each time it is asked."""
    left = list(cuts)

    def pieces(offset: int) -> Iterator[bytes]:
        if asked is not None:
            asked.append(offset)
        most = left.pop(0) if left else len(data)
        for at in range(offset, min(len(data), offset + most), 1000):
            yield data[at : min(at + 1000, offset + most)]
        if offset + most < len(data):
            raise CutOff("cut")

    return pieces


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"), 1 << 30)


def fetched(cache: Cache, pieces: Pieces, file: ListedFile = FILE, seconds: float = HANG, size: int = 1 << 30) -> str:
    with cache.filling() as filling:
        return filling.fetched("r", file, pieces, LIMITS._replace(size=size), time.monotonic() + seconds)


def never(offset: int) -> Iterator[bytes]:
    raise AssertionError("nobody was to be asked")


def test_what_was_fetched_is_not_fetched_again(cache: Cache) -> None:
    path = fetched(cache, source(DATA))
    assert Path(path).read_bytes() == DATA
    assert path.endswith(f"/blobs/{FILE.sha256[:2]}/{FILE.sha256}")
    assert fetched(cache, never) == path
    assert fetched(cache, never, FILE._replace(name="other", address="b", etag="2")) == path, "the content is known"
    unsaid = ListedFile("x", "x", etag="7")
    first = fetched(cache, source(b"abc"), unsaid)
    assert fetched(cache, never, unsaid) == first, "it looks the same in its registry"
    assert Path(fetched(cache, source(b"abd"), unsaid._replace(etag="8"))).read_bytes() == b"abd"
    bare = ListedFile("y", "y")
    assert fetched(cache, source(b"1"), bare) != fetched(cache, source(b"2"), bare), "nothing says that it is the same"


def test_a_cut_is_gone_on_from(cache: Cache) -> None:
    asked: list[int] = []
    path = fetched(cache, source(DATA, 10_000, 0, 30_000, asked=asked))
    assert Path(path).read_bytes() == DATA
    assert asked == [0, 10_000, 10_000, 40_000]
    assert os.listdir(Path(cache.folder, "parts")) == []


def test_cut_again_and_again(cache: Cache, alone: list[float]) -> None:
    """What came stays for the next call: it asks for the rest."""
    with pytest.raises(CutOff):
        fetched(cache, source(DATA, 50_000, 0, 0, 0, 0, 0))
    assert alone[1:] == sorted(alone[1:])
    assert not Path(cache.blob(FILE.sha256)).exists()
    asked: list[int] = []
    fetched(cache, source(DATA, asked=asked))
    assert asked == [50_000]


def test_another_content_than_before(cache: Cache) -> None:
    """What is kept of a cut may be of a content that is there no more: then all of it is fetched."""
    with pytest.raises(CutOff):
        fetched(cache, source(b"z" * len(DATA), 50_000, 0, 0, 0, 0, 0))
    asked: list[int] = []
    assert Path(fetched(cache, source(DATA, asked=asked))).read_bytes() == DATA
    assert asked == [50_000, 0]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (FILE._replace(sha256="0" * 64), "its SHA-256 is"),
        (FILE._replace(sha256="", git="0" * 40), "git's hash is"),
        (FILE._replace(size=len(DATA) + 1), "its registry says that it has"),
        (FILE._replace(size=len(DATA) - 1), "goes on behind"),
    ],
)
def test_what_is_not_as_the_registry_says(file: ListedFile, said: str, cache: Cache) -> None:
    with pytest.raises(NotThatContent, match=said):
        fetched(cache, source(DATA), file)
    kept = [path for path in Path(cache.folder).rglob("*") if path.is_file() and path.name != "lock"]
    assert kept == [], "nothing of it is there"


def test_gits_hash(cache: Cache) -> None:
    assert Path(fetched(cache, source(DATA), FILE._replace(sha256="", git=git(DATA)))).read_bytes() == DATA


def test_too_much_and_too_slow(cache: Cache, tmp_path: Path) -> None:
    with pytest.raises(TooMuch, match="--fetch-size"):
        fetched(cache, never, size=1000)
    with pytest.raises(TooMuch, match="--fetch-size"):
        fetched(cache, source(DATA), ListedFile("x", "x", etag="1"), size=1000)
    with pytest.raises(TooMuch, match="--cache-size"):
        fetched(Cache(str(tmp_path / "small"), 1000), never)
    with pytest.raises(TooSlow, match="are kept; --fetch-timeout"):
        fetched(cache, source(DATA), seconds=-1)


def test_an_endless_file(cache: Cache) -> None:
    def endless(offset: int) -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    with pytest.raises(TooMuch):
        fetched(cache, endless, ListedFile("x", "x", etag="1"), size=100_000)
    with pytest.raises(NotThatContent):
        fetched(cache, endless)


def test_no_room_on_the_disk(cache: Cache) -> None:
    with cache.filling() as filling, pytest.raises(RemoteFailure, match="has no room"):
        filling.fetched("r", FILE, never, LIMITS._replace(floor=1 << 60), time.monotonic() + HANG)


def test_a_model_is_laid_out_under_its_names(cache: Cache) -> None:
    lease = cache.lease("entry")
    with cache.filling() as filling:
        until = time.monotonic() + HANG
        files = {
            "onnx/model.onnx": filling.fetched("r", FILE, source(DATA), LIMITS, until),
            "onnx/weights/a.data": filling.fetched("r", ListedFile("d", "d", etag="1"), source(b"d"), LIMITS, until),
        }
        folder = filling.laid_out("entry", files)
        assert filling.laid_out("entry", files) == folder
        assert filling.laid_out("entry", {"m": files["onnx/model.onnx"]}) != folder, "what is audited is not exchanged"
    assert Path(folder, "onnx/weights/a.data").read_bytes() == b"d"
    assert os.path.samefile(os.path.join(folder, "onnx/model.onnx"), files["onnx/model.onnx"])
    lease.release()


def put(cache: Cache, entry: str, content: bytes) -> str:
    with cache.filling() as filling:
        file = ListedFile("m", entry, len(content), etag=entry)
        path = filling.fetched("r", file, source(content), LIMITS, time.monotonic() + HANG)
        return filling.laid_out(entry, {"m": path})


def test_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "cache"), 3000)
    folders = []
    for number in range(3):
        lease = cache.lease(f"e{number}")
        folders.append(put(cache, f"e{number}", bytes([number]) * 1000))
        lease.release()
        os.utime(tmp_path / f"cache/models/e{number}/lease", ns=(number, number))
    os.utime(tmp_path / "cache/models/e0/lease", ns=(9, 9))
    held = cache.lease("e4")
    put(cache, "e4", b"4" * 1500)
    held.release()
    assert [os.path.exists(folder) for folder in folders] == [True, False, False]
    sizes = [path.stat().st_size for path in (tmp_path / "cache/blobs").rglob("*") if path.is_file()]
    assert sorted(sizes) == [1000, 1500]


def test_all_is_looked_through_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for every file: there may be 100,000."""
    from auditor.remote.cache_files import sizes

    looked: list[str] = []

    def counted(folder: str, **how: bool) -> list[tuple[int, int, str]]:
        looked.append(folder)
        return sizes(folder, **how)

    monkeypatch.setattr("auditor.remote.cache.sizes", counted)
    cache = Cache(str(tmp_path / "cache"), 160_000)
    for number in range(40):
        put(cache, f"e{number}", bytes([number]) * 1000)
    assert len(looked) == 2 * 6, "at first, and behind each sixteenth of what it may hold"


def test_what_is_audited_stays(tmp_path: Path) -> None:
    """Even where the cache is too small for all that is in use at once; and not what holds a lock of somebody else."""
    cache = Cache(str(tmp_path / "cache"), 1500)
    lease = cache.lease("first")
    folder = put(cache, "first", b"1" * 1000)
    beside = Cache(str(tmp_path / "cache"), 1500)
    second = beside.lease("second")
    put(beside, "second", b"2" * 1000)
    assert os.path.exists(os.path.join(folder, "m"))
    lease.release()
    third = beside.lease("third")
    put(beside, "third", b"3" * 100)
    assert not os.path.exists(folder)
    assert os.path.exists(tmp_path / "cache/models/second")
    second.release()
    third.release()


def test_a_lease_ends_with_its_process_or_its_release(cache: Cache) -> None:
    """A worker that was forked meanwhile shares the description of the lock: closing it alone would not unlock."""
    lease = cache.lease("e")
    path = Path(cache.folder, "models/e/lease")
    waits, goes = os.pipe()
    child = os.fork()
    if not child:
        os.close(goes)
        os.read(waits, 1)
        os._exit(0)
    try:
        with path.open() as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lease.release()
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(goes)
        os.close(waits)
        os.waitpid(child, 0)


def test_two_at_once_fetch_once(cache: Cache) -> None:
    """The second one waits for the first, and takes what it has."""
    begun, goes = threading.Event(), threading.Event()

    def slow(offset: int) -> Iterator[bytes]:
        begun.set()
        goes.wait(HANG)
        yield DATA

    found: list[str] = []
    unsaid = FILE._replace(sha256="")
    first = threading.Thread(target=lambda: found.append(fetched(cache, slow, unsaid)))
    first.start()
    assert begun.wait(HANG)
    second = threading.Thread(target=lambda: found.append(fetched(Cache(cache.folder, 1 << 30), never, unsaid)))
    second.start()
    goes.set()
    first.join(HANG)
    second.join(HANG)
    assert found == [cache.blob(FILE.sha256)] * 2


_KILLED = """
import sys, time
from auditor.remote.cache import Cache
from auditor.remote.listing import FetchLimits, ListedFile
def pieces(offset):
    yield b"x" * 5000
    print("here", flush=True)
    time.sleep(1000)
with Cache(sys.argv[1], 1 << 30).filling() as filling:
    limits = FetchLimits(floor=0)
    filling.fetched("r", ListedFile("m", "m", 10_000, etag="1"), pieces, limits, time.monotonic() + 1000)
"""


def test_killed_amid_a_file(cache: Cache) -> None:
    """It costs what is lacking, and is no content until it is whole."""
    with subprocess.Popen([sys.executable, "-c", _KILLED, cache.folder], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGKILL)
    assert list(Path(cache.folder, "blobs").iterdir()) == []
    asked: list[int] = []
    path = fetched(cache, source(b"x" * 10_000, asked=asked), ListedFile("m", "m", 10_000, etag="1"))
    assert asked == [5000]
    assert Path(path).read_bytes() == b"x" * 10_000


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RemoteFailure, match="Not a directory: --cache names another folder"):
        Cache(str(tmp_path / "file" / "cache"), 1000)


def test_what_processes_worked_with_is_swept(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "cache"), 1000)
    (tmp_path / "cache/trash/work.gone").mkdir()
    mine = cache.workplace()
    assert os.path.isdir(mine)
    assert not (tmp_path / "cache/trash/work.gone").exists()
    Cache(str(tmp_path / "cache"), 1000).workplace()
    assert os.path.isdir(mine)
