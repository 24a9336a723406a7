"""One call of ``auditor push``: a model goes to a server with what it lacks of it, and its report comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from ..errors import ExitCode
from ..formats import draws, renderer
from ..formats.json import parse
from ..policy.judge import exit_code
from ..sessions.destinations import Destinations, Outlet
from ..sessions.listening import Listener
from .answers import ServerRefuses
from .connection import ServerConnection
from .local_files import Hashed, LocalModel, hashed, local_model, size_of, version_of_content
from .remote import (
    RemoteAudit,
    RemoteVersion,
    address_of,
    awaited,
    registered,
    submitted,
    written_by_server,
)
from .sending import Sending

_ROUNDS = 3  # of sending what is missing, should the server lose a file in between


class Pushing:
    """Pushes one model."""

    def __init__(self, connection: ServerConnection, to: Destinations, listener: Listener | None = None) -> None:
        for form in (to.form, *(form for form, _ in to.files)):
            renderer(form)  # a wrong name ends this before anything is sent
        self._connection = connection
        self._to = to
        self._listener = listener or Listener()

    def push(
        self, path: str, name: str | None, version: str | None, options: Mapping[str, Any], wait: float
    ) -> ExitCode:
        """The exit code of the verdict; without waiting that of a model that is on its way."""
        model = local_model(path)
        with ExitStack() as stack:
            outlets = self._to.opened(stack, several=False)
            made = self._registered(model, name, version)
            audit_id = submitted(self._connection, made, options)
            if not wait:
                self._listener.say(f"{made.name}@{made.version} is to be audited: {self._where(audit_id)}")
                return ExitCode.PASS
            with self._listener.auditing(path):
                audit = awaited(self._connection, audit_id, wait, lambda seen: None)
            return self._written(audit, made, outlets, wait)

    def _registered(self, model: LocalModel, name: str | None, version: str | None) -> RemoteVersion:
        """The version on the server, with all its files."""
        with self._listener.moving("hashing", size_of(model.files)) as moved:
            found = [hashed(file, moved) for file in model.files]
        files = {one.file.place: one.sha256 for one in found}
        version = version or model.version or version_of_content(files)
        by_hash = {one.sha256: one for one in found}
        for _ in range(_ROUNDS):
            made = registered(self._connection, name or model.name, version, files, found[0].file.place, model.contract)
            if isinstance(made, RemoteVersion):
                return made
            self._send([by_hash[digest] for digest in made])
        server = self._connection.address.text
        raise ServerRefuses(f"{server} has lost files that were sent: ask its keeper", ExitCode.INCONCLUSIVE, 422)

    def _send(self, files: Sequence[Hashed]) -> None:
        with self._listener.moving("sending", sum(one.size for one in files)) as moved:
            sending = Sending(self._connection, moved)
            for one in files:
                sending.send(one)

    def _written(self, audit: RemoteAudit, made: RemoteVersion, outlets: Sequence[Outlet], wait: float) -> ExitCode:
        subject = f"{made.name}@{made.version}"
        if not audit.is_over:
            where = self._where(audit.id)
            self._listener.say(f"{subject} is {audit.state} after {wait:g} seconds; its report will be at {where}")
            return ExitCode.INCONCLUSIVE
        if audit.report is None:
            why = f": {audit.why}" if audit.why else ""
            self._listener.say(f"the audit of {subject} {_ENDED.get(audit.state, audit.state)}{why}")
            return ExitCode.INCONCLUSIVE
        report, verdict = parse(audit.report)
        for outlet in outlets:
            page = self._page(audit.id, outlet.form) if draws(outlet.form) else None
            if page is None:
                outlet.write(report, verdict)
            else:
                outlet.write_text(page)
        return exit_code(verdict)

    def _page(self, audit_id: str, form: str) -> str | None:
        """As the server draws it; None where it does not, and there is a report without a picture."""
        try:
            return written_by_server(self._connection, audit_id, form)
        except ServerRefuses as error:
            self._listener.say(f"the picture is missing: {error}")
            return None

    def _where(self, audit_id: str) -> str:
        return self._connection.address.text + address_of(audit_id)


_ENDED = {"failed": "failed on the server", "cancelled": "was cancelled on the server"}
