"""Findings as cards: place, message, arithmetic, the sizes that fit, what mends it, and by whose word it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....drawing.markup import escaped, name, sentence
from ....drawing.plots.sizes import sizes_plot
from ....numbers import shape_text
from ....picture import Anchor
from ....repair import words
from ....report import Basis, Finding, Fit, Port, Report, Severity, Step, Witness, waiver_of
from ....tuples import NamedTuple
from ....wording import counted, fitting
from ..telling import Shapes, input_shapes, place, shown_steps, why_waived

SIGN = {Severity.ERROR: "✕", Severity.WARNING: "▲", Severity.NOTE: "●"}
_BASIS = {
    Basis.ILLEGAL: "illegal: it breaks the ONNX specification",
    Basis.REFUSED: "refused: legal, but a runtime cannot run it, or does otherwise (measured)",
    Basis.SUSPICIOUS: "suspicious: legal, and hardly what was meant",
}
_MOST_CARDS = 2_000  # a browser lays out some thousands in the time that a person waits
_MOST_FITS = 4
_MOST_REPAIRS = 8
_MOST_RANGES = 24
_HEX = re.compile(r"[0-9a-f]{4,64}")
_AXIS = re.compile(r"(.*)\[([0-9]{1,3})\]", re.DOTALL)


class Card(NamedTuple):
    """A finding with what the page knows of it."""

    finding: Finding
    anchor: str  # of the card itself
    node: Anchor | None
    in_graph: bool
    in_layers: bool


def cards(
    report: Report, places: tuple[Anchor | None, ...], *, rows: frozenset[Anchor], graph: bool, prefix: str = ""
) -> list[Card]:
    """All findings, in the report's order; ``rows`` are the nodes that the table of layers has."""
    found: list[Card] = []
    seen: dict[str, int] = {}
    for index, finding in enumerate(report.findings):
        key = finding.fingerprint if _HEX.fullmatch(finding.fingerprint) else f"no-{index}"
        seen[key] = seen.get(key, 0) + 1
        again = f"-{seen[key]}" if seen[key] > 1 else ""
        node = places[index] if index < len(places) else None
        found.append(Card(finding, f"{prefix}f-{key}{again}", node, graph and node is not None, node in rows))
    return found


def findings(
    report: Report, every: list[Card], *, rules: frozenset[str] = frozenset(), prefix: str = ""
) -> Iterator[str]:
    """The section: an overview where there are many, a card each, and the waived ones apart.

    Of very many the first have a card, which are the worst; the overview counts them all.
    ``rules`` are those whose pages stand behind.
    """
    shapes = input_shapes(report)
    counting = [card for card in every if waiver_of(card.finding) is None]
    covered = [card for card in every if waiver_of(card.finding) is not None]
    yield f'<section id="{prefix}findings" class="findings"><h2>Findings</h2>\n'
    if not counting:
        yield "<p>Nothing was found.</p>\n" if not covered else "<p>Nothing was found that counts.</p>\n"
    if len(counting) > 3:
        yield from _overview(counting)
    yield '<div class="cards">\n'
    for card in counting[:_MOST_CARDS]:
        yield from _card(card, report.inputs, shapes, rules=rules)
    yield "</div>\n"
    yield from _not_shown(len(counting))
    if covered:
        yield f'<details class="waived"><summary>Waived or known: {len(covered):,}</summary><div class="cards">\n'
        for card in covered[:_MOST_CARDS]:
            yield from _card(card, report.inputs, shapes, rules=rules)
        yield "</div>\n"
        yield from _not_shown(len(covered))
        yield "</details>\n"
    yield "</section>\n"


def _not_shown(findings: int) -> Iterator[str]:
    """How to have those that have no card."""
    if findings > _MOST_CARDS:
        yield (
            f"<p class=more>These are the first {_MOST_CARDS:,} of {findings:,}: the report as JSON, SARIF or CSV "
            "has them all (<code>--format</code>, of a service <code>?format=</code>).</p>\n"
        )


def _overview(counting: list[Card]) -> Iterator[str]:
    shown = frozenset(card.anchor for card in counting[:_MOST_CARDS])
    groups: dict[tuple[Severity, str], list[Card]] = {}
    for card in counting:
        groups.setdefault((card.finding.severity, card.finding.rule), []).append(card)
    yield '<div class="scroll" role="region" aria-label="Findings by rule" tabindex="0"><table class="overview"><thead>'
    yield '<tr><th scope="col">severity</th><th scope="col">rule</th><th scope="col" class="n">findings</th>'
    yield '<th scope="col">the first</th></tr></thead><tbody>\n'
    for (severity, rule), those in groups.items():
        first = those[0]
        where = escaped(place(first.finding.location) or "the model")
        if first.anchor in shown:
            where = f'<a href="#{first.anchor}">{where}</a>'
        yield (
            f'<tr><td>{_severity(severity)}</td><th scope="row">{name(rule)}</th><td class="n">{len(those):,}</td>'
            f"<td>{where}</td></tr>\n"
        )
    yield "</tbody></table></div>\n"


def _severity(severity: Severity) -> str:
    return (
        f'<span class="sign {severity.value}"><span aria-hidden="true">{SIGN[severity]}</span> {severity.value}</span>'
    )


def _card(card: Card, inputs: tuple[Port, ...], shapes: Shapes, *, rules: frozenset[str]) -> Iterator[str]:
    finding = card.finding
    waived = waiver_of(finding) is not None
    kind = "waived" if waived else finding.severity.value
    yield f'<article class="card {kind}" id="{card.anchor}">\n<h3>{_severity(finding.severity)} '
    yield f'<a class="rule" href="#{card.anchor}">{name(finding.rule)}</a></h3>\n'
    where = _place(card)
    if where:
        yield f'<p class="place">{where}</p>\n'
    yield f'<p class="message">{sentence(finding.message, 4096)}</p>\n'
    if waived:
        yield f'<p class="why">{sentence(why_waived(finding))}</p>\n'
    if finding.derivation:
        yield from _chain(finding)
    for fit in (tuple(f for f in finding.fits if f.ranges) or finding.fits[:1])[:_MOST_FITS]:
        yield from _fit(fit, shapes)
    if finding.fix:
        yield f'<p class="fix"><b>Fix</b> {sentence(finding.fix, 4096)}</p>\n'
    if finding.repairs:
        yield from _repairs(finding)
    if finding.witness:
        yield from _witness(finding.witness)
    if finding.consequences:
        yield f'<p class="more">{counted(finding.consequences, "further fault")} followed from this one.</p>\n'
    page = f' · <a href="#r-{escaped(finding.rule)}">what the rule says</a>' if finding.rule in rules else ""
    yield f'<p class="basis">{escaped(_BASIS[finding.basis])}{page}</p>\n</article>\n'


def _place(card: Card) -> str:
    said = place(card.finding.location)
    if not said:
        return ""
    links = []
    if card.in_graph:
        links.append(f'<a href="#n-{card.node}">in the graph</a>')
    if card.in_layers:
        links.append(f'<a href="#l-{card.node}">in the table</a>')
    tensor = card.finding.location.tensor
    more = f' <span class="tensor">{name(tensor)}</span>' if tensor and card.finding.location.node else ""
    return f"<code>{escaped(said)}</code>{more}{''.join(f' · {link}' for link in links)}"


def _chain(finding: Finding) -> Iterator[str]:
    """The arithmetic, as boxes in the order of the data's way."""
    steps, before = shown_steps(finding)
    yield '<ol class="chain" aria-label="How the shape comes about">\n'
    if before:
        yield f'<li class="start"><b>{counted(before, "step")} before</b></li>\n'
    elif steps and steps[0].inputs and steps[0].inputs[0]:
        yield f'<li class="start"><b>in</b><code>{name(steps[0].inputs[0])}</code></li>\n'
    yield from map(_step, steps)
    if finding.expected is not None and finding.actual is not None:
        yield f'<li class="wrong"><b>{name(str(finding.actual))}</b><code>must be {name(str(finding.expected))}</code>'
        yield "</li>\n"
    yield "</ol>\n"


def _step(step: Step) -> str:
    kind = f" <i>{name(step.op_type, 40)}</i>" if not step.node.startswith(f"{step.op_type}[") else ""
    formula = f"<small>{sentence(step.formula, 300)}</small>" if step.formula else ""
    shape = escaped(shape_text(step.output))
    return f"<li><b>{name(step.node, 60)}</b>{kind}<code>{shape}</code>{formula}</li>\n"


def _fit(fit: Fit, shapes: Shapes) -> Iterator[str]:
    """The ranges as a picture, and in words."""
    if not fit.ranges:
        yield '<p class="more">No size of the inputs fits.</p>\n'
        return
    told = fitting(fit, shapes)
    today = _today(fit, shapes)
    ranges = [(r[0], r[1], r[2] if len(r) == 3 else 1) for r in fit.ranges[:_MOST_RANGES]]
    words_ = f"It fits for {told}{f'; now it is {today:,}' if today else ''}"
    yield f'<figure class="fit"><figcaption>Fits for <b>{sentence(told)}</b></figcaption>'
    yield f"{sizes_plot(ranges, today, sentence_text(words_))}</figure>\n"


def sentence_text(text: str) -> str:
    """A sentence that is escaped by who takes it."""
    from ....names import prose

    return prose(text, 500)


def _today(fit: Fit, shapes: Shapes) -> int | None:
    """The size of the first axis as the model has it; None where it is open."""
    match = _AXIS.fullmatch(fit.axes[0]) if fit.axes else None
    shape = shapes.get(match[1]) if match else None
    if not isinstance(shape, tuple) or match is None or int(match[2]) >= len(shape):
        return None
    size = shape[int(match[2])]
    return size if isinstance(size, int) and size > 0 else None


def _repairs(finding: Finding) -> Iterator[str]:
    """Every edit has been tried: with it the model's shapes fit."""
    yield f"<details><summary>{counted(finding.repairs, 'edit')}, proved by propagating the edited model</summary><ul>"
    for repair in finding.repairs[:_MOST_REPAIRS]:
        why = f' <span class="why">{sentence(repair.why)}</span>' if repair.why else ""
        yield f"<li>{sentence(words(repair))}{why}</li>"
    if len(finding.repairs) > _MOST_REPAIRS:
        yield f"<li>and {len(finding.repairs) - _MOST_REPAIRS} more</li>"
    yield "</ul></details>\n"


def _witness(witness: Witness) -> Iterator[str]:
    """The inputs that show the fault."""
    by = f" by {name(witness.runtime)}" if witness.runtime else ""
    place_ = f" at {list(witness.place)}" if witness.place else ""
    yield f"<details><summary>Inputs that show it, run{by}</summary>"
    yield f"<p><code>{name(witness.tensor)}</code>{place_} is {name(witness.value)}</p><ul>"
    for one in witness.inputs[:_MOST_REPAIRS]:
        shape = ", ".join(map(str, one.shape))
        yield f"<li><code>{name(one.name)}</code> {name(one.dtype)} [{shape}] in [{one.low:g}, {one.high:g}]</li>"
    yield f"</ul><p>Made by the recipe <code>{name(witness.recipe, 400)}</code></p></details>\n"
