"""What a release is asked for the table: what it tells of itself, its bounds, and which tiny models it loads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from .releases import Release
from .sweep import (
    Answer,
    Choice,
    answered,
    choices,
    dummy,
    fuller,
    settings,
    under,
    variants,
    with_value,
    with_values,
    within,
)
from .table import LOADS, ONNX, Doubt, end_of, explained, kernels_of, may_be_a_function

BOUNDED = (
    "", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft",
    "com.microsoft.experimental", "com.microsoft.nchwc", "com.ms.internal.nhwc",
)  # fmt: skip
INTERNAL = ("com.microsoft.nchwc", "com.ms.internal.nhwc")
"""Of what onnxruntime writes for itself there is no row."""

_MAPS_SINCE = 17  # of SequenceMap

_FEW = 3
"""Choices of types that are tried with other values where none loads with the usual ones."""

_NEWEST_IR, _NEWEST_OPSET, _NEWEST_DTYPE = 30, 60, 28


def asked(
    release: Release, cache: Path, later: dict[str, Any] | None = None, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """All that it answers, from the cache where it is there. ``later``: a release whose schemas and kernels are tried
    where it tells none. ``before``: the one that came before it, whose tiny models count where it tells the same."""
    kept = cache / f"{release.version}.json"
    if kept.exists():
        known: dict[str, Any] = json.loads(kept.read_text())
        return known
    told = release.tell()
    tells = told if told["schemas"] else later
    assert tells is not None, f"onnxruntime {release.version} does not tell its schemas, and no other's are given"
    schemas = [s for s in tells["schemas"] if s["domain"] not in INTERNAL]
    if not told["schemas"]:
        schemas = [_as_here(release, schema) if schema["domain"] == "com.microsoft" else schema for schema in schemas]
    answers = {
        "version": release.version, "schemas": schemas, "kernels": tells["kernels"], "told": bool(told["schemas"]),
        "bounds": _bounds(release),
    }  # fmt: skip
    as_before = before is not None and all(
        before[what] == answers[what] for what in ("schemas", "kernels", "told", "bounds")
    )
    answers["swept"] = before["swept"] if before and as_before else _swept(release, answers)
    release.close()
    kept.write_text(json.dumps(answers))
    return answers


def _swept(release: Release, answers: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each operator: what came of its choices, what `bodies` says of it, and the values that it refuses."""
    swept = []
    for schema in answers["schemas"]:
        said = [answered(why).value for why in release.load(one.model for one in choices(schema))]
        made = {"domain": schema["domain"], "name": schema["name"], "since": schema["since"], "said": said}
        values = {"values": values_refused(release, schema, said)}
        swept.append(made | bodies(release, answers, schema, said) | values)
    return swept


def bodies(release: Release, answers: dict[str, Any], schema: dict[str, Any], said: list[str]) -> dict[str, Any]:
    """Of each choice the opsets under which a function's body takes it, and whether one is refused in a SequenceMap.

    Each is tried by itself, for the kernels of what stands in a body hang on its types. Where a function has no kernel
    for float16 itself its body is taken, rather than one for float32 with Casts around it.
    """
    domain, told = schema["domain"], answers["told"]
    may_be = may_be_a_function(schema)
    if schema["deprecated"] or domain not in ONNX or not (told or may_be):
        return {}
    kernels, opsets = kernels_of(answers, schema) if told else [], range(schema["since"], end_of(answers, schema) + 1)
    every, taken = list(choices(schema)), []
    for one, answer in zip(every, said, strict=True):
        is_tried = (may_be or answer in LOADS) and not explained(one, kernels, casts=not may_be)
        tried = release.load(under(one.model, domain, opset) for opset in opsets) if is_tried else ()
        taken.append([opset for opset, why in zip(opsets, tried, strict=is_tried) if answered(why).value in LOADS])
    if not any(taken):
        return {}
    made: dict[str, Any] = {"opsets": taken}
    if told and not domain:
        made["refused in maps"] = _refused_in_maps(release, every, taken)
    return made


def _refused_in_maps(release: Release, every: list[Choice], taken: list[list[int]]) -> int:
    """The first opset at which a body is refused in a SequenceMap for the order of its nodes; 0: none is.

    An operator may have a body from some opset on: Elu-6 at 18.
    """
    found: set[int] = set()
    for one, held in zip(every, taken, strict=True):
        later = [opset for opset in held if opset >= _MAPS_SINCE and not opset >= min(found, default=opset + 1)]
        tried = release.load(under(within(one.model), "", opset) for opset in later)
        found |= {opset for opset, why in zip(later, tried, strict=True) if "topologically sorted" in why}
    return min(found, default=0)


def values_refused(release: Release, schema: dict[str, Any], said: list[str]) -> dict[str, str]:
    """What comes of other values of the attributes, in the first tiny model that loads."""
    bases = _bases(release, schema, said)
    others = dict(variants(schema, bases[0])) if bases else {}
    return {name: answered(why).value for name, why in zip(others, release.load(others.values()), strict=True)}


def settled(release: Release, answers: dict[str, Any], doubts: list[Doubt], cache: Path) -> None:
    """Adds which nodes it refuses with each value that it refuses: ``*`` all, ``0:4`` those of these types."""
    wanted = [list(doubt) for doubt in doubts]
    if answers.get("settled", {}).get("asked") == wanted:
        return
    schemas = {(one["domain"], one["name"], one["since"]): one for one in answers["schemas"]}
    always = []
    for swept in answers["swept"]:
        key = swept["domain"], swept["name"], swept["since"]
        for value, answer in swept["values"].items():
            if (*key, value) in doubts and answer == Answer.HAS_KERNEL.value:
                nodes = _refused_with(release, schemas[key], swept["said"], value)
                always += [[*key, value, nodes]] if nodes else []
    answers["settled"] = {"asked": wanted, "always": always}
    release.close()
    (cache / f"{release.version}.json").write_text(json.dumps(answers))


def _refused_with(release: Release, schema: dict[str, Any], said: list[str], value: str) -> str:
    """Nodes that are refused with the value whatever else they have, as a kernel's row; "" where nobody knows."""
    bases = _bases(release, schema, said)
    whys = list(release.load(with_value(schema, base, value) for base in bases))
    refused = [base for base, why in zip(bases, whys, strict=True) if why]
    loads = [base for base, why in zip(bases, whys, strict=True) if not why]
    if not refused or not all(release.load(_with_all_else(schema, refused[0], value))):
        return ""
    if not loads:
        return "*"
    for place, (held, free) in enumerate(zip(_masks(refused), _masks(loads), strict=True)):
        if not held & free:
            return f"{place}:{held:x}"
    return ""


def _masks(models: list[bytes]) -> list[int]:
    """The element types of each input, in some of the models."""
    graphs = [onnx.load_from_string(model).graph for model in models]
    places = zip(*(graph.input for graph in graphs), strict=True)
    return [reduce(or_, (1 << one.type.tensor_type.elem_type for one in place)) for place in places]


def _with_all_else(schema: dict[str, Any], base: bytes, value: str) -> Iterator[bytes]:
    for name, other in variants(schema, base):
        if name.partition("=")[0] != value.partition("=")[0]:
            yield with_value(schema, other, value)
    for other in fuller(schema, base):
        yield with_value(schema, other, value)


def _bases(release: Release, schema: dict[str, Any], said: list[str]) -> list[bytes]:
    """Tiny models of an operator that load; attributes that must be there may need other values for it."""
    every = list(zip(choices(schema), said, strict=True))
    loads = [one.model for one, answer in every if answer == Answer.LOADS.value]
    if not loads:
        refused = [one.model for one, answer in every if answer == Answer.HAS_KERNEL.value]
        tried = [with_values(model, values) for model in refused[:_FEW] for values in settings(schema)]
        loads = [model for model, why in zip(tried, release.load(tried), strict=True) if not why]
    return loads


def _as_here(release: Release, schema: dict[str, Any]) -> dict[str, Any]:
    """A later release's schema without the attributes and inputs that this one refuses."""
    first = next(choices(schema), None)
    if first is None:
        return schema
    model = onnx.load_from_string(first.model)
    tried = []
    for name, (kind, _) in schema["attributes"].items():
        other = onnx.ModelProto.FromString(first.model)
        if all(a.name != name for a in other.graph.node[0].attribute):
            other.graph.node[0].attribute.append(dummy(name, kind))
        tried.append(other.SerializeToString())
    refused = zip(schema["attributes"].items(), release.load(tried), strict=True)
    attributes = {name: said for (name, said), why in refused if "Unrecognized attribute" not in why}
    node, most = model.graph.node[0], min(schema["counts"][1], len(schema["inputs"]))
    node.input.extend([node.input[0]] * (most - len(node.input)))
    (why,) = release.load([model.SerializeToString()])
    found = re.search(r"has input size \d+ not in range \[min=(\d+), max=(\d+)\]", why)
    counts = [int(found[1]), int(found[2]), *schema["counts"][2:]] if found else schema["counts"]
    return {**schema, "attributes": attributes, "counts": counts, "inputs": schema["inputs"][: counts[1]]}


def _bounds(release: Release) -> dict[str, Any]:
    """Of IR version, opsets and element types, each by a model that has nothing else that is new."""
    ir_version = _newest(release, range(3, _NEWEST_IR), (_relu(v, {"": 17}) for v in range(3, _NEWEST_IR)))
    opsets = {}
    for domain in BOUNDED:
        versions = range(7 if not domain else 1, _NEWEST_OPSET)
        most = _newest(release, versions, (_relu(8, {"": 17} | {domain: v}) for v in versions))
        if most < _NEWEST_OPSET - 1:
            opsets[domain] = most
    dtypes = range(1, _NEWEST_DTYPE + 1)
    held = sum(
        1 << d for d, why in zip(dtypes, release.load(_relu(8, {"": 17}, d) for d in dtypes), strict=True) if not why
    )
    return {"ir_version": ir_version, "opsets": opsets, "dtypes": held}


def _newest(release: Release, versions: range, models: Iterable[bytes]) -> int:
    return max(v for v, why in zip(versions, release.load(models), strict=True) if not why)


def _relu(ir_version: int, imports: dict[str, int], beside: int = TensorProto.FLOAT) -> bytes:
    """One Relu, and an input of a type that nothing uses."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    unused = onnx.ValueInfoProto(name="z")
    unused.type.tensor_type.elem_type = beside
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x, unused], [y])
    opsets = [helper.make_opsetid(domain, version) for domain, version in imports.items()]
    model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=ir_version).SerializeToString()
    return model
