"""The models that a rule's page names: text that onnx parses, or functions that make what text cannot say."""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from auditor.config import configuration
from auditor.errors import Unreadable
from auditor.evidence.evidence import Evidence
from auditor.model.graph import Model
from auditor.model.load import load
from auditor.pipeline import audit
from auditor.policy.judge import judge
from auditor.report import Contract, Finding, Found
from auditor.rules import Rule
from auditor.settings import DEEP, Settings

RUNNING = frozenset({"Trial", *(part.capitalize() for part in DEEP)})
"""The evidence that a process of its own gives."""

SECTIONS = ("What it does", "Why it matters", "Fires on", "Quiet on", "How to fix")

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_RANGE = re.compile(r"^# --range (\S+)=(\S+):(\S+)$", re.MULTILINE)
_TARGET_DTYPE = re.compile(r"^# --target-dtype (\S+)$", re.MULTILINE)
_TARGET = re.compile(r"^# --target (\S+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(onnx|mutator|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Fixture(NamedTuple):
    """One model of a page."""

    rule: Rule
    section: str
    name: str  # of the mutator, or the number of the block
    text: str  # "" where a mutator makes it
    policy: str = ""  # the auditor.toml under which a rule fires that the gate makes

    @property
    def ranges(self) -> dict[str, tuple[float, float] | str]:
        """What a comment says that the inputs hold: ``# --range x=-1:1``."""
        return ranges_in(self.text)

    @property
    def targets(self) -> tuple[str, ...]:
        """The runtimes that a comment names: ``# --target onnxruntime==1.17``."""
        return tuple(_TARGET.findall(self.text))

    @property
    def label(self) -> str:
        return f"{self.rule.name}/{self.section.lower().replace(' ', '-')}/{self.name}"

    def model(self, folder: Path) -> Path:
        """The model as a file in this folder."""
        path = folder / "model.onnx"
        if self.text:
            from onnx import parser

            path.write_bytes(parser.parse_model(self.text).SerializeToString())
            if self.ranges or self.targets or _TARGET_DTYPE.search(self.text):
                path.with_name("options.txt").write_text(self.text)
            return path
        make = _mutator(self.name)
        made = make(folder) if inspect.signature(make).parameters else make()
        if isinstance(made, Path):
            return made
        path.write_bytes(made)
        return path


def ranges_in(text: str) -> dict[str, tuple[float, float] | str]:
    """The ranges that comments of a model's text give."""
    return {name: (float(low), float(high)) for name, low, high in _RANGE.findall(text)}


def sections(page: str) -> dict[str, str]:
    """The text of each section of a page."""
    parts = _SECTION.split(page)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fixtures(rule: Rule) -> Iterator[Fixture]:
    for section in ("Fires on", "Quiet on"):
        policy = ""  # of the models behind it
        for number, (kind, text) in enumerate(_BLOCK.findall(sections(rule.page).get(section, "")), 1):
            if kind == "toml":
                policy = text
            elif kind == "onnx":
                yield Fixture(rule, section, str(number), text, policy)
            else:
                names = (line.partition("#")[0].strip() for line in text.splitlines())
                yield from (Fixture(rule, section, name, "") for name in names if name)


def findings(rule: Rule, path: Path) -> list[Found]:
    """What one rule says of one model."""
    return next(findings_of((rule,), path))


def findings_of(rules: Iterable[Rule], path: Path) -> Iterator[list[Found]]:
    """What each of these rules says of one model, which is read once, as is what they judge by if it is the same."""
    unreadable: Unreadable | None = None
    try:
        model = load(path)
    except Unreadable as error:
        unreadable = error
    contract = path.with_name("contract.pickle")  # contract_mutators.py
    said = pickle.loads(contract.read_bytes()) if contract.exists() else None
    known: dict[tuple[object, ...], Evidence] = {}
    for rule in rules:
        if unreadable:
            found = [Found(unreadable.why, fix=unreadable.fix)] if rule.name == "unreadable-model" else []
        elif "Contract" in rule.wants and said is None:
            found = []
        else:
            settings = _settings(rule, path)
            key = (settings.run, settings.weights, settings.deep_parts)  # the others are the model's
            if key not in known:
                known[key] = _evidence(model, settings, said, path)
            found = list(rule.check(*(known[key].about(kind) for kind in rule.wants)))
        yield found


def _settings(rule: Rule, path: Path) -> Settings:
    """What this rule needs to be asked for, and what stands beside the model."""
    given = path.with_name("options.txt")
    options = given.read_text() if given.exists() else ""
    target_dtype = _TARGET_DTYPE.search(options)
    against = path.with_name("against.onnx")  # sibling_mutators.py
    deep = frozenset(part for part in DEEP if part.capitalize() in rule.wants)
    return Settings(
        run=bool(deep) or not {"Trial", "Ranges"}.isdisjoint(rule.wants),
        deep_parts=deep,
        against=str(against) if against.exists() else None,
        weights=not {"Weights", "Ranges"}.isdisjoint(rule.wants),
        ranges=ranges_in(options),
        target_dtype=target_dtype[1] if target_dtype else None,
        runtimes=tuple(_TARGET.findall(options)),
    )


def _evidence(model: Model, settings: Settings, said: Contract | None, path: Path) -> Evidence:
    """Of the model, with what another machine saw of it."""
    evidence = Evidence(model, settings, said)
    recorded = path.with_name("trial.pickle")  # of a run that this machine cannot make (weight_mutators.py)
    if recorded.exists():
        evidence.__dict__["trial"] = pickle.loads(recorded.read_bytes())
    seen = path.with_name("deep.pickle")  # by a part of the look in depth, on another machine
    if seen.exists():
        part = pickle.loads(seen.read_bytes())
        evidence._deep[type(part).__name__.lower()] = part
    return evidence


def gate_findings(rule: Rule, path: Path, policy: str) -> list[Finding]:
    """What one rule says of one model where the gate makes its findings, out of a policy."""
    written = path.with_name("auditor.toml")
    written.write_text(policy)
    settings = Settings(run=False, weights=False)
    judged = judge(audit(path, settings), configuration.read(str(written)).policy(str(path))).report
    return [finding for finding in judged.findings if finding.rule == rule.name]


def _mutator(name: str) -> Callable[..., bytes | Path]:
    for word in ("", "weight_", "contract_", "hostile_", "deep_", "sibling_"):
        name_of_module = f"{word}mutators"
        module = f"tests.rules.{name_of_module}"
        if find_spec(module) is not None:
            found: Callable[..., bytes | Path] | None = getattr(import_module(module), name, None)
            if found is not None:
                return found
    raise LookupError(f"no function {name} in tests/rules/mutators.py or its neighbours")
