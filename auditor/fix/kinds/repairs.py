"""What findings carry as repairs: the first one is made, the others can be chosen in its stead.

Other sizes of an input are made only for a model that cannot run: for one that runs, who feeds it says its sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...repair import (
    AttributeChange,
    Declaration,
    DimensionName,
    InputSizes,
    Insertion,
    Move,
    OpsetImport,
    ParameterShape,
    Removal,
    Repair,
    Replacement,
    value,
)
from ...report import Basis
from ..applying import applied
from ..draft import Draft
from ..offer import Look, Offer
from ..proof import faults, no_new_faults

_PROOF = "propagated through the whole model: the fault is gone and no other came"


def offers(look: Look) -> Iterator[Offer]:
    for finding in look.findings:
        made = 0
        offset = finding.location.offset
        for repair in finding.repairs:
            if isinstance(repair, Declaration | DimensionName) or applied(look.draft, repair) is None:
                continue  # `declarations` works all of them out anew
            place, change = _place_and_change(repair)
            yield Offer(
                finding.rule,
                place,
                change,
                f"{repair.why}; {_PROOF}" if repair.why else _PROOF,
                _applying(repair, offset),
                keeps=False,
                chosen=made == 0 and not (isinstance(repair, InputSizes) and finding.basis is Basis.SUSPICIOUS),
                instead=finding.fingerprint,
            )
            made += 1


def _applying(repair: Repair, offset: int | None) -> Callable[[Draft], Draft | None]:
    """What an edit before it has mended, or what would bring a fault by now, is left."""

    def apply(draft: Draft) -> Draft | None:
        before = draft.facts()
        was = faults(draft.on(draft.source).facts())
        mended_already = any(one[1] == offset for one in was) and not any(one[1] == offset for one in faults(before))
        after = None if mended_already else applied(draft, repair)
        return after if after is not None and no_new_faults(before, after.facts()) else None

    return apply


def _place_and_change(repair: Repair) -> tuple[str, str]:
    """Whom a repair changes, and what from what to what."""
    match repair:
        case AttributeChange(node=node, attribute=name, was=was, to=to):
            return node, f"{name} {_held(was)} -> {_held(to)}"
        case ParameterShape(parameter=name, was=was, to=to):
            return name, f"shape {value(was)} -> {value(to)}"
        case InputSizes(input=name, axes=axes, was=was, to=to):
            before, after = (", ".join(map(value, sizes)) for sizes in (was, to))
            return ", ".join(f"{name}[{axis}]" for axis in axes), f"{before} -> {after}"
        case Insertion(node=node, insert=op_type, position=position):
            said = [
                f"{key} {value(held)}" for key in ("perm", "axis", "axes") if (held := getattr(repair, key)) is not None
            ]
            behind = f", and Transpose (perm {value(repair.back)}) behind it" if repair.back is not None else ""
            return node, f"{op_type} ({', '.join(said)}) put in front of input {position}{behind}"
        case Removal(node=node):
            return node, "taken out; who took its output takes its input"
        case Move(node=node, before=before):
            return node, f"moved in front of {before}"
        case Replacement(node=node, replace_by=op_type):
            return node, f"becomes {op_type}"
        case Declaration(tensor=tensor, was=was, to=to):
            return tensor, f"declared as {_held(was)} -> {_held(to)}"
        case OpsetImport(opset=domain, was=was, to=to):
            return "opset_import", f"{domain or 'ai.onnx'} {_held(was)} -> {to}"
        case DimensionName(tensor=tensor, dimension=axis, was=was, to=to):
            return f"{tensor}[{axis}]", f"{was} -> {to}"


def _held(one: object) -> str:
    return "nothing" if one is None else value(one)
