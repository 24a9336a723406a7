"""What was fetched, by its content's SHA-256: whole or not there, shared by every call, bounded, safe while it is used.

``blobs/ab/<sha256>`` are contents, ``parts/<key>`` what has come of others so far, ``known/ab/<key>`` says which
content a file had that looked so in its registry, ``graphs/ab/<key>`` are files of which only a part was fetched
(`graphs`), and ``models/<entry>/<state>/`` holds hard links under a model's own names. Whoever audits a model holds the
lock of ``models/<entry>/lease``, whose time is that of the last use. Whoever links or takes away holds ``lock``, for a
moment. Locks are flock's: they end with the process that held them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from ..wording import in_bytes
from .cache_files import has_one_name, is_at, opened, sizes, sync, taken_away, unusable
from .failures import NotThatContent, TooMuch
from .filling import Filled, filled
from .listing import FetchLimits, ListedFile, PieceSource

_FOLDERS = ("blobs", "graphs", "parts", "known", "models", "trash")


class Lease:
    """Keeps a model's files where they are, until it is released or this process ends."""

    def __init__(self, entry: str, descriptor: int) -> None:
        self.entry, self._descriptor = entry, descriptor

    def release(self) -> None:
        """Unlocked, not only closed: workers that were forked meanwhile hold the same description."""
        if self._descriptor >= 0:
            with suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = -1


class Cache:
    """One folder of it; any number of processes use it at once."""

    def __init__(self, folder: str, most: int) -> None:
        """``most``: bytes, beyond which what was not used for longest goes. `RemoteFailure` where it cannot be made."""
        self.folder, self.most = os.path.abspath(folder), most
        self._held, self._unseen = 0, most  # bytes: as far as is known, and not looked through since
        self._work: list[int] = []  # the locks of folders that this process works in
        try:
            os.makedirs(self.folder, 0o700, exist_ok=True)
            for name in _FOLDERS:
                os.makedirs(self._at(name), 0o700, exist_ok=True)
        except OSError as error:
            raise unusable(self.folder, error) from None

    def lease(self, entry: str) -> Lease:
        """A model's place, made if it is not there; nothing in it is taken away while this is held."""
        path = self._at("models", entry, "lease")
        while True:
            try:
                os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
                descriptor = opened(path)
            except FileNotFoundError:  # taken away in between
                continue
            except OSError as error:
                raise unusable(self.folder, error) from None
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if is_at(descriptor, path):
                os.utime(descriptor)
                return Lease(entry, descriptor)
            os.close(descriptor)

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        """What is fetched for one model: its contents stay until they are laid out."""
        filling = Filling(self)
        try:
            yield filling
        finally:
            filling.close()

    def content_of(self, key: str) -> str | None:
        """The digest of what once was fetched under a key, if it is still here."""
        try:
            with open(self.said(key), "rb") as file:
                digest = file.read(65).decode("ascii").strip()
        except (OSError, ValueError):
            return None
        return digest if len(digest) == 64 and os.path.exists(self.blob(digest)) else None

    def blob(self, digest: str) -> str:
        """Where a content is, or would be."""
        return self._at("blobs", digest[:2], digest)

    def graph(self, key: str) -> str:
        """Where a file is, or would be, of which only a part was fetched."""
        return self._at("graphs", key[:2], key)

    def said(self, key: str) -> str:
        """Where it stands what is known of a file that looks so in its registry."""
        return self._at("known", key[:2], key)

    def part(self, key: str) -> str:
        """Where what has come of a file is kept until it is whole."""
        return self._at("parts", key)

    def keep(self, key: str, part: str, digest: str) -> None:
        """A file that came whole becomes a content; whoever brought the same before keeps his."""
        blob, known = self.blob(digest), self.said(key)
        os.makedirs(os.path.dirname(blob), 0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.link(part, blob)
        os.chmod(blob, 0o400)  # models are links to it: whoever writes into one spoils all
        sync(os.path.dirname(blob))
        os.unlink(part)
        os.makedirs(os.path.dirname(known), 0o700, exist_ok=True)
        new = f"{known}.{os.getpid()}"
        with open(new, "w") as file:
            file.write(f"{digest}\n")
        os.replace(new, known)

    def workplace(self) -> str:
        """A folder for what this process works with; those of processes that are gone are swept away."""
        with self.locked():
            for name in os.listdir(self._at("trash")):
                path = self._at("trash", name)
                with suppress(OSError):
                    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                    try:
                        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        shutil.rmtree(path, ignore_errors=True)
                    finally:
                        os.close(descriptor)
            path = tempfile.mkdtemp(prefix="work.", dir=self._at("trash"))
            self._work.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            fcntl.flock(self._work[-1], fcntl.LOCK_SH)
        return path

    def make_room(self, added: int) -> None:
        """After so many bytes came: take away what was not used for longest; what is in use stays.

        All is looked through only now and then, for there may be 100,000 files; what other processes bring meanwhile
        may exceed the bound by a sixteenth. More is taken away than must be, so that the next file finds room.
        """
        self._held += added
        self._unseen += added
        if self._held <= self.most and self._unseen <= self.most // 16:
            return
        with self.locked():
            held = (*sizes(self._at("blobs")), *sizes(self._at("parts")), *sizes(self._at("graphs"), sparse=True))
            total = sum(size for _, size, _ in held)
            if total > self.most:
                enough = self.most - self.most // 20
                total -= self._without_links(total - enough)
                for entry in self._by_use():
                    if total <= enough:
                        break
                    if self._taken_away(entry):
                        total -= self._without_links(total - enough)
        self._held, self._unseen = total, 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else links or takes away meanwhile."""
        descriptor = opened(self._at("lock"))
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _by_use(self) -> list[str]:
        """The models, the one first that was not used for longest."""
        found = []
        for name in os.listdir(self._at("models")):
            with suppress(OSError):
                found.append((os.stat(self._at("models", name, "lease")).st_mtime_ns, name))
        return [name for _, name in sorted(found)]

    def _taken_away(self, entry: str) -> bool:
        folder = self._at("models", entry)
        try:
            descriptor = opened(os.path.join(folder, "lease"))
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gone = self._at("trash", f"{entry}.{os.getpid()}")
            os.rename(folder, gone)
            shutil.rmtree(gone, ignore_errors=True)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _without_links(self, wanted: int) -> int:
        """Bytes that are gone of what no model holds: contents, and parts that nobody is at, the oldest first."""
        gone = 0
        linked = (*sizes(self._at("blobs")), *sizes(self._at("graphs"), sparse=True))
        held = [(when, size, path) for when, size, path in linked if has_one_name(path)]
        for _, size, path in sorted([*held, *sizes(self._at("parts"))]):
            if gone >= wanted:
                break
            with suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(path)
                    gone += size
                finally:
                    os.close(descriptor)
        return gone

    def _at(self, *names: str) -> str:
        return os.path.join(self.folder, *names)


class Filling:
    """The contents of one model, each kept from being taken away until this is closed."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._held: dict[str, int] = {}  # by the file's name in the cache

    def fetched(self, identity: str, file: ListedFile, pieces: PieceSource, limits: FetchLimits, until: float) -> str:
        """The path of a file's content; ``pieces`` is asked for what of it is lacking. ``identity``: its registry's.

        A `RemoteFailure` where it did not come whole, in time, and as the registry says that it is.
        """
        cache = self.cache
        if file.size is not None and file.size > min(limits.size, cache.most):
            most, option = min((limits.size, "--fetch-size"), (cache.most, "--cache-size"))
            raise TooMuch(f"{file.name} holds {in_bytes(file.size)}; at most {in_bytes(most)} are fetched ({option})")
        key = key_of(identity, file)
        for _ in range(3):
            digest = file.sha256 if file.sha256 and os.path.exists(cache.blob(file.sha256)) else ""
            digest = digest or cache.content_of(key) or self._filled(key, file, pieces, limits, until)
            if self.hold(cache.blob(digest)):
                return cache.blob(digest)
        raise taken_away(cache.folder, file.name)

    def has(self, identity: str, file: ListedFile) -> bool:
        """Whether a file's content is here whole."""
        known = os.path.exists(self.cache.blob(file.sha256)) if file.sha256 else False
        return known or self.cache.content_of(key_of(identity, file)) is not None

    def laid_out(self, entry: str, files: Mapping[str, str]) -> str:
        """The folder of a model whose lease is held: by name, paths that `fetched` gave, linked under these names."""
        cache = self.cache
        said = "".join(f"{name}\0{path}\0" for name, path in sorted(files.items()))
        state = hashlib.sha256(os.fsencode(said)).hexdigest()[:16]
        folder = os.path.join(cache.folder, "models", entry, state)
        try:
            with cache.locked():
                if os.path.isdir(folder):
                    return folder
                new = f"{folder}.{os.getpid()}"
                shutil.rmtree(new, ignore_errors=True)
                for name, path in files.items():
                    to = os.path.join(new, name)
                    os.makedirs(os.path.dirname(to), 0o700, exist_ok=True)
                    os.link(path, to)
                os.rename(new, folder)
        except OSError as error:
            raise unusable(cache.folder, error) from None
        return folder

    def keep(self, key: str, part: str, descriptor: int, whole: Filled) -> str:
        """The path of the content that a file becomes which came whole, and whose lock the descriptor has."""
        with self.cache.locked():
            self.cache.keep(key, part, whole.digest)
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # it is the content's file now, and `hold` locks it
            self.hold(self.cache.blob(whole.digest))
        self.cache.make_room(whole.size)
        return self.cache.blob(whole.digest)

    def hold(self, path: str) -> bool:
        """Keep a file of the cache where it is, if it is there."""
        name = os.path.basename(path)
        if name in self._held:
            return True
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if not is_at(descriptor, path):
            os.close(descriptor)
            return False
        self._held[name] = descriptor
        return True

    def let_go(self, path: str) -> None:
        """A content that is needed no more: each that is held costs a descriptor."""
        descriptor = self._held.pop(os.path.basename(path), None)
        if descriptor is not None:
            os.close(descriptor)

    def close(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def _filled(self, key: str, file: ListedFile, pieces: PieceSource, limits: FetchLimits, until: float) -> str:
        """The digest of a file that is fetched now, or was by somebody else while we waited for him."""
        cache = self.cache
        part = cache.part(key)
        try:
            while True:
                descriptor = opened(part)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)  # waits for whoever is at the same file
                    if not is_at(descriptor, part):
                        if (digest := cache.content_of(key)) is not None:
                            return digest
                        continue
                    self.keep(key, part, descriptor, whole := filled(descriptor, file, pieces, limits, until))
                    return whole.digest
                except NotThatContent:
                    with suppress(OSError):
                        os.unlink(part)  # ours: the lock is held
                    raise
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise unusable(cache.folder, error) from None


def key_of(identity: str, file: ListedFile) -> str:
    """What a file's content is known by as long as it looks the same in its registry."""
    said = [identity, file.address, str(file.size), file.sha256, file.git, file.etag, file.when]
    if not any(said[3:]):  # nothing says whether it is still the same: of this process and moment alone
        said += [str(os.getpid()), str(time.monotonic_ns())]
    return hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()
