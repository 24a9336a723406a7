"""The search for a witness in the child: an input within the ranges on which a tensor is NaN, infinite, or too large.

It needs no gradients. Simple inputs come first, so that a witness is as simple as it can be: one number throughout,
the ranges' ends, random corners. They also tell where to go on: from the best of them elements are flipped to their
other ends as long as that helps; corners are leant on by how they did; and towards a zero it goes by halves between an
input on which the tensor is negative and one on which it is positive.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..tuples import NamedTuple
from . import tensors
from .outcome import Caught, Hunted
from .recipes import Recipe, made
from .request import Aim, Quarry, Request
from .session import Refused, Session, Sessions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SMALL = 64  # elements of an input that is told as it is
_CORNERS, _ANYWHERE = 24, 16
_CLIMB = 120  # changes of one input
_HALVES = 80
_NAN = "nan"
_LARGEST_KEPT = 1 << 16  # elements of a tensor that is kept of every input


class _Seen(NamedTuple):
    recipe: Recipe
    values: dict[str, Floats]


class _OutOfTime(Exception):
    pass


class Hunting:
    """One request's search."""

    def __init__(self, sessions: Sessions, request: Request, isolation: dict[str, str], version: str) -> None:
        assert request.search is not None
        self._sessions, self._request, self._search = sessions, request, request.search
        self._isolation, self._version = isolation, version
        self._until = time.monotonic() + request.search.seconds
        self._runs = 0
        self._seen: list[_Seen] = []
        self._found: dict[int, Recipe] = {}
        self._values: dict[int, tuple[str, tuple[int, ...]]] = {}
        self._refused = ""

    def outcome(self) -> Hunted:
        """What was found in the time that there is."""
        try:
            session = self._sessions.open(self._request.optimisation)
        except Exception as error:
            return Hunted((), 0, f"onnxruntime does not load the model: {error}"[:2000], self._version, self._isolation)
        try:
            for recipe in self._first():
                self._look(session, recipe)
                every = len(self._found) == len(self._search.quarries)
                if every and (recipe[0] != "fill" or not any(map(self._is_infinite, self._found))):
                    break
            for index, quarry in enumerate(self._search.quarries):
                for aim in quarry.aims:
                    if index not in self._found and self._seen:
                        self._chase(session, index, quarry, aim)
        except _OutOfTime:
            pass
        runs, why = self._runs, self._refused if not self._seen else ""
        del session
        caught = tuple(self._caught(index) for index in sorted(self._found))
        return Hunted(self._with_outputs(caught), runs, why[:2000], self._version, self._isolation)

    def _first(self) -> Iterator[Recipe]:
        """The simple inputs."""
        ranges = self._search.ranges
        numbers = [0.0, 1.0, -1.0, *(v for r in ranges for v in (r.low, r.high, r.low / 2 + r.high / 2))]
        for number in dict.fromkeys(numbers):
            if any(r.low <= number <= r.high for r in ranges):
                yield ["fill", number]
        count = min(len(ranges), 4)
        for bits in range(1 << count) if len(ranges) > 1 else ():
            yield ["ends", f"{bits:0{count}b}"]
        for seed in range(max(_CORNERS, _ANYWHERE)):
            if seed < _CORNERS:
                yield ["corners", self._request.seed + seed]
            if seed < _ANYWHERE:
                yield ["anywhere", self._request.seed + seed]
        for number in dict.fromkeys(v for r in ranges for v in (r.high * 0.77, r.low * 0.77)):
            for way in (1e-7, 1e-6, 1e-5, 1e-3):  # nearly one number: where roundings decide the sign of a difference
                for seed in range(2):
                    yield ["mix", ["fill", number], ["anywhere", self._request.seed + seed], way]

    def _look(self, session: Session, recipe: Recipe) -> _Seen | None:
        """Run on one input, and see whether anything is caught."""
        if time.monotonic() > self._until or self._runs >= self._search.most_runs:
            raise _OutOfTime
        self._runs += 1
        fed = [tensors.Stored(r.name, r.dtype, made(recipe, i, r)) for i, r in enumerate(self._search.ranges)]
        names = [one.name for one in session.outputs]
        try:
            given = session.run(names, fed)
        except Refused as error:
            self._refused = str(error.cause)
            return None
        values = {name: _floats(one.dtype, one.array) for name, one in zip(names, given, strict=True)}
        values.update({one.name: _floats(one.dtype, one.array) for one in fed})
        for index, quarry in enumerate(self._search.quarries):
            if index in self._found and not self._is_infinite(index):
                continue
            at = _caught(quarry, values)
            if at is not None and (index not in self._found or at[0] == _NAN):
                self._found[index] = recipe
                self._values[index] = at
        seen = _Seen(recipe, {name: v for name, v in values.items() if v.size <= _LARGEST_KEPT})
        self._seen.append(seen)
        return seen

    def _is_infinite(self, index: int) -> bool:
        """Whether what was found is an infinity: an input as simple that gives NaN says more."""
        return "inf" in self._values[index][0]

    # Where the simple ones did not do.

    def _chase(self, session: Session, index: int, quarry: Quarry, aim: Aim) -> None:
        known = [one for one in self._seen if aim.tensor in one.values and one.values[aim.tensor].size]
        if not known:
            return
        best = min(known, key=lambda one: _distance(one.values[aim.tensor], aim.towards))
        if aim.towards == "zero":
            self._halve(session, index, best, aim, known)
        place = _place(best.values[aim.tensor], aim.towards)
        for recipe in self._leaning(known, aim, place):
            if index in self._found:
                return
            seen = self._look(session, recipe)
            if seen is not None and aim.tensor in seen.values:
                best = min(best, seen, key=lambda one: _distance(one.values[aim.tensor], aim.towards))
        stuck = 0
        for number in range(_CLIMB):
            if index in self._found or stuck > _CLIMB // 3:
                return
            share = (0.5, 0.25, 0.1, 0.03)[number % 4]
            how = "flip" if number % 5 < 4 else "stir"
            seen = self._look(session, [how, best.recipe, 1000 + number, share])
            stuck += 1
            if seen is not None and aim.tensor in seen.values:
                now = _distance(seen.values[aim.tensor], aim.towards)
                if now < _distance(best.values[aim.tensor], aim.towards):
                    best, stuck = seen, 0
                    if aim.towards == "zero":
                        self._halve(session, index, best, aim, known)

    def _leaning(self, known: list[_Seen], aim: Aim, place: int) -> Iterator[Recipe]:
        """Corners by how the random ones did at one element; of a linear layer that is nearly the best."""
        seed = self._request.seed
        did = {one.recipe[1]: float(one.values[aim.tensor].flat[place]) for one in known if one.recipe[0] == "corners"}
        numbers = [did[seed + i] for i in range(_CORNERS) if seed + i in did]
        if len(numbers) < _CORNERS or not all(abs(n) < float("inf") for n in numbers):
            return
        middle = sum(numbers) / len(numbers)
        most = max(abs(n - middle) for n in numbers) or 1.0
        weights = [round((n - middle) / most, 3) for n in numbers]
        for sign in (1, -1) if aim.towards == "zero" else (1,) if aim.towards == "most" else (-1,):
            yield ["lean", seed, [sign * w for w in weights]]

    def _halve(self, session: Session, index: int, best: _Seen, aim: Aim, known: list[_Seen]) -> None:
        """Between two inputs at which one element has different signs."""
        array = best.values[aim.tensor]
        place = _place(array, "zero")
        here = float(array.flat[place])
        other = next(
            (
                one
                for one in known
                if one.values[aim.tensor].shape == array.shape and float(one.values[aim.tensor].flat[place]) * here < 0
            ),
            None,
        )
        if other is None or not here:
            return
        low, high = 0.0, 1.0
        for _ in range(_HALVES):
            way = (low + high) / 2
            if index in self._found or way in (low, high):
                return
            seen = self._look(session, ["mix", best.recipe, other.recipe, way])
            if seen is None or aim.tensor not in seen.values:
                return
            there = float(seen.values[aim.tensor].flat[place])
            if there * here > 0:
                low = way
            else:
                high = way

    # What was found.

    def _caught(self, index: int) -> Caught:
        recipe = self._found[index]
        values = {}
        for i, ranged in enumerate(self._search.ranges):
            array = _floats(ranged.dtype, made(recipe, i, ranged))
            if array.size <= _SMALL:
                values[ranged.name] = tuple(float(v) for v in array.flat)
        shown, place = self._values[index]
        return Caught(index, recipe_text(recipe), values, shown, place)

    def _with_outputs(self, caught: tuple[Caught, ...]) -> tuple[Caught, ...]:
        """Which outputs of the model show it, as it is deployed: with no other tensor named."""
        if not caught:
            return caught
        try:
            session = self._sessions.open(self._request.optimisation, traced=False)
        except Exception:
            return caught
        names = [one.name for one in session.outputs]
        found = []
        for one in caught:
            recipe = self._found[one.quarry]
            fed = [tensors.Stored(r.name, r.dtype, made(recipe, i, r)) for i, r in enumerate(self._search.ranges)]
            try:
                given = session.run(names, fed)
            except Refused:
                found.append(one)
                continue
            nan, infinite = [], []
            for name, value in zip(names, given, strict=True):
                kinds = _special(_floats(value.dtype, value.array))
                nan += [name] if kinds[0] else []
                infinite += [name] if kinds[1] else []
            found.append(one._replace(nan_outputs=tuple(nan), infinite_outputs=tuple(infinite)))
        return tuple(found)


def recipe_text(recipe: Recipe) -> str:
    """A recipe as text; `recipe_of` reads it."""
    import json

    return json.dumps(recipe)


def _floats(dtype: int, array: Any) -> Floats:
    import numpy as np

    if array is None or array.dtype == object or array.dtype.kind == "c":
        return np.zeros(0)
    values = tensors.floats(dtype, array)
    found: Floats = np.asarray(array if values is None else values, np.float64)
    return found


def _special(values: Floats) -> tuple[bool, bool]:
    import numpy as np

    return bool(np.isnan(values).any()), bool(np.isinf(values).any())


def _caught(quarry: Quarry, values: dict[str, Floats]) -> tuple[str, tuple[int, ...]] | None:
    """What the tensor is where it is caught, and at which place; None where it is not."""
    import numpy as np

    array = values.get(quarry.tensor)
    if array is None or not array.size:
        return None
    for name in quarry.steady:
        if name in values and not np.isfinite(values[name]).all():
            return None
    if quarry.wraps:
        exact = _exact(quarry, values)
        if exact is None or exact.shape != array.shape:
            return None
        wrong = np.abs(exact - array) > 0.25 * (quarry.high - quarry.low)
        array = exact
    else:
        with np.errstate(invalid="ignore"):
            wrong = ~((array >= quarry.low) & (array <= quarry.high))
    if not wrong.any():
        return None
    not_numbers = np.isnan(array)
    place = int(np.argmax(not_numbers if not_numbers.any() else wrong))
    at = tuple(int(i) for i in np.unravel_index(place, array.shape))
    return f"{array.flat[place]:g}", at


def _exact(quarry: Quarry, values: dict[str, Floats]) -> Floats | None:
    """The result in float64 of an operator on integers, to be held against what came."""
    import numpy as np

    operands = [values[name] for name in quarry.operands if name in values]
    if len(operands) != len(quarry.operands) or len(operands) < 2:
        return None
    one, other, *zeros = operands
    try:
        match quarry.wraps:
            case "Add":
                return np.asarray(one + other)
            case "Sub":
                return np.asarray(one - other)
            case "Mul":
                return np.asarray(one * other)
            case "MatMulInteger":
                if zeros:
                    one = one - zeros[0]
                if len(zeros) > 1:
                    other = other - zeros[1]
                return np.asarray(one @ other)
    except ValueError:
        return None
    return None


def _distance(array: Floats, towards: str) -> float:
    """How far a tensor is from what is looked for: less is nearer."""
    import numpy as np

    finite = array[np.isfinite(array)]
    if not finite.size:
        return float("inf")
    match towards:
        case "least":
            return float(finite.min())
        case "most":
            return -float(finite.max())
        case _:
            return float(np.abs(finite).min())


def _place(array: Floats, towards: str) -> int:
    import numpy as np

    with np.errstate(invalid="ignore"):
        clean = np.nan_to_num(array, nan=0.0)
    match towards:
        case "least":
            return int(np.argmin(clean))
        case "most":
            return int(np.argmax(clean))
        case _:
            return int(np.argmin(np.abs(clean)))
