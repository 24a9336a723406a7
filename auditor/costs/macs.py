"""Multiply-accumulates of a whole run: what operators say of themselves, and how often their bodies run.

A function's body counts where it is called, a Loop's, Scan's or SequenceMap's times its trips, of an If the dearer
branch, or the one that is certainly taken. With open sizes a count is a polynomial; None: it cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ..model.graph import Graph, Node, has_subgraphs
from ..shapes.fact import Element, ShapeError
from ..shapes.facts import Facts
from ..shapes.ops.checks import add_up, add_up_times
from ..shapes.sizes.dim import Dim, Size, TooComplex, greatest, product
from ..shapes.troubles import At, Unsupported
from ..shapes.visits import Entry

_IDLE = frozenset({
    "Abs", "Add", "And", "ArgMax", "ArgMin", "Cast", "CastLike", "Ceil", "Clip", "Compress", "Concat",
    "ConcatFromSequence", "Constant", "ConstantOfShape", "CumSum", "Div", "Dropout", "Equal", "Erf", "Exp", "Expand",
    "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Greater", "GreaterOrEqual", "Identity", "If", "Less",
    "LessOrEqual", "Log", "Loop", "Max", "Min", "Mod", "Mul", "Neg", "NonZero", "Not", "OneHot", "Or", "Pad", "Pow",
    "Range", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Relu", "Reshape",
    "Round", "Scan", "ScatterElements", "ScatterND", "SequenceAt", "SequenceConstruct", "SequenceEmpty",
    "SequenceInsert", "SequenceLength", "SequenceMap", "Shape", "Sigmoid", "Sign", "Size", "Slice", "Softmax",
    "Split", "SplitToSequence", "Sqrt", "Squeeze", "Sub", "Sum", "Tanh", "Tile", "TopK", "Transpose", "Trilu",
    "Unsqueeze", "Where", "Xor",
})  # fmt: skip
"""Operators that multiply and accumulate nothing of their own, as bodies are full of. Of others it is asked."""


class Macs:
    """The counts of a model whose facts are known, each graph's once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[str, Size | None] = {}

    def of_graph(self, path: str) -> Size | None:
        """The MACs of one run of a graph, with those of the bodies in it; of one that was not walked nobody knows."""
        if path not in self._known:
            self._known[path] = 0  # a body cannot hold itself; this ends a hostile one
            walked = path in self._facts.graphs
            self._known[path] = add_up_times(self._of_each(path)) if walked else None
        return self._known[path]

    def _of_each(self, path: str) -> Iterator[tuple[Size | None, int]]:
        """The MACs of the nodes, and how many have them: equal ones do the same, but for a body in each."""
        for asked in self._facts.asked(path):
            if asked.entry.answer is None or has_subgraphs(asked.node):
                yield from ((self.of_node(At(path, index), asked.entry), 1) for index in asked.places)
            else:
                yield self.of_node(asked.at, asked.entry), len(asked.places)

    def of_node(self, at: At, entry: Entry) -> Size | None:
        """Those of a node, with all that its bodies do."""
        node, answer = self._facts.node(at), entry.answer
        bodies = [(name, value) for name, value in node.attributes.items() if isinstance(value, Graph)]
        if answer is None:
            # What cannot run computes nothing, and of an operator without a rule the report says that we have none.
            lost = not isinstance(entry.error, ShapeError) and at not in self._without_rule
            return None if lost and _multiplies(node) else 0
        if entry.body:
            return add_up((answer.macs, self.of_graph(entry.body)))
        if not bodies:
            return answer.macs
        prefix = f"{at.graph}/{self._facts.label(at)}" if at.graph else self._facts.label(at)
        if node.op_type == "If":
            return self._dearer([f"{prefix}/{name}" for name, _ in bodies])
        ((name, body), *_) = bodies
        path = f"{prefix}/{name}"
        if not any(map(_multiplies, body.nodes)):
            return 0
        once = self.of_graph(path)
        # A size that is another one in each run of the body cannot be multiplied by their number.
        changes = isinstance(once, Dim) and any(n.startswith(f"{path}/") for n in once.names)
        trips = self._trips(at, node, entry, body, path)
        if once is None or trips is None or (changes and trips != 1):
            return None
        return _times(once, trips)

    def _dearer(self, branches: list[str]) -> Size | None:
        """The most of the branches that were walked: where the condition is known, of the one that is taken."""
        walked = [path for path in branches if path in self._facts.graphs]
        dearest = self.of_graph(walked[0]) if walked else None
        for path in walked[1:]:
            other = self.of_graph(path)
            try:
                dearest = None if dearest is None or other is None else greatest(dearest, other)
            except TooComplex:
                return None
        return dearest

    @cached_property
    def _without_rule(self) -> frozenset[At]:
        return frozenset(t.at for t in self._facts.troubles if isinstance(t, Unsupported))

    # How often a body runs, where each time costs what the walk has seen last

    def _trips(self, at: At, node: Node, entry: Entry, body: Graph, path: str) -> Size | None:
        match node.op_type:
            case "Loop":
                return self._of_loop(at, node, body, path)
            case "Scan":
                return self._of_scan(at, node, batched=entry.inputs[0] == "sequence_lens")
            case "SequenceMap":
                return self._of_map(at, node)
            case _:
                return None

    def _of_loop(self, at: At, node: Node, body: Graph, path: str) -> Size | None:
        """The number given, where no condition can end the loop before."""
        given = [*node.inputs[:2], "", ""]
        most, start = (self._value(name, at.graph) for name in given[:2])
        if (given[1] and start is False) or (isinstance(most, int) and most < 1):
            return 0
        inside = self._facts.graphs[path].facts
        counter = inside.get(body.inputs[0].name) if body.inputs else None
        if counter is not None and counter.elements is not None and most != 1:
            return None  # followed one by one, and perhaps each of them another
        go_on = inside.get(body.outputs[0].name) if body.outputs else None
        ends = go_on is None or go_on.elements != (True,)
        if not isinstance(most, int | Dim) or (given[1] and start is not True) or (ends and most != 1):
            return None
        return greatest(most, 0)

    def _of_scan(self, at: At, node: Node, batched: bool) -> Size | None:
        scanned = node.attributes.get("num_scan_inputs")
        if not (isinstance(scanned, int) and 0 < scanned <= len(node.inputs)):
            return None
        if batched:
            return None if node.inputs[0] else self._sizes(at, node.inputs[-scanned:], [(0, 1)] * scanned)
        axes = node.attributes.get("scan_input_axes") or (0,) * scanned
        if not isinstance(axes, tuple):
            return None
        return self._sizes(at, node.inputs[-scanned:], [(axis,) for axis in axes if isinstance(axis, int)])

    def _sizes(self, at: At, names: tuple[str, ...], axes: list[tuple[int, ...]]) -> Size | None:
        """The product of these sizes of the first tensor of which they are known."""
        for name, places in zip(names, axes, strict=False):
            fact = self._facts.at(name, at.graph)
            if fact is not None and fact.shape is not None and max(places) < len(fact.shape):
                sizes = [size for place in places if (size := fact.shape[place]) is not None]
                if len(sizes) == len(places):
                    return product(sizes)
        return None

    def _of_map(self, at: At, node: Node) -> Size | None:
        """As many as there are items, if all are alike."""
        sequences = [fact.items for name in node.inputs if (fact := self._facts.at(name, at.graph)) and fact.items]
        if not sequences or any(len(set(items.each or ())) > 1 for items in sequences):
            return None
        return sequences[0].length

    def _value(self, name: str, graph: str) -> Element:
        fact = self._facts.at(name, graph) if name else None
        return fact.elements[0] if fact is not None and fact.elements else None


def by_node(facts: Facts) -> Iterator[tuple[int, Node, Size | None]]:
    """The nodes of the main graph that a run makes, with their places: what hangs on stored tensors alone left out."""
    counted, main, fixed = Macs(facts), facts.graphs[""], facts.fixed_in("")
    for index, entry in main.entries.items():
        node = main.nodes[index]
        if not (node.outputs and set(node.outputs) <= fixed):
            yield index, node, counted.of_node(At("", index), entry)


def _multiplies(node: Node) -> bool:
    """Whether a node may multiply and accumulate, or what stands in its bodies."""
    if node.domain not in ("", "ai.onnx") or node.op_type not in _IDLE:
        return True
    return any(map(_multiplies, _inside(node)))


def _inside(node: Node) -> Iterator[Node]:
    for value in node.attributes.values():
        if isinstance(value, Graph):
            yield from value.nodes


def _times(once: Size, trips: Size) -> Size | None:
    try:
        return once * trips
    except TooComplex:
        return None
