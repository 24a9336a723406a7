"""What onnxruntime's errors say: which kind, which node."""

from __future__ import annotations

import re

MACHINE = "MACHINE"
"""The kind of an error that is the machine's and not the model's."""

_KIND = re.compile(r"\[ONNXRuntimeError\] : \d+ : (\w+)")
_CLASSES = "onnxruntime.capi."  # where its exceptions' classes say that they are from
_LOST = "onnxruntime's words are not UTF-8, and this version of Python loses them (3.11.2 does, 3.11.7 does not)"


def kind_of(error: Exception) -> str:
    """onnxruntime's word for an error (INVALID_GRAPH); the exception's name where it has none.

    An operator that it never heard of is NOT_IMPLEMENTED, like one without a kernel, though onnxruntime calls it FAIL.
    """
    if "is not a registered function/op" in str(error):
        return "NOT_IMPLEMENTED"
    if "Failed to construct locale" in str(error):  # StringNormalizer's, which this machine does not have
        return MACHINE
    found = _KIND.match(str(error))
    if found:
        return found[1]
    name = type(error).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() if _is_theirs(error) else name


def meant_by(error: Exception) -> Exception:
    """The same error, or what onnxruntime meant to say: its binding fails on a message that quotes no UTF-8.

    Python 3.11.2 raises onnxruntime's own exception then, without a word, and a later one UnicodeDecodeError.
    """
    if _is_theirs(error) and not str(error):
        return type(error)(_LOST)
    if isinstance(error, UnicodeDecodeError) and _KIND.match(meant := error.object.decode("utf-8", "surrogateescape")):
        return RuntimeError(meant)
    return error


def _is_theirs(error: Exception) -> bool:
    return type(error).__module__.startswith(_CLASSES)


def is_memory(error: Exception) -> bool:
    """Whether it says that memory ran out."""
    words = ("bad_alloc", "bad allocation", "failed to allocate memory", "out of memory", "cudaerrormemoryallocation")
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)


# How onnxruntime names the node in its messages; "" is a node without a name.
_PLACES = (
    re.compile(r"while running (?P<op>\w+) node\. Name:'(?P<node>.*?)' Status Message"),
    re.compile(r'In Node, \("(?P<node>.*?)", (?P<op>\w+), "'),
    re.compile(r"of operator \((?P<op>\w+)\) in node \((?P<node>.*?)\) is"),
    re.compile(r"Node \((?P<node>.*?)\) Op \((?P<op>\w+)\)"),
    re.compile(r"implementation for (?P<op>\w+)\(\d+\) node with name '(?P<node>.*?)'"),
    re.compile(r"Fatal error: [\w.]*:(?P<op>\w+)\(-?\d+\) is not a registered"),
    re.compile(r"Error in Node: ?(?P<node>.*?) :"),
    re.compile(r"Node \((?P<node>.*?)\) "),
    re.compile(r"[Nn]ode name: ?'?(?P<node>[^\s']+)"),
    re.compile(r"[Nn]ode:(?P<node>\S+)"),
)


def place_of(message: str) -> tuple[str | None, str | None]:
    """The node and the operator that a message of onnxruntime speaks of, where it names them."""
    for pattern in _PLACES:
        found = pattern.search(message)
        if found:
            groups = found.groupdict()
            return groups.get("node") or None, groups.get("op")
    return None, None
