"""What a walk leaves behind: what each node answered, and what is remembered for the next time."""

from collections.abc import Mapping
from typing import Any, Self
from weakref import WeakKeyDictionary

from ..model.graph import Attributes, Function, Graph, Model, Node
from ..tuples import NamedTuple
from .calls import Call
from .declared import constant, followed
from .fact import Answer, Fact, Need, Shape
from .registry import loaded


class Budget(NamedTuple):
    """What one propagation may use: node visits (functions and bodies count each time), bodies, nesting, seconds."""

    visits: int = 2_000_000
    bodies: int = 20_000  # of If, Loop and Scan; ten times as many where values are given
    depth: int = 64
    seconds: float = 60.0


USUAL = Budget()


class OutOfBudget(Exception):
    """What may be walked through once more is used up; the message says how much that was."""


class Allowance:
    """Nodes and inputs that may be walked through by `Facts.rebind`; None: as many as anybody likes."""

    def __init__(self) -> None:
        self.given: int | None = None
        self.left = 0

    def granted(self, nodes: int) -> Self:
        """So many, as long as it is entered."""
        self.given = self.left = nodes
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.given = None

    def spend(self, nodes: int) -> None:
        if self.given is not None:
            self.left -= nodes
            if self.left < 0:
                raise OutOfBudget(f"it was given up when it had walked through {self.given:,} nodes")


class Entry(NamedTuple):
    """What is remembered of one question: the answer, or why there is none."""

    outputs: tuple[Fact, ...]
    answer: Answer | None
    plain: bool  # one output, known but for values, and nothing to say
    needs: tuple[tuple[str, Need, Shape, bool | None], ...]  # those that fail (False) or are open (None)
    error: Exception | None
    inputs: tuple[str, ...]  # of the rule's signature
    body: str = ""  # of a call: the path under which the function's body was walked


class Visited(NamedTuple):
    """One graph as the walk left it: the facts of its own tensors, and what each node that was reached answered."""

    nodes: tuple[Node, ...]
    facts: Mapping[str, Fact | None]
    entries: Mapping[int, Entry]


class NamedFacts(dict[str, Fact | None]):
    """The facts of one graph's tensors; what it does not have is asked of the graph around it."""

    __slots__ = ("outer",)

    def __init__(self, outer: "NamedFacts | None" = None) -> None:
        super().__init__()
        self.outer = outer
        self[""] = None  # an optional input that is not given

    def __missing__(self, name: str) -> Fact | None:
        if self.outer is None:
            raise KeyError(name)
        return self.outer[name]

    def known_fact(self, name: str) -> Fact | None:
        try:
            return self[name]
        except KeyError:
            return None


class Opsets:
    """What is remembered under one set of opset imports."""

    def __init__(self, versions: Mapping[str, int]) -> None:
        self.versions = versions
        self.entries: dict[Any, Entry] = {}
        self.calls: dict[Any, Call] = {}


MOST_REMEMBERED = 10_000
"""Answers and facts that outlive a model, beside what the largest one adds: some 8 MB."""


class Memory:
    """What holds whatever the inputs are: shared by all walks over a model, and by all models without functions.

    An answer hangs on the operator, its attributes, the opsets and the facts that go in: on nothing else of a model.
    """

    def __init__(self, most: int | None = None) -> None:
        self.loaded = loaded()
        self.most = most  # elements of a stored tensor that are followed, if more than usual
        self.opsets: dict[tuple[tuple[str, int], ...], Opsets] = {}
        self.facts: dict[Fact | None, Fact | None] = {}
        self.stored: WeakKeyDictionary[Graph, dict[str, Fact | None]] = WeakKeyDictionary()
        # Of stored tensors whose values are not followed, by dtype and dims:
        self.plain: dict[tuple[int, tuple[int, ...]], Fact | None] = {}
        self.resolved: dict[tuple[Attributes, Attributes], Attributes] = {}
        self.completed: dict[tuple[Function, Attributes], Attributes] = {}
        self._before = self._largest = 0  # how much there was when the last model came, and what one added

    @property
    def size(self) -> int:
        return len(self.facts) + sum(len(o.entries) + len(o.calls) for o in self.opsets.values())

    def full(self) -> bool:
        """Whether so much is remembered, now that another model comes, that it is time to begin anew.

        What the largest model added does not count: of a batch of such, each would forget the one before.
        """
        size = self.size
        self._largest = max(self._largest, size - self._before)
        self._before = size
        return size > MOST_REMEMBERED + self._largest

    def under(self, opsets: Mapping[str, int]) -> Opsets:
        key = tuple(sorted(opsets.items()))
        if key not in self.opsets:
            self.opsets[key] = Opsets(opsets)
        return self.opsets[key]

    def interned(self, fact: Fact) -> Fact:
        """The one object that stands for all equal facts."""
        return self.facts.setdefault(fact, fact) or fact

    def stored_facts(self, model: Model, graph: Graph) -> Mapping[str, Fact | None]:
        """The facts of the tensors that a graph stores."""
        known = self.stored.get(graph)
        if known is None:
            known = self.stored[graph] = {}
            plain = self.plain
            for tensor in graph.initializers:
                name, dtype, dims, _, _, _ = tensor
                fact = plain.get((dtype, dims))
                if fact is None:
                    fact = self.interned(constant(model, tensor, self.most))
                    if fact.elements is None and not followed(tensor, self.most):
                        plain[dtype, dims] = fact
                known[name] = fact
            for sparse in graph.sparse_initializers:
                known[sparse.name] = self.interned(Fact(sparse.values.dtype, sparse.dims))
        return known


_shared = Memory()


def memory_for(model: Model) -> Memory:
    """What earlier models of this process have taught; a model with functions of its own learns alone."""
    global _shared
    if model.functions:
        return Memory()
    if _shared.full() or _shared.loaded != loaded():
        _shared = Memory()
    return _shared
