"""Calls a server of ours: what `auditor push` and `auditor gate --server` are made of."""
