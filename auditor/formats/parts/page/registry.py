"""The first page of a batch: what came of all models, which rules found something in which, and who stands out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from .... import __version__
from ....drawing.assets import asset
from ....drawing.markup import compact, escaped, name
from ....report import Report, Severity, Verdict
from ....tuples import NamedTuple
from ....wording import counted, in_bytes
from ..telling import counting
from . import shell
from .summary import verdict_mark

_ORDER = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
_SIGN = {Severity.ERROR: "✕", Severity.WARNING: "!", Severity.NOTE: "i"}

MOST_ROWS = 20_000
"""Models in the table: all pages are in the folder."""

_VERSION = '<th scope="col">version</th>'
_MOST_RULES, _MOST_COLUMNS = 60, 40
_MOST_OUTLIERS = 5
_RARE = 0.05
"""The share of models that makes a value unusual, where most have another."""


class ModelSummary(NamedTuple):
    """A line of the index: a model as the batch names it, and the file of its page."""

    number: int
    name: str
    version: str
    page: str  # relative to the index
    verdict: Verdict
    bytes: int
    parameters: int  # that can be learned, where their number is known
    opset: int | None
    producer: str
    rules: Mapping[str, tuple[Severity, int]]  # the worst severity and how many findings

    @property
    def findings(self) -> int:
        return sum(count for _, count in self.rules.values())


def model_summary(number: int, name: str, version: str, page: str, report: Report, verdict: Verdict) -> ModelSummary:
    """What the index says of a report."""
    rules: dict[str, tuple[Severity, int]] = {}
    for finding in counting(report):  # the worst come first
        severity, count = rules.get(finding.rule, (finding.severity, 0))
        rules[finding.rule] = (severity, count + 1)
    model = report.model
    opset = model.opsets.get("", model.opsets.get("ai.onnx"))
    learnable = report.totals.learnable_parameters
    parameters = learnable if isinstance(learnable, int) else report.totals.parameters
    return ModelSummary(
        number, name, version, page, verdict, model.bytes, parameters, opset, model.producer.partition(" ")[0], rules
    )


def index(models: Sequence[ModelSummary], *, ended: bool) -> Iterator[str]:
    """The page. ``ended``: whether the batch came to its end."""
    styles, scripts = [shell.style(), asset("registry.css")], [shell.script(), asset("registry.js")]
    yield from shell.head(f"{counted(len(models), 'model')} audited", styles, scripts)
    yield f'<header class="top"><div class="wide"><p class="brand">auditor {escaped(__version__)}</p>\n'
    yield f"<h1>{counted(len(models), 'model')} audited</h1>\n"
    if not ended:
        yield '<p class="told">The batch has not come to its end: these are the models that were done.</p>\n'
    yield '</div></header>\n<main id="main" class="wide">\n'
    yield from _verdicts(models)
    yield from _outliers(models)
    yield from _matrix(models)
    yield from _table(models)
    yield "</main>\n"
    yield from shell.end(scripts)


def _verdicts(models: Sequence[ModelSummary]) -> Iterator[str]:
    counts = Counter(model.verdict for model in models)
    findings = sum(model.findings for model in models)
    yield '<section id="verdicts"><h2>Verdicts</h2>\n<dl class="tiles">\n'
    for verdict in _ORDER:
        yield f'<div><dt>{verdict_mark(verdict)}</dt><dd class="big">{counts[verdict]:,}</dd>'
        yield "</div>\n"
    yield f'<div><dt>findings</dt><dd class="big">{findings:,}</dd></div>\n'
    yield f'<div><dt>bytes</dt><dd class="big">{in_bytes(sum(model.bytes for model in models))}</dd></div>\n'
    yield "</dl></section>\n"


def _outliers(models: Sequence[ModelSummary]) -> Iterator[str]:
    ranked: tuple[tuple[str, Callable[[ModelSummary], int], Callable[[int], str]], ...] = (
        ("Largest files", lambda model: model.bytes, in_bytes),
        ("Most parameters", lambda model: model.parameters, lambda count: f"{count:,}"),
        ("Most findings", lambda model: model.findings, lambda count: f"{count:,}"),
    )
    lists = []
    for title, size, shown in ranked:
        first = sorted((model for model in models if size(model)), key=size, reverse=True)[:_MOST_OUTLIERS]
        lists.append((title, [(_link(model), shown(size(model))) for model in first]))
    for title, value in (("Unusual opsets", _opset), ("Unusual producers", _producer)):
        lists.append((title, [(_link(model), name(value(model))) for model in _unusual(models, value)]))
    yield '<section id="outliers"><h2>Who stands out</h2>\n<div class="three">\n'
    for title, rows in lists:
        if rows:
            yield f'<div><h3>{title}</h3><ul class="ranked">\n'
            yield from (f"<li><span>{link}</span> <span>{value}</span></li>\n" for link, value in rows)
            yield "</ul></div>\n"
    yield "</div></section>\n"


def _opset(model: ModelSummary) -> str:
    return "" if model.opset is None else f"opset {model.opset}"


def _producer(model: ModelSummary) -> str:
    return model.producer


def _unusual(models: Sequence[ModelSummary], value: Callable[[ModelSummary], str]) -> list[ModelSummary]:
    """Those whose value few have, where more than half have one and the same."""
    counts = Counter(filter(None, map(value, models)))
    if not counts or counts.most_common(1)[0][1] * 2 <= counts.total():
        return []
    most = counts.total() * _RARE
    return [model for model in models if 0 < counts[value(model)] <= most][:_MOST_OUTLIERS]


def _matrix(models: Sequence[ModelSummary]) -> Iterator[str]:
    """Rules by models: the rules that are found in most models, and the models with most findings."""
    rules = Counter(rule for model in models for rule in model.rules)
    columns = sorted((m for m in models if m.rules), key=lambda m: (_ORDER.index(m.verdict), -m.findings, m.number))
    yield '<section id="rules"><h2>Rules by model</h2>\n'
    if not rules:
        yield "<p>No rule found anything.</p></section>\n"
        return
    shown, across = rules.most_common(_MOST_RULES), columns[:_MOST_COLUMNS]
    if len(shown) < len(rules) or len(across) < len(columns):
        yield f"<p>The {len(shown)} rules that most models are found by, of {len(rules):,}, and the {len(across)} "
        yield f"models that fail or have most findings, of {len(columns):,} with any. "
        yield "A number is the model's in the table.</p>\n"
    yield '<div class="scroll" role="region" aria-label="Rules by model" tabindex="0"><table class="matrix"><thead><tr>'
    yield '<th scope="col">rule</th><th scope="col" class="n">models</th>'
    for model in across:
        yield f'<th scope="col"><a href="{model.page}" title="{name(model.name)}">{model.number}</a></th>'
    yield "</tr></thead><tbody>\n"
    for rule, count in shown:
        yield f'<tr><th scope="row">{name(rule)}</th><td class="n">{count:,}</td>'
        for model in across:
            severity, found = model.rules.get(rule, (None, 0))
            if severity is None:
                yield "<td></td>"
            else:
                yield f'<td class="{severity.value}"><abbr title="{severity.value}">{_SIGN[severity]}</abbr>'
                yield f"{found if found > 1 else ''}</td>"
        yield "</tr>\n"
    yield "</tbody></table></div></section>\n"


def _table(models: Sequence[ModelSummary]) -> Iterator[str]:
    yield '<section id="models"><h2>Models</h2>\n<div id="model-tools"></div>\n'
    rows = sorted(models, key=lambda model: (_ORDER.index(model.verdict), model.number))
    yield '<div class="tall" role="region" aria-label="Models" tabindex="0"><table class="models"><thead><tr>'
    versions = any(model.version for model in models)
    yield '<th scope="col" class="n">number</th><th scope="col">model</th>'
    yield f'{_VERSION if versions else ""}<th scope="col">verdict</th>'
    for title in ("errors", "findings", "bytes", "parameters", "opset"):
        yield f'<th scope="col" class="n">{title}</th>'
    yield "</tr></thead><tbody>\n"
    for model in rows[:MOST_ROWS]:
        errors = sum(count for severity, count in model.rules.values() if severity is Severity.ERROR)
        yield f'<tr><td class="n">{model.number}</td><th scope="row">{_link(model)}</th>'
        yield f"<td>{name(model.version)}</td>" if versions else ""
        yield f'<td>{verdict_mark(model.verdict)}</td><td class="n">{errors:,}</td>'
        yield f'<td class="n">{model.findings:,}</td><td class="n"><data value="{model.bytes}">{in_bytes(model.bytes)}'
        yield f'</data></td><td class="n"><data value="{model.parameters}">{compact(model.parameters)}</data></td>'
        yield f'<td class="n">{"" if model.opset is None else model.opset}</td></tr>\n'
    yield "</tbody></table></div>\n"
    if len(rows) > MOST_ROWS:
        yield f"<p>and {len(rows) - MOST_ROWS:,} more, whose pages lie in the folder beside this one</p>\n"
    yield "</section>\n"


def _link(model: ModelSummary) -> str:
    return f'<a href="{model.page}">{name(model.name)}</a>'
