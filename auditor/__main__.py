"""``python -m auditor``."""

from .cli import main

main()
