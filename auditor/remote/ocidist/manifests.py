"""Manifests and indexes, as the image specification v1.1 has them, within bounds.

https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ...tuples import NamedTuple
from ..failures import NotUnderstood, TooMuch
from .references import is_digest

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
ACCEPTED = (
    MANIFEST,
    INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)

LARGEST = 4 << 20
"""Bytes of a manifest: what the distribution specification asks registries to take at least, and what they do."""

_INDEXES = (INDEX, ACCEPTED[3])
_MOST = 10_000  # layers, or manifests of an index


class Descriptor(NamedTuple):
    """What points to a content."""

    media: str
    digest: str
    size: int
    annotations: Mapping[str, str] = {}
    artifact: str = ""  # the type of artifact, where it points to a manifest


class ArtifactManifest(NamedTuple):
    """One artifact."""

    artifact: str  # its type: its own word, else its configuration's
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


class ManifestIndex(NamedTuple):
    """A list of manifests."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


AnyManifest: TypeAlias = ArtifactManifest | ManifestIndex


def manifest(data: bytes, where: str) -> AnyManifest:
    """What the bytes say. `NotUnderstood` where they are no manifest of today."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("schemaVersion") != 2:
        raise NotUnderstood(f"{where} is not a manifest: an image index or manifest of schema 2 is")
    annotations = _annotations(said)
    if said.get("mediaType") in _INDEXES or "manifests" in said:
        return ManifestIndex(tuple(_all(said.get("manifests"), where)), annotations)
    config = descriptor(said.get("config"), where)
    artifact = said.get("artifactType")
    layers = tuple(_all(said.get("layers"), where))
    return ArtifactManifest(
        artifact if isinstance(artifact, str) and artifact else config.media, config, layers, annotations
    )


def descriptor(said: Any, where: str) -> Descriptor:
    """One descriptor; `NotUnderstood` where it is none, or its digest is of an algorithm that is not computed here."""
    if not isinstance(said, dict):
        raise NotUnderstood(f"{where} has a descriptor that is not one")
    media, digest, size = said.get("mediaType"), said.get("digest"), said.get("size")
    if not isinstance(media, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise NotUnderstood(f"{where} has a descriptor without a type and a size")
    if not isinstance(digest, str) or not is_digest(digest):
        raise NotUnderstood(f"{where} has a descriptor whose digest is not a SHA-256")
    artifact = said.get("artifactType")
    return Descriptor(media, digest, size, _annotations(said), artifact if isinstance(artifact, str) else "")


def _all(said: Any, where: str) -> Iterator[Descriptor]:
    if not isinstance(said, list):
        raise NotUnderstood(f"{where} has no list of what it is made of")
    if len(said) > _MOST:
        raise TooMuch(f"{where} is made of {len(said):,} parts; at most {_MOST:,} are looked at")
    for one in said:
        yield descriptor(one, where)


def _annotations(said: Mapping[str, Any]) -> Mapping[str, str]:
    found = said.get("annotations")
    pairs = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, str)}
