"""``python -m tests.fuzz --seconds 300 --seed 1``: the long form; prints what it finds, and may keep it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .campaign import campaign, seeds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first file; each later one has the next")
    parser.add_argument("--keep", type=Path, help="a folder for the files that are found")
    options = parser.parse_args()
    print(f"{len(seeds())} models to spoil, from seed {options.seed} on")
    files, finds, kinds = 0, 0, set[str]()
    until = time.monotonic() + options.seconds
    for _, find in campaign(options.seed):
        if time.monotonic() > until:
            break
        files += 1
        if find is None:
            continue
        finds += 1
        if find.what[:60] not in kinds:
            kinds.add(find.what[:60])
            print(find, flush=True)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{find.seed}.onnx").write_bytes(find.data)
    print(f"{files:,} files, {finds:,} finds of {len(kinds)} kinds")
    return 1 if finds else 0


sys.exit(main())
