"""The registry of hostile files: each is made by a small function, and says what must come of it.

The files themselves stand by theme in the modules named at the end; their functions' docstrings say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TypeAlias

Maker: TypeAlias = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """One hostile file. ``make`` writes it into a folder and gives the path to be audited."""

    name: str
    make: Maker
    rule: str = ""  # that must be among the findings
    exit: int = 1
    coverage: str = ""  # words that must stand in what was not looked at
    run: bool = False
    work: float = 20.0  # units of `tests.pace` that the audit may take
    memory: int = 275  # MB that it may take beyond what an interpreter with auditor in it holds
    seconds: float = 120.0  # that a run may take: few only where it would not end
    sound: bool = False  # no error and no warning may be found

    def __repr__(self) -> str:
        return self.name


CASES: dict[str, Case] = {}


def case(rule: str = "", exit: int = 1, **more: object) -> Callable[[Callable[..., Path | bytes]], Maker]:
    """Register a maker: it takes a folder and gives a path, or takes nothing and gives the bytes of ``model.onnx``."""

    def bind(maker: Callable[..., Path | bytes]) -> Maker:
        return add(maker.__name__.strip("_"), maker, rule, exit, **more)

    return bind


def add(name: str, maker: Callable[..., Path | bytes], rule: str = "", exit: int = 1, **more: object) -> Maker:
    """The same, of a maker from a loop or from elsewhere; a parameter ``folder`` says that it wants one."""
    takes_folder = "folder" in signature(maker).parameters

    def make(folder: Path) -> Path:
        made = maker(folder=folder) if takes_folder else maker()
        if isinstance(made, Path):
            return made
        path = folder / "model.onnx"
        path.write_bytes(made)
        return path

    assert name not in CASES, name
    CASES[name] = Case(name, make, rule, exit, **more)  # type: ignore[arg-type]  # the fields of Case, by name
    return make


def all_cases() -> tuple[Case, ...]:
    for module in ("no_models", "encodings", "floods", "tensors", "graphs", "sizes", "killers"):
        import_module(f"tests.hostile.{module}")
    return tuple(CASES.values())
