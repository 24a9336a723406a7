"""The texts that a model carries, each with its place: names, words in attributes and string tensors, documentation.

Most names are letters, digits and a few marks. They are told apart from the others at once for each graph, all of them
joined into one text, so that a model without odd names costs next to nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from enum import Enum
from weakref import WeakKeyDictionary

from ..errors import CannotLook, Unreadable
from ..report import Location
from ..tuples import NamedTuple
from .dtypes import DType
from .fields import MESSAGES
from .graph import Aside, Graph, MapType, Model, Node, OptionalType, SequenceType, TensorType, Type, Value
from .payload import small
from .payload_bytes import read
from .scopes import Scope, scopes
from .tensor import Tensor
from .wire import ReadLimits, Wire

LONGEST_NAME = 256
"""Characters up to which a name is one."""

_LONG = 100  # a name beyond it is looked at by itself
_FEW = 64  # strings of an attribute or a tensor that are looked at one by one; more are a vocabulary
_MOST_STRINGS = 4_096  # of a vocabulary
_MOST_PROSE = 1 << 23  # bytes of documentation and metadata that are read
_MOST_OF_ONE = 1 << 16  # bytes of one such text

_TOGETHER = 1 << 16  # names that are looked at in one text

_DIGITS = {ord(digit): "0" for digit in "123456789"}
_PLAIN = re.compile(r"[\w./:\-;,@\[\]+# \n]*+", re.ASCII)
_HOST = re.compile(r"\d\.\d{1,3}\.\d{1,3}:\d\d")
# Paths in here and below are what texts are searched for; nothing is opened.
_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ("\n@", "\n+", "\n-", "akia", "asia", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "xox", "sk_live",
          "aiza", "hf_", "eyj", "npm_", "gasv", "/etc/", "/home/", "/users/", "/tmp/", "/proc/", "/dev/", "/bin/",
          "/windows/", "micros0ft", "rnicrosoft", "__import", "__class", "__builtins", "__globals", "__reduce",
          "powershell")),
    (".", ("www.", "../", "ya29.", "os.system", "subprocess.", ".so", ".dll", ".dylib", ".pyd", "/root/.", "ai.0nnx",
           "a0.onnx")),
    (":", ("://", "javascript:", ";base64", "mailto:", "passwd:", "password:", "secret:", "token:", "_key:")),
    ("-", ("glpat-", "sk-", "pypi-", "rm -")),
    (" ", ("\n ", " \n", "rm ", "curl ", "wget ", "drop ", "select ", "delete ", "insert ", "union ", "update ",
           "alter ", "exec ", "truncate ", "import ", "bearer ", "private key")),
)  # fmt: skip
"""What a plain name may hold that is worth a second look, by a character that is in all of it.

In small letters, with a 0 for every digit.

Each name stands in a line of its own.
"""


class TextKind(Enum):
    """What a text is for; on that hangs what may stand in it."""

    NAME = "name"  # known by it: by whoever reads the model
    WORD = "word"  # a string that an operator computes with
    VOCABULARY = "vocabulary"  # many of these, a line each
    PROSE = "prose"  # for people: documentation, metadata


class Text(NamedTuple):
    """A text with its place; ``what`` names it in a sentence: "the name of the node"."""

    value: str
    kind: TextKind
    what: str
    where: Location
    key: str = ""  # of an entry of metadata


_known: WeakKeyDictionary[Model, tuple[Text, ...]] = WeakKeyDictionary()


def odd_texts(model: Model) -> tuple[Text, ...]:
    """Every text that is worth a look: names and words that are not plain, all documentation and metadata.

    Equal documentation is told once. What was too long or too much is looked at in part: the first 64 KiB of one text,
    8 MiB in all.
    """
    found = _known.get(model)
    if found is None:
        found = _known[model] = (*_of_the_model(model), *_names(model), *_prose(model))
    return found


def is_plain(name: str) -> bool:
    """Whether a name holds nothing but letters, digits and usual marks, none of them in a way that means more."""
    return len(name) <= _LONG and "\n" not in name and _PLAIN.fullmatch(name) is not None and not _marked(f"\n{name}\n")


def _all_plain(names: list[str]) -> bool:
    """Whether all of them are, seen at once; False where it takes a look at each.

    Layers have the same names but for their numbers, and what is looked for among letters is looked for in one of them.
    """
    lines = "\n".join(names)
    if max(map(len, names)) > _LONG or lines.count("\n") != len(names) - 1 or _PLAIN.fullmatch(lines) is None:
        return False
    alike = dict.fromkeys(lines.translate(_DIGITS).split("\n"))
    return not _marked("\n".join(("", *alike, "")))


def _marked(lines: str) -> bool:
    low = lines.lower().translate(_DIGITS)
    for character, marks in _MARKS:
        if character in low:
            for mark in marks:
                if mark in low:
                    return True
    return ":" in low and _HOST.search(low) is not None


# -- names and words -------------------------------------------------------------------------------------------------


def _of_the_model(model: Model) -> Iterator[Text]:
    if model.producer:
        where = Location(attribute="producer_name")
        yield Text(model.producer, TextKind.PROSE, "the producer's name", where)
    for domain, _ in model.imports:
        if not is_plain(domain):
            yield Text(domain, TextKind.NAME, "an imported domain", Location(attribute="opset_import"))
    for key, value in model.metadata:
        yield from _entry(key, value, Location(), "the model's metadata")


def _entry(key: str, value: str, where: Location, whose: str) -> Iterator[Text]:
    at = where._replace(attribute=f"metadata_props[{key[:LONGEST_NAME]}]")
    yield Text(key, TextKind.PROSE, f"a key of {whose}", at, key)
    if value:
        yield Text(value[:_MOST_OF_ONE], TextKind.PROSE, f"{whose} under {key[:LONGEST_NAME]!r}", at, key)


def _names(model: Model) -> Iterator[Text]:
    for scope in scopes(model):
        names = _all_of(scope)
        odd = {
            name
            for start in range(0, len(names), _TOGETHER)
            if not _all_plain(part := names[start : start + _TOGETHER])
            for name in part
            if not is_plain(name)
        }
        if odd:
            yield from (text for text in _placed(scope) if text.kind is TextKind.VOCABULARY or text.value in odd)
    yield from _string_tensors(model)


def _all_of(scope: Scope) -> list[str]:
    """The names and words of a graph, some of them more than once."""
    graph, seen = scope.graph, set[int]()
    names = [graph.name]
    operators = set[tuple[str, str, str]]()
    for op_type, domain, _, outputs, attributes, name, overload, _ in graph.nodes:
        names.append(name)
        names += outputs
        operators.add((op_type, domain, overload))
        if attributes and id(attributes) not in seen:
            seen.add(id(attributes))
            names += attributes
            for said in attributes.values():
                if type(said) is str:
                    names.append(said)
                elif type(said) is tuple and said and type(said[0]) is str:
                    names += [word for word in said[:_MOST_STRINGS] if isinstance(word, str)]
    for operator in operators:
        names += operator
    kinds = set[int]()
    for values in (graph.inputs, graph.outputs, graph.value_info):
        for value in values:
            names.append(value.name)
            if id(value.type) not in kinds:  # equal ones are one object
                kinds.add(id(value.type))
                names += _sizes(value.type)
    names += [tensor.name for tensor in graph.initializers]
    names += [sparse.name for sparse in graph.sparse_initializers]
    if scope.function is not None:
        names += (scope.function.domain, *scope.function.attributes, *scope.function.defaults)
    return names


def _placed(scope: Scope) -> Iterator[Text]:
    """The same with their places, each name of a tensor once."""
    path, graph = scope.path, scope.graph
    name, word = TextKind.NAME, TextKind.WORD
    at = graph.offset if graph.offset > 0 else None
    is_function = scope.function is not None and scope.outside is None
    named = "the name of the function" if is_function else "the name of the graph"
    yield Text(graph.name, name, named, Location(path, offset=at))
    if scope.function is not None and is_function:
        yield Text(scope.function.domain, name, "the domain of the function", Location(path, offset=at))
        for key in (*scope.function.attributes, *scope.function.defaults):
            yield Text(key, name, "an attribute of the function", Location(path, attribute=key, offset=at))
    made, seen = set[str](), set[int]()
    for index, node in enumerate(graph.nodes):
        here = Location(path, graph.label(index), node.op_type, offset=node.offset)
        yield Text(node.name, name, "the name of the node", here)
        for output in node.outputs:
            made.add(output)
            yield Text(output, name, "the name of the tensor", here._replace(tensor=output))
        yield Text(node.op_type, name, "the operator of the node", here)
        yield Text(node.domain, name, "the domain of the node", here)
        yield Text(node.overload, name, "the overload of the node", here)
        if node.attributes and id(node.attributes) not in seen:
            seen.add(id(node.attributes))
            yield from _of_attributes(node, here, word)
    for values, what in (
        (graph.inputs, "the name of the input"),
        (graph.outputs, "the name of the output"),
        (graph.value_info, "the name of the tensor"),
    ):
        for value in values:
            yield from _of_value(value, what, path, made)
    for tensor in (*graph.initializers, *(sparse.values for sparse in graph.sparse_initializers)):
        if tensor.name not in made:
            made.add(tensor.name)
            offset = tensor.offset if tensor.offset >= 0 else None
            yield Text(tensor.name, name, "the name of the tensor", Location(path, tensor=tensor.name, offset=offset))


def _of_value(value: Value, what: str, path: str, made: set[str]) -> Iterator[Text]:
    where = Location(path, tensor=value.name, offset=value.offset if value.offset >= 0 else None)
    if value.name not in made:
        made.add(value.name)
        yield Text(value.name, TextKind.NAME, what, where)
    for size in _sizes(value.type):
        yield Text(size, TextKind.NAME, f"a size of {value.name!r}", where)


def _of_attributes(node: Node, here: Location, word: TextKind) -> Iterator[Text]:
    for key, value in node.attributes.items():
        where = here._replace(attribute=key)
        yield Text(key, TextKind.NAME, "the name of an attribute", where)
        if isinstance(value, str):
            yield Text(value[:_MOST_OF_ONE], word, "a string attribute", where)
        elif type(value) is tuple and value and isinstance(value[0], str):
            yield from _of_strings([one for one in value if isinstance(one, str)], "a string attribute", where)


def _of_strings(strings: list[str], what: str, where: Location) -> Iterator[Text]:
    if len(strings) <= _FEW:
        yield from (Text(one[:_MOST_OF_ONE], TextKind.WORD, what, where) for one in strings)
    else:
        yield Text("\n".join(strings[:_MOST_STRINGS]), TextKind.VOCABULARY, what, where)


def _sizes(kind: Type | None) -> Iterable[str]:
    match kind:
        case TensorType(_, shape):
            return [size for size in shape or () if isinstance(size, str)]
        case SequenceType(element) | OptionalType(element) | MapType(_, element):
            return _sizes(element)
    return ()


def _string_tensors(model: Model) -> Iterator[Text]:
    for scope in scopes(model):
        graph = scope.graph
        for tensor in graph.initializers:
            if tensor.dtype == DType.STRING:
                where = Location(scope.path, tensor=tensor.name, offset=tensor.offset if tensor.offset >= 0 else None)
                yield from _of_strings(_strings(model, tensor), "a stored string", where)
        for index, node in enumerate(graph.nodes):
            if node.op_type == "Constant":
                value = node.attributes.get("value")
                if isinstance(value, Tensor) and value.dtype == DType.STRING:
                    here = Location(scope.path, graph.label(index), "Constant", attribute="value", offset=node.offset)
                    tensor_name = node.outputs[0] if node.outputs else ""
                    yield from _of_strings(_strings(model, value), "a stored string", here._replace(tensor=tensor_name))


def _strings(model: Model, tensor: Tensor) -> list[str]:
    try:
        values = small(model, tensor, _MOST_STRINGS)
    except CannotLook:  # it changed since it was loaded: others say so
        return []
    return [value for value in values or () if isinstance(value, str)]


# -- prose -----------------------------------------------------------------------------------------------------------


def _prose(model: Model) -> Iterator[Text]:
    if not model.asides:
        return
    owners, seen, left = _Owners(model), set[bytes](), _MOST_PROSE
    for aside in model.asides:
        left -= min(aside.length, _MOST_OF_ONE)
        if left < 0:
            return
        try:
            raw = read(model, aside.offset, min(aside.length, _MOST_OF_ONE))
        except CannotLook:
            return
        if raw in seen:
            continue
        seen.add(raw)
        whose, where = owners.owner(aside)
        if aside.field == "metadata_props":
            key, value = _pair(raw)
            yield from _entry(key, value, where, f"the metadata of {whose}")
        else:
            text = raw.decode("utf-8", "replace" if aside.length > _MOST_OF_ONE else "surrogateescape")
            what = f"the documentation of {whose}" if aside.field == "doc_string" else f"the {aside.field} of {whose}"
            yield Text(text, TextKind.PROSE, what, where._replace(attribute=aside.field))


def _pair(raw: bytes) -> tuple[str, str]:
    """Key and value of an entry, as far as it can be read."""
    try:
        wire = Wire(len(raw), lambda length, at: raw[at : at + length], ReadLimits())
        fields = wire.message(MESSAGES["StringStringEntryProto"], [(0, len(raw))])
    except (Unreadable, CannotLook):  # longer than what was read of it
        return raw.decode("utf-8", "replace"), ""
    return fields.get(1, ""), fields.get(2, "")


def owner_of(model: Model, aside: Aside) -> tuple[str, Location]:
    """Whose a text is, in words, and where."""
    return _Owners(model).owner(aside)


class _Owners:
    """Whose a text is, by where the message begins that holds it."""

    def __init__(self, model: Model) -> None:
        self._nodes: dict[int, Location] = {}
        self._others: dict[int, tuple[str, Location]] = {}
        for scope in scopes(model):
            self._add(scope.path, scope.graph, scope.function is not None and scope.outside is None)
        self._starts = sorted(self._nodes)

    def _add(self, path: str, graph: Graph, is_function: bool) -> None:
        at = graph.offset if graph.offset > 0 else None
        self._others[graph.offset] = ("the function" if is_function else "the graph", Location(path, offset=at))
        for index, node in enumerate(graph.nodes):
            self._nodes[node.offset] = Location(path, graph.label(index), node.op_type, offset=node.offset)
        for values, what in (
            (graph.value_info, "the tensor"),
            (graph.inputs, "the input"),
            (graph.outputs, "the output"),
        ):
            for value in () if is_function else values:
                self._others[value.offset] = (what, Location(path, tensor=value.name, offset=value.offset))
        for tensor in graph.initializers:
            if tensor.offset >= 0:
                where = Location(path, tensor=tensor.name, offset=tensor.offset)
                self._others[tensor.offset] = ("the stored tensor", where)

    def owner(self, aside: Aside) -> tuple[str, Location]:
        if aside.message == "ModelProto":
            return "the model", Location()
        if aside.owner in self._nodes:
            return "the node", self._nodes[aside.owner]
        if aside.owner in self._others:
            return self._others[aside.owner]
        before = bisect_right(self._starts, aside.owner) - 1
        if aside.message in ("AttributeProto", "TensorProto") and before >= 0:  # within the last node that began
            return "an attribute of the node", self._nodes[self._starts[before]]
        return "the model", Location(offset=aside.owner or None)
