"""Very large models and registries that cost little to make: sparse files, one block again and again, links."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PAGE = 4096
_BLOCK = b"@@@@@@"  # stands for a block's number, of as many digits, so that no length changes
_BEFORE = b"######"  # and for the number of the block before


def spread(folder: Path, files: int, each: int, tensors: int = 12) -> Path:
    """A chain of dense layers whose weights lie in so many files of ``each`` bytes: sparse, until somebody fills them.

    As exporters write it: tensors aligned to pages, names by layers, one input of an open batch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    width = 4096
    rows = each // tensors // PAGE * PAGE // width // 4
    graph, at, widths = onnx.GraphProto(name="spread"), "hidden", [width, rows]
    for f in range(files):
        location = f"model.onnx_data_{f}"
        for i in range(tensors):
            name, n = f"model.layers.{f}.{i}", f * tensors + i
            tensor = graph.initializer.add(name=f"{name}.weight", data_type=TensorProto.FLOAT)
            tensor.dims.extend([widths[n % 2], widths[(n + 1) % 2]])
            tensor.data_location = TensorProto.EXTERNAL
            length = width * rows * 4
            for key, value in (("location", location), ("offset", i * length), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))
            graph.node.append(helper.make_node("MatMul", [at, f"{name}.weight"], [f"{name}.out"], f"{name}/MatMul"))
            at = f"{name}.out"
        with (folder / location).open("wb") as data:
            data.truncate(tensors * width * rows * 4)
    graph.input.append(helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", width]))
    last = widths[files * tensors % 2]
    graph.output.append(helper.make_tensor_value_info(at, TensorProto.FLOAT, ["batch", last]))
    path = folder / "model.onnx"
    path.write_bytes(_model(graph).SerializeToString())
    return path


def fill(folder: Path) -> None:
    """Write numbers into the data of `spread`: a file's own again and again, which no hash and no sum sees."""
    for number, path in enumerate(sorted(folder.glob("model.onnx_data_*"))):
        left = path.stat().st_size
        count = min(1 << 22, left // 4)
        block = np.random.default_rng(number).normal(0, 0.02, count).astype(np.float32).tobytes()
        with path.open("r+b") as data:
            while left:
                left -= data.write(block[: min(left, len(block))])


def many_nodes(path: Path, nodes: int) -> int:
    """A network of about so many nodes, written block by block; returns how many it has.

    A block has attention, a normalization and a gated product, as exporters write them: 25 nodes of 15 operators,
    weights of its own, shapes computed on the way, and names of sixty letters.
    """
    nodes_of_block, tensors = _block()
    head, tail = _ends()
    blocks = nodes // NODES_IN_BLOCK
    body = [head]
    body += (_numbered(nodes_of_block, n) for n in range(blocks))
    body += (_numbered(tensors, n) for n in range(blocks))
    body.append(tail.replace(_BEFORE, b"%06d" % (blocks - 1)))
    whole = sum(map(len, body))
    with path.open("wb") as out:
        out.write(_model(None).SerializeToString() + b"\x3a" + _varint(whole))  # graph, field 7
        out.writelines(body)
    return blocks * NODES_IN_BLOCK


def registry(folder: Path, models: int, kinds: int = 100, each: int = 100) -> None:
    """So many models in folders of their own, ``each`` in a folder: hard links of a few files."""
    originals = folder.with_name(folder.name + ".originals")
    originals.mkdir(parents=True)
    for kind in range(kinds):
        (originals / f"{kind}.onnx").write_bytes(tiny(kind).SerializeToString())
    for n in range(models):
        group = folder / f"{n // each:05d}"
        if n % each == 0:
            group.mkdir(parents=True)
        (group / f"m{n}").mkdir()  # a number would be a version
        os.link(originals / f"{n % kinds}.onnx", group / f"m{n}" / "model.onnx")


def tiny(kind: int) -> onnx.ModelProto:
    """Two dense layers."""
    rng, width = np.random.default_rng(kind), 4 + kind % 7
    weights = [numpy_helper.from_array(rng.normal(size=(width, width)).astype(np.float32), f"w{i}") for i in range(2)]
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["h"], "dense0"),
        helper.make_node("Relu", ["h"], ["r"], "relu"),
        helper.make_node("MatMul", ["r", "w1"], ["y"], "dense1"),
    ]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width]) for name in ("x", "y")]
    return _model(helper.make_graph(nodes, f"tiny{kind}", ports[:1], ports[1:], weights))


NODES_IN_BLOCK = 25


def _block() -> tuple[bytes, bytes]:
    """The nodes and the initializers of one block as bytes of a GraphProto."""
    width, heads = 8, 2
    name, before = f"/model/decoder/layers.{_BLOCK.decode()}", f"/model/decoder/layers.{_BEFORE.decode()}/out"
    rng, nodes, weights = np.random.default_rng(0), onnx.GraphProto(), onnx.GraphProto()

    def stored(what: str, *dims: int) -> str:
        values = rng.normal(size=dims).astype(np.float32)
        weights.initializer.append(numpy_helper.from_array(values, f"{name[1:]}.{what}".replace("/", ".")))
        return weights.initializer[-1].name

    def numbers(what: str, *values: int) -> str:
        weights.initializer.append(numpy_helper.from_array(np.array(values, np.int64), f"{name}/{what}"))
        return weights.initializer[-1].name

    def node(op: str, what: str, *inputs: str, **attributes: Any) -> str:
        full = f"{name}/{what}/{op}"
        made = helper.make_node(op, inputs, [f"{full}_output_0"], full, **attributes)
        nodes.node.append(made)
        return made.output[0]

    normal = node("LayerNormalization", "norm1", before, stored("norm1.weight", width), stored("norm1.bias", width))
    split = numbers("self_attn/split", 0, 0, heads, width // heads)
    parts = []
    for part in "qkv":
        dense = node("MatMul", f"self_attn/{part}_proj", normal, stored(f"self_attn.{part}_proj.weight", width, width))
        dense = node("Add", f"self_attn/{part}_proj", dense, stored(f"self_attn.{part}_proj.bias", width))
        apart = node("Reshape", f"self_attn/{part}", dense, split)
        parts.append(node("Transpose", f"self_attn/{part}", apart, perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]))
    scores = node("MatMul", "self_attn/scores", parts[0], parts[1])
    scaled = node("Mul", "self_attn/scores", scores, stored("self_attn.scale"))
    mixed = node("MatMul", "self_attn/mixed", node("Softmax", "self_attn", scaled, axis=-1), parts[2])
    shape = node("Shape", "self_attn/merge", normal)
    merged = node("Reshape", "self_attn/merge", node("Transpose", "self_attn/merge", mixed, perm=[0, 2, 1, 3]), shape)
    kept = node("Add", "self_attn/residual", before, merged)
    up = node("MatMul", "mlp/up_proj", kept, stored("mlp.up_proj.weight", width, width))
    gate = node("Mul", "mlp/act", up, node("Sigmoid", "mlp/act", up))
    node("Add", "mlp/residual", kept, gate)
    nodes.node[-1].output[0] = f"{name}/out"
    assert len(nodes.node) == NODES_IN_BLOCK, len(nodes.node)
    return nodes.SerializeToString(), weights.SerializeToString()


def _ends() -> tuple[bytes, bytes]:
    """The bytes of a graph before its blocks and behind them."""
    first, last = f"/model/decoder/layers.{_BEFORE.decode()}/out", onnx.GraphProto()
    first = first.replace(_BEFORE.decode(), "999999")
    head = onnx.GraphProto(name="many", input=[helper.make_tensor_value_info(first, TensorProto.FLOAT, ["N", "T", 8])])
    output = f"/model/decoder/layers.{_BEFORE.decode()}/out"
    last.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", "T", 8]))
    return head.SerializeToString(), last.SerializeToString()


def _numbered(block: bytes, n: int) -> bytes:
    return block.replace(_BLOCK, b"%06d" % n).replace(_BEFORE, b"%06d" % (n - 1 if n else 999_999))


def _model(graph: onnx.GraphProto | None) -> onnx.ModelProto:
    imports = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph or onnx.GraphProto(name="none"), opset_imports=imports, ir_version=8)
    if graph is None:
        model.ClearField("graph")
    return model


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))
