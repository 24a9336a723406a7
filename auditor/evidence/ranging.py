"""What every input within its range proves, and what some input shows: intervals, and a search for witnesses.

Ranges are given by the caller; of inputs without one the golden vectors beside the model say theirs, and where there
are none the type does. Where none is given, what is proved holds for every finite input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model.dtypes import name_of
from ..model.graph import Model, Node
from ..model.tensor import Tensor
from ..report import Missed, RangeRow, Witness, WitnessInput
from ..settings import EVERY, GOLDEN, Settings
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from ..wording import counted, listed, nearest

if TYPE_CHECKING:
    from ..ranges.doubts import Doubt
    from ..ranges.known import Known
    from ..ranges.walk import RangeWalk
    from ..weights.measure import Statistics

_MOST_ROWS = 1000
_MOST_UNASKED = 5000  # nodes whose intervals are worked out where nobody gives a range: about a second
_MOST_SOUGHT = 32
_MOST_RECIPE = 8192  # characters
_UNRANGED = 1e4  # how far a search goes in an input of floating point without a range
_FLOATING = frozenset({1, 10, 11, 16})
_FED = _FLOATING | frozenset({2, 3, 4, 5, 6, 7, 9, 12, 13})

_PLAIN = frozenset(
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "InstanceNormalization", "LRN", "Relu",
        "LeakyRelu", "PRelu", "Add", "Sum", "Concat", "Split", "MaxPool", "AveragePool", "GlobalAveragePool",
        "GlobalMaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Dropout", "Identity", "Softmax",
        "Constant", "ConstantOfShape", "Shape", "Resize", "Upsample",
    }
)  # fmt: skip
"""What ordinary networks are made of. Of these alone, no interval over all finite inputs proves a fault that a rule on
stored numbers does not tell, and walking over them costs more than the other rules together."""


class Sought(NamedTuple):
    """What came of the search for witnesses: by the place of a doubt among all; ``why`` there was none."""

    found: Mapping[int, Witness]
    why: str = ""


class Ranges:
    """The intervals of one model's tensors; each part is worked out when it is first asked for.

    ``looks``: whether intervals are worked out. Where no ranges are given, that reads small stored tensors, and is
    left out for a network of ordinary layers alone.
    """

    def __init__(
        self,
        model: Model,
        facts: Facts,
        settings: Settings,
        measured: Callable[[Tensor], Statistics | None] = lambda tensor: None,
    ) -> None:
        self.model, self.facts, self._settings, self._measured = model, facts, settings, measured
        self.given = bool(settings.ranges)
        unusual = settings.target_dtype or any(node.op_type not in _PLAIN for node in model.graph.nodes)
        self.looks = self.given or (settings.weights and bool(unusual))
        names = {value.name for value in model.graph.feeds}
        for name in settings.ranges:
            if name not in names and name != EVERY:
                raise UsageError(
                    f"--range: the model has no input {name!r}{nearest(name, names)}; it has "
                    f"{listed(sorted(names), 20) or 'none'}"
                )

    @cached_property
    def ends(self) -> Mapping[str, tuple[float, float]]:
        """The ranges of the inputs that have one, by name."""
        if not self.given:
            return {}
        found: dict[str, tuple[float, float]] = {}
        said = self._settings.ranges
        for value in self.model.graph.feeds:
            fact = self.facts.at(value.name)
            dtype = 0 if fact is None else fact.dtype or 0
            one = said.get(value.name) or (said.get(EVERY) if dtype in _FLOATING else None)
            if one is None or one == GOLDEN:
                golden = self._golden.get(value.name)
                if golden is None and one == GOLDEN:
                    raise UsageError(f"--range: no golden vector beside the model has the input {value.name!r}")
                one = golden
            if isinstance(one, tuple):
                found[value.name] = one
        return found

    @cached_property
    def _golden(self) -> Mapping[str, tuple[float, float]]:
        """The ends of each input over the golden vectors beside the model."""
        if not self.model.path:
            return {}
        import numpy as np

        from ..runtime import golden, tensors

        names = [value.name for value in self.model.graph.feeds]
        found: dict[str, tuple[float, float]] = {}
        for vector in golden.vectors_beside(self.model.path, len(names), len(self.model.graph.outputs)):
            for place, path in enumerate(vector.inputs[: len(names)]):
                try:
                    stored = tensors.read_tensor(tensors.read_file(path))
                except tensors.CannotRead:
                    continue
                floats = tensors.floats(stored.dtype, stored.array)
                numbers = stored.array if floats is None else floats
                if not numbers.size or numbers.dtype.kind not in "fiub" or not np.isfinite(numbers).all():
                    continue
                name = stored.name if stored.name in names else names[place]
                low, high = found.get(name, (np.inf, -np.inf))
                found[name] = min(low, float(numbers.min())), max(high, float(numbers.max()))
        return found

    @cached_property
    def walk(self) -> RangeWalk | None:
        """The intervals of every tensor; None where nobody asked for any."""
        if not self.looks:
            return None
        from ..ranges.known import known
        from ..ranges.stored import StoredNumbers
        from ..ranges.walk import MOST_NODES, RangeWalk

        dtypes = {value.name: self.facts.at(value.name) for value in self.model.graph.feeds}
        given = {
            name: known(fact.dtype, *self.ends[name]) for name, fact in dtypes.items() if fact and name in self.ends
        }
        most = MOST_NODES if self.given else _MOST_UNASKED
        return RangeWalk(self.model, self.facts, given, StoredNumbers(self.model, self._measured), most=most)

    def interval(self, tensor: str) -> Known | None:
        """What is certain of a tensor of the main graph."""
        both = None if self.walk is None else self.walk.main.get(tensor)
        return None if both is None else both.sound

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """Where a number may leave its domain or type: for some input in its range; where none is given, for each."""
        if self.walk is None:
            return ()
        from ..ranges.doubts import doubts

        every = doubts(self.model, self.walk, self._settings.target_dtype)
        # Of stored numbers others tell.
        found = tuple(doubt for doubt in every if not self.facts.fixed(doubt.tensor, doubt.place.graph))
        return found if self.given else tuple(doubt for doubt in found if doubt.always)

    @cached_property
    def sought(self) -> Sought:
        """A witness for each doubt, as far as a search in the sandbox finds one."""
        if not self.doubts:
            return Sought({})
        if not self._settings.run:
            return Sought({}, "the run is left out by --no-run")
        if not self.model.path:
            from .in_memory import written

            with written(self.model) as there:
                return self._search(there)
        return self._search(self.model)

    def witness(self, doubt: Doubt) -> Witness | None:
        return self.sought.found.get(self.doubts.index(doubt))

    @cached_property
    def behind_shown(self) -> frozenset[int]:
        """The nodes of the main graph behind a doubt that has a witness."""
        graph, behind = self.model.graph, set[int]()
        waiting = [self.doubts[place].at for place in self.sought.found if place < len(self.doubts)]
        while waiting:
            for name in graph.nodes[waiting.pop()].outputs:
                for user in graph.consumers.get(name, ()):
                    if user not in behind:
                        behind.add(user)
                        waiting.append(user)
        return frozenset(behind)

    def _search(self, model: Model) -> Sought:
        from ..runtime.outcome import Caught, Hunted
        from ..runtime.parent import hunt
        from ..runtime.request import Aim, InputRange, Quarry, Request, RunLimits, WitnessSearch
        from .sizes import choose
        from .trial import LARGEST, data_files, where_to_run

        if model.size > LARGEST >> 1:
            return Sought({}, "the file is too large to be searched")
        feeds = choose(self.facts).attempts
        if not feeds:
            return Sought({}, "no sizes were found for its inputs")
        shapes = {feed.name: feed for feed in feeds[0]}
        ranges = []
        for name, feed in shapes.items():
            if feed.dtype not in _FED:
                return Sought({}, f"no values are searched for {name}, which is {name_of(feed.dtype)}")
            ranges.append(InputRange(name, feed.dtype, feed.shape, *self._searched(name, feed.dtype)))
        doubts = self.doubts[:_MOST_SOUGHT]
        nodes = self.model.graph.nodes
        quarries = tuple(
            Quarry(
                d.watched, d.low, d.high, d.steady, tuple(Aim(w.tensor, w.towards) for w in d.ways),
                nodes[d.at].op_type if d.operands else "", d.operands,
            )
            for d in doubts
        )  # fmt: skip
        outputs = {value.name for value in self.model.graph.outputs}
        wanted = (n for q in quarries for n in (q.tensor, *q.steady, *q.operands, *(aim.tensor for aim in q.aims)))
        traced = tuple(dict.fromkeys(n for n in wanted if n and n not in outputs and n in self.model.graph.producers))
        seconds = min(self._settings.timeout or 20.0, 20.0)
        request = Request(
            model.path,
            data_files(model),
            optimisation=self._settings.optimisation,
            custom_ops=self._settings.custom_ops or "",
            trace=traced,
            limits=RunLimits(seconds + 30.0, self._settings.memory),
            require_isolation=self._settings.require_isolation,
            seed=self._settings.seed,
            search=WitnessSearch(tuple(ranges), quarries, seconds),
            **where_to_run(self._settings),
        )
        result = hunt(request)
        if not isinstance(result, Hunted):
            return Sought({}, f"the search did not come to its end: {_ending(result)}")
        if result.why:
            return Sought({}, f"nothing could be run: {result.why.splitlines()[0]}")

        def witness_of(caught: Caught) -> Witness:
            rows = (
                WitnessInput(r.name, name_of(r.dtype), r.shape, r.low, r.high, tuple(caught.values.get(r.name, ())))
                for r in ranges
            )
            return Witness(
                tuple(rows), caught.recipe, doubts[caught.quarry].watched, caught.place, caught.shown[:40],
                tuple(n for n in caught.nan_outputs if n in outputs),
                tuple(n for n in caught.infinite_outputs if n in outputs),
                f"onnxruntime {result.version[:20]}",
            )  # fmt: skip

        whole = (c for c in result.caught if 0 <= c.quarry < len(doubts) and _is_recipe(c.recipe))
        return Sought({caught.quarry: witness_of(caught) for caught in whole})

    def _searched(self, name: str, dtype: int) -> tuple[float, float]:
        """Where the values of an input are looked for."""
        if name in self.ends:
            return self.ends[name]
        if dtype in _FLOATING:
            return -_UNRANGED, _UNRANGED
        return (0.0, 255.0) if dtype == 2 else (0.0, 1.0)

    def excludes(self, node: Node) -> bool:
        """Whether no input within the ranges lets a node of any graph give NaN or infinity out of finite numbers."""
        walk = self.walk
        if walk is None or walk.left_out or walk.unentered:
            return False
        return id(node) in walk.walked and id(node) not in self._starting

    @cached_property
    def _starting(self) -> frozenset[int]:
        return frozenset() if self.walk is None else frozenset(id(start.node) for start in self.walk.starts)

    @property
    def missed(self) -> Iterator[Missed]:
        """What is not looked at though ranges are given."""
        walk = self.walk
        if walk is None or not self.given:
            return
        if walk.left_out:
            why = "the budget was used up: what they give is taken for any number"
            yield Missed(f"ranges of {counted(len(walk.left_out), 'node')}", why, asked=True)
        for label in dict.fromkeys(walk.failed):
            yield Missed(f"ranges of {label}", "a fault of auditor: its interval could not be worked out", asked=True)
        for name, nodes in sorted(walk.unbounded.items()):
            why = "auditor has no bounds for it: what it gives is taken for any finite number"
            yield Missed(f"ranges behind {name} ({counted(len(nodes), 'node')})", why)
        inside, why = "in functions, branches and loops", "NaN and infinity alone are looked for there"
        if walk.integers_in_bodies:
            yield Missed(f"integers that wrap around {inside} ({counted(len(walk.integers_in_bodies), 'node')})", why)
        if walk.in_bodies and (target := self._settings.target_dtype):
            yield Missed(f"what {target} cannot hold {inside} ({counted(len(walk.in_bodies), 'node')})", why)

    def rows(self) -> tuple[RangeRow, ...]:
        """For the report, where ranges are given: of each tensor of the main graph, inputs first."""
        if not self.given or self.walk is None:
            return ()
        stored = self.model.graph.initializer_names
        rows = [
            RangeRow(name, name_of(both.sound.dtype), both.sound.least, both.sound.most, both.sound.nan)
            for name, both in self.walk.main.items()
            if name not in stored and both.sound.dtype in _FED
        ]
        return tuple(rows[:_MOST_ROWS])


def _ending(result: object) -> str:
    why = getattr(result, "why", "") or getattr(result, "message", "") or type(result).__name__
    return str(why).splitlines()[0][:200] if str(why) else type(result).__name__


def _is_recipe(text: str) -> bool:
    """Whether it is one, by its form: it comes from the child."""
    if len(text) > _MOST_RECIPE:
        return False
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False
