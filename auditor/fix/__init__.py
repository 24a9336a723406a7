"""A model mended: a copy of its file in which only what an edit names is another byte."""
