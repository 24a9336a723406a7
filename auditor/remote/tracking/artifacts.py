"""Where a version's artifacts lie: behind the server's own proxy, in an object store, or on this machine."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from ...errors import UsageError
from ...files import FileTooLarge, open_regular, read_regular
from ...names import prose
from ..failures import NotAllowed, NotAllowedThere, NotThere, NotUnderstood, RemoteFailure, TooMuch
from ..http import Web
from ..listing import FetchLimits, FilePart, ListedFile, RemoteReader, RemoteTree
from ..names import checked_name
from ..urls import checked_url
from .server import TrackingServer

_PROXY = "/api/2.0/mlflow-artifacts/artifacts"
_MOST = 10_000  # files of one folder
_BLOCK = 1 << 18
_WITHIN = "\t"  # between a tree's address and the file's in it


class Artifacts(ABC):
    """One version's files; names are relative to where its artifacts begin."""

    @abstractmethod
    def read(self, name: str, most: int) -> bytes:
        """A small file. `NotThere` where there is none."""

    @abstractmethod
    def names_in(self, folder: str) -> dict[str, bool]:
        """What lies in a folder, "" the topmost, by name: whether it is a folder itself."""

    @abstractmethod
    def file(self, name: str) -> ListedFile | None:
        """A file as it is now; None where there is none. Its address says all that `pieces_of` has to know."""


def artifacts_at(uri: str, server: TrackingServer, web: Web, limits: FetchLimits) -> Artifacts:
    """The artifacts at a place that the registry names. `NotUnderstood` where nothing here reads it."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme == "mlflow-artifacts":
        scheme = urlsplit(server.base).scheme
        base = server.base if not parts.netloc else f"{scheme}://{parts.netloc}"
        return _Proxied(checked_url(base, "the registry names") + _PROXY, _path(parts.path, uri), web)
    if parts.scheme in ("http", "https") and _PROXY in parts.path:
        before, _, path = parts.path.partition(_PROXY)
        base = checked_url(f"{parts.scheme}://{parts.netloc}{before}", "the registry names")
        if urlsplit(server.base).scheme == "https" and parts.scheme == "http":
            raise NotUnderstood(f"{server.base} has artifacts behind http://: what comes so may be anybody's")
        return _Proxied(base + _PROXY, _path(path, uri), web)
    if parts.scheme in ("", "file"):
        return _Local(_checked_folder(parts, server, limits.artifact_root), limits.artifact_root)
    from ..kinds import registry_at

    try:
        inner = registry_at(uri, limits)
    except UsageError as error:
        raise NotUnderstood(f"{server.base} has artifacts where nothing is read from: {error}") from None
    if not isinstance(inner, RemoteTree):
        raise NotUnderstood(f"{server.base} has artifacts at {prose(uri, 100)}, which holds no files")
    return _InTree(inner)


class ArtifactBytes:
    """The bytes of files that `Artifacts.file` gave, to whatever process."""

    def __init__(self, web: Web, limits: FetchLimits) -> None:
        self._web, self._limits = web, limits
        self._trees: dict[str, RemoteReader] = {}

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        """All from an offset on."""
        tree, within, address = file.address.partition(_WITHIN)
        if within:
            return self._tree(tree).pieces(file._replace(address=address), offset)
        if file.address.startswith("/"):
            return _local_pieces(file.address, offset, self._limits.artifact_root)
        return self._web.pieces(file.address, offset, etag=file.etag)

    def part(self, file: ListedFile, start: int, length: int, etag: str) -> FilePart | None:
        """As `RemoteReader.part`; None behind the server's proxy, whose ETag may be another one each time."""
        tree, within, address = file.address.partition(_WITHIN)
        return self._tree(tree).part(file._replace(address=address), start, length, etag) if within else None

    def _tree(self, address: str) -> RemoteReader:
        from ..kinds import registry_at

        if address not in self._trees:
            self._trees = {address: registry_at(address, self._limits)}
        return self._trees[address]


def _checked_folder(parts: SplitResult, server: TrackingServer, root: str) -> str:
    """The folder that a server names, if it lies in the one that whoever asks has named; else `NotAllowedThere`."""
    folder = os.path.normpath(unquote(parts.path))
    shown = prose(folder, 80)
    if parts.netloc not in ("", "localhost") or not folder.startswith("/") or "\0" in folder:
        raise NotUnderstood(f"{server.base} has artifacts in what is not a folder of this machine: {shown}")
    if not root:
        raise NotAllowedThere(
            f"{server.base} has artifacts in the folder {shown}: --artifact-root FOLDER says that files in it may be "
            "read; or run the server with --artifacts-destination, which serves them"
        )
    _check_inside(folder, root)
    return folder


def _check_inside(path: str, root: str) -> None:
    """`NotAllowedThere` for a path that is not in the folder, links followed."""
    real, top = os.path.realpath(path), os.path.realpath(root)
    if os.path.commonpath((real, top)) != top:
        raise NotAllowedThere(f"{prose(path, 80)} does not lie in {root}, and only that is read (--artifact-root)")


def _local_pieces(path: str, offset: int, root: str) -> Iterator[bytes]:
    _check_inside(path, root)
    try:
        descriptor, _ = open_regular(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    with open(descriptor, "rb") as opened:
        opened.seek(offset)
        while block := opened.read(_BLOCK):
            yield block


def _path(path: str, uri: str) -> str:
    path = unquote(path).strip("/")
    return checked_name(path, prose(uri, 100)) if path else ""


class _Proxied(Artifacts):
    """Behind the tracking server (``mlflow server --artifacts-destination``), which is the default."""

    def __init__(self, url: str, root: str, web: Web) -> None:
        self._proxy, self._root, self._web = url, root, web
        self._seen: dict[str, dict[str, int | None]] = {}  # by folder

    def read(self, name: str, most: int) -> bytes:
        return self._web.document(self._url(name), headers={"Accept": "*/*"}, most=most).body

    def names_in(self, folder: str) -> dict[str, bool]:
        return {name: size is None for name, size in self._listed(folder).items()}

    def file(self, name: str) -> ListedFile | None:
        folder, _, last = name.rpartition("/")
        size = self._listed(folder).get(last)
        if size is None:
            return None
        url = self._url(name)
        return ListedFile(name, url, size, etag=self._etag(url))

    def _etag(self, url: str) -> str:
        """What the server calls the content now: by it a content is known again. A byte is asked for to hear it."""
        try:
            answer = self._web.document(url, headers={"Accept": "*/*", "Range": "bytes=0-0"}, expect=(200, 206, 416))
        except TooMuch:  # a server without ranges sends all
            return ""
        etag = answer.headers.get("etag", "")
        return "" if etag.startswith("W/") else etag

    def _listed(self, folder: str) -> dict[str, int | None]:
        """Sizes by name; None of a folder. Each is asked for once: a version's artifacts are looked at together."""
        if folder in self._seen:
            return self._seen[folder]
        path = "/".join(filter(None, (self._root, folder)))
        said = self._web.document(f"{self._proxy}?{urlencode({'path': path})}").json()
        files = said.get("files", []) if isinstance(said, dict) else None
        if not isinstance(files, list) or len(files) > _MOST:
            raise NotUnderstood(f"{self._proxy} does not list files as a tracking server of MLflow does")
        found: dict[str, int | None] = {}
        for one in files:
            name = checked_name(one.get("path") if isinstance(one, dict) else None, self._proxy).rpartition("/")[2]
            size = one.get("file_size")
            found[name] = None if one.get("is_dir") is True else size if isinstance(size, int) and size >= 0 else 0
        self._seen[folder] = found
        return found

    def _url(self, name: str) -> str:
        return f"{self._proxy}/{quote('/'.join(filter(None, (self._root, name))))}"


class _InTree(Artifacts):
    """In an object store, read as that kind reads it: with its credentials, not the tracking server's."""

    def __init__(self, tree: RemoteTree) -> None:
        self._tree = tree
        self._seen: dict[str, ListedFile] | None = None

    def read(self, name: str, most: int) -> bytes:
        file = self._files().get(name)
        if file is None:
            raise NotThere(f"{self._tree.address} has no {name}")
        if file.size is not None and file.size > most:
            raise TooMuch(f"{self._tree.address}: {name} holds {file.size} bytes; at most {most} are read")
        data = bytearray()
        for piece in self._tree.pieces(file, 0):
            data += piece
            if len(data) > most:
                raise TooMuch(f"{self._tree.address}: {name} holds more than {most} bytes, which is all that is read")
        return bytes(data)

    def names_in(self, folder: str) -> dict[str, bool]:
        start = f"{folder}/" if folder else ""
        below = [name[len(start) :] for name in self._files() if name.startswith(start)]
        return {name.partition("/")[0]: "/" in name for name in below}

    def file(self, name: str) -> ListedFile | None:
        found = self._files().get(name)
        return None if found is None else found._replace(address=f"{self._tree.address}{_WITHIN}{found.address}")

    def _files(self) -> dict[str, ListedFile]:
        if self._seen is None:
            seen: dict[str, ListedFile] = {}
            try:
                for file in self._tree.files():
                    if len(seen) == _MOST:
                        raise TooMuch(f"{self._tree.address}: more than {_MOST:,} files in one model's artifacts")
                    seen[file.name] = file
            except NotAllowed as error:
                raise NotAllowedThere(str(error)) from None
            self._seen = seen
        return self._seen


class _Local(Artifacts):
    """In a folder of this machine, below the one that may be read."""

    def __init__(self, folder: str, root: str) -> None:
        self._folder, self._root = folder, root

    def read(self, name: str, most: int) -> bytes:
        try:
            return read_regular(self._at(name), most)
        except FileNotFoundError:
            raise NotThere(f"{self._folder} has no {name}") from None
        except FileTooLarge as error:
            raise TooMuch(f"{self._at(name)} holds {error.size} bytes; at most {most} are read") from None
        except OSError as error:
            raise _unreadable(self._at(name), error) from None

    def names_in(self, folder: str) -> dict[str, bool]:
        try:
            with os.scandir(self._at(folder)) as found:
                return {entry.name: entry.is_dir() for entry in found}
        except FileNotFoundError:
            raise NotThere(f"there is no folder {self._at(folder)}") from None
        except OSError as error:
            raise _unreadable(self._at(folder), error) from None

    def file(self, name: str) -> ListedFile | None:
        try:
            path = self._at(name)
            status = os.stat(path)
        except OSError:
            return None
        looks = f"{status.st_mtime_ns} {status.st_ino} {status.st_ctime_ns} {status.st_dev}"
        return ListedFile(name, path, status.st_size, when=looks)

    def _at(self, name: str) -> str:
        path = os.path.join(self._folder, name) if name else self._folder
        _check_inside(path, self._root)
        return path


def _unreadable(path: str, error: OSError) -> RemoteFailure:
    return (NotAllowedThere if isinstance(error, PermissionError) else RemoteFailure)(
        f"{path} cannot be read: {error.strerror}"
    )
