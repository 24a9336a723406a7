"""Carry intervals from a graph's inputs to its outputs, over the shapes that the facts know.

Two are kept of each tensor: what is sound, whatever happened before, and what holds if nothing before was NaN or
infinite. The second one tells where a fault begins: a node whose inputs are finite and whose output need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..model.dtypes import DType
from ..model.graph import AttributeReference, Graph, Model, Node, has_subgraphs
from ..model.order import ordered
from ..model.tensor import Blob, SparseTensor, Tensor
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.troubles import At
from ..tuples import NamedTuple
from .bodies import branches, called, repeated
from .known import Both, Known, assumed_finite, finite, known, meant, outward, whole
from .limits import INTEGERS, LIMITS, WRAPPING, limits
from .registry import RangeRule, rule_for
from .relations import Relations
from .site import Site
from .stored import MULTIPLIED_OUT, StoredNumbers, constant

_BY_CHANCE = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout"}
)
_DENSE = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
MOST_NODES = 100_000
"""Where a function calls another twice, and so on, each call is a walk of its own: twenty such are a million."""


class Start(NamedTuple):
    """A node from which on a number may be NaN or infinite. ``out``: of its output, as it came."""

    at: int  # the node of the main graph: this one, or the one in whose body it stands
    within: At | None  # where it stands in a body; None: in the main graph
    certain: bool  # it runs whenever the model does
    node: Node
    tensor: str
    inputs: tuple[Known | None, ...]
    out: Known


class Place(NamedTuple):
    """Where a walk is: in a graph, or in a function's body for one call."""

    path: str  # of the facts; "" for the main graph
    scope: dict[str, Both]  # the tensors that are known by now, those around it included
    opsets: Mapping[str, int]
    depth: int

    def below(self, path: str, scope: dict[str, Both], opsets: Mapping[str, int] | None = None) -> Place:
        """A body that one of its nodes runs."""
        return Place(path, scope, self.opsets if opsets is None else opsets, self.depth + 1)


class RangeWalk:
    """``given`` are the intervals of the graph's inputs; another input may hold all that its type can, if finite.

    ``strict``: a rule that fails ends it, for the tests; else it costs the node's interval. ``most``: so many nodes
    are looked at, those in branches and in functions once for each call; the others may give all that their types hold.
    """

    def __init__(
        self, model: Model, facts: Facts, given: Mapping[str, Known], store: StoredNumbers, *, strict: bool = False,
        most: int = MOST_NODES,
    ) -> None:  # fmt: skip
        self._model, self._facts, self._store, self._strict = model, facts, store, strict
        self._left = most
        self._relations = Relations()
        self._stored: dict[str, Mapping[str, Tensor]] = {}
        self._constants: dict[str, dict[str, Tensor]] = {}
        self.starts: list[Start] = []
        self.failed: list[str] = []  # nodes whose rule failed
        self.unbounded: dict[str, set[int]] = {}  # ids of nodes whose floating result nothing here bounds, by operator
        self.unbounded_in: dict[int, dict[str, None]] = {}  # those in bodies, by the node of the main graph
        self.left_out: set[int] = set()  # ids of nodes beyond ``most``, in a body at any time
        self.unentered = 0  # nodes whose body was not walked
        self.walked: set[int] = set()  # ids of nodes whose outputs were worked out
        self.in_bodies: set[int] = set()  # ids of nodes: a body is walked for each call, and until it is stable
        self.integers_in_bodies: set[int] = set()  # those of them that may wrap around, or cast to an integer
        self.decided: dict[int, bool] = {}  # If nodes of the main graph whose condition is always the same
        self.certain = True  # what is walked now runs whenever the model does
        self._running = 0  # the node of the main graph that is walked, or whose body is
        scope: dict[str, Both] = {}
        for value in model.graph.feeds:
            fact = facts.at(value.name)
            dtype = None if fact is None else fact.dtype
            one = meant(given[value.name]) if value.name in given else finite(dtype)
            scope[value.name] = self.entered(one._replace(key=self._relations.key("input", value.name)))
        self.main = self.graph(model.graph, Place("", scope, model.opsets, 0))

    def entered(self, one: Known) -> Both:
        self._relations.note(one)
        return Both(one, one) if one.finite or not limits(one.dtype).floating else Both(one, assumed_finite(one))

    def graph(self, graph: Graph, place: Place) -> dict[str, Both]:
        """Every tensor of a graph, whose inputs and what lies around it are known."""
        self._stored[place.path] = {t.name: t for t in graph.initializers}
        for sparse in graph.sparse_initializers:
            place.scope[sparse.name] = self.anew(_of_sparse(self._store, sparse))
        order = ordered(graph) if graph.nodes else ()
        for index in order:
            self.node(graph.nodes[index], index, place)
        return place.scope

    def anew(self, one: Known) -> Both:
        """As the value of a tensor that is equal to no other."""
        return self.entered(one._replace(key=self._relations.fresh()))

    def renewed(self, one: Both) -> Both:
        """The same as the value of another tensor."""
        key = self._relations.fresh()
        sound, assumed = one.sound._replace(key=key), one.assumed._replace(key=key)
        self._relations.note(assumed)
        return Both(sound, sound) if one.same else Both(sound, assumed)

    def value(self, name: str, place: Place) -> Both | None:
        """A tensor as a node sees it; a stored one is looked at when somebody asks."""
        if not name:
            return None
        found = place.scope.get(name)
        if found is None:
            tensor = self._tensor(name, place.path)
            if tensor is None:
                found = self.anew(whole(self.dtype(name, place.path)))
            else:
                one = self._store.known(tensor)._replace(key=self._relations.key("stored", id(tensor)))
                found = self.entered(one)
            place.scope[name] = found
        return found

    def dtype(self, name: str, path: str) -> int | None:
        """Of a tensor, as a number of `DType`; None where nobody knows."""
        fact = self._facts.at(name, path) if name else None
        return None if fact is None else fact.dtype

    def has_constant(self, name: str, path: str) -> bool:
        """Whether a Constant of that body makes the tensor."""
        return name in self._constants.get(path, {})

    def body_of(self, index: int, path: str) -> str:
        """The path of the body that was walked for a call of a function; "" where there is none."""
        entry = self._facts.entry(At(path, index)) if path in self._facts.graphs else None
        return "" if entry is None else entry.body or ""

    def _deferred(self, node: Node, name: str, place: Place) -> Both | None:
        """A large weight of dense arithmetic, whose rule reads it itself: nobody need look at it before."""
        if node.op_type not in _DENSE or name in place.scope:
            return None
        tensor = self._tensor(name, place.path)
        if tensor is None or tensor.elements <= MULTIPLIED_OUT or tensor.dtype not in LIMITS:
            return None
        one = finite(tensor.dtype)._replace(key=self._relations.key("stored", id(tensor)))
        return Both(one, one)

    def _tensor(self, name: str, path: str) -> Tensor | None:
        """A stored tensor of a graph or those around it, or a Constant's."""
        while True:
            found = self._stored.get(path, {}).get(name) or self._constants.get(path, {}).get(name)
            if found is not None or not path:
                return found
            path = self._facts.around(path)

    def node(self, node: Node, index: int, place: Place) -> None:
        """The outputs of one node, put into the scope."""
        path, scope = place.path, place.scope
        facts = tuple(self._facts.at(name, path) if name else None for name in node.outputs)
        if not path:
            self._running = index
        else:
            self.in_bodies.add(id(node))
            if _of_integers(node, facts):
                self.integers_in_bodies.add(id(node))
        self._left -= 1
        beyond = self._left < 0  # a body that it runs takes more
        outputs = [] if beyond else self._outputs(node, index, place, facts)
        if beyond:
            self.left_out.add(id(node))
        elif outputs:
            self.walked.add(id(node))
        elif any(_floating(facts, name, i) for i, name in enumerate(node.outputs)):
            name = f"{node.domain}:{node.op_type}" if node.domain else node.op_type
            self.unbounded.setdefault(name, set()).add(id(node))
            self.unentered += has_subgraphs(node) or (node.domain, node.op_type, node.overload) in self._model.functions
            if path:
                self.unbounded_in.setdefault(self._running, {})[name] = None
        for i, name in enumerate(node.outputs):
            if name:
                one = outputs[i] if i < len(outputs) else None
                scope[name] = one or self.anew(whole(self.dtype(name, path)))

    def _outputs(self, node: Node, index: int, place: Place, facts: tuple[Fact | None, ...]) -> list[Both | None]:
        """Of each output what is known; none where nothing is."""
        path, opsets = place.path, place.opsets
        function = self._model.functions.get((node.domain, node.op_type, node.overload))
        if function is not None:
            return called(self, node, index, place, function)
        if not node.domain:
            match node.op_type:
                case "Constant":
                    return [self._constant(node, path)]
                case "If":
                    return branches(self, node, index, place)
                case "Loop" | "Scan":
                    return repeated(self, node, index, place)
        rule = rule_for(node.domain, node.op_type, opsets.get(node.domain, 1))
        given = [self._deferred(node, name, place) or self.value(name, place) for name in node.inputs]
        elements = self._followed(node, facts, given)
        if elements is not None:
            return elements
        if rule is None or has_subgraphs(node):
            return []
        own_key = self._key(node, 0, given)
        site = Site(
            node,
            tuple(self._facts.at(name, path) if name else None for name in node.inputs),
            facts,
            self._relations,
            self._store,
            lambda name: self._tensor(name, path),
            opsets.get(node.domain, 1),
            own_key,
        )
        assumed = self._ask(rule, node, [g and g.assumed for g in given], site)
        form = site.form
        same = all(g is None or g.same for g in given)
        sound = assumed if same else None
        if not same and rule.infinite:
            sound = self._ask(rule, node, [_as_computed(g, rule) for g in given], site)
        nan = not same and any(g is not None and g.sound.nan for g in given)
        wraps = not (rule.picks or rule.moves)
        found: list[Both | None] = []
        for i in range(min(len(node.outputs), len(assumed or ()))):
            assert assumed is not None
            dtype = site.out_dtype(i)
            handed_on = assumed[i].key >= 0
            key = assumed[i].key if handed_on else self._key(node, i, given) if i else own_key
            rounds = 0.0 if handed_on else rule.rounds
            one = outward(assumed[i]._replace(dtype=dtype, key=key), rounds, wraps=wraps)
            if same:
                certain = one
            elif sound is not None and i < len(sound):
                certain = outward(sound[i]._replace(dtype=dtype, key=key), rounds, wraps=wraps)
                certain = certain._replace(nan=certain.nan or (nan and certain.limits.floating))
            else:
                certain = whole(dtype)._replace(key=key)
            if not one.finite and dtype in LIMITS:
                if node.outputs[i]:
                    within = At(path, index) if path else None
                    taken = tuple(g and g.assumed for g in given)
                    self.starts.append(Start(self._running, within, self.certain, node, node.outputs[i], taken, one))
                one = assumed_finite(one)
            elif i == 0 and (one.limits.floating or one.most < one.limits.high):  # else it may have wrapped around
                self._relations.keep(key, form)
            both = Both(certain, certain) if certain.finite else Both(certain, one)
            self._relations.note(both.assumed)
            found.append(both)
        return found

    def _key(self, node: Node, output: int, given: list[Both | None]) -> int:
        """What stands for an output: what makes it, of what."""
        if node.op_type in _BY_CHANCE or any(g is not None and g.assumed.key < 0 for g in given):
            return self._relations.fresh()
        inputs = (-2 if g is None else g.assumed.key for g in given)
        return self._relations.key(node.domain, node.op_type, id(node.attributes), output, *inputs)

    def _ask(self, rule: RangeRule, node: Node, given: list[Known | None], site: Site) -> tuple[Known, ...] | None:
        """What a rule says; None where it says nothing, or what it is asked does not fit it."""
        operator = rule.operator
        attributes: dict[str, Any] = {n: value for n, value in node.attributes.items() if n in operator.attributes}
        if any(isinstance(value, AttributeReference | Blob) for value in node.attributes.values()):
            return None  # a function's attribute comes with the call
        if (len(given) > len(operator.inputs) and not operator.variadic) or len(given) < operator.required:
            return None
        if rule.takes_site:
            attributes["site"] = site
        try:
            with np.errstate(all="ignore"):
                said = operator.run(*given, **attributes)
        except Exception:
            if self._strict:
                raise
            self.failed.append(node.name or node.op_type)
            return None
        return (said,) if isinstance(said, Known) else said

    def _followed(
        self, node: Node, facts: tuple[Fact | None, ...], given: list[Both | None]
    ) -> list[Both | None] | None:
        """Outputs whose elements the shapes follow: sizes, axes, bounds."""
        found: list[Both | None] = []
        for i, fact in enumerate(facts):
            elements = None if fact is None or fact.declared or fact.shape is None else fact.elements
            if elements is None or not all(isinstance(e, bool | int | float) for e in elements):
                return None
            assert fact is not None and fact.shape is not None
            shape = fact.shape
            if not all(isinstance(size, int) for size in shape):
                return None
            numbers = np.array(elements, np.float64).reshape(shape)  # type: ignore[arg-type]  # they are ints
            if not np.isfinite(numbers).all() or np.abs(numbers).max(initial=0.0) > 2.0**53:
                return None
            found.append(self.entered(known(fact.dtype, numbers, numbers)._replace(key=self._key(node, i, given))))
        return found or None

    def _constant(self, node: Node, path: str) -> Both | None:
        for name, value in node.attributes.items():
            if isinstance(value, SparseTensor):
                return self.anew(_of_sparse(self._store, value))
            if isinstance(value, Tensor):
                if node.outputs and node.outputs[0]:
                    self._constants.setdefault(path, {})[node.outputs[0]] = value
                return self.entered(self._store.known(value)._replace(key=self._relations.key("stored", id(value))))
            numbers = value if isinstance(value, tuple) else (value,)
            if all(isinstance(n, int | float) for n in numbers) and not name.startswith("value_string"):
                dtype = 7 if "int" in name else 1
                array = np.array(value, np.int64 if dtype == 7 else np.float32)
                return self.anew(constant(dtype, array))
        return None


def _as_computed(one: Both | None, rule: RangeRule) -> Known | None:
    """A kernel that compares makes of a NaN what it makes of some number: it is taken for any."""
    if one is None or not one.sound.nan or rule.moves:
        return one and one.sound
    return whole(one.sound.dtype)._replace(key=one.sound.key)


def _of_sparse(store: StoredNumbers, sparse: SparseTensor) -> Known:
    """Its values, and the zeros between."""
    values = store.known(sparse.values)
    return known(values.dtype, min(values.least, 0.0), max(values.most, 0.0), values.nan)


def _floating(facts: tuple[Fact | None, ...], name: str, position: int) -> bool:
    """Whether an output that somebody may take is of floating point, or of a type that nobody knows."""
    fact = facts[position]
    dtype = None if fact is None else fact.dtype
    return bool(name) and dtype != DType.STRING and limits(dtype).floating


def _of_integers(node: Node, facts: tuple[Fact | None, ...]) -> bool:
    """Whether it makes integers that may not be what they are meant to."""
    first = facts[0] if facts else None
    return (node.op_type in WRAPPING or node.op_type == "Cast") and first is not None and first.dtype in INTEGERS
