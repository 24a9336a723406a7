"""What a model says of itself: opsets, IR version, producer, metadata."""

from __future__ import annotations

from ..model.graph import Model, Node
from .difference import Degree, Edit, HeaderChanged, OpsetChanged
from .meaning import otherwise
from .skeleton import Skeleton

_LONGEST = 80


def header_edits(old: Model, new: Model) -> list[Edit]:
    found = []
    for what, one, two in (
        ("ir_version", str(old.ir_version), str(new.ir_version)),
        ("producer", old.producer or None, new.producer or None),
    ):
        if one != two:
            found.append(_header(what, one, two))
    before, after = dict(old.metadata), dict(new.metadata)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            found.append(_header(f"metadata {key!r}", before.get(key), after.get(key)))
    return found


def _header(what: str, old: str | None, new: str | None) -> Edit:
    text = f"{what}: {_cut(old)} -> {_cut(new)}"
    return Edit(HeaderChanged(what, old, new), Degree.COMPATIBLE, text, f"{what} says nothing of what is computed")


def _cut(text: str | None) -> str:
    if text is None:
        return "none"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def opset_edits(one: Skeleton, two: Skeleton, nodes: list[Node]) -> list[Edit]:
    """``nodes`` are those of the old body, and of the bodies inside it, that have a partner."""
    old, new = one.scope.opsets, two.scope.opsets
    found = []
    for domain in dict.fromkeys((*old, *new)):
        before, after = old.get(domain), new.get(domain)
        if before == after:
            continue
        used = [node for node in nodes if node.domain == domain]
        unlike, why = _unlike(domain, used, before, after)
        name = domain or "ai.onnx"
        where = f" of {one.path!r}" if one.path else ""
        text = f"opset of {name}{where}: {before or 'none'} -> {after or 'none'}"
        if unlike:
            shown = ", ".join(unlike[:6]) + (", ..." if len(unlike) > 6 else "")
            text += f" (other meaning, or unknown: {shown})"
        degree = Degree.BEHAVIOUR if unlike else Degree.COMPATIBLE
        found.append(Edit(OpsetChanged(one.path, domain, before, after, unlike), degree, text, why))
    return found


def _unlike(domain: str, used: list[Node], old: int | None, new: int | None) -> tuple[tuple[str, ...], str]:
    """The operators that may compute something else, and what says so, or that there are none."""
    name = domain or "ai.onnx"
    if old is None or new is None:
        return (), f"no node before and after is of {name}" if not used else f"{name} is imported once only"
    whys: dict[str, str] = {}
    for node in used:
        if node.op_type not in whys and (why := otherwise(node, old, new)) is not None:
            whys[node.op_type] = why
    if whys:
        unlike = tuple(sorted(whys))
        more = f", and {len(unlike) - 1} more" if len(unlike) > 1 else ""
        return unlike, whys[unlike[0]] + more
    return (), f"every operator used means the same at opset {old} and {new} of {name}"
