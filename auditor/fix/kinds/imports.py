"""Versions: imports that stand twice, an IR version that was never set, what is newer than the runtime takes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ...model.graph import Model, TensorType
from ...model.schemas import schema
from ...model.scopes import scopes
from ...model.tensor import Tensor
from ...rules.meaningless_declarations import meaningless_declarations
from ...rules.newer_than_runtime import newer_than_runtime
from ...rules.repeated_imports import repeated_imports
from ...rules.unsupported_by_target import unsupported_by_target
from ..draft import Draft
from ..offer import Look, Offer

_IR_OF_OPSET = ((6, 3), (8, 3), (9, 4), (10, 5), (11, 6), (14, 7), (18, 8), (20, 9), (22, 10), (23, 11), (24, 12))
"""ai.onnx opset and the IR version of the release that brought it (onnx's docs/Versioning.md); beyond it, 13."""

_NEWER_TYPES = {17: 9, 18: 9, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 12, 25: 13, 26: 13, 27: 14, 28: 14}
"""Element types and the IR version that brought them."""


_OF_VERSIONS = (newer_than_runtime.name, unsupported_by_target.name)


def offers(look: Look) -> Iterator[Offer]:
    yield from _once(look.draft.model)
    yield from _set(look.draft.model)
    yield from _older(look)


def _once(model: Model) -> Iterator[Offer]:
    last: dict[str, tuple[str, int]] = {}
    for domain, version in model.imports:
        last["" if domain == "ai.onnx" else domain] = (domain, version)
    if len(last) < len(model.imports):
        gone = len(model.imports) - len(last)
        kept = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in last.values())
        yield Offer(
            repeated_imports.name,
            "opset_import",
            f"{gone} of {len(model.imports)} entries out, {kept} stays",
            "of two imports of a domain onnx's checker and onnxruntime 1.32 take the last, which stays",
            lambda draft: draft._replace(model=draft.model._replace(imports=tuple(last.values()))),
        )


def _set(model: Model) -> Iterator[Offer]:
    if model.ir_version <= 0:
        opset = model.opsets.get("", 1)
        version = next((ir for most, ir in _IR_OF_OPSET if opset <= most), 13)
        version = max(version, *(_NEWER_TYPES.get(dtype, 0) for dtype in _dtypes(model)), 8 if model.functions else 3)
        yield Offer(
            meaningless_declarations.name,
            "ir_version",
            f"{model.ir_version} -> {version}",
            f"the IR version of the release of ONNX that brought opset {opset}",
            lambda draft: draft._replace(model=draft.model._replace(ir_version=version)),
        )


def _older(look: Look) -> Iterator[Offer]:
    """A lower version under which every node means the same."""
    model = look.draft.model
    for finding in (f for name in _OF_VERSIONS for f in look.found_before(name)):
        if not finding.message.startswith("the model has "):
            continue
        most = int(str(finding.expected).rpartition(" ")[2])
        if finding.message.startswith("the model has IR version"):
            needed = max(3, *(_NEWER_TYPES.get(dtype, 0) for dtype in _dtypes(model)), 8 if model.functions else 0)
            needed = max(needed, 10 if any(f.overload for f in model.functions.values()) else 0)
            needed = max(needed, 11 if model.configurations or model.shardings else 0)
            if needed <= most < model.ir_version:
                yield Offer(
                    finding.rule,
                    "ir_version",
                    f"{model.ir_version} -> {most}",
                    f"nothing in the model needs more than IR version {max(needed, 3)}",
                    lambda draft, most=most: draft._replace(  # type: ignore[misc]  # bound here, for it changes
                        model=draft.model._replace(ir_version=min(most, draft.model.ir_version))
                    ),
                )
            continue
        domain = finding.message.removeprefix("the model has ").partition(" opset")[0].replace("ai.onnx", "", 1)
        domain = f"ai.onnx{domain}" if domain.startswith(".") else domain
        now = model.opsets.get(domain, 0)
        if most < now and means_the_same(model, domain, most, now):
            yield Offer(
                finding.rule,
                f"opset of {domain or 'ai.onnx'}",
                f"{now} -> {most}",
                f"no operator of the model was changed or brought between opset {most} and {now}",
                lambda draft, domain=domain, most=most: _lowered(draft, domain, most),  # type: ignore[misc]  # bound here
            )


def means_the_same(model: Model, domain: str, low: int, high: int) -> bool:
    """Whether every operator of the domain that the model uses is the same at both opsets."""
    for scope in scopes(model):
        for node in scope.graph.nodes:
            if ("" if node.domain == "ai.onnx" else node.domain) != domain:
                continue
            if (domain, node.op_type, node.overload) in model.functions:
                return False
            old, new = schema(domain, node.op_type, low), schema(domain, node.op_type, high)
            if old is None or new is None or old.since != new.since:
                return False
    return all(function.opsets.get(domain, low) <= low for function in model.functions.values())


def _lowered(draft: Draft, domain: str, version: int) -> Draft:
    imports = tuple(
        (name, min(version, number) if ("" if name == "ai.onnx" else name) == domain else number)
        for name, number in draft.model.imports
    )
    return draft._replace(model=draft.model._replace(imports=imports))


def _dtypes(model: Model) -> frozenset[int]:
    """The element types that the file names: of stored tensors, declarations and attributes."""
    found: set[int] = {0}
    for scope in scopes(model):
        graph = scope.graph
        found.update(t.dtype for t in graph.initializers)
        for value in chain(graph.inputs, graph.outputs, graph.value_info):
            if isinstance(value.type, TensorType):
                found.add(value.type.dtype)
        for node in graph.nodes:
            for name, said in node.attributes.items():
                if isinstance(said, Tensor):
                    found.add(said.dtype)
                elif name in ("to", "dtype", "output_dtype") and isinstance(said, int):
                    found.add(said)
    return frozenset(found)
