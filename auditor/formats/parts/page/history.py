"""How the model went from audit to audit."""

from __future__ import annotations

from collections.abc import Iterator

from ....drawing.markup import compact, escaped, name
from ....drawing.plots.sparkline import sparkline
from ....findings.figures import figures_over_time
from ....picture import Earlier, Picture
from ....wording import counted, with_unit

_MOST = 20
_MOST_FIGURES = 12
_SIGNS = {"pass": "✓", "fail": "✕", "inconclusive": "?"}


def history(picture: Picture) -> Iterator[str]:
    """The section; nothing where there is no store, or no audit in it but this one."""
    if len(picture.history) < 2:
        return
    yield f'<section id="history"><h2>History</h2>\n<p>{counted(picture.history, "audit")} of this model.</p>\n'
    yield '<div class="sparks">\n'
    oldest_first = picture.history[::-1]
    for title, values in (
        ("errors", [one.errors for one in oldest_first]),
        ("findings", [one.errors + one.warnings + one.notes for one in oldest_first]),
        ("parameters", [one.parameters for one in oldest_first if one.parameters is not None]),
        ("MACs", [one.macs for one in oldest_first if one.macs is not None]),
    ):
        if len(set(values)) > 1:  # a flat line says nothing
            told = f"{title}: from {compact(values[0])} to {compact(values[-1])}"
            yield f"<figure>{sparkline(values, told)}<figcaption>{escaped(told)}</figcaption></figure>\n"
    for figure in [one for one in figures_over_time([one.depth for one in oldest_first]) if one.moved][:_MOST_FIGURES]:
        known = [value for value in figure.values if value is not None]
        told = f"{figure.name}: from {with_unit(known[0], figure.unit)} to {with_unit(known[-1], figure.unit)}"
        yield f"<figure>{sparkline(known, name(told))}<figcaption>{name(told)}</figcaption></figure>\n"
    yield '</div>\n<div class="scroll" role="region" aria-label="History" tabindex="0"><table><thead><tr>'
    yield '<th scope="col">audit</th><th scope="col">when</th><th scope="col">verdict</th>'
    for column in ("errors", "warnings", "notes", "parameters", "MACs"):
        yield f'<th scope="col" class="n">{column}</th>'
    yield '<th scope="col">digest</th></tr></thead><tbody>\n'
    yield from map(_row, picture.history[:_MOST])
    yield "</tbody></table></div>\n"
    if len(picture.history) > _MOST:
        yield f"<p>and {len(picture.history) - _MOST} before</p>\n"
    yield "</section>\n"


def _row(one: Earlier) -> str:
    when = escaped(one.when[:16].replace("T", " "))
    verdict = f'<span class="verdict {one.verdict if one.verdict in _SIGNS else ""}">'
    verdict += f'<span aria-hidden="true">{_SIGNS.get(one.verdict, "")}</span> {name(one.verdict)}</span>'
    version = f" {name(one.version, 40)}" if one.version else ""
    counts = "".join(f'<td class="n">{n:,}</td>' if n else '<td class="n"></td>' for n in one[4:9])
    return (
        f'<tr><th scope="row">{one.audit}{version}</th><td>{when}</td><td>{verdict}</td>{counts}'
        f"<td><code>{name(one.digest[:12])}</code></td></tr>\n"
    )
