"""A random graph in the making: tensors with real values, nodes on top of them, bodies inside."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from auditor.shapes.fact import Fact, Shape, ShapeError
from tests.shapes.asking import ask

FLOAT, UINT8, INT8, INT32, INT64, STRING, BOOL, HALF, DOUBLE = 1, 2, 3, 6, 7, 8, 9, 10, 11
NUMPY = {
    FLOAT: "float32", UINT8: "uint8", INT8: "int8", INT32: "int32", INT64: "int64", BOOL: "bool", HALF: "float16",
    DOUBLE: "float64", 12: "uint32", 4: "uint16", 5: "int16", 13: "uint64",
}  # fmt: skip
FLOATS = (FLOAT, FLOAT, FLOAT, DOUBLE, HALF)
NUMBERS = (FLOAT, FLOAT, FLOAT, INT64, INT32, DOUBLE)
ANY = (*NUMBERS, BOOL, INT64, FLOAT)
OTHERS = {"ai.onnx.ml": 3, "com.microsoft": 1}
"""The versions of the other domains."""

BodyInput = tuple[str, int, tuple[int, ...] | None]
"""Name, element type, and the shape that may be declared."""

_SIZES = (1, 1, 2, 2, 3, 3, 4, 5, 6)


def _numbers(shape: Shape | None) -> tuple[int, ...] | None:
    """A shape whose sizes are all numbers; None for any other."""
    sizes = tuple(size for size in shape or () if isinstance(size, int))
    return sizes if shape is not None and len(sizes) == len(shape) else None


@dataclass(frozen=True)
class Case:
    """A model and what it is fed."""

    model: onnx.ModelProto
    feeds: Mapping[str, np.ndarray]
    names: Mapping[str, int]  # what its symbolic sizes are in these feeds


@dataclass
class Graph:
    """Names of tensors with what is known of them. A body shares everything but its nodes with what is around it."""

    rng: random.Random
    opset: int
    outer: Graph | None = None
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    pool: list[tuple[str, Fact]] = field(default_factory=list)
    feeds: dict[str, np.ndarray] = field(default_factory=dict)
    stored: list[onnx.TensorProto] = field(default_factory=list)
    fed: float = 0.7  # how often a tensor is fed, not stored: of stored ones the values are known
    spoilt: float = 0.0  # how often a new tensor is not quite of the shape that its operator takes
    accused: bool = False
    count: int = 0

    @property
    def main(self) -> Graph:
        return self if self.outer is None else self.outer.main

    def name(self, kind: str) -> str:
        self.main.count += 1
        return f"{kind}{self.main.count}"

    def size(self, least: int = 0) -> int:
        return 0 if not least and self.rng.random() < 0.03 else max(self.rng.choice(_SIZES), least)

    def shape(self, rank: int | Sequence[int], least: int = 0) -> tuple[int, ...]:
        return tuple(self.size(least) for _ in range(rank if isinstance(rank, int) else self.rng.choice(rank)))

    # Tensors

    def array(self, dtype: int, shape: Sequence[int]) -> np.ndarray:
        """Values that divide, index and repeat without harm: small, and never 0."""
        if dtype == STRING:
            words = np.empty(shape, dtype=object)
            words.flat[:] = [self.rng.choice(("a", "b", "a b", "")) for _ in range(words.size)]
            return words
        count = int(np.prod(shape))
        choices = (True, False) if dtype == BOOL else (1, 2, 3) if dtype in (UINT8, 12, 13, 4) else (1, 2, 3, -1, -2)
        return np.array(self.rng.choices(choices, k=count), NUMPY[dtype]).reshape(shape)

    def given(self, array: np.ndarray, fed: float = 0.15) -> str:
        """An array as a tensor: stored, made by a Constant, or fed."""
        roll = self.rng.random()
        name = self.name("t")
        if roll < fed:
            self.main.feeds[name] = array
            return name
        tensor = numpy_helper.from_array(array, name)
        if roll < fed + 0.1 and array.size <= 16:
            self.nodes.append(helper.make_node("Constant", [], [name], name=self.name("n"), value=tensor))
        else:
            self.main.stored.append(tensor)
        return name

    def fresh(self, dtype: int, shape: Sequence[int], fed: float | None = None) -> str:
        if self.rng.random() < self.main.spoilt:
            shape = self._misfit(list(shape))
        return self.given(self.array(dtype, shape), self.main.fed if fed is None else fed)

    def _misfit(self, shape: list[int]) -> list[int]:
        """Nearly this shape: what we call impossible then, the runtime must refuse."""
        match self.rng.randrange(4):
            case 0:
                return [*shape, 1] if self.rng.random() < 0.5 else [1, *shape]
            case 1 if shape:
                del shape[self.rng.randrange(len(shape))]
            case _ if shape:
                shape[self.rng.randrange(len(shape))] = self.size()
        return shape

    def integers(self, values: int | Sequence[int], dtype: str = "int64", fed: float = 0.15) -> str:
        return self.given(np.array(values, dtype), fed)

    def pick(
        self,
        dtypes: Sequence[int] = FLOATS,
        rank: int | Sequence[int] | None = None,
        least: int = 0,
        good: Callable[[Shape], bool] | None = None,
    ) -> tuple[str, int, tuple[int, ...]]:
        """A tensor of the pool, or a new one: its name, dtype and shape."""
        ranks = (rank,) if isinstance(rank, int) else rank
        found = [
            (name, fact.dtype, sizes)
            for name, fact in self.visible()[-12:]
            if fact.dtype is not None
            and fact.dtype in dtypes
            and (sizes := _numbers(fact.shape)) is not None
            and all(size >= least for size in sizes)
            and (ranks is None or len(sizes) in ranks)
            and prod(sizes) < 2000
            and (good is None or good(sizes))
        ]
        if found and self.rng.random() < 0.75:
            return self.rng.choice(found[-6:])
        dtype = self.rng.choice(tuple(dtypes))
        shape = self.shape(ranks if ranks is not None else (0, 1, 2, 2, 3, 4), least)
        name = self.fresh(dtype, shape)
        if name in self.main.feeds and self.rng.random() < 0.5:
            self.main.pool.append((name, Fact(dtype, shape)))
        return name, dtype, shape

    def visible(self) -> list[tuple[str, Fact]]:
        return (self.outer.visible() if self.outer else []) + self.pool

    # Nodes

    def node(
        self,
        op_type: str,
        inputs: Sequence[str],
        attributes: Mapping[str, Any] | None = None,
        outputs: int | Sequence[bool] = 1,
        facts: Sequence[Fact] | None = None,
        domain: str = "",
    ) -> list[str]:
        """One more node; what comes out of it is in the pool from then on, if we say its size.

        ``outputs``: how many, or which of them.
        """
        attributes = {k: v for k, v in (attributes or {}).items() if v is not None}
        wanted = (True,) * outputs if isinstance(outputs, int) else outputs
        names = [self.name("r") if want else "" for want in wanted]
        self.nodes.append(
            helper.make_node(op_type, inputs, names, name=self.name("n"), domain=domain or None, **attributes)
        )
        known = facts if facts is not None else self._asked(op_type, inputs, attributes, len(names), domain)
        self.pool.extend((n, f) for n, f in zip(names, known, strict=False) if n and f.shape is not None)
        return names

    def _asked(
        self, op_type: str, inputs: Sequence[str], attributes: Mapping[str, Any], outputs: int, domain: str
    ) -> Sequence[Fact]:
        given = {k: tuple(v) if isinstance(v, list) else v for k, v in attributes.items()}
        try:
            return ask(op_type, self.opset, [self.fact(n) for n in inputs], given, outputs, domain).outputs
        except ShapeError:
            self.main.accused = True
        except Exception:  # a fault of ours: the walk will say it again, where it is looked for
            pass
        return ()

    def fact(self, name: str) -> Fact | None:
        if not name:
            return None
        for known, fact in reversed(self.visible()):
            if known == name:
                return fact
        if name in self.main.feeds:
            return _fact_of(self.main.feeds[name], values=False)
        for tensor in reversed(self.main.stored):
            if tensor.name == name:
                return _fact_of(numpy_helper.to_array(tensor), values=True)
        for node in reversed(self.nodes):
            if name in node.output and node.op_type == "Constant":
                return _fact_of(numpy_helper.to_array(node.attribute[0].t), values=True)
        return Fact()

    def body(self) -> Graph:
        return Graph(self.rng, self.opset, self)

    def closed(self, inputs: Sequence[BodyInput], outputs: Sequence[str]) -> onnx.GraphProto:
        """A body as a graph. Its inputs may be declared, its outputs are not."""
        graph = onnx.GraphProto(name=self.name("g"), node=self.nodes)
        for name, dtype, shape in inputs:
            declared = shape if shape == () or (shape is not None and self.rng.random() < 0.5) else None
            graph.input.append(helper.make_tensor_value_info(name, dtype, declared))
        graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
        return graph

    # The whole

    def case(self) -> Case:
        """The model with every tensor of the main graph as an output; some sizes of its inputs have names."""
        graph = onnx.GraphProto(name="g", node=self.nodes, initializer=self.stored)
        names: dict[str, int] = {}
        for name, array in self.feeds.items():
            dtype = STRING if array.dtype == object else int(helper.np_dtype_to_tensor_dtype(array.dtype))
            sizes = [self._named(size, names) for size in array.shape]
            graph.input.append(helper.make_tensor_value_info(name, dtype, sizes))
        graph.output.extend(onnx.ValueInfoProto(name=name) for node in self.nodes for name in node.output if name)
        imports = [helper.make_opsetid(domain, version) for domain, version in {"": self.opset, **OTHERS}.items()]
        model = onnx.ModelProto(ir_version=10, opset_import=imports, graph=graph)
        return Case(model, self.feeds, names)

    def _named(self, size: int, names: dict[str, int]) -> int | str:
        """The number, or a name that stands for it: equal sizes may share one."""
        if self.rng.random() < 0.6:
            return size
        same = [name for name, value in names.items() if value == size]
        if same and self.rng.random() < 0.5:
            return self.rng.choice(same)
        name = f"N{len(names)}"
        names[name] = size
        return name


def _fact_of(array: np.ndarray, values: bool) -> Fact:
    dtype = STRING if array.dtype == object else int(helper.np_dtype_to_tensor_dtype(array.dtype))
    kept = values and array.size <= 8 and dtype != STRING
    return Fact(dtype, array.shape, tuple(array.ravel().tolist()) if kept else None)
