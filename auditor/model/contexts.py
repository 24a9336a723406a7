"""What was compiled for a device and stands in a model's place: in files that its attributes name, or within itself.

https://onnxruntime.ai/docs/execution-providers/EP-Context-Design.html
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from ..tuples import NamedTuple
from .graph import Model, Node, in_order_of_places
from .scopes import scopes
from .tensor import Blob

_CONTEXT, _SNPE = "EPContext", "Snpe"
_DOMAIN = "com.microsoft"
REFITTED_FROM = "onnx_model_filename"
"""Names the model that has a weightless engine's weights."""

_PYTHON = frozenset({"PythonOp", "PythonOpGrad"})


class NamedFile(NamedTuple):
    """A file that the runtime reads because an attribute names it."""

    path: str  # of the graph
    at: int  # the node's index there
    attribute: str
    location: str


class NativeCode(NamedTuple):
    """What only a device's own library can read, within the model; or code outside of it that a node calls."""

    path: str
    at: int
    attribute: str
    bytes: int
    by: str  # for which device, as the node says; "Python" for a function that is called by its name


class Contexts(NamedTuple):
    files: tuple[NamedFile, ...] = ()
    code: tuple[NativeCode, ...] = ()


_known: WeakKeyDictionary[Model, Contexts] = WeakKeyDictionary()


def contexts(model: Model) -> Contexts:
    """All of them, in the order of the file. Most models have none, which costs a look at each node's operator."""
    found = _known.get(model)
    if found is None:
        files: list[NamedFile] = []
        code: list[NativeCode] = []
        for scope in scopes(model):
            kinds = [kind for kind in scope.graph.kinds if _speaks(kind.node)]
            for index in in_order_of_places(kinds):
                node = scope.graph.nodes[index]
                if node.domain == _DOMAIN and node.op_type in (_CONTEXT, _SNPE):
                    _look(scope.path, index, node, files, code)
                elif _calls_python(node):
                    code.append(NativeCode(scope.path, index, _function_of(node), 0, "Python"))
        found = _known[model] = Contexts(tuple(files), tuple(code))
    return found


def _speaks(node: Node) -> bool:
    """Whether a node may name a file, or hold code or call it."""
    return node.domain == _DOMAIN or _calls_python(node)


def _calls_python(node: Node) -> bool:
    """Whether a node calls a function of whoever runs it, by its name: onnxruntime's training, or its extensions."""
    if node.domain == _DOMAIN:
        return node.op_type in _PYTHON
    return node.domain == "ai.onnx.contrib" and node.op_type.startswith("Py")


def _function_of(node: Node) -> str:
    return next((name for name in ("func_name", "name", "module") if name in node.attributes), "")


def _look(path: str, index: int, node: Node, files: list[NamedFile], code: list[NativeCode]) -> None:
    """``embed_mode`` is 1 by default: the context itself. A weightless engine names the model that has its weights."""
    said = node.attributes
    if node.op_type == _SNPE:
        code.append(NativeCode(path, index, "DLC", _size(said.get("DLC")), "SNPE"))
        return
    source = said.get("source", "")
    context = said.get("ep_cache_context", "")
    if context and said.get("embed_mode", 1) == 0:
        files.append(NamedFile(path, index, "ep_cache_context", context if isinstance(context, str) else ""))
    elif context:
        by = source if isinstance(source, str) else ""
        code.append(NativeCode(path, index, "ep_cache_context", _size(context), by))
    weights = said.get(REFITTED_FROM, "")
    if weights:
        files.append(NamedFile(path, index, REFITTED_FROM, weights if isinstance(weights, str) else ""))


def _size(value: object) -> int:
    match value:
        case str():
            return len(value.encode("utf-8", "surrogateescape"))
        case Blob():
            return value.length
    return 0
