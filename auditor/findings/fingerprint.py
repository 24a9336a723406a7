"""What makes a finding the same in the next version of a model: the rule and the structure around the place.

A fingerprint holds the rule, the attribute, what the node is and what is within two nodes before and behind it, at
which input or output the tensor stands, and which one it is among the nodes that are equal so far: the fifth of sixteen
equal blocks is the fifth in canonical order (`model.canonical`), whether or not the others have findings.

It does not hold: names of any kind (nodes, tensors, inputs, outputs, graphs, functions), the order of nodes,
initializers and annotations in the file, values of weights, sizes of the graph's inputs and outputs (a batch may be
bound or opened), or the message. It changes when the node itself, its attributes, the type or sizes of its weights, or
its near neighbours change, and where an equal node is put in before it.

Some rules make one finding of many places. It is known by all of them, so one more makes another finding, which a
baseline that knew the group does not hide; and its ``parts`` say which they are, so that fewer of them stay known. Of
more than a thousand places the kinds are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from ..garbage import uncollected
from ..model.canonical import Structure, body_of, digest
from ..model.graph import Graph, Model, subgraphs
from ..model.scopes import Scope, scopes
from ..report import Finding, Location, Places
from .kind import Candidate, KnownBy

_MOST_NODES = 1 << 18
"""In models with more nodes than this a place is known by its kind alone."""

_MOST_PLACES = 1000
"""Of more places than this, in one finding, the kinds are counted."""


def fingerprinted(model: Model | None, candidates: Iterable[Candidate]) -> tuple[Finding, ...]:
    """What the report has of them, with fingerprints; those of one rule at one place are told apart by an ordinal."""
    candidates = tuple(candidates)
    known = _Places(model) if model is not None and candidates else None
    with uncollected():
        keys = [(one.kind.rule, one.found.location.attribute, _where(known, one)) for one in candidates]
        parts = [_parts(known, one) for one in candidates]
    counts: Counter[tuple[str, str, str]] = Counter()
    done = []
    for one, key, each in zip(candidates, keys, parts, strict=True):
        counts[key] += 1
        done.append(_finding(one, digest("\0".join((*key, str(counts[key])))), each))
    return tuple(done)


def _finding(one: Candidate, fingerprint: str, parts: tuple[str, ...]) -> Finding:
    found = one.found
    return Finding(
        one.kind.rule, one.severity, one.basis, found.message, found.location, found.fix, found.expected, found.actual,
        found.derivation, found.fits, fingerprint, one.consequences, parts, found.magnitude,
        found.repairs, found.witness,
    )  # fmt: skip


def _where(known: _Places | None, one: Candidate) -> str:
    if known is None:
        return ""
    kind, found = one.kind, one.found
    by_operator = kind.known_by is KnownBy.OPERATOR
    if found.places:
        return known.all_of(found.places, by_kind=by_operator)
    if by_operator:
        return known.kind(found.location)
    return known.place(found.location, of_tensor=kind.known_by is KnownBy.TENSOR)


def _parts(known: _Places | None, one: Candidate) -> tuple[str, ...]:
    return () if known is None or one.kind.known_by is KnownBy.OPERATOR else known.parts(one.found.places)


class _Places:
    """Where findings stand, by structure."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._structures: dict[int, Structure] = {}
        self._by_label: dict[int, dict[str, int]] = {}
        self._scopes = scopes(model)
        self._too_many = sum(len(scope.graph.nodes) for scope in self._scopes) > _MOST_NODES

    def kind(self, where: Location) -> str:
        """The operator, or that it is a tensor."""
        found = self._node(where)
        if found is None:
            return "tensor" if where.tensor else ""
        scope, index = found
        return self._named(scope, index)

    def place(self, where: Location, *, of_tensor: bool) -> str:
        """The node and which of its tensors, or the tensor where that is what is meant."""
        if self._too_many:
            return self.kind(where)
        found = self._node(where)
        if found is not None and not (of_tensor and where.tensor):
            scope, index = found
            return f"{self._node_place(scope, index)}{self._at(scope.graph, index, where.tensor)}"
        around = self._by_path.get(where.graph)
        if around is None or not where.tensor:
            return ""
        if found is not None:
            around = found[0]
        return self._path(around) + self._tensor(self._structure(around.graph), where.tensor)

    def all_of(self, places: tuple[Places, ...], *, by_kind: bool) -> str:
        """Many places together, in no order."""
        counts = Counter(self._kinds(places) if by_kind or self._too_much(places) else self._each(places))
        return digest("|".join(f"{place}*{number}" for place, number in sorted(counts.items())))

    def parts(self, places: tuple[Places, ...]) -> tuple[str, ...]:
        """The places one by one, equal ones told apart by their number."""
        if self._too_much(places):
            return ()
        counts = Counter(self._each(places))
        return tuple(sorted(digest(f"{place}*{n}")[:12] for place, number in counts.items() for n in range(number)))

    def _too_much(self, places: tuple[Places, ...]) -> bool:
        return self._too_many or sum(len(p.nodes) + len(p.tensors) for p in places) > _MOST_PLACES

    def _kinds(self, places: tuple[Places, ...]) -> Iterator[str]:
        named: dict[tuple[str, str, str], str] = {}
        for scope, part in self._found(places):
            for index in part.nodes:
                node = scope.graph.nodes[index]
                key = (node.domain, node.op_type, node.overload)
                if key not in named:
                    named[key] = self._named(scope, index)
                yield named[key]
            yield from ("tensor" for _ in part.tensors)

    def _each(self, places: tuple[Places, ...]) -> Iterator[str]:
        for scope, part in self._found(places):
            path, structure = self._path(scope), self._structure(scope.graph)
            yield from (path + structure.place(index) for index in part.nodes)
            yield from (path + self._tensor(structure, name) for name in part.tensors)

    def _found(self, places: tuple[Places, ...]) -> Iterator[tuple[Scope, Places]]:
        """The graphs of the places; where two have one path, the first of them, as far as it goes."""
        for part in places:
            scope = self._by_path.get(part.graph)
            if scope is not None:
                size = len(scope.graph.nodes)
                yield scope, part._replace(nodes=tuple([index for index in part.nodes if index < size]))

    def _node_place(self, scope: Scope, index: int) -> str:
        return self._path(scope) + self._structure(scope.graph).place(index)

    def _at(self, graph: Graph, index: int, tensor: str) -> str:
        """At which input or output of the node the tensor stands, or which one it is where it stands elsewhere."""
        if not tensor:
            return ""
        for kind, names in (("<", graph.nodes[index].inputs), (">", graph.nodes[index].outputs)):
            if tensor in names:
                return f"{kind}{names.index(tensor)}"
        return self._tensor(self._structure(graph), tensor)

    def _path(self, scope: Scope) -> str:
        """The nodes that hold the scope, from the outermost on."""
        steps: list[str] = []
        while scope.outside is not None:
            outer, holder = scope.outside, scope.holder
            branch = next((n for n, g in subgraphs(outer.graph.nodes[holder]) if g is scope.graph), "")
            steps.append(f"{self._structure(outer.graph).place(holder)}.{branch}/")
            scope = outer
        if scope.function is not None:
            steps.append(f"{body_of(scope.function, self._model.functions)}/")
        return "".join(reversed(steps))

    def _tensor(self, structure: Structure, name: str) -> str:
        """Where it comes from, and who takes it; equal ones in the order of the interface, then of their users."""
        maker, what = structure.slot(name)
        if maker >= 0:
            return f"{structure.place(maker)}>{what}"
        if name in structure.ports:
            return structure.ports[name]
        use = structure.first_use(name)
        if use is None:
            return what
        user, at = use
        return f"{what}{structure.place(user)}<{at}"

    def _named(self, scope: Scope, index: int) -> str:
        node = scope.graph.nodes[index]
        function = self._model.functions.get((node.domain, node.op_type, node.overload))
        return f"{node.domain}:{node.op_type}" if function is None else body_of(function, self._model.functions)

    def _node(self, where: Location) -> tuple[Scope, int] | None:
        """The node that is meant: the one at that byte of the file, or the first of that label."""
        if not where.node:
            return None
        found = None if where.offset is None else self._by_offset.get(where.offset)
        if found is not None and found[0].graph.label(found[1]) == where.node:
            return found
        scope = self._by_path.get(where.graph)
        index = None if scope is None else self._labels(scope.graph).get(where.node)
        return None if scope is None or index is None else (scope, index)

    def _labels(self, graph: Graph) -> dict[str, int]:
        known = self._by_label.get(id(graph))
        if known is None:
            known = self._by_label[id(graph)] = {}
            for index in range(len(graph.nodes)):
                known.setdefault(graph.label(index), index)
        return known

    @cached_property
    def _by_path(self) -> dict[str, Scope]:
        found: dict[str, Scope] = {}
        for scope in self._scopes:
            found.setdefault(scope.path, scope)
        return found

    @cached_property
    def _by_offset(self) -> dict[int | None, tuple[Scope, int]]:
        return {node.offset: (scope, i) for scope in self._scopes for i, node in enumerate(scope.graph.nodes)}

    def _structure(self, graph: Graph) -> Structure:
        known = self._structures.get(id(graph))
        if known is None:
            known = self._structures[id(graph)] = Structure(graph, self._model.functions, self._structure)
        return known
