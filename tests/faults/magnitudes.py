"""Weights whose numbers no training leaves: denormal, exploded, of another type, one of them far from all others."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import onnx
from onnx import numpy_helper

from .bases import parsed
from .fault import Kind, Place, Subject, Where, fault
from .networks import Array, any_layer, rewrite, stored, trained, with_tensors


def _weight(subject: Subject, rng: Random, change: Callable[[Array], Array | None], *op_types: str) -> Where:
    weight = any_layer(subject, rng, 64, *op_types)
    if weight is None:
        return None
    rewrite(weight, change)
    return Place(tensor=weight.name)


@fault(Kind.WRONG, "denormal-weights")
def weight_turned_denormal(subject: Subject, rng: Random) -> Where:
    """A layer's weight is scaled down until each of its numbers is denormal."""
    return _weight(subject, rng, lambda w: (w / np.abs(w).max() * 1e-39).astype(np.float32))


@fault(Kind.WRONG, "denormal-weights", base=trained)
def weight_tenth_denormal(subject: Subject, rng: Random) -> Where:
    """A tenth of a layer's weight decayed to denormal numbers."""

    def decay(w: Array) -> None:
        w.reshape(-1)[::10] = 1e-41

    return _weight(subject, rng, decay)


@fault(Kind.WRONG, "denormal-weights", base=trained)
def bias_turned_denormal(subject: Subject, rng: Random) -> Where:
    """A bias of denormal numbers."""
    bias = rng.choice(["b1", "b2", "b3", "shift"])
    rewrite(stored(subject, bias), lambda b: (b * 1e-39).astype(np.float32))
    return Place(tensor=bias)


def guarded() -> onnx.ModelProto:
    """A division that a small constant guards."""
    model = parsed(
        "agraph (float[N, 8] x, float[N, 8] z) => (float[N, 8] y) { s = Abs(z) g = Add(s, eps) y = Div(x, g) }"
    )
    return with_tensors(model, eps=np.array(1e-6, np.float32))


@fault(Kind.WRONG, "denormal-weights", base=guarded)
def denormal_guard(subject: Subject, rng: Random) -> Where:
    """The constant that guards a division is denormal: zero to a processor that flushes."""
    rewrite(stored(subject, "eps"), lambda e: np.array(1e-42, np.float32))
    return Place(tensor="eps")


@fault(Kind.WRONG, "outlying-weights", base=trained)
def lone_outlier(subject: Subject, rng: Random) -> Where:
    """One number of a weight is ten thousand times all others."""

    def damage(w: Array) -> None:
        w.reshape(-1)[rng.randrange(w.size)] = 1e4 * np.abs(w).max()

    return _weight(subject, rng, damage)


@fault(Kind.WRONG, "outlying-weights", "float16-overflow", base=trained)
def flipped_exponent_bit(subject: Subject, rng: Random) -> Where:
    """The highest exponent bit of one number was flipped, as a fault of memory does."""

    def flip(w: Array) -> None:
        bits = w.reshape(-1).view(np.uint32)
        small = np.flatnonzero((np.abs(w.reshape(-1)) < 1) & (w.reshape(-1) != 0))
        bits[small[rng.randrange(small.size)]] ^= np.uint32(1 << 30)

    return _weight(subject, rng, flip)


@fault(Kind.WRONG, "outlying-weights")
def exploded_layer(subject: Subject, rng: Random) -> Where:
    """A layer's weight is ten million times what it was."""
    return _weight(subject, rng, lambda w: (w * 1e7).astype(np.float32))


@fault(Kind.WRONG, "outlying-weights", base=trained)
def vanished_layer(subject: Subject, rng: Random) -> Where:
    """A layer's weight is a billionth of what it was: its result is its bias."""
    return _weight(subject, rng, lambda w: (w * 1e-9).astype(np.float32))


@fault(Kind.WRONG, "outlying-weights", base=trained)
def exploded_bias(subject: Subject, rng: Random) -> Where:
    """A bias is a billion times what it was."""
    bias = rng.choice(["b2", "b3", "b4"])
    rewrite(stored(subject, bias), lambda b: (b * 1e9).astype(np.float32))
    return Place(tensor=bias)


@fault(Kind.WRONG, "outlying-weights", base=trained)
def lone_outlier_in_a_bias(subject: Subject, rng: Random) -> Where:
    """One number of a bias is a hundred thousand times all others."""

    def damage(b: Array) -> None:
        b[rng.randrange(b.size)] = 1e5 * np.abs(b).max()

    bias = rng.choice(["b2", "b3"])
    rewrite(stored(subject, bias), damage)
    return Place(tensor=bias)


@fault(Kind.WRONG, "float16-overflow")
def weight_beyond_all_sums(subject: Subject, rng: Random) -> Where:
    """A weight is scaled up until its largest number is 1e35."""
    return _weight(subject, rng, lambda w: (w / np.abs(w).max() * 1e35).astype(np.float32))


@fault(Kind.WRONG, "float16-overflow", "nan-weights", "outlying-weights", "denormal-weights", base=trained)
def weight_of_the_other_byte_order(subject: Subject, rng: Random) -> Where:
    """A weight was written by a machine with the other byte order."""
    return _weight(subject, rng, lambda w: w.byteswap())


@fault(Kind.WRONG, "denormal-weights", base=trained)
def weight_of_integers_as_floats(subject: Subject, rng: Random) -> Where:
    """The bytes of an int32 tensor stand where a float32 weight should."""
    return _weight(subject, rng, lambda w: np.arange(w.size, dtype=np.int32).view(np.float32).reshape(w.shape))


@fault(Kind.WRONG, "outlying-weights", "float16-overflow", "nan-weights", base=trained)
def weight_of_float16_as_float32(subject: Subject, rng: Random) -> Where:
    """Two float16 numbers stand in the bytes of each float32."""

    def pair(w: Array) -> Array:
        halves = np.repeat(w.reshape(-1), 2).astype(np.float16) * np.float16(100)
        return halves.view(np.float32).reshape(w.shape)

    return _weight(subject, rng, pair)


@fault(Kind.WRONG, "nan-weights")
def weight_nan(subject: Subject, rng: Random) -> Where:
    """One number of a weight is NaN."""

    def damage(w: Array) -> None:
        w.reshape(-1)[rng.randrange(w.size)] = np.nan

    return _weight(subject, rng, damage)


@fault(Kind.WRONG, "nan-weights")
def weight_infinite(subject: Subject, rng: Random) -> Where:
    """One number of a weight is infinite."""

    def damage(w: Array) -> None:
        w.reshape(-1)[rng.randrange(w.size)] = -np.inf

    return _weight(subject, rng, damage)


@fault(Kind.WRONG, "nan-weights", base=trained)
def bias_nan(subject: Subject, rng: Random) -> Where:
    """One number of a bias is NaN."""
    bias = rng.choice(["b1", "b2", "b3", "b4"])

    def damage(b: Array) -> None:
        b[rng.randrange(b.size)] = np.nan

    rewrite(stored(subject, bias), damage)
    return Place(tensor=bias)


@fault(Kind.WRONG, "nan-weights", base=guarded)
def constant_nan(subject: Subject, rng: Random) -> Where:
    """A constant of element-wise arithmetic is NaN."""
    rewrite(stored(subject, "eps"), lambda e: np.array(np.nan, np.float32))
    return Place(tensor="eps")


def embedded() -> onnx.ModelProto:
    """A table of vectors, looked up."""
    table = np.random.default_rng(4).normal(0, 0.02, (100, 16)).astype(np.float32)
    return with_tensors(
        parsed("agraph (int64[N, T] ids) => (float[N, T, 16] y) { y = Gather(table, ids) }"), table=table
    )


@fault(Kind.WRONG, "nan-weights", base=embedded)
def embedding_row_nan(subject: Subject, rng: Random) -> Where:
    """One row of an embedding is NaN."""

    def damage(table: Array) -> None:
        table[rng.randrange(100)] = np.nan

    rewrite(stored(subject, "table"), damage)
    return Place(tensor="table")


@fault(Kind.WRONG, "outlying-weights", base=embedded)
def embedding_row_exploded(subject: Subject, rng: Random) -> Where:
    """One row of an embedding is ten million times all others."""

    def damage(table: Array) -> None:
        table[rng.randrange(100)] *= 1e7

    rewrite(stored(subject, "table"), damage)
    return Place(tensor="table")


@fault(Kind.WRONG, "float16-overflow", base=trained)
def weight_overflowed_in_float16(subject: Subject, rng: Random) -> Where:
    """A weight was cast to float16, which could not hold it."""
    model = subject.model
    name = rng.choice(["w3", "w4"])
    weight = stored(subject, name)
    half = numpy_helper.to_array(weight) * 1e7
    with np.errstate(over="ignore"):
        weight.CopyFrom(numpy_helper.from_array(half.astype(np.float16), name))
    at = next(i for i, node in enumerate(model.graph.node) if name in node.input)
    model.graph.node[at].input[1] = f"{name}_wide"
    cast = onnx.helper.make_node("Cast", [name], [f"{name}_wide"], to=onnx.TensorProto.FLOAT)
    model.graph.node.insert(at, cast)
    return Place(tensor=name)


@fault(Kind.WRONG, "zero-weights")
def weight_zero(subject: Subject, rng: Random) -> Where:
    """Every number of a weight is zero."""
    return _weight(subject, rng, np.zeros_like)


@fault(Kind.WRONG, "zero-weights", base=trained)
def weight_of_one_number(subject: Subject, rng: Random) -> Where:
    """Every number of a weight is the same."""
    return _weight(subject, rng, lambda w: np.full_like(w, 0.02))


@fault(Kind.WRONG, "zero-weights", base=trained)
def weight_cut_off(subject: Subject, rng: Random) -> Where:
    """The second half of a weight is zeros, as an interrupted download leaves it."""

    def cut(w: Array) -> None:
        w.reshape(-1)[w.size // 2 :] = 0

    return _weight(subject, rng, cut)


@fault(Kind.WRONG, "duplicate-initializers", base=trained)
def weight_of_another_layer(subject: Subject, rng: Random) -> Where:
    """A layer's bias has the numbers of another tensor of its shape."""
    model = subject.model
    rewrite(stored(subject, "w1"), lambda w: w)
    twin = numpy_helper.to_array(stored(subject, "w2"))
    model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(twin), "w2_again"))
    at = next(i for i, node in enumerate(model.graph.node) if "w2" in node.input)
    again = onnx.helper.make_node("Conv", ["p", "w2_again"], ["again"], pads=[1, 1, 1, 1])
    added = onnx.helper.make_node("Add", ["d", "again"], ["sum"])
    model.graph.node[at + 1].input[0] = "sum"
    model.graph.node.insert(at + 1, again)
    model.graph.node.insert(at + 2, added)
    return (Place(tensor="w2"), Place(tensor="w2_again"))


@fault(Kind.WRONG, base=trained, unseen="the numbers are those of a trained weight, and only their order is lost")
def weight_shuffled(subject: Subject, rng: Random) -> Where:
    """The numbers of a weight are in another order."""
    return _weight(subject, rng, lambda w: np.random.default_rng(5).permutation(w.reshape(-1)).reshape(w.shape))
