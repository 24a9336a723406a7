"""What is known of models: findings that were there when somebody drew the line, so that only new ones fail.

The file is JSON with a finding a line, sorted, so that what changes is what a reviewer sees. Of a finding the rule, the
fingerprint and how bad it was count; place and message are for people.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ..errors import UsageError
from ..files import FileTooLarge, NotARegularFile, read_regular
from ..report import Severity
from ..tuples import NamedTuple
from .policy import HowBad

SCHEMA_VERSION = 1
_LARGEST = 1 << 26  # bytes
_LONGEST = 300  # characters of a message


class KnownFinding(NamedTuple):
    """One finding that is known."""

    rule: str
    fingerprint: str
    place: str
    message: str
    parts: tuple[str, ...] = ()  # of many places, as `report.Finding` has them
    severity: Severity | None = None  # its own; None, as older baselines have it: any
    magnitude: int | float | None = None  # as `report.Finding` has it; None: any

    @property
    def each(self) -> frozenset[str]:
        return frozenset(part_of(self.rule, part) for part in self.parts)

    @property
    def bad(self) -> HowBad:
        return HowBad(self.severity, self.magnitude)


class Baseline(NamedTuple):
    """The known findings of each model, by its registry's name for it or its path from the file's folder on."""

    models: Mapping[str, tuple[KnownFinding, ...]]

    @classmethod
    def read(cls, path: str) -> Baseline:
        """The baseline in a file; `UsageError` with the place where it is not one."""
        try:
            text = _bytes_of(path).decode("utf-8")
            document = json.loads(text)
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is not a baseline: byte {error.start} is not UTF-8") from None
        except json.JSONDecodeError as error:
            raise UsageError(f"{path}:{error.lineno}:{error.colno}: this is not a baseline: {error.msg}") from None
        except (RecursionError, ValueError):
            raise UsageError(f"{path} is not a baseline: it nests too deeply, or holds a number without end") from None
        return cls(dict(_models(path, document)))

    def known(self, subject: str) -> dict[str, HowBad]:
        """The fingerprints that are known of a model, and those of single places, with how bad they were."""
        known: dict[str, HowBad] = {}
        for entry in self.models.get(subject, ()):
            for key in (entry.fingerprint, *entry.each):
                known[key] = known[key].or_worse(entry.bad) if key in known else entry.bad
        return known

    def with_model(self, subject: str, entries: Iterable[KnownFinding]) -> Baseline:
        """The same with other entries for one model; a model without any is left out."""
        kept = {name: group for name, group in self.models.items() if name != subject}
        by_print = {(entry.rule, entry.fingerprint): entry for entry in entries}
        if by_print:
            kept[subject] = tuple(by_print[key] for key in sorted(by_print))
        return Baseline(kept)

    def write(self, path: str) -> None:
        """Replace the file, or leave it as it was. Only a regular file is replaced, never a device."""
        if os.path.exists(path) and not os.path.isfile(path):
            raise UsageError(f"cannot write {path}: it is not a regular file")
        beside = f"{path}.{os.getpid()}.new"
        try:
            with open(beside, "x", encoding="ascii") as out:  # names that are not UTF-8 stay text
                out.write(self._text())
            os.replace(beside, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(beside)
            raise UsageError(f"cannot write {path}: {error.strerror}") from None

    def _text(self) -> str:
        models = []
        for subject in sorted(self.models):
            lines = ",\n".join(json.dumps(_row(entry)) for entry in self.models[subject])
            models.append(f"{json.dumps(subject)}: [\n{lines}\n]")
        return f'{{\n"schema_version": {SCHEMA_VERSION},\n"models": {{\n' + ",\n".join(models) + "\n}\n}\n"


def part_of(rule: str, part: str) -> str:
    """How a single place of a rule is known."""
    return f"{rule}:{part}"


def _row(entry: KnownFinding) -> dict[str, object]:
    return {key: value for key, value in _cut(entry)._asdict().items() if value is not None and value != ()}


def _cut(entry: KnownFinding) -> KnownFinding:
    place, message = (t if len(t) <= _LONGEST else t[: _LONGEST - 1] + "…" for t in (entry.place, entry.message))
    return entry._replace(place=place, message=message)


def _bytes_of(path: str) -> bytes:
    try:
        return read_regular(path, _LARGEST)
    except FileNotFoundError:
        raise UsageError(f"there is no baseline {path}: `auditor baseline MODEL -o {path}` makes one") from None
    except NotARegularFile as error:
        raise UsageError(f"{path} is not a baseline: it is {error.strerror}") from None
    except FileTooLarge:
        raise UsageError(f"{path} is not a baseline: it is larger than {_LARGEST >> 20} MiB") from None
    except OSError as error:
        raise UsageError(f"the baseline {path} cannot be read: {error.strerror}") from None


def _models(path: str, document: Any) -> Iterator[tuple[str, tuple[KnownFinding, ...]]]:
    if not isinstance(document, dict) or not isinstance(document.get("models"), dict):
        raise UsageError(f"{path} is not a baseline: it has no table of models")
    version = document.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise UsageError(
            f"{path} has schema_version {str(version)[:20]}, and this auditor reads {SCHEMA_VERSION}: "
            "upgrade auditor, or make the baseline anew"
        )
    for subject, entries in document["models"].items():
        if not isinstance(entries, list):
            raise UsageError(f"{path} is not a baseline: models[{subject[:100]!r}] is not a list")
        yield (
            subject,
            tuple(_entry(f"{path} is not a baseline: models[{subject[:100]!r}]", *e) for e in enumerate(entries)),
        )


def _entry(where: str, index: int, row: Any) -> KnownFinding:
    if not isinstance(row, dict):
        raise UsageError(f"{where}[{index}] is not a finding")
    for key in ("rule", "fingerprint"):
        if not isinstance(row.get(key), str) or not row[key]:
            raise UsageError(f"{where}[{index}] has no {key}")
    for key in ("place", "message"):
        if not isinstance(row.get(key, ""), str):
            raise UsageError(f"{where}[{index}].{key} is not text")
    parts = row.get("parts", [])
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{where}[{index}].parts is not a list of texts")
    severity, magnitude = row.get("severity"), row.get("magnitude")
    if severity is not None and severity not in tuple(Severity):
        raise UsageError(f"{where}[{index}].severity is none of {', '.join(Severity)}")
    if magnitude is not None and (isinstance(magnitude, bool) or not isinstance(magnitude, int | float)):
        raise UsageError(f"{where}[{index}].magnitude is not a number")
    place, message = row.get("place", ""), row.get("message", "")
    bad = None if severity is None else Severity(severity)
    return KnownFinding(row["rule"], row["fingerprint"], place, message, tuple(parts), bad, magnitude)
