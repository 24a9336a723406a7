"""The head of a report: verdict, what was found, what was not looked at, and what the model is."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .... import __version__
from ....drawing.markup import compact, escaped, name, sentence
from ....numbers import amount, brief_shape
from ....report import Missed, Port, Report, Verdict
from ....wording import counted, in_bytes
from ..telling import summary

_SIGN = {Verdict.PASS: "✓", Verdict.FAIL: "✕", Verdict.INCONCLUSIVE: "?"}
_MEANING = {
    Verdict.PASS: "Nothing stands against it.",
    Verdict.FAIL: "It should not go live as it is.",
    Verdict.INCONCLUSIVE: "Something that was asked for could not be looked at.",
}
_MOST_PORTS = 40


def verdict_mark(verdict: Verdict) -> str:
    """Sign and word: never colour alone."""
    return (
        f'<span class="verdict {verdict.value}"><span aria-hidden="true">{_SIGN[verdict]}</span> '
        f"{verdict.value.upper()}</span>"
    )


def title_of(report: Report) -> str:
    """The file's own name."""
    return os.path.basename(report.model.path) or report.model.path


def banner(report: Report, verdict: Verdict) -> Iterator[str]:
    """The page's header."""
    when = f" · {escaped(report.audited_at[:16].replace('T', ' '))} UTC" if report.audited_at else ""
    yield f'<header class="top {verdict.value}"><div class="wide">\n'
    yield f'<p class="brand">auditor {escaped(__version__)}{when}</p>\n<h1>{name(title_of(report), 200)}</h1>\n'
    yield f'<p class="path"><code>{name(report.model.path, 1024)}</code></p>\n'
    yield f'<p class="word">{verdict_mark(verdict)} <span>{escaped(_MEANING[verdict])}</span></p>\n'
    yield f'<p class="told">{sentence(summary(report))}</p>\n'
    missed = len(report.coverage.failed) + len(report.coverage.skipped)
    if missed:
        yield f'<p class="told"><a href="#missed">{counted(missed, "thing")} not looked at</a></p>\n'
    yield "</div></header>\n"


def missed(report: Report, *, prefix: str = "") -> Iterator[str]:
    """What was not looked at: "clean" and "not looked at" are different answers."""
    ran = f"{counted(report.coverage.ran, 'rule')} ran."
    yield f'<section id="{prefix}missed"><h2>Not looked at</h2>\n'
    rows: list[tuple[str, Missed]] = [("failed", m) for m in report.coverage.failed]
    rows += [("skipped", m) for m in report.coverage.skipped]
    if not rows:
        yield f"<p>Everything that was asked for was looked at: {ran}</p></section>\n"
        return
    yield f'<p>{ran}</p><div class="scroll" role="region" aria-label="Not looked at" tabindex="0"><table>\n'
    yield '<thead><tr><th scope="col">what</th><th scope="col">why</th></tr></thead><tbody>\n'
    for kind, one in rows:
        sign = '<span class="sign error" aria-hidden="true">✕</span> ' if kind == "failed" else ""
        open_ = ' <span class="tag">asked for: the verdict is open</span>' if one.asked else ""
        yield f'<tr><th scope="row">{sign}{name(one.what, 200)}</th><td>{sentence(one.why)}{open_}</td></tr>\n'
    yield "</tbody></table></div></section>\n"


def facts(report: Report) -> Iterator[str]:
    """What the model is: its numbers, its inputs and outputs, where it comes from."""
    model, totals = report.model, report.totals
    yield '<section id="model"><h2>The model</h2>\n'
    if not model.ir_version:
        yield f"<p>The file has {in_bytes(model.bytes)}, and nothing of it is known as a model.</p></section>\n"
        return
    peak = totals.peak_activation_bytes
    tiles = [
        ("nodes", f"{totals.nodes:,}", ""),
        ("learnable parameters", _short(totals.learnable_parameters), amount(totals.learnable_parameters)),
        ("MACs", _short(totals.macs), amount(totals.macs)),
        ("weights", in_bytes(totals.weight_bytes), f"{totals.parameters:,} stored parameters"),
        ("activations at most", in_bytes(peak) if isinstance(peak, int) else _short(peak), amount(peak)),
    ]
    yield '<dl class="tiles">\n'
    for label, value, exact in tiles:
        more = f"<dd>{escaped(exact)}</dd>" if exact and exact != value else ""
        yield f'<div><dt>{label}</dt><dd class="big">{escaped(value)}</dd>{more}</div>\n'
    yield "</dl>\n"
    opsets = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in model.opsets.items())
    rows = [
        ("made by", sentence(f"{model.producer or '(not said)'}; IR {model.ir_version}; opset {opsets}", 500)),
        ("file", f"{in_bytes(model.bytes)}{_files(model.files)}"),
        ("digest", f"<code>{name(model.content_digest or model.digest, 80)}</code>"),
    ]
    if report.operators:
        most = sorted(report.operators.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{operator} {count:,}" for operator, count in most[:24])
        rows.append(("operators", sentence(shown + (", ..." if len(most) > 24 else ""), 1500)))
    if report.dtypes:
        rows.append(("element types", sentence(", ".join(report.dtypes), 500)))
    yield '<dl class="pairs">\n'
    yield from (f"<div><dt>{key}</dt><dd>{value}</dd></div>\n" for key, value in rows)
    yield "</dl>\n"
    yield from ports("Inputs", report.inputs)
    yield from ports("Outputs", report.outputs)
    yield "</section>\n"


def ports(title: str, given: tuple[Port, ...]) -> Iterator[str]:
    """A table of inputs or outputs."""
    if not given:
        return
    yield f'<h3>{title}</h3><div class="scroll" role="region" aria-label="{title}" tabindex="0"><table><thead><tr>'
    yield '<th scope="col">name</th><th scope="col">type</th><th scope="col">shape</th></tr></thead><tbody>\n'
    for port in given[:_MOST_PORTS]:
        shape = escaped(brief_shape(port.shape))
        yield f'<tr><th scope="row">{name(port.name)}</th><td>{name(port.dtype)}</td><td>{shape}</td></tr>\n'
    yield "</tbody></table></div>\n"
    if len(given) > _MOST_PORTS:
        yield f"<p>and {len(given) - _MOST_PORTS:,} more</p>\n"


def _short(value: int | str | None) -> str:
    return compact(value) if isinstance(value, int) and abs(value) < 10**21 else amount(value)


def _files(files: tuple[str, ...]) -> str:
    if not files:
        return ""
    shown = ", ".join(name(file) for file in files[:8])
    return f", and external data in {shown}{', ...' if len(files) > 8 else ''}"
