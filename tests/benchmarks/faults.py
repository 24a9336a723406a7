"""Which faults a tool names at the right place: every class of tests/faults in several models, tool by tool.

A peer names a place where its words hold the node's or the tensor's name; of a fault of the whole model, any
complaint will do. Each peer reads each file in a process of its own, with limits: some of the files kill it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from tests.faults.fault import Kind, Place
from tests.faults.injecting import Injected, all_faults, injected, naming, report_of

_MODELS = 3
"""So many models of each class, where so many have a place for it."""

_GOALS = {Kind.ILLEGAL: 0.99, Kind.WRONG: 0.90, Kind.HOSTILE: 0.95}

PEERS = ("onnx.checker", "onnxruntime", "polygraphy lint")

_CHILD = """
import json, os, resource, subprocess, sys
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnx, onnxruntime
onnxruntime.set_default_logger_severity(3)

def check(path):
    onnx.checker.check_model(path, full_check=True)

def create(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

def lint(path):
    done = subprocess.run(
        [sys.executable, "-m", "polygraphy", "check", "lint", path], capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)

for line in sys.stdin:
    peer, path = json.loads(line)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        try:
            {"onnx.checker": check, "onnxruntime": create, "polygraphy lint": lint}[peer](path)
        except BaseException as error:
            os.write(write, (str(error) or type(error).__name__).encode(errors="replace")[:60000])
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, status = os.waitpid(pid, 0)
    print(json.dumps(said or ("killed" if status else "")), flush=True)
"""


class _Peers:
    """A process that asks the other tools, one file at a time."""

    def __init__(self) -> None:
        self.names = [name for name in PEERS if name != "polygraphy lint" or find_spec("polygraphy")]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def said(self, peer: str, path: Path) -> str:
        """What a tool complains of; nothing where it is content."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([peer, str(path)]) + "\n")
        self._process.stdin.flush()
        words: str = json.loads(self._process.stdout.readline())
        return words

    def close(self) -> None:
        self._process.communicate()


def faults() -> None:
    """The table: models of each kind, and the share that each tool names at the right place."""
    made: dict[Kind, int] = defaultdict(int)
    named: dict[tuple[Kind, str], int] = defaultdict(int)
    missed: list[str] = []
    peers = _Peers()
    for fault in all_faults():
        with tempfile.TemporaryDirectory() as folder:
            for what in injected(fault, Path(folder), _MODELS):
                made[fault.kind] += 1
                if naming(what, report_of(what.sound, fault), report_of(what.faulty, fault)):
                    named[fault.kind, "auditor"] += 1
                else:
                    missed.append(f"{fault.name} in {what.base}{f': {fault.unseen}' if fault.unseen else ''}")
                for peer in peers.names:
                    named[fault.kind, peer] += _is_named(peers.said(peer, what.faulty), what)
    peers.close()
    _print(made, named, ["auditor", *peers.names])
    for line in missed:
        print(f"  not named: {line}")


def _is_named(said: str, what: Injected) -> bool:
    return bool(said) and any(_holds(said, place) for place in what.places)


def _holds(said: str, place: Place) -> bool:
    words = [word for word in (place.node, place.tensor) if word]
    return not words or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) for word in words)


def _print(made: dict[Kind, int], named: dict[tuple[Kind, str], int], tools: list[str]) -> None:
    print(f"{'kind':18}{'classes':>8}{'models':>8}" + "".join(f"{tool:>17}" for tool in tools))
    for kind in Kind:
        classes = sum(fault.kind is kind for fault in all_faults())
        shares = "".join(f"{named[kind, tool] / max(made[kind], 1):>17.1%}" for tool in tools)
        print(f"{kind.value:18}{classes:8}{made[kind]:8}{shares}  (wanted >= {_GOALS[kind]:.0%})")
