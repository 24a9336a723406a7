"""Whether an image's answer hangs on the images beside it: measured, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...report import DeepFigure, DeepPart, Missed
from ...runtime.deep.independence import ImageAxis, ImageDifference, IndependenceAsked, IndependenceSeen
from ...runtime.request import Feed
from ...shapes.images import Along, Images, hanging_on, images_of
from ...tuples import NamedTuple
from ...wording import counted, listed
from .asking import ask, feeds_that_ran
from .chance import Chance, chance_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model.graph import Graph
    from ..evidence import Evidence

_IMAGES = 3
"""Images of a batch that is ours to choose."""

ONE_SCALE = frozenset({"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"})
"""What takes one scale for all that comes in at once."""

_AS_TOLD = frozenset(
    {"Gather", "GatherElements", "GatherND", "Scatter", "ScatterElements", "ScatterND", "MatMul", "Gemm", "Einsum"}
)
"""What brings together as another operand says: where that is an input that is fed whole, the caller does it."""


class Independence(NamedTuple):
    """``dependent``: outputs that are another for an image with others beside it; ``scaled``: by a scale that all
    images share, and no more. ``images``: how many were fed together."""

    part: DeepPart
    missed: tuple[Missed, ...] = ()
    dependent: tuple[ImageDifference, ...] = ()
    scaled: tuple[ImageDifference, ...] = ()
    images: int = 0


def look(evidence: Evidence) -> Independence:
    """Feed images alone, together and in another order, in the child."""
    feeds = feeds_that_ran(evidence, "independence")
    facts, graph = evidence.facts, evidence.model.graph
    images = images_of(facts, {feed.name: feed.shape for feed in feeds if not feed.file})
    if images is None:
        return _without("open", "no axis of an input is known to be a batch")
    if images.fixed == 1:
        return _without("ok", "", "the batch is fixed at 1: no image has others beside it")
    chance = chance_in(evidence.model, facts)
    along = {one.tensor for one in images.tensors}
    names = [value.name for value in graph.outputs]
    compared = tuple(name for name in names if name in along and name not in chance.op_types)
    lines = _not_compared([name for name in names if name not in compared], chance, images.apart)
    if not compared:
        return _without("open", "; ".join(lines))
    count = images.fixed or _IMAGES
    asked = IndependenceAsked(
        _axes(images.inputs), compared, _axes(images.tensors), tuple(sorted(images.apart)), count, not images.fixed
    )
    told = ask(evidence, "independence", asked, (_fed(feeds, images, count),), runs=20.0)
    found = judged(graph, images, told.seen, len(compared), lines)
    return found._replace(part=found.part._replace(stamp=told.stamp), missed=told.missed, images=count)


def _axes(places: Iterable[Along]) -> tuple[ImageAxis, ...]:
    return tuple(ImageAxis(*place) for place in places)


def _fed(feeds: tuple[Feed, ...], images: Images, count: int) -> tuple[Feed, ...]:
    """The inputs that ran, with so many images; what comes out of a file the child shares out."""
    axes = {one.tensor: one.axis for one in images.inputs}

    def fed(feed: Feed) -> Feed:
        if feed.file or feed.name not in axes:
            return feed
        axis = axes[feed.name]
        return feed._replace(shape=(*feed.shape[:axis], count, *feed.shape[axis + 1 :]))

    return tuple(map(fed, feeds))


def _without(status: str, why: str, *lines: str) -> Independence:
    return Independence(DeepPart("independence", status, why, lines))


def _not_compared(left: Iterable[str], chance: Chance, apart: frozenset[str]) -> list[str]:
    """Why some outputs are not compared."""
    reasons: dict[str, list[str]] = {}
    for name in left:
        if name in chance.op_types:
            why = f"chance makes it ({listed(chance.op_types[name])})"
        elif name in apart:
            why = "it hangs on no image"
        else:
            why = "it has no axis of images that can be known"
        reasons.setdefault(why, []).append(name)
    return [f"not compared, for {why}: {listed(names)}" for why, names in reasons.items()]


def judged(graph: Graph, images: Images, seen: IndependenceSeen, outputs: int, lines: list[str]) -> Independence:
    """What of that which was seen is to be told, and by whom."""
    dependent: list[ImageDifference] = []
    scaled: list[ImageDifference] = []
    said: list[str] = []
    open_ = ""
    for one in seen.unlike:
        what = f"{one.output}: image {one.image} is answered otherwise {' and '.join(one.how)} ({one.difference})"
        node = graph.label(one.node) if one.node >= 0 else ""
        if one.exempt:
            said.append(f"{what}; this proves nothing: {one.exempt}")
        elif _has_one_scale(graph, one):
            scaled.append(one)
            said.append(f"{what}: one scale is taken for all images")
        elif one.within_steps:
            said.append(f"{what}, within the steps of what was quantised")
        elif one.node >= 0 and (told := _told_by(graph, one.node, images)):
            said.append(f"{what}: {node} brings together what the input {told} names")
        elif not images.sure:
            open_ = f"is {_places(images)} a batch? Then images meet at {node or 'a place that was not found'}"
            said.append(f"{what}; they meet at {node}" if node else what)
        else:
            dependent.append(one)
            said.append(f"{what}; they meet at {node}" if node else what)
    if seen.refused and not seen.compared:
        open_ = f"onnxruntime refuses so many images: {seen.refused}"
    elif seen.refused:
        said.append(f"onnxruntime refuses other numbers of images ({seen.refused})")
    if seen.compared and not seen.unlike:
        apart = (
            f"at most {seen.largest:.1e} of the largest element apart" if seen.largest else "the same to the last bit"
        )
        even = f"{counted(outputs, 'output')} of images along {_places(images)}: alone, together and in another order "
        said.append(f"{even}{apart}")
    elif not seen.compared and not open_:
        open_ = "the data decide how large the outputs are, so nothing could be compared"
    status = "found" if dependent or scaled else "open" if open_ else "ok"
    figures = (DeepFigure("compared", seen.compared), DeepFigure("largest-difference", seen.largest))
    part = DeepPart("independence", status, open_, (*said, *lines), figures)
    return Independence(part, (), tuple(dependent), tuple(scaled))


def _places(images: Images) -> str:
    return ", ".join(f"{one.tensor}[{one.axis}]" for one in images.inputs[:4])


def _has_one_scale(graph: Graph, one: ImageDifference) -> bool:
    """Whether images meet at what takes one scale for all of them, or are within the steps of such."""
    if one.node >= 0:
        return graph.nodes[one.node].op_type in ONE_SCALE
    makers = {name for node in graph.nodes if node.op_type in ONE_SCALE for name in node.outputs if name}
    return one.within_steps and one.output in hanging_on(graph, makers)


def _told_by(graph: Graph, index: int, images: Images) -> str:
    """The input, fed whole, by whose numbers a node chooses what to bring together; "" where there is none."""
    node = graph.nodes[index]
    if node.op_type not in _AS_TOLD:
        return ""
    batched = {one.tensor for one in images.inputs}
    for value in graph.inputs:
        if value.name not in batched and value.name not in graph.initializer_names:
            behind = hanging_on(graph, {value.name})
            if any(name in behind for name in node.inputs if name):
                return value.name
    return ""
