"""Stored tensors that stand at the same place in both models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import CannotLook
from ..model import payload
from ..model.dtypes import FLOATS, QUANTISED
from .content import elements
from .difference import Degree, Edit, Recast, StoredAt, TensorChanged, TensorPair, UnusedStored, Values
from .nodes import Beside
from .skeleton import Skeleton
from .words import node_said, stored_said, type_of, value_said

Compare = Callable[[TensorPair], Values]

_FEW = 16  # values that are said
_MOST = 1 << 21  # elements of a matrix that is turned to see whether it is the other


def pairs_of(body: Beside) -> dict[tuple[int, int], TensorPair]:
    """The aligned tensors of a pair of bodies, each pair once; by their places in the skeletons."""
    old, new = body.skeletons
    found: dict[tuple[int, int], TensorPair] = {}
    for place in body.wiring.stored:
        if (place.old, place.new) not in found:
            where = (
                f"output {place.slot}" if place.user < 0 else f"input {place.slot} of {node_said(old.at(place.user))}"
            )
            found[place.old, place.new] = TensorPair(old.stored[place.old], new.stored[place.new], where)
    paired_old, paired_new = {a for a, _ in found}, {b for _, b in found}
    names = {new.stored[k].name: k for k in range(len(new.stored)) if k not in paired_new and not _used(new, k)}
    for k, stored in enumerate(old.stored):  # nobody takes these: only their names say anything
        if k not in paired_old and not _used(old, k):
            other = names.get(stored.name)
            if other is not None and _type(stored) == _type(new.stored[other]):
                found[k, other] = TensorPair(stored, new.stored[other], "nobody takes it")
    return found


def _used(skeleton: Skeleton, k: int) -> bool:
    return bool(skeleton.stored_users[k]) or (1, k, 0) in skeleton.outputs


def _type(stored: StoredAt) -> tuple[int, tuple[int, ...], bool]:
    return stored.tensor.dtype, stored.dims, stored.sparse is not None


def tensor_edits(body: Beside, pairs: Sequence[TensorPair], compare: Compare) -> list[Edit]:
    """Those of the pairs that are not the same."""
    found = []
    for pair in pairs:
        how, why = _how(body, pair, compare)
        if how is not None:
            found.append(_edit(body, pair, how, why))
    return found


def _is_transposed(body: Beside, pair: TensorPair) -> bool:
    """Whether a square matrix stands the other way round."""
    one, two = pair.old, pair.new
    if len(one.dims) != 2 or one.dims[0] != one.dims[1] or one.tensor.elements > _MOST:
        return False
    if one.literal is not None or two.literal is not None or one.sparse is not None or two.sparse is not None:
        return False
    try:
        first, second = payload.array(body.old.model, one.tensor), payload.array(body.new.model, two.tensor)
    except (CannotLook, ValueError):
        return False
    return bool(first.T.tobytes() == second.tobytes())


def _how(body: Beside, pair: TensorPair, compare: Compare) -> tuple[Recast | None, str]:
    one, two = pair.old, pair.new
    dtype, other = one.tensor.dtype, two.tensor.dtype
    if _type(one)[:2] == _type(two)[:2]:
        match compare(pair):
            case Values.SAME:
                return None, ""
            case Values.OTHER:
                return (Recast.TRANSPOSED if _is_transposed(body, pair) else Recast.VALUES), ""
            case Values.UNKNOWN:
                return Recast.UNKNOWN, "its data could not be compared"
    if dtype == other:
        if one.tensor.elements != two.tensor.elements or one.sparse is not None or two.sparse is not None:
            return Recast.REPLACED, ""
        turned = len(one.dims) == len(two.dims) > 1 and sorted(one.dims) == sorted(two.dims)
        return (Recast.TRANSPOSED if turned else Recast.RESHAPED), ""
    if one.dims == two.dims and {dtype, other} <= FLOATS:
        return Recast.CAST, ""
    if one.dims == two.dims and {dtype, other} <= QUANTISED:
        return Recast.REQUANTISED, ""
    return (Recast.CAST if one.dims == two.dims and not {dtype, other} & QUANTISED else Recast.REPLACED), ""


def _edit(body: Beside, pair: TensorPair, how: Recast, why: str) -> Edit:
    one, two = pair.old, pair.new
    name = stored_said(one)
    change = TensorChanged(pair, how, why)
    if how is Recast.UNKNOWN:
        return Edit(change, Degree.WEIGHTS, f"stored {name}, {pair.place}: not compared, {why}", "")
    if how is Recast.TRANSPOSED and one.dims == two.dims:
        text = f"stored {name}, {pair.place}: transposed"
        return Edit(change, Degree.WEIGHTS, text, f"{one.name!r} is transposed")
    if how is Recast.VALUES:
        text, before, after = "other values", elements(body.old.model, one, _FEW), elements(body.new.model, two, _FEW)
        if before is not None and after is not None:
            text = f"{value_said(before)} -> {value_said(after)}"
        degree = Degree.WEIGHTS
        if one.tensor.dtype not in FLOATS and one.tensor.dtype not in QUANTISED:
            degree = Degree.BEHAVIOUR  # a size, an axis, an index: what an operator does, not what it has learned
        if pair.place == "nobody takes it":
            degree = Degree.COMPATIBLE
        return Edit(change, degree, f"stored {name}, {pair.place}: {text}", f"the values of {one.name!r} are others")
    return Edit(
        change,
        Degree.BEHAVIOUR,
        f"stored {name}, {pair.place}: {how.value}, now {type_of(two)}",
        f"{one.name!r} is {type_of(two)} and was {type_of(one)}",
    )


def unused_edits(body: Beside, pairs: dict[tuple[int, int], TensorPair]) -> list[Edit]:
    """Stored tensors without a partner that no node takes."""
    old, new = body.skeletons
    paired_old, paired_new = {a for a, _ in pairs}, {b for _, b in pairs}
    gone = tuple(s.name for k, s in enumerate(old.stored) if k not in paired_old and not _used(old, k))
    come = tuple(s.name for k, s in enumerate(new.stored) if k not in paired_new and not _used(new, k))
    if not gone and not come:
        return []
    said = [f"{len(names):,} {word} ({names[0]!r})" for names, word in ((gone, "removed"), (come, "added")) if names]
    text = f"stored tensors that nobody takes: {', '.join(said)}"
    return [Edit(UnusedStored(gone, come), Degree.COMPATIBLE, text, "what nobody takes changes no value")]
