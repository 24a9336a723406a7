"""From edits to how far apart the models are."""

from __future__ import annotations

from collections.abc import Sequence

from .difference import Conclusion, Degree, Edit, HeaderChanged, Recast, TensorChanged

_MOST = 20  # reasons that are given


def concluded(edits: Sequence[Edit], unknown: Sequence[str], *, same_bytes: bool) -> Conclusion:
    """The farthest of the edits says it; where something could not be compared, the conclusion is uncertain."""
    if not edits:
        if unknown:
            return Conclusion(Degree.RENAMED, ("what was compared is the same",), tuple(unknown))
        if same_bytes:
            return Conclusion(Degree.IDENTICAL, ("every byte is the same",))
        return Conclusion(Degree.RENAMED, ("it is written in another way: fields, doc strings, or where data lies",))
    degree = max(edit.degree for edit in edits)
    deciding = [edit for edit in edits if edit.degree is degree]
    if degree is Degree.COMPATIBLE and any(edit.degree is Degree.WEIGHTS for edit in edits):
        structural = [edit for edit in deciding if not isinstance(edit.change, HeaderChanged)]
        weights = [edit for edit in edits if edit.degree is Degree.WEIGHTS]
        degree = Degree.BEHAVIOUR if structural else Degree.WEIGHTS
        deciding = weights + structural if structural else weights
    known = [edit for edit in deciding if not _is_unknown(edit)]
    reasons = tuple(dict.fromkeys(edit.why for edit in known if edit.why))
    if len(reasons) > _MOST:
        reasons = (*reasons[:_MOST], f"and {len(reasons) - _MOST} more")
    if degree is Degree.WEIGHTS and not known:
        reasons = ("what was compared is the same",)
    return Conclusion(degree, reasons, tuple(unknown))


def _is_unknown(edit: Edit) -> bool:
    return isinstance(edit.change, TensorChanged) and edit.change.how is Recast.UNKNOWN
