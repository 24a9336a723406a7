"""Archives by their first bytes. They are refused: what is in one is not looked into, and a bomb is one file more."""

from __future__ import annotations

HEAD = 512
"""Bytes of a file that say what it is."""

# No model begins so. The first five have, read as Protocol Buffers, a field 0 or a wire type that there is not.
_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\xfd7zXZ\x00": "an xz file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
}
_BZIP2 = b"1AY&SY"  # pi, behind "BZh" and a digit
_TAR = 257  # where a tar header says "ustar"


def archive_kind(head: bytes) -> str | None:
    """What kind of archive begins so, with its article; None for anything else."""
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head.startswith(b"BZh") and head[4:10] == _BZIP2:
        return "a bzip2 file"
    if head[_TAR : _TAR + 6] in (b"ustar\0", b"ustar ") and _sums_up(head):
        return "a tar archive"
    return None


def _sums_up(header: bytes) -> bool:
    """Whether a tar header's checksum is right: the sum of its bytes, those of the checksum itself as spaces."""
    said = header[148:156].strip(b" \0")
    whole = sum(header[:148]) + 8 * 0x20 + sum(header[156:512])
    return said.isdigit() and all(c in b"01234567" for c in said) and int(said, 8) == whole
