"""Who asks an OCI registry: what ``docker login``, ``oras login`` or a credential helper keeps.

https://docs.docker.com/reference/cli/docker/login/#credential-stores
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from collections.abc import Mapping
from typing import Any

from ...files import read_regular
from ...tuples import NamedTuple
from ..failures import NotAllowed

_LARGEST = 1 << 20  # bytes of the configuration
_PATIENCE = 30.0  # seconds for a helper
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_HUB_KEY = "https://index.docker.io/v1/"
_HUBS = ("docker.io", "index.docker.io", "registry-1.docker.io")
_TOKEN_NAME = "<token>"  # the name under which helpers keep an identity token


class NoLogin(NotAllowed):
    """Credentials that are there and cannot be read: said, instead of asking as nobody."""


class Login(NamedTuple):
    """A name and its password, or an identity token; never shown."""

    name: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        return "Login(...)"

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.name}:{self.password}".encode()).decode()


def login_for(host: str, environment: Mapping[str, str] | None = None) -> Login | None:
    """Whoever ``docker login`` knows at a registry; None where nobody is.

    A helper of the host itself goes first, then what stands in the file, then the helper of all.
    """
    environment = os.environ if environment is None else environment
    path = _path(environment)
    said = _configuration(path)
    keys = (_HUB_KEY, *_HUBS) if host in _HUBS else (host, f"https://{host}", f"http://{host}")
    helpers = _map(said, "credHelpers")
    for key in keys:
        if isinstance(helper := helpers.get(key), str):
            return _of_helper(helper, key, environment)
    written = _map(said, "auths")
    for key in keys:
        if key in written and (found := _written(written[key], key, path)) is not None:
            return found
    store = said.get("credsStore")
    return _of_helper(store, keys[0], environment) if isinstance(store, str) and store else None


def _path(environment: Mapping[str, str]) -> str:
    folder = environment.get("DOCKER_CONFIG") or os.path.join(environment.get("HOME") or "~", ".docker")
    return os.path.join(os.path.expanduser(folder), "config.json")


def _configuration(path: str) -> Mapping[str, Any]:
    try:
        found = json.loads(read_regular(path, _LARGEST))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise NoLogin(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise NoLogin(f"{path} is not JSON: `docker login` writes it anew") from None
    return found if isinstance(found, dict) else {}


def _map(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = said.get(key)
    return found if isinstance(found, dict) else {}


def _written(entry: Any, key: str, path: str) -> Login | None:
    """What stands in the file itself; an entry without anything says that a helper has it."""
    if not isinstance(entry, dict):
        return None
    if isinstance(token := entry.get("identitytoken"), str) and token:
        return Login(identity_token=token)
    name, password = entry.get("username"), entry.get("password")
    if isinstance(name, str) and isinstance(password, str) and name:
        return Login(name, password)
    auth = entry.get("auth")
    if not isinstance(auth, str) or not auth:
        return None
    try:
        name, colon, password = base64.b64decode(auth, validate=True).decode().rstrip("\0").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name, colon, password = "", "", ""
    if not colon:
        raise NoLogin(f"{path}: the entry of {key} is not a name and a password: `docker login` writes it anew")
    return Login(name, password)


def _of_helper(helper: str, key: str, environment: Mapping[str, str]) -> Login | None:
    """What ``docker-credential-HELPER get`` answers; None where it knows nobody there."""
    if not _HELPER.fullmatch(helper):
        raise NoLogin(f"{helper[:64]!r} in Docker's configuration is not the name of a credential helper")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"], input=key.encode(), capture_output=True, timeout=_PATIENCE, env=dict(environment),
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise NoLogin(f"{program} is not installed: Docker's configuration names it for {key}") from None
    except subprocess.TimeoutExpired:
        raise NoLogin(f"{program} does not answer within {_PATIENCE:g} seconds") from None
    except OSError as error:
        raise NoLogin(f"{program} cannot be run: {error.strerror}") from None
    if done.returncode:
        if b"credentials not found" in done.stdout + done.stderr:  # as the helpers' protocol has it
            return None
        raise NoLogin(f"{program} knows no credentials for {key}: it ended with {done.returncode}")
    try:
        found = json.loads(done.stdout[:_LARGEST])
        name, secret = found["Username"], found["Secret"]
        if not isinstance(name, str) or not isinstance(secret, str):
            raise TypeError
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NoLogin(f"{program} does not answer as a credential helper does") from None
    return Login(identity_token=secret) if name == _TOKEN_NAME else Login(name, secret)
