"""Seeded faults of one cause, and whether the repairs that are told name it, and mend the real model."""
