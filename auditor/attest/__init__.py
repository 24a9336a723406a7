"""A verdict that is signed, and held against a model where nobody can ask who gave it: pure but for keys and files."""
