"""Asks the whole API, by its description, for everything that the description does not promise.

``python -m tests.service.contract --cases 10000 [--seed N]`` starts a service and has schemathesis ask it: the cases of
its coverage, then fuzzing and chains of requests until there are so many. It ends with 0 where no answer was 5xx or
otherwise than described, and every operation was answered with 2xx often enough. The tests run a short one.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import engine, hooks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.engine import Status, events
from schemathesis.generation.meta import TestPhase
from schemathesis.schemas import BaseSchema

from tests.service.contract_aims import AIMS, CREATING, Aim
from tests.service.contract_config import WHOLE, Plan, configuration, name_of
from tests.service.contract_server import served
from tests.service.contract_things import Things

_AIMED = 0.85  # of the valid requests
_SHOWN = 2000  # characters of a fault
_AIMED_PATHS = 0.3  # of those that are wrong elsewhere


@dataclass(slots=True)
class Found:
    """What was answered, and what of it was wrong."""

    answers: dict[str, Counter[int]] = field(default_factory=dict)
    cases: int = 0
    faults: dict[str, str] = field(default_factory=dict)  # by what is the same, with how to ask for it again

    def count(self, name: str, status: int) -> None:
        self.cases += 1
        self.answers[name][status] += 1

    def fault(self, title: str, told: str) -> None:
        self.faults.setdefault(title, told)

    def rare(self, often: int) -> list[str]:
        """Operations that were not answered with 2xx so often."""
        return [name for name, counted in self.answers.items() if _of(counted, 2) < often]

    @property
    def server_errors(self) -> int:
        return sum(_of(counted, 5) for counted in self.answers.values())

    def table(self) -> str:
        """Operations, and how often each was answered with what."""
        rows = [f"{'operation':66}{'2xx':>7}{'3xx':>6}{'4xx':>7}{'5xx':>5}"]
        total: Counter[int] = Counter()
        for name, counted in sorted(self.answers.items(), key=lambda one: one[0].split(" ")[::-1]):
            total += counted
            rows.append(f"{name:66}{_of(counted, 2):7}{_of(counted, 3):6}{_of(counted, 4):7}{_of(counted, 5):5}")
        return "\n".join([*rows, f"{'all':66}{_of(total, 2):7}{_of(total, 3):6}{_of(total, 4):7}{_of(total, 5):5}"])


def _of(counted: Counter[int], kind: int) -> int:
    return sum(number for status, number in counted.items() if status // 100 == kind)


Schema = Callable[[SchemathesisConfig], BaseSchema]
Say = Callable[[str], object]


def ask_all(
    schema: Schema, token: str, things: Things, cases: int, seed: int, plan: Plan = WHOLE, say: Say = lambda _: None
) -> Found:
    """Coverage, then fuzzing and chains, until there were so many cases and each operation was answered."""
    found = Found()
    for turn in range(plan.rounds):
        asked = schema(configuration(token, seed + turn, plan, again=turn > 0))
        for operation in asked.get_all_operations():
            assert isinstance(operation, Ok)
            found.answers.setdefault(name_of(operation.ok()), Counter())
        with _hooked(things, found):
            for event in engine.from_schema(asked).execute():
                _take(event, found)
                if isinstance(event, events.PhaseFinished):
                    say(f"{event.phase.name.value}: {found.cases} cases, {len(found.faults)} faults")
        if found.cases >= cases and not found.rare(plan.often):
            break
    return found


@contextmanager
def _hooked(things: Things, found: Found) -> Iterator[None]:
    """Valid requests are aimed at what is there, and answers are counted."""

    def before_call(_: Any, case: Any, kwargs: Any) -> None:
        aim(things, case)

    def after_call(_: Any, case: Any, response: Any) -> None:
        found.count(name_of(case.operation), response.status_code)

    schemathesis.hook(before_call)
    schemathesis.hook(after_call)
    try:
        yield
    finally:
        hooks.unregister(before_call)
        hooks.unregister(after_call)


def aim(things: Things, case: Any) -> None:
    """Point a case at what is there, and keep it from what is needed again."""
    name, meta = name_of(case.operation), case.meta
    for header, value in case.headers.items():
        case.headers[header] = value if isinstance(value, (str, bytes)) else str(value)  # a link's may be a number
    if meta is None or case.method.upper() != name.split(" ")[0]:
        return
    is_chain = meta.phase.name is TestPhase.STATEFUL
    wanted = name in CREATING if is_chain else name in AIMS
    if wanted and meta.generation.mode.is_positive and things.chance.random() < _AIMED:
        AIMS[name](things, case)
    elif (
        wanted
        and not is_chain
        and not meta.is_negative_at(ParameterLocation.PATH)
        and things.chance.random() < _AIMED_PATHS
    ):
        _aim_path(things, case, AIMS[name])
    is_kept = bool(things.kept.intersection(map(str, case.path_parameters.values())))
    if is_kept and case.method.upper() == "DELETE" and not name.endswith("/badge"):
        AIMS[name](things, case)
    case._record_starting_state()  # an aim is valid: else bytes in a body would be held for something that is not


def _aim_path(things: Things, case: Any, to: Aim) -> None:
    """What is wrong with the rest of the request stays wrong."""
    if not case.path_parameters:
        return
    said = case.query, case.headers.copy(), case.body, case.media_type
    to(things, case)
    case.query, case.headers, case.body, case.media_type = said


def _take(event: Any, found: Found) -> None:
    if isinstance(event, events.NonFatalError):
        found.fault(f"{event.label}: {event.info.title}", str(event.info.message))
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        for case_id, checks in event.recorder.checks.items():
            for check in checks:
                if check.status is Status.FAILURE and check.failure_info is not None:
                    case = event.recorder.cases[case_id].value
                    _failed(found, name_of(case.operation), check.name, check.failure_info)


def _failed(found: Found, name: str, check: str, info: Any) -> None:
    failure: Failure = info.failure
    first = re.sub(r"[0-9a-f]{8,}", "*", failure.message.partition("\n")[0])
    found.fault(f"{name}: {check}: {first}"[:300], f"{failure.message}\n{info.code_sample}")


def main(cases: int, seed: int) -> int:
    """Ask, and tell what came of it."""
    began, plan = time.monotonic(), WHOLE

    def say(line: str) -> None:
        print(f"{line} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        things = Things(server.ask, server.token_id, seed)
        things.wait()
        found = ask_all(server.schema, server.token, things, cases, seed, plan, say)
    print(found.table())
    for title, told in found.faults.items():
        print(f"\n{title}\n{told[:_SHOWN]}")
    rare = found.rare(plan.often)
    print(
        f"\n{found.cases} cases (seed {seed}), {len(found.faults)} faults, {found.server_errors} answers of 5xx, "
        f"{len(rare)} of {len(found.answers)} operations below {plan.often} answers of 2xx: "
        f"{', '.join(rare) or 'none'} ({time.monotonic() - began:.0f} s)"
    )
    return int(bool(found.faults or found.server_errors or rare))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    sys.exit(main(chosen.cases, chosen.seed))
