"""Random models and mutants through `auditor fix`: ``python -m tests.fix.fuzz --models 10000 --seed 1``.

Of each copy: onnx reads it; no tensor is another one unless an edit names it; all that our views do not have (doc
strings, metadata, annotations, fields that nobody knows) is as it was; and nothing that is raised is a fault of ours.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from auditor.errors import AuditorError
from auditor.fix.comparing import compared
from auditor.fix.mending import Changed, FixAsked, fixed
from auditor.fix.offer import Wishes
from auditor.fix.planning import Numbered
from auditor.settings import Settings
from tests.fuzz.campaign import seeds, spoilt
from tests.fuzz.flow import random_case

_VIEWED = ("node", "initializer", "sparse_initializer", "input", "output", "value_info")
_TURNS_ALL = "double-precision"


class Find(NamedTuple):
    seed: int
    what: str


class Mutant(NamedTuple):
    data: bytes
    sound: bytes = b""  # the model before the faults, where mending them must give its outputs again


def mutant(seed: int) -> Mutant:
    """A file: spoilt in its bytes or its meaning, or a sound model with faults that edits can mend."""
    rng = random.Random(seed)
    kind = rng.random()
    if kind < 0.35:
        return Mutant(spoilt(seed))
    grown = kind < 0.6
    model = random_case(seed).model if grown else onnx.load_from_string(rng.choice(seeds()))
    sound = model.SerializeToString() if grown else b""
    faults = _HARMLESS if grown else _MENDABLE
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        faults[rng.randrange(len(faults))](rng, model)
    model.graph.doc_string = rng.choice(("", "of the graph"))
    if model.graph.node:
        model.graph.node[0].doc_string = rng.choice(("", "of the first node"))
    return Mutant(model.SerializeToString(), sound)


def _shuffled(rng: random.Random, model: onnx.ModelProto) -> None:
    nodes = list(model.graph.node)
    rng.shuffle(nodes)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _one_name(rng: random.Random, model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.name = rng.choice(("n", "n", "m", ""))


def _spare(rng: random.Random, model: onnx.ModelProto) -> None:
    array = np.full(rng.choice((1, 2000)), rng.random(), "f4")
    model.graph.initializer.append(numpy_helper.from_array(array, f"spare{rng.randrange(5)}"))


def _twice(rng: random.Random, model: onnx.ModelProto) -> None:
    if model.graph.initializer:
        model.graph.initializer.append(rng.choice(list(model.graph.initializer)))


def _copied(rng: random.Random, model: onnx.ModelProto) -> None:
    """A second tensor of the same bytes, for one use."""
    takers = [(n, i) for n in model.graph.node for i, name in enumerate(n.input)
              if any(t.name == name for t in model.graph.initializer)]  # fmt: skip
    if takers:
        node, position = rng.choice(takers)
        new = TensorProto()
        new.CopyFrom(next(t for t in model.graph.initializer if t.name == node.input[position]))
        new.name = f"{new.name}_copy"
        node.input[position] = new.name
        model.graph.initializer.append(new)


def _untyped(rng: random.Random, model: onnx.ModelProto) -> None:
    for value in model.graph.output:
        if rng.random() < 0.5:
            value.ClearField("type")


def _resized(rng: random.Random, model: onnx.ModelProto) -> None:
    """A size of some declaration is another one."""
    values = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    dims = [dim for value in values for dim in value.type.tensor_type.shape.dim]
    if dims:
        dim = rng.choice(dims)
        if rng.random() < 0.5:
            dim.dim_param = rng.choice(("N", "M", "batch size"))
        else:
            dim.dim_value = rng.choice((-1, -1, 0, 3, 7))


def _versions(rng: random.Random, model: onnx.ModelProto) -> None:
    match rng.randrange(3):
        case 0:
            model.ir_version = rng.choice((-1, 0, 3, 99))
        case 1:
            model.opset_import.add(domain=rng.choice(("", "ai.onnx", "x")), version=rng.choice((9, 17, 21)))
        case 2 if model.opset_import:
            model.opset_import[0].version = rng.choice((7, 13, 50))


def _attribute(rng: random.Random, model: onnx.ModelProto) -> None:
    """One that search may find again."""
    held = [a for n in model.graph.node for a in n.attribute if a.name in ("axis", "perm", "pads", "group", "to")]
    if held:
        attribute = rng.choice(held)
        if attribute.type == onnx.AttributeProto.INT:
            attribute.i = rng.choice((0, 1, 2, -1, 11))
        else:
            numbers = list(attribute.ints)
            rng.shuffle(numbers)
            attribute.ints[:] = numbers


def _double(rng: random.Random, model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and rng.random() < 0.7:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype("f8"), tensor.name))


def _body(rng: random.Random, model: onnx.ModelProto) -> None:
    """The outputs once more, behind an If whose branches take them from outside and hide some."""
    if not model.graph.output:
        return
    name = model.graph.output[0].name
    inner = helper.make_node("Identity", [name], [rng.choice((name, "inner", "x"))])
    body = helper.make_graph([inner], "b", [], [helper.make_empty_tensor_value_info(inner.output[0])])
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "always"))
    model.graph.node.append(helper.make_node("If", ["always"], ["behind"], then_branch=body, else_branch=body))
    model.graph.output.append(helper.make_empty_tensor_value_info("behind"))


def _nameless(rng: random.Random, model: onnx.ModelProto) -> None:
    """Sizes of -1, which mean nothing."""
    for value in (*model.graph.input, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and rng.random() < 0.5:
                dim.dim_value = -1


_HARMLESS = (_shuffled, _one_name, _spare, _twice, _copied, _untyped, _nameless)
"""Faults of which no edit has to guess what was meant."""

_MENDABLE = (
    _shuffled, _one_name, _spare, _twice, _copied, _untyped, _resized, _versions, _attribute, _double, _body,
)  # fmt: skip


def wishes(seed: int, data: bytes) -> Wishes:
    """Weights out, or a name of a size bound, for a part of the models."""
    rng = random.Random(-seed)
    dims: dict[str, int] = {}
    if rng.random() < 0.1:
        with suppress(Exception):
            values = onnx.load_from_string(data).graph.input
            names = [d.dim_param for v in values for d in v.type.tensor_type.shape.dim if d.dim_param]
            dims = {rng.choice(names): rng.choice((1, 2, 3))} if names else {}
    return Wishes(dims=dims, data_file="w.bin" if rng.random() < 0.1 else "")


def find(seed: int, folder: Path, *, run: bool) -> tuple[str, Find | None]:
    """What came of one file, in a word, and what is wrong with that."""
    for left in folder.iterdir():
        left.unlink()
    data, sound = mutant(seed)
    asked = wishes(seed, data)
    path = folder / "m.onnx"
    path.write_bytes(data)
    try:
        if seed % 3 == 0:
            offered = fixed(FixAsked(str(path), dry_run=True, wishes=asked._replace(data_file="")), Settings(run=False))
            asked = asked._replace(choose=tuple(edit.number for edit in offered.edits if not edit.made))
        said = fixed(FixAsked(str(path), wishes=asked), Settings(run=run and not sound))
    except Changed as error:
        return "changed", Find(seed, str(error))
    except AuditorError as error:
        return f"refused: {type(error).__name__}", None if path.read_bytes() == data else Find(seed, "spoilt")
    except Exception:
        return "fault", Find(seed, traceback.format_exc())
    if not said.written:
        return "nothing", None
    try:
        before = onnx.load_from_string(data)
        after = onnx.load(said.written)
    except Exception as error:
        return "written", Find(seed, f"onnx does not read it: {type(error).__name__}: {error}")
    made = [edit for edit in said.edits if edit.made]
    for what in _spoilt(before, after, made):
        return "written", Find(seed, f"{what}; edits: {[(e.offer.place, e.offer.change) for e in made]}")
    if sound and run and not asked.choose and not asked.dims and made:
        (folder / "sound.onnx").write_bytes(sound)
        told = compared(str(folder / "sound.onnx"), said.written, Settings())
        if told.differ:
            return "written", Find(seed, f"{told.differ}; edits: {[(e.offer.place, e.offer.change) for e in made]}")
    return "mended: " + ", ".join(sorted({edit.offer.rule or "asked" for edit in made})), None


def _spoilt(before: onnx.ModelProto, after: onnx.ModelProto, made: list[Numbered]) -> Iterator[str]:
    """What is another one though no edit names it."""
    told = " ".join(f"{edit.offer.place} {edit.offer.change}" for edit in made)
    turned = any(edit.offer.rule == _TURNS_ALL for edit in made)
    old = set(_tensors(before.graph))
    for name, data in () if turned else _tensors(after.graph):
        if (name, data) not in old and name not in told and not _new(name, before):
            yield f"the tensor {name!r} is another one"
    one, two = onnx.ModelProto(), onnx.ModelProto()
    one.CopyFrom(before)
    two.CopyFrom(after)
    for model in (one, two):
        model.ClearField("ir_version")
        model.ClearField("opset_import")
        model.ClearField("functions")
        for field in _VIEWED:
            model.graph.ClearField(field)
    if one != two:
        yield "something beside nodes, tensors and declarations is another one"


def _new(name: str, before: onnx.ModelProto) -> bool:
    return all(t.name != name for t in before.graph.initializer)


def _tensors(graph: onnx.GraphProto) -> Iterator[tuple[str, bytes]]:
    """Every tensor that a graph and its bodies store: by its name, with its type, dims and data."""
    for tensor in graph.initializer:
        yield tensor.name, _content(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t.name or (node.output[0] if node.output else ""), _content(attribute.t)
            if attribute.HasField("g"):
                yield from _tensors(attribute.g)


def _content(tensor: onnx.TensorProto) -> bytes:
    """Data that has been moved out and comes back is raw data, whichever field it stood in."""
    held = TensorProto(dims=tensor.dims, data_type=tensor.data_type)
    held.string_data.extend(tensor.string_data)
    try:
        array = numpy_helper.to_array(tensor)
        return held.SerializeToString() + (b"" if array.dtype == object else array.tobytes())
    except Exception:  # broken data is compared as it stands
        held.CopyFrom(tensor)
        for field in ("name", "doc_string"):
            held.ClearField(field)
        return held.SerializeToString()


def campaign(first: int, models: int, runs: int = 0) -> Iterator[tuple[str, Find | None]]:
    """Files from a seed on; every so manieth is run, too (0: none)."""
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + models):
            yield find(seed, Path(folder), run=bool(runs) and seed % runs == 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fix.fuzz", description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first file; each later one has the next")
    parser.add_argument("--runs", type=int, default=0, help="run every so manieth model and its copy")
    options: Any = parser.parse_args()
    words: Counter[str] = Counter()
    finds = 0
    for word, found in campaign(options.seed, options.models, options.runs):
        words[word] += 1
        if found is not None:
            finds += 1
            print(f"seed {found.seed}: {found.what}", flush=True)
    for word, times in words.most_common(40):
        print(f"{times:6,} {word}")
    print(f"{options.models:,} files, {finds:,} finds")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
