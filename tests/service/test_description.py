"""What the API's description says beside schemas, and that the routes hold to it."""

from __future__ import annotations

import pytest

from tests.service.conftest import Clients

SHA256 = "ab" * 32


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("models", "GET, POST"),
        ("models/" + "0" * 32, "GET, DELETE"),
        ("uploads/" + "0" * 32, "HEAD, PATCH"),
        ("policy", "GET, PUT"),
        ("whoami", "GET"),
    ],
)
def test_an_address_says_all_its_methods(client: Clients, path: str, allowed: str) -> None:
    """RFC 9110, 15.5.6: the Allow of 405 lists the methods of the resource, and not those of one route."""
    answer = client("admin").request("OPTIONS", f"/api/v1/{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(("size", "status"), [("3", 201), ("3.0", 201), ("3.5", 422), ('"3"', 422), ("true", 422)])
def test_a_whole_number_is_what_json_schema_holds_for_one(client: Clients, size: str, status: int) -> None:
    """JSON Schema, 6.1.1: an integer is any number without a fractional part."""
    body = f'{{"size": {size}, "sha256": "{SHA256}"}}'
    answer = client("submit").post("/api/v1/uploads", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status


def test_bounds_of_whole_numbers_are_described(client: Clients) -> None:
    schemas = client("read").get("/api/v1/openapi.json").json()["components"]["schemas"]
    size = schemas["NewUpload"]["properties"]["size"]
    assert (size["type"], size["minimum"], size["maximum"]) == ("integer", 0, 2**53 - 1)
    assert schemas["NewToken"]["properties"]["expires_in"]["anyOf"][0]["minimum"] == 1


def test_links_lead_to_operations_by_parameters_that_they_have(client: Clients) -> None:
    """OpenAPI 3.1, Link Object: an operationId that is there, and the names of its parameters."""
    paths = client("read").get("/api/v1/openapi.json").json()["paths"]
    operations = {one["operationId"]: one for methods in paths.values() for one in methods.values()}
    links = [
        link
        for one in operations.values()
        for response in one["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert len(links) > 20
    for link in links:
        names = {parameter["name"] for parameter in operations[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= names
