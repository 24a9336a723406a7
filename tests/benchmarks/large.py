"""Very large: 100 GB of external data, a million nodes, a hundred thousand models. Sparse, so that they cost no disk.

The rates are of two gigabytes that are there, against sha256 of the same bytes by one thread.
"""

from __future__ import annotations

import os
import tempfile
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
    """Hashing and reading weights, of one file and of four."""
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
        works = {"hashing": lambda at: hashed_files(str(at)), "weights": lambda at: measure(load(at))}
        for what, work in works.items():
            ours, peer = functions(partial(work, path), partial(sequential, place), 3)
            share = peer / ours / used
            figure = f"{size / ours / 1e9:.2f} GB/s, {peer / ours:.2f}x sha256 by one thread"
            tell(f"{what} of 2 GB in {files} files", figure, f">= {0.8 * used:.1f}x", share >= 0.8)


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
