"""The files of an artifact, by its layers: whole files, or archives of them.

ORAS (https://oras.land/docs/), KitOps ModelKits (https://kitops.org/docs/modelkit/spec/) and CNCF ModelPack
(https://github.com/modelpack/model-spec/blob/main/docs/spec.md) differ in media types and annotations alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from ...names import prose
from ...tuples import NamedTuple
from ..names import checked_name
from .manifests import Descriptor
from .packings import unpacks

_TITLE = "org.opencontainers.image.title"
_FILE_PATH = "org.cncf.model.filepath"
_UNPACK = "io.deis.oras.content.unpack"

_KIT = re.compile(r"application/vnd\.kitops\.modelkit\.([a-z]+)\.v[0-9]+\.(tar(?:\+gzip|\+zstd)?)", re.ASCII)
_PACK = re.compile(
    r"application/vnd\.cncf\.model\.([a-z]+(?:\.config)?)\.v[0-9]+\.(raw|tar(?:\+gzip|\+zstd)?)", re.ASCII
)
_MODELS = (
    "model",
    "modelpart",
    "weight",
    "weight.config",
)  # the parts in which a model lies; others are documents, data
_ONNX = ("application/onnx", "application/vnd.onnx", "application/x-onnx")


class WholeFile(NamedTuple):
    """A layer that is a file."""

    name: str
    layer: Descriptor


class Archive(NamedTuple):
    """A layer that is a tar archive of files, packed or not."""

    layer: Descriptor
    packing: str  # "", or what it is packed with


class UnreadLayer(NamedTuple):
    """A layer in which models may lie, and which nobody here reads; "" where none do."""

    why: str = ""


LayerFiles: TypeAlias = WholeFile | Archive | UnreadLayer


def files_of_layer(layer: Descriptor, where: str) -> LayerFiles:
    """What a layer holds. `NotUnderstood` for a name that leads out of its folder."""
    said = layer.annotations
    name = said.get(_FILE_PATH) or said.get(_TITLE) or ""
    kind = _KIT.fullmatch(layer.media) or _PACK.fullmatch(layer.media)
    if kind is not None:
        if kind[1] not in _MODELS:
            return UnreadLayer()
        form = kind[2]
    elif said.get(_UNPACK) == "true":  # a folder that ORAS packed
        form = "tar+gzip"
    else:
        form = "raw"
    match form:
        case "raw" if name:
            return WholeFile(checked_name(name.removeprefix("./"), where), layer)
        case "raw" if layer.media in _ONNX:
            return WholeFile("model.onnx", layer)
        case "raw":
            return UnreadLayer()
    packing = form.partition("+")[2]
    if unpacks(packing):
        return Archive(layer, packing)
    return UnreadLayer(
        f"{where}: the layer {prose(name, 80) or layer.digest[:19]} is packed with zstd, which is read where the "
        "package zstandard is: pip install zstandard"
    )


def models_among(names: Iterable[str]) -> list[str]:
    """The names of ONNX models, sorted."""
    return sorted(name for name in names if name.lower().endswith(".onnx"))
