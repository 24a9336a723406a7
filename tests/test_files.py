"""Opening what somebody else wrote: regular files only, never waiting, within bounds, links as asked."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.files import FileTooLarge, NotARegularFile, open_regular, read_regular

ROOT = Path(__file__).parents[1]


def test_a_regular_file_and_its_status(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    descriptor, status = open_regular(tmp_path / "a", 7)
    try:
        assert os.read(descriptor, 100) == b"content"
        assert (status.st_size, status.st_ino) == (7, (tmp_path / "a").stat().st_ino)
        assert fcntl.fcntl(descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC, "a child process would inherit it"
    finally:
        os.close(descriptor)
    assert read_regular(tmp_path / "a", 7) == b"content"


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [(os.mkfifo, "a named pipe"), (os.mkdir, "a folder"), (_socket, "a socket")],
    ids=["pipe", "folder", "socket"],
)
def test_nothing_but_a_regular_file(
    make: Callable[[Path], None], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found before it is opened: a device may act on being opened. A link to it is no better."""
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    make(Path("it"))
    Path("link").symlink_to("it")
    monkeypatch.setattr(os, "open", None)
    for name in ("it", "link"):
        with pytest.raises(NotARegularFile) as refused:
            open_regular(name)
        assert refused.value.strerror == f"not a regular file but {kind}"
        assert stat.S_IFMT(refused.value.mode) == stat.S_IFMT(os.stat(name).st_mode)


def test_a_device() -> None:
    with pytest.raises(NotARegularFile, match="a character device"):
        read_regular("/dev/zero", 10)


def test_a_link_is_followed_where_that_is_asked(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "link", 7) == b"content"
    with pytest.raises(NotARegularFile, match="but a link") as refused:
        read_regular(tmp_path / "link", 7, follow=False)
    assert stat.S_ISLNK(refused.value.mode)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        open_regular(tmp_path / "loop")


@pytest.mark.parametrize("follow", [True, False], ids=["followed", "not followed"])
@pytest.mark.parametrize("other", ["pipe", "link"])
def test_an_exchange_between_the_two_looks(
    other: str, follow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies there when it is opened counts: a pipe keeps nobody waiting, a link is not followed."""
    path, opened, held = tmp_path / "a", os.open, []
    path.write_bytes(b"content")
    (tmp_path / "b").write_bytes(b"elsewhere")

    def exchange(name: Path, flags: int, dir_fd: int | None = None) -> int:
        path.unlink()
        os.mkfifo(path) if other == "pipe" else path.symlink_to("b")
        held.append(opened(name, flags, dir_fd=dir_fd))
        return held[-1]

    monkeypatch.setattr(os, "open", exchange)
    if other == "link" and follow:
        assert read_regular(path, 100) == b"elsewhere"
        return
    with pytest.raises(OSError, match="not a regular file but a named pipe" if other == "pipe" else "symbolic links"):
        open_regular(path, follow=follow)
    for descriptor in held:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_a_bound_on_the_size(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"")
    os.truncate(path, 1 << 40)
    for look in (open_regular, read_regular):
        with pytest.raises(FileTooLarge) as refused:
            look(path, 1000)
        assert (refused.value.size, refused.value.most) == (1 << 40, 1000)
    os.truncate(path, 1000)
    assert read_regular(path, 1000) == bytes(1000)


@pytest.mark.parametrize(("after", "grown"), [(b"", 0), (b"of", 2), (b"of eight", None)])
def test_a_file_that_changes_while_it_is_read(
    after: bytes, grown: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at its size and the reading: all that is there then, if that is within the bound."""
    path, status = tmp_path / "a", os.fstat
    path.write_bytes(b"five")

    def change(descriptor: int) -> os.stat_result:
        said = status(descriptor)
        path.write_bytes(after)
        return said

    monkeypatch.setattr(os, "fstat", change)
    if grown is None:
        with pytest.raises(FileTooLarge):
            read_regular(path, 6)
    else:
        assert read_regular(path, 6) == after


def test_a_file_that_says_that_it_is_empty() -> None:
    """As those of /proc do."""
    assert read_regular("/proc/self/cmdline", 1 << 20)


def test_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    for path, kind in (("none", FileNotFoundError), ("a/b", NotADirectoryError), ("a\0b", OSError)):
        with pytest.raises(kind) as refused:
            open_regular(tmp_path / path)
        assert refused.value.strerror
    with pytest.raises(FileNotFoundError):
        read_regular(b"\xff".decode("utf-8", "surrogateescape"), 10)


def test_within_a_folder_that_is_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        os.close(open_regular("a", dir_fd=folder)[0])
        with pytest.raises(FileNotFoundError):
            open_regular("b", dir_fd=folder)
    finally:
        os.close(folder)


def test_no_other_place_has_flags_of_its_own() -> None:
    """Those who open folders, or what was never a file of somebody else, say so here."""
    known = {
        "auditor/model/external.py": "folders on the way to external data",
        "auditor/runtime/sandbox.py": "paths as the kernel's sandbox wants them",
        "auditor/runtime/started.py": "the working folder",
        "auditor/runtime/deep/growth.py": "/proc/self/statm",
        "auditor/runtime/deep/in_memory.py": "files in memory that it makes, and /dev/null",
        "auditor/cli/__init__.py": "/dev/null",
        "auditor/cli/terminal.py": "/dev/null",
        "auditor/batch/pool.py": "/dev/null",
        "auditor/fix/writing.py": "files that it makes, and their folder",
        "auditor/remote/cache.py": "files of the cache, which it makes, and their folders",
        "auditor/remote/cache_files.py": "the same",
        "auditor/service/files/storage.py": "files that the service makes, and their folders",
        "auditor/service/files/incoming.py": "files on their way, which it makes",
        "auditor/files.py": "it",
    }
    found = {str(p.relative_to(ROOT)) for p in (ROOT / "auditor").rglob("*.py") if "os.open(" in p.read_text()}
    assert found == set(known)
