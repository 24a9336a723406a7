"""Calls a server of ours: what `auditor push` and `auditor gate --server` are made of.

Whatever a server answers is held to bounds, and is one line where it makes no sense. Nothing here prints.
"""
