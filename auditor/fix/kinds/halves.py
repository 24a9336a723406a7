"""Stored numbers beyond float16 in a model that computes in it: the largest finite number in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...rules.float16_overflow import float16_overflow
from ..draft import Draft
from ..numbers import changed
from ..offer import Look, Offer

if TYPE_CHECKING:
    import numpy

RULE = float16_overflow.name
MOST = 65504.0


def offers(look: Look) -> Iterator[Offer]:
    names = dict.fromkeys(f.location.tensor for f in look.found_before(RULE) if not f.location.graph)
    for name in names:
        tensor = look.draft.stored(name)
        if tensor is None or tensor.offset in look.draft.data:
            continue
        data = changed(look.draft.source, tensor, tensor.dtype, _held)
        if data is None:
            continue
        yield Offer(
            RULE,
            name,
            f"held within [-{MOST:g}, {MOST:g}]",
            "65504 is the largest finite float16; as a mask it hides as well, and no row of a softmax becomes NaN",
            _held_in(look, name),
            keeps=False,
            chosen=False,
        )


def _held_in(look: Look, name: str) -> Callable[[Draft], Draft]:
    def apply(draft: Draft) -> Draft:
        tensor = draft.stored(name)
        assert tensor is not None
        data = changed(draft.source, tensor, tensor.dtype, _held)
        assert data is not None
        draft, tensor = draft.with_data(tensor, data)
        return draft.with_stored(name, tensor)

    return apply


def _held(numbers: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """NaN stays NaN."""
    import numpy

    held: numpy.ndarray[Any, Any] = numpy.clip(numbers, -MOST, MOST)
    return held
