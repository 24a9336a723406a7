"""What ``auditor inspect`` and ``auditor explain`` tell of a model, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .costs.count import Costs
from .costs.layers import Layer
from .errors import UsageError
from .formats.json import SCHEMA_VERSION, plain
from .model.dtypes import name_of
from .model.graph import Model
from .report import Step
from .shapes.fact import Exact, show
from .shapes.facts import Facts, rendered
from .shapes.sizes.dim import Size
from .shapes.troubles import At
from .wording import nearest

_MOST_NAMES = 20_000  # among which a near one is looked for


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one node comes about: the chain to it, and its parameters as they must be and as they are."""

    label: str
    steps: tuple[Step, ...]
    parameters: tuple[tuple[str, str, str], ...]  # tensor, needed shape, stored shape
    sources: tuple[tuple[str, str], ...]  # the graph's inputs and their shapes


def explanation(facts: Facts, name: str) -> Explanation:
    """The derivation of the node (or tensor) of that name; `UsageError` where the model has none."""
    at = place_of(facts, name)
    node, entry = facts.node(at), facts.entry(at)
    first = next((tensor for tensor in node.outputs if tensor), "")
    parameters = []
    if entry is not None and entry.answer is not None:
        for parameter, need in entry.answer.needs.items():
            index = entry.inputs.index(parameter)
            if index < len(node.inputs) and node.inputs[index]:
                tensor = node.inputs[index]
                fact = facts.at(tensor, at.graph)
                how = "" if isinstance(need, Exact) else "broadcasts to "
                parameters.append((tensor, how + show(need.shape), "?" if fact is None else show(fact.shape)))
    sources = tuple((n, show(f.shape)) for n, f in facts.inputs.items())
    return Explanation(facts.label(at), facts.derivation(first, at.graph), tuple(parameters), sources)


def place_of(facts: Facts, name: str) -> At:
    """The node of that name, or that makes the tensor of that name; `UsageError` where the model has none."""
    for path, visited in facts.graphs.items():
        for index in range(len(visited.nodes)):
            at = At(path, index)
            label = facts.label(at)
            if name in (label, f"{path}/{label}", f"{visited.nodes[index].op_type}[{index}]"):
                return at
    for path, visited in facts.graphs.items():
        for index, node in enumerate(visited.nodes):
            if name in node.outputs:
                return At(path, index)
    near = nearest(name, islice(_names(facts), _MOST_NAMES))
    raise UsageError(f"the model has no node or tensor {name!r}{near}; `auditor inspect MODEL` lists them")


def _names(facts: Facts) -> Iterator[str]:
    """What nodes and tensors can be asked for by."""
    for path, visited in facts.graphs.items():
        for index, node in enumerate(visited.nodes):
            yield facts.label(At(path, index))
            yield f"{node.op_type}[{index}]"
            yield from filter(None, node.outputs)


def document(model: Model, facts: Facts, costs: Costs) -> str:
    """``layers`` and ``tensors`` as JSON; symbolic sizes as strings, unknown ones null."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "model": model.path,
        "layers": [_layer(layer) for layer in costs.layers],
        "tensors": [
            {
                "graph": path,
                "name": name,
                "dtype": None if fact.dtype is None else name_of(fact.dtype),
                "shape": rendered(fact.shape),
            }
            for path, visited in facts.graphs.items()
            for name, fact in visited.facts.items()
            if fact is not None
        ],
    }
    return json.dumps(plain(whole), indent=2, allow_nan=False)


def _layer(layer: Layer) -> dict[str, object]:
    return {
        "path": layer.label,
        "op_type": layer.op_type,
        "inputs": layer.inputs,
        "outputs": layer.outputs,
        "output_shapes": [None if fact is None else rendered(fact.shape) for fact in layer.facts],
        "expected_parameter_shapes": {name: rendered(need.shape) for name, need in layer.needs.items()},
        "parameters": layer.parameters,
        "learnable_parameters": _count(layer.learnable),
        "macs": _count(layer.macs),
        "activation_bytes": _count(layer.activation_bytes),
    }


def _count(size: Size | None) -> int | str | None:
    return size if size is None or isinstance(size, int) else str(size)
