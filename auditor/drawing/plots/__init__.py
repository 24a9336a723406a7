"""Plots as inline SVG: a picture is one `img` with its text; the numbers stand in a table beside it.

Lengths are percent and text is never scaled, so that a plot is as wide as there is room. There are no ``style``
attributes: a page's Content-Security-Policy forbids them. Colours are classes, which the page's style sheet has.
"""
