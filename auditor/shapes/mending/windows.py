"""What people get wrong of a convolution or a pooling: padding, stride, dilation, kernel, rounding, groups."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Facts
from ..troubles import At
from .edits import SetAttribute
from .habits import CONVOLUTIONS, POOLS, Habits, Ints, WindowHabit, kernel_of, same_pads, weight_of
from .proposal import Proposal, numbers, shape_of

_BASE = 5.0
"""What a wrong attribute costs where the right one is no more usual than the wrong one."""

_LEAST = 0.5


def proposals(facts: Facts, habits: Habits, at: At, far: int) -> Iterator[Proposal]:
    """Other values for one attribute of a window, each priced by how usual it is against what is there."""
    node, now = facts.node(at), habits.windows.get(at)
    if now is None:
        return
    label, surprise = facts.label(at), habits.surprise(at, now)
    for name, value, then in _others(habits, now, node.op_type, padded="pads" in node.attributes):
        shown = getattr(now, _FIELDS.get(name, name))
        said = f"{name} is {_shown(shown)}" + ("" if name in node.attributes else ", its default")
        forgotten = (
            name == "dilations" and set(now.dilations) == {1} and now.pads == same_pads(now.kernel, then.dilations)
        )
        cost = _BASE - 3 * forgotten + habits.surprise(at, then) - surprise + min(1.0, far * 0.03)
        yield Proposal(
            SetAttribute(at, name, value), at, f"{name} of {label} is {_shown(shown)}; all fits with {_shown(value)}"
            if far else f"{said}; all fits with {_shown(value)}",
            cost if cost > _LEAST else _LEAST + 0.01 * (cost - _LEAST), attribute=name,
        )  # fmt: skip
    if node.op_type == "ConvTranspose":
        given = node.attributes.get("output_padding")
        was = tuple(p for p in given if isinstance(p, int)) if isinstance(given, tuple) else (0,) * now.axes
        within = tuple(min(max(0, p), s - 1) for p, s in zip(was, now.strides, strict=False))
        tried = {within: 0.2} if len(within) == now.axes and within != was else {}
        for wanted in dict.fromkeys((*tried, (1,) * now.axes, (0,) * now.axes)):
            if wanted != was:
                cause = f"output_padding of {label} is {_shown(was)}"
                cost = 6 - 2 * (given is not None) - tried.get(wanted, 0)
                yield Proposal(
                    SetAttribute(at, "output_padding", wanted), at, cause, cost,
                    attribute="output_padding",
                )  # fmt: skip


_FIELDS = {"kernel_shape": "kernel"}


def _others(
    habits: Habits, now: WindowHabit, op_type: str, *, padded: bool
) -> Iterator[tuple[str, int | str | Ints, WindowHabit]]:
    """Attribute, value, and the window with it; each once. ``padded``: beside pads, no auto_pad may stand."""
    alike = [one for one in habits.windows.values() if (one.op_type in POOLS) == (op_type in POOLS)]
    axes = now.axes
    if now.auto_pad in ("NOTSET", "", "VALID"):
        pads = [same_pads(now.kernel, now.dilations), (0,) * 2 * axes]
        pads += [one.pads for one in alike if one.kernel == now.kernel]
        pads += [tuple(max(0, p + by) for p in now.pads) for by in (-1, 1, 2, -2)]
        for i in range(2 * axes):  # one side alone
            pads += [(*now.pads[:i], max(0, now.pads[i] + by), *now.pads[i + 1 :]) for by in (-1, 1)]
        pads += [
            (*now.pads[:axes], *(p + 1 for p in now.pads[axes:])),
            (*(p + 1 for p in now.pads[:axes]), *now.pads[axes:]),
        ]
        pads += [(*now.pads[axes:], *now.pads[:axes])]
        if now.auto_pad in ("NOTSET", ""):
            for value in dict.fromkeys(pads):
                if value != now.pads and len(value) == 2 * axes and _allowed(now, value, op_type):
                    yield "pads", value, now._replace(pads=value)
    if not padded:
        words = ["SAME_UPPER", "SAME_LOWER"] + (
            ["VALID", "NOTSET"] if now.auto_pad not in ("NOTSET", "", "VALID") else []
        )
        for word in words:
            if word != now.auto_pad and set(now.dilations) == {1}:
                yield "auto_pad", word, now._replace(auto_pad=word)
    strides = [(s,) * axes for s in (1, 2, 3, 4)] + [one.strides for one in alike if one.axes == axes]
    for i in range(axes):
        strides += [(*now.strides[:i], s, *now.strides[i + 1 :]) for s in (1, 2)]
    if op_type in POOLS:
        strides.append(now.kernel)
    for value in dict.fromkeys(strides):
        if value != now.strides:
            yield "strides", value, now._replace(strides=value)
    dilations = [(d,) * axes for d in (1, 2, 3, 4)] + [one.dilations for one in alike if one.axes == axes]
    for i in range(axes):
        dilations += [(*now.dilations[:i], 1, *now.dilations[i + 1 :])]
    for value in dict.fromkeys(dilations):
        if value != now.dilations and op_type not in ("AveragePool", "LpPool"):
            yield "dilations", value, now._replace(dilations=value)
    if op_type in POOLS:
        kernels = [(k,) * axes for k in (2, 3, 1, 4, 5, 6, 7, 8)] + [one.kernel for one in alike if one.axes == axes]
        for value in dict.fromkeys(kernels):
            if value != now.kernel:
                yield "kernel_shape", value, now._replace(kernel=value)
        if op_type != "LpPool" and now.auto_pad in ("NOTSET", ""):
            yield "ceil_mode", 1 - now.ceil_mode, now._replace(ceil_mode=1 - now.ceil_mode)


def _allowed(now: WindowHabit, pads: Ints, op_type: str) -> bool:
    """A pooling must not have windows of padding alone."""
    return op_type not in POOLS or all(p < k for p, k in zip(pads, (*now.kernel, *now.kernel), strict=True))


def grouped(facts: Facts, at: At, far: int) -> Iterator[Proposal]:
    """A convolution over groups that says another number of them; or a kernel_shape that is not its weight's."""
    node = facts.node(at)
    if node.op_type not in CONVOLUTIONS:
        return
    kernel, said = kernel_of(facts, at), node.attributes.get("kernel_shape")
    if kernel and said is not None and said != kernel:
        cause = f"kernel_shape is {_shown(said)}, and the kernels of its weight are {_shown(kernel)}"
        yield Proposal(SetAttribute(at, "kernel_shape", kernel), at, cause, 0.5, attribute="kernel_shape")
    shape, weight = shape_of(facts, at), weight_of(facts, at)
    channels = shape[1] if shape is not None and len(shape) > 1 else None
    if len(weight) < 3 or not isinstance(channels, int) or not weight[1]:
        return
    now = node.attributes.get("group", 1)
    if node.op_type == "ConvTranspose":
        return
    group = channels // weight[1]
    if group > 0 and channels % weight[1] == 0 and weight[0] % group == 0 and group != now:
        cause = f"group is {now}" + ("" if "group" in node.attributes else ", its default")
        cost = 3.0 if group in (1, channels) else 3.8
        yield Proposal(SetAttribute(at, "group", group), at, cause, cost + far * 0.1, attribute="group")


def global_kernel(facts: Facts, at: At) -> Iterator[Proposal]:
    """A pooling over all of the data, whose kernel is another size."""
    node, shape = facts.node(at), numbers(shape_of(facts, at))
    said = node.attributes.get("kernel_shape")
    if node.op_type == "AveragePool" and shape is not None and len(shape) > 2 and said != shape[2:]:
        cause = f"kernel_shape is {_shown(said)}, and its data is {_shown(shape)}"
        yield Proposal(SetAttribute(at, "kernel_shape", shape[2:]), at, cause, 5.5, attribute="kernel_shape")


def _shown(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
