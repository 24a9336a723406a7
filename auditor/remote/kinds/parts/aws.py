"""Who asks S3, as AWS's own tools look for it: the environment, ~/.aws, else the instance's role.

https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from typing import Any

_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "region": "region",
    "endpoint_url": "endpoint",
}
_OTHERS = ("sso_session", "sso_start_url", "role_arn", "credential_process", "web_identity_token_file")


def aws_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """What obstore's S3 store is to be made with. The environment goes first, and a profile fills what is lacking.

    A profile of single sign-on, of a role or of a command is boto3's to resolve, if it is installed.
    """
    said = _profile(environment)
    found: dict[str, Any] = {}
    if not environment.get("AWS_ACCESS_KEY_ID"):
        if "aws_access_key_id" in said:
            found = {name: said[key] for key, name in _KEYS.items() if key in said}
        elif any(key in said for key in _OTHERS):
            found |= _by_boto3(environment)
    for name, key, variables in (
        ("region", "region", ("AWS_REGION", "AWS_DEFAULT_REGION")),
        ("endpoint", "endpoint_url", ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")),
    ):
        value = next((environment[variable] for variable in variables if environment.get(variable)), said.get(key))
        if value:
            found[name] = value
    found.setdefault("region", "us-east-1")
    return found


def _profile(environment: Mapping[str, str]) -> Mapping[str, str]:
    """A profile's lines; ``~/.aws/credentials`` wins over ``~/.aws/config``."""
    name = environment.get("AWS_PROFILE") or "default"
    config = environment.get("AWS_CONFIG_FILE") or "~/.aws/config"
    credentials = environment.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    found: dict[str, str] = {}
    for path, section in ((config, name if name == "default" else f"profile {name}"), (credentials, name)):
        parser = configparser.RawConfigParser()
        try:
            parser.read(os.path.expanduser(path), encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):  # its lines may hold keys: nothing is told of them
            continue
        if parser.has_section(section):
            found |= {key: value for key, value in parser.items(section) if value}
    return found


def _by_boto3(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        import boto3
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        return {}
    session = boto3.Session(profile_name=environment.get("AWS_PROFILE") or None)
    return {"credential_provider": Boto3CredentialProvider(session)}
