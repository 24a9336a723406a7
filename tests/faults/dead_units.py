"""Filters and units that say nothing, or the same as another."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from .fault import Kind, Place, Subject, Where, fault
from .networks import Array, rewrite, stored, trained


def _changed(subject: Subject, name: str, change: Callable[[Array], Array | None]) -> Place:
    rewrite(stored(subject, name), change)
    return Place(tensor=name)


def _zero(*units: int) -> Callable[[Array], None]:
    def change(values: Array) -> None:
        values[list(units)] = 0

    return change


@fault(Kind.WRONG, "zero-weights", base=trained)
def quarter_of_the_filters_zero(subject: Subject, rng: Random) -> Where:
    """A quarter of a convolution's filters are zero."""
    return _changed(subject, "w2", _zero(*rng.sample(range(32), 8)))


@fault(Kind.WRONG, "zero-weights", base=trained)
def quarter_of_the_units_zero(subject: Subject, rng: Random) -> Where:
    """The weights of a quarter of a dense layer's units are zero."""
    return _changed(subject, "w3", _zero(*rng.sample(range(64), 16)))


@fault(Kind.WRONG, "dead-units", base=trained)
def filter_and_bias_zero(subject: Subject, rng: Random) -> Where:
    """One filter and its bias are zero in front of a Relu: its channel is zero."""
    unit = rng.randrange(32)
    _changed(subject, "b2", _zero(unit))
    return _changed(subject, "w2", _zero(unit))


@fault(Kind.WRONG, "dead-units", base=trained)
def filter_zero_and_bias_positive(subject: Subject, rng: Random) -> Where:
    """One filter is zero: its channel is its bias, whatever comes in."""
    unit = rng.randrange(32)

    def lift(b: Array) -> None:
        b[unit] = 0.5

    _changed(subject, "b2", lift)
    return _changed(subject, "w2", _zero(unit))


@fault(Kind.WRONG, "dead-units", base=trained)
def filter_zero_and_bias_negative(subject: Subject, rng: Random) -> Where:
    """One filter is zero and its bias negative in front of a Relu: its channel is zero."""
    unit = rng.randrange(32)

    def lower(b: Array) -> None:
        b[unit] = -1

    _changed(subject, "b2", lower)
    return _changed(subject, "w2", _zero(unit))


@fault(Kind.WRONG, "dead-units", base=trained)
def filter_zero_behind_a_normalization(subject: Subject, rng: Random) -> Where:
    """One filter is zero, and the BatchNormalization behind it turns its constant negative in front of a Relu."""
    unit = rng.randrange(16)

    def lower(b: Array) -> None:
        b[unit] = -5

    _changed(subject, "shift", lower)
    return _changed(subject, "w1", _zero(unit))


@fault(Kind.WRONG, "dead-units", base=trained)
def channel_dead_by_its_scale(subject: Subject, rng: Random) -> Where:
    """A BatchNormalization's scale is zero and its shift negative in some channels in front of a Relu."""
    units = rng.sample(range(16), 4)

    def lower(b: Array) -> None:
        b[units] = -0.5

    _changed(subject, "shift", lower)
    return _changed(subject, "scale", _zero(*units))


@fault(Kind.WRONG, "dead-units", base=trained)
def unit_dead_by_its_bias(subject: Subject, rng: Random) -> Where:
    """A unit's bias is so negative that the Relu behind it never lets anything through."""
    unit = rng.randrange(64)

    def lower(b: Array) -> None:
        b[unit] = -1e4

    return _changed(subject, "b3", lower)


@fault(Kind.WRONG, "dead-units", base=trained)
def all_units_dead_by_their_bias(subject: Subject, rng: Random) -> Where:
    """All biases of a layer are so negative that the Relu behind it gives zero alone."""
    return _changed(subject, "b2", lambda b: np.full_like(b, -1e5))


@fault(Kind.WRONG, "dead-units", base=trained)
def channel_dead_by_its_shift(subject: Subject, rng: Random) -> Where:
    """A BatchNormalization's shift is far below what its scale can reach, in front of a Relu."""
    unit = rng.randrange(16)

    def lower(b: Array) -> None:
        b[unit] = -300

    return _changed(subject, "shift", lower)


@fault(Kind.WRONG, "duplicate-filters", base=trained)
def two_filters_alike(subject: Subject, rng: Random) -> Where:
    """One filter is a copy of another."""
    one, other = rng.sample(range(32), 2)

    def copy(w: Array) -> None:
        w[other] = w[one]

    return _changed(subject, "w2", copy)


@fault(Kind.WRONG, "duplicate-filters", base=trained)
def half_of_the_filters_are_copies(subject: Subject, rng: Random) -> Where:
    """The second half of the filters is a copy of the first."""

    def copy(w: Array) -> None:
        w[16:] = w[:16]

    return _changed(subject, "w2", copy)


@fault(Kind.WRONG, "duplicate-filters", base=trained)
def two_units_alike(subject: Subject, rng: Random) -> Where:
    """One unit of a dense layer is a copy of another."""
    one, other = rng.sample(range(64), 2)

    def copy(w: Array) -> None:
        w[other] = w[one]

    return _changed(subject, "w3", copy)


@fault(Kind.WRONG, "duplicate-filters", base=trained)
def two_classes_alike(subject: Subject, rng: Random) -> Where:
    """Two classes of the last layer share weight and bias: neither can ever win over the other."""
    one, other = rng.sample(range(10), 2)

    def copy(w: Array) -> None:
        w[other] = w[one]

    _changed(subject, "b4", copy)
    return _changed(subject, "w4", copy)


@fault(Kind.WRONG, "dead-units", base=trained)
def input_channel_unread(subject: Subject, rng: Random) -> Where:
    """No filter of the first convolution reads one of the image's channels."""
    channel = rng.randrange(3)

    def blind(w: Array) -> None:
        w[:, channel] = 0

    return _changed(subject, "w1", blind)


@fault(Kind.WRONG, "dead-units", base=trained)
def class_never_chosen(subject: Subject, rng: Random) -> Where:
    """The bias of one class is so low that no image is ever given it."""
    unit = rng.randrange(10)

    def lower(b: Array) -> None:
        b[unit] = -1e4

    return _changed(subject, "b4", lower)


@fault(Kind.WRONG, "dead-units", base=trained)
def class_always_chosen(subject: Subject, rng: Random) -> Where:
    """The bias of one class is so high that every image is given it."""
    unit = rng.randrange(10)

    def lift(b: Array) -> None:
        b[unit] = 1e4

    return _changed(subject, "b4", lift)
