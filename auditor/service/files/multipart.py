"""A form's parts as they come, none of them kept: what is a file goes to the disk, and only short texts stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from ...errors import UsageError
from ...tuples import NamedTuple

_PARTS = 8
_TEXT = 4096  # bytes of a part that is no file
_HEADERS = 4096  # bytes of a part's headers


class FormError(UsageError):
    """The body is not such a form."""


class FormText(NamedTuple):
    """A part that is a text."""

    name: str
    text: str


class FormFile(NamedTuple):
    """A part that is a file begins; what follows until another part comes is its content."""

    name: str
    filename: str


FormEvent = FormText | FormFile | bytes


class FormReader:
    """Takes a body's bytes as they come and gives what was in them."""

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise FormError("the form's Content-Type names no boundary")
        self._events: list[FormEvent] = []
        self._parts = 0
        self._field = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._read = 0  # bytes of this part's headers
        self._text: bytearray | None = None  # None: it is a file
        self._name = ""
        self._ended = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except (FormParserError, ValueError) as error:
            raise FormError(f"the form's boundary: {error}") from None

    def feed(self, data: bytes) -> Iterator[FormEvent]:
        """What these bytes say. `FormError` where they are not a form's."""
        if not data:
            return
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise FormError(f"the body is not such a form: {error}") from None
        events, self._events = self._events, []
        yield from events

    def close(self) -> None:
        """`FormError` unless the form came to its end."""
        if not self._ended:
            raise FormError("the form ends before its last boundary")

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._content_begins,
            "on_part_data": self._content,
            "on_part_end": self._part_ends,
            "on_end": self._form_ends,
        }

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > _PARTS:
            raise FormError(f"a form has at most {_PARTS} parts")
        self._headers, self._read = {}, 0
        self._field = self._value = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += self._bounded(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._bounded(data[start:end])

    def _bounded(self, data: bytes) -> bytes:
        self._read += len(data)
        if self._read > _HEADERS:
            raise FormError(f"a part's headers are more than {_HEADERS} bytes")
        return data

    def _header_ends(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _content_begins(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise FormError("a part of the form has no name")
        self._name = _decoded(options[b"name"])
        if b"filename" in options:
            self._text = None
            self._events.append(FormFile(self._name, _decoded(options[b"filename"])))
        else:
            self._text = bytearray()

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._text is None:
            self._events.append(data[start:end])
        elif len(self._text) + end - start > _TEXT:
            raise FormError(f"the form's {self._name[:100]!r} is more than {_TEXT} bytes")
        else:
            self._text += data[start:end]

    def _part_ends(self) -> None:
        if self._text is not None:
            self._events.append(FormText(self._name, _decoded(bytes(self._text))))
            self._text = None

    def _form_ends(self) -> None:
        self._ended = True


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise FormError("a name or a text of the form is not UTF-8") from None
