"""The outcome of one propagation: the facts of every tensor, what each node answered, and what was wrong.

This is the door to `auditor.shapes` for everybody above: costs, rules and the public API.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..garbage import uncollected
from ..model.graph import Model, Node, captured
from ..model.load import Source, load
from ..report import Step
from .asked import Question, Questions, questions
from .evaluation import Evaluation, given_facts
from .fact import Fact, Shape, show
from .inputs import input_facts
from .troubles import At, Misfit, Open, Trouble
from .visits import USUAL, Allowance, Budget, Entry, Visited
from .walk import Walk

MOST_STEPS = 400
"""Most steps of a derivation that are kept; of a longer one, the last."""

_NOTHING: Mapping[str, Fact] = MappingProxyType({})

_NOT_WALKED = Visited((), {}, {})


class Facts(Mapping[str, Fact]):
    """What is known of the tensors of the main graph, by name; the subgraphs are in `graphs`."""

    def __init__(
        self, model: Model, walk: Walk, inputs: Mapping[str, Fact], allowance: Allowance | None = None
    ) -> None:
        self._allowance = allowance or Allowance()
        self.model = model
        self.inputs = inputs
        self.walk = walk
        self.graphs: Mapping[str, Visited] = walk.visited
        self.troubles: tuple[Trouble, ...] = tuple({_place(t): t for t in walk.troubles}.values())
        self.open: tuple[Open, ...] = tuple({(o.at, o.parameter): o for o in walk.open}.values())

    def __getitem__(self, name: str) -> Fact:
        fact = self.graphs[""].facts[name] if name else None
        if fact is None:
            raise KeyError(name)
        return fact

    def __iter__(self) -> Iterator[str]:
        return (name for name, fact in self.graphs[""].facts.items() if fact is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def at(self, name: str, graph: str = "") -> Fact | None:
        """The fact of a tensor as a node of that graph sees it."""
        try:
            return self.graphs[graph].facts[name]
        except KeyError:
            return None

    def node(self, at: At) -> Node:
        return self.graphs[at.graph].nodes[at.index]

    def label(self, at: At) -> str:
        """What a person calls the node: its name, or ``Conv[3]``."""
        node = self.node(at)
        return node.name or f"{node.op_type}[{at.index}]"

    def entry(self, at: At) -> Entry | None:
        return self.graphs[at.graph].entries.get(at.index)

    def asked(self, graph: str = "") -> tuple[Question, ...]:
        """The nodes of a graph, those together of which the same was asked; in the order of their first ones."""
        return self._questions(graph).asked

    def places_where(self, graph: str, holds: Callable[[Question], bool]) -> Collection[int]:
        """The nodes of a graph of whose question this holds, in the order of the walk."""
        return self._questions(graph).places(holds)

    def asked_of(self, operators: Collection[str]) -> Iterator[Question]:
        """The questions of these operators, of whatever domain, in all graphs."""
        for path in self.graphs:
            for asked in self.asked(path):
                if asked.node.op_type in operators:
                    yield asked

    def where(self, holds: Callable[[Question], bool]) -> Iterator[At]:
        """The nodes of all graphs of whose question this holds, in the order of the walk."""
        for path in self.graphs:
            for index in self.places_where(path, holds):
                yield At(path, index)

    def nodes_of(self, operators: Collection[str]) -> Iterator[At]:
        """The nodes of these operators, of whatever domain, in the order of the walk."""
        return self.where(lambda asked: asked.node.op_type in operators)

    def rebind(self, shapes: Mapping[str, Shape] | None = None, dims: Mapping[str, int] | None = None) -> Facts:
        """The facts for other input sizes. Answers that do not hang on them are taken from memory.

        Raises `OutOfBudget` where that is more than is `allowed`.
        """
        self._allowance.spend(self.nodes_walked)
        return infer(self.model, shapes, dims, self.walk.budget, self.walk, allowance=self._allowance)

    def of_model(self, model: Model, stored: Mapping[str, Fact] = _NOTHING) -> Facts:
        """The facts of an edited model for the same inputs; ``stored`` are tensors that it has besides its own."""
        self._allowance.spend(self.nodes_walked)
        shapes = {name: fact.shape for name, fact in self.inputs.items() if fact.shape is not None}
        return infer(model, shapes, None, self.walk.budget, self.walk, stored=stored, allowance=self._allowance)

    @property
    def budget(self) -> Budget:
        """What the propagation might use."""
        return self.walk.budget

    @property
    def nodes_walked(self) -> int:
        """What this propagation cost: nodes, those of bodies each time, and the inputs."""
        return self.walk.visits + len(self.inputs)

    def allowed(self, nodes: int) -> Allowance:
        """So many nodes, and no more, may be walked through again by these facts and those that come of them: a context
        of its own, for every rule has one."""
        return self._allowance.granted(nodes)

    def producer(self, name: str, graph: str = "") -> At | None:
        """The node that makes a tensor, looked for in its graph and in those around it."""
        while True:
            graph = self.owner(name, graph)
            index = self.producers(graph).get(name)
            if index is not None:
                return At(graph, index)
            given = self.arguments_of(name, graph)
            if not given:
                return None
            name, graph = given[0]

    def owner(self, name: str, graph: str) -> str:
        """The graph, this or one around it, that makes, stores or is fed a tensor. A function sees its own alone."""
        while graph and graph not in self._calls:
            if name in self.producers(graph) or name in self.initializers(graph):
                break
            graph = self.around(graph)
        return graph

    def arguments_of(self, name: str, graph: str) -> tuple[tuple[str, str], ...]:
        """What a function's input stands for, in each of its calls, as (name, graph); nothing for any other tensor."""
        calls = self._calls.get(graph, ())
        found = []
        for at in calls:
            node = self.node(at)
            inputs = self.model.functions[node.domain, node.op_type, node.overload].inputs
            place = inputs.index(name) if name in inputs else len(node.inputs)
            if place < len(node.inputs) and node.inputs[place]:
                found.append((node.inputs[place], at.graph))
        return tuple(found)

    @cached_property
    def _calls(self) -> Mapping[str, list[At]]:
        """The nodes that stand for a function's body, by its path: calls on equal facts share one body."""
        found: dict[str, list[At]] = {}
        if self.model.functions:
            for path, visited in self.graphs.items():
                for index, entry in visited.entries.items():
                    if entry.body:
                        found.setdefault(entry.body, []).append(At(path, index))
        return found

    def fixed(self, name: str, graph: str = "") -> bool:
        """Whether a tensor hangs on nothing that a caller gives: an initializer, or worked out from such alone."""
        return name in self.fixed_in(graph)

    def derivation(self, name: str, graph: str = "") -> tuple[Step, ...]:
        """The steps from the graph's inputs to this tensor, in order; at most `MOST_STEPS`, the last ones."""
        wanted: set[At] = set()
        waiting = [(name, graph)]
        while waiting:
            tensor, where = waiting.pop()
            at = self.producer(tensor, where)
            if at is None or at in wanted:
                continue
            wanted.add(at)
            node = self.node(at)
            for value in (*node.inputs, *captured(node)):
                if value and not self.fixed(value, at.graph):
                    waiting.append((value, at.graph))
        rank = {
            at: i for path, visited in self.graphs.items() for i, at in enumerate(At(path, k) for k in visited.entries)
        }
        steps = sorted(wanted, key=lambda at: (at.graph, rank.get(at, at.index)))
        return tuple(self.step(at) for at in steps[-MOST_STEPS:])

    def step(self, at: At) -> Step:
        """One node's line of a derivation."""
        node, entry = self.node(at), self.entry(at)
        shapes = []
        for tensor in node.inputs:
            fact = self.at(tensor, at.graph) if tensor else None
            shapes.append("" if fact is None else show(fact.shape))
        first = next((self.at(tensor, at.graph) for tensor in node.outputs if tensor), None)
        formula = ""
        if entry is not None and entry.answer is not None and entry.answer.formula is not None:
            formula = entry.answer.formula()
        return Step(
            self.label(at), node.op_type, tuple(shapes), rendered(None if first is None else first.shape), formula
        )

    def fixed_in(self, graph: str) -> frozenset[str]:
        """The tensors that are `fixed` as the nodes of a graph see them."""
        return self._questions(graph).fixed

    @cached_property
    def _questions_by_graph(self) -> dict[str, Questions]:
        return {}

    def _questions(self, graph: str) -> Questions:
        known = self._questions_by_graph.get(graph)
        if known is None:
            names: Set[str] = self.initializers(graph)
            if graph in self._calls:
                names |= self._fixed_inputs(graph)
            elif graph:
                names |= self.fixed_in(self.around(graph))
            known = self._questions_by_graph[graph] = questions(graph, self.graphs.get(graph, _NOT_WALKED), names)
        return known

    def _fixed_inputs(self, body: str) -> set[str]:
        """The inputs of a function that are fixed in all of its calls."""
        calls = self._calls[body]
        node = self.node(calls[0])
        names = self.model.functions[node.domain, node.op_type, node.overload].inputs
        given = {name: self.arguments_of(name, body) for name in names}
        return {n for n, g in given.items() if len(g) == len(calls) and all(self.fixed(*actual) for actual in g)}

    def initializers(self, graph: str = "") -> frozenset[str]:
        """The names of the tensors that a graph stores."""
        return self._initializers.get(graph, frozenset())

    @cached_property
    def _initializers(self) -> Mapping[str, frozenset[str]]:
        return {path: graph.initializer_names for path, graph in self.model.graphs}

    @cached_property
    def _producer_maps(self) -> dict[str, Mapping[str, int]]:
        return {path: graph.producers for path, graph in self.model.graphs}

    def producers(self, graph: str) -> Mapping[str, int]:
        """For each tensor that a node of a graph makes, the index of the node."""
        made = self._producer_maps.get(graph)
        if made is None:  # a function's body
            visited = self.graphs.get(graph)
            made = {n: i for i, node in enumerate(visited.nodes) for n in node.outputs} if visited else {}
            self._producer_maps[graph] = made
        return made

    def around(self, graph: str) -> str:
        """The graph that a subgraph stands in: the longest shorter path that was walked."""
        while "/" in graph:
            graph = graph.rpartition("/")[0]
            if graph in self.graphs:
                return graph
        return ""


def infer_shapes(
    model: Source,
    shapes: Mapping[str, Shape] | None = None,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Facts:
    """What is known of every tensor of a model (as `load` takes one) before it runs. See `infer`."""
    return infer(load(model), shapes, dims, values=values)


def infer(
    model: Model,
    shapes: Mapping[str, Shape] | None = None,
    dims: Mapping[str, int] | None = None,
    budget: Budget = USUAL,
    before: Walk | None = None,
    values: Mapping[str, Any] | None = None,
    stored: Mapping[str, Fact] = _NOTHING,
    allowance: Allowance | None = None,
) -> Facts:
    """Propagate through the whole model: from the shapes given for inputs, the declared ones for the rest.

    ``dims`` binds named sizes of the inputs to numbers. ``values`` are the inputs of a run: arrays, lists of arrays for
    sequences, None for an optional that is absent; with them comes out exactly what hangs on the data, where every
    runtime would find the same. ``stored`` are facts of tensors that the main graph has besides its own.
    Raises `UsageError` for an input or name that the model lacks.
    """
    inputs = input_facts(model.graph, shapes or {}, dims or {})
    evaluation = None
    if values is not None:
        evaluation = Evaluation(model)
        inputs |= given_facts(model.graph, values)
    walk = Walk(model, budget, before, evaluation)
    with uncollected():
        walk.main(inputs, stored)
    return Facts(model, walk, inputs, allowance)


def _place(trouble: Trouble) -> tuple[object, ...]:
    """What a trouble is remembered by: a body that is walked more than once meets the same one again."""
    return type(trouble), trouble.at, trouble.parameter if isinstance(trouble, Misfit) else ""


def rendered(shape: Shape | None) -> tuple[int | str | None, ...] | None:
    """A shape for a report: numbers as they are, symbolic sizes as text."""
    return None if shape is None else tuple(s if s is None or isinstance(s, int) else str(s) for s in shape)
