"""What a server answers, and what there is to say of it where it is not what was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..errors import AuditorError, ExitCode
from ..names import prose
from ..tuples import NamedTuple

_ID = re.compile(r"[0-9a-f]{32}")
_AGAIN = (429, 500, 502, 503, 504)
_LONGEST = 600  # characters of what a server says that are shown
_LONGEST_WAIT = 300.0  # seconds that a server may ask for


class CannotReach(AuditorError):
    """No answer came: nothing is known of the model, and that is no pass. ``final``: asking again changes nothing."""

    exit_code = ExitCode.INCONCLUSIVE

    def __init__(self, line: str, *, final: bool = False) -> None:
        super().__init__(line)
        self.final = final


class ServerRefuses(AuditorError):
    """The server answered, and not with what was asked for; ``code`` is the problem's own word for it."""

    def __init__(self, line: str, exit_code: ExitCode, status: int, code: str = "", extra: Any = None) -> None:
        super().__init__(line)
        self.exit_code = exit_code
        self.status, self.code = status, code
        self.extra: Mapping[str, Any] = extra or {}  # what else the problem says


class ServerAnswer(NamedTuple):
    """One answer: header names in lower case; ``body`` as far as it was asked for, ``cut`` where there was more."""

    server: str  # the address, for people
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    cut: bool = False

    @property
    def may_change(self) -> bool:
        """Whether the same request may be answered otherwise in a while."""
        return self.status in _AGAIN

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server wants to be left alone; None where it says none that anybody waits for."""
        said = self.headers.get("retry-after", "")
        seconds = float(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None
        return None if seconds is None or seconds > _LONGEST_WAIT else seconds

    def number(self, header: str) -> int:
        """A header that is a number; `ServerRefuses` where it is none."""
        said = self.headers.get(header, "")
        if not (said.isascii() and said.isdecimal() and len(said) < 19):
            raise self.senseless(f"its {header} is no number")
        return int(said)

    def document(self) -> Mapping[str, Any]:
        """The JSON object in the body; `ServerRefuses` where there is none."""
        if self.cut:
            raise self.senseless(f"its answer is larger than {len(self.body):,} bytes")
        found = _object(self.body)
        if found is None:
            raise self.senseless("its answer is no JSON object")
        return found

    def expect(self, *statuses: int) -> ServerAnswer:
        """The answer, if it has one of these; else what the server says of why not is raised."""
        if self.status in statuses:
            return self
        raise self.refusal()

    def refusal(self) -> ServerRefuses:
        """What there is to say where the server does not do what was asked."""
        code = _exit_code(self.status)
        if 300 <= self.status < 400:
            to = self.headers.get("location", "elsewhere")
            line = f"leads on to {prose(to, 200)}, which is not followed: name the address itself as --server"
            return ServerRefuses(f"{self.server} {line}", ExitCode.USAGE, self.status)
        problem = None if self.cut else _object(self.body)
        if self.status < 400 or problem is None or not isinstance(problem.get("status"), int):
            hint = _HINTS.get(self.status, "is a server of auditor there?")
            return ServerRefuses(f"{self.server} answers with {self.status} and no reason; {hint}", code, self.status)
        said = [_text(problem, "detail") or _text(problem, "title") or "it does not say why", _text(problem, "mend")]
        word = _text(problem, "code")
        line = f"{self.server}: {': '.join(filter(None, said))} ({self.status}{word and f' {word}'})"
        return ServerRefuses(line, code, self.status, word, problem)

    def senseless(self, why: str) -> ServerRefuses:
        """For what no server of auditor answers."""
        return ServerRefuses(
            f"{self.server} does not answer as a server of auditor does: {why}", ExitCode.INCONCLUSIVE, self.status
        )

    def id_in(self, document: Mapping[str, Any]) -> str:
        """The id of what the server made or found: it goes into addresses, so nothing else is taken for one."""
        found = document.get("id")
        if not isinstance(found, str) or not _ID.fullmatch(found):
            raise self.senseless("there is no id in its answer")
        return found


_HINTS = {
    401: "it wants a token: AUDITOR_TOKEN or --token-file",
    403: "the token does not allow it",
    413: "what is in between takes less at once",
    502: "what is in front of it cannot reach it",
    504: "what is in front of it cannot reach it",
}


def _exit_code(status: int) -> ExitCode:
    if status == 404:
        return ExitCode.NOTHING
    return ExitCode.USAGE if 400 <= status < 500 and status not in (408, 429) else ExitCode.INCONCLUSIVE


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(problem: Mapping[str, Any], key: str) -> str:
    """One line of it, whatever is in there."""
    found = problem.get(key)
    return prose(found, _LONGEST).strip().rstrip(".:") if isinstance(found, str) else ""
