"""A badge: what the gate says of a model's newest version, small enough for a README."""

from __future__ import annotations

from ...report import Verdict

_NAME_WIDTH = 54  # px, of "auditor" at 11 px

_COLOURS = {Verdict.PASS: "#17713a", Verdict.FAIL: "#b3261e", Verdict.INCONCLUSIVE: "#875600"}
"""Those of the report's page: white on each has a contrast of 5.9 and more."""

_WIDTHS = {Verdict.PASS: 38, Verdict.FAIL: 32, Verdict.INCONCLUSIVE: 82}


def badge_svg(verdict: Verdict) -> str:
    """The picture, of which nothing is anybody's text."""
    said, right = verdict.value, _WIDTHS[verdict]
    width = _NAME_WIDTH + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="auditor: {said}">'
        f"<title>auditor: {said}</title>"
        f'<clipPath id="r"><rect width="{width}" height="20" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{_NAME_WIDTH}" height="20" fill="#3a424d"/>'
        f'<rect x="{_NAME_WIDTH}" width="{right}" height="20" fill="{_COLOURS[verdict]}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{_NAME_WIDTH / 2:g}" y="14">auditor</text>'
        f'<text x="{_NAME_WIDTH + right / 2:g}" y="14">{said}</text></g></svg>\n'
    )
