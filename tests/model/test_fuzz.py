"""Mutated files: an answer or a refusal, quickly, and the same answer as protobuf's wherever it has one.

A longer run: ``python -m tests.model.test_fuzz FILES [SEED]``.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from contextlib import suppress

import onnx
from google.protobuf.message import DecodeError

from auditor.errors import CannotLook, Unreadable
from auditor.model import payload
from auditor.model.file_troubles import BadAttribute, NotUtf8, OddEncoding
from auditor.model.load import loads
from tests.pace import check_units, cpu_of

from . import oracle
from .rewriting import varint
from .samples import data, nested

MOST = 50.0  # units of work that a file of a few thousand bytes may take


def seeds() -> list[bytes]:
    small = [path.read_bytes() for path in oracle.files() if path.stat().st_size < 4_000]
    return [data(), data(300), nested(3), *small]


def mutated(rng: random.Random, content: bytes) -> bytes:
    out = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(out) or 1)
        match rng.randrange(7):
            case 0:
                out[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                out[at : at + 1] = bytes([out[at] ^ 1 << rng.randrange(8)]) if out else b""
            case 2:
                del out[at : at + rng.choice((1, 2, 8, 64))]
            case 3:
                out[at:at] = out[at : at + rng.choice((1, 4, 32))]
            case 4:
                out[at:at] = rng.randbytes(rng.choice((1, 2, 8)))
            case 5:
                out[at : at + 1] = varint(rng.choice((0, 127, 128, 1 << 31, (1 << 63) - 1, (1 << 64) - 1)))
            case 6:
                del out[at:]
    return bytes(out)


def check(content: bytes) -> str:
    """One word for the outcome; AssertionError where it is not an allowed one."""
    start = time.process_time()
    try:
        model = loads(content)
    except (Unreadable, CannotLook):
        return "refused"
    finally:
        check_units(MOST, lambda: cpu_of(lambda: _read(content)), time.process_time() - start)
    for _, tensor in payload.tensors(model):
        found = payload.trouble(model, tensor)
        values = payload.small(model, tensor)
        assert values is None or len(values) == tensor.elements
        assert values is None or not any(isinstance(t, payload.WrongLength) for t in found)
    try:
        proto = onnx.load_model_from_string(content)
    except DecodeError:
        return "read by us alone"
    untyped = model.ir_version < 2  # then types of attributes are ours to guess
    same_functions = len(model.functions) == len(proto.functions)
    if (
        any(isinstance(t, (BadAttribute, NotUtf8, OddEncoding)) for t in model.troubles)
        or untyped
        or not same_functions
    ):
        return "read with troubles"
    assert repr(oracle.seen(model)) == repr(oracle.model_of(proto))  # repr: NaN is to equal NaN
    return "read like protobuf"


def _read(content: bytes) -> None:
    with suppress(Unreadable, CannotLook):
        loads(content)


def run(files: int, seed: int) -> Counter[str]:
    rng, corpus, outcomes = random.Random(seed), seeds(), Counter[str]()
    for _ in range(files):
        content = mutated(rng, rng.choice(corpus))
        try:
            outcomes[check(content)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}: {content!r}") from error
    return outcomes


def test_mutations() -> None:
    outcomes = run(files=40_000, seed=20260101)
    assert outcomes["refused"] > 100
    assert outcomes["read like protobuf"] > 100


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
