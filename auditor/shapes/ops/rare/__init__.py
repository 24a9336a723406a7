"""Families that few models need, imported when one does: attention, contrib, classical, training, legacy."""
