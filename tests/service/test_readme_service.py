"""Every sentence of the README about the service, shown on a real one."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from auditor.service.context import Service
from auditor.service.files.storage import Storage
from auditor.service.serving import Serving
from auditor.store.policies import set_policy
from auditor.store.tables import audits
from auditor.store.works import Works
from tests.client.test_push import without_place
from tests.corpus import SAMPLES
from tests.pace import HANG, until
from tests.readme import ROOT, blocks, pages, unfenced

from .pages.site import before
from .running import Running, ended, homed

README = pages()["README.md"]
SECTION = README.partition("\n## A service\n")[2].partition("\n## ")[0]
ALEXNET = str(SAMPLES / "broken" / "alexnet_224.onnx")
LENET = str(SAMPLES / "lenet5" / "lenet5.onnx")
NAME = "auditor.example.com"


def sentences(text: str) -> list[str]:
    """Of a part of a page: without code blocks and pictures, white space made one."""
    plain = " ".join(re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", unfenced(text)).split())
    return re.split(r"(?<=[.:?!]) (?=[A-Z`\[])", plain)


def serve_words() -> list[str]:
    """What the README's command says behind `auditor serve`."""
    (command,) = blocks(SECTION, "sh")
    return shlex.split(command.rpartition("auditor serve")[2])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """As the README's command starts it."""
    running = homed(tmp_path_factory.mktemp("home"))
    running.serve(serve_words())
    with ended(running):
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that listens to other machines, with a token."""
    running = homed(tmp_path_factory.mktemp("guarded"))
    made = running.auditor("token", "create", "--owner", "you", "--scope", "admin")
    assert made.returncode == 0, made.stderr
    running.token = made.stdout.strip()
    running.serve(["--address", "0.0.0.0", "--host", NAME])
    with ended(running):
        yield running


# ---- with nothing said


def it_is_the_same_audit(site: Running) -> None:
    ours = site.auditor("check", ALEXNET, "--no-store", "--format", "json")
    theirs = site.auditor("push", ALEXNET, "--server", site.url, "--format", "json")
    assert without_place(json.loads(theirs.stdout)) == without_place(json.loads(ours.stdout))
    gated = site.auditor("gate", "alexnet_224", "--server", site.url, "--format", "json")
    assert json.loads(gated.stdout)["verdict"] == "fail"
    assert "alexnet_224" in site.ask("/").body


def it_starts_with_two_samples(site: Running) -> None:
    (command,) = blocks(SECTION, "sh")
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", command)
    there = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras.split(",")) == {"cpu", "service"} <= set(there)

    def verdicts() -> dict[str, str]:
        found = site.ask("/api/v1/models?name=samples/").json["items"]
        return {model["name"]: (model["latest"] or {}).get("verdict", "") for model in found}

    until(lambda: all(verdicts().values()), "the samples' verdicts")
    assert verdicts() == {"samples/lenet5": "pass", "samples/wrong-bias": "fail"}


def the_first_page_is_the_fleet(site: Running) -> None:
    usual = Serving("", 1)
    assert f"http://{usual.address}:{usual.port}" in SECTION
    assert site.auditor("push", LENET, "--server", site.url, "--name", "worse", "--version", "1").returncode == 0
    storage = Storage(site.storage)
    with Works.open(site.database) as store:
        before(Service(store, storage), 8)
    assert site.auditor("push", ALEXNET, "--server", site.url, "--name", "worse", "--version", "2").returncode == 1
    page = site.ask("/")
    assert page.headers["content-type"].startswith("text/html")
    told = page.body.partition("Got worse this week")[2]
    assert "worse</a>" in told.partition("</section>")[0]
    rows = told.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")
    assert any("samples/wrong-bias" in row and "FAIL" in row.upper() for row in rows)
    assert any("samples/lenet5" in row and "PASS" in row.upper() for row in rows)


def an_upload_leads_to_its_report(site: Running) -> None:
    form = site.ask("/upload")
    (csrf,) = re.findall(r'name="csrf" value="(\w+)"', form.body)[:1]
    content = (SAMPLES / "broken" / "head_never_fits.onnx").read_bytes()
    fields = {"csrf": csrf, "name": "by hand", "version": "1"}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields.items()]
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="model.onnx"\r\n\r\n'
    body = b"".join([*parts, head, content, b"\r\n--b--\r\n"])
    cookie = form.headers["set-cookie"].partition(";")[0]
    kind = "multipart/form-data; boundary=b"
    sent = site.ask("/upload", body, Cookie=cookie, Origin=site.url, Content_Type=kind)
    assert sent.status == 303
    site.done(sent.headers["location"].rpartition("/")[2])
    address = sent.headers["location"]
    until(lambda: 'id="graph"' in site.ask(address).body, "the picture, which may come behind the report")
    report = site.ask(address).body
    graph = report.partition('id="graph"')[2]
    targets = re.findall(r'href="#(n-[^"]+)"', report.partition('id="findings"')[2])
    assert targets and any(re.search(rf'<g[^>]*\bid="{re.escape(one)}"', graph) for one in targets)


def push_is_check_at_a_distance(site: Running) -> None:
    for model, code in ((LENET, 0), (ALEXNET, 1)):
        name = Path(shutil.copy(model, site.home)).name
        theirs, ours = site.auditor("push", name, "--server", site.url), site.auditor("check", name, "--no-store")
        assert theirs.returncode == ours.returncode == code
        assert _timeless(theirs.stdout) == _timeless(ours.stdout)


def _timeless(text: str) -> list[str]:
    """A report without the line on its run's seconds and memory."""
    return [line for line in text.splitlines() if not line.startswith("  run ")]


def what_is_there_is_not_sent_again(site: Running) -> None:
    site.auditor("push", LENET, "--server", site.url)
    known = len(site.requests())
    assert site.auditor("push", LENET, "--server", site.url, "--version", "again").returncode == 0
    fresh = site.requests()[known:]
    assert {line["method"] for line in fresh} == {"GET", "POST"} and sum(line["bytes_in"] for line in fresh) < 5_000


def gate_asks_under_the_policy_of_now(site: Running) -> None:
    site.auditor("push", LENET, "--server", site.url)
    with Works.open(site.database) as store:
        codes, made = [], []
        for text in ("", "[limits]\nnodes = { max = 3 }\n", ""):
            set_policy(store, text, "you")
            codes.append(site.auditor("gate", "lenet5", "--server", site.url).returncode)
            made.append(_reports(store))
    assert codes == [0, 1, 0] and len(set(made)) == 1  # nothing was audited again


def _reports(store: Works) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(audits)) or 0


def kills_lose_nothing(site: Running) -> None:
    for number, kind in enumerate(("http", "dispatcher", "worker")):
        name = f"killed-{kind}"
        site.auditor("push", LENET, "--server", site.url, "--name", name, "--version", "1", "--wait", "0")
        asked = site.auditor(
            "push", LENET, "--server", site.url, "--name", name, "--seed", str(number + 1), "--version", "1",
            "--wait", "0",
        )  # fmt: skip
        (audit_id,) = set(re.findall(r"[0-9a-f]{32}", asked.stdout + asked.stderr))
        for pid in site.pids(kind):
            os.kill(pid, signal.SIGKILL)
        assert site.done(audit_id)["state"] == "done"
        with Works.open(site.database) as store, store.reading() as connection:
            reports = select(func.count()).select_from(audits).where(audits.c.uid == audit_id)
            assert connection.scalar(reports) == 1


def no_token_here_and_none_beyond_without(site: Running) -> None:
    assert site.said == f"auditor serves at {site.url} (nobody needs a token)\n"
    assert site.ask("/api/v1/whoami").json["by"] == "open"
    refused = site.auditor("serve", "--address", "0.0.0.0", "--port", "0")
    assert refused.returncode == 2 and "there is no token yet" in refused.stderr


def the_first_token_closes_it(site: Running) -> None:
    """Also while it runs. It is taken back for the others' sake."""
    made = site.auditor("token", "create", "--owner", "you", "--scope", "admin")
    assert site.ask("/api/v1/whoami").status == 401
    assert site.ask("/api/v1/whoami", Authorization=f"Bearer {made.stdout.strip()}").json["owner"] == "you"
    (token_id,) = re.findall(r"[0-9a-f]{32}", made.stderr)
    assert site.auditor("token", "revoke", token_id).returncode == 0


# ---- with a token


def pipelines_and_browsers_show_it(guarded: Running) -> None:
    asked = ("push", LENET, "--server", guarded.url, "--quiet")
    assert "this needs a token" in guarded.auditor(*asked).stderr
    assert guarded.auditor(*asked, AUDITOR_TOKEN=guarded.token).returncode == 0
    assert guarded.ask("/", Authorization="").headers["location"].startswith("/login")
    form = guarded.ask("/login", Authorization="")
    (csrf,) = re.findall(r'name="csrf" value="(\w+)"', form.body)
    sent = guarded.ask(
        "/login", urlencode({"csrf": csrf, "token": guarded.token, "next": "/"}).encode(), Authorization="",
        Cookie=form.headers["set-cookie"].partition(";")[0], Origin=guarded.url,
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert sent.status == 303
    (session,) = re.findall(r"auditor_session=[^;]+", sent.headers["set-cookie"])
    assert guarded.ask("/", Authorization="", Cookie=session).status == 200


def tokens_are_listed_and_taken_back(guarded: Running) -> None:
    made = guarded.auditor("token", "create", "--owner", "ci", "--scope", "submit")
    (token_id,) = re.findall(r"[0-9a-f]{32}", made.stderr)
    shown = f"Bearer {made.stdout.strip()}"
    assert guarded.ask("/api/v1/whoami", Authorization=shown).status == 200
    listed = guarded.auditor("token", "list", "--format", "json")
    assert {one["owner"] for one in json.loads(listed.stdout)} >= {"you", "ci"}
    assert guarded.auditor("token", "revoke", token_id).returncode == 0
    assert guarded.ask("/api/v1/whoami", Authorization=shown).status == 401


def other_machines_are_answered_by_its_name(guarded: Running) -> None:
    """127.0.0.2 is an address that a service on 127.0.0.1 alone does not have."""
    assert guarded.said == f"auditor serves at {guarded.url}\n"
    assert guarded.ask("/api/v1/whoami", host="127.0.0.2", Host=NAME).status == 200
    assert guarded.ask("/api/v1/whoami", host="127.0.0.2", Host="other.example.com").status == 421


def deployment_has_what_it_takes(guarded: Running) -> None:
    assert {"Dockerfile", "auditor.service"} <= {one.name for one in (ROOT / "deploy").iterdir()}
    page = pages()["docs/deployment.md"]
    assert "deploy/auditor.service" in page and "ssl" in blocks(page, "nginx")[0]


SHOWN: dict[str, Callable[[Running], None]] = {
    "The same audit behind an address: models are uploaded, pipelines ask for verdicts, people look at pages.": (
        it_is_the_same_audit
    ),
    "From a checkout this installs it, and starts it with two samples audited:": it_starts_with_two_samples,
    "Its first page, http://127.0.0.1:8000, is the fleet: every model's verdict, and what got worse this week.": (
        the_first_page_is_the_fleet
    ),
    "A model that is uploaded there leads to its report, with the faulty node in the graph.": (
        an_upload_leads_to_its_report
    ),
    "`auditor push MODEL --server http://127.0.0.1:8000` sends a model, prints the report of `auditor check`, and "
    "exits with the verdict.": push_is_check_at_a_distance,
    "What the service has already is not sent again.": what_is_there_is_not_sent_again,
    "`auditor gate NAME --server http://127.0.0.1:8000` asks for the verdict at any time, under the policy of now.": (
        gate_asks_under_the_policy_of_now
    ),
    "An audit that was acknowledged ends in one report, whichever process is killed.": kills_lose_nothing,
    "Nobody needs a token on this machine as long as there is none, and beyond it the service does not listen without "
    "one.": no_token_here_and_none_beyond_without,
    "`auditor token create --owner you --scope admin` makes one, and from then on everybody has to show one.": (
        the_first_token_closes_it
    ),
    "Pipelines show it in `AUDITOR_TOKEN`, browsers at `/login`.": pipelines_and_browsers_show_it,
    "`auditor token list` says who holds one, and `auditor token revoke ID` takes one back.": (
        tokens_are_listed_and_taken_back
    ),
    f"With a token, `auditor serve --address 0.0.0.0 --host {NAME}` answers to other machines, by that name.": (
        other_machines_are_answered_by_its_name
    ),
    "[Deployment](docs/deployment.md) has the container, the systemd unit and the proxy for TLS.": (
        deployment_has_what_it_takes
    ),
}


ROWS: dict[str, tuple[Callable[[Running], None], ...]] = {
    "`auditor push MODEL` | sends a model to a service, prints its report, and exits with its verdict": (
        push_is_check_at_a_distance,
    ),
    "`auditor serve` | the service: models are uploaded, audited, gated and watched over HTTP": (
        an_upload_leads_to_its_report,
        gate_asks_under_the_policy_of_now,
        the_first_page_is_the_fleet,
    ),
    "`auditor token create`, `auditor token list`, `auditor token revoke` | who may ask the service, and for what": (
        tokens_are_listed_and_taken_back,
    ),
}
"""Of the table of commands what is about the service, and by which of these it is shown."""


def test_every_sentence_is_shown() -> None:
    assert sentences(SECTION) == list(SHOWN)


def test_every_row_of_the_commands_is_shown() -> None:
    table = README.partition("\n## The commands\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", table, re.MULTILINE)
    assert [row for row in rows if re.search(r"\bservice\b", row)] == list(ROWS)
    assert {shows for row in ROWS.values() for shows in row} <= set(SHOWN.values())


@pytest.mark.parametrize("place", ["site", "guarded"])
def test_what_the_readme_says_of_the_service(place: str, request: pytest.FixtureRequest) -> None:
    """Two tests, or each of several processes that run them would start services of its own."""
    running = request.getfixturevalue(place)
    for sentence, shows in SHOWN.items():
        if place in shows.__annotations__:
            try:
                shows(running)
            except Exception as error:
                error.add_note(f"the README says: {sentence}")
                raise


# ---- docs/service.md


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's examples need curl")
def test_the_examples_of_the_api(guarded: Running, tmp_path: Path) -> None:
    """One after the other, in one shell: each is answered with what the page says."""
    shutil.copy(LENET, tmp_path / "model.onnx")
    examples = "\n".join(["set -e -o pipefail", *blocks(pages()["docs/service.md"], "bash")])
    told = {"SERVER": guarded.url, "AUDITOR_TOKEN": guarded.token}
    ran = subprocess.run(
        ["bash", "-c", examples], cwd=tmp_path, env=guarded.environment | told, capture_output=True, text=True,
        timeout=HANG, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads((tmp_path / "report.sarif").read_text())["version"] == "2.1.0"
    # Not at a line's start: the answer before the first event ends without one.
    events = re.findall(r"event: (\w+)\ndata: ", ran.stdout)
    assert events.count("done") == 2 and set(events) <= {"stage", "done"}
    for said in ('"verdict":"pass"', "/api/v1/badges/", '"accepted_by":"you"', '"what":"version.accept"', "PASS"):
        assert said in ran.stdout
