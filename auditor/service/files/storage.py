"""The files of the service, all below one folder that is its user's alone.

``secret``, ``uploads/<id>`` (on their way), ``blobs/<project>/<ab>/<sha256>`` (there, once a project), ``work/<job>/``
(a model's folder while it is audited), ``pages/<project>/`` and ``undrawn/<project>.<uid>`` (empty: that page is asked
for). Whoever knows only this room's names can say where a
file lies; what is in them is not looked at.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

from ...errors import AuditorError
from ...tuples import NamedTuple
from .copying import copy_file
from .uploaded_paths import check_paths

_SECRET = 32
_HEX = re.compile(r"[0-9a-f]+")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StorageError(AuditorError):
    """A file of the storage is not there, or cannot be read or written."""


class StorageFull(StorageError):
    """The disk has no room, or less than it is to keep free."""


class Undrawn(NamedTuple):
    """A report whose page is asked for and not there."""

    project: str
    uid: str


def free_bytes(folder: Path) -> int:
    """What this process may still write on the folder's disk."""
    said = os.statvfs(folder)
    return said.f_bavail * said.f_frsize


class Storage:
    """The folder, made if it is not there."""

    def __init__(self, folder: str | Path, free: Callable[[Path], int] = free_bytes) -> None:
        self.folder = Path(folder).absolute()
        self._free = free
        below = (self.folder / name for name in ("uploads", "blobs", "work", "pages", "undrawn"))
        for one in (self.folder, *below):
            one.mkdir(parents=True, exist_ok=True, mode=0o700)

    def secret(self) -> bytes:
        """32 random bytes, the same for every process of this storage."""
        path = self.folder / "secret"
        made = secrets.token_bytes(_SECRET)
        whole = self.folder / f"secret.{secrets.token_hex(8)}"  # nobody may see a part of it
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(made)
            os.link(whole, path)
        except FileExistsError:
            return path.read_bytes()
        finally:
            whole.unlink()
        return made

    @property
    def uploads(self) -> Path:
        """The folder of what is on its way."""
        return self.folder / "uploads"

    def upload(self, upload_id: str) -> Path:
        """The file of an upload: as large as what came of it."""
        return self.uploads / _checked(upload_id, _HEX)

    def blob(self, project: str, sha256: str) -> Path:
        """The file of a content, if the project has it."""
        return self.blobs(project) / _checked(sha256, _HEX)[:2] / sha256

    def blobs(self, project: str) -> Path:
        """The folder of a project's contents."""
        return self.folder / "blobs" / _checked(project, _PROJECT)

    def work(self, job_id: str) -> Path:
        """The folder in which a job's model is made: not there before, swept behind."""
        return self.folder / "work" / _checked(job_id, _HEX)

    def pages(self, project: str) -> Path:
        """The folder of a project's drawn reports, made if it is not there."""
        folder = self.folder / "pages" / _checked(project, _PROJECT)
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def projects(self) -> list[str]:
        """The projects that have contents here."""
        return _projects_in(self.folder / "blobs")

    def projects_of_pages(self) -> list[str]:
        """The projects that have drawn reports here."""
        return _projects_in(self.folder / "pages")

    def free(self) -> int:
        """Bytes that may still be written."""
        with disk_errors():
            return self._free(self.folder)

    def see_to_room(self, size: int, floor: int) -> None:
        """`StorageFull` where ``floor`` bytes would not stay free beside so many more."""
        if self.free() - size < floor:
            raise StorageFull(f"the storage is to keep {floor:,} bytes free")

    def head(self, project: str, sha256: str, most: int) -> bytes:
        """The first bytes of a content, to see what kind of file it is; none where it is not there."""
        with disk_errors():
            try:
                with open(self.blob(project, sha256), "rb") as file:
                    return file.read(most)
            except FileNotFoundError:
                return b""

    def create(self, upload_id: str) -> None:
        """The empty file of a new upload."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with disk_errors():
            os.close(os.open(self.upload(upload_id), flags, 0o600))

    def discard(self, upload_id: str) -> None:
        """An upload's file goes, if it is there."""
        with disk_errors():
            self.upload(upload_id).unlink(missing_ok=True)

    def place(self, upload_id: str, project: str, sha256: str) -> None:
        """An upload's file becomes the content's. Both are the same bytes: whoever comes second changes nothing."""
        there = self.blob(project, sha256)
        with disk_errors():
            for folder in (there.parent.parent, there.parent):
                if not folder.is_dir():
                    folder.mkdir(exist_ok=True, mode=0o700)
                    _sync(folder.parent)
            mine = self.upload(upload_id)
            os.utime(mine)  # its age counts from now
            os.replace(mine, there)
            _sync(there.parent)

    def materialise(self, project: str, files: Mapping[str, str], folder: str | Path, floor: int = 0) -> None:
        """Make a model's folder of contents, path by path: reflinks or copies, so that nothing in it is anybody's else.

        The folder is made; it may be there, empty. `StorageFull` where ``floor`` bytes of the disk would not stay free:
        one small content may have 10,000 paths. `StorageError` where a content is not there.
        """
        check_paths(files.keys())
        base = Path(folder)
        with disk_errors():
            base.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path, sha256 in files.items():
                target = base / path
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                try:
                    blob = self.blob(project, sha256)
                    self.see_to_room(blob.stat().st_size, floor)
                    copy_file(blob, target)
                except FileNotFoundError:
                    raise StorageError(f"the content {sha256} of {path!r} is not in the storage any more") from None

    def ask_to_draw(self, one: Undrawn) -> None:
        """Have a page drawn. Asked for twice it is drawn once."""
        with disk_errors():
            (self.folder / "undrawn" / f"{_checked(one.project, _PROJECT)}.{_checked(one.uid, _HEX)}").touch(0o600)

    def undrawn(self) -> list[Undrawn]:
        """The pages that are asked for."""
        names = (name.partition(".") for name in sorted(os.listdir(self.folder / "undrawn")))
        return [
            Undrawn(project, uid) for project, _, uid in names if _PROJECT.fullmatch(project) and _HEX.fullmatch(uid)
        ]

    def forget_undrawn(self, one: Undrawn) -> None:
        """It is asked for no more."""
        (self.folder / "undrawn" / f"{one.project}.{one.uid}").unlink(missing_ok=True)

    def lying_blobs(self, project: str, before: float) -> Iterator[list[str]]:
        """The contents of a project that lie there since before that time (Unix seconds), a folder at a time."""
        try:
            folders = sorted(self.blobs(project).iterdir())
        except FileNotFoundError:
            return
        for folder in filter(Path.is_dir, folders):
            found = [one.name for one in folder.iterdir() if _HEX.fullmatch(one.name) and _older(one, before)]
            if found:
                yield found

    def lying_uploads(self, before: float) -> list[str]:
        """The uploads' files that nothing came to since that time."""
        return [one.name for one in self.uploads.iterdir() if _HEX.fullmatch(one.name) and _older(one, before)]

    def work_folders(self) -> list[str]:
        """The jobs that have a folder."""
        return sorted(one.name for one in (self.folder / "work").iterdir() if _HEX.fullmatch(one.name))

    def forget_work(self, job_id: str) -> None:
        """A job's folder goes, if it is there."""
        shutil.rmtree(self.work(job_id), ignore_errors=True)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turns the errors of a disk into ours: `StorageFull` where there is no room, `StorageError` for the others."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _FULL:
            raise StorageFull(f"the storage has no room: {why}") from error
        raise StorageError(f"the storage cannot be used: {why}") from error


def _checked(name: str, form: re.Pattern[str]) -> str:
    """A part of a path of ours: ids and projects are checked at the door, and here once more."""
    if form.fullmatch(name) is None:
        raise StorageError(f"{name!r} is not a name in the storage")
    return name


def _projects_in(folder: Path) -> list[str]:
    """Whatever else somebody put there is not ours to touch."""
    return sorted(one.name for one in folder.iterdir() if _PROJECT.fullmatch(one.name) and one.is_dir())


def _older(path: Path, before: float) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return S_ISREG(status.st_mode) and status.st_mtime < before


def _sync(folder: Path) -> None:
    """What was renamed in a folder stays so when the power goes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
