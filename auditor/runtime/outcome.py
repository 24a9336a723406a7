"""What came of a run: a sum type, so that nobody parses text to learn whether a model ran."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..tuples import NamedTuple
from .request import Feed

_NOTHING: Mapping[str, Any] = {}


class Observed(NamedTuple):
    """A tensor as a run gave it. Of an output that is not a tensor, ``dtype`` is 0 and ``type`` says what it is."""

    name: str
    dtype: int
    shape: tuple[int, ...]
    type: str = ""  # onnxruntime's word for it: "seq(tensor(float))"
    nonfinite: int | None = None  # NaN and infinite elements; None where the type has none, or was not looked at
    low: float | None = None  # of the finite elements of a floating-point tensor
    high: float | None = None
    digest: str = ""  # of the bytes; outputs only
    unseen: str = ""  # why nobody could look into its values


class Difference(NamedTuple):
    """Where two tensors are not the same. ``place`` is the first place beyond the tolerance."""

    why: str
    place: tuple[int, ...] = ()
    expected: str = ""
    actual: str = ""
    largest: float | None = None  # the largest absolute difference among finite elements

    def __str__(self) -> str:
        where = f" at {list(self.place)}" if self.place else ""
        largest = "" if self.largest is None else f", at most {self.largest:.3g} apart"
        return f"{self.why}{where}: expected {self.expected}, got {self.actual}{largest}"


class Comparison(NamedTuple):
    """One output against its golden value: ``compared`` False says that it was not, and why."""

    output: str
    compared: bool = True
    difference: Difference | None = None
    why: str = ""


class GoldenResult(NamedTuple):
    """One golden vector. ``failed``: why it could not be run at all."""

    name: str
    comparisons: tuple[Comparison, ...] = ()
    failed: str = ""

    @property
    def equal(self) -> bool:
        """Whether all was compared and nothing differs."""
        return not self.failed and all(c.compared and c.difference is None for c in self.comparisons)

    @property
    def differs(self) -> bool:
        """Whether something was compared and is not as it should be."""
        return any(c.difference is not None for c in self.comparisons)

    def line(self, rtol: float, atol: float) -> str:
        """For a person: "test_data_set_0: equal within rtol 0.001, atol 1e-05"."""
        if self.failed:
            return f"{self.name}: not run: {self.failed}"
        told = [f"{c.output} differs: {c.difference}" for c in self.comparisons if c.difference is not None]
        told += [f"{c.output} not compared: {c.why}" for c in self.comparisons if not c.compared]
        return f"{self.name}: {'; '.join(told) or f'equal within rtol {rtol:g}, atol {atol:g}'}"


class Try(NamedTuple):
    """Inputs that did not run, and what the runtime said."""

    feeds: tuple[Feed, ...]
    kind: str
    message: str


class Level(NamedTuple):
    """What came of the model at one level of optimisation."""

    optimisation: str  # off | basic | extended | all
    status: str  # ok | load failed | run failed | not run, or how the child ended
    why: str = ""
    load_seconds: float = 0.0
    run_seconds: float = 0.0


class Parting(NamedTuple):
    """An output that is not the same with and without optimisation, beyond rounding.

    ``difference`` expects what comes without. ``tensor`` is the first that parts, ``node`` and ``op_type`` what makes
    it; ``optimisers`` those without which it does not. ``why`` says what of this was not found out.
    """

    output: str
    difference: Difference
    tensor: str = ""
    node: str = ""
    op_type: str = ""
    optimisers: tuple[str, ...] = ()
    why: str = ""
    mild: bool = False  # at most four times of what rounding may do


class Agreement(NamedTuple):
    """The outputs at two levels. ``exempt``: what differs and proves nothing; ``why``: nothing was compared."""

    partings: tuple[Parting, ...] = ()
    exempt: Mapping[str, str] = _NOTHING
    why: str = ""


class Placed(NamedTuple):
    """A node, and the execution provider that onnxruntime gave it to."""

    node: str
    op_type: str
    provider: str


class Fallback(NamedTuple):
    """Nodes of one operator that did not go to the provider that was asked for. ``why`` "": nobody said."""

    op_type: str
    provider: str  # where they went
    why: str
    nodes: int


class Run(NamedTuple):
    """The model ran. ``feeds`` are the inputs that it ran on; none where only golden vectors were asked for."""

    provider: str
    version: str  # of onnxruntime
    isolation: Mapping[str, str]
    feeds: tuple[Feed, ...] = ()
    outputs: tuple[Observed, ...] = ()
    traced: tuple[Observed, ...] = ()
    load_seconds: float = 0.0
    run_seconds: tuple[float, ...] = ()  # one a repeat
    unstable: tuple[str, ...] = ()  # outputs that were not the same bytes in every repeat
    placement: Mapping[str, int] = _NOTHING  # provider: number of nodes
    placed: tuple[Placed, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    gone: tuple[str, ...] = ()  # providers that were asked for and that could not be started
    golden: tuple[GoldenResult, ...] = ()
    tries: tuple[Try, ...] = ()  # inputs that failed before these ran
    optimisation: str = "off"
    levels: tuple[Level, ...] = ()  # the one of this run first
    agreement: Agreement | None = None  # None: no second level was asked for
    beside: tuple[Comparison, ...] = ()  # another model's outputs against these; none where none was asked for
    warnings: tuple[str, ...] = ()


class Failed(NamedTuple):
    """onnxruntime refused the model (``load``), or the inputs that it was given (``run``).

    ``levels`` say whether it is one of the optimiser's faults; then ``optimisers`` are those without which it works.
    """

    stage: str
    kind: str  # "INVALID_GRAPH", "NOT_IMPLEMENTED", ...: onnxruntime's own words
    message: str
    node: str | None = None
    op_type: str | None = None
    isolation: Mapping[str, str] = _NOTHING
    tries: tuple[Try, ...] = ()
    optimisation: str = "off"
    levels: tuple[Level, ...] = ()
    optimisers: tuple[str, ...] = ()
    golden: tuple[GoldenResult, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def by_optimiser(self) -> bool:
        """Whether the model works without optimisation, on the same inputs."""
        return self.optimisation != "off" and ("off", "ok") in ((one.optimisation, one.status) for one in self.levels)


class Crashed(NamedTuple):
    """The child died of the model."""

    signal: str  # "SIGSEGV"; "exit 3" where it ended by itself without an answer
    stage: str
    message: str = ""  # the last words
    isolation: Mapping[str, str] = _NOTHING
    feeds: tuple[Feed, ...] = ()  # what it was running on


class TimedOut(NamedTuple):
    """The child was ended after its time."""

    seconds: float
    stage: str
    isolation: Mapping[str, str] = _NOTHING
    feeds: tuple[Feed, ...] = ()


class OutOfMemory(NamedTuple):
    """The model wanted more memory than the run may have."""

    limit: int | None  # bytes; None where there was no limit but the machine's
    stage: str
    message: str = ""
    node: str | None = None
    op_type: str | None = None
    isolation: Mapping[str, str] = _NOTHING
    tries: tuple[Try, ...] = ()


class NotRun(NamedTuple):
    """The model was not run, and nothing follows about it. ``fault``: the traceback, where it is a fault of ours."""

    why: str
    isolation: Mapping[str, str] = _NOTHING
    fault: str = ""


class PairedTensor(NamedTuple):
    """An output or an inner tensor, as two models gave it; ``state`` is one of `request`'s words for it."""

    old: str  # its name in the one
    new: str  # and in the other
    state: str
    difference: Difference | None = None  # however small
    why: str = ""


class SideBySide(NamedTuple):
    """Two models that were run on the same inputs.

    ``why`` nothing was compared, and which of the two ``failed`` ("old", "new"; "" neither). ``first``: the first of
    the tensors that stand for each other which is not the same; ``looked`` at so many, and so many before it ``left``.
    """

    why: str = ""
    failed: str = ""
    inputs: tuple[str, ...] = ()  # "data [1, 3, 224, 224]"
    outputs: tuple[PairedTensor, ...] = ()
    first: PairedTensor | None = None
    looked: int = 0
    left: int = 0
    left_why: str = ""
    version: str = ""  # of onnxruntime
    isolation: Mapping[str, str] = _NOTHING


class Caught(NamedTuple):
    """An input on which a quarry was caught. ``values`` are those of small inputs; ``recipe`` makes all of them."""

    quarry: int  # its number in the request
    recipe: str  # as JSON: `recipes`
    values: Mapping[str, tuple[float, ...]]
    shown: str  # what the tensor held there: "nan", "inf", "70656"
    place: tuple[int, ...]
    nan_outputs: tuple[str, ...] = ()  # of the model, as it is deployed
    infinite_outputs: tuple[str, ...] = ()


class Hunted(NamedTuple):
    """A search's end. ``why``: nothing could be run at all."""

    caught: tuple[Caught, ...]
    runs: int
    why: str
    version: str  # of onnxruntime
    isolation: Mapping[str, str]


class Deep(NamedTuple):
    """What a part of the look in depth saw: a record of the part's own, and what it was seen with.

    ``whole`` False: the child came to an end before it had looked at all, and ``how`` says to which.
    """

    seen: Any
    provider: str
    version: str  # of onnxruntime
    isolation: Mapping[str, str] = _NOTHING
    whole: bool = True
    how: str = ""


Outcome: TypeAlias = Run | Failed | Crashed | TimedOut | OutOfMemory | NotRun


def first_line(message: str) -> str:
    """onnxruntime's first line without its number; what follows are places in its own code."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "no reason given")
    if line.startswith("[ONNXRuntimeError] : "):
        return line.split(" : ", 3)[-1]
    return line
