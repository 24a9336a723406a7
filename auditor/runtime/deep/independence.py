"""An image's answer with others beside it, alone, and in another order: is it the same?

Kernels of other shapes round otherwise: on sound models an image alone and in a batch of three was measured at most
1.2e-7 of the largest element apart. What is beyond the tolerance is run again on other images, and the node is looked
for by cutting the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tuples import NamedTuple
from .. import tensors
from ..alike import Grain, within_steps
from ..compare import STEPS, compare
from ..cutting import NotCut
from ..grain import JUMPS, grain_of
from ..levels import OutOfTime
from ..outcome import Difference
from ..parting import in_front, parting_place
from ..session import Made, Refused, Session
from .ground import DeepGround
from .image_pool import ImagePool

ALONE, ORDER, BESIDE = "alone", "in another order", "beside other images"

SHARE, NARROW_SHARE = 1e-4, {10: 1e-2}
"""How far two answers may be apart, of the largest element; float16 by its own, narrower types by four steps."""

_FLOOR = 1e-6
_GRADUAL = 0.1  # of the tolerance: if more of it comes in, rounding has grown, and the node is not to blame
_MESSAGE = 2000


class ImageAxis(NamedTuple):
    """A tensor whose images lie along an axis, ``each`` rows of it to an image."""

    tensor: str
    axis: int
    each: int = 1


class IndependenceAsked(NamedTuple):
    """``inputs`` are fed image by image. ``tensors`` are of the main graph, ``outputs`` those of them to be compared.

    ``apart``: what hangs on no image. ``alone``: whether a single image can be fed.
    """

    inputs: tuple[ImageAxis, ...] = ()
    outputs: tuple[str, ...] = ()
    tensors: tuple[ImageAxis, ...] = ()
    apart: tuple[str, ...] = ()
    images: int = 3
    alone: bool = True


class ImageDifference(NamedTuple):
    """An output that is another for one image. ``how``: alone, in another order, beside other images.

    ``share``: how far apart, by the largest element. ``node``: the index of the node in the main graph where images
    meet, -1 where it was not found. ``exempt``: why it proves nothing. ``within_steps``: of what was quantised.
    """

    output: str
    how: tuple[str, ...]
    image: int
    difference: Difference
    share: float
    node: int = -1
    tensor: str = ""
    exempt: str = ""
    within_steps: bool = False


class IndependenceSeen(NamedTuple):
    """``compared``: how many answers to an image were compared; ``largest``: the most that two were apart, by the
    largest element; ``refused``: why so many images could not be fed."""

    unlike: tuple[ImageDifference, ...] = ()
    compared: int = 0
    largest: float = 0.0
    refused: str = ""


ASKED, SEEN = IndependenceAsked, IndependenceSeen


def look(ground: DeepGround, asked: IndependenceAsked) -> IndependenceSeen:
    """Run the batch, its images alone and turned around, and compare."""
    return _Look(ground, asked).seen()


class _Batch(NamedTuple):
    """Images of the pool by their place in it."""

    how: str
    images: tuple[int, ...]


class _Apart(NamedTuple):
    """What one image's answer differs by; ``beyond`` None: by no more than the tolerance."""

    image: int
    beyond: Difference | None
    share: float
    within_steps: bool


class _Look:
    def __init__(self, ground: DeepGround, asked: IndependenceAsked) -> None:
        self._ground, self._asked = ground, asked
        self._axes = {one.tensor: one for one in asked.tensors}
        self._pool = ImagePool(ground, {one.tensor: one.axis for one in asked.inputs}, 2 * asked.images)
        count = asked.images
        self._first = _Batch("", tuple(range(count)))
        self._turned = _Batch(ORDER, (*range(1, count), 0))
        self._beside = _Batch(BESIDE, (0, *range(count, 2 * count - 1)))

    def seen(self) -> IndependenceSeen:
        asked, first = self._asked, self._first
        session = self._ground.sessions.open(self._ground.request.optimisation)
        try:
            made = self._run(session, asked.outputs, first)
        except Refused as error:
            return IndependenceSeen(refused=str(error)[:_MESSAGE])
        alone = [_Batch(ALONE, (image,)) for image in first.images] if asked.alone else []
        turned = [self._turned] if len(first.images) > 1 else []
        waiting = [*alone, *turned] if alone else [*turned, self._beside]
        seen = IndependenceSeen()
        found: dict[str, list[tuple[_Batch, _Apart]]] = {}
        while waiting:
            batch = waiting.pop(0)
            self._ground.in_time()
            try:
                others = self._run(session, asked.outputs, batch)
            except Refused as error:
                if seen.refused:
                    break
                seen = seen._replace(refused=f"{batch.how}: {error}"[:_MESSAGE])
                waiting = [self._turned, self._beside]  # what has as many images
                continue
            for name, a, b in zip(asked.outputs, made, others, strict=True):
                for apart in self._apart(name, a, b, first, batch):
                    seen = seen._replace(compared=seen.compared + 1, largest=max(seen.largest, apart.share))
                    if apart.beyond is not None:
                        found.setdefault(name, []).append((batch, apart))
        if not found:
            return seen
        again = dict(zip(asked.outputs, self._run(session, asked.outputs, first), strict=True))
        unlike: dict[str, ImageDifference] = {}
        for name, cases in found.items():
            batch, worst = max(cases, key=lambda case: (not case[1].within_steps, case[1].share))
            assert worst.beyond is not None
            how = tuple(dict.fromkeys(case[0].how for case in cases))
            unlike[name] = ImageDifference(
                name, how, worst.image, worst.beyond, worst.share, within_steps=worst.within_steps
            )
            a = dict(zip(asked.outputs, made, strict=True))[name]
            if any(one.beyond is not None for one in self._apart(name, a, again[name], first, first)):
                unlike[name] = unlike[name]._replace(exempt="the same batch gives another answer in a second run")
        seen = seen._replace(unlike=tuple(unlike.values()))
        self._ground.tell(seen)
        return seen._replace(unlike=tuple(self._confirmed(session, list(unlike.values()), refused=bool(seen.refused))))

    def _confirmed(self, session: Session, unlike: list[ImageDifference], *, refused: bool) -> list[ImageDifference]:
        """The same with other images, and the node where they meet."""
        asked = self._asked
        self._pool.renew()
        self._ground.in_time()
        made = self._run(session, asked.outputs, self._first)
        beside = self._run(session, asked.outputs, self._beside) if asked.images > 1 else made
        alone = self._run(session, asked.outputs, _Batch(ALONE, (0,))) if asked.alone and not refused else made
        turned = self._run(session, asked.outputs, self._turned)
        del session
        confirmed = []
        for one in unlike:
            place = asked.outputs.index(one.output)
            ways = [
                batch
                for batch, others in (
                    (self._beside, beside), (_Batch(ALONE, (0,)), alone), (self._turned, turned),
                )
                if any(
                    case.beyond is not None
                    for case in self._apart(one.output, made[place], others[place], self._first, batch)
                )
            ]  # fmt: skip
            if one.exempt or one.within_steps:
                confirmed.append(one)
            elif not ways:
                confirmed.append(one._replace(exempt="other images are answered alike"))
            else:
                how = tuple(dict.fromkeys((*one.how, *(batch.how for batch in ways))))
                try:
                    confirmed.append(self._placed(one._replace(how=how), ways[0]))
                except (OutOfTime, NotCut, tensors.CannotRead):
                    confirmed.append(one._replace(how=how))
        return confirmed

    def _placed(self, one: ImageDifference, batch: _Batch) -> ImageDifference:
        """With the node where images meet; exempt where it made much of a rounding."""
        model = self._ground.model
        comparable, apart = self._axes.keys(), frozenset(self._asked.apart)
        kept: dict[str, tuple[Made, Made] | None] = {}

        def pair(tensor: str) -> tuple[Made, Made] | None:
            if tensor not in kept:
                self._ground.in_time()
                try:
                    session = self._ground.sessions.open(self._ground.request.optimisation, model.behind(tensor))
                    kept[tensor] = (
                        self._run(session, (tensor,), self._first)[0],
                        self._run(session, (tensor,), batch)[0],
                    )
                except OutOfTime:
                    raise
                except Exception:  # what cannot be had does not part: the search goes on behind it
                    kept[tensor] = None
            return kept[tensor]

        def compared(tensor: str) -> list[_Apart]:
            both = pair(tensor)
            return [] if both is None else self._apart(tensor, *both, self._first, batch)

        place = parting_place(
            model,
            one.output,
            lambda tensor: any(case.beyond is not None and not case.within_steps for case in compared(tensor)),
            comparable,
            apart,
        )
        if place is None:
            return one
        before = [case for name in in_front(model, place.tensor, comparable, apart) for case in compared(name)]
        found = one._replace(node=place.node, tensor=place.tensor)
        if any(case.share for case in before):
            if model.nodes[place.node].op_type in JUMPS:
                return found._replace(exempt=f"{model.nodes[place.node].op_type} made much of a rounding")
            here = max((case.share for case in compared(place.tensor)), default=0.0)
            most = max(case.share for case in before)
            if most > _GRADUAL * SHARE and here < most / _GRADUAL:
                return found._replace(exempt="roundings add up, and no node brings images together")
        return found

    def _run(self, session: Session, names: Sequence[str], batch: _Batch) -> list[Made]:
        return session.run(list(names), self._pool.fed(batch.images))

    def _apart(self, tensor: str, a: Made, b: Made, first: _Batch, batch: _Batch) -> list[_Apart]:
        """Each image that is in both batches: how its parts of two values of a tensor differ."""
        along = self._axes.get(tensor)
        if along is None or a.array is None or b.array is None or a.dtype != b.dtype:
            return []
        if a.array.ndim <= along.axis or b.array.ndim != a.array.ndim:
            return []
        if a.array.shape[along.axis] != along.each * len(first.images):
            return []  # the data decide how much there is
        if b.array.shape[along.axis] != along.each * len(batch.images):
            return []
        found = []
        for at, image in enumerate(batch.images):
            if image in first.images:
                cases = [
                    self._between(
                        tensor,
                        a,
                        _part(a.array, along, len(first.images), first.images.index(image), inner=inner),
                        _part(b.array, along, len(batch.images), at, inner=inner),
                        image,
                    )
                    for inner in ((False, True) if along.each > 1 else (False,))  # rows by image, or images by row
                ]
                found.append(min(cases, key=lambda case: (case.beyond is not None, case.share)))
        return found

    def _between(self, tensor: str, whole: Made, a: Any, b: Any, image: int) -> _Apart:
        import numpy as np

        dtype = whole.dtype
        values = tensors.floats(dtype, whole.array)
        if a.shape != b.shape:
            return _Apart(image, compare(a, b, 0.0, 0.0), 1.0, within_steps=False)
        if values is None:
            beyond = compare(a, b, 0.0, 0.0)
            mild = beyond is not None and within_steps(a, b, self._grain(tensor))
            return _Apart(image, beyond, 0.0 if beyond is None else 1.0, mild)
        magnitudes = np.abs(values[np.isfinite(values)])
        largest = float(magnitudes.max()) if magnitudes.size else 0.0
        share = NARROW_SHARE.get(dtype, 4 * STEPS[dtype] if dtype in STEPS else SHARE)
        beyond = compare(a, b, 0.0, max(share * largest, _FLOOR), (dtype, dtype))
        plain = tensors.floats(dtype, a), tensors.floats(dtype, b)
        assert plain[0] is not None and plain[1] is not None
        with np.errstate(invalid="ignore", over="ignore"):
            gap = np.abs(plain[0].astype(np.float64) - plain[1])
        finite = gap[np.isfinite(gap)]
        apart = float(finite.max()) / largest if finite.size and largest else 0.0
        mild = False
        if beyond is not None and beyond.why == "value" and (grain := self._grain(tensor)) is not None:
            reach = values[np.isfinite(values)]
            step = grain.step or (float(reach.max()) - float(reach.min())) / 255
            mild = compare(a, b, 0.0, 1.001 * step * grain.steps, (dtype, dtype)) is None
        return _Apart(image, beyond, apart, mild)

    def _grain(self, tensor: str) -> Grain | None:
        try:
            return grain_of(self._ground.model, tensor)
        except (NotCut, tensors.CannotRead):
            return None


def _part(array: Any, along: ImageAxis, images: int, at: int, *, inner: bool) -> Any:
    """What is one image's of a tensor: its rows lie together, or (``inner``) each row has all images."""
    before, behind = array.shape[: along.axis], array.shape[along.axis + 1 :]
    if inner:
        return array.reshape(*before, along.each, images, *behind).take(at, len(before) + 1)
    return array.reshape(*before, images, along.each, *behind).take(at, len(before))
