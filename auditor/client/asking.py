"""One call of ``auditor gate --server``: verdicts of a server on models that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import AuditorError, CannotLook, ExitCode
from ..formats import json as json_format
from ..policy.judge import Judgement, Reason, exit_code
from ..report import Coverage, Missed, ModelIdentity, Report, Verdict
from ..sessions.listening import Listener
from ..tuples import NamedTuple
from .answers import CannotReach, ServerRefuses
from .connection import ServerConnection
from .remote import RemoteVerdict, address_of, audit_on_server, verdict_on_server


class RemoteGated(NamedTuple):
    """One model with the server's verdict."""

    said: RemoteVerdict
    judgement: Judgement
    code: ExitCode
    where: str  # the address of its report; "" where there is none


class RemoteGate:
    """Asks one server for verdicts. ``codes`` are those of what was asked so far."""

    def __init__(self, connection: ServerConnection, wait: float = 0.0, listener: Listener | None = None) -> None:
        self._connection = connection
        self._wait = wait
        self._listener = listener or Listener()
        self.codes: list[ExitCode] = []

    def gated(self, targets: Sequence[str]) -> Iterator[RemoteGated]:
        """Of all ``NAME``, ``NAME@VERSION`` and ``NAME@``, the newest; of one that is not there a line is said."""
        for target in targets:
            try:
                gated = self._gated(target)
            except AuditorError as error:
                if error.exit_code not in (ExitCode.NOTHING, ExitCode.INCONCLUSIVE):
                    self._listener.lose(str(error))
                    continue
                whose = f"{target}: " if isinstance(error, ServerRefuses) else ""
                self._listener.say(f"{whose}{error}")
                self.codes.append(error.exit_code)
                if isinstance(error, CannotReach):
                    return  # nor can the others be asked for
                continue
            self.codes.append(gated.code)
            yield gated

    def _gated(self, target: str) -> RemoteGated:
        name, at, version = target.rpartition("@")
        name, version = (name, version) if at and name else (target, "")
        said = verdict_on_server(self._connection, name, version or None, self._wait)
        reasons = tuple(_reason(one, said.verdict) for one in said.reasons)
        if said.audit_id is None:
            why = said.state or "it was not audited"
            report = Report(ModelIdentity(target), coverage=Coverage(failed=(Missed("model", why, asked=True),)))
            judgement = Judgement(report, Verdict.INCONCLUSIVE, reasons or (Reason("inconclusive", why),))
            return RemoteGated(said, judgement, ExitCode.INCONCLUSIVE, "")
        audit = audit_on_server(self._connection, said.audit_id)
        if audit.report is None:
            raise CannotLook(f"the report of {target} is not there any more: ask again")
        report, _ = json_format.parse(audit.report)
        verdict = Verdict(said.verdict)
        where = self._connection.address.text + address_of(said.audit_id)
        return RemoteGated(said, Judgement(report, verdict, reasons), exit_code(verdict), where)


def _reason(said: Any, verdict: str) -> Reason:
    """As the gate has them: what kind it is, a text, and what would mend it."""
    if isinstance(said, Mapping):
        kind, text, fix = (str(said.get(key) or "") for key in ("kind", "text", "fix"))
        return Reason(kind or "said", text, fix)
    return Reason("said" if verdict == Verdict.PASS.value else verdict, str(said))


def line(gated: RemoteGated) -> str:
    """The report, and beside it what only the gate knows, as a line of JSON."""
    said = gated.said
    beside = {
        "subject": said.name,
        "version": said.version,
        "audit_id": said.audit_id,
        "policy": said.policy,
        "compared_with": said.compared_with,
        "reasons": [reason._asdict() for reason in gated.judgement.reasons],
    }
    return json_format.line(gated.judgement.report, gated.judgement.verdict, gate=beside)
