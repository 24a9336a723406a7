"""Artifacts of OCI registries: files pushed by ORAS, KitOps ModelKits, CNCF ModelPacks.

A manifest's digest is the identity of what it holds: a tag may be moved, a digest may not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from ...names import prose
from ...tuples import NamedTuple
from ..deferred import OF_ONE, check_fetchable, unfetchable
from ..failures import NotThere, NotUnderstood, TooMuch
from ..listing import FetchLimits, FilePart, ListedFile, ListedVersion, RegistryState, RemoteKind, RemoteRow
from ..ocidist.archives import member_pieces, members
from ..ocidist.distribution import Distribution
from ..ocidist.layers import Archive, UnreadLayer, WholeFile, files_of_layer, models_among
from ..ocidist.manifests import ArtifactManifest, Descriptor, ManifestIndex, manifest
from ..ocidist.references import SCHEMES, is_of_referrers, reference

_DEEPEST = 3  # indexes within each other
_MOST = 100  # manifests below one tag
_SAID = ("title", "version", "revision", "created", "licenses", "source")  # of the annotations
_LATELY = 16  # manifests whose files are known
_MEMBER = "!"  # in a file's address between the layer that is an archive, and which of its files it is


class _Contents(NamedTuple):
    """What lies below one manifest."""

    files: Mapping[str, ListedFile]
    metadata: Mapping[str, str]
    troubles: tuple[str, ...]


class OciRepository(RemoteKind):
    """One repository: all of its tags, or one tag or digest."""

    schemes = SCHEMES
    row = RemoteRow(
        "`oci://HOST[:PORT]/REPOSITORY`, `...:TAG`, `...@DIGEST`, and behind these `/FILE`",
        "`~/.docker/config.json`, `DOCKER_CONFIG`: what `docker login` keeps there, and credential helpers",
        "an OCI registry's artifacts (ORAS, KitOps ModelKit, CNCF ModelPack): every tag, or the one that is named",
        "layers that are a model or its data; of an archive the whole layer",
    )

    def __init__(self, address: str, limits: FetchLimits) -> None:
        super().__init__(address, limits)
        self._reference = reference(address)
        self._distribution = Distribution(self._reference, limits)
        self._lately: dict[str, _Contents] = {}  # by digest

    def versions(self) -> Iterator[ListedVersion]:
        named = self._reference.named
        if named:
            yield from self._artifact(named, alone=True)
            return
        for tag in self._distribution.tags():
            if not is_of_referrers(tag):
                yield from self._artifact(tag)

    def state(self, mark: str = "") -> RegistryState:
        """The digest of each tag."""
        named = self._reference.named
        tags = [named] if named else [tag for tag in self._distribution.tags() if not is_of_referrers(tag)]
        sha = hashlib.sha256()
        for tag in tags:
            sha.update(f"{tag} {self._distribution.manifest(tag)[0]}\n".encode())
        return RegistryState(sha.hexdigest())

    def beside(self, version: ListedVersion, name: str) -> ListedFile | None:
        contents = self._lately.get(version.identity)
        if contents is None:
            digest, data = self._distribution.manifest(version.identity)
            found = manifest(data, version.address)
            if not isinstance(found, ArtifactManifest):
                raise NotUnderstood(f"{version.address} is an index now")
            contents = self._contents(digest, found)
        folder = version.model.name.rpartition("/")[0]
        return contents.files.get("/".join(filter(None, (folder, name))))

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        check_fetchable(file)
        digest, within, member = file.address.partition(_MEMBER)
        if not within:
            return self._distribution.pieces(digest, offset)
        packing, _, number = member.partition(_MEMBER)
        where = f"{self._reference.name}@{digest[:19]}"
        path = self._stored(digest, None)
        return member_pieces(path, int(number), where, self.limits, offset, packing=packing)

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        """None of a file in an archive: the layer had to come to know that there is one."""
        check_fetchable(file)
        return None if _MEMBER in file.address else self._distribution.part(file.address, start, length, etag)

    def _artifact(self, named: str, *, alone: bool = False) -> Iterator[ListedVersion]:
        """The models below a tag or digest. What is wrong with it alone is said where it is fetched."""
        mark = "@" if ":" in named else ":"
        address = f"{self._reference.name}{mark}{named}"
        listed = ListedVersion(
            self._subject("model.onnx"), named, address, ListedFile("model.onnx", ""), registry="",
            subject=self._subject("model.onnx"),
        )  # fmt: skip
        try:
            unread: list[str] = []
            found = list(self._below(named, address, unread))
            if self._reference.file:
                found = [one for one in found if one.model.name == self._reference.file]
            if not found and unread:
                raise NotUnderstood(unread[0])
            if not found and self._reference.file:
                raise NotThere(f"{address} has no {self._reference.file}")
        except OF_ONE as failure:
            if alone and isinstance(failure, NotThere):
                raise
            yield listed._replace(model=unfetchable("model.onnx", failure))
            return
        if not found:
            self.troubles.append(f"{address} holds no ONNX model")
        yield from found

    def _below(self, named: str, address: str, unread: list[str]) -> Iterator[ListedVersion]:
        """The models of all manifests, each at an address of its own; ``unread`` is given what could not be read."""
        first: tuple[str, int] = (named, 0)
        waiting, seen = [first], 0
        digests, names = set[str](), set[str]()
        while waiting:
            one, depth = waiting.pop(0)
            seen += 1
            if seen > _MOST or depth > _DEEPEST:
                raise TooMuch(f"{address} leads to more than {_MOST} manifests, or deeper than {_DEEPEST} indexes")
            digest, data = self._distribution.manifest(one)
            found = manifest(data, address)
            if isinstance(found, ManifestIndex):
                waiting += [(below.digest, depth + 1) for below in found.manifests if not _refers(below)]
                continue
            if digest in digests:
                continue
            digests.add(digest)
            contents = self._contents(digest, found)
            unread += contents.troubles
            for name in models_among(contents.files):
                is_first = name not in names  # of one name an index may have several: for each platform one
                names.add(name)
                yield ListedVersion(
                    self._subject(name),
                    named if is_first else digest,
                    f"{address if is_first else f'{self._reference.name}@{digest}'}/{name}",
                    contents.files[name],
                    metadata={**contents.metadata, "digest": digest, "sha256": contents.files[name].sha256},
                    troubles=contents.troubles,
                    subject=self._subject(name),
                    identity=digest,
                )

    def _contents(self, digest: str, found: ArtifactManifest) -> _Contents:
        where = f"{self._reference.name}@{digest[:19]}"
        files: dict[str, ListedFile] = {}
        troubles: list[str] = []
        for layer in found.layers:
            match files_of_layer(layer, where):
                case WholeFile(name, descriptor):
                    files[name] = ListedFile(name, descriptor.digest, descriptor.size, descriptor.digest[7:])
                case Archive(descriptor, packing):
                    path = self._stored(descriptor.digest, descriptor.size)
                    for one in members(path, where, self.limits, packing=packing):
                        address = f"{descriptor.digest}{_MEMBER}{packing}{_MEMBER}{one.number}"
                        files[one.name] = ListedFile(one.name, address, one.size, one.sha256)
                case UnreadLayer(why):
                    troubles += [why] if why else []
        contents = _Contents(files, _metadata(found), tuple(troubles))
        if len(self._lately) >= _LATELY:
            self._lately.pop(next(iter(self._lately)))
        self._lately[digest] = contents
        return contents

    def _stored(self, digest: str, size: int | None) -> str:
        """The path of a layer that is wholly here: what lies in an archive is known only then."""
        layer = ListedFile(digest, digest, size, digest[7:])
        return self.stored(layer, lambda offset: self._distribution.pieces(digest, offset))

    def _subject(self, name: str) -> str:
        """As the model is called whatever the version: by its registry, repository and file."""
        return f"{self._reference.name.partition('://')[2]}/{name[: -len('.onnx')]}"


def _refers(below: Descriptor) -> bool:
    """Whether a manifest of an index is about another one: provenance that builders add."""
    return "vnd.docker.reference.type" in below.annotations


def _metadata(found: ArtifactManifest) -> dict[str, str]:
    kept = {key: found.annotations.get(f"org.opencontainers.image.{key}", "") for key in _SAID}
    said = {key: prose(text, 200) for key, text in kept.items() if text}
    return {**said, "artifact_type": prose(found.artifact, 200)}
