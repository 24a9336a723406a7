"""Which tracking server is meant, what of its registry, and who asks. By MLflow's own variables and files.

https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/
"""

from __future__ import annotations

import base64
import configparser
import os
import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from ...errors import UsageError
from ...files import read_regular
from ...tuples import NamedTuple
from ..urls import origin_of, shown_url

SCHEMES = ("mlflow", "mlflow+http", "mlflow+https", "models")

_VARIABLES = ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI")  # as MLflow asks them for a model
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|::1", re.ASCII)
_LARGEST = 1 << 16  # bytes of the file of credentials


class WantedVersions(NamedTuple):
    """What of a registry is meant. No name: all of it. No version and no alias: all versions of the model."""

    name: str = ""
    version: str = ""
    alias: str = ""


class TrackingServer(NamedTuple):
    """A server, and the headers that it asks for; they are never shown."""

    base: str  # its address, without a slash at the end
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"TrackingServer({self.base!r})"

    def address(self, name: str, version: str) -> str:
        """Of a model's version, for people and for the store: the same whoever asks and however he named it."""
        return f"mlflow+{self.base}/{quote(name, safe='')}/{quote(version, safe='')}"


def meant(address: str, environment: Mapping[str, str] | None = None) -> tuple[TrackingServer, WantedVersions]:
    """The server and what is wanted of it. `UsageError` for an address of another form."""
    environment = os.environ if environment is None else environment
    scheme, _, rest = address.partition(":")
    if scheme == "models":
        base, headers = _configured(environment, address)
        return TrackingServer(base, headers), _wanted(rest.strip("/"), address)
    parts = urlsplit(address)
    if parts.query or parts.fragment or "@" in parts.netloc or not parts.hostname:
        raise UsageError(
            f"{shown_url(address)}: mlflow://HOST[:PORT]/[NAME[/VERSION|@ALIAS]], and nothing else; credentials are "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        )
    plain = scheme == "mlflow+http" or (scheme == "mlflow" and _LOOPBACK.fullmatch(parts.hostname))
    base, path = f"{'http' if plain else 'https'}://{parts.netloc}", parts.path
    known, headers = "", _credentials(environment)
    if any(environment.get(variable) for variable in _VARIABLES):
        known, configured = _configured(environment, address, strict=False)
        headers = configured if known and origin_of(known) == origin_of(base) else {}  # they are that server's alone
        prefix = urlsplit(known).path
        if headers is configured and prefix and f"{path}/".startswith(f"{prefix}/"):  # it lies below a path
            base, path = known, path[len(prefix) :]
    return TrackingServer(base, headers), _wanted(path.strip("/"), address)


def _wanted(path: str, address: str) -> WantedVersions:
    """``NAME``, ``NAME/VERSION`` or ``NAME@ALIAS``; names may be percent-encoded."""
    name, slash, version = path.partition("/")
    name, at, alias = name.partition("@")
    if "/" in version or (slash and not version) or (at and (slash or not alias)) or (not name and path):
        raise UsageError(f"{address}: models:/NAME/VERSION, models:/NAME@ALIAS, models:/NAME, or models:/ for all")
    if version and version != "latest" and not (version.isascii() and version.isdecimal()):
        raise UsageError(f"{address}: {version[:40]!r} is not a version: a number, or latest; an alias stands behind @")
    return WantedVersions(unquote(name), version, unquote(alias))


def _configured(environment: Mapping[str, str], address: str, *, strict: bool = True) -> tuple[str, Mapping[str, str]]:
    """The server that MLflow's variables name, and its credentials."""
    said = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    try:
        parts = urlsplit(said)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        if not strict:
            return "", {}
        what = "names no server" if said else "is not set"
        raise UsageError(
            f"{address}: MLFLOW_TRACKING_URI {what}: it is the address of the tracking server, such as "
            "https://mlflow.example.com; a local mlruns folder is named by its path"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    base = f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"
    if parts.username:
        return base, _basic(unquote(parts.username), unquote(parts.password or ""))
    return base, _credentials(environment)


def _credentials(environment: Mapping[str, str]) -> Mapping[str, str]:
    """As MLflow has them: name and password before the token; each from the environment, else from its file."""
    name, password = environment.get("MLFLOW_TRACKING_USERNAME"), environment.get("MLFLOW_TRACKING_PASSWORD")
    if name is None and password is None:
        name, password = _written(environment)
    if name and password:
        return _basic(name, password)
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _basic(name: str, password: str) -> Mapping[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def _written(environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Of ``~/.mlflow/credentials``, if it is there."""
    home = environment.get("HOME") or os.path.expanduser("~")
    try:
        text = read_regular(os.path.join(home, ".mlflow", "credentials"), _LARGEST).decode()
        said = configparser.ConfigParser(interpolation=None)
        said.read_string(text)
    except (OSError, UnicodeDecodeError, configparser.Error):
        return None, None
    name, password = (said.get("mlflow", f"mlflow_tracking_{key}", fallback=None) for key in ("username", "password"))
    return name, password
