"""The files of deploy/: held against the checkout, the settings that there are, and the tools that read them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.config.table import TABLE
from tests.ports import kept_port, port_of
from tests.test_readme import COMMANDS

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
VARIABLES = {setting.env: setting for setting in TABLE if setting.env}


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: each with what it says, on one line."""
    text = "\n".join(line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def said(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for rest in said("ENV") for pair in shlex.split(rest))


def options_of(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if word.startswith("--")]


def test_the_image_knows_no_other_instructions() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
             "ENTRYPOINT", "CMD"}  # fmt: skip
    assert {word for word, _ in instructions()} == known
    for word in ("ENTRYPOINT", "CMD"):
        assert all(isinstance(one, str) for one in json.loads(said(word)[-1])), "no shell in between"


def test_the_image_is_small_and_nobody_s() -> None:
    stages = said("FROM")
    assert len(stages) == 2 and all(re.fullmatch(r"python:3\.\d+-slim( AS build)?", one) for one in stages)
    assert said("USER") == ["10001:10001"], "a number, which Kubernetes can tell from root"
    last = instructions()[[word for word, _ in instructions()].index("USER") :]
    assert not {word for word, _ in last} & {"RUN", "COPY"}, "nothing is made that the user could write to"


def test_what_is_copied_is_there_and_all_that_is_built_from() -> None:
    copied = [name for rest in said("COPY") if not rest.startswith("--") for name in rest.split()[:-1]]
    assert all((ROOT / name).exists() for name in copied)
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert sorted(kept) == sorted(copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "pyproject.toml"}
    assert needed | set(project["project"]["license-files"]) == set(copied)


def test_the_extras_are_extras() -> None:
    (extras,) = re.findall(r'"\.\[([a-z,]+)\]"', " ".join(said("RUN")))
    there = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras.split(",")) == {"attest", "cpu", "service", "postgres"} <= set(there)


def test_variables_are_settings() -> None:
    for name in environment().keys() | compose()["services"]["auditor"]["environment"].keys():
        assert name in VARIABLES or not name.startswith("AUDITOR_"), name
    assert environment()["AUDITOR_PORT"] == said("EXPOSE")[0]
    unit = (DEPLOY / "auditor.service").read_text()
    for name in re.findall(r"\b(AUDITOR_[A-Z_]+)=", unit):
        assert name in VARIABLES
    assert environment()["AUDITOR_STORAGE"].startswith(said("VOLUME")[0])


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check(status: int | None, code: int) -> None:
    """It is asked of a server as of ours; of none it fails, too."""
    (check,) = said("HEALTHCHECK")
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert command[0] == "python" and ":8000/healthz" in command[-1]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status or 200 if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server, kept_port() as nobodys:
        if status is None:
            port = port_of(nobodys)
        else:
            port = server.server_port
            threading.Thread(target=server.handle_request, daemon=True).start()
        program = command[-1].replace(":8000/", f":{port}/")
        run = subprocess.run([sys.executable, *command[1:-1], program], capture_output=True, check=False)
    assert run.returncode == code


def compose() -> dict[str, dict[str, dict[str, Any]]]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_compose_starts_what_there_is() -> None:
    service = compose()["services"]["auditor"]
    command = service["command"]
    assert isinstance(command, list) and command[0] == "serve"
    assert set(options_of(command)) <= COMMANDS["serve"]
    build = service["build"]
    assert isinstance(build, dict)
    assert (DEPLOY / str(build["context"]) / str(build["dockerfile"])).resolve() == DEPLOY / "Dockerfile"
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name, one in compose()["services"].items():
        volumes = one["volumes"]
        assert isinstance(volumes, list), name
        assert {str(volume).partition(":")[0] for volume in volumes} <= compose()["volumes"].keys()


def test_compose_takes_from_it_what_it_does_not_need() -> None:
    service = compose()["services"]["auditor"]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ports"] == ["127.0.0.1:8000:8000"], "who comes from elsewhere comes through a proxy"


def test_the_database_of_compose_is_one() -> None:
    from auditor.store.connection import address

    service, database = (compose()["services"][name] for name in ("auditor", "database"))
    variables, made = service["environment"], database["environment"]
    assert isinstance(variables, dict) and isinstance(made, dict)
    url = address(re.sub(r"\$\{DATABASE_PASSWORD[^}]*\}", "secret", variables["AUDITOR_DB"]))
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", made["POSTGRES_USER"], "secret")
    assert (url.host, url.database) == ("database", made["POSTGRES_DB"])


def unit(key: str) -> list[str]:
    """What the systemd unit says of a key."""
    lines = (DEPLOY / "auditor.service").read_text().splitlines()
    return [value for name, _, value in (line.partition("=") for line in lines) if name == key]


def test_the_unit_starts_what_there_is_and_lets_it_end() -> None:
    (start,) = unit("ExecStart")
    command = shlex.split(start)
    assert Path(command[0]).name == "auditor" and command[1] == "serve"
    assert set(options_of(command)) <= COMMANDS["serve"]
    grace = next(setting.default for setting in TABLE if setting.name == "grace")
    assert int(unit("TimeoutStopSec")[0]) > int(str(grace))
    assert unit("OOMPolicy") == ["continue"], "or one large model would end the service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze, which reads units, is not here")
def test_the_unit_is_one(tmp_path: Path) -> None:
    """Without a warning of systemd's, and with little that it can reach."""
    here = tmp_path / "auditor.service"
    text = (DEPLOY / "auditor.service").read_text()
    here.write_text(text.replace(unit("ExecStart")[0].split()[0], shutil.which("true") or "/bin/true"))
    found = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if "auditor.service" in line] == []
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(here)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unrecognized option" in found.stderr:
        pytest.skip("this systemd-analyze judges running units alone")
    assert found.returncode == 0, found.stdout[-500:]


def test_the_unit_allows_what_the_sandbox_is_made_of() -> None:
    """Without one of these a run has less of a sandbox (measured: `capset` is the identity's)."""
    words = " ".join(unit("SystemCallFilter")).split()
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp", "capset"} <= set(words)


# ---- docs/deployment.md

PAGE = (ROOT / "docs" / "deployment.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("program", blocks("bash"))
def test_what_is_typed_is_a_shell_s(program: str) -> None:
    assert subprocess.run(["bash", "-n"], input=program, text=True, check=False).returncode == 0
    for path in re.findall(r"\bdeploy/[\w.]+", program):
        assert (ROOT / path).is_file()


def test_what_compose_asks_for_is_said() -> None:
    asked = set(re.findall(r"\$\{(\w+):", (DEPLOY / "compose.yaml").read_text()))
    (start,) = (block for block in blocks("bash") if "compose up" in block)
    assert asked == set(re.findall(r"([A-Z_]+)=(?:auditor|%s)", start))


def test_the_proxies_leave_bodies_and_events_alone() -> None:
    """A stream lasts as long as the service lets it; a proxy that ends it earlier would cut it."""
    from auditor.service.context import ServiceLimits

    (nginx,), (caddy,) = blocks("nginx"), blocks("caddy")
    said = dict(re.findall(r"^\s*(\w+) (.*?);", nginx, re.MULTILINE))
    assert said["proxy_request_buffering"] == said["proxy_buffering"] == "off" and said["client_max_body_size"] == "0"
    assert int(said["proxy_read_timeout"].removesuffix("s")) > ServiceLimits().stream
    assert "proxy_set_header Host $host;" in nginx, "the service answers to its own names alone"
    assert "flush_interval -1" in caddy


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx, which reads its own configuration, is not here")
def test_nginx_takes_it(tmp_path: Path) -> None:
    kept = kept_port()  # nginx takes the port while it looks, and a user may have no low one
    server = blocks("nginx")[0].replace("listen 443 ssl;", f"listen 127.0.0.1:{port_of(kept)};")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path '{tmp_path}/{kind}'; " for kind in kinds)
    whole = f"pid '{tmp_path}/pid'; error_log stderr; events {{}} http {{ access_log off; {folders}\n{server}}}"
    (tmp_path / "nginx.conf").write_text(whole)
    command = ["nginx", "-t", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    with kept:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
