"""Very large: 100 GB of external data, a million nodes, a hundred thousand models. Sparse, so that they cost no disk.

The rates are of two gigabytes that the system holds in memory, against sha256 of the same bytes by one thread, and
against what the disk gives where that is slower.
"""

from __future__ import annotations

import math
import mmap
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from tests.benchmarks.large_models import fill, many_nodes, registry, spread
from tests.benchmarks.measure import AUDITOR, PYTHON, functions, process

SAMPLE = Path(__file__).parents[2] / "sample_models" / "lenet5" / "lenet5.onnx"
STATIC = ("--no-run", "--no-weights", "--no-store", "--format", "json")
GIGABYTES, FILES = 100, 20
NODES, MODELS = 1_000_000, 100_000
_DIRECT = 1 << 22

Tell = Callable[[str, str, str, bool], None]


def large(tell: Tell) -> None:
    """All of it; 3 GB of disk are used."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        external(folder, tell)
        rates(folder, tell)
        nodes(folder, tell)
        models(folder, tell)


def external(folder: Path, tell: Tell) -> None:
    """A static audit of 100 GB, also at given sizes, against that of a model of a few kilobytes."""
    path = spread(folder / "sparse", FILES, GIGABYTES * 1_000_000_000 // FILES)
    check = (*AUDITOR, "check", *STATIC)
    process((*check, str(SAMPLE)))
    small = process((*check, str(SAMPLE)))
    for what, more in (("", ()), (" with --input-shape", ("--input-shape", "hidden:4,4096"))):
        use = process((*check, str(path), *more))
        figure = f"{use.wall:.2f} s ({use.cpu:.2f} of CPU, {use.wall / small.wall:.1f}x a small model), "
        figure += f"{use.peak / 1e6:.0f} MB"
        good = use.wall <= 1 and use.peak <= 64e6
        tell(f"static check of {GIGABYTES} GB{what}", figure, "<= 1 s and 64 MB", good)


def rates(folder: Path, tell: Tell) -> None:
    """Hashing, reading weights, and both by one reading, of one file and of four."""
    from auditor.attest.model_files import hashed_files
    from auditor.model.load import load
    from auditor.threads import processors
    from auditor.weights import measure

    for files in (1, 4):
        place = folder / f"filled{files}"
        path = spread(place, files, 2_000_000_000 // files)
        fill(place)
        size = sum(file.stat().st_size for file in place.iterdir())
        used = min(files, processors())
        works = {
            "hashing": lambda at: hashed_files(str(at)),
            "weights": lambda at: measure(load(at)),
            "both at once": hashed_as_a_batch_does,
        }
        disk = from_disk(place)
        for what, work in works.items():
            ours, peer = functions(partial(work, path), partial(sequential, place), 3)
            wanted = 0.8 * min(disk, used * size / peer)
            figure = f"{size / ours / 1e9:.2f} GB/s, {peer / ours:.2f}x sha256 by one thread, "
            figure += f"{size / ours / disk:.2f}x the disk"
            tell(f"{what}: 2 GB in {files} files", figure, f">= {wanted / 1e9:.2f} GB/s", size / ours >= wanted)


def hashed_as_a_batch_does(path: Path) -> None:
    """The files of a model hashed and measured by the tasks of a batch that has nothing else to do."""
    from auditor.batch.measuring import hashed_and_measured, in_parts
    from auditor.batch.pool import Pool
    from auditor.batch.tasks import Returned, WorkerLimits
    from auditor.threads import processors

    tasks = in_parts([(str(file), file.stat().st_size) for file in sorted(path.parent.iterdir())])
    with Pool(processors(), WorkerLimits()) as pool:
        threads = 2 if 2 * len(tasks) <= processors() else 1
        for paths in tasks:
            pool.submit(hashed_and_measured, str(path), paths, threads)
        assert all(isinstance(task.result, Returned) and None not in task.result.value for task in pool.as_completed())


def from_disk(folder: Path) -> float:
    """Bytes a second that the disk gives of these files, past the system's memory; infinite where it gives none so."""
    from auditor.threads import in_threads

    files = [path for path in folder.iterdir() if path.stat().st_size >= _DIRECT]
    began = time.perf_counter()
    try:
        read = sum(in_threads(_read_directly, files))
    except OSError:  # a file system without a disk
        return math.inf
    return read / (time.perf_counter() - began)


def _read_directly(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
    try:
        with mmap.mmap(-1, _DIRECT) as buffer:  # its memory begins at a page, as the system wants it
            whole = os.fstat(descriptor).st_size // _DIRECT * _DIRECT
            return sum(os.preadv(descriptor, [buffer], at) for at in range(0, whole, _DIRECT))
    finally:
        os.close(descriptor)


def sequential(folder: Path) -> list[str]:
    """The sha256 of every file, one after the other, as one would write it."""
    found = []
    buffer = memoryview(bytearray(1 << 20))
    for path in sorted(folder.iterdir()):
        sha = sha256()
        with path.open("rb", buffering=0) as data:
            while got := data.readinto(buffer):
                sha.update(buffer[:got])
        found.append(sha.hexdigest())
    return found


def nodes(folder: Path, tell: Tell) -> None:
    """A static audit of a million nodes, against onnx.load of the same file."""
    path = folder / "nodes.onnx"
    count = many_nodes(path, NODES)
    use = process((*AUDITOR, "check", *STATIC, str(path)))
    peer = process((PYTHON, "-c", "import sys, onnx; onnx.load(sys.argv[1])", str(path)))
    figure = f"{use.wall:.0f} s ({use.cpu:.0f} of CPU, {use.cpu / peer.cpu:.0f}x onnx.load), {use.peak / 1e9:.2f} GB"
    tell(f"static check of {count:,} nodes", figure, "<= 60 s and 2.5 GB", use.wall <= 60 and use.peak <= 2.5e9)
    path.unlink()


def models(folder: Path, tell: Tell) -> None:
    """A registry listed, audited, and planned again when nothing has changed; against walking through its folders."""
    place, database = folder / "registry", folder / "registry.db"
    registry(place, MODELS)
    walk = process((PYTHON, "-c", "import os, sys; sum(1 for _ in os.walk(sys.argv[1]))", str(place)))
    command = (*AUDITOR, "batch", str(place), "--no-run", "--jobs", "2", "--db", str(database), "--quiet")
    for what in ("audited for the first time", "planned again, unchanged"):
        use = process(command)
        figure = f"{use.wall:.0f} s ({use.wall / walk.wall:.0f}x a walk through the folders), {use.peak / 1e6:.0f} MB"
        again = what.startswith("planned")
        good = use.peak <= 300e6 and (use.wall <= 30 or not again)
        tell(f"{MODELS:,} models {what}", figure, "<= 30 s and 300 MB" if again else "<= 300 MB", good)
    os.unlink(database)
