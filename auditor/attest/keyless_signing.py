"""Signing as whoever this job runs as: Sigstore certifies the identity for some minutes, and logs the signature.

A key is made for one attestation and never written down. What comes back is verified as anybody would, before it is
written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import AuditorError, CannotLook, UsageError
from ..files import read_regular
from ..tuples import NamedTuple
from .envelopes import parse_lines
from .identities import TrustedIdentity
from .keyless import check_sigstore_installed, identities_in, public_trust, said_by, signed_by_identity, trusted_root
from .refusals import Refusal
from .sigstore_bundles import sigstore_bundle

if TYPE_CHECKING:
    from sigstore.models import TrustedRoot
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext

TOKEN = "SIGSTORE_ID_TOKEN"
"""The variable with a token, as GitLab and cosign have it."""

_LARGEST = 1 << 20  # bytes of a token, or of a configuration
_SECONDS = 300.0  # its clients wait without an end, and the certificate holds for ten minutes
_T = TypeVar("_T")


class KeylessSigner(NamedTuple):
    """Signs by an identity; ``token`` gets it anew each time, because it holds for some minutes."""

    context: SigningContext
    root: TrustedRoot
    token: Callable[[], IdentityToken]

    def signed(self, payloads: Sequence[bytes]) -> tuple[str, str]:
        """A bundle a line, and whose they are; CannotLook where Sigstore's services do not do it."""
        token = self.token()
        try:
            lines, by = _in_time(lambda: self._bundles(token, payloads))
        except AuditorError:
            raise
        except Exception as error:  # of its clients, of the network, and of answers that nobody expects
            why = said_by(error, str(token))
            raise CannotLook(f"Sigstore did not sign it, and nothing is written: {why}") from None
        text = "".join(f"{line}\n" for line in lines)
        try:
            bundles = map(sigstore_bundle, parse_lines(text.encode(), "what came back"))
            signed = signed_by_identity(bundles, by, self.root)
        except Refusal as error:
            raise CannotLook(f"what Sigstore signed does not verify, and nothing is written: {error}") from None
        if [one.payload for one in signed] != list(payloads):
            raise CannotLook("what Sigstore signed is not what was to be signed, and nothing is written")
        return text, f"{by.name} (by {by.issuer})"

    def _bundles(self, token: IdentityToken, payloads: Sequence[bytes]) -> tuple[list[str], TrustedIdentity]:
        from sigstore.dsse import Statement

        with self.context.signer(token) as by:
            bundles = [by.sign_dsse(Statement(payload)) for payload in payloads]
        names, issuers = identities_in(bundles[0].signing_certificate)
        if len(names) != 1 or len(issuers) != 1:
            raise CannotLook("the certificate that Sigstore gave names nobody, or several, and nothing is written")
        return [bundle.to_json() for bundle in bundles], TrustedIdentity(names[0], issuers[0])


def keyless_signer(token_file: str = "", root_file: str = "", signing_config: str = "") -> KeylessSigner:
    """Who signs without a key: what is wrong with the identity or the services is said at once."""
    check_sigstore_installed()
    if bool(root_file) != bool(signing_config):
        raise UsageError("--trusted-root and --signing-config go together: who is trusted, and where it is signed")

    def token() -> IdentityToken:
        return _token(token_file)

    token()
    context, root = _services(root_file, signing_config)
    return KeylessSigner(context, root, token)


def _services(root_file: str, signing_config: str) -> tuple[SigningContext, TrustedRoot]:
    from sigstore.models import SigningConfig
    from sigstore.sign import SigningContext

    if not signing_config:
        trust = public_trust(offline=False)
        return SigningContext.from_trust_config(trust), trust.trusted_root
    root = trusted_root(root_file)
    try:
        read_regular(signing_config, _LARGEST)
        config = SigningConfig.from_file(signing_config)
        tlog, fulcio = config.get_tlogs()[0], config.get_fulcio()
        return SigningContext(fulcio=fulcio, rekor=tlog, trusted_root=root, tsa_clients=config.get_tsas()), root
    except OSError as error:
        raise UsageError(f"the signing configuration {signing_config} cannot be read: {error.strerror}") from None
    except Exception as error:  # pydantic's and its own
        raise UsageError(f"{signing_config} is no signing configuration of Sigstore: {said_by(error)}") from None


def _token(file: str) -> IdentityToken:
    """Of the file, else of the variable, else of the service that the job runs on."""
    from sigstore.oidc import IdentityError, IdentityToken

    where, raw = file or TOKEN, ""
    try:
        raw = read_regular(file, _LARGEST).decode("ascii").strip() if file else os.environ.get(TOKEN, "")
        if not raw and not file:
            where = "of this job"
            raw = _of_the_jobs_service()
        if raw or file:
            return IdentityToken(raw)
    except FileNotFoundError:
        raise UsageError(f"there is no identity token {file}") from None
    except OSError as error:
        raise CannotLook(f"the identity token {file} cannot be read: {error.strerror}") from None
    except (IdentityError, ValueError) as error:
        why = said_by(error, raw or "")
        raise UsageError(f"the identity token ({where}) is not taken: {why}") from None
    raise UsageError(
        "there is no identity to sign by: give the job one (on GitHub `permissions: id-token: write`), or "
        f"--identity-token FILE, or {TOKEN}"
    )


def _of_the_jobs_service() -> str:
    """The token that the service gives on which the job runs; "" where it runs on none that does."""
    from sigstore.oidc import IdentityError, detect_credential

    try:
        return detect_credential() or ""
    except IdentityError:
        raise
    except Exception as error:  # of its clients, and of answers that nobody expects
        raise CannotLook(f"the identity of this job cannot be had: {said_by(error)}") from None


def _in_time(call: Callable[[], _T]) -> _T:
    """What a call returns, or raises, in time; a thread that waits on is ended with the process."""
    done: list[Any] = []

    def run() -> None:
        try:
            done.append((call(), None))
        except Exception as error:
            done.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    if not done:
        raise CannotLook(f"Sigstore's services did not answer within {_SECONDS:g} seconds, and nothing is written")
    value, error = done[0]
    if error is not None:
        raise error
    return value  # type: ignore[no-any-return]  # what call returned
