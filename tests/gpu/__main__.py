"""``python -m tests.gpu [--provider NAME[,NAME...]] [--report FOLDER] [PART...]``: all that needs a graphics card.

Without a provider, those of NVIDIA's cards: cuda, tensorrt and both in a chain. What this machine lacks is left out
with its reason. Writes report.md and report.json, and ends with 1 where something failed. Any other provider stands in
for a card: ``--provider cpu``, or ``--provider openvino --provider-library openvino=PATH``.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.corpus import SAMPLES, light_models

from .parts import FAILED, PARTS, SKIPPED, Seen
from .place import CARDS, Place, lacking

_NVIDIA = ("cuda", "tensorrt", "tensorrt,cuda")
_TF32 = 1e-2  # a card multiplies in 10 bits of mantissa where nothing else is said
_HEAVY = frozenset({"in-depth", "latency", "memory"})
_LIGHT_ENOUGH = 2  # models of the heavy parts


def main(arguments: Sequence[str]) -> int:
    """Run the parts, write the report, and say how it went."""
    asked = _parser().parse_args(arguments)
    libraries = dict(one.split("=", 1) for one in asked.provider_library)
    options = dict(one.split("=", 1) for one in asked.option)
    models = (SAMPLES / "lenet5" / "lenet5.onnx", SAMPLES / "alexnet.onnx", *light_models())
    if asked.models is not None:
        models = models[: asked.models]
    rows: list[tuple[str, Seen]] = []
    for provider in asked.provider or _NVIDIA:
        limit = _TF32 if CARDS & set(provider.split(",")) else Place("cpu").limit
        place = Place(provider, libraries, options, asked.device, limit, asked.wrong)
        lack = lacking(place)
        for name in asked.parts or PARTS:
            some = models[:_LIGHT_ENOUGH] if name in _HEAVY else models
            seen = Seen(name, SKIPPED, lack) if lack else _seen(name, place, some)
            rows.append((provider, seen))
            print(f"{seen.status:8} {provider}: {name}{f': {seen.why}' if seen.why else ''}", flush=True)
    _write(Path(asked.report), rows)
    return 1 if any(seen.status == FAILED for _, seen in rows) else 0


def _seen(name: str, place: Place, models: tuple[Path, ...]) -> Seen:
    """A fault of a part is told in its place: the time on a card is dear, and the other parts go on."""
    try:
        return PARTS[name](place, models)
    except Exception:
        return Seen(name, FAILED, traceback.format_exc(limit=-2).strip().replace("\n", "; "))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.gpu", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--provider", action="append", help="or a chain, as in tensorrt,cuda; may be repeated")
    parser.add_argument("--provider-library", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="of the first provider")
    parser.add_argument("--device", type=int)
    parser.add_argument("--models", type=int, help="only the first so many")
    parser.add_argument("--report", default="gpu-report", metavar="FOLDER")
    parser.add_argument("--wrong", action="store_true", help="put a fault in: the agreement must fail")
    return parser


def _write(folder: Path, rows: Sequence[tuple[str, Seen]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    parts = [{"provider": provider, **seen._asdict()} for provider, seen in rows]
    (folder / "report.json").write_text(json.dumps({"machine": machine, "parts": parts}, indent=2) + "\n")
    lines = ["# Runs on a graphics card", "", machine, "", "| provider | part | status | why |", "|---|---|---|---|"]
    lines += [f"| {provider} | {seen.part} | {seen.status} | {_cell(seen.why)} |" for provider, seen in rows]
    for provider, seen in rows:
        told = [*seen.lines, *(f"{name}: {value:g}" for name, value in seen.figures.items())]
        lines += ["", f"## {provider}: {seen.part}", "", *(f"- {_cell(line)}" for line in told)] if told else []
    (folder / "report.md").write_text("\n".join(lines) + "\n")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
