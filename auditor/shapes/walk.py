"""Carry facts from a graph's inputs to its outputs.

The walk asks every node once, in order, and always reaches the end: a node that it cannot follow costs its own outputs,
which fall back to what the model declares for them (marked so), and leaves a trouble behind. Answers are remembered by
operator, attributes and input facts, so repeated blocks become dictionary look-ups (FACTS.md, section 5). Facts are
interned, so that the identity of one is its key.
"""

import time
from collections.abc import Mapping, Sequence

from ..model.graph import AttributeReference, Attributes, Function, Graph, Model, Node, TensorType, Value
from ..model.order import ordered
from ..model.tensor import Tensor
from .blame import harmless, own_faults
from .calls import Bound, Call, UnknownOperator, call_of
from .declared import constant, declared, name_unknowns
from .evaluation import MOST_STORED, TRIPS, Evaluation, without_long_values
from .fact import NO_NEEDS, UNROLLED, Answer, Body, Fact, Need, Shape, ShapeError, show
from .ops.checks import fits
from .ops.joins import without_names
from .sizes.dim import TooComplex
from .troubles import At, Exhausted, Impossible, Internal, Misfit, Open, Trouble, Undefined, Unsupported
from .visits import Budget, Entry, Memory, NamedFacts, Opsets, Visited, memory_for

_LARGEST = (1 << 63) - 1


class Walk:
    """One propagation over one model; `auditor.shapes.facts` wraps it for everybody else."""

    def __init__(
        self, model: Model, budget: Budget, before: "Walk | None" = None, evaluation: Evaluation | None = None
    ) -> None:
        self.model = model
        self.budget = budget
        self.visits = 0
        self.deadline = time.monotonic() + budget.seconds
        self.troubles: list[Trouble] = []
        self.open: list[Open] = []
        self.visited: dict[str, Visited] = {}
        self.evaluation = evaluation
        self._bodies_left = budget.bodies * (1 if evaluation is None else 10)
        if evaluation is not None:  # such long facts and whole answers are for this walk alone
            self._memory = Memory(MOST_STORED)
        elif before and before.evaluation is None and not model.functions:
            self._memory = before._memory
        else:  # an answer for a function would be remembered without what was found in its body
            self._memory = memory_for(model)
        self._calling: list[Function] = []
        self._called_with: list[Attributes] = []  # by the calls that are being followed, the innermost last

    def main(self, inputs: Mapping[str, Fact], stored: Mapping[str, Fact]) -> None:
        """Walk the main graph from the facts of its inputs, and of what it stores besides its own."""
        around = NamedFacts() if stored else None
        if around is not None:
            around.update((name, self._memory.interned(fact)) for name, fact in stored.items())
        self._graph(self.model.graph, inputs, around, "", self._memory.under(self.model.opsets))

    def _graph(
        self, graph: Graph, inputs: Mapping[str, Fact], outer: NamedFacts | None, path: str, opsets: Opsets
    ) -> tuple[Fact, ...]:
        """The facts of a graph's outputs."""
        scope = NamedFacts(outer)
        stored = self._memory.stored_facts(self.model, graph)
        for value in graph.inputs:
            if value.name not in stored:
                scope[value.name] = self._memory.interned(inputs.get(value.name) or declared(value, path))
        scope.update(stored)
        annotations = {v.name: v for v in (*graph.value_info, *graph.outputs)}
        self._nodes(graph.nodes, scope, annotations, path, opsets, graph)
        return tuple(scope.known_fact(v.name) or declared(v, path, rests=True) for v in graph.outputs)

    def _nodes(
        self,
        nodes: tuple[Node, ...],
        scope: NamedFacts,
        annotations: Mapping[str, Value],
        path: str,
        opsets: Opsets,
        graph: Graph | None = None,
    ) -> None:
        called_with = self._called_with[-1] if self._called_with else None
        entries: dict[int, Entry] = {}
        self.visited[path] = Visited(nodes, scope, entries)
        remembered = opsets.entries.get
        order: Sequence[int] = range(len(nodes))
        while True:
            for at in order:
                op_type, domain, inputs, outputs, attributes, _, overload, _ = nodes[at]
                try:
                    given = [scope[name] for name in inputs]
                except KeyError as missing:
                    if order.__class__ is range and graph is not None and missing.args[0] in graph.producers:
                        break  # listed out of order: a rule says so; here the order is repaired
                    given = self._without(nodes[at], scope, At(path, at))
                if called_with is not None and attributes:
                    attributes = self._resolve(attributes, called_with)
                key = (op_type, domain, overload, attributes, len(outputs), *map(id, given))
                entry = remembered(key)
                if entry is None:
                    entry = self._ask(nodes[at], attributes, given, scope, path, at, opsets, key)
                entries[at] = entry
                if entry.plain and outputs[0]:
                    scope[outputs[0]] = entry.outputs[0]
                else:
                    self._settle(nodes[at], entry, scope, annotations, At(path, at), given)
            else:
                break
            assert graph is not None  # only a graph's order is repaired
            order = [i for i in ordered(graph) if i not in entries]
        self.visits += len(nodes)
        if self.visits > self.budget.visits or time.monotonic() > self.deadline:
            self._exhaust(At(path, max(len(nodes) - 1, 0)))

    def _exhaust(self, at: At) -> None:
        if not self.exhausted:
            budget = "node visits" if self.visits > self.budget.visits else "seconds, bodies or nesting"
            self.troubles.append(Exhausted(at, budget))

    @property
    def exhausted(self) -> bool:
        return any(isinstance(t, Exhausted) for t in self.troubles)

    def _without(self, node: Node, scope: NamedFacts, at: At) -> list[Fact | None]:
        """The inputs of a node of which some are made by nothing."""
        given = []
        for name in node.inputs:
            try:
                given.append(scope[name])
            except KeyError:
                self.troubles.append(Undefined(at, name))
                given.append(self._memory.interned(Fact(declared=True)))
        return given

    def _settle(
        self,
        node: Node,
        entry: Entry,
        scope: NamedFacts,
        annotations: Mapping[str, Value],
        at: At,
        given: list[Fact | None],
    ) -> None:
        """The careful way to write a node's outputs: names for unknown sizes, troubles, declarations for the rest."""
        rests = _rests(given)
        match entry.error:
            case None:
                pass
            case _NoRule(opset=opset):
                self.troubles.append(Unsupported(at, node.domain, node.op_type, opset))
            case ShapeError() as error:
                self.troubles.append(_impossible(at, error, rests))
            case _OutOfBudget():
                self._exhaust(at)
            case error:
                self.troubles.append(Internal(at, f"{type(error).__name__}: {error}"))
        wrong = any(verdict is False for *_, verdict in entry.needs)
        sure = own_faults(entry, given) if wrong else frozenset()
        for parameter, need, actual, verdict in entry.needs:
            tensor = node.inputs[min(entry.inputs.index(parameter), len(node.inputs) - 1)]
            if verdict is False:
                certain = parameter in sure
                self.troubles.append(Misfit(at, parameter, tensor, need, actual, rests and not certain, certain))
            elif not rests:
                self.open.append(Open(at, parameter, tensor, need, actual))
        shaken = wrong and not harmless(entry, node.op_type, given)
        for i, name in enumerate(node.outputs):
            if not name:
                continue
            if i < len(entry.outputs):
                fact = entry.outputs[i]
                if shaken:
                    fact = fact._replace(declared=True)
            elif name in annotations:
                fact = declared(annotations[name], at.graph, rests=True)
            else:
                fact = Fact(declared=True)
            scope[name] = self._memory.interned(name_unknowns(fact, f"{at.graph}/{name}" if at.graph else name))

    def _ask(
        self,
        node: Node,
        attributes: Attributes,
        given: list[Fact | None],
        scope: NamedFacts,
        path: str,
        index: int,
        opsets: Opsets,
        key: tuple[object, ...],
    ) -> Entry:
        """Ask the rule, and remember its answer unless it hangs on more than the key: a body sees what is around it."""
        which = key[:4]
        call = opsets.calls.get(which)
        if call is None:
            call = opsets.calls[which] = call_of(self.model, opsets.versions, node, attributes, self._constant)
        inputs = call.rule.inputs if isinstance(call, Bound) else ()
        try:
            entry = self._answered(call, node, attributes, given, scope, path, index, opsets)
        except (TooComplex, ZeroDivisionError):  # sizes that nobody can say: unknown, not wrong
            entry = _failed(None, inputs)
        except (_OutOfBudget, RecursionError):
            return _failed(_OutOfBudget(), inputs)
        except Exception as error:  # a ShapeError; or a fault in a rule, which must not cost the audit
            entry = _failed(error, inputs)
        if not (isinstance(call, Bound) and call.bodies):
            opsets.entries[key] = entry
        return entry

    def _answered(
        self,
        call: Call,
        node: Node,
        attributes: Attributes,
        given: list[Fact | None],
        scope: NamedFacts,
        path: str,
        index: int,
        opsets: Opsets,
    ) -> Entry:
        body = ""
        inputs: tuple[str, ...] = ()
        match call:
            case Bound(rule=rule, arguments=arguments, bodies=bodies):
                call.check(node, given)
                inputs = rule.inputs
                asked = given if self.evaluation is None else without_long_values(given)
                if bodies:
                    arguments = {**arguments, **self._bodies(bodies, scope, _label(node, path, index), opsets)}
                if rule.counts_outputs:
                    result = rule.run(*asked, **arguments, output_count=len(node.outputs))
                else:
                    result = rule.run(*asked, **arguments)
            case Function():
                body = f"{path}/{call.name}[{index}]" if path else f"{call.name}[{index}]"
                # Calls on equal facts share an answer, and not the sizes that only a run knows.
                result = tuple(without_names(fact, body) for fact in self._call(call, attributes, given, body))
            case UnknownOperator(opset=opset):
                raise _NoRule(opset)
            case ShapeError():
                raise call
        answer = result if type(result) is Answer else Answer(result if type(result) is tuple else (result,))
        outputs = answer.outputs
        _check_sizes(outputs)
        if self.evaluation is not None and isinstance(call, Bound) and not bodies:
            outputs = self.evaluation.completed(node, attributes, given, outputs)
        if _rests(given):
            outputs = tuple(fact._replace(declared=True) for fact in outputs)
        keep = self._memory.facts.setdefault
        outputs = tuple([keep(fact, fact) or fact for fact in outputs])
        unmet = () if answer.needs is NO_NEEDS else _unmet(answer.needs, inputs, given)
        shape = outputs[0].shape if outputs else None
        plain = not unmet and len(node.outputs) == 1 and bool(outputs) and not (shape is not None and None in shape)
        return Entry(outputs, answer, plain, unmet, None, inputs, body)

    def _constant(self, tensor: Tensor) -> Fact:
        return self._memory.interned(constant(self.model, tensor, self._memory.most))

    def _resolve(self, attributes: Attributes, called_with: Attributes) -> Attributes:
        """The attributes of a node in a function or its subgraphs, references replaced by the call's values."""
        if not any(isinstance(v, AttributeReference) for v in attributes.values()):
            return attributes
        key = (attributes, called_with)
        if key not in self._memory.resolved:
            values = {
                n: called_with.get(v.name) if isinstance(v, AttributeReference) else v for n, v in attributes.items()
            }
            self._memory.resolved[key] = Attributes({n: v for n, v in values.items() if v is not None})
        return self._memory.resolved[key]

    def _bodies(self, bodies: Mapping[str, Graph], scope: NamedFacts, label: str, opsets: Opsets) -> dict[str, Body]:
        return {name: self._body(body, scope, f"{label}/{name}", opsets) for name, body in bodies.items()}

    def _body(self, body: Graph, scope: NamedFacts, path: str, opsets: Opsets) -> Body:
        def run(inputs: tuple[Fact, ...], tentative: bool) -> tuple[Fact, ...]:
            self._enter(path)
            self._bodies_left -= 1
            if self._bodies_left < 0:
                raise _OutOfBudget
            given = {value.name: fact for value, fact in zip(body.inputs, inputs, strict=False)}
            before, opened = len(self.troubles), len(self.open)
            outputs = self._graph(body, given, scope, path, opsets)
            made.failed = any(map(_proven, self.troubles[before:]))
            if tentative:
                self.troubles[before:] = [_unproven(t) for t in self.troubles[before:]]
                del self.open[opened:]
            return outputs

        vectors = frozenset(
            i for i, v in enumerate(body.inputs) if isinstance(v.type, TensorType) and v.type.shape == (1,)
        )
        made = Body(run, path, UNROLLED if self.evaluation is None else TRIPS, vectors)
        return made

    def _call(
        self, function: Function, attributes: Attributes, given: list[Fact | None], path: str
    ) -> tuple[Fact, ...]:
        if function in self._calling:
            raise ShapeError(f"the function {function.name} calls itself")
        self._enter(path)
        if function.defaults:
            key = (function, attributes)
            completed = self._memory.completed
            attributes = completed.setdefault(key, Attributes({**function.defaults, **attributes}))
        scope = NamedFacts()
        scope.update((n, given[i] if i < len(given) else None) for i, n in enumerate(function.inputs))
        self._calling.append(function)
        self._called_with.append(attributes)
        try:
            opsets = self._memory.under(function.opsets)
            self._nodes(function.nodes, scope, {}, path, opsets)
        finally:
            self._calling.pop()
            self._called_with.pop()
        return tuple(scope.known_fact(n) or Fact(declared=True) for n in function.outputs)

    def _enter(self, path: str) -> None:
        if self.exhausted or self.visits > self.budget.visits or path.count("/") > 2 * self.budget.depth:
            raise _OutOfBudget


class _OutOfBudget(Exception):
    pass


class _NoRule(Exception):
    def __init__(self, opset: int | None) -> None:
        super().__init__()
        self.opset = opset


def _check_sizes(outputs: tuple[Fact, ...]) -> None:
    """Sizes are int64, and so are counts of elements; beyond that there is no tensor, only a number of many digits."""
    for fact in outputs:
        count = 1
        for size in fact.shape or ():
            if isinstance(size, int):
                if size < 0:
                    raise ShapeError(f"{show(fact.shape)} has a negative size")
                count *= size
        if count > _LARGEST:
            raise ShapeError(f"{show(fact.shape)} has more than 2^63 - 1 elements")


def _rests(given: list[Fact | None]) -> bool:
    """Whether an input rests on what the file declares."""
    for fact in given:  # noqa: SIM110  # asked of every question: a generator costs more than the answer
        if fact is not None and fact.declared:
            return True
    return False


def _impossible(at: At, why: ShapeError, rests: bool) -> Impossible:
    told = (why.attribute, why.parameter, rests, why.passed_over, why.advice, why.own)
    return Impossible(at, str(why), *told)


def _unproven(trouble: Trouble) -> Trouble:
    match trouble:
        case Misfit(own=False) | Impossible(own=False):
            return trouble._replace(declared=True)
        case _:
            return trouble


def _proven(trouble: Trouble) -> bool:
    match trouble:
        case Misfit() | Impossible(passed_over=False):
            return not trouble.declared
        case _:
            return False


def _label(node: Node, path: str, index: int) -> str:
    label = node.name or f"{node.op_type}[{index}]"
    return f"{path}/{label}" if path else label


def _unmet(
    needs: Mapping[str, Need], inputs: tuple[str, ...], given: list[Fact | None]
) -> tuple[tuple[str, Need, Shape, bool | None], ...]:
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
