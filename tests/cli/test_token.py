"""``auditor token``: what it prints, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.store import tokens
from auditor.store.works import Works

from .conftest import Said


def test_created_listed_revoked(auditor: Callable[..., Said], tmp_path: Path) -> None:
    db = str(tmp_path / "reports.db")
    made = auditor(
        "token", "create", "--owner", "ann", "--scope", "submit", "--scope", "read", "--project", "blue", "--db", db
    )
    text = made.out.strip()
    with Works.open(db) as store:
        token = tokens.token_of(store, text)
    assert token is not None and (token.project, token.owner, token.scopes) == ("blue", "ann", ("read", "submit"))
    assert text not in made.err and token.id in made.err
    listed = auditor("token", "list", "--project", "blue", "--format", "json", "--db", db)
    assert [one["id"] for one in json.loads(listed.out)] == [token.id] and text not in listed.out
    assert token.id not in auditor("token", "list", "--db", db).out
    assert auditor("token", "revoke", token.id, "--db", db).code == 3  # another project's
    assert auditor("token", "revoke", token.id, "--project", "blue", "--db", db).code == 0
    assert "revoked" in auditor("token", "list", "--project", "blue", "--db", db).out


@pytest.mark.parametrize(
    "words",
    [
        ("--scope", "read"), ("--owner", "ann"), ("--owner", "ann", "--scope", "root"),
        ("--owner", "ann", "--scope", "read", "--project", "../x"),
        ("--owner", "ann", "--scope", "read", "--expires-in", "0"),
    ],
)  # fmt: skip
def test_what_makes_none(auditor: Callable[..., Said], tmp_path: Path, words: tuple[str, ...]) -> None:
    assert auditor("token", "create", *words, "--db", str(tmp_path / "reports.db")).code == 2
