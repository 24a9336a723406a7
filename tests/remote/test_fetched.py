"""The courier: what the process that audits has of it, and what its death costs.

Programs of their own, forked from a process without threads; the server is in this one.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests import forked

from .stand_in import Shelf
from .test_command import LENET, NAN

_BEGIN = """
import json, os, signal, sys, threading, time, urllib.request
from pathlib import Path
from auditor.batch.fetched import FetchedSource
from auditor.remote.errand import Errand
from auditor.remote.listing import FetchLimits
server, address, folder = sys.argv[1:4]
source = FetchedSource(Errand(address, FetchLimits(floor=0), folder, 1 << 30))
models = source.models()

def went_on():
    urllib.request.urlopen(server + "/go").read()
"""

_KILLED = f"""{_BEGIN}
kills, step = int(sys.argv[4]), source._step

def killing(seconds):
    '''Ends the courier whenever a new one has a part of the file, so many times.'''
    global kills
    step(0.02)
    parts = [part.stat().st_size for part in Path(folder, "parts").glob("*")]
    pids = source._pool.processes()
    if kills and pids and pids[0] not in seen and max(parts, default=0) >= 1000 and busy(pids[0]):
        seen.add(pids[0])
        kills -= 1
        os.kill(pids[0], signal.SIGKILL)
        if not kills:
            went_on()

def busy(pid):
    '''Whether it has the part open: it asks for what is lacking.'''
    try:
        return any("/parts/" in os.readlink(f"/proc/{{pid}}/fd/{{n}}") for n in os.listdir(f"/proc/{{pid}}/fd"))
    except OSError:
        return False

seen = set()
source._step = killing
(ref,) = models
blobs = [path for path in Path(folder, "blobs").rglob("*") if path.is_file()]
said = {{"unfetched": ref.unfetched, "blobs": len(blobs), "here": os.path.exists(ref.path)}}
print(json.dumps(said))
"""


@pytest.fixture
def stalled(shelf: Shelf) -> Shelf:
    """A model that does not come beyond its first 1,000 bytes until somebody asks for /go."""
    shelf.files |= {"/go": b"", "/m/a.onnx": LENET}
    shelf.stalls["/m/a.onnx"] = 1000
    return shelf


def report(program: str, shelf: Shelf, tmp_path: Path, *more: str, address: str = "/m/a.onnx", **env: str) -> Any:
    there = address if "://" in address else f"{shelf.url}{address}"
    ended = forked.call(shelf.url, there, str(tmp_path / "cache"), *more, code=program, env=env)
    assert ended.status == 0, ended.err
    return ended.report


def test_a_courier_that_is_killed_costs_what_is_lacking(stalled: Shelf, tmp_path: Path) -> None:
    said = report(_KILLED, stalled, tmp_path, "1")
    assert said == {"unfetched": "", "blobs": 1, "here": True}
    ranges = [one.headers.get("range") for one in stalled.asked if one.method == "GET" and one.path == "/m/a.onnx"]
    assert ranges == [None, "bytes=1000-"]


def test_a_courier_that_is_killed_again_and_again(stalled: Shelf, tmp_path: Path) -> None:
    """After three deaths the model is given up, nothing of it is in the cache, and a line says so."""
    stalled.ranges = False
    said = report(_KILLED, stalled, tmp_path, "3")
    assert "was not fetched: the process that does it ended 3 times (SIGKILL)" in said["unfetched"]
    assert (said["blobs"], said["here"]) == (0, False)


_AUDITED = f"""{_BEGIN}
from auditor.batch.refs import is_waited_for, release
from auditor.batch.run import batch
from auditor.batch.tasks import WorkerLimits
from auditor.policy.judge import USUAL
from auditor.settings import Settings
came = []
outcomes = batch(models, Settings(run=False), lambda ref: USUAL, None, 1, WorkerLimits(),
                 waits=lambda: is_waited_for([source]))
for outcome in outcomes:
    release([source], outcome.ref)
    came.append([outcome.ref.name, source.waits])
    if len(came) == 1:
        threads, heavy = len(os.listdir("/proc/self/task")), sorted({{"obstore", "urllib3"}} & set(sys.modules))
        went_on()
print(json.dumps({{"came": came, "threads": threads, "heavy": heavy, "leases": len(source._leases)}}))
"""


def test_models_are_audited_while_others_are_fetched(shelf: Shelf, tmp_path: Path) -> None:
    """The first one's outcome is there before the second has come; the parent has one thread, and asks nobody."""
    shelf.files["/go"] = b""
    shelf.repositories["org/name"] = {"a.onnx": LENET, "b.onnx": NAN}
    stall = f"/lfs/{sha256(NAN).hexdigest()}?X-Signature=very-secret"
    shelf.stalls[stall] = 1000
    said = report(_AUDITED, shelf, tmp_path, address="hf://org/name", HF_ENDPOINT=shelf.url)
    assert said["came"] == [["org/name/a", True], ["org/name/b", False]]
    assert (said["threads"], said["heavy"], said["leases"]) == (1, [], 0)
