"""Webhooks as rows: each project's own, sent at least once, given up after some attempts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from auditor.store import webhooks
from auditor.store.service_tables import deliveries, models
from auditor.store.tokens import moment
from auditor.store.webhooks import DueDelivery
from auditor.store.works import Piece, Works

from .reports import document

URL = "https://hooks.example.com/x"


@pytest.fixture
def store(where: str) -> Iterator[Works]:
    with Works.open(where) as opened:
        yield opened


def hook(store: Works) -> str:
    made = webhooks.create(store, URL, "ann")
    assert made is not None
    return made[0].id


def audit(store: Works, verdict: str, subject: str = "resnet", ad_hoc: bool = False) -> int:
    """An audit is kept, and told of in the same transaction; to how many."""
    said = {**document(), "verdict": verdict, "ad_hoc": ["run"] if ad_hoc else []}
    with store.writing() as connection:
        piece = Piece(said, f"/{subject}", None, subject=subject, version="2", uid=uuid4().hex)
        ((audit_id, _),) = store.finish_within(connection, store.ready([piece]))
        return webhooks.tell_of(connection, store.project, audit_id)


def change(store: Works) -> int:
    """A verdict changes; how many hear of it."""
    audit(store, "pass")
    return audit(store, "fail")


def due(store: Works) -> DueDelivery:
    (found,) = webhooks.claimed(store, 10, 60.0)
    return found


def hasten(store: Works) -> None:
    """As if the time of all that waits had come."""
    with store.writing() as connection:
        connection.execute(update(deliveries).where(deliveries.c.state == "waiting").values(next_at="2001"))


def test_the_secret_is_told_once(store: Works) -> None:
    made = webhooks.create(store, URL, "ann")
    assert made is not None
    webhook, secret = made
    assert len(secret.removeprefix("auh_")) == 43, "of 64 letters: 258 bits"
    assert webhooks.listed(store) == [webhook] and webhooks.webhook_of(store, webhook.id) == webhook
    change(store)
    assert due(store).secret == secret.encode()


def test_a_project_has_so_many_at_most(store: Works) -> None:
    for _ in range(webhooks.MOST):
        hook(store)
    assert webhooks.create(store, URL, "ann") is None
    hook(store.in_project("blue"))


def test_all_of_a_project_hear_of_a_changed_verdict(store: Works) -> None:
    ids = {hook(store), hook(store)}
    hook(store.in_project("blue"))
    assert change(store) == 2
    found = webhooks.claimed(store, 10, 60.0)
    assert len(found) == 2 and {one.project for one in found} == {"default"}
    body = json.loads(found[0].body)
    assert {key: body[key] for key in ("event", "project", "model", "before", "now")} == {
        "event": "verdict.changed", "project": "default", "model": {"id": None, "name": "resnet"}, "before": "pass",
        "now": "fail",
    }  # fmt: skip
    uid = body["audit"].pop("id")
    assert body["audit"] == {"version": "2", "errors": 1, "warnings": 1, "notes": 0}
    assert store.audit_by_uid(uid) == store.history("resnet", 1)[0].id
    assert body["id"] == found[0].id and datetime.fromisoformat(body["at"]).tzinfo
    assert {one.webhook_id for webhook in ids for one in webhooks.sent(store, webhook, 10)} == ids


def test_no_change_is_not_told(store: Works) -> None:
    """Of a first verdict nothing, nor of the same again, of an ad hoc look, of another model or another project."""
    hook(store)
    blue = store.in_project("blue")
    hook(blue)
    assert [audit(store, verdict) for verdict in ("pass", "pass")] == [0, 0]
    assert audit(store, "fail", ad_hoc=True) == 0 and audit(store, "pass") == 0
    assert audit(store, "fail", subject="other") == 0 and audit(blue, "fail") == 0
    assert webhooks.claimed(store, 10, 60.0) == []
    assert [audit(store, verdict) for verdict in ("fail", "inconclusive", "pass")] == [1, 1, 1]


def test_a_registered_model_is_named_by_its_id(store: Works) -> None:
    webhook, model = hook(store), uuid4().hex
    row = {"id": model, "project": "default", "name": "resnet", "created_at": "2026", "created_by": "ann"}
    with store.writing() as connection:
        connection.execute(insert(models), [row, row | {"id": uuid4().hex, "project": "blue"}])
    change(store)
    assert json.loads(webhooks.sent(store, webhook, 1)[0].body)["model"] == {"id": model, "name": "resnet"}


def test_it_is_written_with_the_report_or_not_at_all(store: Works) -> None:
    hook(store)
    audit(store, "pass")
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        piece = Piece({**document(), "verdict": "fail"}, "/resnet", None, subject="resnet")
        ((audit_id, _),) = store.finish_within(connection, store.ready([piece]))
        assert webhooks.tell_of(connection, "default", audit_id) == 1
        raise ZeroDivisionError
    assert webhooks.claimed(store, 10, 60.0) == []


def test_what_was_claimed_is_nobody_else_s_for_a_while(store: Works) -> None:
    hook(store)
    change(store)
    first = due(store)
    assert first.attempts == 1 and webhooks.claimed(store, 10, 60.0) == []
    hasten(store)  # its worker is dead
    again = due(store)
    assert (again.id, again.attempts) == (first.id, 2)
    webhooks.delivered(store, first, "answered 200, long after")
    assert webhooks.sent(store, hook_of(store), 10)[0].state == "waiting", "another attempt is on its way"
    webhooks.delivered(store, again, "answered 200")
    assert webhooks.sent(store, hook_of(store), 10)[0].state == "done"


def hook_of(store: Works) -> str:
    return webhooks.listed(store)[0].id


def test_a_webhook_that_does_not_answer_keeps_no_other_waiting(store: Works) -> None:
    slow, quick = hook(store), hook(store)
    for _ in range(5):
        webhooks.send_test(store, slow)
    webhooks.send_test(store, quick)
    taken = webhooks.claimed(store, 10, 60.0)
    with store.reading() as connection:
        query = select(deliveries.c.webhook_id).where(deliveries.c.id.in_([one.id for one in taken]))
        assert sorted(connection.scalars(query)) == sorted([slow, quick])
    assert len(webhooks.claimed(store, 0, 60.0)) == 0 and len(webhooks.claimed(store, 1, 60.0)) == 1


def test_it_is_tried_again_later_and_then_given_up(store: Works) -> None:
    webhook = hook(store)
    change(store)
    waits = []
    for attempt in range(1, webhooks.TRIES + 1):
        hasten(store)
        taken = due(store)
        assert taken.attempts == attempt
        before = datetime.now(UTC)
        webhooks.not_delivered(store, taken, f"answered 500 {attempt} \0" + "x" * 1000)
        after = datetime.now(UTC)
        (delivery,) = webhooks.sent(store, webhook, 10)
        assert delivery.said.startswith(f"answered 500 {attempt} ") and len(delivery.said) <= 300
        if delivery.next_at is not None:
            then = datetime.fromisoformat(delivery.next_at)
            waits.append(((then - before).total_seconds(), (then - after).total_seconds()))
    assert (delivery.state, delivery.attempts, delivery.next_at) == ("given up", webhooks.TRIES, None)
    assert delivery.ended_at is not None
    hasten(store)
    assert webhooks.claimed(store, 10, 60.0) == []
    assert len(waits) == webhooks.TRIES - 1
    for (longest, shortest), usual in zip(waits, (30, 120, 480, 1920, 7680, 30720, 43200), strict=True):
        assert usual * 0.79 < longest and shortest < usual * 1.25
    assert 20 * 3600 < 30 + 120 + 480 + 1920 + 7680 + 30720 + 43200 < 25 * 3600, "over about a day"


def test_what_is_not_wanted_is_not_tried_again(store: Works) -> None:
    webhook = hook(store)
    change(store)
    webhooks.not_delivered(store, due(store), "answered 410", again=False)
    assert [(one.state, one.attempts) for one in webhooks.sent(store, webhook, 10)] == [("given up", 1)]


def test_a_test_goes_to_one(store: Works) -> None:
    first, second = hook(store), hook(store)
    made = webhooks.send_test(store, second)
    assert made is not None and json.loads(made.body)["event"] == "test"
    assert webhooks.sent(store, second, 10) == [made] and webhooks.sent(store, first, 10) == []


def test_what_is_taken_away_hears_nothing(store: Works) -> None:
    webhook = hook(store)
    change(store)
    taken = due(store)
    assert webhooks.remove(store, webhook) and not webhooks.remove(store, webhook)
    webhooks.delivered(store, taken, "answered 200")
    hasten(store)
    assert webhooks.claimed(store, 10, 60.0) == [] and webhooks.listed(store) == []
    with store.reading() as connection:
        assert connection.scalar(select(deliveries.c.id)) is None


def test_another_project_s_is_as_if_it_were_not_there(store: Works) -> None:
    webhook, blue = hook(store), store.in_project("blue")
    change(store)
    assert webhooks.listed(blue) == [] and webhooks.webhook_of(blue, webhook) is None
    assert webhooks.sent(blue, webhook, 10) == [] and webhooks.send_test(blue, webhook) is None
    assert not webhooks.remove(blue, webhook) and webhooks.webhook_of(store, webhook) is not None


def test_lists_go_on_where_they_ended(store: Works) -> None:
    hooks = [hook(store) for _ in range(3)]
    first = webhooks.listed(store, 2)
    assert [one.id for one in first] + [
        one.id for one in webhooks.listed(store, 2, (first[1].created_at, first[1].id))
    ] == hooks
    made = [webhooks.send_test(store, hooks[0]) for _ in range(3)]
    some = webhooks.sent(store, hooks[0], 2)
    assert [*some, *webhooks.sent(store, hooks[0], 2, (some[1].created_at, some[1].id))] == made[::-1]


def test_what_ended_long_ago_is_forgotten(store: Works) -> None:
    webhook = hook(store)
    for _ in range(3):
        webhooks.send_test(store, webhook)
        webhooks.delivered(store, due(store), "answered 200")
    webhooks.send_test(store, webhook)
    first = webhooks.sent(store, webhook, 10)[-1]
    with store.writing() as connection:
        old = moment(datetime.now(UTC) - timedelta(days=31))
        connection.execute(update(deliveries).where(deliveries.c.id == first.id).values(ended_at=old))
    assert webhooks.forget(store, 30 * 86_400) == 1
    assert first not in webhooks.sent(store, webhook, 10) and len(webhooks.sent(store, webhook, 10)) == 3
