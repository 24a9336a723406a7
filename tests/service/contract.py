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
from schemathesis.transport.serialization import serialize_binary

from auditor.service.api import PREFIX
from tests.service.contract_aims import AIMS, CREATING, Aim
from tests.service.contract_server import served
from tests.service.contract_things import PIECE, Things

OFTEN = 20
"""So many answers of 2xx an operation needs."""

BEGAN = time.monotonic()
_AIMED = 0.85  # of the valid requests
_ROUNDS = 30  # of fuzzing, at most
Phases = tuple[str, ...]
_ALL: Phases = ("examples", "coverage", "fuzzing", "stateful")
_AGAIN: Phases = ("fuzzing", "stateful")
_MEANING = (
    # By operation what a valid request may be refused with beyond 404 and 409, for its meaning is in no schema.
    ("POST /audits", "422"),  # options that contradict each other, a source that is not allowed, a key of another one
    ("GET /audits", "422"),  # a cursor is any text
    ("GET /deeds", "422"),
    ("GET /models", "422"),
    ("GET /models/{model_id}/versions", "422"),
    ("GET /webhooks", "422"),
    ("GET /webhooks/{webhook_id}/deliveries", "422"),
    ("POST /models", "422"),  # contents that are not there, paths that lead out of a folder
    ("PUT /policy", "422"),  # a text that is no TOML, or no policy
    ("POST /webhooks", "422"),  # an address that is not public
    ("POST /uploads", "413"),  # larger than this server takes
    ("PATCH /uploads/{upload_id}", "413"),  # more than the upload's size
    ("PATCH /uploads/{upload_id}", "422"),  # another content than was promised
)


_REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429", "431"]
"""Of what is wrong, with what is too long: a body, an address, a header."""


@schemathesis.serializer(PIECE)
def _bytes(_: Any, value: Any) -> bytes:
    """Pieces of a file go as they are."""
    return serialize_binary(value)


def configuration(token: str, seed: int, phases: Phases, examples: int, chains: int) -> SchemathesisConfig:
    """How it asks: whatever it finds is told, and nothing is kept."""
    meaning: dict[str, list[str]] = {}
    for name, status in _MEANING:
        meaning.setdefault(name, ["2xx", "3xx", "401", "403", "404", "409", "429"]).append(status)
    operations: list[dict[str, Any]] = [
        # What stands before the routes says 401 to whoever changes something as nobody; this route alone needs nobody.
        {"include-name": named("GET /badges/{badge}.svg"), "checks": {"unsupported_method": {"enabled": False}}},
        # An audit that was cancelled is still told of: as cancelled.
        {"include-path-regex": f"^{PREFIX}/audits/", "checks": {"use_after_free": {"enabled": False}}},
    ]
    operations += [
        {"include-name": named(name), "checks": {"positive_data_acceptance": {"expected-statuses": statuses}}}
        for name, statuses in meaning.items()
    ]
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "workers": 1,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "request-timeout": 60,
            "cache": {"enabled": False},
            "auth": {"openapi": {"HTTPBearer": {"bearer": token}}},
            "generation": {
                "max-examples": examples, "no-shrink": True, "database": "none",
                "allow-x00": False,  # no text may hold a NUL, of which no schema speaks: the guards' tests try it
            },
            "phases": {
                name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing")
            }
            | {"stateful": {"enabled": "stateful" in phases, "generation": {"max-examples": chains}}},
            "checks": {"negative_data_rejection": {"expected-statuses": _REFUSALS}},
            "operations": operations,
        }
    )  # fmt: skip


def named(operation: str) -> str:
    """The operation as schemathesis calls it."""
    method, path = operation.split(" ")
    return f"{method} {PREFIX}{path}"


def name_of(case: Any) -> str:
    """The operation of a case as it is called here."""
    return str(case.operation.label).replace(f" {PREFIX}", " ")


@dataclass(slots=True)
class Found:
    """What was answered, and what of it was wrong."""

    answers: dict[str, Counter[int]] = field(default_factory=dict)
    cases: int = 0
    faults: dict[str, str] = field(default_factory=dict)  # by what is the same, with how to ask for it again

    def count(self, name: str, status: int) -> None:
        self.cases += 1
        self.answers[name][status] += 1
        if self.cases % 500 == 0:
            print(f"{self.cases} cases, {len(self.faults)} faults", file=sys.stderr, flush=True)

    def fault(self, title: str, told: str) -> None:
        if title not in self.faults:
            print("FAULT", title, told[:1500], sep="\n", file=sys.stderr, flush=True)
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


def ask_all(schema: Callable[[SchemathesisConfig], BaseSchema], token: str, things: Things, cases: int, seed: int,
            often: int = OFTEN, examples: int = 40, chains: int = 100, most: int = _ROUNDS, phases: Phases = _ALL,
            ) -> Found:  # fmt: skip
    """Coverage, then fuzzing and chains, until there were so many cases and each operation was answered."""
    found = Found()
    for round_ in range(most):
        asked = schema(configuration(token, seed + round_, phases if round_ == 0 else _AGAIN, examples, chains))
        for operation in asked.get_all_operations():
            assert isinstance(operation, Ok)
            found.answers.setdefault(str(operation.ok().label).replace(f" {PREFIX}", " "), Counter())
        with _hooked(things, found):
            for event in engine.from_schema(asked).execute():
                _take(event, found)
                if isinstance(event, events.PhaseFinished):
                    print(
                        f"{event.phase.name.value} {found.cases} cases {time.monotonic() - BEGAN:.0f} s",
                        file=sys.stderr,
                        flush=True,
                    )
        print(f"round {round_}: {found.cases} cases; rare {found.rare(often)}", file=sys.stderr, flush=True)
        if found.cases >= cases and not found.rare(often):
            break
    return found


@contextmanager
def _hooked(things: Things, found: Found) -> Iterator[None]:
    """Valid requests are aimed at what is there, and answers are counted."""

    def before_call(_: Any, case: Any, kwargs: Any) -> None:
        aim(things, case)

    def after_call(_: Any, case: Any, response: Any) -> None:
        found.count(name_of(case), response.status_code)

    schemathesis.hook(before_call)
    schemathesis.hook(after_call)
    try:
        yield
    finally:
        hooks.unregister(before_call)
        hooks.unregister(after_call)


def aim(things: Things, case: Any) -> None:
    """Point a case at what is there, and keep it from what is needed again."""
    name, meta = name_of(case), case.meta
    for header, value in case.headers.items():
        case.headers[header] = value if isinstance(value, (str, bytes)) else str(value)  # a link's may be a number
    if meta is None or case.method.upper() != name.split(" ")[0]:
        return
    is_chain = meta.phase.name is TestPhase.STATEFUL
    wanted = name in CREATING if is_chain else name in AIMS
    if wanted and meta.generation.mode.is_positive and things.chance.random() < _AIMED:
        AIMS[name](things, case)
    elif wanted and not is_chain and not meta.is_negative_at(ParameterLocation.PATH) and things.chance.random() < 0.3:
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
                    _failed(found, name_of(case), check.name, check.failure_info)


def _failed(found: Found, name: str, check: str, info: Any) -> None:
    failure: Failure = info.failure
    first = re.sub(r"[0-9a-f]{8,}", "*", failure.message.partition("\n")[0])
    found.fault(f"{name}: {check}: {first}"[:300], f"{failure.message}\n{info.code_sample}")


def main(cases: int, seed: int) -> int:
    """Ask, and tell what came of it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        things = Things(server.ask, server.token_id, seed)
        things.wait()
        found = ask_all(server.schema, server.token, things, cases, seed)
    print(found.table())
    for title, told in found.faults.items():
        print(f"\n{title}\n{told}")
    rare = found.rare(OFTEN)
    print(
        f"\n{found.cases} cases (seed {seed}), {len(found.faults)} faults, {found.server_errors} answers of 5xx, "
        f"{len(rare)} of {len(found.answers)} operations below {OFTEN} answers of 2xx {rare or ''}"
        f"({time.monotonic() - began:.0f} s)"
    )
    return int(bool(found.faults or found.server_errors or rare))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    sys.exit(main(chosen.cases, chosen.seed))
