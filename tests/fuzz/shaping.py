"""Uses of the operators that move, cut and index tensors, and of arithmetic on shapes."""

from __future__ import annotations

from math import prod

import numpy as np

from .graphs import ANY, BOOL, FLOAT, INT64, NUMBERS, Graph
from .operators import use


@use(weight=3)
def reshape(g: Graph) -> None:
    x, _, shape = g.pick(ANY)
    left, sizes = prod(shape), []
    for _ in range(g.rng.randrange(4)):
        factors = [n for n in range(1, 13) if left and left % n == 0] or [1]
        sizes.append(g.rng.choice(factors))
        left //= sizes[-1]
    sizes.insert(g.rng.randrange(len(sizes) + 1), left)
    if left and g.rng.random() < 0.5:
        sizes[g.rng.randrange(len(sizes))] = -1
    for i in range(min(len(shape), len(sizes))):
        if sizes[i] == shape[i] and shape[i] and g.rng.random() < 0.4:
            sizes[i] = 0
    g.node("Reshape", [x, g.integers(sizes)])


@use(weight=2)
def transpose(g: Graph) -> None:
    x, _, shape = g.pick(ANY)
    order = g.rng.sample(range(len(shape)), len(shape))
    g.node("Transpose", [x], {"perm": order if order and g.rng.random() < 0.8 else None})


@use()
def flatten(g: Graph) -> None:
    x, _, shape = g.pick(NUMBERS)
    g.node("Flatten", [x], {"axis": g.rng.choice((None, g.rng.randint(0, len(shape)))) if shape else 0})


@use(weight=2)
def squeeze(g: Graph) -> None:
    x, _, shape = g.pick(ANY)
    ones = [i for i, n in enumerate(shape) if n == 1]
    axes = g.rng.sample(ones, g.rng.randint(0, len(ones)))
    if g.opset >= 11:
        axes = [a - len(shape) if g.rng.random() < 0.4 else a for a in axes]
    if g.opset >= 13:
        g.node("Squeeze", [x, g.integers(axes)] if axes else [x])
    else:
        g.node("Squeeze", [x], {"axes": axes or None})


@use(weight=2)
def unsqueeze(g: Graph) -> None:
    x, _, shape = g.pick(ANY, (0, 1, 2, 3))
    more = g.rng.randint(1, 2)
    rank = len(shape) + more
    axes = g.rng.sample(range(rank), more)
    if g.opset >= 11:
        axes = [a - rank if g.rng.random() < 0.4 else a for a in axes]
    if g.opset >= 13:
        g.node("Unsqueeze", [x, g.integers(axes)])
    else:
        g.node("Unsqueeze", [x], {"axes": sorted(axes) if min(axes) >= 0 else axes})


@use(8)
def expand(g: Graph) -> None:
    x, _, shape = g.pick(NUMBERS)
    wanted = [g.size() if n == 1 and g.rng.random() < 0.6 else g.rng.choice((n, 1)) for n in shape]
    if len(shape) < 4 and g.rng.random() < 0.4:
        wanted = [g.size(), *wanted]
    g.node("Expand", [x, g.integers(wanted)])


@use()
def tile(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT, INT64, BOOL))
    g.node("Tile", [x, g.integers([g.rng.choice((0, 1, 1, 2, 3)) for _ in shape])])


@use(weight=3)
def concat(g: Graph) -> None:
    x, dtype, shape = g.pick(ANY, (1, 2, 3, 4))
    axis = g.rng.randrange(-len(shape) if g.opset >= 11 else 0, len(shape))
    others = []
    for _ in range(g.rng.randrange(3)):
        theirs = list(shape)
        theirs[axis] = g.size()
        others.append(g.fresh(dtype, theirs))
    g.node("Concat", [x, *others] if g.rng.random() < 0.7 else [*others, x], {"axis": axis})


@use(weight=2)
def split(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT, INT64), (1, 2, 3))
    axis = g.rng.randrange(-len(shape) if g.opset >= 11 else 0, len(shape))
    size = shape[axis]
    parts = g.rng.randint(1, 3)
    cuts = sorted(g.rng.randint(0, size) for _ in range(parts - 1))
    lengths = [b - a for a, b in zip([0, *cuts], [*cuts, size], strict=True)]
    equal = size % parts == 0 and g.rng.random() < 0.5
    if g.opset >= 18 and g.rng.random() < 0.4:
        g.node("Split", [x], {"axis": axis, "num_outputs": parts}, parts)
    elif g.opset >= 13:
        g.node("Split", [x] if equal and g.opset < 18 else [x, g.integers(lengths)], {"axis": axis}, parts)
    else:
        g.node("Split", [x], {"axis": axis, "split": None if equal else lengths}, parts)


@use(weight=3)
def slice_(g: Graph) -> None:
    x, _, shape = g.pick(ANY, (1, 2, 3, 4))
    axes = g.rng.sample(range(len(shape)), g.rng.randint(1, len(shape)))
    starts = [g.rng.choice((0, 1, -1, -2, g.rng.randint(-9, 9))) for _ in axes]
    ends = [g.rng.choice((2**31 - 1, -1, 2, 3, g.rng.randint(-9, 9), -(2**31))) for _ in axes]
    if g.opset < 10:
        g.node("Slice", [x], {"starts": starts, "ends": ends, "axes": axes})
        return
    kind = g.rng.choice(("int64", "int64", "int32"))
    inputs = [x, g.integers(starts, kind), g.integers(ends, kind), g.integers(axes, kind)]
    if g.rng.random() < 0.6:
        inputs.append(g.integers([g.rng.choice((1, 1, 2, 3, -1, -2)) for _ in axes], kind))
    g.node("Slice", inputs)


@use(weight=2)
def pad(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT,), (1, 2, 3, 4), 1)
    mode = g.rng.choice((None, None, "reflect", "edge"))
    pads = [g.rng.choice((0, 0, 1, 2)) if mode is None else g.rng.randrange(n) for n in (*shape, *shape)]
    if mode is None and g.rng.random() < 0.3:
        pads[g.rng.randrange(len(pads))] = -1
    if g.opset < 11:
        g.node("Pad", [x], {"pads": pads, "mode": mode})
    elif g.opset >= 18 and g.rng.random() < 0.4:
        axes = g.rng.sample(range(-len(shape), 0), g.rng.randint(1, len(shape)))
        some = [pads[a] for a in axes] + [pads[a] for a in axes]
        g.node("Pad", [x, g.integers(some), "", g.integers(axes)], {"mode": mode})
    else:
        g.node("Pad", [x, g.integers(pads)], {"mode": mode})


@use(weight=2)
def gather(g: Graph) -> None:
    x, _, shape = g.pick(ANY, (1, 2, 3), 1)
    axis = g.rng.randrange(-len(shape) if g.opset >= 11 else 0, len(shape))
    low = -shape[axis] if g.opset >= 11 else 0
    wanted = g.shape((0, 1, 1, 2))
    values = np.array([g.rng.randrange(low, shape[axis]) for _ in range(prod(wanted))], "int64").reshape(wanted)
    g.node("Gather", [x, g.given(values)], {"axis": axis})


@use(11)
def elements(g: Graph) -> None:
    x, dtype, shape = g.pick((FLOAT, INT64), (1, 2, 3), 1)
    axis = g.rng.randrange(-len(shape), len(shape))
    wanted = [g.rng.randint(1, n) for n in shape]
    values = np.array([g.rng.randrange(shape[axis]) for _ in range(prod(wanted))], "int64").reshape(wanted)
    if g.rng.random() < 0.5:
        g.node("GatherElements", [x, g.given(values)], {"axis": axis})
    else:
        g.node("ScatterElements", [x, g.given(values), g.fresh(dtype, wanted)], {"axis": axis})


@use(11)
def by_places(g: Graph) -> None:
    x, dtype, shape = g.pick((FLOAT, INT64), (1, 2, 3), 1)
    depth = g.rng.randint(1, len(shape))
    front = g.shape((0, 1, 2), 1)
    places = [[g.rng.randrange(n) for n in shape[:depth]] for _ in range(prod(front))]
    indices = g.given(np.array(places, "int64").reshape((*front, depth)))
    if g.rng.random() < 0.5:
        g.node("GatherND", [x, indices])
    else:
        g.node("ScatterND", [x, indices, g.fresh(dtype, (*front, *shape[depth:]))])


@use()
def space(g: Graph) -> None:
    block = g.rng.choice((1, 2, 3))
    batch, channels, height, width = g.shape(4, 1)
    if g.rng.random() < 0.5:
        g.node("DepthToSpace", [g.fresh(FLOAT, (batch, channels * block**2, height, width))], {"blocksize": block})
    else:
        shape = (batch, channels, height * block, width * block)
        g.node("SpaceToDepth", [g.fresh(FLOAT, shape)], {"blocksize": block})


@use(11, 2)
def resize(g: Graph) -> None:
    x, _, shape = g.pick((FLOAT,), (2, 3, 4), 1)
    mode = {"mode": "nearest"}
    if g.rng.random() < 0.5:
        scales = g.given(np.array([g.rng.choice((1.0, 0.5, 1.5, 2.0, 0.3, 2.7)) for _ in shape], "float32"))
        g.node("Resize", [x, "" if g.opset >= 13 else g.given(np.array([], "float32")), scales], mode)
    elif g.opset >= 13:
        if g.opset >= 18 and g.rng.random() < 0.4:
            axes = g.rng.sample(range(len(shape)), g.rng.randint(1, len(shape)))
            policy = g.rng.choice((None, "not_larger", "not_smaller"))
            sizes = g.integers([g.size(1) for _ in axes])
            g.node("Resize", [x, "", "", sizes], mode | {"axes": axes, "keep_aspect_ratio_policy": policy})
        else:
            g.node("Resize", [x, "", "", g.integers([g.size(1) for _ in shape])], mode)


@use(9)
def hanging_on_data(g: Graph) -> None:
    """What only a run can know: its size is open, and so is what follows."""
    x, dtype, shape = g.pick((FLOAT, INT64), (1, 2, 3), 1)
    match g.rng.randrange(4):
        case 0:
            (found,) = g.node("NonZero", [x])
            if g.rng.random() < 0.7:
                g.node("Transpose", [found], {"perm": [1, 0]})
        case 1 if g.opset >= 11:
            axis = g.rng.choice((None, g.rng.randrange(len(shape))))
            g.node("Unique", [x], {"axis": axis, "sorted": 1}, g.rng.randint(1, 4))
        case 2:
            axis = g.rng.choice((None, g.rng.randrange(len(shape))))
            length = prod(shape) if axis is None else shape[axis]
            g.node("Compress", [x, g.fresh(BOOL, (g.rng.randint(0, length),))], {"axis": axis})
        case _:
            depth = g.integers(g.rng.randint(1, 5))
            i, _, _ = g.pick((INT64,), (0, 1, 2))
            g.node("OneHot", [i, depth, g.fresh(FLOAT, (2,))], {"axis": -1})
    del dtype


@use(14)
def triangle(g: Graph) -> None:
    x, _, _ = g.pick((FLOAT, INT64), (2, 3))
    g.node(
        "Trilu",
        [x, g.integers(g.rng.randint(-3, 3))] if g.rng.random() < 0.6 else [x],
        {"upper": g.rng.choice((None, 0))},
    )


# Arithmetic on shapes


@use(weight=3)
def shape(g: Graph) -> None:
    """A shape is taken apart, worked on and put together again; something is made of it."""
    x, dtype, sizes = g.pick((FLOAT,), (1, 2, 3, 4), 1)
    bounds = {"start": g.rng.choice((None, 1)), "end": g.rng.choice((None, -1))} if g.opset >= 15 else {}
    (whole,) = g.node("Shape", [x], bounds if g.rng.random() < 0.2 else {})
    made = g.fact(whole)
    if bounds and made is not None and len(made.shape or ()) and made.shape != (len(sizes),):
        return
    which = g.rng.randrange(len(sizes))
    (one,) = g.node("Gather", [whole, g.integers([which], fed=0)])
    match g.rng.randrange(8):
        case 0:
            (rest,) = g.node("Div", [whole, one])
            g.node("Mul", [rest, g.integers([2], fed=0)])
        case 1:
            (two,) = g.node("Mul", [one, g.integers([g.rng.randint(1, 3)], fed=0)])
            (target,) = g.node("Concat", [two, g.integers([g.size(1)], fed=0)], {"axis": 0})
            g.node("ConstantOfShape", [target]) if g.opset >= 9 else None
        case 2:
            g.node("Reshape", [x, whole if g.rng.random() < 0.5 else g.integers([-1], fed=0)])
        case 3:
            (target,) = g.node("Concat", [one, g.integers([-1], fed=0)], {"axis": 0})
            g.node("Reshape", [x, target])
        case 4 if g.opset >= 11:
            (scalar,) = g.node("Gather", [whole, g.integers(which, fed=0)])
            start, step = (g.integers(n, fed=0) for n in (0, g.rng.choice((1, 2))))
            g.node("Range", [start, scalar, step])
        case 5 if g.opset >= 10:
            (half,) = g.node("Div", [one, g.integers([2], fed=0)])
            g.node("Slice", [x, g.integers([0], fed=0), half, g.integers([which], fed=0)])
        case 6 if g.opset >= 9:
            (equal,) = g.node("Equal", [whole, g.integers([g.size()], fed=0)])
            (target,) = g.node("Where", [equal, g.integers([1] * len(sizes), fed=0), whole])
            g.node("Expand", [g.fresh(dtype, (1,)), target])
        case _:
            (real,) = g.node("Cast", [one], {"to": FLOAT})
            (scaled,) = g.node("Mul", [real, g.given(np.array([g.rng.choice((0.5, 1.5, 2.0))], "float32"), 0)])
            (floor,) = g.node("Floor", [scaled])
            (back,) = g.node("Cast", [floor], {"to": INT64})
            g.node("ConstantOfShape", [back]) if g.opset >= 9 else None
