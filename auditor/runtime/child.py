"""The child process: the only importer of onnxruntime. It imports, gives up its rights, and only then opens the model.

It reads a request as JSON from stdin and writes lines of JSON to a pipe: ``["stage", name]`` and ``["attempt", index]``
as it goes, so that its death can be told from where it happened, ``["isolation", {...}]``, and at last
``[outcome's name, outcome]``, or ``["Fault", traceback]`` where the fault is ours.
"""

import contextlib
import ctypes
import json
import math
import os
import sys
import time
import traceback
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from ..files import FileTooLarge, read_regular
from . import tensors
from .compare import compare
from .libc import die_first, die_with, hide_memory
from .messages import is_memory, kind_of, place_of
from .outcome import Comparison, Failed, GoldenResult, NotRun, Observed, OutOfMemory, Placed, Run, Try
from .plain import plain, restore
from .request import Feed, Golden, Request
from .sandbox import confine, cpu_profile, device_profile
from .trace import with_outputs

Outcome = Run | Failed | OutOfMemory | NotRun

LARGEST_TRACED = 1 << 30
_MESSAGE = 8000  # characters that cross the pipe; the parent cleans and cuts


def main() -> NoReturn:
    """``child.main()`` with the pipe's number and the parent's process number as arguments."""
    answer(int(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer)


def answer(descriptor: int, parent: int, asked: IO[bytes]) -> NoReturn:
    """Do what is asked, say what came of it, and end."""
    channel = Channel(descriptor)
    try:
        die_with(parent)
        die_first()
        request = restore(Request, json.load(asked))
        channel.send(*_named(perform(request, channel)))
    except BaseException:
        channel.send("Fault", traceback.format_exc()[-_MESSAGE:])
    os._exit(0)  # tearing a session down takes time, and may crash


def preload() -> None:
    """Import what a run needs, where it is there: what is missing the run says."""
    with contextlib.suppress(ImportError):
        import onnxruntime  # noqa: F401


class Channel:
    """The way back to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, kind: str, content: object) -> None:
        line = json.dumps([kind, content]).encode("ascii") + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]


def _named(outcome: Outcome) -> tuple[str, object]:
    return type(outcome).__name__, plain(outcome)


def perform(request: Request, channel: Channel) -> Outcome:
    """The whole run, from the import to the answer."""
    channel.send("stage", "import")
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # the parent has set it; without, the import starts a thread and writes
    try:
        import onnxruntime  # brings NumPy

        if any(path.endswith(".npz") for path in request.opened()):
            import encodings.cp437  # noqa: F401 - what NumPy wants of them, for later nothing can be imported
            import zipfile  # noqa: F401
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "onnxruntime":
            return NotRun("onnxruntime is not installed (auditor[cpu] or auditor[gpu])")
        return NotRun(f"onnxruntime is installed and cannot be imported: {error}"[:_MESSAGE])
    available = onnxruntime.get_available_providers()
    provider = _provider(request.provider, available)
    if provider is None:
        version = onnxruntime.__version__
        return NotRun(f"onnxruntime {version} has no provider {request.provider!r}, only {_words(available)}")
    devices = provider != "CPUExecutionProvider"
    if devices and hasattr(onnxruntime, "preload_dlls"):
        with contextlib.suppress(Exception):  # without its libraries the provider says itself what is missing
            onnxruntime.preload_dlls()
    isolation = _confine(request, devices, str(Path(onnxruntime.__file__).parents[1]))
    channel.send("isolation", isolation)
    if request.require_isolation and isolation["level"] != "full":
        return NotRun(f"full isolation was asked for and cannot be had: {_reasons(isolation)}", isolation)
    return LoadedModel(request, channel, provider, isolation).outcome()


def _provider(wanted: str, available: list[str]) -> str | None:
    """``cuda`` and ``CUDAExecutionProvider`` alike; None where this onnxruntime has none of that name."""
    ends = {"directml": "dml"}.get(wanted.lower(), wanted.lower().removesuffix("executionprovider"))
    return next((name for name in available if name.removesuffix("ExecutionProvider").lower() == ends), None)


def _words(providers: list[str]) -> str:
    return ", ".join(name.removesuffix("ExecutionProvider").lower() for name in providers)


def _reasons(isolation: dict[str, str]) -> str:
    return ", ".join(f"{layer}: {word}" for layer, word in isolation.items() if word.startswith("no: "))


def _confine(request: Request, devices: bool, libraries: str) -> dict[str, str]:
    seconds = math.ceil(request.limits.seconds * request.limits.thread_count()) + 2
    if devices:
        return confine(device_profile(request.opened(), (libraries, *sys.path, sys.base_prefix), seconds))
    hide_memory()
    size = sum(path.stat().st_size for path in map(Path, (request.model, *request.files)) if path.exists())
    return confine(cpu_profile(request.opened(), request.limits.memory_for(size, request.predicted_bytes), seconds))


class LoadedModel:
    """One model in onnxruntime, and the inputs that it is tried on."""

    def __init__(self, request: Request, channel: Channel, provider: str, isolation: dict[str, str]) -> None:
        self.request, self.channel, self.provider, self.isolation = request, channel, provider, isolation
        self.tries: list[Try] = []
        self.seconds: list[float] = []
        self.unstable: set[str] = set()

    def outcome(self) -> Outcome:
        """Load, run on the first inputs that work, and confront the golden vectors."""
        import onnxruntime

        self.channel.send("stage", "load")
        started = time.perf_counter()
        try:
            self.session = self._load()
        except tensors.CannotRead as error:
            return NotRun(str(error), self.isolation)
        except Exception as error:
            return self._failure("load", error)
        loading = time.perf_counter() - started
        if self.provider not in self.session.get_providers():
            return NotRun(f"the provider {self.request.provider!r} could not be started", self.isolation)
        self.channel.send("stage", "run")
        try:
            ran = self._first_that_runs()
        except tensors.CannotRead as error:
            return NotRun(str(error), self.isolation)
        golden = tuple(self._golden(one) for one in self.request.golden)
        if isinstance(ran, Exception) and all(one.failed for one in golden):
            return self._failure("run", ran)
        feeds, seen = ran if isinstance(ran, tuple) else ((), [])
        traced = len(self.request.trace)
        placed = self._placed()
        providers = [one.provider for one in placed]
        return Run(
            self.provider,
            onnxruntime.__version__,
            self.isolation,
            feeds,
            tuple(seen[: len(seen) - traced]),
            tuple(seen[len(seen) - traced :]),
            loading,
            tuple(self.seconds),
            tuple(sorted(self.unstable)),
            {name: providers.count(name) for name in dict.fromkeys(providers)},
            placed,
            golden,
            tuple(self.tries),
        )

    def _load(self) -> Any:
        import onnxruntime

        levels = onnxruntime.GraphOptimizationLevel
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = levels.ORT_ENABLE_ALL if self.request.optimise else levels.ORT_DISABLE_ALL
        options.intra_op_num_threads = self.request.limits.thread_count()
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # an arena asks for twice what is needed, and the limit is close
        folder = str(Path(self.request.model).absolute().parent)
        settings = {
            "session.load_model_format": "ONNX",  # whatever the file is called
            "session.record_ep_graph_assignment_info": "1",
            "session.intra_op.allow_spinning": "0",
            "session.disable_cpu_ep_fallback": "1" if self.request.all_on_provider else "0",
        }
        model: str | bytes = self.request.model
        if self.request.trace or not _is_utf8(self.request.model):
            model = self._traced()
            settings["session.model_external_initializers_file_folder_path"] = folder
        for key, value in settings.items():
            options.add_session_config_entry(key, value)
        chain = [self.provider]
        if self.provider == "TensorrtExecutionProvider":
            chain.append("CUDAExecutionProvider")
        if self.provider != "CPUExecutionProvider" and not self.request.all_on_provider:
            chain.append("CPUExecutionProvider")
        return onnxruntime.InferenceSession(model, options, providers=chain, enable_fallback=0)

    def _traced(self) -> bytes:
        """The model's bytes, with what is to be traced among its outputs."""
        try:
            return with_outputs(read_regular(self.request.model, LARGEST_TRACED), self.request.trace)
        except FileTooLarge:
            raise tensors.CannotRead(f"a model of more than {LARGEST_TRACED >> 20} MB cannot be traced") from None

    def _first_that_runs(self) -> tuple[tuple[Feed, ...], list[Observed]] | Exception | None:
        """The observations on the first inputs that run; if none does, what the runtime said first.

        That memory ran out says less of a model than any other word.
        """
        causes: list[Exception] = []
        for index, feeds in enumerate(self.request.attempts):
            self.channel.send("attempt", index)
            try:
                return feeds, self._observe([tensors.make(feed, self.request.seed) for feed in feeds])
            except (Refused, MemoryError) as error:
                cause = error.cause if isinstance(error, Refused) else error
                self.tries.append(Try(feeds, kind_of(cause), str(cause)[:_MESSAGE]))
                causes.append(cause)
        return min(causes, key=is_memory, default=None)

    def _observe(self, fed: list[tensors.Stored]) -> list[Observed]:
        names = [output.name for output in self.session.get_outputs()]
        hashed = len(names) - len(self.request.trace)
        seen: list[Observed] = []
        for repeat in range(max(1, self.request.repeats)):
            started = time.perf_counter()
            values = self._execute(names, fed)
            self.seconds.append(time.perf_counter() - started)
            made = [_made(value) for value in values]
            again = [
                Observed(name, 0, (), type=one.type)
                if one.type
                else tensors.observe(name, one.dtype, one.shape, one.array, place < hashed)
                for place, (name, one) in enumerate(zip(names, made, strict=True))
            ]
            if repeat:
                self.unstable |= {a.name for a, b in zip(seen, again, strict=True) if a.digest != b.digest}
            seen = seen or again
        return seen

    def _execute(self, names: list[str], fed: list[tensors.Stored]) -> list[Any]:
        """OrtValues, or arrays where strings are fed: onnxruntime makes no OrtValue of those."""
        arrays = any(one.dtype == tensors.STRING or one.array.dtype == object for one in fed)
        values = {one.name: one.array if arrays else _value(one) for one in fed}
        try:
            run = self.session.run if arrays else self.session.run_with_ort_values
            made: list[Any] = run(names, values)
        except Exception as error:
            raise Refused(error) from None
        return made

    def _golden(self, golden: Golden) -> GoldenResult:
        try:
            return GoldenResult(golden.name, tuple(self._confront(golden)))
        except Refused as error:
            return GoldenResult(golden.name, failed=str(error.cause)[:_MESSAGE])
        except (tensors.CannotRead, MemoryError) as error:
            return GoldenResult(golden.name, failed=str(error)[:_MESSAGE] or "out of memory")

    def _confront(self, golden: Golden) -> list[Comparison]:
        inputs = self.session.get_inputs()
        names = [one.name for one in inputs]
        fed = []
        for place, path in enumerate(golden.inputs):
            if place < len(inputs) and not inputs[place].type.startswith("tensor("):
                raise tensors.CannotRead(f"input {names[place]} is a {inputs[place].type}: not read")
            stored = tensors.read_tensor(tensors.read_file(path))
            if stored.name not in names and place >= len(names):
                raise tensors.CannotRead(f"the model has no input for {path.rpartition('/')[2]}")
            fed.append(stored if stored.name in names else stored._replace(name=names[place]))
        outputs = self.session.get_outputs()[: len(golden.outputs)]
        values = self._execute([one.name for one in outputs], fed)
        compared = [self._one(*three) for three in zip(outputs, values, golden.outputs, strict=False)]
        unmet = golden.outputs[len(outputs) :]
        return compared + [Comparison(p.rpartition("/")[2], False, why="the model has no such output") for p in unmet]

    def _one(self, output: Any, value: Any, path: str) -> Comparison:
        made = _made(value)
        if made.array is None:
            return Comparison(output.name, False, why=f"a {output.type} is not compared")
        try:
            stored = tensors.read_tensor(tensors.read_file(path))
        except tensors.CannotRead as error:
            return Comparison(output.name, False, why=str(error))
        types = stored.dtype, made.dtype
        found = compare(stored.array, made.array, self.request.rtol, self.request.atol, types)
        return Comparison(output.name, difference=found)

    def _placed(self) -> tuple[Placed, ...]:
        """Which provider got which node; nothing where this onnxruntime does not tell."""
        try:
            groups = self.session.get_provider_graph_assignment_info()
        except Exception:
            return ()
        return tuple(Placed(node.name, node.op_type, group.ep_name) for group in groups for node in group.get_nodes())

    def _failure(self, stage: str, error: Exception) -> Failed | OutOfMemory:
        message = str(error)[:_MESSAGE]
        node, op_type = place_of(message)
        if is_memory(error):
            return OutOfMemory(None, stage, message, node, op_type, self.isolation, tuple(self.tries))
        return Failed(stage, kind_of(error), message, node, op_type, self.isolation, tuple(self.tries))


class Refused(Exception):
    """onnxruntime did not run what it was given; ``cause`` is what it raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Made(NamedTuple):
    """What a run gave. ``array`` None: nobody can look into it; ``type``: it is not a tensor."""

    dtype: int
    shape: tuple[int, ...]
    array: Any
    type: str = ""


def _made(value: Any) -> Made:
    """Out of an OrtValue, or of what onnxruntime makes of one for NumPy."""
    import numpy

    if isinstance(value, numpy.ndarray):
        number = next((k for k, kind in tensors.NUMPY.items() if value.dtype == kind), 0)
        return Made(number, value.shape, value)
    if not hasattr(value, "is_tensor"):
        return Made(0, (), None, type(value).__name__)
    if not value.is_tensor():
        return Made(0, (), None, value.data_type())
    return Made(value.element_type(), tuple(value.shape()), _array(value))


def _value(stored: tensors.Stored) -> Any:
    import numpy
    from onnxruntime import OrtValue

    array = numpy.ascontiguousarray(stored.array).reshape(stored.array.shape)  # the former makes 0-d arrays 1-d
    if stored.dtype in tensors.STAND_INS:
        return OrtValue.ortvalue_from_numpy_with_onnx_type(array, stored.dtype)
    return OrtValue.ortvalue_from_numpy(array)


def _array(value: Any) -> Any:
    """The NumPy array of a tensor; a stand-in, or None, where NumPy has no such type."""
    import numpy

    dtype = value.element_type()
    if dtype in tensors.NUMPY:
        return value.numpy()
    if dtype not in tensors.STAND_INS:
        return None
    size = value.tensor_size_in_bytes()
    held = bytes((ctypes.c_char * size).from_address(value.data_ptr())) if size else b""
    return numpy.frombuffer(held, tensors.STAND_INS[dtype]).reshape(value.shape())


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
