"""What a model costs: parameters, multiply-accumulates and activation bytes, per layer and in all.

The definitions are DESIGN.md's, "Counting". Operators say what they need and what they compute (`shapes.fact.Answer`);
here it is only summed, each shared weight once.
With open sizes a count is a polynomial; None: it cannot be known.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from ..garbage import uncollected
from ..model.dtypes import FLOATS, bytes_of
from ..model.graph import Node, SparseTensor, Tensor
from ..shapes.fact import BroadcastsTo, Exact, Fact, Need
from ..shapes.facts import Facts
from ..shapes.ops.checks import add_up
from ..shapes.sizes.dim import Size, product
from ..shapes.troubles import At
from ..shapes.visits import Entry
from ..tuples import NamedTuple
from .lists import in_attributes
from .macs import Macs
from .peak import bytes_of_fact, generated, peak_activations
from .roots import Key, WeightRoots

_QUANTISED = {
    "DequantizeLinear": (0,),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (3,),
    "ConvInteger": (1,),
    "MatMulInteger": (1,),
    "DynamicQuantizeLSTM": (1, 2),
}
"""Where an integer tensor is a quantised weight."""

_BIASED = frozenset({"Conv", "ConvTranspose", "MatMul"})
_ELEMENTWISE = frozenset({"Add", "Sub", "Mul", "Div"})


class Layer(NamedTuple):
    """One node's share. ``needs`` are the shapes that its parameters must have."""

    at: At
    label: str
    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    facts: tuple[Fact | None, ...]  # of the outputs
    needs: Mapping[str, Need]
    parameters: int  # stored elements that this node is the first to use
    learnable: Size | None  # by the formulas; what an earlier layer shares counts there
    macs: Size | None
    activation_bytes: Size | None


class Costs(NamedTuple):
    """The layers in the order of the walk, and the sums."""

    layers: tuple[Layer, ...]
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
        self.weights = WeightRoots(facts)
        self.seen: set[Key] = set()  # weights already counted
        self.statistics: Size | None = 0
        self.stored = dict(self._stored())
        self.lists = in_attributes(facts.model)

    def costs(self) -> Costs:
        layers = tuple(self._layers(self._first_use()))
        learnable = add_up(layer.learnable for layer in layers)
        counted = Macs(self.facts)
        macs = counted.of_graph("")
        own = add_up(layer.macs for layer in layers if not layer.at.graph)
        return Costs(
            layers,
            sum(len(v.nodes) for v in self.facts.graphs.values()),
            sum(self.stored[key].elements for key in self._parameters) + self.lists.elements,
            learnable,
            self.statistics,
            self._elementwise(),
            macs,
            None if macs is None or own is None else add_up((macs, -own)),
            self._folded(layers, counted),
            sum(_stored_bytes(t) for t in self.stored.values()) + self.lists.bytes,
            peak_activations(self.facts),
            generated(self.facts),
        )

    def _folded(self, layers: tuple[Layer, ...], counted: Macs) -> int:
        """Those of the main graph's nodes, with their bodies; and of functions and bodies in other nodes, once each."""
        main, fixed, whole = self.facts.graphs[""], self.facts.fixed_in(""), []
        found: list[Size | None] = []
        for index, entry in main.entries.items():
            node = main.nodes[index]
            if node.outputs and set(node.outputs) <= fixed:
                at = At("", index)
                found.append(counted.of_node(at, entry))
                whole.append(f"{entry.body or self.facts.label(at)}/")
        for layer in layers:
            path = layer.at.graph
            if path and layer.macs and layer.outputs and not f"{path}/".startswith(tuple(whole)):
                found.append(layer.macs if set(layer.outputs) <= self.facts.fixed_in(path) else 0)
        return sum(macs for macs in found if isinstance(macs, int))

    # Stored tensors

    def _stored(self) -> Iterable[tuple[Key, Tensor]]:
        """Every tensor that the file stores for operators, by (graph, name); a Constant's under its output's name."""
        for path, graph in self.facts.model.graphs:
            yield from (((path, t.name), t) for t in graph.initializers)
            yield from (((path, s.name), s.values) for s in graph.sparse_initializers)
        for path, visited in self.facts.graphs.items():
            for node in visited.nodes:
                if node.op_type == "Constant" and not node.domain and node.outputs:
                    value = node.attributes.get("value") or node.attributes.get("sparse_value")
                    if isinstance(value, SparseTensor):
                        value = value.values
                    if isinstance(value, Tensor):
                        yield (path, node.outputs[0]), value

    @cached_property
    def _parameters(self) -> frozenset[Key]:
        """The stored tensors that are parameters: floats, and integers that a node takes for numbers."""
        numbers = {key for key, t in self.stored.items() if t.dtype in FLOATS}
        for path, visited in self.facts.graphs.items():
            for index, entry in visited.entries.items():
                node = visited.nodes[index]
                if node.op_type in _QUANTISED or (entry.answer is not None and entry.answer.needs):
                    for name in self._weights_of(node, entry):
                        for roots in self.weights.behind(name, path):
                            numbers |= roots
        return frozenset(numbers & self.stored.keys())

    def _weights_of(self, node: Node, entry: Entry) -> Iterator[str]:
        """The inputs that a node takes for numbers, whatever their type."""
        for i in _QUANTISED.get(node.op_type, ()):
            if i < len(node.inputs) and node.inputs[i]:
                yield node.inputs[i]
        for parameter, need in entry.answer.needs.items() if entry.answer is not None else ():
            index = entry.inputs.index(parameter)
            if need.role and index < len(node.inputs) and node.inputs[index]:
                yield node.inputs[index]

    def _first_use(self) -> Mapping[At, int]:
        """Stored parameters by the node that uses them first."""
        uses: dict[At, int] = {}
        left = set(self._parameters)
        for path, visited in self.facts.graphs.items():
            fixed = self.facts.fixed_in(path)
            for index in visited.entries:
                for name in visited.nodes[index].inputs:
                    key = (self.facts.owner(name, path), name) if name in fixed else None
                    if key in left:
                        left.remove(key)
                        uses[At(path, index)] = uses.get(At(path, index), 0) + self.stored[key].elements
        return uses

    def _new(self, name: str, path: str, size: Size) -> Size:
        """Of a weight's elements those not counted yet, no more than are stored; now they are counted."""
        total: Size = 0
        for roots in self.weights.behind(name, path):
            new = roots - self.seen
            self.seen |= new
            if any(root not in self.stored for root in new):  # a filled tensor stands for a stored one
                total += size
            elif new:
                held = sum(self.stored[root].elements for root in new)
                total += min(size, held) if isinstance(size, int) else size
        return total

    # Layers

    def _layers(self, first_use: Mapping[At, int]) -> Iterable[Layer]:
        for path, visited in self.facts.graphs.items():
            fixed = self.facts.fixed_in(path)
            for index, entry in visited.entries.items():
                at, node = At(path, index), visited.nodes[index]
                outputs = tuple([visited.facts.get(name) if name else None for name in node.outputs])
                answer = entry.answer
                label = node.name or f"{node.op_type}[{index}]"
                made = zip(node.outputs, outputs, strict=True)
                held = [bytes_of_fact(fact) for name, fact in made if name and name not in fixed]
                yield Layer(
                    at,
                    f"{path}/{label}" if path else label,
                    node.op_type,
                    node.inputs,
                    node.outputs,
                    outputs,
                    {} if answer is None else answer.needs,
                    first_use.get(at, 0),
                    self._learnable(at, node, entry),
                    0 if answer is None else answer.macs,
                    held[0] if len(held) == 1 else add_up(held),
                )

    def _learnable(self, at: At, node: Node, entry: Entry) -> Size | None:
        if entry.answer is None:
            return 0
        total: Size | None = 0
        for parameter, need in entry.answer.needs.items():
            if not need.role:
                continue
            index = entry.inputs.index(parameter)
            name = node.inputs[index] if index < len(node.inputs) else ""
            if not name or not self.facts.fixed(name, at.graph):
                continue
            size = _elements(need, self.facts.at(name, at.graph))
            size = None if size is None else self._new(name, at.graph, size)
            if need.role == "learnable":
                total = add_up((total, size))
            else:
                self.statistics = add_up((self.statistics, size))
        if node.op_type == "Add" and len(node.inputs) == 2:
            total = add_up((total, self._bias(at, node)))
        return total

    def _bias(self, at: At, node: Node) -> Size | None:
        """The elements of a constant Add directly behind a layer that has no bias of its own."""
        fixed = self.facts.fixed_in(at.graph)
        for made, other in (node.inputs, node.inputs[::-1]):
            if other not in fixed or made in fixed:
                continue
            producer = self.facts.producer(made, at.graph)
            fact = self.facts.at(other, at.graph)
            if producer is None or producer.graph != at.graph or fact is None or fact.shape is None:
                continue
            layer = self.facts.node(producer)
            result = self.facts.at(made, at.graph)
            if layer.op_type not in _BIASED or (len(layer.inputs) > 2 and layer.inputs[2]):
                continue
            if result is None or not result.shape or not self.facts.fixed(layer.inputs[1], at.graph):
                continue
            channels = result.shape[1 if layer.op_type != "MatMul" and len(result.shape) > 1 else -1]
            elements = product(s for s in fact.shape if s is not None)
            if elements == channels and (new := self._new(other, at.graph, elements)):
                return new
        return 0

    def _elementwise(self) -> int:
        stored = self.stored
        keys: set[Key] = set()
        for path, visited in self.facts.graphs.items():
            for index in visited.entries:
                node = visited.nodes[index]
                if node.op_type in _ELEMENTWISE:
                    fixed = [name for name in node.inputs if name and self.facts.fixed(name, path)]
                    roots = [root for name in fixed for each in self.weights.behind(name, path) for root in each]
                    keys.update(r for r in roots if r not in self.seen and r in stored and stored[r].dtype in FLOATS)
        return sum(stored[key].elements for key in keys if stored[key].elements > 1)


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


def _stored_bytes(tensor: Tensor) -> int:
    if tensor.external is None and tensor.spans:
        return sum(span.length for span in tensor.spans)
    return bytes_of(tensor.dtype, tensor.elements) or 0
