"""A Sigstore of the tests' own: an authority of certificates, a certificate log, a log of signatures, a clock.

Made by `cryptography` after what each part publishes: RFC 5280 and fulcio's docs/oid-info.md (certificates), RFC 6962
(SCT and Merkle tree), rekor's openapi and its dsse type 0.0.1, and rekor-tiles' api/v2. Nothing of sigstore-python is
used, so that what it verifies is not its own. It answers over HTTP too, as the clients ask.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auditor.attest.envelopes import PAYLOAD_TYPE, authenticated

IDENTITY = "https://github.com/example/models/.github/workflows/release.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"
MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_SCTS = "1.3.6.1.4.1.11129.2.4.2"
_ORIGIN = "log.example.org - 1"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def new_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def spki(key: EllipticCurvePrivateKey | EllipticCurvePublicKey) -> bytes:
    public = key.public_key() if isinstance(key, EllipticCurvePrivateKey) else key
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _extension(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The hash of a tree (RFC 6962, 2.1)."""
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root_of(leaves[:half]) + root_of(leaves[half:])).digest()


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """The audit path of a leaf (RFC 6962, 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return [*path_of(index, leaves[:half]), root_of(leaves[half:])]
    return [*path_of(index - half, leaves[half:]), root_of(leaves[:half])]


@dataclass
class StandIn:
    """One instance; ``folder`` is where openssl finds what it says the time by."""

    folder: Path
    authority: EllipticCurvePrivateKey = field(default_factory=new_key)
    certificates: EllipticCurvePrivateKey = field(default_factory=new_key)  # their log's key
    log: EllipticCurvePrivateKey = field(default_factory=new_key)
    leaves: list[bytes] = field(default_factory=lambda: [b"one before", b"another"])
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # paths and headers
    reason: str = ""  # beside the status of an answer
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)  # by path, in the place of the real ones

    def __post_init__(self) -> None:
        self.root = self._authority("authority", self.authority)

    def _authority(self, name: str, key: EllipticCurvePrivateKey) -> x509.Certificate:
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return (
            x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=400))
            .not_valid_after(self.now + timedelta(days=400))
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), True)
            .add_extension(identifier, False)
            .sign(key, SHA256())
        )

    def certificate(
        self,
        public: EllipticCurvePublicKey,
        name: str = IDENTITY,
        issuer: str = ISSUER,
        at: datetime | None = None,
        scts: EllipticCurvePrivateKey | None = None,
        by: EllipticCurvePrivateKey | None = None,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
        second: str = "",
        kind: Callable[[str], x509.GeneralName] | None = None,
    ) -> x509.Certificate:
        """As Fulcio gives one for ten minutes, and with what the log of certificates said of it."""
        start = at or self.now
        usual = x509.UniformResourceIdentifier if "://" in name else x509.RFC822Name
        san = (kind or usual)(name)
        sans: list[x509.GeneralName] = [san, *([x509.UniformResourceIdentifier(second)] if second else [])]
        builder = (
            x509.CertificateBuilder(self.root.subject, x509.Name([]), public, x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(minutes=10))
            .add_extension(_usage("digital_signature"), True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()), False)
            .add_extension(x509.SubjectAlternativeName(sans), True)
            .add_extension(_extension("1.3.6.1.4.1.57264.1.1", issuer.encode()), False)
            .add_extension(_extension("1.3.6.1.4.1.57264.1.8", _der(0x0C, issuer.encode())), False)
        )
        key = by or self.authority
        tbs = builder.sign(key, SHA256()).tbs_certificate_bytes
        told = _der(0x04, self._sct(tbs, scts or self.certificates, start))
        return builder.add_extension(_extension(_SCTS, told), False).sign(key, SHA256())

    def _sct(self, tbs: bytes, key: EllipticCurvePrivateKey, at: datetime) -> bytes:
        """A list of one (RFC 6962, 3.2 and 3.3), of a precertificate."""
        time = struct.pack("!Q", int(at.timestamp() * 1000))
        issuer = hashlib.sha256(spki(self.authority)).digest()
        signed = b"\0\0" + time + b"\0\1" + issuer + len(tbs).to_bytes(3) + tbs + b"\0\0"
        signature = key.sign(signed, ECDSA(SHA256()))
        sct = b"\0" + hashlib.sha256(spki(key)).digest() + time + b"\0\0" + b"\4\3"
        sct += struct.pack("!H", len(signature)) + signature
        return struct.pack("!HH", len(sct) + 2, len(sct)) + sct

    def entry(
        self, body: bytes, at: datetime | None = None, key: EllipticCurvePrivateKey | None = None
    ) -> dict[str, Any]:
        """What the log says of an entry that it takes: its place in the tree, and when that was."""
        by = key or self.log
        self.leaves.append(body)
        index, seconds = len(self.leaves) - 1, int((at or self.now).timestamp())
        log_id = hashlib.sha256(spki(by)).digest()
        promised = {"body": b64(body), "integratedTime": seconds, "logID": log_id.hex(), "logIndex": index}
        promise = by.sign(json.dumps(promised, separators=(",", ":"), sort_keys=True).encode(), ECDSA(SHA256()))
        root = root_of(self.leaves)
        note = f"{_ORIGIN}\n{len(self.leaves)}\n{b64(root)}\n"
        signature = log_id[:4] + by.sign(note.encode(), ECDSA(SHA256()))
        kind = json.loads(body)
        return {
            "logIndex": str(index),
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": kind["kind"], "version": kind["apiVersion"]},
            "integratedTime": str(seconds),
            "inclusionPromise": {"signedEntryTimestamp": b64(promise)},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": b64(root),
                "treeSize": str(len(self.leaves)),
                "hashes": [b64(one) for one in path_of(index, self.leaves)],
                "checkpoint": {"envelope": f"{note}\n\u2014 log.example.org {b64(signature)}\n"},
            },
            "canonicalizedBody": b64(body),
        }

    def bundle(
        self,
        payload: bytes,
        *,
        logged: bytes | None = None,
        log: EllipticCurvePrivateKey | None = None,
        log_at: datetime | None = None,
        **certified: Any,
    ) -> dict[str, Any]:
        """A payload that somebody signed: a bundle of version 0.3, as Rekor v1 logs it."""
        key = new_key()
        certificate = self.certificate(key.public_key(), **certified)
        signature = b64(key.sign(authenticated(payload), ECDSA(SHA256())))
        body = dsse_body(payload if logged is None else logged, signature, certificate)
        return {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [self.entry(body, log_at or certified.get("at"), log)],
            },
            "dsseEnvelope": {
                "payload": b64(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": signature}],
            },
        }  # fmt: skip

    def trusted_root(self) -> dict[str, Any]:
        """Whom this instance trusts; of its clock, too, where there is one."""
        since = {"start": utc(self.now - timedelta(days=400))}

        def log(key: EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            return {
                "baseUrl": url, "hashAlgorithm": "SHA2_256",
                "logId": {"keyId": b64(hashlib.sha256(spki(key)).digest())},
                "publicKey": {"rawBytes": b64(spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since},
            }  # fmt: skip

        def authority(*certificates: bytes) -> dict[str, Any]:
            return {
                "subject": {"organization": "example.org", "commonName": "example"}, "uri": "https://example.org",
                "certChain": {"certificates": [{"rawBytes": b64(one)} for one in certificates]}, "validFor": since,
            }  # fmt: skip

        times = [self.folder / name for name in ("tsa.der", "tsa-root.der")]
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log, "https://log.example.org")],
            "certificateAuthorities": [authority(self.root.public_bytes(Encoding.DER))],
            "ctlogs": [log(self.certificates, "https://ct.example.org")],
            "timestampAuthorities": [authority(*(one.read_bytes() for one in times))] if times[0].exists() else [],
        }

    def keep_time(self) -> None:
        """From now on it says the time too (RFC 3161), by openssl."""
        key, authority = new_key(), new_key()
        root = self._authority("clock", authority)
        certificate = (
            x509.CertificateBuilder(
                root.subject, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clock 1")]), key.public_key(), 7
            )
            .not_valid_before(self.now - timedelta(days=400))
            .not_valid_after(self.now + timedelta(days=400))
            .add_extension(_usage("digital_signature"), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False)
            .sign(authority, SHA256())
        )
        self.folder.mkdir(exist_ok=True)
        (self.folder / "tsa-root.der").write_bytes(root.public_bytes(Encoding.DER))
        (self.folder / "tsa.der").write_bytes(certificate.public_bytes(Encoding.DER))
        (self.folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "tsa-key.pem").write_bytes(pem)
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(
            "[tsa]\ndefault_tsa = own\n[own]\nserial = serial\ndigests = sha256\ndefault_policy = 1.2.3.4\n"
            "signer_digest = sha256\ness_cert_id_alg = sha256\n"
        )

    def time_of(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        words = ("-config", "tsa.cnf", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa-key.pem")
        done = subprocess.run(["openssl", "ts", "-reply", *words], cwd=self.folder, capture_output=True, check=True)
        return done.stdout

    # Over HTTP

    def answer(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.requests.append((path, headers))
        if path in self.answers:
            return self.answers[path]
        if path == "/api/v2/signingCert":
            return 201, json.dumps(self._certified(json.loads(body), headers)).encode()
        if path == "/api/v1/log/entries":
            return 201, json.dumps(self._logged_v1(json.loads(body))).encode()
        if path == "/api/v2/log/entries":
            return 201, json.dumps(self._logged_v2(json.loads(body))).encode()
        return (200, self.time_of(body)) if path == "/time" else (404, b"{}")

    def _certified(self, asked: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        claims = headers["authorization"].removeprefix("Bearer ").split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        request = x509.load_pem_x509_csr(base64.b64decode(asked["certificateSigningRequest"]))
        public = request.public_key()
        assert isinstance(public, EllipticCurvePublicKey) and request.is_signature_valid
        name = said.get("job_workflow_ref_url") or said.get("email") or said["sub"]
        chain = [self.certificate(public, name, said["iss"]), self.root]
        return {
            "signedCertificateEmbeddedSct": {
                "chain": {"certificates": [one.public_bytes(Encoding.PEM).decode() for one in chain]}
            }
        }

    def _logged_v1(self, asked: dict[str, Any]) -> dict[str, Any]:
        """As Rekor v1 writes it: in hexadecimal, and what is signed by its hash."""
        content = asked["spec"]["proposedContent"]
        envelope, (verifier,) = json.loads(content["envelope"]), content["verifiers"]
        certificate = x509.load_pem_x509_certificate(base64.b64decode(verifier))
        body = dsse_body(base64.b64decode(envelope["payload"]), envelope["signatures"][0]["sig"], certificate)
        entry = self.entry(body)
        proof = entry["inclusionProof"]

        def in_hex(text: str) -> str:
            return base64.b64decode(text).hex()

        return {
            "uuid": {
                "body": b64(body), "integratedTime": int(entry["integratedTime"]),
                "logID": in_hex(entry["logId"]["keyId"]), "logIndex": int(entry["logIndex"]),
                "verification": {
                    "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
                    "inclusionProof": {
                        "logIndex": int(proof["logIndex"]), "treeSize": int(proof["treeSize"]),
                        "rootHash": in_hex(proof["rootHash"]), "hashes": [in_hex(one) for one in proof["hashes"]],
                        "checkpoint": proof["checkpoint"]["envelope"],
                    },
                },
            }
        }  # fmt: skip

    def _logged_v2(self, asked: dict[str, Any]) -> dict[str, Any]:
        """As Rekor v2 does: what is signed by its hash, no time, and no promise."""
        said = asked["hashedRekordRequestV002"]
        signed = {"algorithm": "SHA2_256", "digest": said["digest"]}
        spec = {"hashedRekordV002": {"data": signed, "signature": said["signature"]}}
        body = {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec}
        entry = self.entry(json.dumps(body, separators=(",", ":"), sort_keys=True).encode())
        return {key: value for key, value in entry.items() if key not in ("integratedTime", "inclusionPromise")}

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, while it answers."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = stand_in.answer(self.path, body, headers)
                self.send_response(status, stand_in.reason or None)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                """The token of a job, as GitHub's runners give it."""
                headers = {name.lower(): value for name, value in self.headers.items()}
                stand_in.requests.append((self.path, headers))
                answer = json.dumps({"value": token()}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Nothing is said."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def signing_config(self, url: str, version: int = 1) -> dict[str, Any]:
        def service(address: str, major: int = 1) -> dict[str, Any]:
            since = {"start": utc(self.now - timedelta(days=400))}
            return {"url": address, "majorApiVersion": major, "validFor": since, "operator": "example.org"}

        return {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service(url)],
            "oidcUrls": [],
            "rekorTlogUrls": [service(url, version)],
            "tsaUrls": [service(f"{url}/time")] if (self.folder / "tsa.der").exists() else [],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaConfig": {"selector": "ANY"},
        }


def _usage(*on: str) -> x509.KeyUsage:
    off = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    return x509.KeyUsage(**{**off, **dict.fromkeys(on, True)})


def dsse_body(payload: bytes, signature: str, certificate: x509.Certificate) -> bytes:
    """The entry of Rekor's type dsse 0.0.1, in RFC 8785's order."""
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},  # of an envelope's JSON, which nobody can compare
        "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
        "signatures": [{"signature": signature, "verifier": b64(certificate.public_bytes(Encoding.PEM))}],
    }
    whole = {"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}
    return json.dumps(whole, separators=(",", ":"), sort_keys=True).encode()


def token(**claims: Any) -> str:
    """An identity token, of which a client believes the claims and Fulcio would check the signature."""
    now = int(datetime.now(UTC).timestamp())
    said = {"aud": "sigstore", "iss": ISSUER, "sub": IDENTITY, "iat": now - 60, "exp": now + 600, **claims}

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(said)}.{'c2lnbmF0dXJl'}"
