"""Reports for the tests of formats, and names that no format may obey."""

from __future__ import annotations

from auditor.repair import AttributeChange, Declaration, DimensionName, InputSizes
from auditor.report import (
    Basis,
    Coverage,
    DeepFigure,
    DeepPart,
    DeepSeries,
    Finding,
    Fit,
    JudgedFinding,
    Location,
    Missed,
    ModelIdentity,
    Port,
    Report,
    RunAttempt,
    RunLevel,
    RunSummary,
    Severity,
    Stamp,
    Step,
    Totals,
    Waived,
)

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\nPASS  fake.onnx  nothing found",
    "a\r\x08\x7f\x00b",
    "[bold]markup[/bold]",
    "\u202egnitset\u202c",
    "\u2066x\u2069\u200b\u200d\ufeff",
    "\u2028\u2029\x85",
    "\udc80\udcff\ud800",
    "e" + "\u0301" * 500,
    "x" * 100_000,
    "漢字" * 200,
    "👩‍👩‍👧",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "</summary></details><h1>fine</h1>",
    "[click](https://example.org/evil) ![x](https://example.org/x.png) https://example.org www.example.org",
    "@everyone #1 GH-1 me@example.org",
    "a | b || c\\| `code` ``` ~~~ *b* _i_ &lt; $x$",
    "```\n# heading",
    '=HYPERLINK("https://example.org","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    " =1+1",
    "\t=1+1",
    "＝1+1",
    "::error file=x::pwned",
    "  ::add-mask::x",
    "\u3000::set-output name=x::y",
    "x ##[set-output name=x;]y ##vso[task.complete result=Succeeded;]",
    "a%0A::error::pwned",
    "x" * 72 + "::error::pwned",
    "]]>",
    "--><!-- <![CDATA[",
    "&amp;&#x1b;%1b{0}{name}",
    "\ufffe\uffff\ufdd0",
    "../../etc/passwd",
    "file:///etc/passwd",
    "\"quoted\",'cell'\n2,next",
    "x" * 1_000_000,
    "<@=|" * 250_000,
]


def with_name(name: str) -> Report:
    """A report in which the name stands wherever a file can put one."""
    finding = Finding(
        "some-rule",
        Severity.ERROR,
        Basis.ILLEGAL,
        f"{name!r} is wrong, and so is {name}",
        Location(f"{name}/then", name, name, name, name, 7),
        f"rename {name}",
        name,
        name,
        (Step(name, name, (name,), (name, 3), f"{name} + 1 = 3"),),
        (Fit((f"{name}[2]", f"{name}[3]"), ((1, 2),)),),
        repairs=(
            AttributeChange(name, name, name, (name,), name, name),
            InputSizes(name, (2,), (name,), (7,), name),
            Declaration(name, "shape", (name,), (name, 1), name, name),
            DimensionName(name, 0, name, name, name),
        ),
    )
    port = Port(name, name, (1, name, 8, 8))
    return Report(
        ModelIdentity(name, 1, "d", None, (name,), 8, {name: 1}, name),
        (
            finding,
            Finding("other-rule", Severity.NOTE, Basis.SUSPICIOUS, "no node", Location(tensor=name)),
            JudgedFinding.from_finding(finding, rule="waived-rule", waived=Waived("waiver", name, name, name)),
        ),
        Coverage(("some-rule",), (Missed(name, name),), (Missed(name, name, True),)),
        Totals(1, 1, f"{name}*2", macs=f"{name}*3", flops=name, peak_activation_bytes=name),
        (port,),
        (port,),
        run=RunSummary(
            name, "ok", name, 0.1, {"level": "full"}, {name: 1}, (name,), (port,), name, (name,),
            (RunAttempt({name: (1, 2)}, name, name, name),), (RunLevel(name, name, name, name),) * 2,
        ),
        depth=(
            DeepPart(
                "speed", "open", name, (name,), (DeepFigure("runs", 3), DeepFigure("run-ms-p50", 0.5, "ms")),
                (DeepSeries("by tensor", "ms", (name, name), (1.0, 2.0)),), 0.5,
                Stamp(name, name, name, 1, name, (name,)),
            ),
        ),
    )  # fmt: skip


ALEXNET = Report(
    ModelIdentity("models/alexnet.onnx", 3271, "d1", None, (), 8, {"": 17}, "pytorch"),
    (
        Finding(
            "misfit-initializers",
            Severity.ERROR,
            Basis.ILLEGAL,
            "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400",
            Location("", "fc6", "Gemm", "fc6_w", "", 1987),
            "feed an input that fits",
            9216,
            6400,
            (Step("conv1", "Conv", ("[1, 3, 224, 224]",), (1, 96, 54, 54), "floor((224 - 11) / 4) + 1 = 54"),),
            (Fit(("data[2]", "data[3]"), ((227, 258),)),),
            "f00d",
        ),
        Finding(
            "unused-initializers",
            Severity.WARNING,
            Basis.SUSPICIOUS,
            "nothing uses it",
            Location("if_1/then", tensor="spare"),
        ),
    ),
    Coverage(("dead-branches", "misfit-initializers", "unused-initializers"), (Missed("run", "left out by --no-run"),)),
    Totals(nodes=3, parameters=7, learnable_parameters=61706, macs=2, flops=4, weight_bytes=28),
    (Port("data", "float32", (1, 3, 224, 224)),),
    (Port("y", "float32", (1, 10)),),
    run=RunSummary("cpu", "not run", "left out by --no-run"),
    audited_at="2026-01-02T03:04:05+00:00",
)
WAIVED = ALEXNET._replace(
    findings=(
        JudgedFinding.from_finding(
            ALEXNET.findings[0], waived=Waived("waiver", "the client sends 227", "vision team", "2027-01-31")
        ),
        JudgedFinding.from_finding(ALEXNET.findings[1], waived=Waived("baseline"), fingerprint="beef"),
        Finding("unused-inputs", Severity.NOTE, Basis.SUSPICIOUS, "2 inputs are used by nothing"),
    )
)
CLEAN = ALEXNET._replace(
    model=ALEXNET.model._replace(path="/models/a clean:one.onnx"), findings=(), coverage=Coverage(("dead-branches",))
)
NOTHING = Report(
    ModelIdentity("none.onnx"), coverage=Coverage(failed=(Missed("model", "there is no file none.onnx", asked=True),))
)


MEASURED = Stamp("onnxruntime 1.32.0", "CPUExecutionProvider", "a processor", 2, "all", ("avx2", "fma"))
DEPTH = (
    DeepPart("divergence", "found", "", ("logits parts at block1/conv1",), stamp=MEASURED, seconds=1.25),
    DeepPart(
        "speed",
        "open",
        "the spread is too large",
        ("a run takes 3.21 ms (P50)",),
        (DeepFigure("runs", 30), DeepFigure("run-ms-p50", 3.21, "ms"), DeepFigure("peak", 1 << 20, "bytes")),
        (
            DeepSeries("the median run by batch", "ms", ("1", "2"), (3.21, 6.0)),
            DeepSeries(
                "more than at first, by run", "bytes", tuple(map(str, range(0, 160, 8))), (0.0,) * 19 + (4096.0,)
            ),
        ),
        2.5,
        MEASURED,
    ),
    DeepPart("growth", "not looked at", "the model did not run"),
)
"""What a look in depth may come to."""
