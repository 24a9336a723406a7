"""Registries that lie elsewhere: object stores, hubs, servers. Listed lazily, their files fetched into a cache.

Nothing here is run by the process that audits: `auditor.batch.fetched` has it done by a process of its own (the
courier), for a server may send whatever it likes, and a library for an object store brings threads.
"""
