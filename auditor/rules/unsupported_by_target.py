"""What a runtime that was named with --target would not load.

## What it does
Holds the model against a table of what the releases 1.15.0 to 1.32.0 of onnxruntime take on the CPU, for each release
that `--target onnxruntime==1.17` names: the IR version, the imports, operators that are not there yet or not there any
more, attributes and inputs of onnxruntime's own operators, element types, and nodes without a kernel for the types that
they have. With `--try-target` the model is run there too. Without `--target` it says nothing.

## Why it matters
A model that loads on the machine of who exported it is refused on the device, and the message names the first of many
reasons: `Unsupported model IR version: 10, max supported IR version: 9`, then `com.microsoft:MatMulNBits(-1) is not a
registered function/op`, then `Could not find an implementation for Conv(11)`. The table was made by asking the releases
themselves: which schemas and kernels they have, and which of 10,000 to 16,000 tiny models they load.

Of what a kernel makes of the values of its attributes the table has only single values that older releases refuse, and
whether it runs on the sizes is not in it. A function's body is read as onnxruntime does it: at the opsets that the
model imports, not at those of the function. What is not known, such as the kernel for a type that nobody knows, is no
finding: the verdict is then inconclusive.

Of TensorRT nothing was measured. NVIDIA's documents (docs/operators.md of onnx-tensorrt) say which operators and
element types the releases 8.5, 9.2, 10.6 and 10.15 do not support; what they say is a warning, and the verdict is
inconclusive whatever they say. Of a release between two of these what both say counts.

## Fires on
```onnx
# --target onnxruntime==1.17
<ir_version: 10, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```
```onnx
# --target onnxruntime==1.15
<ir_version: 8, opset_import: ["" : 20]>
agraph (float[2] x) => (float[2] y) { y = Gelu(x) }
```
```onnx
# RotaryEmbedding came with 1.16.
# --target onnxruntime==1.15
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
agraph (float[1, 2, 16] x, int64[1] p, float[8, 8] c, float[8, 8] s) => (float[1, 2, 16] y) {
  y = com.microsoft.RotaryEmbedding(x, p, c, s)
}
```
```onnx
# There is no kernel of Conv for float64.
# --target onnxruntime==1.32
<ir_version: 8, opset_import: ["" : 17]>
agraph (double[1, 1, 4, 4] x, double[1, 1, 3, 3] w) => (double[1, 1, 2, 2] y) { y = Conv(x, w) }
```
```onnx
# 8 bits came with 1.22.
# --target onnxruntime==1.17
<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
agraph (float[2, 32] x, uint8[8, 1, 32] b, float[8] s) => (float[2, 8] y) {
  y = com.microsoft.MatMulNBits<K = 32, N = 8, bits = 8, block_size = 32>(x, b, s)
}
```
```onnx
# The body is read at opset 17, where there is no Mish yet.
# --target onnxruntime==1.32
<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.act(x) }
<domain: "local", opset_import: ["" : 18]>
act (a) => (b) { b = Mish(a) }
```

```onnx
# Mish has no kernel; its nodes are put into the body in the wrong order.
# --target onnxruntime==1.32
<ir_version: 8, opset_import: ["" : 18]>
agraph (seq(float[4]) s) => (seq(float[4]) r) {
  r = SequenceMap(s) <body = each (float[4] x) => (float[4] y) { y = Mish(x) }>
}
```
```onnx
# By NVIDIA's document alone.
# --target tensorrt==10.6
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4] x) => (float[N] y) { y = Unique(x) }
```

## Quiet on
```onnx
# 1.16 puts them in the right order.
# --target onnxruntime==1.16
<ir_version: 8, opset_import: ["" : 18]>
agraph (seq(float[4]) s) => (seq(float[4]) r) {
  r = SequenceMap(s) <body = each (float[4] x) => (float[4] y) { y = Mish(x) }>
}
```
```onnx
# Nothing that the document refuses.
# --target tensorrt==10.6
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[4] x) => (float[4] y) { y = Relu(x) }
```
```onnx
# The body is read at opset 18, whatever the function imports.
# --target onnxruntime==1.17
<ir_version: 8, opset_import: ["" : 18, "local" : 1]>
agraph (float[2] x) => (float[2] y) { y = local.act(x) }
<domain: "local", opset_import: ["" : 17]>
act (a) => (b) { b = Mish(a) }
```
```onnx
# float16 has no kernel either, and Casts are set around one for float32.
# --target onnxruntime==1.15
<ir_version: 8, opset_import: ["" : 17]>
agraph (float16[1, 1, 4, 4] x, float16[1, 1, 3, 3] w) => (float16[1, 1, 2, 2] y) { y = Conv(x, w) }
```
```onnx
# Nothing is known of that release.
# --target onnxruntime==1.2
<ir_version: 99, opset_import: ["" : 99]>
agraph (float[2] x) => (float[2] y) { y = Relu(x) }
```

## How to fix
`auditor fix --target onnxruntime==1.17` lowers the IR version and the imports where every operator means the same
there. Else export with an older opset, put Casts to float32 around a node without a kernel for its type, write the
operator that took another's place, or deploy the release that the finding names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..findings.places import nodes_at
from ..model.dtypes import name_of
from ..model.scopes import Scope
from ..report import Basis, Found, Location, Severity
from ..wording import others
from . import rule

if TYPE_CHECKING:
    from ..evidence.targeting import TargetRuntime, Targets
    from ..model.graph import Node
    from ..targets.known import Runtime
    from ..targets.refusals import Refusal


@rule(Severity.ERROR, Basis.REFUSED)
def unsupported_by_target(targets: Targets) -> Iterator[Found]:
    for target in targets.asked:
        if target.release is not None:
            yield from _of_the_table(target, target.release)
        yield from _of_documents(target)
        if target.failed and not target.refusals:
            yield Found(
                f"{target.name} was tried with the model, and {target.failed}",
                Location(),
                "export the model for this release, or deploy another one",
            )


def _of_the_table(target: TargetRuntime, release: Runtime) -> Iterator[Found]:
    from ..targets.refusals import NoType, TooNewIr, TooNewOpset

    found: dict[tuple[str, str], list[tuple[Scope, int]]] = {}
    for refusal in target.refusals:
        match refusal:
            case TooNewIr(version, most):
                yield _version(target, "IR version", version, most)
            case TooNewOpset(domain, version, most, function):
                held = f"{domain or 'ai.onnx'} opset"
                yield _version(target, held, version, most, f"the function {function}" if function else "the model")
            case NoType(scope, tensor, dtype):
                yield Found(
                    f"{tensor!r} is of the type {name_of(dtype)}, which {target.name} does not know",
                    Location(scope.path, tensor=tensor),
                    f"store it in another type, or deploy a release that has {name_of(dtype)}{_with_type(dtype)}",
                    actual=name_of(dtype),
                )
            case _:
                message, fix = _of_node(target.name, release, refusal)
                found.setdefault((message, fix), []).append((refusal.scope, refusal.node))
    for (message, fix), places in found.items():
        scope, index = places[0]
        node = scope.graph.nodes[index]
        yield Found(
            f"{scope.graph.label(index)}{others(places)}: {message}",
            Location(scope.path, scope.graph.label(index), node.op_type, offset=node.offset),
            fix,
            places=nodes_at((scope.path, index) for scope, index in places),
        )


def _of_documents(target: TargetRuntime) -> Iterator[Found]:
    from ..targets.refusals import NoType

    said = " and ".join(f"{one.version} ({one.date})" for one in target.documents)
    source = f"NVIDIA's document on TensorRT {said}"
    found: dict[str, list[tuple[Scope, int]]] = {}
    for refusal in target.documented:
        if isinstance(refusal, NoType):
            yield Found(
                f"{refusal.tensor!r} is of the type {name_of(refusal.dtype)}, which {source} does not list; "
                f"{target.name} was not tried",
                Location(refusal.scope.path, tensor=refusal.tensor),
                "store it in another type",
                severity=Severity.WARNING,
                basis=Basis.SUSPICIOUS,
            )
        else:
            op_type = refusal.scope.graph.nodes[refusal.node].op_type
            found.setdefault(op_type, []).append((refusal.scope, refusal.node))
    for op_type, places in found.items():
        scope, index = places[0]
        yield Found(
            f"{scope.graph.label(index)}{others(places)}: {source} says that {op_type} is not supported; "
            f"{target.name} was not tried",
            Location(scope.path, scope.graph.label(index), op_type, offset=scope.graph.nodes[index].offset),
            f"export without {op_type}, or give TensorRT a plug-in for it",
            severity=Severity.WARNING,
            basis=Basis.SUSPICIOUS,
            places=nodes_at((scope.path, index) for scope, index in places),
        )


def _version(target: TargetRuntime, what: str, actual: int, most: int, holder: str = "the model") -> Found:
    return Found(
        f"{holder} has {what} {actual}; {target.name} takes at most {most}",
        Location(),
        f"export the model with {what} {most} or less (`auditor fix` lowers it where nothing newer is used), "
        "or deploy a newer release",
        expected=f"at most {most}",
        actual=actual,
    )


def _of_node(name: str, release: Runtime, refusal: Refusal) -> tuple[str, str]:
    """Message and fix."""
    from ..targets.known import implemented, runtimes, sorts_maps
    from ..targets.refusals import (
        NoAttribute,
        NodeRefusal,
        NoKernel,
        NoOperator,
        NoValue,
        OtherCount,
        ReadOtherwise,
        WrongOrder,
    )

    assert isinstance(refusal, NodeRefusal)
    node = refusal.scope.graph.nodes[refusal.node]
    operator = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    match refusal:
        case NoOperator(opset=opset, withdrawn=withdrawn):
            has = "has withdrawn" if withdrawn else "does not have"
            first = _first_with(release, node.domain, node.op_type, opset)
            deploy = f", or deploy onnxruntime {first} or newer" if first else ""
            return f"{name} {has} {operator} at opset {opset}", f"export the model without {operator}{deploy}"
        case NoAttribute(attribute=attribute):
            opset = refusal.scope.opsets[node.domain]
            first = _first_with(release, node.domain, node.op_type, opset, attribute)
            deploy = f", or deploy onnxruntime {first} or newer" if first else ""
            message = f"{operator} of {name} has no attribute {attribute}"
            return message, f"take the attribute {attribute} out if its value is what that release does{deploy}"
        case OtherCount(what=what, held=held, least=least, most=most):
            takes = f"{least} or more" if most is None else f"{least}" if least == most else f"{least} to {most}"
            verb = "takes" if what == "inputs" else "gives"
            return f"{operator} of {name} {verb} {takes} {what}, and here are {held}", "export the model for it"
        case NoValue(since=since, value=value):
            first = next((r.version for r in runtimes()[release.number + 1 :] if _takes(r, node, since, value)), "")
            deploy = f", or deploy onnxruntime {first} or newer" if first else ""
            return f"{operator} of {name} refuses {value}", f"export with another value{deploy}"
        case WrongOrder():
            opset = refusal.scope.opsets.get("", 1)
            sorting = [one.version for one in runtimes() if sorts_maps(one) and opset <= one.opsets[""]]
            deploy = f", or deploy onnxruntime {sorting[-1]}" if sorting else ""
            message = f"{name} puts the nodes of the function {operator} into the SequenceMap in the wrong order"
            return message, f"write a Loop in place of the SequenceMap, or {operator} as single operators{deploy}"
        case ReadOtherwise(opset=opset, refusal=inner):
            own, domain = refusal.scope.opsets[node.domain], node.domain or "ai.onnx"
            message, _ = _of_node(name, release, inner)
            read = f"it reads the function at opset {opset}, which the model imports, and the function imports {own}"
            return f"{message}; {read}", f"let the model and the function import the same opset of {domain}"
        case NoKernel(since=since, dtypes=dtypes, taken=taken):
            types = ", ".join(dict.fromkeys(map(name_of, dtypes))) or "what it is given"
            has = f"; the first input may be {', '.join(map(name_of, taken))}" if taken else "; it has none at all"
            message = f"{name} has no kernel of {operator} (of opset {since}) on the CPU for {types}{has}"
            cast = "put Casts to a type that it takes around the node" if taken else f"export without {operator}"
            here = implemented(release, node.domain, node.op_type, since)
            first = _first_with(release, node.domain, node.op_type, since) if here and not here.kernels else ""
            release_with = f"onnxruntime {first} or newer" if first else "a release that has the kernel"
            return message, f"{cast}, or deploy {release_with}"


def _first_with(release: Runtime, domain: str, op_type: str, opset: int, attribute: str = "") -> str:
    """The first release behind this one with the operator, a kernel of it and the attribute; "" if none has."""
    from ..targets.known import implemented, runtimes, signature

    for other in runtimes()[release.number + 1 :]:
        found = implemented(other, domain, op_type, opset)
        if found is None or found.deprecated or not found.kernels:
            continue
        said = signature(other, domain, op_type, found.since)
        if not attribute or (said is not None and attribute in said.attributes):
            return other.version
    return ""


def _takes(release: Runtime, node: Node, since: int, value: str) -> bool:
    from ..targets.known import implemented, refused_values

    found = implemented(release, node.domain, node.op_type, since)
    return found is not None and value not in refused_values(release, node.domain, node.op_type, since)


def _with_type(dtype: int) -> str:
    from ..targets.known import runtimes

    first = next((one.version for one in runtimes() if one.dtypes >> dtype & 1), "")
    return f", onnxruntime {first} or newer" if first else ""
