"""Faults that are put into a joint of a network: images mixed, a number of them baked in, chance.

Each gives the shape that came, and says the names of the nodes of which any is the right one: images meet there, the
number is written there, or chance is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import onnx
from onnx import helper

from .net import FLOAT, Net
from .networks import NETWORKS

_RANK = {"image": 4, "sequence": 3, "row": 2}
_PERM = {"image": [1, 0, 2, 3], "sequence": [1, 0, 2], "row": [1, 0]}

Fault = Callable[[Net, str, str], str]


# Images meet.


def softmax_over_images(net: Net, x: str, joint: str) -> str:
    return str(net.op("Mul", x, net.op("Softmax", x, axis=0, name="fault")))


def minus_mean_of_batch(net: Net, x: str, joint: str) -> str:
    return str(net.op("Sub", x, net.op("ReduceMean", x, axes=[0], name="fault")))


def batch_statistics(net: Net, x: str, joint: str) -> str:
    axes = [0] if joint == "row" else [0, *range(2, _RANK[joint])]
    centred = net.op("Sub", x, net.op("ReduceMean", x, axes=axes, name="fault"))
    spread = net.op("ReduceMean", net.op("Mul", centred, centred), axes=axes, name="fault_spread")
    return str(net.op("Div", centred, net.op("Sqrt", net.op("Add", spread, net.value(np.float32(1e-3))))))


def over_largest_of_batch(net: Net, x: str, joint: str) -> str:
    largest = net.op("ReduceMax", net.op("Abs", x), axes=[0], name="fault")
    return str(net.op("Div", x, net.op("Add", largest, net.value(np.float32(1e-2)))))


def running_sum_of_batch(net: Net, x: str, joint: str) -> str:
    return str(net.op("CumSum", x, net.value(np.int64(0)), name="fault"))


def sorted_batch(net: Net, x: str, joint: str) -> str:
    count = net.op("Slice", net.op("Shape", x), net.ints(0), net.ints(1))
    return str(net.op("TopK", x, count, outputs=2, axis=0, name="fault")[0])


def turned_batch(net: Net, x: str, joint: str) -> str:
    return str(net.op("Slice", x, net.ints(-1), net.ints(-(2**40)), net.ints(0), net.ints(-1), name="fault"))


def rolled_batch(net: Net, x: str, joint: str) -> str:
    """Each image gets its neighbour's answer (`torch.roll` along the wrong axis)."""
    head = net.op("Slice", x, net.ints(0), net.ints(1), net.ints(0), name="fault_head")
    tail = net.op("Slice", x, net.ints(1), net.ints(2**40), net.ints(0), name="fault_tail")
    return str(net.op("Concat", tail, head, axis=0, name="fault"))


def first_image_for_all(net: Net, x: str, joint: str) -> str:
    first = net.op("Slice", x, net.ints(0), net.ints(1), net.ints(0), name="fault")
    return str(net.op("Add", x, first, name="fault_add"))


def view_in_place_of_transpose(net: Net, x: str, joint: str) -> str:
    """`view(C, N, ...)` where `transpose(0, 1)` was meant, and then transposed back."""
    turned = net.op("Transpose", x, perm=_PERM[joint], name="fault_turned")
    return str(net.op("Reshape", turned, net.op("Shape", x), name="fault"))


def reshape_then_transpose(net: Net, x: str, joint: str) -> str:
    shape = net.op("Gather", net.op("Shape", x), net.ints(*_PERM[joint]))
    return str(net.op("Transpose", net.op("Reshape", x, shape, name="fault"), perm=_PERM[joint]))


def gram_of_batch(net: Net, x: str, joint: str) -> str:
    """Rows weighed by their likeness to all other rows of the batch: attention along the wrong axis."""
    rows = net.op("Flatten", x)
    near = net.op("MatMul", rows, net.op("Transpose", rows, perm=[1, 0]), name="fault_scores")
    near = net.op("Softmax", near, axis=1, name="fault_softmax")
    return str(net.op("Reshape", net.op("MatMul", near, rows, name="fault"), net.op("Shape", x)))


def einsum_over_batch(net: Net, x: str, joint: str) -> str:
    rows = net.op("Flatten", x)
    matrix = net.op("Einsum", rows, rows, equation="bi,bj->ij", name="fault")
    return str(net.op("Reshape", net.op("MatMul", rows, matrix), net.op("Shape", x)))


def length_of_batch(net: Net, x: str, joint: str) -> str:
    return str(net.op("LpNormalization", x, axis=0, name="fault"))


def moments_of_all(net: Net, x: str, joint: str) -> str:
    return str(net.op("MeanVarianceNormalization", x, axes=list(range(_RANK[joint])), name="fault"))


def recurrence_along_batch(net: Net, x: str, joint: str) -> str:
    """An RNN that takes time first, on what has the batch first; its answers are added."""
    rows = net.op("Unsqueeze", net.op("ReduceMean", x, axes=[-1]) if joint != "row" else x, net.ints(1))
    rows = net.op("Reshape", rows, net.ints(0, 1, -1))
    rows = net.op("ReduceMean", rows, axes=[2])
    w, r = (net.value(np.full((1, 1, 1), number, np.float32)) for number in (0.7, 0.9))
    y = net.op("RNN", rows, w, r, hidden_size=1, outputs=2, name="fault")[0]
    column = net.op("Reshape", y, net.ints(-1, *[1] * (_RANK[joint] - 1)))
    return str(net.op("Mul", x, column))


def scan_along_batch(net: Net, x: str, joint: str) -> str:
    one = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Add", ["kept", "item"], ["new"]), helper.make_node("Identity", ["new"], ["said"])],
        "over_images", [one("kept", FLOAT, None), one("item", FLOAT, None)],
        [one("new", FLOAT, None), one("said", FLOAT, None)],
    )  # fmt: skip
    zero = net.op("Mul", net.op("ReduceMin", x, axes=[0], keepdims=0, name="fault_zero"), net.value(np.float32(0)))
    return str(net.op("Scan", zero, x, outputs=2, num_scan_inputs=1, body=body, name="fault")[1])


def wrong_halves(net: Net, x: str, joint: str) -> str:
    """The mirror's answers are joined behind, and averaged with the neighbour's (test-time augmentation)."""
    both = net.op("Concat", x, net.op("Neg", net.op("Relu", x)), axis=0, name="fault_join")
    tail = net.op("Slice", net.op("Shape", x), net.ints(1), net.ints(9))
    pairs = net.op("Reshape", both, net.op("Concat", net.ints(-1, 2), tail, axis=0), name="fault")
    return str(net.op("ReduceMean", pairs, axes=[1], keepdims=0, name="fault_mean"))


def shared_weighting(net: Net, x: str, joint: str) -> str:
    """Squeeze-and-excitation that pools over the images, too."""
    pooled = net.op("ReduceMean", x, axes=[0, *range(2, _RANK[joint])], name="fault")
    return str(net.op("Mul", x, net.op("Sigmoid", pooled)))


def statistics_of_turned(net: Net, x: str, joint: str) -> str:
    """The statistics of [C, N * ...]: a normalisation per channel that has the batch in its rows."""
    turned = net.op("Transpose", x, perm=_PERM[joint])
    rows = net.op("Flatten", turned, axis=1)
    centred = net.op("Sub", rows, net.op("ReduceMean", rows, axes=[1], name="fault"))
    spread = net.op("ReduceMean", net.op("Abs", centred), axes=[1], name="fault_spread")
    rows = net.op("Div", centred, net.op("Add", spread, net.value(np.float32(1e-3))))
    return str(net.op("Transpose", net.op("Reshape", rows, net.op("Shape", turned)), perm=_PERM[joint]))


def mean_with_neighbour(net: Net, x: str, joint: str) -> str:
    """A window over the images: MaxPool with the batch as its length."""
    rows = net.op("Transpose", net.op("Flatten", x), perm=[1, 0])
    line = net.op("Unsqueeze", rows, net.ints(0))
    pooled = net.op("AveragePool", line, kernel_shape=[3], pads=[1, 1], name="fault")
    back = net.op("Transpose", net.op("Squeeze", pooled, net.ints(0)), perm=[1, 0])
    return str(net.op("Reshape", back, net.op("Shape", x)))


def reversed_along_batch(net: Net, x: str, joint: str) -> str:
    """ReverseSequence whose axes of batch and time are exchanged."""
    count = net.op("Slice", net.op("Shape", x), net.ints(0), net.ints(1))
    other = net.op("Slice", net.op("Shape", x), net.ints(1), net.ints(2))
    return str(net.op("ReverseSequence", x, net.op("Expand", count, other), batch_axis=1, time_axis=0, name="fault"))


# How many images there are goes in.


def by_their_number(net: Net, x: str, joint: str) -> str:
    count = net.op("Cast", net.op("Slice", net.op("Shape", x), net.ints(0), net.ints(1)), to=FLOAT)
    return str(net.op("Div", x, count, name="fault"))


# A number of images, or a length, is written into the model.


def reshaped_for_one(net: Net, x: str, joint: str) -> str:
    """`view(1, -1)` in front of what works along a row."""
    flat = net.op("Reshape", x, net.ints(1, -1), name="fault")
    normal = net.op("LpNormalization", flat, axis=1, name="fault_length")
    return str(net.op("Reshape", normal, net.op("Shape", x)))


def noise_for_two(net: Net, x: str, joint: str) -> str:
    """A tensor of as many rows as the example had images."""
    return str(net.op("Add", x, net.weight(2, *[1] * (_RANK[joint] - 1)), name="fault"))


def expanded_for_two(net: Net, x: str, joint: str) -> str:
    shape = net.ints(2, *[1] * (_RANK[joint] - 1))
    rows = net.op("Expand", net.weight(*[1] * _RANK[joint]), shape, name="fault")
    return str(net.op("Mul", x, rows, name="fault_mul"))


def tiled_for_four(net: Net, x: str, joint: str) -> str:
    rows = net.op("Tile", net.weight(*[1] * _RANK[joint]), net.ints(4, *[1] * (_RANK[joint] - 1)), name="fault")
    return str(net.op("Add", x, rows, name="fault_add"))


def split_for_two(net: Net, x: str, joint: str) -> str:
    a, b = net.op("Split", x, net.ints(1, 1), axis=0, outputs=2, name="fault")
    return str(net.op("Concat", a, b, axis=0))


def positions_of_seven(net: Net, x: str, joint: str) -> str:
    """A table of positions that is not cut to the length."""
    return str(net.op("Add", x, net.weight(1, 7, 1), name="fault"))


# Chance.


def noise(net: Net, x: str, joint: str) -> str:
    return str(net.op("Add", x, net.op("RandomNormalLike", x, name="fault")))


def uniform_noise(net: Net, x: str, joint: str) -> str:
    return str(net.op("Mul", x, net.op("RandomUniformLike", x, name="fault", seed=3.0)))


def bernoulli(net: Net, x: str, joint: str) -> str:
    return str(net.op("Mul", x, net.op("Bernoulli", net.op("Sigmoid", x), name="fault")))


def dropout(net: Net, x: str, joint: str) -> str:
    return str(net.op("Dropout", x, net.value(np.float32(0.5)), net.value(np.array(True)), name="fault"))


def multinomial(net: Net, x: str, joint: str) -> str:
    drawn = net.op("Multinomial", net.op("Flatten", x), sample_size=1, name="fault")
    column = net.op("Reshape", net.op("Cast", drawn, to=FLOAT), net.ints(-1, *[1] * (_RANK[joint] - 1)))
    return str(net.op("Add", x, column))


def chance_in_a_branch(net: Net, x: str, joint: str) -> str:
    def branch(op_type: str) -> onnx.GraphProto:
        out = helper.make_tensor_value_info(f"of_{op_type}", FLOAT, None)
        node = helper.make_node(op_type, [x], [out.name], name=f"fault_{op_type}")
        return helper.make_graph([node], op_type, [], [out])

    test = net.op("Greater", net.op("ReduceMax", x, keepdims=0), net.value(np.float32(-1e9)))
    return str(net.op("If", test, then_branch=branch("RandomUniformLike"), else_branch=branch("Neg"), name="fault"))


def statistics_in_training(net: Net, x: str, joint: str) -> str:
    """BatchNormalization of the batch at hand, over an axis of its own."""
    count = net.op("Slice", net.op("Shape", x), net.ints(0), net.ints(1))
    flat = net.op("Reshape", x, net.op("Concat", count, net.ints(1, -1), axis=0))
    ones = [net.value(np.full(1, number, np.float32)) for number in (1, 0, 0, 1)]
    y = net.op("BatchNormalization", flat, *ones, training_mode=1, outputs=3, name="fault")[0]
    return str(net.op("Reshape", y, net.op("Shape", x)))


MIXING: tuple[Fault, ...] = (
    softmax_over_images, minus_mean_of_batch, batch_statistics, over_largest_of_batch, running_sum_of_batch,
    sorted_batch, turned_batch, rolled_batch, first_image_for_all, view_in_place_of_transpose, reshape_then_transpose,
    gram_of_batch, einsum_over_batch, length_of_batch, moments_of_all, recurrence_along_batch, scan_along_batch,
    wrong_halves, shared_weighting, statistics_of_turned, mean_with_neighbour, reversed_along_batch, by_their_number,
    statistics_in_training,
)  # fmt: skip
BAKING: tuple[Fault, ...] = (
    reshaped_for_one, noise_for_two, expanded_for_two, tiled_for_four, split_for_two, positions_of_seven,
)  # fmt: skip
CHANCE: tuple[Fault, ...] = (noise, uniform_noise, bernoulli, dropout, multinomial, chance_in_a_branch)

_FAULTS = (*MIXING, *BAKING, *CHANCE, *MIXING)


class Mutant(NamedTuple):
    """A network with one fault in it; any of the nodes called ``fault...`` is the right one."""

    name: str
    model: onnx.ModelProto
    kind: str


def mutant(network: str, fault: Fault, joint: str) -> Mutant | None:
    """The network with the fault at its first joint of this kind; None where it has none."""
    done: list[str] = []

    def at(net: Net, tensor: str, kind: str) -> str:
        if kind != joint or done:
            return tensor
        done.append(kind)
        return fault(net, tensor, kind)

    model = NETWORKS[network](at)
    kind = "chance" if fault in CHANCE else "baking" if fault in BAKING else "mixing"
    return Mutant(f"{network}-{joint}-{getattr(fault, '__name__', '')}", model, kind) if done else None


_HOSTS: Mapping[str, tuple[str, ...]] = {
    "image": ("cnn", "residual", "instance_normalised", "autoencoder", "segmenter", "shuffle", "group_normalised"),
    "sequence": ("transformer", "lstm", "vision_transformer", "gru"),
    "row": ("mlp", "cnn", "siamese", "residual", "mirrored"),
}


def mutants() -> Iterator[Mutant]:
    """Each fault in networks that take turns, the same each time: more of them than anybody needs."""
    seen: set[str] = set()
    for turn in range(4 * len(_FAULTS)):
        fault = _FAULTS[turn % len(_FAULTS)]
        joint = "sequence" if fault is positions_of_seven else list(_HOSTS)[(turn + turn // len(_FAULTS)) % 3]
        hosts = _HOSTS[joint]
        found = mutant(hosts[(turn * 5 + turn // 7) % len(hosts)], fault, joint)
        if found is not None and found.name not in seen:
            seen.add(found.name)
            yield found
