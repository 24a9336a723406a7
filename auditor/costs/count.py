"""What a model costs: parameters, multiply-accumulates and activation bytes, per layer and in all.

The definitions are DESIGN.md's, "Counting". Operators say what they need and what they compute (`shapes.fact.Answer`);
here it is only summed, each shared weight once.
With open sizes a count is a polynomial; None: it cannot be known.
"""

from collections.abc import Iterable, Iterator, Set

from ..garbage import uncollected
from ..model.dtypes import FLOATS
from ..model.graph import Node
from ..shapes.asked import Question
from ..shapes.fact import BroadcastsTo, Exact, Fact, Need
from ..shapes.facts import Facts
from ..shapes.ops.checks import add_up, add_up_times
from ..shapes.sizes.dim import Size, product
from ..shapes.troubles import At
from ..tuples import NamedTuple
from .layers import LayerSequence
from .lists import in_attributes
from .macs import Macs
from .parameters import Parameters
from .peak import generated, peak_activations
from .roots import Key

_BIASED = frozenset({"Conv", "ConvTranspose", "MatMul"})
_ELEMENTWISE = frozenset({"Add", "Sub", "Mul", "Div"})


class Costs(NamedTuple):
    """The layers in the order of the walk, and the sums."""

    layers: LayerSequence
    nodes: int
    parameters: int
    learnable: Size | None
    statistics: Size | None  # running means and variances
    elementwise: int  # stored for element-wise operators, and no layer's
    macs: Size | None
    body_macs: Size | None  # the part of the MACs that lies in subgraphs and functions
    folded_macs: int  # the part that hangs on stored tensors alone: done once, when a runtime loads the model
    weight_bytes: int
    peak_activation_bytes: Size | None
    generated_bytes: int  # of tensors that nodes make of stored ones alone, such as ConstantOfShape's weights

    @property
    def needed_bytes(self) -> int:
        """Bytes that a run takes at least: where that is too many, starting a runtime makes no sense."""
        peak = self.peak_activation_bytes
        return self.weight_bytes + self.generated_bytes + (peak if isinstance(peak, int) else 0)

    @property
    def flops(self) -> Size | None:
        return None if self.macs is None else 2 * self.macs

    @property
    def run_flops(self) -> Size | None:
        """Those that hang on the inputs: what a runtime does in each run, if it folds what is constant."""
        return None if self.macs is None else 2 * (self.macs - self.folded_macs)


def count(facts: Facts) -> Costs:
    """The costs of a model whose facts are known."""
    with uncollected():
        return _Counting(facts).costs()


class _Counting:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.held = Parameters(facts)
        self.seen: set[Key] = set()  # weights already counted
        self.sizes: dict[tuple[int, int], Size | None] = {}
        self.statistics: Size | None = 0
        self.lists = in_attributes(facts.model)

    def costs(self) -> Costs:
        learnable = self._learnable()
        counted = Macs(self.facts)
        macs = counted.of_graph("")
        main = self.facts.asked("")
        own = add_up_times((0 if a.entry.answer is None else a.entry.answer.macs, len(a.places)) for a in main)
        return Costs(
            LayerSequence(self.facts, learnable),
            sum(len(v.nodes) for v in self.facts.graphs.values()),
            self.held.elements + self.lists.elements,
            add_up(learnable.values()),
            self.statistics,
            self._elementwise(),
            macs,
            None if macs is None or own is None else add_up((macs, -own)),
            self._folded(counted),
            self.held.bytes + self.lists.bytes,
            peak_activations(self.facts),
            generated(self.facts),
        )

    def _folded(self, counted: Macs) -> int:
        """Those of the main graph's nodes, with their bodies; and of functions and bodies in other nodes, once each."""
        found: list[Size | None] = []
        whole = []
        for asked in self.facts.asked(""):
            if asked.fixed and asked.node.outputs:
                found += [counted.of_node(asked.at, asked.entry)] * len(asked.places)
                whole += [f"{asked.entry.body or self.facts.label(At('', index))}/" for index in asked.places]
        for path in self.facts.graphs:
            if path and not f"{path}/".startswith(tuple(whole)):
                for asked in self.facts.asked(path):
                    if asked.fixed and asked.node.outputs and asked.entry.answer is not None:
                        found += [asked.entry.answer.macs] * len(asked.places)
        return sum(macs for macs in found if isinstance(macs, int))

    def _new(self, name: str, path: str, size: Size) -> Size:
        """Of a weight's elements those not counted yet, no more than are stored; now they are counted."""
        root = self.held.itself(name, path)
        if root is not None:
            return self._new_of({root}, size)
        total: Size = 0
        for roots in self.held.weights.behind(name, path):
            total += self._new_of(roots, size)
        return total

    def _new_of(self, roots: Set[Key], size: Size) -> Size:
        new = roots - self.seen
        if not new:
            return 0
        self.seen |= new
        held = 0
        for root in new:
            tensor = self.held.tensor(root)
            if tensor is None:  # a filled tensor stands for a stored one
                return size
            held += tensor.elements
        return min(size, held) if isinstance(size, int) else size

    def _learnable(self) -> dict[At, Size | None]:
        """What each node learns, where that is not nothing; of a weight that several share, the first."""
        found: dict[At, Size | None] = {}
        for path, visited in self.facts.graphs.items():
            nodes, entries = visited.nodes, visited.entries
            counted = {id(asked.entry): _counted(asked) for asked in self.facts.asked(path)}
            for index in self.facts.places_where(path, _may_learn):
                at = At(path, index)
                size = self._of_node(at, nodes[index], counted[id(entries[index])])
                if size != 0:
                    found[at] = size
        return found

    def _of_node(self, at: At, node: Node, counted: list[tuple[int, Need]]) -> Size | None:
        total: Size | None = 0
        for place, need in counted:
            name = node.inputs[place] if place < len(node.inputs) else ""
            if not name or not self.facts.fixed(name, at.graph):
                continue
            size = self._elements(need, self.facts.at(name, at.graph))
            size = None if size is None else self._new(name, at.graph, size)
            if need.role == "learnable":
                total = _both(total, size)
            else:
                self.statistics = _both(self.statistics, size)
        if node.op_type == "Add" and len(node.inputs) == 2:
            total = _both(total, self._bias(at, node))
        return total

    def _elements(self, need: Need, actual: Fact | None) -> Size | None:
        """How many elements a parameter has by the formula. Equal needs and facts are one object."""
        key = id(need), id(actual)
        if key not in self.sizes:
            self.sizes[key] = _elements(need, actual)
        return self.sizes[key]

    def _bias(self, at: At, node: Node) -> Size | None:
        """The elements of a constant Add directly behind a layer that has no bias of its own."""
        fixed = self.facts.fixed_in(at.graph)
        first, second = node.inputs
        if (first in fixed) == (second in fixed):
            return 0
        made, other = (second, first) if first in fixed else (first, second)
        producer = self.facts.producer(made, at.graph)
        fact = self.facts.at(other, at.graph)
        if producer is None or producer.graph != at.graph or fact is None or fact.shape is None:
            return 0
        layer = self.facts.node(producer)
        result = self.facts.at(made, at.graph)
        if layer.op_type not in _BIASED or (len(layer.inputs) > 2 and layer.inputs[2]):
            return 0
        if result is None or not result.shape or layer.inputs[1] not in fixed:
            return 0
        channels = result.shape[1 if layer.op_type != "MatMul" and len(result.shape) > 1 else -1]
        elements = product(s for s in fact.shape if s is not None)
        return self._new(other, at.graph, elements) if elements == channels else 0

    def _elementwise(self) -> int:
        found: dict[Key, int] = {}
        for asked in self.facts.asked_of(_ELEMENTWISE):
            path = asked.at.graph
            fixed, nodes = self.facts.fixed_in(path), self.facts.graphs[path].nodes
            for place, first in enumerate(asked.node.inputs):
                for name in [nodes[index].inputs[place] for index in asked.places] if first and first in fixed else ():
                    root = self.held.itself(name, path)
                    sets = self.held.weights.behind(name, path) if root is None else ({root},)
                    found.update(self._left_of(sets))
        return sum(elements for elements in found.values() if elements > 1)

    def _left_of(self, sets: Iterable[Set[Key]]) -> Iterator[tuple[Key, int]]:
        """The stored floats among the roots of a tensor that no layer has counted, with their elements."""
        for roots in sets:
            for root in roots - self.seen:
                tensor = self.held.tensor(root)
                if tensor is not None and tensor.dtype in FLOATS:
                    yield root, tensor.elements


def _counted(asked: Question) -> list[tuple[int, Need]]:
    """The inputs that are parameters, by their places, with what they need."""
    entry = asked.entry
    needs = entry.answer.needs.items() if entry.answer is not None else ()
    return [(entry.inputs.index(parameter), need) for parameter, need in needs if need.role]


def _may_learn(asked: Question) -> bool:
    """Whether nodes have parameters, or add what may be a bias."""
    answer, node = asked.entry.answer, asked.node
    bias = node.op_type == "Add" and len(node.inputs) == 2
    return answer is not None and (bias or any(need.role for need in answer.needs.values()))


def _both(one: Size | None, other: Size | None) -> Size | None:
    """Their sum, if both are known."""
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return add_up((one, other))


def _elements(need: Need, actual: Fact | None) -> Size | None:
    """How many elements a parameter has by the formula; what the formula leaves open, as it is."""
    have = None if actual is None else actual.shape
    match need:
        case Exact(shape=wanted):
            if have is not None and len(have) == len(wanted):
                wanted = tuple(w if isinstance(w, int) or h is None else h for w, h in zip(wanted, have, strict=True))
        case BroadcastsTo(shape=wanted):
            wanted = have if have is not None else wanted[-1:]
    sizes = [s for s in wanted if s is not None]
    return product(sizes) if len(sizes) == len(wanted) else None
