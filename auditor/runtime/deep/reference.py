"""The run against the ONNX project's own evaluator, which is written to be read, and not for speed.

The only importer of onnx (extra ``reference``): loaded in the child, before it gives up its rights. The evaluator
(https://onnx.ai/onnx/api/reference.html) computes in NumPy, node by node; what is no longer needed is let go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import tensors
from ..cutting import Cuttable, NotCut
from ..levels import TypedArray
from ..session import Made
from .divergence import Comparing, DivergenceAsked, DivergenceSeen
from .sides import NotLoaded, number_of

if TYPE_CHECKING:
    from .ground import DeepGround

try:
    import numpy as np
    import onnx
    from onnx.external_data_helper import load_external_data_for_model
    from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info
    from onnx.reference import ReferenceEvaluator

    _X, _Y = (make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy")
    _TINY = make_model(make_graph([make_node("Relu", ["x"], ["y"])], "g", [_X], [_Y]))
    ReferenceEvaluator(_TINY).run(None, {"x": np.zeros(1, np.float32)})  # loads its operators: later nothing can be
    MISSING = ""
except ImportError as error:
    MISSING = f"onnx is not installed (auditor[reference]): {error}"

ASKED, SEEN = DivergenceAsked, DivergenceSeen


def look(ground: DeepGround, asked: DivergenceAsked) -> DivergenceSeen:
    """Compare; there is one side."""
    if MISSING:
        raise tensors.CannotRead(MISSING)
    (side,) = asked.sides
    seen = DivergenceSeen()
    for found in Comparing(ground, side, asked.invented, ReferenceSide(ground)).steps():
        seen = DivergenceSeen((found,))
        ground.tell(seen)
    return seen


class ReferenceSide:
    """The request's model, as the evaluator computes it."""

    def __init__(self, ground: DeepGround) -> None:
        self._ground = ground
        self._folder = ground.request.model.rpartition("/")[0] or "."
        self._model = Cuttable(ground.sessions.bytes())

    def outputs(self, names: Sequence[str], fed: Sequence[Sequence[tensors.Stored]], most: int) -> list[list[Made]]:
        """`NotLoaded` where the evaluator does not know an operator, or fails in one."""
        found = self._computed(self._ground.sessions.bytes(), names, fed[0])
        return [[_made(found.get(name)) for name in names]]

    def value(self, tensor: str, fed: Sequence[tensors.Stored]) -> TypedArray | None:
        """Of the nodes in front of the tensor alone; None where that is not to be had."""
        try:
            made = _made(self._computed(self._model.behind(tensor), (tensor,), fed).get(tensor))
        except (NotLoaded, NotCut):
            return None
        return None if made.array is None else TypedArray(made.dtype, made.array)

    def _computed(self, data: bytes, names: Sequence[str], fed: Sequence[tensors.Stored]) -> dict[str, Any]:
        if any(one.dtype in tensors.STAND_INS for one in fed):
            raise NotLoaded("run", "its inputs are of a type that NumPy does not have")
        try:
            model = onnx.load_model_from_string(data)
            load_external_data_for_model(model, self._folder)
            evaluator = ReferenceEvaluator(model)
        except Exception as error:
            raise NotLoaded("load", f"{type(error).__name__}: {error}") from None
        inputs = {one.name: one.array for one in fed if one.name in set(evaluator.input_names)}
        try:
            return dict(self._walked(evaluator, frozenset(names), inputs))
        except MemoryError:
            raise
        except Exception as error:
            if type(error).__name__ == "OutOfTime":
                raise
            raise NotLoaded("run", f"{type(error).__name__}: {error}") from None

    def _walked(self, evaluator: Any, wanted: frozenset[str], inputs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """What the evaluator's ``run`` does, without keeping every tensor to the end."""
        held: dict[str, Any] = {"": None, **inputs, **evaluator.rt_inits_}
        left = Counter(name for node in evaluator.rt_nodes_ for name in _taken(node))
        yield from ((name, held[name]) for name in wanted if name in held)
        for node in evaluator.rt_nodes_:
            self._ground.in_time()
            given = [held[name] for name in node.input]
            more: dict[str, Any] = {"context": dict(held)} if node.need_context() else {}
            if node.has_linked_attribute:
                more["linked_attributes"] = {}
            for name, value in zip(node.output, node.run(*given, **more), strict=False):
                held[name] = value
                if name in wanted:
                    yield name, value
            for name in _taken(node):
                left[name] -= 1
                if not left[name] and name:
                    held.pop(name, None)


def _taken(node: Any) -> set[str]:
    """What a node takes, its bodies' names from outside among them."""
    found = set(node.input)
    if node.need_context():
        waiting = list(node.onnx_node.attribute)
        while waiting:
            attribute = waiting.pop()
            for graph in (attribute.g, *attribute.graphs):
                found |= {output.name for output in graph.output}
                for inner in graph.node:
                    found |= set(inner.input)
                    waiting += inner.attribute
    return found


def _made(value: Any) -> Made:
    """As a session gives it."""
    if not isinstance(value, np.ndarray | np.generic):
        return Made(0, (), None, unseen="the evaluator gives no tensor")
    array = np.asarray(value)
    dtype = number_of(array)
    return Made(dtype, array.shape, array if dtype else None, unseen="" if dtype else "NumPy has no such type")
