"""The two sides of a comparison: how each comes to its outputs, and to one tensor inside, with no more held than that.

A session lives for as long as one of its runs takes, so that never two models are loaded at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from ...tuples import NamedTuple
from .. import tensors
from ..cutting import Cuttable, FileBytes, NotCut
from ..levels import TypedArray
from ..libc import give_back
from ..pairing import OtherType, fitting
from ..request import Feed
from ..session import Made, NotOpened, Refused, Session, Sessions, is_utf8


class NotLoaded(Exception):
    """A side's model does not load, or does not run; ``stage`` says which."""

    def __init__(self, stage: str, why: str) -> None:
        super().__init__(why)
        self.stage = stage


class RunSide(Protocol):
    """One of the two."""

    def outputs(self, names: Sequence[str], fed: Sequence[Sequence[tensors.Stored]], most: int) -> list[list[Made]]:
        """Outputs of several runs, of the first alone where it has more elements; `NotLoaded` where there are none."""

    def value(self, tensor: str, fed: Sequence[tensors.Stored]) -> TypedArray | None:
        """One tensor; None where it is not to be had."""


class ModelSide:
    """A model on a provider, at a level. ``path`` "": the request's own. ``names``: its inputs' by the request's."""

    def __init__(
        self, sessions: Sessions, own: str, level: str, path: str = "", names: Mapping[str, str] | None = None
    ) -> None:
        self._sessions, self._level, self._path, self._names = sessions, level, path, names
        self._file = path or own
        self._model: Cuttable | None = None
        self._refers = is_utf8(self._file)

    @property
    def model(self) -> Cuttable:
        """To be cut; `NotCut` where it cannot."""
        if self._model is None:
            try:
                name = os.path.basename(self._file) if self._refers else ""
                self._model = Cuttable(FileBytes(self._file), name)
            except OSError as error:
                raise NotCut(str(error)) from None
        return self._model

    def outputs(self, names: Sequence[str], fed: Sequence[Sequence[tensors.Stored]], most: int) -> list[list[Made]]:
        give_back()
        try:
            session = self._sessions.open(self._level, other=self._path)
        except (NotOpened, tensors.CannotRead):
            raise
        except Exception as error:
            raise NotLoaded("load", str(error)) from None
        if not {one.name for one in session.outputs}.issuperset(names):
            del session
            cut = self._cut(names)
            if cut is None:
                raise NotLoaded("load", "no model that makes these tensors alone can be cut out of it")
            session = cut
        made: list[list[Made]] = []
        try:
            for one in fed:
                made.append(session.run(names, self._fit(one, session)))
                if sum(x.array.size for x in made[0] if x.array is not None) > most:
                    break
            return made
        except (Refused, OtherType) as error:
            raise NotLoaded("run", str(error)) from None

    def value(self, tensor: str, fed: Sequence[tensors.Stored]) -> TypedArray | None:
        return next(iter(self.values((tensor,), fed)), None)

    def values(self, names: Sequence[str], fed: Sequence[tensors.Stored]) -> list[TypedArray | None]:
        """Several tensors, out of one cut; nothing where it does not run."""
        session = self._cut(names)
        if session is None:
            return []
        try:
            wanted = {one.name for one in session.inputs}
            made = session.run(names, [one for one in self._fit(fed, session) if one.name in wanted])
        except (Refused, OtherType):
            return []
        return [None if one.array is None else TypedArray(one.dtype, one.array) for one in made]

    def _cut(self, names: Sequence[str]) -> Session | None:
        if any(name not in self.model.makers for name in names):
            return None
        give_back()
        try:
            return self._sessions.open(self._level, self.model.behind(*names), other=self._path)
        except Exception:
            if not self._refers:
                return None
        # A link that leads elsewhere, or numbers that lie crooked: with the weights in it, then.
        self._refers, self._model = False, None
        try:
            return self._sessions.open(self._level, self.model.behind(*names), other=self._path)
        except Exception:
            return None

    def _fit(self, fed: Sequence[tensors.Stored], session: Session) -> list[tensors.Stored]:
        if self._names is None:
            return list(fed)
        return [
            fitting(one._replace(name=self._names[one.name], dtype=one.dtype or number_of(one.array)), session)
            for one in fed
            if one.name in self._names
        ]


class ArraysSide:
    """What another wrote down of one run: an .npz with an array for each tensor, by the names that it has here."""

    def __init__(self, path: str) -> None:
        self._path = path

    def outputs(self, names: Sequence[str], fed: Sequence[Sequence[tensors.Stored]], most: int) -> list[list[Made]]:
        found = [self.value(name, ()) for name in names]
        return [
            [Made(0, (), None, unseen="it is not in the file") if x is None else Made(x.dtype, x.array.shape, x.array)
             for x in found]
        ]  # fmt: skip

    def value(self, tensor: str, fed: Sequence[tensors.Stored]) -> TypedArray | None:
        try:
            array = tensors.make(Feed(tensor, file=self._path, key=tensor), 0).array
        except tensors.CannotRead:
            return None
        return TypedArray(number_of(array), array)


def number_of(array: tensors.Array) -> int:
    """ONNX's, of an array's type: those out of an .npz come without."""
    return next((number for number, kind in tensors.NUMPY.items() if array.dtype == kind), 0)


class SidePair(NamedTuple):
    """The reference, and what is held against it."""

    reference: RunSide
    other: RunSide
