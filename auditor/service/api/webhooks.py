"""Webhooks: who hears of a changed verdict, for a project's admins."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ...store import webhooks
from ..answers.paging import USUAL, Cursor, Limit, cursor_of, place
from ..auth import Caller, needs, recorded, service_of, store_for
from ..context import Service
from ..outward.addresses import RefusedAddress, address_of, checked_alone, hosts_of
from ..problems import Problem, problems

router = APIRouter(tags=["webhooks"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class NewWebhook(BaseModel):
    """Where it is sent."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=2000, description="https:// or http://, on the public internet.")


class WebhookAnswer(BaseModel):
    """A webhook as it is known: not its secret."""

    id: str
    url: str
    created_at: str
    created_by: str


class WebhookMade(WebhookAnswer):
    """A new webhook, with the secret of its signatures, which nobody can be told again."""

    secret: str


class Webhooks(BaseModel):
    """The webhooks of the project, the oldest first."""

    items: list[WebhookAnswer]
    next: str | None


class DeliveryAnswer(BaseModel):
    """One thing that is to be sent, or was."""

    id: str
    body: dict[str, Any]
    state: str = Field(description="waiting, done, or given up")
    attempts: int
    next_at: str | None
    said: str = Field(description="What came of the last attempt.")
    created_at: str
    ended_at: str | None


class Deliveries(BaseModel):
    """What was sent to a webhook, the newest first."""

    items: list[DeliveryAnswer]
    next: str | None


@router.post("/webhooks", status_code=201, responses=problems(409))
def create(
    new: NewWebhook, request: Request, response: Response,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> WebhookMade:  # fmt: skip
    """A webhook that hears of every model of the project whose verdict changes."""
    try:
        checked_alone(address_of(new.url), hosts_of(service.hosts))
    except RefusedAddress as error:
        raise Problem(422, "webhook-url", str(error), "give a public https:// address, or ask the operator") from None
    made = webhooks.create(store_for(service, caller), new.url, caller.owner)
    if made is None:
        mend = "DELETE /api/v1/webhooks/{id} takes one away"
        raise Problem(409, "too-many-webhooks", f"a project has {webhooks.MOST} webhooks at most", mend)
    webhook, secret = made
    recorded(service, caller, request, "webhook.create", webhook.id)
    response.headers.update({"Cache-Control": "no-store", "Location": f"/api/v1/webhooks/{webhook.id}"})
    return WebhookMade(**webhook._asdict(), secret=secret)


@router.get("/webhooks", responses=problems())
def listed(
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Webhooks:  # fmt: skip
    """The webhooks of the caller's project."""
    found = webhooks.listed(store_for(service, caller), limit, _after(cursor))
    following = cursor_of(found[-1].created_at, found[-1].id) if len(found) == limit else None
    return Webhooks(items=[WebhookAnswer(**one._asdict()) for one in found], next=following)


@router.get("/webhooks/{webhook_id}", responses=problems(404))
def one(
    webhook_id: Id, caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)]
) -> WebhookAnswer:
    """One webhook."""
    return WebhookAnswer(**_webhook(service, caller, webhook_id)._asdict())


@router.delete("/webhooks/{webhook_id}", status_code=204, responses=problems(404))
def remove(
    webhook_id: Id, request: Request,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> None:  # fmt: skip
    """From now on it hears nothing; what was sent to it is forgotten."""
    if not webhooks.remove(store_for(service, caller), webhook_id):
        raise _unknown(webhook_id)
    recorded(service, caller, request, "webhook.delete", webhook_id)


@router.get("/webhooks/{webhook_id}/deliveries", responses=problems(404))
def deliveries(
    webhook_id: Id, caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Deliveries:  # fmt: skip
    """What was sent to a webhook, and what came of it."""
    _webhook(service, caller, webhook_id)
    found = webhooks.sent(store_for(service, caller), webhook_id, limit, _after(cursor))
    following = cursor_of(found[-1].created_at, found[-1].id) if len(found) == limit else None
    return Deliveries(items=[_answer(delivery) for delivery in found], next=following)


@router.post("/webhooks/{webhook_id}/test", status_code=202, responses=problems(404))
def test(
    webhook_id: Id, request: Request,
    caller: Annotated[Caller, needs("admin")], service: Annotated[Service, Depends(service_of)],
) -> DeliveryAnswer:  # fmt: skip
    """Send it something, of no model: event `test`. What comes of it stands in its deliveries."""
    delivery = webhooks.send_test(store_for(service, caller), webhook_id)
    if delivery is None:
        raise _unknown(webhook_id)
    recorded(service, caller, request, "webhook.test", webhook_id)
    return _answer(delivery)


def _webhook(service: Service, caller: Caller, webhook_id: str) -> webhooks.Webhook:
    found = webhooks.webhook_of(store_for(service, caller), webhook_id)
    if found is None:
        raise _unknown(webhook_id)
    return found


def _unknown(webhook_id: str) -> Problem:
    return Problem(404, "no-such-webhook", f"there is no webhook {webhook_id}", "GET /api/v1/webhooks lists them")


def _after(cursor: str | None) -> tuple[str, str] | None:
    last = place(cursor, str, str)
    return None if last is None else (str(last[0]), str(last[1]))


def _answer(delivery: webhooks.Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(**{**delivery._asdict(), "body": json.loads(delivery.body)})
