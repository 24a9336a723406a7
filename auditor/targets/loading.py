"""Will a release of onnxruntime make a session of a model on the CPU? What it would refuse, and what nobody knows.

onnxruntime first holds the IR version and the imports against its own, then every node against its schemas, and at last
looks for a kernel for the element types; where there is none for float16 it sets Casts around one for float32, if the
operator is no function. A
function's body is set in first, and then read at the opsets that the model imports, not at the function's own. What is
folded away is not looked at, and of attributes' values only some. Within the body of a SequenceMap releases have set
functions in wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from ..model.graph import Function, Graph, MapType, Model, Node, TensorType
from ..model.schemas import Schema, schema
from ..model.scopes import Scope, scopes
from ..shapes.fact import Fact
from ..shapes.facts import Facts
from .known import (
    ELSE,
    FLOAT,
    FLOAT16,
    NUMBER_MAP,
    OPTIONAL,
    SEQUENCE,
    STRING,
    WORD_MAP,
    Implemented,
    Input,
    NodePlace,
    Runtime,
    Signature,
    implemented,
    refused_values,
    signature,
    takes,
)
from .order import Order
from .refusals import (
    Answer,
    NoAttribute,
    NoKernel,
    NoOperator,
    NotKnown,
    NoType,
    NoValue,
    OfNode,
    OtherCount,
    ReadOtherwise,
    Refusal,
    TooNewIr,
    TooNewOpset,
    WrongOrder,
)

_INTERNAL = frozenset({"com.microsoft.nchwc", "com.ms.internal.nhwc"})
_SUBSTITUTED = "its kernel hangs on element types that are not known"


def answers(facts: Facts, release: Runtime, custom: bool = False) -> Iterator[Answer]:
    """Everything that the release would refuse, and what is not known. Nothing of both: it loads.

    ``custom``: a library of operators is loaded beside it, and of foreign domains nothing is known.
    """
    model = facts.model
    yield from _versions(model, release)
    seen: dict[object, list[Mapping[str, Fact | None]]] = {}
    for visited in facts.graphs.values():
        seen.setdefault(id(visited.nodes), []).append(visited.facts)
    called = {id(f) for f in model.functions.values() if id(f.nodes) in seen}
    for scope in scopes(model):
        if scope.function is None or id(scope.function) in called:
            yield from _Body(scope, seen, model, release, custom).answers()


def _versions(model: Model, release: Runtime) -> Iterator[Refusal]:
    if model.ir_version > release.ir_version:
        yield TooNewIr(model.ir_version, release.ir_version)
    for domain, version in model.opsets.items():
        most = release.opsets.get(domain, version)
        if version > most:
            yield TooNewOpset(domain, version, most)
    for function in model.functions.values():
        for domain, version in function.opsets.items():
            most = release.opsets.get(domain, version)
            if version > most and version != model.opsets.get(domain):
                yield TooNewOpset(domain, version, most, function.name)


class _Body:
    """One graph, or a function's body, with the facts of each time that it was walked through."""

    def __init__(
        self,
        scope: Scope,
        seen: Mapping[object, list[Mapping[str, Fact | None]]],
        model: Model,
        release: Runtime,
        custom: bool,
    ) -> None:
        self._scope, self._seen, self._model, self._release, self._custom = scope, seen, model, release, custom
        self._walked = seen.get(id(scope.graph.nodes), [])
        self._order = Order(scope, model, release, self._types_in)

    def answers(self) -> Iterator[Answer]:
        yield from self._types()
        known: dict[tuple[object, ...], OfNode | NoType | None] = {}
        for index, node in enumerate(self._scope.graph.nodes):
            if function := self._model.functions.get((node.domain, node.op_type, node.overload)):
                yield from self._order.of_call(index, node, function)
                continue
            if not node.domain and node.op_type == "Constant":
                continue  # it becomes an initializer, and needs no kernel
            for dtypes in self._dtypes(node):
                key = (node.domain, node.op_type, dtypes, _plain(node), self._order.is_fed(node))
                if key not in known:
                    known[key] = self._answer(index, node, dtypes)
                answer = known[key]
                if answer is None:
                    continue
                if isinstance(answer, NoKernel) and self._constant(node):
                    answer = NotKnown(self._scope, index, "it may be folded away, for its inputs are constants")
                yield answer if isinstance(answer, NoType) else answer._replace(node=index)
                break

    def _types(self) -> Iterator[Answer]:
        graph = self._scope.graph
        held = [(t.name, t.dtype) for t in graph.initializers]
        held += [(v.name, dtype) for v in graph.inputs if (dtype := getattr(v.type, "dtype", 0))]
        reported: set[int] = set()
        for name, dtype in held:
            if 0 < dtype < 30 and not self._release.dtypes >> dtype & 1 and dtype not in reported:
                reported.add(dtype)
                yield NoType(self._scope, name, dtype)

    def _dtypes(self, node: Node) -> list[tuple[int | None, ...]]:
        """Of its inputs and then of its outputs, as bits, by each walk: 0 nothing is there, None nobody knows."""
        names = (*node.inputs, *node.outputs)
        found = [tuple(self._bit(name, facts) for name in names) for facts in self._walked]
        return list(dict.fromkeys(found)) or [tuple(None if name else 0 for name in names)]

    def _types_in(self, function: Function, node: Node) -> list[tuple[int | None, ...]]:
        names = (*node.inputs, *node.outputs)
        return [tuple(_bit(name, facts) for name in names) for facts in self._seen.get(id(function.nodes), [])]

    def _answer(self, index: int, node: Node, dtypes: tuple[int | None, ...]) -> OfNode | NoType | None:
        own = self._scope.opsets.get(node.domain)
        if own is None:
            return NotKnown(self._scope, index, "its domain is not imported")
        if node.domain in _INTERNAL:
            return NotKnown(self._scope, index, "onnxruntime writes this domain for itself alone")
        opset = self._model.opsets.get(node.domain, own)
        if self._scope.function is None or opset == own:
            return self._at(own, index, node, dtypes)
        answer = self._at(opset, index, node, dtypes)
        if isinstance(answer, NoOperator | NoAttribute | OtherCount | NoKernel | NoValue | WrongOrder):
            return ReadOtherwise(self._scope, index, opset, answer)
        if answer is None and (spec := schema(node.domain, node.op_type, own)) and not _may_be(spec, node, dtypes):
            return NotKnown(self._scope, index, "the function's own opset does not allow its types")
        return answer

    def _at(self, opset: int, index: int, node: Node, dtypes: tuple[int | None, ...]) -> OfNode | NoType | None:
        """What comes of the node where it is read at the opset."""
        scope, release = self._scope, self._release
        found = implemented(release, node.domain, node.op_type, opset)
        if found is None and self._custom and node.domain not in release.opsets:
            return NotKnown(scope, index, "a library of operators may have it")
        if found is None or found.deprecated:
            return NoOperator(scope, index, opset, withdrawn=found is not None)
        said = signature(release, node.domain, node.op_type, found.since)
        if said is None and scope.function is not None and opset != scope.opsets[node.domain]:
            said = _of_onnx(schema(node.domain, node.op_type, found.since))
        wrong = None if said is None else _against(said, scope, index, node)
        return wrong or self._kernel(opset, index, node, found, said, dtypes)

    def _kernel(
        self,
        opset: int,
        index: int,
        node: Node,
        found: Implemented,
        said: Signature | None,
        dtypes: tuple[int | None, ...],
    ) -> OfNode | NoType | None:
        for bit, name in zip(dtypes, (*node.inputs, *node.outputs), strict=True):
            if bit and bit < 1 << SEQUENCE and not bit & self._release.dtypes:
                return NoType(self._scope, name, bit.bit_length() - 1)
        count = len(node.inputs)

        def dtype_of(place: NodePlace) -> int | None:
            at = place.number + count * place.output
            return dtypes[at] if at < (len(dtypes) if place.output else count) else 0

        def wider(place: NodePlace) -> int | None:
            return 1 << FLOAT if dtype_of(place) == 1 << FLOAT16 else dtype_of(place)

        kernels = list(found.kernels)
        fits = [takes(kernel, dtype_of) for kernel in kernels]
        if (
            1 << FLOAT16 in dtypes[:count]
            and found.casts
            and self._has_casts
            and _may_be_float16(node, found, said, dtypes[:count])
        ):
            kernels += found.kernels
            fits += [takes(kernel, wider) for kernel in found.kernels]
        if True in fits:
            is_set_in = all(kernel.opsets for kernel, fit in zip(kernels, fits, strict=True) if fit)
            if is_set_in and self._order.is_wrong(node, found.since, opset):
                return WrongOrder(self._scope, index)
            return self._value(index, node, found.since, dtype_of)
        if None in fits:
            return NotKnown(self._scope, index, _SUBSTITUTED)
        held = tuple(bit.bit_length() - 1 for bit in dtypes[:count] if bit and bit < 1 << SEQUENCE)
        return NoKernel(self._scope, index, found.since, held, _taken(found))

    def _value(
        self, index: int, node: Node, since: int, dtype_of: Callable[[NodePlace], int | None]
    ) -> NoValue | NotKnown | None:
        values = refused_values(self._release, node.domain, node.op_type, since)
        for name, value in node.attributes.items() if values else ():
            shown = f"{name}={value.decode('utf-8', 'replace') if isinstance(value, bytes) else value}"
            refused = takes(values[shown], dtype_of) if shown in values else False
            if refused:
                return NoValue(self._scope, index, since, shown)
            if refused is None:
                return NotKnown(self._scope, index, f"its kernel may refuse {shown}, which others take")
        return None

    @cached_property
    def _has_casts(self) -> bool:
        """Whether the release has a kernel of Cast at the model's opset: 1.15 has none at 19."""
        opset = self._model.opsets.get("", self._release.opsets[""])
        found = implemented(self._release, "", "Cast", opset)
        return found is not None and bool(found.kernels)

    def _bit(self, name: str, facts: Mapping[str, Fact | None]) -> int | None:
        """What is known of it, else what the file declares, which onnxruntime takes where it cannot tell itself."""
        bit = self._kinds.get(name) or _bit(name, facts)
        return self._declared.get(name) if bit is None else bit

    @cached_property
    def _declared(self) -> Mapping[str, int]:
        graph = self._scope.graph
        values = (*graph.outputs, *graph.value_info)
        dtypes = ((v.name, v.type.dtype) for v in values if isinstance(v.type, TensorType) and not v.type.sparse)
        return {name: 1 << dtype for name, dtype in dtypes if 0 < dtype < 30}

    @cached_property
    def _kinds(self) -> Mapping[str, int]:
        """Of maps, and of sequences that hold nothing yet, the bits, which no `Fact` tells."""
        found = {v.name: _map_bit(v.type) for v in self._scope.graph.inputs if isinstance(v.type, MapType)}
        for node in self._scope.graph.nodes:
            dtype = node.attributes.get("dtype", FLOAT)
            if node.op_type == "SequenceEmpty" and not node.domain and isinstance(dtype, int) and 0 < dtype < 30:
                found.update((name, 1 << SEQUENCE + dtype) for name in node.outputs)
        return found

    def _constant(self, node: Node) -> bool:
        return all(name in self._constants for name in node.inputs if name)

    @cached_property
    def _constants(self) -> frozenset[str]:
        """Tensors that hang on no input of the graph."""
        graph: Graph = self._scope.graph
        found = {t.name for t in graph.initializers} - {v.name for v in graph.inputs}
        for node in graph.nodes:
            if all(name in found for name in node.inputs if name) and not any(
                isinstance(value, Graph) for value in node.attributes.values()
            ):
                found.update(node.outputs)
        return frozenset(found)


def _plain(node: Node) -> frozenset[tuple[str, int | str | bytes | None]]:
    """Names of its attributes, and the values of those that are a number or a word."""
    return frozenset((n, v if isinstance(v, int | str | bytes) else None) for n, v in node.attributes.items())


def _map_bit(map_type: MapType) -> int:
    dtype = map_type.value.dtype if isinstance(map_type.value, TensorType) else 0
    return 1 << dtype + (WORD_MAP if map_type.key == STRING else NUMBER_MAP) if 0 < dtype < 30 else ELSE


def _bit(name: str, facts: Mapping[str, Fact | None]) -> int | None:
    if not name:
        return 0
    try:
        fact = facts[name]
    except KeyError:  # a dangling input
        return None
    holding = 0
    while fact is not None and fact.items is not None:
        holding += OPTIONAL if fact.items.optional else SEQUENCE
        fact = fact.items.joint
    return None if fact is None or fact.dtype is None or not 0 < fact.dtype < 30 else 1 << fact.dtype + holding


def _may_be_float16(node: Node, found: Implemented, said: Signature | None, dtypes: tuple[int | None, ...]) -> bool:
    """Whether the schema takes float16 where the node has it: else the model is wrong, and no Cast mends it."""
    for place, bit in enumerate(dtypes):
        if bit != 1 << FLOAT16:
            continue
        if said is not None:
            parameter = said.inputs[min(place, len(said.inputs) - 1)]
            if not parameter.mask & bit:
                return False
            continue
        spec = schema(node.domain, node.op_type, found.since)
        if spec is not None and FLOAT16 not in spec.inputs[min(place, len(spec.inputs) - 1)].dtypes:
            return False
    return True


def _may_be(spec: Schema, node: Node, dtypes: tuple[int | None, ...]) -> bool:
    """Whether ONNX allows the element types of the inputs; what nobody knows, and what is no tensor, is no fault."""
    for place, bit in enumerate(dtypes[: len(node.inputs)]):
        if bit and ELSE < bit < 1 << SEQUENCE and spec.inputs:
            allowed = spec.inputs[min(place, len(spec.inputs) - 1)].dtypes
            if bit.bit_length() - 1 not in allowed:
                return False
    return True


def _of_onnx(spec: Schema | None) -> Signature | None:
    """An operator of ONNX's own, as releases tell it of others."""
    if spec is None:
        return None
    inputs = (Input(p.name, p.optional, p.variadic, sum(1 << d for d in p.dtypes)) for p in spec.inputs)
    needed = {name: said.required for name, said in spec.attributes.items()}
    counts = spec.min_inputs, spec.max_inputs, spec.min_outputs, spec.max_outputs
    return Signature(tuple(inputs), *counts, needed)


def _against(said: Signature, scope: Scope, index: int, node: Node) -> OfNode | None:
    for name in node.attributes:
        if name not in said.attributes:
            return NoAttribute(scope, index, name)
    inputs = len(node.inputs)
    if inputs < said.least or (said.most is not None and inputs > said.most):
        return OtherCount(scope, index, "inputs", inputs, said.least, said.most)
    outputs = len(node.outputs)
    if outputs < said.least_outputs or (said.most_outputs is not None and outputs > said.most_outputs):
        return OtherCount(scope, index, "outputs", outputs, said.least_outputs, said.most_outputs)
    return None


def _taken(found: Implemented) -> tuple[int, ...]:
    mask = 0
    for kernel in found.kernels:
        for wanted in kernel.wants:
            if NodePlace(0, False) in wanted.places:
                mask |= wanted.mask
    return tuple(n for n in range(1, 30) if mask >> n & 1)
