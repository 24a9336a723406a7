"""Tokens: random, kept as hashes, for what their scopes say, until they end or are taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from auditor.errors import UsageError
from auditor.store import tokens
from auditor.store.service_tables import logins
from auditor.store.service_tables import tokens as table
from auditor.store.works import Works


@pytest.fixture
def store(tmp_path: Path) -> Works:
    return Works.open(tmp_path / "reports.db")


def ended(store: Works, token_id: str) -> None:
    with store.writing() as connection:
        connection.execute(update(table).where(table.c.id == token_id).values(expires_at="2001-01-01T00:00:00.000000"))


def test_a_token_is_found_by_its_text_alone(store: Works) -> None:
    token, text = tokens.create(store, "ann", ["submit"])
    assert tokens.token_of(store, text) == token
    assert tokens.token_of(store, text[:-1]) is None
    assert tokens.token_of(store, tokens.hashed(text)) is None


def test_an_end_beyond_the_calendar_is_its_last_day(store: Works) -> None:
    token, text = tokens.create(store, "ann", ["read"], 1e18)
    assert token.expires_at is not None and token.expires_at.startswith("9999-12-31")
    assert tokens.token_of(store, text) == token


def test_the_database_does_not_know_it(store: Works, tmp_path: Path) -> None:
    _, text = tokens.create(store, "ann", ["read"])
    store.close()
    for file in tmp_path.iterdir():
        assert text.removeprefix("aud_").encode() not in file.read_bytes()


def test_it_holds_at_least_128_bits(store: Works) -> None:
    """43 letters of 64 are 258 bits; and none of a hundred is another."""
    texts = {tokens.create(store, "ann", ["read"])[1] for _ in range(100)}
    assert len(texts) == 100
    assert all(len(text.removeprefix("aud_")) == 43 for text in texts)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["read"], {"read"}),
        (["submit"], {"read", "submit"}),
        (["accept"], {"read", "accept"}),
        (["admin"], {"read", "submit", "accept", "admin"}),
    ],
)
def test_what_a_scope_includes(store: Works, scopes: list[str], allowed: set[str]) -> None:
    token, _ = tokens.create(store, "ann", scopes)
    assert {scope for scope in tokens.SCOPES if token.allows(scope)} == allowed


@pytest.mark.parametrize(("owner", "scopes"), [("ann", []), ("ann", ["root"]), (" ", ["read"])])
def test_what_is_no_token(store: Works, owner: str, scopes: list[str]) -> None:
    with pytest.raises(UsageError):
        tokens.create(store, owner, scopes)
    assert not tokens.any_token(store)


def test_one_that_has_ended_is_for_nothing(store: Works) -> None:
    token, text = tokens.create(store, "ann", ["read"], 3600)
    cookie, _ = tokens.log_in(store, token, 60)
    assert tokens.any_token(store)
    ended(store, token.id)
    assert tokens.token_of(store, text) is None
    assert tokens.logged_in(store, cookie) is None
    assert not tokens.any_token(store)


def test_one_that_is_taken_back_is_for_nothing(store: Works) -> None:
    token, text = tokens.create(store, "ann", ["read"])
    cookie, _ = tokens.log_in(store, token, 60)
    assert tokens.logged_in(store, cookie) == token
    revoked = tokens.revoke(store, token.id)
    assert revoked is not None and revoked.revoked_at is not None
    assert tokens.revoke(store, token.id) == revoked  # it stays as it was
    assert tokens.token_of(store, text) is None
    assert tokens.logged_in(store, cookie) is None


def test_another_project_s_token_cannot_be_taken_back(store: Works) -> None:
    token, text = tokens.create(store.in_project("blue"), "ann", ["read"])
    assert token.project == "blue"
    assert tokens.revoke(store, token.id) is None
    assert tokens.listed(store) == []
    assert tokens.token_of(store, text) == token


def test_a_cookie_ends_with_its_token(store: Works) -> None:
    token, _ = tokens.create(store, "ann", ["read"], 30)
    assert tokens.log_in(store, token, 3600)[1] == token.expires_at


def test_who_logs_out_is_out(store: Works) -> None:
    token, _ = tokens.create(store, "ann", ["read"])
    cookie, _ = tokens.log_in(store, token, 60)
    other, _ = tokens.log_in(store, token, 60)
    tokens.log_out(store, cookie)
    assert tokens.logged_in(store, cookie) is None
    assert tokens.logged_in(store, other) == token


def test_cookies_that_have_ended_are_swept(store: Works) -> None:
    token, _ = tokens.create(store, "ann", ["read"])
    tokens.log_in(store, token, -1)
    tokens.log_in(store, token, 60)
    with store.reading() as connection:
        assert len(connection.execute(select(logins.c.hash)).all()) == 1
