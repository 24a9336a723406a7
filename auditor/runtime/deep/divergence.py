"""Two runs side by side on the same inputs: the first tensor that is not the same any more, and the node that made it.

The outputs say whether there is anything to be found. Where they part, models cut behind one tensor are run on both
sides: who names every tensor as an output sees no fusion, and none of its faults.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...tuples import NamedTuple
from .. import tensors
from ..alike import Grain
from ..cutting import Cuttable, NotCut
from ..grain import JUMPS, by_chance, grain_of
from ..levels import TypedArray
from ..outcome import Difference
from ..parting import first_bad, in_front
from ..request import DEFAULT, OFF, NamePair
from ..session import Made, NotOpened
from .channels import channel_axis
from .closeness import Closeness, ErrorTally, beyond, ends_of
from .masks import only_masks
from .sides import ArraysSide, ModelSide, NotLoaded, RunSide, SidePair

if TYPE_CHECKING:
    from .ground import DeepGround

OPTIMISATION, PROVIDER, VERSION, SIBLING, ARRAYS = "optimisation", "provider", "version", "sibling", "arrays"
REFERENCE = "reference"
"""What is held against what: optimised against not; a provider against the CPU; the model against another one of the
same types, against one in narrower or wider types, against arrays that somebody else wrote down, against the ONNX
project's evaluator."""

ROUNDED = 100.0
"""dB: what is closer than this has been rounded in float32, which has 144 dB, and nothing else."""

_ROUNDED_NARROW = 55.0  # of float16, which has 66
_RUNS, _MORE = 4, 8  # of a sibling, to fill its channels; and again, to be sure
_FEW = 1 << 22  # elements of outputs that are kept of several runs
FILLED = 4
"""Elements of a channel that are enough to judge it."""

_PROVIDER_TIMES = 4  # so many times the rounding of one processor: another one's products may be of fewer bits
_AT_ONCE, _HELD = 16, 1 << 25  # tensors, and bytes of them, that are looked at in one run
_MESSAGE = 2000


class SideAsked(NamedTuple):
    """One comparison. ``label`` is what the other side is called, ``path`` where it is.

    Pairs are of the request's model (``old``) and the other one. ``floor`` and ``channel_floor``: the SQNR in dB that a
    sibling keeps to; ``most``: the greatest number of its type, where that is a small one. ``loose``: the pairs go by
    position, so that another shape says nothing.
    """

    kind: str
    label: str = ""
    path: str = ""
    inputs: tuple[NamePair, ...] = ()
    outputs: tuple[NamePair, ...] = ()
    tensors: tuple[NamePair, ...] = ()
    floor: float = 0.0
    channel_floor: float = 0.0
    most: float = 0.0
    ours_is_reference: bool = False
    loose: bool = False


class DivergenceAsked(NamedTuple):
    """``invented``: the inputs are ours, so that there can be others."""

    sides: tuple[SideAsked, ...] = ()
    invented: bool = True


class TensorSeen(NamedTuple):
    """A tensor on both sides. ``bad``: it is not as it should be; ``difference``: where beyond rounding."""

    tensor: str
    partner: str = ""
    node: str = ""
    op_type: str = ""
    closeness: Closeness = Closeness()
    difference: Difference | None = None
    bad: bool = False


class SideSeen(NamedTuple):
    """What came of one comparison. ``first`` made the outputs part, ``before`` are what its node takes.

    ``beyond``: the first tensor beyond tolerance, where it is another one than the first that differs. ``exempt``: bad
    outputs that prove nothing, and why. ``why``: what was not looked at. ``looked``: tensors inside.
    """

    kind: str
    label: str = ""
    outputs: tuple[TensorSeen, ...] = ()
    first: TensorSeen | None = None
    before: tuple[TensorSeen, ...] = ()
    beyond: TensorSeen | None = None
    exempt: Mapping[str, str] = {}
    why: str = ""
    failed: str = ""  # "load" or "run": the other side does not, for ``why``
    looked: int = 0
    runs: int = 0


class DivergenceSeen(NamedTuple):
    """Each comparison, as it was asked for."""

    sides: tuple[SideSeen, ...] = ()


ASKED, SEEN = DivergenceAsked, DivergenceSeen


def look(ground: DeepGround, asked: DivergenceAsked) -> DivergenceSeen:
    """Compare, side by side."""
    seen = DivergenceSeen()
    for side in asked.sides:
        for found in Comparing(ground, side, asked.invented).steps():
            ground.tell(known := DivergenceSeen((*seen.sides, found)))
        seen = known
    return seen


class Comparing:
    """One comparison."""

    def __init__(self, ground: DeepGround, asked: SideAsked, invented: bool, reference: RunSide | None = None) -> None:
        self._ground, self._asked, self._invented = ground, asked, invented
        request = ground.request
        own, sessions = request.model, ground.sessions
        level = DEFAULT if asked.kind == OPTIMISATION and request.optimisation == OFF else request.optimisation
        names = {pair.old: pair.new for pair in asked.inputs}
        self._ours = ModelSide(sessions, own, OFF if asked.kind in (VERSION, SIBLING) else level)
        match asked.kind:
            case "reference":
                assert reference is not None
                self._pair = SidePair(reference, self._ours)
            case "optimisation":
                self._pair = SidePair(ModelSide(sessions, own, OFF), self._ours)
            case "provider":
                self._pair = SidePair(ModelSide(sessions.on("CPUExecutionProvider"), own, level), self._ours)
            case "arrays":
                self._pair = SidePair(ArraysSide(asked.path), self._ours)
            case _:
                other = ModelSide(sessions, own, OFF, asked.path, names)
                self._pair = SidePair(self._ours, other) if asked.ours_is_reference else SidePair(other, self._ours)
        self._partner = {pair.old: pair.new for pair in (*asked.tensors, *asked.outputs)}
        self._everything = asked.kind in (OPTIMISATION, PROVIDER, REFERENCE)  # each tensor is its own partner
        self._known: dict[str, TensorSeen | None] = {}
        self._runs = 0

    def steps(self) -> Iterator[SideSeen]:
        """What is known, again and again; the last is all."""
        seen = SideSeen(self._asked.kind, self._asked.label)
        try:
            yield from self._steps(seen)
        except NotLoaded as error:
            yield seen._replace(why=str(error)[:_MESSAGE], failed=error.stage, runs=self._runs)
        except (NotOpened, tensors.CannotRead, tensors.CannotMake, OSError) as error:
            yield seen._replace(why=str(error)[:_MESSAGE], runs=self._runs)

    def _steps(self, seen: SideSeen) -> Iterator[SideSeen]:
        asked, ground = self._asked, self._ground
        names = [pair.old for pair in asked.outputs]
        fed = [ground.fed()]
        if asked.kind == SIBLING:
            fed = self._shared(self._more(fed, _RUNS, 1))
        runs = self._both(names, fed)
        outputs = self._judged(names, runs)
        seen = seen._replace(outputs=outputs, runs=self._runs)
        if not any(one.bad for one in outputs):
            yield seen
            if asked.kind == SIBLING and asked.most:
                with contextlib.suppress(NotCut):
                    yield self._beyond_its_type(seen, fed[0])
            return
        yield seen._replace(why="there was no time left to look again")
        exempt = self._by_chance(one.tensor for one in outputs if one.bad)
        again = self._shared(self._more([], _MORE, 1 + _RUNS)) if asked.kind == SIBLING else []
        second = self._both(
            names, again or fed[:1] * 2
        )  # twice in one session: a fresh one begins with the same chance
        if not again:
            exempt |= self._varying(names, runs, second)
            exempt |= self._varying(names, second[:1], second[-1:])
        twice = {one.tensor for one in self._judged(names, second) if one.bad}
        outputs = tuple(one._replace(bad=one.bad and one.tensor in twice) for one in outputs)
        worst = next((one for one in outputs if one.bad and one.tensor not in exempt), None)
        seen = seen._replace(outputs=outputs, exempt=exempt, runs=self._runs)
        if worst is None:
            yield seen
            return
        yield seen._replace(why="there was no time left to find the first tensor")
        at = next((i for i, one in enumerate(runs) if any(s.bad for s in self._judged(names, [one]))), 0)
        try:
            yield self._located(seen, worst, fed[min(at, len(fed) - 1)])
        except NotCut as error:
            yield seen._replace(why=f"the model cannot be cut: {error}")

    # The outputs.

    def _more(self, fed: list[list[tensors.Stored]], count: int, seed: int) -> list[list[tensors.Stored]]:
        """With other inputs, as many as there are to be in all; where they are not ours there are none."""
        if not self._invented:
            return fed
        made = [self._ground.fed(seed=self._ground.request.seed + seed + i) for i in range(count - len(fed))]
        return [*fed, *made]

    def _shared(self, fed: list[list[tensors.Stored]]) -> list[list[tensors.Stored]]:
        """The same numbers for both, where one of them takes them in float16."""
        return [[one._replace(array=_rounded(one)) for one in feeds] for feeds in fed]

    def _both(self, names: list[str], fed: list[list[tensors.Stored]]) -> list[tuple[list[Made], list[Made]]]:
        """Outputs of the reference and of the other, for each of the inputs; of large outputs only the first."""
        there: list[list[list[Made]]] = []
        for side in self._pair:
            self._ground.in_time()
            given = fed[: len(there[0])] if there else fed
            made = side.outputs([self._named(side, name) for name in names], given, _FEW)
            self._runs += len(made)
            there.append(made)
        return list(zip(*there, strict=False))

    def _named(self, side: object, tensor: str) -> str:
        return tensor if side is self._ours or self._everything else self._partner.get(tensor, tensor)

    def _judged(self, names: list[str], runs: Sequence[tuple[list[Made], list[Made]]]) -> tuple[TensorSeen, ...]:
        found = []
        for place, name in enumerate(names):
            pairs = [
                (TypedArray(a[place].dtype, a[place].array), TypedArray(b[place].dtype, b[place].array))
                for a, b in runs
                if a[place].array is not None and b[place].array is not None
            ]
            found.append(self._compared(name, pairs, output=True))
        return tuple(found)

    def _compared(self, name: str, pairs: Sequence[tuple[TypedArray, TypedArray]], output: bool = False) -> TensorSeen:
        seen = TensorSeen(name, self._partner.get(name, name), *self._maker(name))
        if not pairs:
            return seen
        rank = pairs[0][0].array.ndim
        tally = ErrorTally(channel_axis(self._cuttable(), name, rank))
        shaped = [tally.add(a, b, classes=output and rank == 2) for a, b in pairs]
        close = tally.closeness()
        if self._asked.kind == SIBLING and all(shaped):
            return seen._replace(closeness=close, bad=self._lost(close))
        ends = tally.least, tally.most
        times = _PROVIDER_TIMES if self._asked.kind == PROVIDER else 1
        apart = next((d for a, b in pairs if (d := beyond(a, b, self._grain(name), ends, times))), None)
        return seen._replace(closeness=close, difference=apart, bad=apart is not None)

    def _lost(self, close: Closeness) -> bool:
        """Whether a sibling keeps less of it than its type does."""
        if close.nonfinite or (close.sqnr is not None and close.sqnr < self._asked.floor):
            return True
        worst = close.channel_sqnr
        return worst is not None and close.each >= FILLED and worst < self._asked.channel_floor

    def _by_chance(self, names: Iterator[str]) -> dict[str, str]:
        with contextlib.suppress(NotCut):
            model = self._ours.model
            return {name: "a random operator lies in front of it" for name in names if by_chance(model, name)}
        return {}

    def _varying(
        self, names: list[str], runs: Sequence[tuple[list[Made], list[Made]]],
        again: Sequence[tuple[list[Made], list[Made]]],
    ) -> dict[str, str]:  # fmt: skip
        """Outputs that one side does not give twice."""
        found = {}
        for place, name in enumerate(names):
            for one, other in zip(runs[0], again[0], strict=True):
                a, b = one[place], other[place]
                if a.array is None or b.array is None:
                    continue
                pair = TypedArray(a.dtype, a.array), TypedArray(b.dtype, b.array)
                tally = ErrorTally(None)
                tally.add(*pair)
                if beyond(*pair, self._grain(name), (tally.least, tally.most)) is not None:
                    found[name] = "not the same in two runs of one side"
        return found

    # Where they part.

    def _located(self, seen: SideSeen, output: TensorSeen, fed: list[tensors.Stored]) -> SideSeen:
        """The first tensor; a jump that makes much of a rounding is none."""
        model = self._ours.model
        inside = model.makers if self._everything else self._partner

        def seen_at(name: str) -> TensorSeen | None:
            if name not in self._known:
                self._ground.in_time()
                self._known[name] = self._inside(name, fed)
            return self._known[name]

        def bad(name: str) -> bool:
            found = seen_at(name)
            return found is not None and found.bad

        def unlike(name: str) -> bool:
            found = seen_at(name)
            return found is not None and found.closeness.elements > 0 and not found.closeness.same

        name = first_bad(model, output.tensor, bad, inside)
        parted = seen_at(name) or output
        before = in_front(model, name, inside)
        found, further = parted, None
        rounded = any(unlike(one) for one in before)
        if rounded and self._asked.kind == VERSION:
            # Both are run as they stand, so that all is the same to the last bit up to where they are not the same.
            begin = seen_at(first_bad(model, name, unlike, inside))
            if begin is not None and begin.tensor != name and begin.closeness.worst < self._rounding(begin):
                found, further, rounded = begin, parted, False
                before = in_front(model, found.tensor, inside)
        if rounded and found.op_type in JUMPS and self._asked.kind != SIBLING:
            why = f"{found.op_type} makes much of a rounding ({found.node or found.tensor})"
            return seen._replace(exempt={**seen.exempt, output.tensor: why}, looked=len(self._known))
        inputs = tuple(one for name in before if (one := seen_at(name)) is not None)
        return seen._replace(
            first=found, before=inputs, beyond=further, looked=len(self._known), runs=self._runs, why=""
        )

    def _beyond_its_type(self, seen: SideSeen, fed: list[tensors.Stored]) -> SideSeen:
        """On a processor float16 is computed in float32 and cast only where somebody looks: the outputs are alike, and
        a device that computes in float16 would give others. The reference says which tensors have no room in it."""
        reference = self._pair.reference
        if not isinstance(reference, ModelSide):
            return seen
        ours = [name for name in self._ours.model.makers if name in self._partner]
        at, count = 0, _AT_ONCE
        while at < len(ours):
            self._ground.in_time()
            some = ours[at : at + count]
            values = reference.values([self._named(reference, name) for name in some], fed)
            self._runs += 1
            held = sum(value.array.nbytes for value in values if value is not None)
            for name, value in zip(some, values, strict=False):
                if value is None or value.array.dtype.kind != "f":
                    continue
                low, high = ends_of(value)
                if max(-low, high) <= self._asked.most:
                    continue
                if high <= self._asked.most and only_masks(self._ours.model, name):
                    continue
                found = self._inside(name, fed)
                if found is not None and found.closeness.nonfinite:
                    before = [self._inside(one, fed) for one in in_front(self._ours.model, name, self._partner)]
                    inputs = tuple(one for one in before if one is not None)
                    return seen._replace(first=found, before=inputs, runs=self._runs, looked=at + len(some))
            at += len(some)
            count = max(1, min(4 * count, int(count * _HELD / max(held, 1))))
        return seen._replace(runs=self._runs, looked=len(ours))

    def _inside(self, name: str, fed: list[tensors.Stored]) -> TensorSeen | None:
        values = []
        for side in self._pair:
            value = side.value(self._named(side, name), fed)
            if value is None:
                return None
            values.append(value)
        self._runs += 2
        a, b = values
        if self._asked.loose and a.array.shape != b.array.shape:
            return None
        return self._compared(name, [(a, b)])

    def _rounding(self, seen: TensorSeen) -> float:
        grain = self._grain(seen.tensor)
        return ROUNDED if grain is None else min(ROUNDED, _ROUNDED_NARROW)

    def _cuttable(self) -> Cuttable | None:
        try:
            return self._ours.model
        except NotCut:
            return None

    def _grain(self, name: str) -> Grain | None:
        model = self._cuttable()
        return None if model is None else grain_of(model, name)

    def _maker(self, name: str) -> tuple[str, str]:
        model = self._cuttable()
        if model is None or name not in model.makers:
            return "", ""
        node = model.nodes[model.makers[name]]
        return node.name, node.op_type


def _rounded(one: tensors.Stored) -> tensors.Array:
    """float32 in float16's numbers, where all fit."""
    import numpy as np

    if one.array.dtype != np.float32:
        return one.array
    with np.errstate(over="ignore"):
        narrow = one.array.astype(np.float16)
    return narrow.astype(np.float32) if np.isfinite(narrow).all() else one.array
