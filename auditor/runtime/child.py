"""The child process: the only importer of onnxruntime. It imports, gives up its rights, and only then opens the model.

It reads a request as JSON from stdin and writes lines of JSON to a pipe: ``["stage", name]`` and ``["attempt", index]``
as it goes, so that its death can be told from where it happened, ``["isolation", {...}]``, ``["first", [outcome's name,
outcome]]`` where something is known and more is tried, and at last ``[outcome's name, outcome]``, or ``["Fault",
traceback]`` where the fault is ours.
"""

import contextlib
import json
import math
import os
import sys
import traceback
from pathlib import Path
from typing import IO, NoReturn

from .deep import part_of, prepared
from .deep.ground import DeepGround
from .hunting import Hunting
from .libc import die_first, die_with, hide_memory
from .outcome import Deep, Failed, Hunted, NotRun, OutOfMemory, Run, SideBySide
from .pairing import SideBySideRun
from .plain import plain, restore
from .providers import NoProvider, chain_of, only_processor, registered
from .request import Request
from .sandbox import confine, cpu_profile, device_profile
from .session import Sessions, is_utf8
from .sitting import Sitting

Outcome = Run | Failed | OutOfMemory | NotRun | Hunted | SideBySide | Deep

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
    devices, chain = not only_processor(request), None
    if not request.provider_libraries:  # what stands in a library is known when it is loaded, which is for the sandbox
        try:
            chain = chain_of(onnxruntime, request)
        except NoProvider as error:
            return NotRun(str(error)[:_MESSAGE])
    if devices and hasattr(onnxruntime, "preload_dlls"):
        with contextlib.suppress(Exception):  # without its libraries the provider says itself what is missing
            onnxruntime.preload_dlls()
    part = part_of(request.deep.part) if request.deep is not None else None  # later nothing can be imported
    held = prepared(part) if part is not None else None
    folder = str(Path(request.model).parent)
    if not is_utf8(folder):  # onnxruntime takes no such name; where it looks for the weights is then "."
        request = request.absolute()
        with contextlib.suppress(OSError):
            os.chdir(folder)
    libraries = str(Path(onnxruntime.__file__).resolve().parents[1])
    isolation = _confine(request, devices, libraries, getattr(part, "IN_MEMORY", 0))
    channel.send("isolation", isolation)
    if request.require_isolation and isolation["level"] != "full":
        return NotRun(f"full isolation was asked for and cannot be had: {_reasons(isolation)}", isolation)
    if chain is None:
        channel.send("stage", "provider")
        try:
            registered(onnxruntime, request)
            chain = chain_of(onnxruntime, request)
        except NoProvider as error:
            return NotRun(str(error)[:_MESSAGE], isolation)
    sessions = Sessions(onnxruntime, request, chain)
    if request.search is not None:
        channel.send("stage", "search")
        return Hunting(sessions, request, isolation, onnxruntime.__version__).outcome()

    def send_first(known: Outcome) -> None:
        """What is known so far: the rest may be the child's end."""
        channel.send("first", _named(known))

    def send_stage(which: str) -> None:
        channel.send("stage", which)

    if part is not None:
        version = onnxruntime.__version__
        return DeepGround(sessions, request, send_first, send_stage, isolation, version, held).look(part)
    if request.pair is not None:
        return SideBySideRun(sessions, request, send_first, send_stage, isolation, onnxruntime.__version__).outcome()
    return Sitting(sessions, request, channel.send, send_first, isolation, onnxruntime.__version__).outcome()


def _reasons(isolation: dict[str, str]) -> str:
    return ", ".join(f"{layer}: {word}" for layer, word in isolation.items() if word.startswith("no: "))


def _confine(request: Request, devices: bool, libraries: str, in_memory: int) -> dict[str, str]:
    seconds = math.ceil(request.limits.seconds * request.limits.thread_count()) + 2
    if devices:
        beside = (str(Path(library.path).resolve().parent) for library in request.provider_libraries)
        return confine(device_profile(request.opened(), (libraries, *beside, *sys.path, sys.base_prefix), seconds))
    hide_memory()
    size = sum(path.stat().st_size for path in map(Path, (request.model, *request.files)) if path.exists())
    memory = request.limits.memory_for(size, request.predicted_bytes)
    return confine(cpu_profile(request.opened(), memory, seconds, in_memory))
