"""Where the weights lie: in data files beside the model, aligned, or within it."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import UsageError
from ...model.graph import Graph
from ...model.load import PROTOBUF_MOST
from ...model.payload import extent
from ...model.payload_bytes import Raw
from ...model.tensor import Tensor
from ...rules.too_large_for_protobuf import too_large_for_protobuf
from ...wording import counted, in_bytes
from ..draft import Data, Draft, OutsideFile
from ..offer import Look, Offer
from ..rope import Copy, Rope, Twine, length
from ..splice import Splicer

ALIGNED = 4096
"""Where each tensor begins in a data file: onnx.proto asks for the page size, so that it can be mapped."""

LEAST = 1024
"""Bytes from which on a tensor is moved out; onnx's own default."""


def offers(look: Look) -> Iterator[Offer]:
    wishes, draft = look.wishes, look.draft
    if wishes.embed:
        yield from _in(draft)
        return
    size = length(Splicer(draft).rope())
    if not wishes.data_file and size <= PROTOBUF_MOST:
        return
    location = wishes.data_file or f"{look.target}.data"
    moved = _moved_out(draft, location, also_outside=bool(wishes.data_file))
    if moved is None:
        if wishes.data_file:
            raise UsageError(f"--external-data: no tensor of {LEAST} bytes or more can be moved out")
        return
    data = {o: d for o, d in moved.data.items() if o not in draft.data or d is not draft.data[o]}
    yield Offer(
        "" if wishes.data_file else too_large_for_protobuf.name,
        "the weights",
        f"{counted(data, 'tensor')} ({in_bytes(length(moved.files[location]))}) -> {location}",
        f"the same bytes, each tensor from a multiple of {ALIGNED:,} on",
        lambda _: moved,
    )


def _in(draft: Draft) -> Iterator[Offer]:
    data = dict(draft.data)
    held = 0
    for tensor in draft.model.graph.initializers:
        place = None if tensor.external is None else extent(draft.source, tensor)
        if isinstance(place, Raw):
            data[tensor.offset] = Data((Copy(place.location, place.offset, place.offset + place.length),))
            held += place.length
    if len(data) == len(draft.data):
        raise UsageError("--embed: the model has no external data that can be read")
    new = _with_data(draft, data)
    size = length(Splicer(new).rope())
    if size > PROTOBUF_MOST:
        raise UsageError(f"--embed: the file would have {in_bytes(size)}, and no reader of protobuf takes over 2 GiB")
    moved = counted(len(data) - len(draft.data), "tensor")
    yield Offer("", "the weights", f"{moved} ({in_bytes(held)}) -> the model's file", "the same bytes", lambda _: new)


def _moved_out(draft: Draft, location: str, *, also_outside: bool) -> Draft | None:
    """``also_outside``: what lies in data files already moves too."""
    twine, at = Twine(), 0
    data = dict(draft.data)
    for tensor in draft.model.graph.initializers:
        content = _content(draft, tensor, also_outside=also_outside)
        size = length(content)
        if size < LEAST:
            continue
        gap = -at % ALIGNED
        twine.add((bytes(gap),) if gap else ())
        twine.add(content)
        data[tensor.offset] = Data(OutsideFile(location, at + gap, size))
        at += gap + size
    return _with_data(draft, data)._replace(files={**draft.files, location: twine.rope}) if at else None


def _content(draft: Draft, tensor: Tensor, *, also_outside: bool) -> Rope:
    """The bytes of a tensor that can be moved; none of one that cannot."""
    new = draft.data.get(tensor.offset)
    if new is not None:
        return () if isinstance(new.content, OutsideFile) else new.content
    if tensor.external is not None and not also_outside:
        return ()
    place = extent(draft.source, tensor)
    return (Copy(place.location, place.offset, place.offset + place.length),) if isinstance(place, Raw) else ()


def _with_data(draft: Draft, data: dict[int, Data]) -> Draft:
    moved = {offset for offset in data if data[offset] is not draft.data.get(offset)}

    def change(graph: Graph) -> Graph:
        return graph._replace(initializers=tuple(_moved(t) if t.offset in moved else t for t in graph.initializers))

    return draft._replace(data=data).with_graph(change(draft.model.graph))


def _moved(tensor: Tensor) -> Tensor:
    """Other than it was, so that it is written anew."""
    return tensor._replace(spans=(), external=None)
