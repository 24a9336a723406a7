"""By their first bytes: files of other kinds that lie within a model."""

from __future__ import annotations

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "a program of Linux (ELF)"),
    (b"\xfe\xed\xfa\xce", "a program of macOS"),
    (b"\xfe\xed\xfa\xcf", "a program of macOS"),
    (b"\xcf\xfa\xed\xfe", "a program of macOS"),
    (b"\xca\xfe\xba\xbe", "a class of Java or a program of macOS"),
    (b"\0asm\x01\0\0\0", "a program of WebAssembly"),
    (b"dex\n03", "a program of Android"),
    (b"PK\x03\x04", "a zip archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x1f\x8b\x08\0", "a gzip archive"),
    (b"\x1f\x8b\x08\x08", "a gzip archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
    (b"GIF89a", "an image (GIF)"),
    (b"SQLite format 3\0", "a database (SQLite)"),
    (b"-----BEGIN ", "a key or a certificate"),
    (b"#!/bin/", "a script"),
    (b"#!/usr/", "a script"),
    (b"<?php", "a script"),
    (b"<script", "a script"),
    (b"<!DOCTYPE", "a page of HTML"),
    (b"<html", "a page of HTML"),
    (b"\x93NUMPY", "an array of NumPy"),
    (b"GGUF", "a model of GGUF"),
    (b"import os", "a program of Python"),
    (b"import sys", "a program of Python"),
    (b"import subprocess", "a program of Python"),
)
"""None shorter than four bytes: random weights begin like one of them once in 10^8."""


_ALL = tuple(beginning for beginning, _ in _BEGINNINGS)


def format_of(head: bytes) -> str:
    """What a file that begins so is, in words; "" where it is nothing that we know."""
    if head.startswith(_ALL):
        return next(what for beginning, what in _BEGINNINGS if head.startswith(beginning))
    if head[:2] == b"MZ" and len(head) >= 64:
        at = int.from_bytes(head[60:64], "little")
        if (at + 4 <= len(head) and head[at : at + 4] == b"PE\0\0") or b"This program cannot be run" in head:
            return "a program of Windows"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if _is_pickle(head):
        return "a pickle"
    return ""


def _is_pickle(head: bytes) -> bool:
    """Protocols 2 to 5, which begin with their number; then a frame, or a global, a dictionary, a list or a tuple."""
    if head[:1] != b"\x80" or len(head) < 4:
        return False
    if head[1] in (4, 5):
        return head[2] == 0x95 or (head[2] == 0x8C and 0 < head[3] < 64 and head[4 : 4 + head[3]].isascii())
    return head[1] in (2, 3) and (
        (head[2:3] == b"c" and head[3:8].isalpha()) or head[2:4] in (b"}q", b"]q", b"(]", b"(}")
    )
