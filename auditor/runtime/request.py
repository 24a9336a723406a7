"""What a run is asked to do: plain data that crosses from the parent to the child as JSON."""

import os

from ..tuples import NamedTuple

MEGABYTE = 1 << 20

_FLOATS = frozenset({1, 10, 11, 14, 15, 16})  # TensorProto.DataType

OFF, DEFAULT = "off", "all"
LEVELS = {
    "off": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}
"""Our words for onnxruntime's levels of optimisation; ``all`` is its default."""


class Feed(NamedTuple):
    """One input of a run. The child makes the array, so that none crosses the pipe.

    ``file`` is a TensorProto (``.pb``) or an ``.npz``, of which ``key`` names the array; without a file the values are
    invented: floats uniform in [0, 1), integers and booleans 0 or 1, reproducible from the request's seed.
    """

    name: str
    dtype: int = 0  # TensorProto.DataType
    shape: tuple[int, ...] = ()
    file: str = ""
    key: str = ""


def fed(feeds: tuple[Feed, ...], seed: int | None = None) -> str:
    """A word on the values: ``floats in [0, 1), integers 0 or 1 (seed 0)``; ``of inputs.npz``."""
    files = dict.fromkeys(os.path.basename(feed.file) for feed in feeds if feed.file)
    kinds = {"floats in [0, 1)" if feed.dtype in _FLOATS else "integers 0 or 1" for feed in feeds if not feed.file}
    said = [f"of {', '.join(files)}"] if files else []
    return ", ".join((*said, *sorted(kinds))) + (f" (seed {seed})" if kinds and seed is not None else "")


class Golden(NamedTuple):
    """Inputs and the outputs that they must give: files in the order of the model's inputs and outputs."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class ProviderOption(NamedTuple):
    """One option of an execution provider, in onnxruntime's words: ``cuda``, ``gpu_mem_limit``, ``2147483648``."""

    provider: str
    key: str
    value: str


class ProviderLibrary(NamedTuple):
    """A library that brings execution providers: its code is run, in the child."""

    name: str
    path: str


class RunLimits(NamedTuple):
    """What the child may use. ``memory`` None: from the sizes of the model and what is predicted for its run."""

    seconds: float = 60.0
    memory: int | None = None
    threads: int | None = None

    @classmethod
    def predicted(cls, flops: int | None = None, memory: int | None = None) -> "RunLimits":
        """Time enough for a machine that makes 0.5 GFLOP/s: half a minute at least, ten at most."""
        return cls(seconds=min(30.0 + (flops or 0) / 5e8, 600.0), memory=memory)

    def memory_for(self, model_bytes: int, predicted_bytes: int | None) -> int:
        """The address space that a run may have. onnxruntime needs 512 MB and about six times the model."""
        if self.memory is not None:
            return self.memory
        activations = 1024 * MEGABYTE if predicted_bytes is None else 2 * predicted_bytes
        return 512 * MEGABYTE + 6 * model_bytes + activations

    def thread_count(self) -> int:
        """One or two, as OMP_NUM_THREADS and the machine allow: never a storm of threads."""
        wanted = self.threads
        if wanted is None:
            asked = os.environ.get("OMP_NUM_THREADS", "")
            wanted = int(asked) if asked.isdecimal() else os.cpu_count() or 1
        return max(1, min(wanted, 2))


class InputRange(NamedTuple):
    """Which numbers an input takes, both ends included."""

    name: str
    dtype: int  # TensorProto.DataType
    shape: tuple[int, ...]
    low: float
    high: float


class Aim(NamedTuple):
    """Which way a search drives a tensor: "least", "most" or "zero"."""

    tensor: str
    towards: str


class Quarry(NamedTuple):
    """A tensor that is to be caught outside of its ends, NaN included, while the ``steady`` ones are finite.

    ``wraps``: the operator on integers whose exact result is to be held against it, with its ``operands``.
    """

    tensor: str
    low: float
    high: float
    steady: tuple[str, ...] = ()
    aims: tuple[Aim, ...] = ()
    wraps: str = ""
    operands: tuple[str, ...] = ()


class WitnessSearch(NamedTuple):
    """Inputs within ranges are looked for on which quarries are caught."""

    ranges: tuple[InputRange, ...]
    quarries: tuple[Quarry, ...]
    seconds: float = 10.0
    most_runs: int = 4000


EQUAL, CLOSE, APART, VARYING, UNSEEN = "equal", "close", "apart", "varying", "unseen"
"""What a tensor of two models is: every byte the same; within the tolerances; beyond them; not the same in two runs of
one model; one that nobody can look into."""


class NamePair(NamedTuple):
    """A tensor's name in the one model and in the other."""

    old: str
    new: str


class ModelPair(NamedTuple):
    """Another model to be run on the same inputs as the request's.

    ``tensors`` are of the main graphs, made by nodes, no outputs, and in the order in which the request's model makes
    them. ``extra`` are inputs that the other model alone has.
    """

    model: str
    inputs: tuple[NamePair, ...]
    outputs: tuple[NamePair, ...]
    tensors: tuple[NamePair, ...] = ()
    extra: tuple[Feed, ...] = ()


class DeepQuestion(NamedTuple):
    """One part of the look in depth, and what is asked of it: a record of the part's own, as JSON."""

    part: str
    asked: str


class Request(NamedTuple):
    """One model to run.

    ``attempts`` are inputs to try in turn until one runs; the model is loaded once. ``files`` are the resolved paths of
    its external data: apart from the model, the feeds and the golden files the child can open nothing.
    ``trace`` names tensors of the main graph whose dtype and shape are wanted as well (for a file of up to 1 GB).
    """

    model: str
    files: tuple[str, ...] = ()
    attempts: tuple[tuple[Feed, ...], ...] = ()
    golden: tuple[Golden, ...] = ()
    provider: str = "cpu"  # or several in order, as in "cuda,cpu"
    optimisation: str = DEFAULT
    second: bool = False  # without optimisation, too: to find a failure's place, and to compare the outputs
    libraries: str = ""  # a folder with another onnxruntime, which runs it instead of the one that is installed
    custom_ops: str = ""  # a library that registers operators: its code is run, in the child
    trace: tuple[str, ...] = ()
    against: str = ""  # another model that is run on the same inputs, without optimisation: what is another output?
    limits: RunLimits = RunLimits()
    predicted_bytes: int | None = None  # of activations, where they are known
    require_isolation: bool = False
    seed: int = 0
    repeats: int = 1
    rtol: float = 1e-3
    atol: float = 1e-5
    search: WitnessSearch | None = None  # instead of a run
    pair: ModelPair | None = None  # instead of a run: two models side by side
    deep: DeepQuestion | None = None  # instead of a run: a part of the look in depth, on the first of the attempts
    beside: tuple[str, ...] = ()  # further files that may be read: other models with their data, arrays
    provider_options: tuple[ProviderOption, ...] = ()
    provider_libraries: tuple[ProviderLibrary, ...] = ()
    device: int | None = None  # of the providers that have several

    def absolute(self) -> "Request":
        """The same files by names that hold in any folder."""
        return self._replace(
            model=_absolute(self.model),
            against=_absolute(self.against),
            provider_libraries=tuple(one._replace(path=_absolute(one.path)) for one in self.provider_libraries),
            pair=self.pair and self.pair._replace(model=_absolute(self.pair.model)),
            files=tuple(map(_absolute, self.files)),
            beside=tuple(map(_absolute, self.beside)),
            attempts=tuple(tuple(f._replace(file=_absolute(f.file)) for f in feeds) for feeds in self.attempts),
            golden=tuple(
                Golden(g.name, tuple(map(_absolute, g.inputs)), tuple(map(_absolute, g.outputs))) for g in self.golden
            ),
        )

    def opened(self) -> tuple[str, ...]:
        """Every file that the child needs, the model first."""
        fed = [feed.file for feeds in self.attempts for feed in feeds if feed.file]
        golden = [path for one in self.golden for path in (*one.inputs, *one.outputs)]
        others = filter(None, (self.custom_ops, self.against, self.pair and self.pair.model))
        libraries = [library.path for library in self.provider_libraries]
        return tuple(dict.fromkeys((self.model, *self.files, *fed, *golden, *others, *self.beside, *libraries)))


def _absolute(path: str) -> str:
    return path and os.path.join(os.getcwd(), path)
