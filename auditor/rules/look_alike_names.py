"""Names that look like others, by letters of another script or by digits in the place of letters.

## What it does
Finds names in which letters of several scripts stand together so that they read as one (a Cyrillic o in `Conv`), names
that are written in another alphabet altogether and look like a name of this model or of ONNX, letters in full width or
of mathematics, and domains and ports of the model that differ from another by nothing but 0 and o, 1, l and i, or rn
and m.

## Why it matters
Who reviews a graph reads the name and sees what is meant to be seen; a program sees another operator, domain or tensor.
No exporter makes such names. The letters are those of Unicode's list of confusables
(https://www.unicode.org/Public/security/latest/confusables.txt) that look like ASCII's. On one's own model it is a
note; under the profile `untrusted` it is a warning.

## Fires on
```mutator
operator_with_a_cyrillic_letter
output_that_looks_like_an_input
domain_that_looks_like_another
```

## Quiet on
```mutator
names_in_other_scripts
```

## How to fix
Write it in letters of one script; if you did not make the model, find out who did, and what the other name stands for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ..model.graph import Model
from ..model.schemas import domains, operators
from ..model.texts import TextKind, odd_texts
from ..report import Basis, Found, Location, Severity
from . import rule

_PAIRS = (
    "аaсcԁdеeһhіiјjӏlоoрpԛqѕsԝwхxуyѵvАAВBСCЕEНHІIЈJКKМMОOРPЅSТTХXҮYԌGԚQԜWαaνvοoρpιiυuχxγyκkτtηnΑAΒBΕEΖZΗH"
    "ΙIΚKΜMΝNΟOΡPΤTΥYΧXօoսuհhոnՕOՍUցgıiȷjɡgɑaʟL∕/⁄/․.‐-‑-–-−-ˍ_∶:։:׃:ǃ!‚,"
)
_LETTERS = dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True))
"""Letters and marks of other scripts, each with the one of ASCII that it looks like."""

_USUAL = ("ai.onnx", "com.microsoft", "ai.onnx.contrib", "org.pytorch.aten", "pkg.onnxscript.torch_lib")
_FIGURES = str.maketrans({"0": "o", "1": "l", "i": "l", "I": "l", "|": "l", "5": "s"})


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def look_alike_names(model: Model) -> Iterator[Found]:
    told = set[tuple[Location, str]]()
    strange = [t for t in odd_texts(model) if t.kind is TextKind.NAME and not t.value.isascii()]
    plain = _plain_names(model) if strange else frozenset[str]()
    for text in strange:
        like = skeleton(text.value)
        if like == text.value or not like.isascii() or (text.where, text.value) in told:
            continue
        if mixed(text.value) or like in plain:
            told.add((text.where, text.value))
            letters = ", ".join(dict.fromkeys(_name(c) for c in text.value if not c.isascii()))
            also = ", a name that is there too" if like in plain else ""
            yield _found(text.what, like, f"{also}, and is written with {letters}", text.where, ascii(text.value))
    yield from _domains(model)
    yield from _ports(model)


def _found(what: str, like: str, why: str, where: Location, actual: str) -> Found:
    return Found(
        f"{what} looks like {like!r}{why}",
        where,
        "write it in letters of one script, or give it a name of its own",
        expected=like,
        actual=actual,
    )


def skeleton(name: str) -> str:
    """The name in the ASCII letters that it looks like, as far as there are such."""
    return "".join(_LETTERS.get(c) or _LETTERS.get(n := unicodedata.normalize("NFKC", c), n) for c in name)


def mixed(name: str) -> bool:
    """Whether letters of ASCII stand beside letters that only look like such, or there are letters in other dress."""
    odd = [c for c in name if not c.isascii() and (c in _LETTERS or unicodedata.normalize("NFKC", c).isascii())]
    if any(unicodedata.normalize("NFKC", c).isascii() and c.isalnum() for c in odd):
        return True  # full width, mathematics
    return bool(odd) and any(c.isascii() and c.isalpha() for c in name)


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()


def _plain_names(model: Model) -> frozenset[str]:
    """The names that a strange one may stand for: the model's own, and those of ONNX's operators and domains."""
    found = set(operators("")) | set(domains())
    for _, graph in model.graphs:
        found.update(value.name for values in (graph.inputs, graph.outputs) for value in values)
        for node in graph.nodes:
            found.update((node.name, *node.outputs))
    found.discard("")
    return frozenset(found)


def _domains(model: Model) -> Iterator[Found]:
    """Imported domains that differ from a known one by figures."""
    known = {_figured(domain): domain for domain in (*domains(), *_USUAL) if domain}
    for domain, _ in model.imports:
        like = known.get(_figured(domain), domain)
        if like != domain and domain.isascii():
            yield _found(f"the imported domain {domain!r}", like, "", Location(attribute="opset_import"), domain)


def _ports(model: Model) -> Iterator[Found]:
    """Two ports of the model whose names differ by figures alone."""
    known: dict[str, str] = {}
    for value in (*model.graph.feeds, *model.graph.outputs):
        like = known.setdefault(_figured(value.name), value.name)
        if like != value.name and value.name.isascii() and not value.name.isdigit():
            where = Location(tensor=value.name, offset=value.offset if value.offset >= 0 else None)
            yield _found(f"the name {value.name!r}", like, ", another port of this model", where, value.name)


def _figured(name: str) -> str:
    return name.translate(_FIGURES).lower().replace("rn", "m")
