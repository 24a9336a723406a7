"""How the values of a stored tensor went from one model to the other: plain data."""

from __future__ import annotations

from enum import StrEnum

from ...tuples import NamedTuple


class ValueChange(StrEnum):
    """What became of a stored tensor."""

    IDENTICAL = "identical"  # type, sizes and every byte
    RESHAPED = "reshaped"  # every byte in the same order, other sizes
    TRANSPOSED = "transposed"
    CAST = "cast"  # another element type, numbers that are near
    QUANTISED = "quantised"  # floating point on one side, integers with a scale on the other
    REQUANTISED = "re-quantised"  # integers with a scale on both sides, and not the same ones
    DRIFTED = "drifted"  # type and sizes are the same, numbers are not
    REPLACED = "replaced"
    NOT_COMPARED = "not compared"


class Distance(NamedTuple):
    """How far two tensors of the same sizes are apart, element by element.

    ``largest``, ``l2`` and ``cosine`` are of the places where both are finite; ``nonfinite`` counts the places where
    one is NaN or infinite and the other is not the same.
    """

    elements: int
    changed: int  # elements that are not the same number
    largest: float = 0.0  # the largest |new - old|
    l2: float = 0.0  # the square root of the sum of (new - old)^2
    relative: float | None = None  # l2 over the old tensor's; None where all of that is 0
    cosine: float | None = None  # of the angle between the two; None where either is all 0
    nonfinite: int = 0
    place: tuple[int, ...] = ()  # of the first element that changed
    before: str = ""
    after: str = ""


class ComparedTensor(NamedTuple):
    """What came of comparing two stored tensors.

    ``within``: of a cast and of quantisation, whether every element is as near as rounding brings it; None where there
    was no rounding. ``why``: why nothing was compared, or what does not fit.
    """

    what: ValueChange
    distance: Distance | None = None
    within: bool | None = None
    why: str = ""

    @property
    def same(self) -> bool:
        """Whether every element is the same number, however it is laid out."""
        apart = self.distance is not None and self.distance.changed > 0
        return self.what is not ValueChange.NOT_COMPARED and self.what is not ValueChange.REPLACED and not apart
