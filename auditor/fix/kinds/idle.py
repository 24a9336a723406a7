"""What is declared or imported and nothing has any use for; and a graph that lacks the name that it must have."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.graph import Graph
from ...model.scopes import scopes
from ...rules.idle_declarations import idle_declarations
from ...rules.meaningless_declarations import meaningless_declarations
from ...rules.unused_imports import unused_imports
from ...wording import counted, listed
from ..draft import Draft
from ..offer import Look, Offer


def offers(look: Look) -> Iterator[Offer]:
    model = look.draft.model
    if look.found_before(idle_declarations.name):
        for path, graph in model.graphs:
            names = {v.name for v in graph.value_info} - {v.name for v in _without_idle(graph).value_info}
            if names:
                change = f"{counted(names, 'declaration')} out: {listed(sorted(names))}"
                yield Offer(
                    idle_declarations.name,
                    path or "the graph",
                    change,
                    "no node makes them, and nothing stores or feeds them",
                    lambda draft, offset=graph.offset: draft.changed(  # type: ignore[misc]  # bound here, for it changes
                        lambda g: _without_idle(g) if g.offset == offset else g
                    ),
                )
    if look.found_before(unused_imports.name):
        used = {node.domain for scope in scopes(model) for node in scope.graph.nodes}
        used |= {"", "ai.onnx", *(domain for domain, _, _ in model.functions)}
        idle = sorted({domain for domain, _ in model.imports} - used)
        if idle:
            yield Offer(
                unused_imports.name,
                "opset_import",
                f"{counted(idle, 'import')} out: {listed(idle)}",
                "no node, no subgraph and no function is of these domains",
                lambda draft: _without_imports(draft, frozenset(idle)),
            )
    if not model.graph.name and look.found_before(meaningless_declarations.name):
        yield Offer(
            meaningless_declarations.name,
            "the graph",
            "gets the name 'graph'",
            "ONNX asks for a name, and nothing refers to it",
            lambda draft: draft.with_graph(draft.model.graph._replace(name="graph")),
        )


def _without_idle(graph: Graph) -> Graph:
    """IR 9 keeps what functions declare here, too, under names with their domain and a slash."""
    there = {*graph.producers, *graph.initializer_names, *(v.name for v in graph.inputs)}
    return graph._replace(value_info=tuple(v for v in graph.value_info if v.name in there or "/" in v.name))


def _without_imports(draft: Draft, idle: frozenset[str]) -> Draft:
    imports = tuple(one for one in draft.model.imports if one[0] not in idle)
    return draft._replace(model=draft.model._replace(imports=imports))
