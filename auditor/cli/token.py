"""``auditor token``: who may ask the service, for what, and until when."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..config.table import OPTIONS, values
from .command import Argument, Command, Words, options

if TYPE_CHECKING:
    from ..store.tokens import Token
    from ..store.works import Works

_DAY = 86_400


def create(words: Words) -> None:
    """Make a token; its text is shown this once.

    Only a hash of it is kept, so nobody can show it again: it goes to standard output, what there is to say of it to
    standard error.
    """
    from ..errors import UsageError
    from ..store import tokens

    with _store(words, create=True) as (store, said):
        scopes = said.get("scopes")
        if "owner" not in said or not scopes:
            raise UsageError(f"token create takes --owner NAME and --scope, of {', '.join(tokens.SCOPES)}")
        days = said.get("expires_in")
        token, text = tokens.create(store, said["owner"], scopes, None if days is None else days * _DAY)
    until = "without an end" if token.expires_at is None else f"until {token.expires_at[:16]}Z"
    sys.stderr.write(f"token {token.id} of project {token.project}: {', '.join(token.scopes)}; {until}\n")
    sys.stdout.write(f"{text}\n")


def listed(words: Words) -> None:
    """List the tokens of a project: who holds them, for what, until when."""
    from ..store import tokens

    with _store(words, create=False) as (store, said):
        found = tokens.listed(store)
    if said.get("plain_form") == "json":
        sys.stdout.write(json.dumps([token._asdict() for token in found], indent=2) + "\n")
        return
    from .tables import token_table

    token_table(found, sys.stdout)


def revoke(words: Words) -> None:
    """Take a token back: from now on it is for nothing."""
    from ..errors import NothingToAudit
    from ..store import tokens

    with _store(words, create=False) as (store, _):
        token: Token | None = tokens.revoke(store, words["id"])
    if token is None:
        raise NothingToAudit(f"project {store.project} has no token {words['id']}: `auditor token list` lists them")
    sys.stdout.write(f"token {token.id} of {token.owner} is revoked\n")


@contextmanager
def _store(words: Words, *, create: bool) -> Iterator[tuple[Works, Mapping[str, Any]]]:
    """The project's store, and the values of the options."""
    from ..config.configuration import find
    from ..store.tables import DEFAULT
    from ..store.where import chosen_path
    from ..store.works import Works

    said = values({name: word for name, word in words.items() if name in OPTIONS})
    where = chosen_path(find().saying(said).db)
    with Works.open(where, create=create, project=said.get("project", DEFAULT)) as store:
        yield store, said


COMMANDS = {
    "create": Command(
        create,
        ("auditor token create --owner ann --scope submit --expires-in 90",),
        settings=options("owner", "scopes", "expires_in", "project", "db"),
    ),
    "list": Command(listed, ("auditor token list",), settings=options("project", "plain_form", "db")),
    "revoke": Command(
        revoke,
        ("auditor token revoke 3f0c9e54b1a0427fa8f5d1c2b7e6a908",),
        (Argument("id", "ID", "As `token list` says it."),),
        options("project", "db"),
    ),
}
