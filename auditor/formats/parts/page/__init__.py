"""The page that `auditor.formats.html` writes, part by part: one file, which fetches nothing.

Each part gives pieces of HTML. Names out of a model are text in it and nothing else: never an id, a class or a key.
"""
