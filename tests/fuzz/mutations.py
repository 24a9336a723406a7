"""Ways to spoil the bytes of a model."""

from __future__ import annotations

import random
from collections.abc import Sequence

_VARINTS = (b"\x00", b"\x7f", b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\x80\x80\x04")


def mutated(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """One to six changes, most of them small: a file that is spoilt everywhere is refused at once."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _change(rng, out, others)
    return bytes(out)


def _change(rng: random.Random, out: bytearray, others: Sequence[bytes]) -> None:
    size = len(out)
    at = rng.randrange(size) if size else 0
    length = min(rng.choice((1, 2, 4, 8, 30, 200)), size - at)
    match rng.randrange(12):
        case 0 | 1 | 2 if size:
            out[at] ^= 1 << rng.randrange(8)
        case 3 | 4 if size:
            out[at] = rng.randrange(256)
        case 5:
            del out[at : at + length]
        case 6:
            out[at:at] = out[at : at + length]
        case 7:
            out[at:at] = rng.choice(_VARINTS)
        case 8:
            out[at : at + 1] = rng.choice(_VARINTS)
        case 9:
            del out[at:]
        case 10:
            to = rng.randrange(size + 1)
            out[to:to] = out[at : at + length]
        case _:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            out[at : at + length] = other[start : start + rng.choice((2, 8, 40, 300))]
