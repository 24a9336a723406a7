"""Why nodes did not go to the provider that was asked for: onnxruntime's own log, as far as it tells.

Providers that have a kernel for each operator (CUDA, WebGPU, ...) say of which nodes they have none, and onnxruntime
says which of them it keeps on the CPU all the same. Providers that compile whole pieces of a graph (TensorRT,
OpenVINO, ...) take what they take, and say nothing: then nothing is known, and nothing is guessed.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .outcome import Fallback, Placed
from .providers import CPU, Chain, word_for

INFORMATION, WARNING = 1, 2
"""onnxruntime's levels of severity."""

NO_KERNEL = "no kernel for it, for its opset or for its types"
KEPT = "kept beside shape arithmetic on the CPU by onnxruntime"

_NO_KERNEL = re.compile(r"(\S+) kernel not found in registries for Op type: (\S+)(?: node name: (.*))?\Z", re.DOTALL)
_KEPT = re.compile(
    r"(?:ORT optimization- )?Force (?:fallback to )?CPU execution for node: (.*?)(?: because the CPU execution .*)?\Z",
    re.DOTALL,
)
_MOST = 100_000  # nodes of which something is remembered


class FallbackLog:
    """Hears what onnxruntime logs, keeps what is said of nodes, and passes warnings and errors on."""

    def __init__(self) -> None:
        self._without: set[tuple[str, str, str]] = set()  # the provider's word, the operator, the node
        self._kept: set[str] = set()

    def listens(self, ort: Any) -> bool:
        """Ask this onnxruntime for its log; False where it has no way to hand it over (1.24 had none)."""
        if not hasattr(ort, "set_default_logger_callback"):
            return False
        ort.set_default_logger_callback(self.hear, INFORMATION)
        return True

    def hear(self, severity: int, category: str, logid: str, place: str, message: str) -> None:
        """One line of the log."""
        if severity >= WARNING:
            level = "VIWEF"[min(severity, 4)]
            line = f"- - [{level}:{category}:{logid}, {place}] {message}\n"
            os.write(2, line.encode("utf-8", "backslashreplace"))
        if len(self._without) + len(self._kept) < _MOST:
            if found := _NO_KERNEL.match(message):
                self._without.add((found[1].lower(), found[2], found[3] or ""))
            elif found := _KEPT.match(message):
                self._kept.add(found[1])

    def why(self, node: Placed, chain: Chain) -> str:
        """Why a node is not on the first provider of a chain; "" where nobody said."""
        others = [link.name for link in chain.links if link.name != CPU]
        said = {who for who, op_type, name in self._without if (op_type, name) == (node.op_type, node.node)}
        if said and (len(others) == 1 or word_for(chain.first) in said):
            return NO_KERNEL
        return KEPT if node.node and node.node in self._kept else ""


def fallbacks(placed: Iterable[Placed], chain: Chain, listener: FallbackLog) -> tuple[Fallback, ...]:
    """The nodes that are elsewhere, by operator, provider and reason, the most frequent first."""
    found = Counter(
        (one.op_type, one.provider, listener.why(one, chain)) for one in placed if one.provider != chain.first
    )
    return tuple(Fallback(*key, number) for key, number in found.most_common())
