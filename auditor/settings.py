"""What a caller can ask of an audit."""

from collections.abc import Mapping
from typing import Any

from .tuples import NamedTuple

LEVELS = ("off", "basic", "extended", "all")
"""Of onnxruntime's graph optimisation, by its own order; all is its default."""

DEEP = (
    "divergence", "reference", "nonfinite", "sizes", "independence", "repeatability", "activations", "speed", "growth",
)  # fmt: skip
"""Parts of the look in depth, in the order in which they are made."""

GOLDEN = "golden"
"""In place of a range: what the golden vectors beside the model have."""

EVERY = "*"
"""In place of an input's name: all inputs of floating point that are not named."""

_NONE: Mapping[str, Any] = {}


class Settings(NamedTuple):
    """The options of one audit; the defaults are those of ``auditor check MODEL``."""

    select: frozenset[str] = frozenset()  # names of rules; empty: all
    ignore: frozenset[str] = frozenset()
    run: bool = True
    weights: bool = True
    sample_weights: int = 0  # blocks that are read of a larger tensor; 0: all of them
    dims: Mapping[str, int] = _NONE  # named sizes of inputs
    shapes: Mapping[str, tuple[int, ...]] = _NONE  # whole shapes of inputs
    ranges: Mapping[str, tuple[float, float] | str] = _NONE  # of inputs: both ends, or GOLDEN; "*": of all floats
    inputs: str | None = None  # an .npz file with the run's inputs
    provider: str = "cpu"  # or several in order, as in "tensorrt,cuda"
    provider_asked: bool = False  # named by the user, so not having it is inconclusive
    optimisation: str = "all"  # one of LEVELS: of the run of record
    custom_ops: str | None = None  # a library of operators for onnxruntime: its code is run, in the sandbox
    require_isolation: bool = False
    timeout: float | None = None  # seconds for the run; None: from predicted FLOPs
    memory: int | None = None  # bytes for the run; None: from predicted sizes
    seed: int = 0
    rtol: float = 1e-3
    atol: float = 1e-5
    target_dtype: str | None = None  # "float16" or "bfloat16": what the model is to become
    runtimes: tuple[str, ...] = ()  # runtimes that are to load it, such as "onnxruntime==1.17"
    try_target: bool = False  # run it there too: the release is fetched and installed
    deep: bool = False  # the look in depth, all parts of it
    deep_parts: frozenset[str] = frozenset()  # these parts of it, of DEEP
    skipped_parts: frozenset[str] = frozenset()  # not these
    provider_options: Mapping[str, Mapping[str, str]] = _NONE  # by provider: onnxruntime's words
    provider_libraries: Mapping[str, str] = _NONE  # libraries that bring providers: their code is run, in the sandbox
    device: int | None = None  # of the providers that have several
    no_cpu_fallback: bool = False  # a node that does not run where it was asked to is then an error
    runs: int = 30  # that are timed, at least
    speed_against: str | None = None  # a model to be run in turn with this one
    against: str | None = None  # another model, or an .npz of tensors: what the look in depth holds this one against
    ad_hoc: tuple[str, ...] = ()  # options that a caller said beside what is configured
    operators: tuple[str, ...] = ()  # Python files with more operators: their code is run

    @property
    def looks(self) -> tuple[str, ...]:
        """The parts of the look in depth that are asked for, in their order."""
        asked = frozenset(DEEP) if self.deep else self.deep_parts
        return tuple(part for part in DEEP if part in asked and part not in self.skipped_parts)
