"""Carry intervals from a graph's inputs to its outputs, over the shapes that the facts know.

Two are kept of each tensor: what is sound, whatever happened before, and what holds if nothing before was NaN or
infinite. The second one tells where a fault begins: a node whose inputs are finite and whose output need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..model.graph import AttributeReference, Graph, Model, Node, has_subgraphs
from ..model.order import ordered
from ..model.tensor import Blob, SparseTensor, Tensor
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from ..shapes.troubles import At
from ..tuples import NamedTuple
from .known import Known, assumed_finite, finite, hull, known, meant, outward, whole
from .limits import LIMITS, limits
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

_DEPTH = 8


class Both(NamedTuple):
    """A tensor as it certainly is, and as it is where nothing before it was NaN or infinite."""

    sound: Known
    assumed: Known

    @property
    def same(self) -> bool:
        return self.sound is self.assumed


class Start(NamedTuple):
    """A node of the main graph from which on a number may be NaN or infinite. ``out``: of its output, as it came."""

    at: int
    tensor: str
    inputs: tuple[Known | None, ...]
    out: Known


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
        self.decided: dict[int, bool] = {}  # If nodes of the main graph whose condition is always the same
        scope: dict[str, Both] = {}
        for value in model.graph.feeds:
            fact = facts.at(value.name)
            dtype = None if fact is None else fact.dtype
            one = meant(given[value.name]) if value.name in given else finite(dtype)
            scope[value.name] = self._entered(one._replace(key=self._relations.key("input", value.name)))
        self.main = self._graph(model.graph, "", scope, model.opsets, 0)

    def _entered(self, one: Known) -> Both:
        self._relations.note(one)
        return Both(one, one) if one.finite or not limits(one.dtype).floating else Both(one, assumed_finite(one))

    def _graph(
        self, graph: Graph, path: str, scope: dict[str, Both], opsets: Mapping[str, int], depth: int
    ) -> dict[str, Both]:
        """Every tensor of a graph; ``scope`` has its inputs and what lies around it, and is filled."""
        self._stored[path] = {t.name: t for t in graph.initializers}
        for sparse in graph.sparse_initializers:
            scope[sparse.name] = self._entered(_of_sparse(self._store, sparse)._replace(key=self._relations.fresh()))
        order = ordered(graph) if graph.nodes else ()
        for index in order:
            self._node(graph.nodes[index], index, path, scope, opsets, depth)
        return scope

    def _value(self, name: str, path: str, scope: dict[str, Both]) -> Both | None:
        """A tensor as a node sees it; a stored one is looked at when somebody asks."""
        if not name:
            return None
        found = scope.get(name)
        if found is None:
            tensor = self._tensor(name, path)
            if tensor is None:
                fact = self._facts.at(name, path)
                one = whole(None if fact is None else fact.dtype)._replace(key=self._relations.fresh())
            else:
                one = self._store.known(tensor)._replace(key=self._relations.key("stored", id(tensor)))
            found = scope[name] = self._entered(one)
        return found

    def _deferred(self, node: Node, name: str, path: str, scope: dict[str, Both]) -> Both | None:
        """A large weight of dense arithmetic, whose rule reads it itself: nobody need look at it before."""
        if node.op_type not in _DENSE or name in scope:
            return None
        tensor = self._tensor(name, path)
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

    def _node(
        self, node: Node, index: int, path: str, scope: dict[str, Both], opsets: Mapping[str, int], depth: int
    ) -> None:
        facts = tuple(self._facts.at(name, path) if name else None for name in node.outputs)
        dtypes = [None if fact is None else fact.dtype for fact in facts]
        self._left -= 1
        outputs = self._outputs(node, index, path, scope, opsets, facts, depth) if self._left >= 0 else []
        for i, name in enumerate(node.outputs):
            if name:
                one = outputs[i] if i < len(outputs) else None
                scope[name] = one or self._entered(whole(dtypes[i])._replace(key=self._relations.fresh()))

    def _outputs(
        self,
        node: Node,
        index: int,
        path: str,
        scope: dict[str, Both],
        opsets: Mapping[str, int],
        facts: tuple[Fact | None, ...],
        depth: int,
    ) -> list[Both | None]:
        if (node.domain, node.op_type, node.overload) in self._model.functions:
            return self._called(node, index, path, scope, depth)
        if node.op_type == "Constant" and not node.domain:
            return [self._constant(node, path)]
        if node.op_type == "If" and not node.domain:
            return self._branches(node, index, path, scope, opsets, depth)
        rule = rule_for(node.domain, node.op_type, opsets.get(node.domain, 1))
        given = [self._deferred(node, name, path, scope) or self._value(name, path, scope) for name in node.inputs]
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
                if not path and node.outputs[i]:
                    self.starts.append(Start(index, node.outputs[i], tuple(g and g.assumed for g in given), one))
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
            found.append(self._entered(known(fact.dtype, numbers, numbers)._replace(key=self._key(node, i, given))))
        return found or None

    def _constant(self, node: Node, path: str) -> Both | None:
        for name, value in node.attributes.items():
            if isinstance(value, SparseTensor):
                return self._entered(_of_sparse(self._store, value)._replace(key=self._relations.fresh()))
            if isinstance(value, Tensor):
                if node.outputs and node.outputs[0]:
                    self._constants.setdefault(path, {})[node.outputs[0]] = value
                return self._entered(self._store.known(value)._replace(key=self._relations.key("stored", id(value))))
            numbers = value if isinstance(value, tuple) else (value,)
            if all(isinstance(n, int | float) for n in numbers) and not name.startswith("value_string"):
                dtype = 7 if "int" in name else 1
                array = np.array(value, np.int64 if dtype == 7 else np.float32)
                return self._entered(constant(dtype, array)._replace(key=self._relations.fresh()))
        return None

    def _branches(
        self, node: Node, index: int, path: str, scope: dict[str, Both], opsets: Mapping[str, int], depth: int
    ) -> list[Both | None]:
        """What both branches may give; of a condition that is always the same, the one that runs."""
        condition = self._value(node.inputs[0], path, scope) if node.inputs else None
        label = node.name or f"{node.op_type}[{index}]"
        bodies = [node.attributes.get(name) for name in ("then_branch", "else_branch")]
        if condition is None or depth >= _DEPTH or not all(isinstance(body, Graph) for body in bodies):
            return []
        runs = (True, True)
        if condition.sound.constant and condition.sound.low.size:
            chosen = condition.sound.least != 0
            runs = (chosen, not chosen)
            if not path:
                self.decided[index] = chosen
        ends: list[list[Both | None]] = []
        for name, body, run in zip(("then_branch", "else_branch"), bodies, runs, strict=True):
            if run:
                assert isinstance(body, Graph)
                inner = f"{path}/{label}/{name}" if path else f"{label}/{name}"
                inside = self._graph(body, inner, dict(scope), opsets, depth + 1)
                ends.append([self._value(v.name, inner, inside) for v in body.outputs])
        return [_either(list(several)) for several in zip(*ends, strict=False)]

    def _called(self, node: Node, index: int, path: str, scope: dict[str, Both], depth: int) -> list[Both | None]:
        """A function's body, for these inputs."""
        entry = self._facts.entry(At(path, index)) if path in self._facts.graphs else None
        if entry is None or not entry.body or depth >= _DEPTH:
            return []
        function = self._model.functions[node.domain, node.op_type, node.overload]
        inside = {
            name: self._value(given, path, scope) or self._entered(whole(None)._replace(key=self._relations.fresh()))
            for name, given in zip(function.inputs, node.inputs, strict=False)
        }
        for i, inner in enumerate(function.nodes):
            if all(name in inside or not name or name in self._constants.get(entry.body, {}) for name in inner.inputs):
                self._node(inner, i, entry.body, inside, function.opsets, depth + 1)
        return [inside.get(name) for name in function.outputs]


def _as_computed(one: Both | None, rule: RangeRule) -> Known | None:
    """A kernel that compares makes of a NaN what it makes of some number: it is taken for any."""
    if one is None or not one.sound.nan or rule.moves:
        return one and one.sound
    return whole(one.sound.dtype)._replace(key=one.sound.key)


def _either(several: list[Both | None]) -> Both | None:
    both = [one for one in several if one is not None]
    if len(both) < len(several):
        return None
    if len(both) == 1:
        return both[0]
    sound = hull(*(one.sound for one in both))
    return Both(sound, sound) if sound.finite else Both(sound, hull(*(one.assumed for one in both)))


def _of_sparse(store: StoredNumbers, sparse: SparseTensor) -> Known:
    """Its values, and the zeros between."""
    values = store.known(sparse.values)
    return known(values.dtype, min(values.least, 0.0), max(values.most, 0.0), values.nan)
