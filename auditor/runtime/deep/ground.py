"""What every part of the look in depth stands on in the child: sessions, inputs, and the time that is left."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import tensors
from ..cutting import Cuttable
from ..levels import OutOfTime
from ..messages import is_memory, kind_of, place_of
from ..outcome import Deep, Failed, NotRun, OutOfMemory
from ..plain import restore
from ..request import Feed, Request
from ..session import NotOpened, Refused, Sessions

if TYPE_CHECKING:
    from . import DeepModule

Outcome = Deep | Failed | OutOfMemory | NotRun

SHARE = 0.8
"""Of the time that the child has: a look ends then, so that what it found is told."""

_MESSAGE = 8000  # characters that cross the pipe; the parent cleans and cuts


class DeepGround:
    """``sessions`` of the request's model; ``stage`` says what is being done, should it be the child's end; ``held`` is
    what the part opened before the sandbox closed."""

    def __init__(
        self, sessions: Sessions, request: Request, send: Callable[[Deep], None], stage: Callable[[str], None],
        isolation: dict[str, str], version: str, held: Any = None,
    ) -> None:  # fmt: skip
        self.sessions, self.request, self.stage, self.held = sessions, request, stage, held
        self._send, self._isolation, self._version = send, isolation, version
        self._until = time.monotonic() + SHARE * request.limits.seconds
        self._told: Any = None

    def look(self, part: DeepModule) -> Outcome:
        """What a part sees; what onnxruntime refuses meanwhile and the part does not expect is its end."""
        assert self.request.deep is not None
        self.stage("look")
        try:
            return self._deep(part.look(self, restore(part.ASKED, json.loads(self.request.deep.asked))))
        except OutOfTime:
            if self._told is None:
                return NotRun("there was no time for it (--timeout)", self._isolation)
            return self._deep(self._told)._replace(whole=False, how="there was no time for more (--timeout)")
        except (tensors.CannotRead, tensors.CannotMake, NotOpened) as error:
            return NotRun(str(error), self._isolation)
        except Refused as error:
            return self._failure("run", error.cause)
        except Exception as error:
            if is_memory(error):
                return self._failure("look", error)
            raise

    def tell(self, seen: Any) -> None:
        """What is known so far: it stands if the rest is the child's end."""
        self._told = seen
        self._send(self._deep(seen))

    def fed(self, feeds: Sequence[Feed] | None = None, seed: int | None = None) -> list[tensors.Stored]:
        """The arrays of inputs: those of the request's first attempt, or of others, by its seed or another one."""
        chosen = self.request.attempts[0] if feeds is None else feeds
        return [tensors.make(feed, self.request.seed if seed is None else seed) for feed in chosen]

    @property
    def seconds_left(self) -> float:
        """Until a look should end; negative behind that."""
        return self._until - time.monotonic()

    def in_time(self, needed: float = 0.0) -> None:
        """`OutOfTime` where so many seconds are not left."""
        if self.seconds_left < needed:
            raise OutOfTime

    @cached_property
    def model(self) -> Cuttable:
        """The model's bytes, to be cut; `NotCut` of what is no model, `tensors.CannotRead` of a large one."""
        return Cuttable(self.sessions.bytes())

    def _deep(self, seen: Any) -> Deep:
        return Deep(seen, self.sessions.provider, self._version, self._isolation)

    def _failure(self, stage: str, error: Exception) -> Failed | OutOfMemory:
        message = str(error)[:_MESSAGE]
        node, op_type = place_of(message)
        if is_memory(error):
            return OutOfMemory(None, stage, message, node, op_type, self._isolation)
        return Failed(stage, kind_of(error), message, node, op_type, self._isolation, (), self.request.optimisation)
