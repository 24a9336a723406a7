"""What each release of onnxruntime takes on the CPU: bounds, operators and the element types of their kernels.

The table behind it is generated; without a target nobody reads it. Of an operator it holds one line for each version
and each span of releases in which nothing about it differs:

    name | since[!f] | span | kernels

``!`` marks a version that only says "deprecated", ``f`` a function of ONNX: where it has no kernel for float16 itself
onnxruntime takes its body, and sets no Casts around a kernel for float32. A span is ``first-last``, numbers of releases
in their order; nothing in front of the hyphen is the oldest, nothing behind it the newest, and no span is all of them.
Kernels are alternatives with a space between; each is ``place:mask`` for the places that it asks something of: the
number of an input, or with ``>`` in front of an output, and with ``+`` between several places of which the first that
is there counts. Bit n of the hexadecimal mask stands for tensors of the element type n, bit 32 + n for sequences of
them, bit 64 + n for optional ones, bit 96 + n for optional sequences, bit 128 + n for maps from a number and bit 160 +
n for maps from a word; bit 0 for all else, such as sequences of maps, bit 30 for some of it. ``*`` is a kernel that
asks nothing, and nothing at all stands for no kernel. ``24-25@`` in front are the opsets under which the body of a
function loads in place of a kernel, with these types, ``24-@`` all from 24 on, and ``?`` says that nobody knows whether
it does.

Of operators that ONNX does not have there is a second line, with what the release's own schema says:

    name | since | span | least and most inputs | least and most outputs | inputs | attributes

And one for values of an attribute that some releases refuse, with the nodes that are refused, written as kernels are
(``?*``: some, and nobody knows which): ``name | since | bits=2,8 | span | nodes``.

Functions of ONNX's own that some releases set into the body of a SequenceMap in the wrong order, and then refuse, have
a line ``name | since | first opset | span``. What they get there from another node is in the wrong order, too.

An input is ``name:mask`` as in `auditor.model.schemas`, an attribute its name with ``!`` where it must be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from ..tuples import NamedTuple

FLOAT, STRING, FLOAT16 = 1, 8, 10
SEQUENCE, OPTIONAL = 32, 64
"""What is added to an element type where it is of what a sequence, or an optional, holds."""

NUMBER_MAP, WORD_MAP = 128, 160
"""The same for the values of a map, by what its keys are."""

ELSE, SOME_ELSE = 1 << 0, 1 << 30
"""Sparse tensors and deeper nesting."""

_ALL, _NONE = "*", ""

NO_END = 1 << 30
"""Where a span has no last one."""


class Runtime(NamedTuple):
    """A release of onnxruntime and the newest versions that it takes."""

    version: str
    number: int  # in the order of releases
    ir_version: int
    opsets: Mapping[str, int]  # domains that are not named take any version
    dtypes: int  # a mask: element types that a tensor may have at all


class NodePlace(NamedTuple):
    """An input or an output of a node."""

    number: int
    output: bool


class Ask(NamedTuple):
    """What a kernel asks of the first of some places that a node has."""

    places: tuple[NodePlace, ...]
    mask: int


class Kernel(NamedTuple):
    """It takes a node where all that it wants holds, or a function's body does."""

    wants: tuple[Ask, ...]
    opsets: tuple[int, int] | None = None  # of a function's body: the first and the last under which it is taken
    sure: bool = True  # False: a function may take it, and no tiny model could tell


class Implemented(NamedTuple):
    """An operator in a release, from the opset ``since`` on."""

    since: int
    deprecated: bool
    kernels: tuple[Kernel, ...]
    casts: bool = True  # set around a kernel for float32 where there is none for float16


class Input(NamedTuple):
    name: str
    optional: bool
    variadic: bool
    mask: int


class Signature(NamedTuple):
    """An operator that ONNX does not have, by the release's schema."""

    inputs: tuple[Input, ...]
    least: int
    most: int | None  # None: no end
    least_outputs: int
    most_outputs: int | None
    attributes: Mapping[str, bool]  # whether it must be there


def runtimes() -> tuple[Runtime, ...]:
    """All that are known, the oldest first."""
    return _runtimes()


def runtime(version: str) -> Runtime | None:
    """The release that a version names: all of it, or its beginning, and then the newest of these."""
    wanted = version.split(".")
    found = [one for one in runtimes() if one.version.split(".")[: len(wanted)] == wanted]
    return found[-1] if found else None


def implemented(release: Runtime, domain: str, op_type: str, opset: int) -> Implemented | None:
    """The operator at an opset; None where the release has none of that name there."""
    found: Implemented | None = None
    for since, mark, first, last, kernels in _operators().get((domain, op_type), ()):
        if since <= opset and first <= release.number <= last and (found is None or since > found.since):
            held = (k for k in _kernels(kernels) if k.opsets is None or k.opsets[0] <= opset <= k.opsets[1])
            found = Implemented(since, mark == "!", tuple(held), mark != "f")
    return found


def signature(release: Runtime, domain: str, op_type: str, since: int) -> Signature | None:
    """What the release's schema says; None for operators of ONNX's own."""
    for row_since, first, last, row in _signatures().get((domain, op_type), ()):
        if row_since == since and first <= release.number <= last:
            return _signature(row)
    return None


def refused_values(release: Runtime, domain: str, op_type: str, since: int) -> Mapping[str, Kernel]:
    """Values of attributes, as ``bits=8``, that the release refuses, and of which nodes.

    The nodes are those that the `Kernel` would take.
    """
    rows = _refused_values().get((domain, op_type), ())
    number = release.number
    return {said: _kernel(nodes) for row, said, first, last, nodes in rows if row == since and first <= number <= last}


def sorts_maps(release: Runtime) -> bool:
    """Whether the release sets functions into the body of a SequenceMap in the right order."""
    return not any(first <= release.number <= last for spans in _refused_in_maps().values() for _, first, last in spans)


def refused_in_maps(release: Runtime, op_type: str, since: int, opset: int) -> bool:
    """Whether a function of ONNX's own is refused there, whatever it gets."""
    spans = _refused_in_maps().get((op_type, since), ())
    return any(first <= release.number <= last and opset >= start for start, first, last in spans)


def takes(kernel: Kernel, dtype_of: Callable[[NodePlace], int | None]) -> bool | None:
    """Whether a kernel takes a node; None where that hangs on what nobody knows.

    ``dtype_of`` says of a place the bit of what is there, None where nobody knows, 0 where the node has nothing there.
    """
    sure = kernel.sure
    for places, mask in kernel.wants:
        for place in places:
            held = dtype_of(place)
            if held is None:
                sure = False
                break
            if held:
                if held == ELSE and mask & SOME_ELSE:
                    sure = False
                elif not held & mask:
                    return False
                break
    return True if sure else None


@cache
def _runtimes() -> tuple[Runtime, ...]:
    from .release_table import RELEASES

    found = []
    for number, line in enumerate(RELEASES.splitlines()):
        version, ir_version, dtypes, *opsets = line.split("|")
        bounds = {domain: int(most) for domain, _, most in (one.rpartition(" ") for one in opsets)}
        found.append(Runtime(version, number, int(ir_version), bounds, int(dtypes, 16)))
    return tuple(found)


@cache
def _operators() -> Mapping[tuple[str, str], list[tuple[int, str, int, int, str]]]:
    from .release_table import OPERATORS

    found: dict[tuple[str, str], list[tuple[int, str, int, int, str]]] = {}
    for domain, row in _lines(OPERATORS):
        name, since, span, kernels = row.split("|")
        first, last = _span(span)
        number = since.rstrip("!f")
        found.setdefault((domain, name), []).append((int(number), since.removeprefix(number), first, last, kernels))
    return found


@cache
def _refused_values() -> Mapping[tuple[str, str], list[tuple[int, str, int, int, str]]]:
    from .release_table import REFUSED_VALUES

    found: dict[tuple[str, str], list[tuple[int, str, int, int, str]]] = {}
    for domain, row in _lines(REFUSED_VALUES):
        name, since, said, span, nodes = row.split("|")
        attribute, _, values = said.partition("=")
        for value in values.split(","):
            found.setdefault((domain, name), []).append((int(since), f"{attribute}={value}", *_span(span), nodes))
    return found


@cache
def _refused_in_maps() -> Mapping[tuple[str, int], list[tuple[int, int, int]]]:
    from .release_table import REFUSED_IN_MAPS

    found: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
    for row in REFUSED_IN_MAPS.splitlines():
        name, since, start, span = row.split("|")
        found.setdefault((name, int(since)), []).append((int(start), *_span(span)))
    return found


@cache
def _signatures() -> Mapping[tuple[str, str], list[tuple[int, int, int, str]]]:
    from .release_table import SIGNATURES

    found: dict[tuple[str, str], list[tuple[int, int, int, str]]] = {}
    for domain, row in _lines(SIGNATURES):
        name, since, span, said = row.split("|", 3)
        found.setdefault((domain, name), []).append((int(since), *_span(span), said))
    return found


def _lines(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((domain, line) for domain, text in table.items() for line in text.splitlines())


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first or 0), int(last or NO_END)


@cache
def _kernels(text: str) -> tuple[Kernel, ...]:
    return tuple(map(_kernel, text.split()))


def _kernel(text: str) -> Kernel:
    sure, text = not text.startswith("?"), text.removeprefix("?")
    span, _, asked = text.rpartition("@")
    wants = () if asked == _ALL else tuple(map(_wanted, asked.split(",")))
    return Kernel(wants, _span(span) if span else None, sure)


def _wanted(text: str) -> Ask:
    places, _, mask = text.partition(":")
    return Ask(tuple(NodePlace(int(p.lstrip(">")), p[0] == ">") for p in places.split("+")), int(mask, 16))


@cache
def _signature(row: str) -> Signature:
    ins, outs, inputs, attributes = row.split("|")
    (least, most), (least_out, most_out) = ins.split(), outs.split()
    return Signature(
        tuple(map(_input, inputs.split())),
        int(least),
        None if most == _ALL else int(most),
        int(least_out),
        None if most_out == _ALL else int(most_out),
        {name.rstrip("!"): name.endswith("!") for name in attributes.split()},
    )


def _input(text: str) -> Input:
    name, _, mask = text.rpartition(":")
    return Input(name.rstrip("?*"), name.endswith("?"), name.endswith("*"), int(mask, 16))
