"""Carry facts from a graph's inputs to its outputs.

The walk asks every node once, in order, and always reaches the end: a node that it cannot follow costs its own outputs,
which fall back to what the model declares for them (marked so), and leaves a trouble behind. Answers are remembered by
operator, attributes and input facts, so repeated blocks become dictionary look-ups (FACTS.md, section 5).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..model.graph import Attribute, Attributes, Function, Graph, Model, Node, Reference, Tensor, TensorType, Value
from ..model.order import ordered
from ..model.payload import small
from .dim import Dim, Size, TooComplex, named
from .fact import MOST_ELEMENTS, NO_NEEDS, Answer, Fact, Need, Shape, ShapeError, show
from .ops.checks import fits
from .registry import Rule, find
from .troubles import At, Exhausted, Impossible, Internal, Misfit, Open, Trouble, Undefined, Unsupported

_FLOATS_FOLLOWED = 8  # Resize scales, Range bounds; a bias of more channels is never a shape
_FOLLOWED_AS_FLOAT = frozenset({1, 10, 11, 16})
_FOLLOWED = frozenset({2, 3, 4, 5, 6, 7, 9, 12, 13})
_SCALARS: dict[str, tuple[type, ...]] = {
    "tuple[int, ...]": (int,),
    "tuple[float, ...]": (float, int),
    "tuple[str, ...]": (str,),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What one propagation may use: node visits (functions and loop bodies count each time), nesting, seconds."""

    visits: int = 2_000_000
    depth: int = 64
    seconds: float = 60.0


class Entry(NamedTuple):
    """What is remembered of one question: the answer, or why there is none."""

    outputs: tuple[Fact, ...]
    answer: Answer | None
    unknown: bool  # an output has a size that wants a name
    needs: tuple[tuple[str, Need, Shape, bool | None], ...]  # those that fail (False) or are open (None)
    error: ShapeError | Exception | None
    inputs: tuple[str, ...]  # of the rule's signature
    body: str = ""  # of a call: the path under which the function's body was walked


class Visited(NamedTuple):
    """One graph as the walk left it: the facts of its own tensors, and what each node answered (None: not reached)."""

    nodes: tuple[Node, ...]
    facts: Mapping[str, Fact | None]
    entries: Mapping[int, Entry]


class _Scope(dict[str, Fact | None]):
    """The facts of one graph's tensors; what it does not have is asked of the graph around it."""

    __slots__ = ("outer",)

    def __init__(self, outer: _Scope | None = None) -> None:
        super().__init__()
        self.outer = outer
        self[""] = None  # an optional input that is not given

    def __missing__(self, name: str) -> Fact | None:
        if self.outer is None:
            raise KeyError(name)
        return self.outer[name]


class Walk:
    """One propagation over one model; `auditor.shapes.facts` wraps it for everybody else."""

    def __init__(self, model: Model, budget: Budget, before: Walk | None = None) -> None:
        self.model = model
        self.budget = budget
        self.visits = 0
        self.deadline = time.monotonic() + budget.seconds
        self.troubles: list[Trouble] = []
        self.open: list[Open] = []
        self.visited: dict[str, Visited] = {}
        self._calls: list[tuple[str, str, str]] = []
        # What is remembered, and may be taken over from an earlier walk of the same model:
        self.memos: dict[Any, dict[Any, Entry]] = before.memos if before else {}
        self._arguments: dict[tuple[int, int], dict[str, Any] | ShapeError] = before._arguments if before else {}
        self._resolved: dict[tuple[Attributes, Attributes], Attributes] = before._resolved if before else {}
        self._constants: dict[int, Fact] = before._constants if before else {}
        self._keep: list[Any] = before._keep if before else []  # objects whose id is a key above

    def main(self, inputs: Mapping[str, Fact]) -> None:
        """Walk the main graph from the facts of its inputs."""
        self.graph(self.model.graph, inputs, None, "", self.model.opsets)

    def graph(
        self, graph: Graph, inputs: Mapping[str, Fact], outer: _Scope | None, path: str, opsets: Mapping[str, int]
    ) -> tuple[Fact, ...]:
        """The facts of a graph's outputs."""
        scope = _Scope(outer)
        for value in graph.inputs:
            scope[value.name] = inputs.get(value.name) or declared(value, path)
        for tensor in graph.initializers:
            scope[tensor.name] = self._constant(tensor)
        for sparse in graph.sparse_initializers:
            scope[sparse.name] = Fact(sparse.values.dtype, sparse.dims)
        annotations = {v.name: v for v in (*graph.value_info, *graph.outputs)}
        self._nodes(graph.nodes, scope, annotations, path, opsets, graph)
        return tuple(_get(scope, v.name) or declared(v, path, rests=True) for v in graph.outputs)

    def _constant(self, tensor: Tensor) -> Fact:
        """The fact of a stored tensor, with its values where shapes may hang on them."""
        fact = self._constants.get(id(tensor))
        if fact is None:
            fact = self._constants[id(tensor)] = constant(self.model, tensor)
        return fact

    def _nodes(
        self,
        nodes: tuple[Node, ...],
        scope: _Scope,
        annotations: Mapping[str, Value],
        path: str,
        opsets: Mapping[str, int],
        graph: Graph | None = None,
        called_with: Attributes | None = None,
    ) -> None:
        memo = self.memos.setdefault(tuple(sorted(opsets.items())), {})
        entries: dict[int, Entry] = {}
        self.visited[path] = Visited(nodes, scope, entries)
        order: Iterable[int] = range(len(nodes))
        repaired = False
        waiting = iter(order)
        at = -1
        while True:
            for at in waiting:
                op_type, domain, inputs, outputs, attributes, _, overload, _ = nodes[at]
                try:
                    given = [scope[name] for name in inputs]
                except KeyError as missing:
                    if not repaired and graph is not None and missing.args[0] in graph.producers:
                        break  # listed out of order: a rule says so; here the order is repaired
                    given = self._without(nodes[at], scope, At(path, at))
                if called_with is not None and attributes:
                    attributes = self._resolve(attributes, called_with)
                key = (op_type, domain, overload, attributes, len(outputs), *given)
                entry = memo.get(key)
                if entry is None:
                    entry = self._ask(nodes[at], attributes, given, scope, At(path, at), opsets)
                    if not _has_graphs(attributes) and not isinstance(entry.error, _OutOfBudget):
                        memo[key] = entry
                entries[at] = entry
                if entry.unknown or entry.needs or entry.error or len(entry.outputs) < len(outputs):
                    self._settle(nodes[at], entry, scope, annotations, At(path, at), given)
                else:
                    for name, fact in zip(outputs, entry.outputs, strict=False):
                        scope[name] = fact
                    if "" in outputs:
                        scope[""] = None
            else:
                break
            repaired = True
            assert graph is not None
            done = set(entries)
            waiting = iter([i for i in ordered(graph) if i not in done])
        self.visits += len(nodes)
        if self.visits > self.budget.visits or time.monotonic() > self.deadline:
            self._exhaust(At(path, max(at, 0)))

    def _exhaust(self, at: At) -> None:
        if not any(isinstance(t, Exhausted) for t in self.troubles):
            budget = "node visits" if self.visits > self.budget.visits else "seconds"
            self.troubles.append(Exhausted(at, budget))

    @property
    def exhausted(self) -> bool:
        return bool(self.troubles) and isinstance(self.troubles[-1], Exhausted)

    def _without(self, node: Node, scope: _Scope, at: At) -> list[Fact | None]:
        """The inputs of a node of which some are made by nothing."""
        given = []
        for name in node.inputs:
            try:
                given.append(scope[name])
            except KeyError:
                self.troubles.append(Undefined(at, name))
                given.append(Fact(declared=True))
        return given

    def _settle(
        self,
        node: Node,
        entry: Entry,
        scope: _Scope,
        annotations: Mapping[str, Value],
        at: At,
        given: list[Fact | None],
    ) -> None:
        """The slow way to write a node's outputs: names for unknown sizes, troubles, what is declared for the rest."""
        rests = any(fact is not None and fact.declared for fact in given)
        match entry.error:
            case None:
                pass
            case _Known(trouble=trouble):
                self.troubles.append(trouble._replace(at=at))
            case ShapeError() as error:
                self.troubles.append(Impossible(at, str(error), error.attribute, error.parameter, rests))
            case _OutOfBudget():
                self._exhaust(at)
            case error:
                self.troubles.append(Internal(at, f"{type(error).__name__}: {error}"))
        for parameter, need, actual, verdict in entry.needs:
            index = _position(entry.inputs, parameter, len(node.inputs))
            tensor = node.inputs[index]
            if verdict is False:
                self.troubles.append(Misfit(at, parameter, tensor, need, actual, rests))
            elif not rests:
                self.open.append(Open(at, parameter, tensor, need, actual))
        wrong = any(verdict is False for *_, verdict in entry.needs)
        for i, name in enumerate(node.outputs):
            if not name:
                continue
            if i < len(entry.outputs):
                fact = entry.outputs[i]
                if wrong:
                    fact = fact._replace(declared=True)
            elif name in annotations:
                fact = declared(annotations[name], at.graph, rests=True)
            else:
                fact = Fact(declared=True)
            scope[name] = _name_unknowns(fact, f"{at.graph}/{name}" if at.graph else name)

    def _ask(
        self,
        node: Node,
        attributes: Attributes,
        given: list[Fact | None],
        scope: _Scope,
        at: At,
        opsets: Mapping[str, int],
    ) -> Entry:
        inputs: tuple[str, ...] = ()
        try:
            function = self.model.functions.get((node.domain, node.op_type, node.overload))
            if function is not None:
                result: Any = self._call(function, attributes, given, at)
            else:
                opset = opsets.get(node.domain)
                rule = find(node.domain, node.op_type, opset if opset is not None else 1 if node.domain else 0)
                if rule is None:
                    return _failed(_Known(Unsupported(at, node.domain, node.op_type, opset)))
                inputs = rule.inputs
                result = self._apply(rule, node, attributes, given, scope, at, opsets)
        except (ShapeError, _OutOfBudget) as error:
            return _failed(error, inputs)
        except (TooComplex, ZeroDivisionError):  # a size that nobody can say: unknown, not wrong
            return _failed(None, inputs)
        except RecursionError:
            return _failed(_OutOfBudget(), inputs)
        except Exception as error:  # a fault in a rule must not cost the audit
            return _failed(error, inputs)
        answer = result if isinstance(result, Answer) else Answer(result if type(result) is tuple else (result,))
        outputs = answer.outputs
        if any(fact is not None and fact.declared for fact in given):
            outputs = tuple(fact._replace(declared=True) for fact in outputs)
        return Entry(
            outputs,
            answer,
            any(fact.shape is not None and None in fact.shape for fact in outputs),
            _unmet(answer.needs, inputs, given),
            None,
            inputs,
            _body_path(function, at) if function is not None else "",
        )

    def _apply(
        self,
        rule: Rule,
        node: Node,
        attributes: Attributes,
        given: list[Fact | None],
        scope: _Scope,
        at: At,
        opsets: Mapping[str, int],
    ) -> Any:
        if len(given) > len(rule.inputs) and not rule.variadic:
            extra = given[len(rule.inputs) :]
            if any(fact is not None for fact in extra):
                raise ShapeError(f"{node.op_type} takes at most {len(rule.inputs)} inputs, is given {len(given)}")
            given = given[: len(rule.inputs)]
        if len(given) < rule.required or any(fact is None for fact in given[: rule.required]):
            names = [n for i, n in enumerate(rule.inputs[: rule.required]) if i >= len(given) or given[i] is None]
            raise ShapeError(f"{node.op_type} needs its input {names[0]}", parameter=names[0])
        arguments = self._bound(rule, attributes)
        if _has_graphs(attributes):
            arguments = {
                name: self._body(value, scope, f"{_label(node, at)}/{name}", opsets) if isinstance(value, Graph) else value
                for name, value in arguments.items()
            }
        if rule.counts_outputs:
            return rule.run(*given, **arguments, output_count=len(node.outputs))
        return rule.run(*given, **arguments)

    def _bound(self, rule: Rule, attributes: Attributes) -> dict[str, Any]:
        """The keyword arguments for a rule, checked once for each distinct run of attributes."""
        key = (id(rule), id(attributes))
        bound = self._arguments.get(key)
        if bound is None:
            self._keep.append(attributes)
            try:
                bound = {n: self._typed(n, attributes[n], k) for n, k in rule.attributes.items() if n in attributes}
                if missing := rule.mandatory - bound.keys():
                    name = min(missing)
                    raise ShapeError(f"the attribute {name} is missing", attribute=name)
            except ShapeError as error:
                bound = error
            self._arguments[key] = bound
        if isinstance(bound, ShapeError):
            raise bound
        return bound

    def _typed(self, name: str, value: Attribute, kind: str) -> Any:
        """An attribute's value, of the kind that the rule's annotation says; a tensor arrives as its fact."""
        match kind:
            case "int":
                good = type(value) is int
            case "float":
                good = type(value) in (int, float)
            case "str":
                good = type(value) is str
            case "tuple[int, ...]" | "tuple[float, ...]" | "tuple[str, ...]":
                inner = _SCALARS[kind]
                good = type(value) is tuple and all(type(v) in inner for v in value)
            case "Fact":
                if isinstance(value, Tensor):
                    return self._constant(value)
                good = False
            case "Body":
                good = isinstance(value, Graph)
            case _:
                good = True
        if not good:
            raise ShapeError(f"the attribute {name} must be {kind}, is {type(value).__name__}", attribute=name)
        return value

    def _resolve(self, attributes: Attributes, called_with: Attributes) -> Attributes:
        """The attributes of a node in a function's body, its references replaced by the call's values."""
        if not any(isinstance(v, Reference) for v in attributes.values()):
            return attributes
        key = (attributes, called_with)
        if key not in self._resolved:
            values = {n: called_with.get(v.name) if isinstance(v, Reference) else v for n, v in attributes.items()}
            self._resolved[key] = Attributes({n: v for n, v in values.items() if v is not None})
        return self._resolved[key]

    def _body(self, body: Graph, scope: _Scope, path: str, opsets: Mapping[str, int]) -> Callable[..., tuple[Fact, ...]]:
        """A subgraph as a function on facts. ``tentative``: nobody knows whether it runs on these, so no trouble is proof."""

        def run(*inputs: Fact, tentative: bool = False) -> tuple[Fact, ...]:
            self._enter(path)
            given = {value.name: fact for value, fact in zip(body.inputs, inputs, strict=False)}
            before, opened = len(self.troubles), len(self.open)
            outputs = self.graph(body, given, scope, path, opsets)
            if tentative:
                self.troubles[before:] = [_unproven(t) for t in self.troubles[before:]]
                del self.open[opened:]
            return outputs

        return run

    def _call(
        self, function: Function, attributes: Attributes, given: list[Fact | None], at: At
    ) -> tuple[Fact, ...]:
        name = (function.domain, function.name, function.overload)
        if name in self._calls:
            raise ShapeError(f"the function {function.name} calls itself")
        path = _body_path(function, at)
        self._enter(path)
        if function.defaults:
            attributes = Attributes({**function.defaults, **attributes})
            self._keep.append(attributes)
        scope = _Scope()
        scope.update((n, given[i] if i < len(given) else None) for i, n in enumerate(function.inputs))
        self._calls.append(name)
        try:
            self._nodes(function.nodes, scope, {}, path, function.opsets, None, attributes)
        finally:
            self._calls.pop()
        return tuple(_get(scope, n) or Fact(declared=True) for n in function.outputs)

    def _enter(self, path: str) -> None:
        if self.exhausted or self.visits > self.budget.visits or path.count("/") > 2 * self.budget.depth:
            raise _OutOfBudget


class _OutOfBudget(Exception):
    pass


class _Known(Exception):
    """A trouble that is known at once; its place is filled in for each node that meets it."""

    def __init__(self, trouble: Unsupported) -> None:
        super().__init__()
        self.trouble = trouble


def _unproven(trouble: Trouble) -> Trouble:
    match trouble:
        case Misfit() | Impossible():
            return trouble._replace(declared=True)
        case _:
            return trouble


def declared(value: Value, path: str = "", *, rests: bool = False) -> Fact:
    """What the file claims of a tensor. A size's name that is no identifier proves no equality: it gets one of its own."""
    if not isinstance(value.type, TensorType):
        return Fact(declared=rests)
    sizes = value.type.shape
    if sizes is None:
        return Fact(value.type.dtype or None, None, None, rests)
    prefix = f"{path}/{value.name}" if path else value.name
    return Fact(value.type.dtype or None, tuple(_size(s, f"{prefix}[{i}]") for i, s in enumerate(sizes)), None, rests)


def _size(size: int | str | None, otherwise: str) -> Size:
    if isinstance(size, int) and size >= 0:
        return size
    return named(size if isinstance(size, str) and size.isidentifier() else otherwise)


def constant(model: Model, tensor: Tensor) -> Fact:
    """The fact of a stored tensor, with its values where it is small."""
    most = MOST_ELEMENTS if tensor.dtype in _FOLLOWED else _FLOATS_FOLLOWED if tensor.dtype in _FOLLOWED_AS_FLOAT else 0
    if not most or tensor.elements > most:
        return Fact(tensor.dtype, tensor.dims)
    return Fact(tensor.dtype, tensor.dims, small(model, tensor, most))


def _get(scope: _Scope, name: str) -> Fact | None:
    try:
        return scope[name]
    except KeyError:
        return None


def _label(node: Node, at: At) -> str:
    label = node.name or f"{node.op_type}[{at.index}]"
    return f"{at.graph}/{label}" if at.graph else label


def _body_path(function: Function, at: At) -> str:
    return f"{at.graph}/{function.name}[{at.index}]" if at.graph else f"{function.name}[{at.index}]"


def _has_graphs(attributes: Attributes) -> bool:
    return bool(attributes) and any(isinstance(v, Graph) for v in attributes.values())


def _position(inputs: tuple[str, ...], parameter: str, count: int) -> int:
    return min(inputs.index(parameter), count - 1)


def _unmet(
    needs: Mapping[str, Need], inputs: tuple[str, ...], given: list[Fact | None]
) -> tuple[tuple[str, Need, Shape, bool | None], ...]:
    if needs is NO_NEEDS:
        return ()
    unmet = []
    for parameter, need in needs.items():
        index = inputs.index(parameter)
        fact = given[index] if index < len(given) else None
        if fact is not None and fact.shape is not None and fact.shape != need.shape:
            verdict = fits(fact.shape, need)
            if verdict is not True:
                unmet.append((parameter, need, fact.shape, verdict))
    return tuple(unmet)


def _failed(error: Exception | None, inputs: tuple[str, ...] = ()) -> Entry:
    return Entry((), None, False, (), error, inputs)


def _name_unknowns(fact: Fact, prefix: str) -> Fact:
    """Give each unknown size a name that says where it was born: ``boxes[0]``."""
    if fact.shape is None or None not in fact.shape:
        return fact
    sizes = tuple(named(f"{prefix}[{i}]") if s is None else s for i, s in enumerate(fact.shape))
    return fact._replace(shape=sizes)
