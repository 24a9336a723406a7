"""Names that stand for two things: of nodes, of tensors that are stored twice, of tensors that hide an outer one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ...model.graph import Graph, captured
from ...model.scopes import Scope, scopes
from ...model.tensor import Tensor
from ...rules.duplicate_names import duplicate_names
from ...wording import listed
from ..draft import Draft, fresh
from ..naming import all_names, with_tensors
from ..offer import Look, Offer
from ..same_data import same_data

RULE = duplicate_names.name


def offers(look: Look) -> Iterator[Offer]:
    for scope in scopes(look.draft.model):
        if scope.function is None:
            yield from _nodes(scope)
            yield from _stored_twice(look, scope)
            yield from _hiding(look, scope)


def _of_graph(offset: int, change: Callable[[Graph], Graph]) -> Callable[[Draft], Draft]:
    return lambda draft: draft.changed(lambda graph: change(graph) if graph.offset == offset else graph)


def _nodes(scope: Scope) -> Iterator[Offer]:
    times = Counter(node.name for node in scope.graph.nodes if node.name)
    twice = [name for name, count in times.items() if count > 1]
    if twice:
        yield Offer(
            RULE,
            scope.path or "the graph",
            f"{sum(times[name] - 1 for name in twice)} nodes named anew: all but the first of {listed(twice)}",
            "no tensor's name changes, and a node's name means nothing to ONNX",
            _of_graph(scope.graph.offset, _named_apart),
        )


def _named_apart(graph: Graph) -> Graph:
    taken = {node.name for node in graph.nodes}
    seen: set[str] = set()
    nodes = []
    for node in graph.nodes:
        if node.name and node.name in seen:
            node = node._replace(name=fresh(node.name, taken))
            taken.add(node.name)
        seen.add(node.name)
        nodes.append(node)
    return graph._replace(nodes=tuple(nodes))


def _stored_twice(look: Look, scope: Scope) -> Iterator[Offer]:
    """Initializers of one name with the same bytes: whichever a reader takes, it takes the same."""
    first: dict[str, Tensor] = {}
    spare: list[Tensor] = []
    for tensor in scope.graph.initializers:
        kept = first.setdefault(tensor.name, tensor)
        if kept is not tensor and same_data(look.draft.source, kept, tensor):
            spare.append(tensor)
    if spare:
        gone = {tensor.offset for tensor in spare}
        yield Offer(
            RULE,
            listed(dict.fromkeys(t.name for t in spare)),
            f"stored {len(spare) + 1} times -> once" if len(spare) == 1 else "each stored once",
            "type, shape and every byte of the copies are equal",
            _of_graph(scope.graph.offset, lambda g: g._replace(
                initializers=tuple(t for t in g.initializers if t.offset not in gone))),
        )  # fmt: skip


def _hiding(look: Look, scope: Scope) -> Iterator[Offer]:
    """Tensors of a subgraph that have the name of one around it."""
    if scope.outside is None:
        return
    graph = scope.graph
    own = {*graph.producers, *graph.initializer_names, *(v.name for v in graph.inputs)}
    hiding = [name for name in own if scope.holds_around(name)]
    sparse = {t.name for t in graph.sparse_initializers}
    names: dict[str, str] = {}
    taken = all_names(look.draft.model.graph)
    for name in sorted(hiding):
        if name in sparse or not _made_before_use(graph, name):
            continue
        names[name] = fresh(f"{name}_inner", taken)
        taken.add(names[name])
    if names:
        shown = ", ".join(f"{old} -> {new}" for old, new in list(names.items())[:3])
        yield Offer(
            RULE,
            scope.path,
            shown + (f" and {len(names) - 3} more" if len(names) > 3 else ""),
            "the subgraph's own tensors and their uses within it; it hands tensors in and out by their place",
            _of_graph(graph.offset, lambda g: with_tensors(g, names)),
        )


def _made_before_use(graph: Graph, name: str) -> bool:
    """Whether every use within the graph is of its own tensor: before it is made, the name is the outer one's."""
    made = graph.producers.get(name)
    if made is None:
        return True
    return all(i > made for i, node in enumerate(graph.nodes) if name in node.inputs or name in captured(node))
