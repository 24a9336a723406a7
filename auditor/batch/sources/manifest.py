"""A list of models: CSV with a head line, or JSON lines. ``path`` must stand there, all else is what people like."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import TextIO

from ...errors import CannotLook, UsageError
from ...files import open_regular
from ...report import Contract
from ..refs import NotRead, Ref
from .parts.files import make_up
from .parts.registry import Registry, SourceRow

_MOST_FIELDS = 100
_LONGEST = 1 << 16  # characters of a line
_SHA256 = r"[0-9a-fA-F]{64}"


class Manifest(Registry):
    kind = "manifest"
    row = SourceRow(
        "manifest",
        "`.csv` with a head line, or `.jsonl`: `path`, and if you like `name`, `version`, `sha256`",
        "as it says",
        "`sha256`",
    )

    @classmethod
    def is_at(cls, path: str) -> bool:
        from pathlib import Path

        return path.lower().endswith((".csv", ".jsonl", ".ndjson")) and Path(path).is_file()

    def models(self) -> Iterator[Ref]:
        self.troubles.clear()
        rows = self._csv() if self.path.lower().endswith(".csv") else self._json()
        for line, row in rows:
            if not row.get("path") or "\0" in row["path"]:
                self.troubles.append(NotRead(f"line {line} has no path"))
                continue
            yield self._ref(row)

    def _ref(self, row: dict[str, str]) -> Ref:
        given = row.pop("path")
        path = os.path.join(os.path.dirname(self.path), given)  # relative to the manifest
        name, version, sha = (row.pop(k, "") for k in ("name", "version", "sha256"))
        made = make_up(path)
        troubles = made.troubles
        contract = None
        origin = os.path.basename(self.path)
        if re.fullmatch(_SHA256, sha):
            contract = Contract(origin=origin, sha256=sha.lower())
        elif sha:
            troubles += (f"sha256 {sha[:80]!r} is not 64 hexadecimal digits",)
            contract = Contract(origin=origin, troubles=troubles[-1:])
        known = name or os.path.splitext(given)[0]
        return Ref(known, version, path, made.files, row, contract, troubles, name, os.path.abspath(self.path))

    def _open(self, newline: str | None = None) -> TextIO:
        return open(open_regular(self.path)[0], encoding="utf-8-sig", errors="surrogateescape", newline=newline)

    def _csv(self) -> Iterator[tuple[int, dict[str, str]]]:
        import csv  # every check of a model loads this module

        try:
            with self._open(newline="") as file:
                reader = csv.DictReader(file)
                if "path" not in (reader.fieldnames or ()):
                    raise UsageError(f"{self.path} is not a manifest: its first line names no column `path`")
                for row in reader:
                    yield reader.line_num, {k: v for k, v in row.items() if isinstance(k, str) and v}
        except OSError as error:
            raise CannotLook(f"{self.path} cannot be read: {error.strerror}") from None
        except csv.Error as error:
            raise CannotLook(f"{self.path} is not CSV: {error}") from None

    def _json(self) -> Iterator[tuple[int, dict[str, str]]]:
        try:
            with self._open() as file:
                number = 0
                while text := file.readline(_LONGEST):
                    number += 1
                    if row := self._row(text, number):
                        yield number, row
        except OSError as error:
            raise CannotLook(f"{self.path} cannot be read: {error.strerror}") from None

    def _row(self, text: str, number: int) -> dict[str, str]:
        if not text.strip():
            return {}
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.troubles.append(NotRead(f"line {number} is not JSON: {error}"))
            return {}
        if not isinstance(row, Mapping):
            self.troubles.append(NotRead(f"line {number} is not an object"))
            return {}
        plain = {str(k): str(v) for k, v in list(row.items())[:_MOST_FIELDS] if isinstance(v, str | int | float)}
        return plain or {"": ""}
