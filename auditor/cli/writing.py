"""Files that commands write."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_file(file: str) -> Iterator[BinaryIO]:
    """A file that is there when it is whole: one that was there before stays until then. ``-`` is standard output."""
    from ..errors import UsageError

    if file == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = f"{file}.part-{os.getpid()}"
    try:
        if os.path.exists(file) and not os.path.isfile(file):  # a device, a named pipe
            with Path(file).open("wb") as out:
                yield out
            return
        with Path(part).open("xb") as out:
            yield out
        os.replace(part, file)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {file}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        with suppress(OSError, ValueError):
            os.unlink(part)
