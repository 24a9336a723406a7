"""The first tensor that is NaN or infinite: on the run's inputs, on others like them, and on such as stand at an edge.

Every tensor is looked at in sessions without optimisation; what is found there is looked for in the outputs of the
model as it is deployed, and on the same kind of inputs once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property

from ...tuples import NamedTuple
from .. import tensors
from ..request import OFF, InputRange
from ..session import Made, Refused, Session
from .births import births, decisions, first_nan, moving_nodes
from .ground import DeepGround
from .traced import Came, Special, Traced, came, fed_by, special

_MOST_BIRTHS = 3
_AGAIN = 7919  # to the seed, for the second look
_ROWS = frozenset({"Softmax", "LogSoftmax", "LayerNormalization", "ReduceMean", "ReduceSum", "LpNormalization"})
_NARROW = frozenset({10, tensors.BFLOAT16})
EMPTY = "empty inputs"


class Trying(NamedTuple):
    """Inputs to be tried. ``attempt``: those of the request, by their place and the seed; -1: by a recipe in ranges.

    ``own_shapes``: the ranges' shapes are meant, and not those of the request's first inputs.
    """

    word: str
    attempt: int = -1
    seed: int = 0
    recipe: str = ""
    ranges: tuple[InputRange, ...] = ()
    own_shapes: bool = False


class NonfiniteAsked(NamedTuple):
    """``chunks``: the tensors to be looked at, so many at a time as memory bears. ``outputs`` are the model's."""

    chunks: tuple[tuple[str, ...], ...]
    outputs: tuple[str, ...]
    tries: tuple[Trying, ...]


class BadTensor(NamedTuple):
    """The first tensor of its kind on the way, what is in it, and what its node was given.

    ``nan_since``: the first tensor behind it that is NaN, "" where none is.
    """

    tensor: str
    nan: int
    infinite: int
    elements: int
    value: str
    place: tuple[int, ...]
    came: tuple[Came, ...]
    nan_since: str = ""


class Tried(NamedTuple):
    """What came of one try, by its place. ``bad`` are the births; ``decisions`` the tensors decided by NaN.

    ``nan_outputs`` and ``infinite_outputs`` are of the model as it is deployed; ``confirmed``: it was so again on
    other numbers of the same kind. ``rounded``: it is so where each node rounds to its 16 bits, as devices do that
    compute in them; onnxruntime computes them on a CPU in float32, and rounds only what somebody sees. ``inner``:
    tensors that are not finite. ``shapes`` are the inputs', in their order.
    """

    at: int
    refused: str = ""
    inner: int = 0
    bad: tuple[BadTensor, ...] = ()
    decisions: tuple[str, ...] = ()
    nan_outputs: tuple[str, ...] = ()
    infinite_outputs: tuple[str, ...] = ()
    confirmed: bool = False
    rounded: bool = False
    shapes: tuple[tuple[int, ...], ...] = ()


class NonfiniteSeen(NamedTuple):
    """What came of each try; ``looked``: how many tensors were looked at."""

    tried: tuple[Tried, ...] = ()
    looked: int = 0


ASKED, SEEN = NonfiniteAsked, NonfiniteSeen


def look(ground: DeepGround, asked: NonfiniteAsked) -> NonfiniteSeen:
    """Try, and go back from what an output or a decision shows to where it was born."""
    return _Look(ground, asked).seen()


class _Look:
    def __init__(self, ground: DeepGround, asked: NonfiniteAsked) -> None:
        self._ground, self._asked, self._outputs = ground, asked, asked.outputs
        self._first = ground.fed()
        self._kinds: list[dict[str, Special]] = [{} for _ in asked.tries]
        self._refused = [""] * len(asked.tries)

    @cached_property
    def _deployed(self) -> Session:
        """Opened when there is something to be seen in it, for most models never."""
        return self._ground.sessions.open(self._ground.request.optimisation, traced=False)

    @cached_property
    def _moving(self) -> frozenset[int]:
        return moving_nodes(self._ground.model, (one.name for one in self._first))

    def seen(self) -> NonfiniteSeen:
        """All tries; those on empty inputs last, for they are what a runtime dies of."""
        usual = [i for i, one in enumerate(self._asked.tries) if not one.own_shapes]
        looked = sum(map(len, self._asked.chunks))
        found: tuple[Tried, ...] = ()
        for which in (usual, [i for i in range(len(self._asked.tries)) if i not in usual]):
            if which and which is not usual:
                self._ground.stage(EMPTY)
            self._look(which)
            for index in which:
                self._ground.in_time()
                found = (*found, self._judged(index))
                self._ground.tell(NonfiniteSeen(found, looked))
        return NonfiniteSeen(found, looked)

    def _look(self, which: Sequence[int]) -> None:
        for chunk in self._asked.chunks if which else ():
            self._ground.in_time()
            traced = Traced(self._ground, chunk, self._outputs)
            for index in which:
                if self._refused[index]:
                    continue
                self._ground.in_time()
                fed = self._fed(index)
                kinds = self._kinds[index]
                kinds.update((one.name, special(one.dtype, one.array)) for one in fed)
                try:
                    for name, made in traced.seen(fed):
                        kinds[name] = special(made.dtype, made.array)
                except Refused as error:
                    self._refused[index] = str(error.cause)[:300]

    def _fed(self, index: int, more: int = 0) -> list[tensors.Stored]:
        trying = self._asked.tries[index]
        if trying.attempt >= 0:
            feeds = self._ground.request.attempts[trying.attempt]
            return self._ground.fed(feeds, trying.seed + more)
        recipe = json.loads(trying.recipe)
        recipe = [recipe[0], recipe[1] + more] if isinstance(recipe[1], int) else recipe
        return fed_by(trying.ranges, recipe, () if trying.own_shapes else self._first)

    def _judged(self, index: int) -> Tried:
        fed = self._fed(index)
        found = Tried(index, self._refused[index], shapes=tuple(one.array.shape for one in fed))
        bad = [name for name, kind in self._kinds[index].items() if any(kind)]
        if found.refused or not bad:
            return found
        found = found._replace(inner=len(bad))
        model, kinds = self._ground.model, self._kinds[index]
        nan, infinite = self._of_outputs(fed)
        decided = decisions(model, kinds, self._outputs)
        if not (nan or infinite or decided):
            return self._by_rounding(found, bad, fed)
        harmed = [*nan, *infinite] or [name for at in decided for name in model.nodes[at].inputs if kinds[name].nan]
        trying = self._asked.tries[index]
        confirmed = True
        if trying.attempt < 0 or not any(f.file for f in self._ground.request.attempts[trying.attempt]):
            after = self._of_outputs(self._fed(index, _AGAIN))
            confirmed = bool(after[0]) >= bool(nan) and bool(after[0] or after[1]) >= bool(nan or infinite)
        born = self._births(kinds, harmed, fed)[:_MOST_BIRTHS]
        return found._replace(
            bad=tuple(self._born(at, index, fed) for at in born),
            decisions=tuple(model.nodes[at].outputs[0] for at in decided),
            nan_outputs=nan,
            infinite_outputs=infinite,
            confirmed=confirmed,
        )

    def _by_rounding(self, found: Tried, bad: Sequence[str], fed: Sequence[tensors.Stored]) -> Tried:
        """What comes of the first infinity of a 16-bit type, if what takes it sees that and not a wider number."""
        model, kinds = self._ground.model, self._kinds[found.at]
        for at in self._births(kinds, bad, fed)[:_MOST_BIRTHS]:
            names = [name for name in model.nodes[at].outputs if name]
            made = dict(Traced(self._ground, names, self._outputs).seen(fed))
            if not any(one.dtype in _NARROW and any(kinds.get(name, Special())) for name, one in made.items()):
                continue
            rest = model.taking(at, {name: one.dtype for name, one in made.items()})
            session = self._ground.sessions.open(OFF, rest)
            more = [tensors.Stored(name, one.dtype, one.array) for name, one in made.items()]
            nan, infinite = self._of_outputs([*fed, *more], session)
            if nan or infinite:
                return found._replace(
                    bad=(self._born(at, found.at, fed),),
                    nan_outputs=nan,
                    infinite_outputs=infinite,
                    confirmed=True,
                    rounded=True,
                )
        return found

    def _of_outputs(
        self, fed: Sequence[tensors.Stored], session: Session | None = None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Which outputs hold NaN, and which infinities, as the model is deployed, or of another session."""
        try:
            made = (session or self._deployed).run(self._outputs, fed)
        except Refused:
            return (), ()
        kinds = {n: special(one.dtype, one.array) for n, one in zip(self._outputs, made, strict=True)}
        return tuple(n for n, k in kinds.items() if k.nan), tuple(n for n, k in kinds.items() if k.infinite)

    def _births(
        self, kinds: dict[str, Special], harmed: Sequence[str], fed: Sequence[tensors.Stored]
    ) -> tuple[int, ...]:
        """Where it was born. What is stored is looked at where it matters: an infinity that was written is meant."""
        model = self._ground.model
        while True:
            born = births(model, kinds, harmed, self._moving)
            near = {name for at in born for name in model.nodes[at].inputs}
            stored = sorted(name for name in near if name not in kinds and self._outside(name))
            if not stored:
                return born
            traced = Traced(self._ground, stored, self._outputs)
            kinds.update((name, special(made.dtype, made.array)) for name, made in traced.seen(fed))

    def _outside(self, name: str) -> bool:
        """Whether a name is the main graph's; a node with bodies has those of its bodies among its inputs, too."""
        model = self._ground.model
        return name in model.makers or model.stored(name) is not None

    def _born(self, at: int, index: int, fed: Sequence[tensors.Stored]) -> BadTensor:
        """What the node gave, and what it was given."""
        import numpy as np

        model, kinds = self._ground.model, self._kinds[index]
        node = model.nodes[at]
        tensor = next(name for name in node.outputs if any(kinds.get(name, Special())))
        given = [n for n in node.inputs if n not in {one.name for one in fed} and self._outside(n)]
        made = dict(Traced(self._ground, [*given, tensor], self._outputs).seen(fed))
        array = tensors.floats(made[tensor].dtype, made[tensor].array)
        assert array is not None
        nan, infinite = np.isnan(array), np.isinf(array)
        place = tuple(int(i) for i in np.unravel_index(int(np.argmax(nan if nan.any() else infinite)), array.shape))
        fed_as = {one.name: one for one in fed}
        went_in = []
        for name in node.inputs:
            one = made.get(name)
            if one is None:
                held = fed_as.get(name)
                if held is None:
                    continue
                one = Made(held.dtype, held.array.shape, held.array)
            said = came(name, one, place, node.op_type in _ROWS)
            went_in += [said] if said is not None else []
        since = first_nan(model, kinds, at)
        behind = "" if since is None or since == at else model.nodes[since].outputs[0]
        value = f"{array[place]:g}"
        return BadTensor(tensor, int(nan.sum()), int(infinite.sum()), array.size, value, place, tuple(went_in), behind)
