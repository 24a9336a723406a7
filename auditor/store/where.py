"""Where the reports are kept: what ``--db`` says, else ``AUDITOR_DB``, else a file in the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path


def default_path() -> str:
    """The database that is used where ``--db`` is not given: a path, or an SQLAlchemy URL."""
    named = os.environ.get("AUDITOR_DB")
    if named:
        return named
    from platformdirs import user_data_dir  # a few milliseconds that only this case needs

    return str(Path(user_data_dir("auditor", appauthor=False)) / "reports.db")


def chosen_path(option: str | None) -> str:
    """``--db`` wins over `default_path`."""
    return option or default_path()
