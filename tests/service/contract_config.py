"""How schemathesis asks the API: which checks it holds answers to, and what else than usual is right."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.transport.serialization import serialize_binary

from auditor.service.api import PREFIX
from tests.service.contract_things import PIECE

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


METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE")


class Plan(NamedTuple):
    """How much is asked."""

    examples: int = 40  # of fuzzing an operation, at most, in a round
    chains: int = 100  # of requests, in a round
    rounds: int = 30  # at most: the first one has the cases of coverage, too
    often: int = 20  # so many answers of 2xx an operation needs
    methods: Collection[str] = METHODS  # that are tried where an address does not have them
    uncovered: Collection[str] = ()  # operations of which coverage has more cases than there is time for


WHOLE = Plan()
"""What the campaign asks."""


def configuration(token: str, seed: int, plan: Plan, *, again: bool) -> SchemathesisConfig:
    """How it asks: whatever it finds is told, and nothing is kept. ``again``: coverage has been."""
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
    operations += [{"include-name": named(name), "phases": {"coverage": {"enabled": False}}} for name in plan.uncovered]
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
                "max-examples": plan.examples, "no-shrink": True, "database": "none",
                "allow-x00": False,  # no text may hold a NUL, of which no schema speaks: the guards' tests try it
            },
            "phases": {
                "examples": {"enabled": not again},
                "coverage": {"enabled": not again, "unexpected-methods": list(plan.methods)},
                "stateful": {"generation": {"max-examples": plan.chains}},
            },
            "checks": {"negative_data_rejection": {"expected-statuses": _REFUSALS}},
            "operations": operations,
        }
    )  # fmt: skip


def named(operation: str) -> str:
    """The operation as schemathesis calls it."""
    method, path = operation.split(" ")
    return f"{method} {PREFIX}{path}"


def name_of(operation: Any) -> str:
    """An operation of schemathesis' as it is called here."""
    return str(operation.label).replace(f" {PREFIX}", " ")
