"""Files that lie elsewhere, read as local folders are: Triton, MLflow, a zoo, Hugging Face, manifests, plain folders.

Their names are laid out in a folder of our own: models as empty files, descriptions with their content. What a source
finds in it is given its address, and only then are models fetched.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from itertools import islice

from ..errors import ExitCode
from ..remote.failures import NotThere, NotUnderstood, RemoteFailure, TooMuch
from ..remote.listing import FilePart, ListedFile, ListedVersion, RemoteKind, RemoteTree
from ..remote.names import checked_name
from ..wording import counted
from .refs import NotRead, Ref
from .sources import source_at
from .sources.folder import OTHERS

_DESCRIPTIONS = frozenset({"config.pbtxt", "MLmodel", "meta.yaml", "config.json", "ONNX_HUB_MANIFEST.json"})
_TABLES = (".csv", ".jsonl")  # manifests, where the address names one, or they lie at its top
_LARGEST = 16 << 20  # bytes of a description: more is not read anyway
_MOST_NAMES = 20  # lines on names that cannot be
_CALLED = re.compile(r"[^A-Za-z0-9._@=+-]")


class TreeKind(RemoteKind):
    """What a tree of files says of its models."""

    schemes = ()

    def __init__(self, tree: RemoteTree, workplace: str) -> None:
        super().__init__(tree.address, tree.limits)
        self.row = tree.row
        self._tree = tree
        self._workplace = workplace
        self._files: dict[str, ListedFile] = {}

    def versions(self) -> Iterator[ListedVersion]:
        top = self._laid_out()
        source = source_at(top)
        for ref in source.models():
            yield self._version(ref, top)
        self.troubles += (self._said(trouble, top) for trouble in source.troubles)

    def beside(self, version: ListedVersion, name: str) -> ListedFile | None:
        if not self._files:
            self._laid_out()
        place = posixpath.join(posixpath.dirname(version.model.name), name)
        return self._files.get(place) or self._tree.find(place)

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        return self._tree.pieces(file, offset)

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        return self._tree.part(file, start, length, etag)

    def _laid_out(self) -> str:
        """The folder of the names; a single file's path where the address names one."""
        base = self.address.rstrip("/").rpartition("/")[2]
        top = os.path.join(self._workplace, _CALLED.sub("_", base)[:100] or "registry")
        shutil.rmtree(top, ignore_errors=True)
        os.makedirs(top)
        self._files, strange = {}, 0
        for file in self._tree.files():
            if len(self._files) >= self.limits.listing:
                raise TooMuch(f"{self.address} lists more than {self.limits.listing:,} files: name a part of it")
            try:
                name = checked_name(file.name, self.address)
                self._place(os.path.join(top, name), file)
                self._files[name] = file
            except (NotUnderstood, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                if file.size == 0 and not isinstance(error, NotUnderstood):
                    continue  # it marks a folder
                strange += 1
                if strange <= _MOST_NAMES:
                    why = error if isinstance(error, NotUnderstood) else f"{self.address}: {file.name} is a folder, too"
                    self.troubles.append(NotRead(str(why)))
        if strange > _MOST_NAMES:
            self.troubles.append(NotRead(f"{self.address}: {counted(strange - _MOST_NAMES, 'more name')} like these"))
        if not self._files and not strange:
            raise NotThere(f"{self.address}: nothing is there")
        alone = next(iter(self._files)) if len(self._files) == 1 else ""
        return os.path.join(top, alone) if alone and self._tree.is_file else top

    def _place(self, path: str, file: ListedFile) -> None:
        """A file by its name: what describes models with its content, models empty, of all else nothing.

        A folder whose name is a number is a version, whatever lies in it.
        """
        base = posixpath.basename(file.name)
        describes = base in _DESCRIPTIONS or "/aliases/" in file.name
        describes = describes or (base.endswith(_TABLES) and "/" not in file.name)
        is_model = base.lower().endswith((".onnx", *OTHERS))
        if not describes and not is_model and not os.path.basename(os.path.dirname(path)).isdecimal():
            return
        self._unmark(os.path.dirname(file.name), os.path.dirname(path))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not describes and not is_model:
            return
        if describes and (file.size or 0) <= _LARGEST:
            try:
                content = self.stored(file, lambda offset: self._tree.pieces(file, offset))
                shutil.copyfile(content, path)
                self.let_go(content)
                return
            except RemoteFailure as error:
                if error.exit_code is not ExitCode.NOTHING:
                    raise
        with open(path, "xb") as empty:
            if describes:
                empty.truncate(min(file.size or 0, 1 << 40))

    def _unmark(self, name: str, folder: str) -> None:
        """An empty object that only marks a folder, as consoles make them, is not a file."""
        marks = self._files.get(name)
        if marks is not None and marks.size == 0 and os.path.isfile(folder):
            del self._files[name]
            os.unlink(folder)

    def _version(self, ref: Ref, top: str) -> ListedVersion:
        folder = top if os.path.isdir(top) else os.path.dirname(top)
        place = os.path.relpath(ref.path, folder)
        model = self._files.get(place) or ListedFile(place, "")
        names = (os.path.relpath(file, folder) for file in ref.files[1:])
        contract = ref.contract and ref.contract._replace(
            origin=self._said(ref.contract.origin, top),
            troubles=tuple(self._said(t, top) for t in ref.contract.troubles),
        )
        return ListedVersion(
            ref.name, ref.version, self._address(place), model,
            tuple(self._files[name] for name in islice(names, 100) if name in self._files),
            {**ref.metadata, **({"etag": model.etag} if model.etag else {})}, contract,
            tuple(self._said(trouble, top) for trouble in ref.troubles if not _is_of_no_file(trouble, model)),
            ref.subject, self._said(ref.registry, top),
        )  # fmt: skip

    def _address(self, place: str) -> str:
        return self.address if self._tree.is_file else f"{self.address.rstrip('/')}/{place}"

    def _said(self, text: str, top: str) -> str:
        """A text with addresses where it has paths of our folder."""
        said = text.replace(top, self.address.rstrip("/"))
        around = os.path.dirname(top)
        said = said.replace(around, self.address.rstrip("/").rpartition("/")[0])
        return NotRead(said) if isinstance(text, NotRead) else said


def _is_of_no_file(trouble: str, model: ListedFile) -> bool:
    """A line on the empty file that stands for a model."""
    return bool(model.address) and trouble.startswith(("the model is not there", "not a regular file"))
