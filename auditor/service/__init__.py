"""The other door: the same audits, store, policy and reports as the command line, over HTTP and as pages.

Nothing here knows what the command line does not know. Only the HTTP process imports FastAPI.
"""
