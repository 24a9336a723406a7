"""A model's graph as a picture: every node a box, constants within the operators that take them, bodies as frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from ..costs.count import Costs
from ..model.graph import Graph as ModelGraph
from ..model.graph import Model, Node, captured, subgraphs
from ..picture import Anchor
from ..picture.graph import Box, Connection, Frame, GraphPicture, Mark, Role, Sort, StoredInside, TensorMade
from ..report import Finding
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.sizes.dim import Size
from ..shapes.troubles import At
from ..shapes.visits import Entry
from ..tuples import NamedTuple
from ..wording import counted
from .blocks import folded
from .constants import owners
from .kinds import kind_of
from .places import numbers
from .texts import attribute_texts, fact_text

MOST_BOXES, MOST_WIRES, MOST_FRAMES, MOST_PORTS = 100_000, 200_000, 5_000, 2_000
"""Nodes, wires and bodies that are drawn, and boxes for a frame's inputs, outputs and what comes from outside."""

_INTEGERS = frozenset({6, 7, 9})  # int32, int64, bool: what shape arithmetic is made of

Places = Sequence[Anchor | None]
"""The node of each finding; None where it is about none."""


def graph_of(
    model: Model, facts: Facts, costs: Costs | None = None, findings: Sequence[Finding] = (), places: Places = ()
) -> GraphPicture:
    """The picture of a model, repeated stretches folded. ``places`` says where each of the findings is."""
    return folded(unfolded(model, facts, costs, findings, places))


def unfolded(
    model: Model, facts: Facts, costs: Costs | None = None, findings: Sequence[Finding] = (), places: Places = ()
) -> GraphPicture:
    """The picture of a model, each node a box of its own."""
    return _Picturing(model, facts, costs, findings, places).graph()


class _Body(NamedTuple):
    """A graph that is still to be drawn."""

    sort: Sort
    path: str
    title: str
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parent: int


class _Picturing:
    def __init__(
        self, model: Model, facts: Facts, costs: Costs | None, findings: Sequence[Finding], places: Places
    ) -> None:
        self.model, self.facts = model, facts
        self.numbers = numbers(model, facts)
        self.costs = costs
        self.findings = findings
        self.marked: dict[tuple[int, int], list[int]] = {}
        for i, place in enumerate(places):
            if place is not None:
                self.marked.setdefault(place, []).append(i)
        self.texts: dict[int, str] = {}
        self.attributes: dict[int, tuple[tuple[str, str], ...]] = {}
        self.formulas: dict[int, str] = {}
        self.frames: list[Frame] = []
        self.at: dict[str, int] = {"": 0}  # the frames by their paths, those that are still to be drawn too
        self.waiting: deque[_Body] = deque()
        self.left, self.wires_left, self.frames_left = MOST_BOXES, MOST_WIRES, MOST_FRAMES
        self.unopened = 0  # bodies of the frame that is being drawn

    def graph(self) -> GraphPicture:
        main = self.model.graph
        self.waiting.append(_of_graph(Sort.MAIN, "", main.name, main, -1))
        while self.waiting:
            self.frames.append(_Framing(self, self.waiting.popleft()).frame())
        marks = tuple(Mark(f.fingerprint, f.severity.value, f.rule, f.message) for f in self.findings)
        return GraphPicture(tuple(self.frames), marks)

    def opened(self, node: Node, index: int, path: str, entry: Entry | None) -> tuple[int, ...]:
        """The frames of a node's bodies, put to those that are to be drawn."""
        found = []
        label = node.name or f"{node.op_type}[{index}]"
        for name, body in subgraphs(node):
            inner = f"{path}/{label}/{name}" if path else f"{label}/{name}"
            found.append(self._frame(_of_graph(Sort.SUBGRAPH, inner, name, body, self._now)))
        if entry is not None and entry.body:
            called = self.model.functions[node.domain, node.op_type, node.overload]
            ports = called.inputs, called.outputs
            found.append(self._frame(_Body(Sort.FUNCTION, entry.body, called.name, called.nodes, *ports, self._now)))
        return tuple(i for i in found if i is not None)

    @property
    def _now(self) -> int:
        """The place of the frame that is being drawn."""
        return len(self.frames)

    def _frame(self, body: _Body) -> int | None:
        """The place of a body's frame, which is drawn once; None where nobody walked it, or the picture is full."""
        path = body.path
        if path not in self.numbers or (path not in self.at and (self.left <= 0 or self.frames_left <= 0)):
            self.unopened += 1
            return None
        if path not in self.at:
            self.frames_left -= 1
            self.at[path] = len(self.at)
            self.waiting.append(body)
        return self.at[path]

    # Texts, each made once

    def text(self, fact: Fact | None) -> str:
        text = self.texts.get(id(fact))
        if text is None:
            text = self.texts[id(fact)] = fact_text(fact)
        return text

    def attributes_of(self, node: Node) -> tuple[tuple[str, str], ...]:
        if not node.attributes:
            return ()
        key = id(node.attributes)
        if key not in self.attributes:
            self.attributes[key] = attribute_texts(node.attributes)
        return self.attributes[key]

    def formula(self, entry: Entry | None) -> str:
        answer = entry.answer if entry is not None else None
        if answer is None or answer.formula is None:
            return ""
        key = id(answer)
        if key not in self.formulas:
            self.formulas[key] = answer.formula()
        return self.formulas[key]


def _of_graph(sort: Sort, path: str, title: str, graph: ModelGraph, parent: int) -> _Body:
    inputs = tuple(v.name for v in graph.feeds)
    return _Body(sort, path, title, graph.nodes, inputs, tuple(v.name for v in graph.outputs), parent)


class _Framing:
    """One graph becomes a frame."""

    def __init__(self, whole: _Picturing, body: _Body) -> None:
        self.whole, self.body = whole, body
        self.number = whole.numbers[body.path]
        visited = whole.facts.graphs.get(body.path)
        self.facts: Mapping[str, Fact | None] = visited.facts if visited else {}
        self.entries: Mapping[int, Entry] = visited.entries if visited else {}
        fixed = whole.facts.fixed_in(body.path) if visited else frozenset[str]()
        self.fixed = fixed.difference(body.inputs) if body.sort is Sort.FUNCTION else fixed
        self.boxes: list[Box] = []
        self.wires: dict[tuple[int, int], Connection] = {}
        self.maker: dict[str, int] = {}  # of a tensor, its box
        self.text_of: dict[str, str] = {}
        self.unlaid = 0

    def frame(self) -> Frame:
        body, nodes, whole = self.body, self.body.nodes, self.whole
        order = [*self.entries, *(i for i in range(len(nodes)) if i not in self.entries)]
        unseen = []
        if len(order) > whole.left:
            kept = max(whole.left, 0)
            unseen.append(f"{counted(len(order) - kept, 'node')} of {len(order):,}")
            order = order[:kept]
        whole.left -= len(order)
        whole.unopened = 0
        takes = {i: self._taken(nodes[i]) for i in order}
        users: dict[str, list[int]] = {}
        for index, names in takes.items():
            for name in names:
                users.setdefault(name, []).append(index)
        inner = owners(nodes, order, self.fixed, frozenset(body.outputs), users)
        within: dict[int, list[int]] = {}
        for index in order:
            if index in inner:
                within.setdefault(inner[index], []).append(index)
        drawn = [i for i in order if i not in inner]
        for name in body.inputs[:MOST_PORTS]:
            self._add(
                Box("input", name, role=Role.INPUT, graph=self.number, made=(TensorMade(name, self._text(name)),))
            )
        self._outside([*(name for i in drawn for name in takes[i]), *body.outputs], drawn, cut=bool(unseen))
        first = len(self.boxes)
        for index in drawn:
            self._node(index, takes[index], within.get(index, ()))
        for place, index in enumerate(drawn, first):
            self._join(place, (n for n in takes[index]))
        for name in body.outputs[:MOST_PORTS]:
            made = (TensorMade(name, self._text(name)),)
            stored = () if name in self.maker else made
            self.boxes.append(
                Box("output", name, role=Role.OUTPUT, graph=self.number, made=made,
                    stored=tuple(StoredInside(*m) for m in stored))
            )  # fmt: skip
            self._join(len(self.boxes) - 1, (name,))
        ports = sum(max(len(names) - MOST_PORTS, 0) for names in (body.inputs, body.outputs))
        if ports:
            unseen.append(counted(ports, "input or output", "inputs and outputs"))
        if whole.unopened:
            unseen.append(counted(whole.unopened, "body", "bodies"))
        if self.unlaid:
            unseen.append(counted(self.unlaid, "wire"))
        said = f"{', '.join(unseen)} not drawn" if unseen else ""
        return Frame(
            body.sort, body.title, tuple(self.boxes), tuple(self.wires.values()), body.parent, 1, self.number, said
        )

    @staticmethod
    def _taken(node: Node) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in (*node.inputs, *captured(node)) if name))

    def _text(self, name: str) -> str:
        text = self.text_of.get(name)
        if text is None:
            try:
                fact = self.facts[name]
            except KeyError:
                fact = None
            text = self.text_of[name] = self.whole.text(fact)
        return text

    def _add(self, box: Box) -> None:
        for tensor, _ in box.made:
            if tensor:
                self.maker.setdefault(tensor, len(self.boxes))
        self.boxes.append(box)

    def _outside(self, names: Iterable[str], drawn: Iterable[int], *, cut: bool) -> None:
        """Boxes for what comes from the graphs around, or from nowhere."""
        own = {name for index in drawn for name in self.body.nodes[index].outputs}
        room = len(self.boxes) + MOST_PORTS
        for name in dict.fromkeys(names):
            if len(self.boxes) >= room:
                break
            if name not in own and name not in self.maker and name not in self.fixed:
                at = (
                    self.whole.facts.producer(name, self.body.path)
                    if self.body.path in self.whole.facts.graphs
                    else None
                )
                link = f"n-{self.whole.numbers[at.graph]}-{at.index}" if at is not None else ""
                op = "from what is not drawn" if cut else "from outside" if self.body.path else "made by nothing"
                made = (TensorMade(name, self._text(name)),)
                self._add(Box(op, name, role=Role.PORT, graph=self.number, made=made, link=link))

    def _node(self, index: int, taken: Sequence[str], within: Sequence[int]) -> None:
        whole, node = self.whole, self.body.nodes[index]
        entry = self.entries.get(index)
        layer = whole.costs.layers.at(At(self.body.path, index)) if whole.costs and entry else None
        marked = list(whole.marked.get((self.number, index), ()))
        for inner in within:
            marked += whole.marked.get((self.number, inner), ())
        self._add(
            Box(
                node.op_type,
                node.name or f"{node.op_type}[{index}]",
                kind_of(node.op_type),
                Role.NODE,
                self.number,
                index,
                tuple([TensorMade(name, self._text(name)) for name in node.outputs if name]),
                whole.attributes_of(node),
                tuple(
                    [
                        StoredInside(name, self._text(name))
                        for name in taken
                        if name in self.fixed and name not in self.maker
                    ]
                ),
                tuple(within),
                layer.parameters if layer else 0,
                _count(layer.macs) if layer else 0,
                _count(layer.activation_bytes) if layer else 0,
                whole.formula(entry),
                tuple(marked),
                whole.opened(node, index, self.body.path, entry),
                node.op_type in ("Shape", "Size") or self._is_arithmetic(node),
            )
        )

    def _is_arithmetic(self, node: Node) -> bool:
        """Whether a node only works out a shape: small integers, followed by their values."""
        for name in node.outputs:
            fact = self.facts.get(name) if name else None
            if fact is None or fact.elements is None or fact.dtype not in _INTEGERS:
                return False
        return bool(node.outputs)

    def _join(self, target: int, names: Iterable[str]) -> None:
        for name in names:
            source = self.maker.get(name)
            if source is None:
                continue
            wire = self.wires.get((source, target))
            if wire is None and self.whole.wires_left <= 0:
                self.unlaid += 1
            elif wire is None:
                self.whole.wires_left -= 1
                self.wires[source, target] = Connection(source, target, name, self._text(name))
            else:
                self.wires[source, target] = wire._replace(more=wire.more + 1)


@lru_cache(maxsize=4096)
def _count(size: Size | None) -> int | str | None:
    return size if size is None or isinstance(size, int) else str(size)
