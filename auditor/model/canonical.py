"""Nodes by structure alone: what they are, what is near them, and an order that hangs on no name and no file.

The order is that of a walk from the graph's outputs, first to last, back through every node's inputs, first to last:
outputs and inputs have an order of their own, which is their interface. What reaches no output comes behind, from its
last nodes on; those are told apart by all that leads to them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TypeAlias

from ..hashing import blake2b
from .graph import AttributeReference, Function, Graph, Node, TensorType, has_subgraphs, subgraphs
from .tensor import Blob, SparseTensor, Tensor

Functions: TypeAlias = Mapping[tuple[str, str, str], Function]
Slot: TypeAlias = tuple[int, str]
"""What stands at an input: the node that makes it (or -1) and which of its outputs it is, or what is stored there."""

_OUTSIDE: Slot = (-1, "outside")

RADIUS = 2
"""Nodes before a node, and behind it, that are a part of what it is."""


def digest(text: str) -> str:
    """A hash that does not change from one process to the next."""
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()


class Structure:
    """One graph without its names. ``inner`` gives the structure of a node's subgraphs."""

    def __init__(self, graph: Graph, functions: Functions, inner: Callable[[Graph], Structure]) -> None:
        self.graph = graph
        self._functions = functions
        self._inner = inner
        self._operators: dict[object, str] = {}
        self._before: tuple[dict[int, str], ...] = tuple({} for _ in range(RADIUS + 1))
        self._after: tuple[dict[int, str], ...] = tuple({} for _ in range(RADIUS + 1))
        self._digests: dict[str, str] = {}
        self._ordinals: dict[int, int] = {}

    def ordinal(self, index: int) -> int:
        """Which one it is, in canonical order, of the nodes that `near` does not tell apart."""
        if index not in self._ordinals:
            counts: Counter[str] = Counter()
            for i in sorted(self._of_a_kind[self.kinds[index]], key=self.rank.__getitem__):
                near = self.near(i)
                self._ordinals[i] = counts[near]
                counts[near] += 1
        return self._ordinals[index]

    def place(self, index: int) -> str:
        """A node among all nodes of the graph."""
        return f"{self.near(index)}#{self.ordinal(index)}"

    def near(self, index: int) -> str:
        """A node with what leads to it and what follows from it, within `RADIUS`: equal where these are equal.

        What stands beside it is not looked at, so that it stays what it is when others are added to a shared tensor.
        """
        return self._back(index, RADIUS) + self._ahead(index, RADIUS)

    @cached_property
    def kinds(self) -> list[str]:
        """Of each node the operator, its attributes, and what is stored at its inputs, by type and sizes."""
        found = []
        for node, slots in zip(self.graph.nodes, self.slots, strict=True):
            fixed = "|".join([f"{at}{slot[1]}" for at, slot in enumerate(slots) if slot[0] < 0])
            outputs = sum(map(bool, node.outputs))
            found.append(self._digest(f"{self._operator(node)}|{fixed}|{outputs}"))
        return found

    @cached_property
    def slots(self) -> list[tuple[Slot, ...]]:
        """Of each node what stands at its inputs, and then what its subgraphs take from here."""
        known = self._slots
        return [tuple([known.get(name, _OUTSIDE) for name in self._takes(node)]) for node in self.graph.nodes]

    def slot(self, name: str) -> Slot:
        """Where a tensor comes from."""
        return self._slots.get(name, _OUTSIDE)

    @cached_property
    def _slots(self) -> dict[str, Slot]:
        fed = {name: (-1, what) for name, what in self._fed.items()}
        stored = {name: (-1, what) for name, what in self._stored.items()}
        return fed | self._made | stored | {"": (-1, "-")}

    @cached_property
    def rank(self) -> list[int]:
        """The place of each node in the canonical order."""
        order: dict[int, None] = {}
        for value in self.graph.outputs:
            maker = self.graph.producers.get(value.name)
            if maker is not None:
                self._walk(maker, order)
        if len(order) < len(self.graph.nodes):
            self._dead(order)
        rank = [0] * len(self.graph.nodes)
        for place, index in enumerate(order):
            rank[index] = place
        return rank

    @cached_property
    def taken_from_outside(self) -> tuple[str, ...]:
        """The tensors that are not this graph's own, in canonical order."""
        own = self.graph.initializer_names | self._fed.keys() | self.graph.producers.keys()
        nodes = self.graph.nodes
        by_rank = sorted(range(len(nodes)), key=self.rank.__getitem__)
        names = dict.fromkeys(name for i in by_rank for name in self._takes(nodes[i]))
        names.update((value.name, None) for value in self.graph.outputs)
        return tuple(name for name in names if name and name not in own)

    def first_use(self, name: str) -> tuple[int, int] | None:
        """The first node, in canonical order, that takes a tensor, and at which input."""
        users = self.graph.consumers.get(name, ())
        if not users:
            return None
        user = min(users, key=self.rank.__getitem__)
        return user, self._takes(self.graph.nodes[user]).index(name)

    def _takes(self, node: Node) -> tuple[str, ...]:
        if not has_subgraphs(node):
            return node.inputs
        inner = (name for _, graph in subgraphs(node) for name in self._inner(graph).taken_from_outside)
        return (*node.inputs, *dict.fromkeys(inner))

    def _operator(self, node: Node) -> str:
        key = (node.domain, node.op_type, node.overload, id(node.attributes))
        known = self._operators.get(key)
        if known is None:
            function = self._functions.get(key[:3])
            name = f"{node.domain}:{node.op_type}" if function is None else body_of(function, self._functions)
            plain = ",".join(f"{name}={_value(value)}" for name, value in sorted(node.attributes.items()))
            known = self._operators[key] = f"{name}({plain})"
        return known

    def _back(self, index: int, steps: int) -> str:
        """A node and what is so many steps (at least one) before it."""
        known = self._before[steps].get(index)
        if known is None:
            kinds = self.kinds
            makers = [
                what + (self._back(maker, steps - 1) if steps > 1 else kinds[maker])
                for maker, what in self.slots[index]
                if maker >= 0
            ]
            known = self._before[steps][index] = self._digest(f"{kinds[index]}<{','.join(makers)}")
        return known

    def _ahead(self, index: int, steps: int) -> str:
        """A node and what is so many steps behind it: each kind of user once, as one more of a kind changes nothing."""
        known = self._after[steps].get(index)
        if known is None:
            found, consumers, kinds = set(), self.graph.consumers, self.kinds
            for out, name in enumerate(self.graph.nodes[index].outputs):
                if name in self._output_names:
                    found.add(f"{out}!")
                if name in self._made_twice and self._made.get(name) != (index, str(out)):
                    continue  # its users are the first one's
                for user in consumers.get(name, ()):
                    found.add(f"{out}{self._ahead(user, steps - 1) if steps > 1 else kinds[user]}")
            known = self._after[steps][index] = self._digest(f"{kinds[index]}>{','.join(sorted(found))}")
        return known

    def _digest(self, text: str) -> str:
        """Equal texts are many, and looking one up is cheaper than hashing it."""
        known = self._digests.get(text)
        if known is None:
            known = self._digests[text] = digest(text)
        return known

    def _walk(self, start: int, order: dict[int, None]) -> None:
        """All that leads to a node, and then the node. Without recursion: models are deep, and hostile ones cyclic."""
        if start in order:
            return
        begun = {start}
        path = [(start, iter(self.slots[start]))]
        while path:
            index, slots = path[-1]
            for maker, _ in slots:
                if maker >= 0 and maker not in order and maker not in begun:
                    begun.add(maker)
                    path.append((maker, iter(self.slots[maker])))
                    break
            else:
                order[index] = None
                path.pop()

    def _dead(self, order: dict[int, None]) -> None:
        """What reaches no output, from its ends on; what is left are cycles."""
        nodes, consumers = self.graph.nodes, self.graph.consumers
        left = [i for i in range(len(nodes)) if i not in order]
        origin = self._origins(left, order)
        ends = (i for i in left if not any(consumers.get(name) for name in nodes[i].outputs))
        for index in sorted(ends, key=origin.__getitem__):
            self._walk(index, order)
        cyclic = [i for i in left if i not in order]
        for index in sorted(cyclic, key=lambda i: (origin[i], self.near(i))):
            self._walk(index, order)

    def _origins(self, indices: Iterable[int], order: dict[int, None]) -> dict[int, str]:
        """For each of the nodes a digest of all that leads to it, as far back as nodes that have a place already."""
        origin = {index: f"#{n}" for n, index in enumerate(order)}
        behind = dict(order)
        for index in indices:
            self._walk(index, behind)
        for index in behind:
            if index not in origin:
                slots = ",".join(f"{what}{origin.get(m, 'cycle')}" for m, what in self.slots[index])
                origin[index] = digest(f"{self.kinds[index]}<{slots}")
        return origin

    @cached_property
    def _of_a_kind(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, kind in enumerate(self.kinds):
            found.setdefault(kind, []).append(index)
        return found

    @cached_property
    def ports(self) -> dict[str, str]:
        """The inputs and outputs of the graph by their place among these."""
        outputs = {value.name: f"out{i}" for i, value in enumerate(self.graph.outputs)}
        return outputs | {value.name: f"in{i}" for i, value in enumerate(self.graph.feeds)}

    @cached_property
    def _made(self) -> dict[str, Slot]:
        """Where each tensor is made; of one that is made twice, the first place."""
        made: dict[str, Slot] = {}
        for index, node in enumerate(self.graph.nodes):
            for out, name in enumerate(node.outputs):
                if name:
                    made.setdefault(name, (index, str(out)))
        return made

    @cached_property
    def _made_twice(self) -> frozenset[str]:
        """The tensors of more than one maker; and the one without a name, which nobody makes."""
        times = Counter(name for node in self.graph.nodes for name in node.outputs)
        return frozenset(name for name, number in times.items() if number > 1 or not name)

    @cached_property
    def _stored(self) -> dict[str, str]:
        found = {tensor.name: _value(tensor) for tensor in self.graph.initializers}
        return found | {tensor.name: _value(tensor) for tensor in self.graph.sparse_initializers}

    @cached_property
    def _fed(self) -> dict[str, str]:
        """Inputs by type and rank: their sizes may be bound in one version and open in the next."""
        return {value.name: _input(value.type) for value in self.graph.inputs}

    @cached_property
    def _output_names(self) -> frozenset[str]:
        return frozenset(value.name for value in self.graph.outputs)


def body_of(function: Function, functions: Functions) -> str:
    """A function by what is in it, whatever it is called."""
    ops = sorted(
        "function" if (n.domain, n.op_type, n.overload) in functions else f"{n.domain}:{n.op_type}"
        for n in function.nodes
    )
    return digest(f"{len(function.inputs)}|{len(function.outputs)}|{ops}")


def _input(type: object) -> str:
    if isinstance(type, TensorType):
        return f"input{type.dtype}/{'' if type.shape is None else len(type.shape)}"
    return "input"


def _value(value: object) -> str:
    """An attribute or a stored tensor without its contents: numbers as they are, of a tensor its type and sizes."""
    match value:
        case Tensor():
            return f"[{value.dtype}{value.dims}]"
        case SparseTensor():
            return f"[{value.values.dtype}{value.dims}]"
        case Graph():
            return f"graph/{len(value.inputs)}/{len(value.outputs)}"
        case Blob():
            return f"blob{value.length}"
        case AttributeReference():
            return "reference"
        case tuple() if value and isinstance(value[0], Tensor | SparseTensor | Graph | Blob):
            return f"({','.join(map(_value, value))})"
        case _:
            return repr(value)
