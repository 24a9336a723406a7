"""The API keeps what its description promises: ``python -m tests.service.contract`` in short, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from starlette.testclient import TestClient

from auditor.service.api import PREFIX
from auditor.service.context import Service
from auditor.service.files.storage import Storage
from auditor.service.http import application
from auditor.store.tokens import create
from auditor.store.works import Works
from tests.service.contract import Found, ask_all
from tests.service.contract_config import Plan
from tests.service.contract_server import LIMITS
from tests.service.contract_things import Answer, Things
from tests.service.registering import dispatched

MANY = ("POST /audits", "GET /audits", "POST /models", "GET /models", "GET /gate", "POST /tokens")
ALIKE = ("GET /webhooks", "GET /webhooks/{webhook_id}/deliveries", "GET /models/{model_id}/versions")  # as GET /deeds
SHORT = Plan(examples=3, chains=5, rounds=20, often=1, methods=("OPTIONS", "PUT"), uncovered=MANY + ALIKE)
"""One round mostly. What is drawn depends on more than the seed: hypothesis takes constants out of the modules that are
imported at that time. Where an operation was not answered with 2xx by chance, there is another."""

HOST = "testserver"
"""As schemathesis calls an application in its own process."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """What came of it."""
    folder: Path = tmp_path_factory.mktemp("contract")
    storage = Storage(folder / "storage")
    limits = LIMITS._replace(wait=0.01, stream=0.01)
    with Works.open(folder / "reports.db") as store:
        service = Service(store, storage, limits, secret=storage.secret(), names=(HOST,))
        token, text = create(store, "contract", ["read", "submit", "accept", "admin"])
        served = application(service)
        client = TestClient(served, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {text}"})

        def ask(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            answer = client.request(method, path, content=body, headers=dict(headers))
            return answer.status_code, dict(answer.headers), answer.content

        def schema(config: SchemathesisConfig) -> BaseSchema:
            return schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", served, config=config)

        things = Things(ask, token.id, 1)
        dispatched(service)
        yield ask_all(schema, text, things, 1, seed=1, plan=SHORT)


def test_nothing_is_otherwise_than_described(found: Found) -> None:
    assert not found.faults, "\n\n".join(f"{title}\n{told}" for title, told in found.faults.items())
    assert not found.server_errors, found.table()


def test_every_operation_is_answered(found: Found) -> None:
    assert len(found.answers) >= 34
    assert not found.rare(1), found.table()
