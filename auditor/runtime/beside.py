"""The outputs of another model on the same inputs: which are the same, and how far the others are apart."""

from __future__ import annotations

from collections.abc import Sequence

from .compare import compare
from .outcome import Comparison
from .request import OFF
from .session import Made, Refused, Sessions
from .tensors import Stored


def beside(sessions: Sessions, path: str, names: Sequence[str], made: Sequence[Made], fed: Sequence[Stored]) -> tuple[
    Comparison, ...
]:  # fmt: skip
    """The model at the path against what came of the first one, output by output.

    Its inputs and outputs go by their names; floating-point numbers of other types are compared as numbers.
    """
    try:
        session = sessions.open(OFF, other=path)
    except Exception as error:
        return tuple(Comparison(name, False, why=f"it does not load: {error}"[:_MESSAGE]) for name in names)
    takes, gives = {one.name for one in session.inputs}, [one.name for one in session.outputs]
    try:
        others = dict(zip(gives, session.run(gives, [one for one in fed if one.name in takes]), strict=True))
    except Refused as error:
        return tuple(Comparison(name, False, why=f"it does not run: {error}"[:_MESSAGE]) for name in names)
    return tuple(_one(name, one, others.get(name)) for name, one in zip(names, made, strict=True))


_MESSAGE = 2000


def _one(name: str, before: Made, after: Made | None) -> Comparison:
    if after is None:
        return Comparison(name, False, why="it is no output any more")
    if before.array is None or after.array is None:
        return Comparison(name, False, why=before.unseen or after.unseen or "it is no tensor")
    if before.dtype == after.dtype and before.array.shape == after.array.shape:
        same = before.array.dtype != object and before.array.tobytes() == after.array.tobytes()
        return Comparison(name) if same else Comparison(
            name, difference=compare(before.array, after.array, 0.0, 0.0, (before.dtype, after.dtype))
        )  # fmt: skip
    floats = before.array.dtype.kind == after.array.dtype.kind == "f"
    dtypes = (0, 0) if floats else (before.dtype, after.dtype)
    return Comparison(name, difference=compare(before.array, after.array, 0.0, 0.0, dtypes))
