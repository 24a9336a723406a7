"""What is known of the runtimes that were asked for, and of those in which a model is tried."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import onnx.parser
import pytest

from auditor.evidence.evidence import Evidence
from auditor.evidence.targeting import TargetRuntime, Targets
from auditor.model.load import load
from auditor.pipeline import audit
from auditor.policy.judge import judge
from auditor.policy.policy import Policy
from auditor.report import Missed, Verdict
from auditor.runtime.outcome import Crashed, Failed, NotRun, Outcome, Run, TimedOut
from auditor.settings import Settings
from auditor.targets import scratch
from auditor.targets.known import runtime
from auditor.targets.scratch import NotInstalled

RELU = '<ir_version: {ir}, opset_import: ["" : 17]> agraph (float[2] x) => (float[2] y) {{ y = Relu(x) }}'
FOREIGN = """<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]>
    agraph (float[2, 4] x, float[4] b) => (y) { h = my.domain.Mine(x)  y = Add(h, b) }"""


def model(folder: Path, text: str = RELU.format(ir=8)) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(onnx.parser.parse_model(text).SerializeToString())
    return path


def asked(path: Path, *targets: str, try_target: bool = False, library: str | None = None) -> Targets:
    settings = Settings(run=False, runtimes=targets, try_target=try_target, custom_ops=library)
    return Evidence(load(path), settings).targets


def verdict(path: Path, *targets: str) -> tuple[Verdict, list[str]]:
    report = judge(audit(path, Settings(run=False, runtimes=targets)), Policy()).report
    missed = [one.what for one in report.coverage.skipped if one.asked]
    return judge(report, Policy()).verdict, missed


def test_without_a_target_nothing_is_asked(tmp_path: Path) -> None:
    assert asked(model(tmp_path)) == Targets() and list(Targets().missed) == []


@pytest.mark.parametrize(
    ("target", "ir_version", "wanted", "missed"),
    [
        ("onnxruntime==1.17", 9, Verdict.PASS, []),
        ("onnxruntime==1.17", 10, Verdict.FAIL, []),
        ("onnxruntime==1.2", 8, Verdict.INCONCLUSIVE, ["target onnxruntime 1.2"]),
        ("tensorrt==10.3", 8, Verdict.INCONCLUSIVE, ["target tensorrt 10.3"]),
    ],
)
def test_what_is_not_known_is_no_pass(
    target: str, ir_version: int, wanted: Verdict, missed: list[str], tmp_path: Path
) -> None:
    assert verdict(model(tmp_path, RELU.format(ir=ir_version)), target) == (wanted, missed)


def test_what_a_library_of_operators_has_nobody_knows(tmp_path: Path) -> None:
    (target,) = asked(model(tmp_path, FOREIGN), "onnxruntime==1.32", library="operators.so").asked
    assert list(target.missed) == [
        Missed("1 node for target onnxruntime 1.32.0: 'Mine[0]'", "a library of operators may have it", True),
        Missed(
            "1 node for target onnxruntime 1.32.0: 'Add[1]'",
            "its kernel hangs on element types that are not known",
            True,
        ),
    ]
    (target,) = asked(model(tmp_path, FOREIGN), "onnxruntime==1.32").asked
    assert len(target.refusals) == 1 and list(target.missed) == []


def test_types_that_the_opset_of_a_function_does_not_allow(tmp_path: Path) -> None:
    """onnxruntime refuses it by the schema that it makes of the function, and so does ONNX: it is not the table's."""
    text = """<ir_version: 8, opset_import: ["" : 14, "local" : 1]>
        agraph (int8[2] x) => (int8[2] y) { y = local.act(x) }
        <domain: "local", opset_import: ["" : 13]> act (a) => (b) { b = Relu(a) }"""
    (target,) = asked(model(tmp_path, text), "onnxruntime==1.32").asked
    assert [one.why for one in target.missed] == ["the function's own opset does not allow its types"]
    (target,) = asked(model(tmp_path, text.replace("13", "15")), "onnxruntime==1.32").asked
    assert list(target.missed) == [] and not target.refusals


MOE = """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
    agraph (float[2, 8] x, float[2, 2] r, float[2, 16, 8] a, float[2, 8, 16] b) => (float[2, 8] y)
    { y = com.microsoft.MoE<k = 1>(x, r, a, "", b) }"""
SCATTER = """<ir_version: 8, opset_import: ["" : 24]>
    agraph (float[1, 2, 8, 4] c, float[1, 2, 1, 4] u, int64[1] w) => (float[1, 2, 8, 4] y)
    { y = TensorScatter<axis = 2>(c, u, w) }"""


@pytest.mark.parametrize(
    ("text", "target", "deploy"),
    [(MOE, "1.15", "1.23.1"), (MOE, "1.20", "1.23.1"), (SCATTER, "1.24.1", "1.25.0")],
)
def test_the_release_that_a_finding_names_has_a_kernel(text: str, target: str, deploy: str, tmp_path: Path) -> None:
    """As 1.15.1 to 1.25.0 answer: 1.17.0 had MoE and 1.24.1 TensorScatter, and no kernel for the CPU."""
    report = audit(model(tmp_path, text), Settings(run=False, runtimes=(f"onnxruntime=={target}",)))
    (found,) = (one for one in report.findings if one.rule == "unsupported-by-target")
    assert found.fix is not None and found.fix.endswith(f"deploy onnxruntime {deploy} or newer")


MAP = """<ir_version: 8, opset_import: ["" : {opset}]> agraph (seq(float[4]) s) => (seq(float[4]) r)
    {{ r = SequenceMap(s) <body = b (float[4] x) => (float[4] y) {{ y = Mish(x) }}> }}"""


@pytest.mark.parametrize(("opset", "end"), [(18, "operators, or deploy onnxruntime 1.16.3"), (23, "single operators")])
def test_an_older_release_is_named_where_it_takes_the_opset(opset: int, end: str, tmp_path: Path) -> None:
    """1.16.3 puts functions into a SequenceMap in the right order, and takes opset 19 at most."""
    path = model(tmp_path, MAP.format(opset=opset))
    report = audit(path, Settings(run=False, runtimes=("onnxruntime==1.32",)))
    (found,) = (one for one in report.findings if one.rule == "unsupported-by-target")
    assert found.location.graph == "SequenceMap[0]/body" and found.fix is not None and found.fix.endswith(end)


def refused(stage: str) -> Failed:
    return Failed(stage, "FAIL", "it does not like it\nat all")


@pytest.mark.parametrize(
    ("tried", "failed", "missed"),
    [
        (None, "", ["target x"]),
        (Run("CPUExecutionProvider", "1.0", {}), "", []),
        (refused("load"), "refuses it: it does not like it", []),
        (Crashed("SIGSEGV", "load", ""), "dies of it (SIGSEGV)", []),
        (Crashed("SIGSEGV", "run", ""), "", ["target x"]),
        (refused("run"), "", ["a run in x"]),
        (NotRun("no network"), "", ["a try of x", "target x"]),
        (TimedOut(1.0, "load"), "", ["a try of x", "target x"]),
    ],
)
def test_a_try_counts_more_than_the_table(tried: Outcome | None, failed: str, missed: list[str]) -> None:
    target = TargetRuntime("x", None, "nothing is known of it", tried=tried)
    assert (target.failed, [one.what for one in target.missed]) == (failed, missed)


def test_what_ran_is_not_refused(tmp_path: Path) -> None:
    (target,) = asked(model(tmp_path, RELU.format(ir=10)), "onnxruntime==1.17").asked
    assert target.refusals and not target._replace(tried=Run("CPUExecutionProvider", "1.17", {})).refusals
    assert target.release == runtime("1.17.3") and list(target.missed) == []


def installed_here(folder: Path) -> Path:
    """The onnxruntime of this environment, as a target's folder has it."""
    made = folder / "runtime"
    made.mkdir()
    for name in ("onnxruntime", "numpy"):
        spec = find_spec(name)
        assert spec is not None and spec.submodule_search_locations
        found = Path(spec.submodule_search_locations[0])
        (made / name).symlink_to(found)
        libraries = found.parent / f"{name}.libs"
        if libraries.is_dir():
            (made / libraries.name).symlink_to(libraries)
    return made


def test_a_try_runs_what_lies_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the child's first place to look: here a module that says of itself that it is another release."""
    folder = installed_here(tmp_path)
    monkeypatch.setattr(scratch, "environment", lambda version: folder)
    (target,) = asked(model(tmp_path), "onnxruntime==1.32", try_target=True).asked
    assert isinstance(target.tried, Run) and target.tried.version
    (folder / "onnxruntime").unlink()
    (folder / "onnxruntime.py").write_text("raise ImportError('it is broken')")
    (target,) = asked(model(tmp_path), "onnxruntime==1.32", try_target=True).asked
    assert isinstance(target.tried, NotRun) and "it is broken" in target.tried.why


def test_a_release_that_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def environment(version: str) -> Path:
        raise NotInstalled(f"pip could not fetch onnxruntime {version}: no network")

    monkeypatch.setattr(scratch, "environment", environment)
    assert list(asked(model(tmp_path), "onnxruntime==1.17", try_target=True).missed) == [
        Missed("a try of onnxruntime 1.17.3", "pip could not fetch onnxruntime 1.17.3: no network", True)
    ]


def test_who_listens_hears_that_a_target_is_tried_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def environment(version: str) -> Path:
        raise NotInstalled("no network")

    monkeypatch.setattr(scratch, "environment", environment)
    for tries in (True, False):
        heard: list[str] = []
        settings = Settings(run=False, runtimes=("onnxruntime==1.17",), try_target=tries)
        assert Evidence(load(model(tmp_path)), settings, listening=heard.append).targets.asked
        assert ("trying targets" in heard) is tries


def pip(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A Python in place of this one, which is called as ``python -m pip install ... --target FOLDER ...``."""
    fake = folder / "python"
    start = "import pathlib, sys\ntarget = pathlib.Path(sys.argv[sys.argv.index('--target') + 1])\n"
    fake.write_text(f"#!{sys.executable}\n{start}{body}")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))


def test_a_release_is_installed_once_into_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pip(tmp_path, monkeypatch, "target.mkdir()\n(target / 'asked').write_text(' '.join(sys.argv[1:]))\n")
    folder = scratch.environment("1.18.1")
    assert folder.parent == tmp_path / "cache" / "auditor" / "runtimes"
    words = (folder / "asked").read_text().split()
    assert words[:3] == ["-m", "pip", "install"] and words[-2:] == ["onnxruntime==1.18.1", "numpy<2"]
    assert {"--no-deps", "--only-binary", ":all:", "--no-input"} <= set(words), "no code of a package is run"
    pip(tmp_path, monkeypatch, "sys.exit('it is there, and nothing is fetched')\n")
    assert scratch.environment("1.18.1") == folder
    assert [one.name for one in folder.parent.iterdir()] == [folder.name]


def test_numpy_fits_the_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip(tmp_path, monkeypatch, "target.mkdir()\n(target / 'asked').write_text(sys.argv[-1])\n")
    numpy = [(scratch.installed(version, tmp_path) / "asked").read_text() for version in ("1.18.1", "1.19.0", "1.32.0")]
    assert numpy == ["numpy<2", "numpy>=2", "numpy>=2"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            "sys.exit('WARNING: a\\nERROR: first\\nERROR: No matching distribution found\\nnotice')",
            "No matching distribution found",
        ),
        ("sys.exit('/usr/bin/python: No module named pip')", "/usr/bin/python: No module named pip"),
        ("sys.exit(3)", "it ended with 3"),
    ],
)
def test_what_pip_says_is_one_line(body: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip(tmp_path, monkeypatch, f"target.mkdir()\n{body}\n")
    with pytest.raises(NotInstalled) as caught:
        scratch.installed("1.18.1", tmp_path / "cache")
    assert str(caught.value) == f"pip could not fetch onnxruntime 1.18.1: {why}"
    assert list((tmp_path / "cache").iterdir()) == [], "nothing is left"


def test_a_release_that_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip(tmp_path, monkeypatch, "target.mkdir()\n(target / 'x').write_text('four')\n")
    monkeypatch.setattr(scratch, "_MOST_BYTES", 3)
    with pytest.raises(NotInstalled, match=r"^onnxruntime 1\.18\.1 takes 4 bytes, and a target may take 3$"):
        scratch.installed("1.18.1", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotInstalled, match=r"^onnxruntime 1\.18\.1 could not be installed: Not a directory$"):
        scratch.installed("1.18.1", tmp_path / "file" / "cache")
