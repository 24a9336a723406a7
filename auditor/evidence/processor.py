"""What of the processor decides how onnxruntime computes: 8-bit sums saturate on AVX2 without VNNI, and not with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache

RELEVANT = (
    "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "avx_vnni_int8", "avx512_bf16",
    "avx512_fp16", "amx_int8", "amx_bf16", "amx_fp16", "asimddp", "asimdhp", "i8mm", "bf16", "sve", "sve2",
)  # fmt: skip
"""Flags as Linux names them (/proc/cpuinfo), of x86 and of Arm."""


@cache
def processor() -> str:
    """What the processor is called: "AMD EPYC 9B14"; "" where the system does not say."""
    return next((words for key, words in _said() if key == "model name"), "")


@cache
def features() -> tuple[str, ...]:
    """The relevant flags that this processor has; none where the system does not say."""
    held = next((set(words.split()) for key, words in _said() if key in ("flags", "Features")), set())
    return tuple(flag for flag in RELEVANT if flag in held)


def _said() -> Iterator[tuple[str, str]]:
    """What Linux says of its processors, line by line."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        for line in lines:
            key, _, words = line.partition(":")
            yield key.strip(), words.strip()
