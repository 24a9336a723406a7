"""Which cluster options ask for, and which make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.batch.engines.where import PATIENCE, Cluster, chosen_cluster
from auditor.errors import UsageError


def test_without_the_engine_there_is_none() -> None:
    assert chosen_cluster({}) is None
    assert chosen_cluster({"engine": "local", "jobs": 4}) is None


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786", "tcp://127.9.9.9:1"]
)
def test_plain_tcp_is_taken_on_this_machine(address: str) -> None:
    assert chosen_cluster({"engine": "dask", "scheduler": address}) == Cluster(address)


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tcp://scheduler:8786", "tcp://0.0.0.0:1", "tcp://localhost.example.com:1"]
)
def test_plain_tcp_beyond_it_only_where_it_is_said(address: str) -> None:
    """Whoever reaches a scheduler can run code: Dask's own documentation, "Security"."""
    with pytest.raises(UsageError, match=r"can run code .* use tls://, or say --insecure-scheduler"):
        chosen_cluster({"engine": "dask", "scheduler": address})
    assert chosen_cluster({"engine": "dask", "scheduler": address, "insecure_scheduler": True}) == Cluster(address)
    tls = address.replace("tcp", "tls")
    assert chosen_cluster({"engine": "dask", "scheduler": tls}) == Cluster(tls)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:8786", "tcp://127.0.0.1", "http://127.0.0.1:8786", "tls://:8786", "tcp://h:99999", "inproc://1:2",
        "tls://h:1/path", "tls://name@h:1", "ws://127.0.0.1:1",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="expected tls://HOST:PORT or tcp://HOST:PORT"):
        chosen_cluster({"engine": "dask", "scheduler": address, "insecure_scheduler": True})


def test_certificates_are_files_and_go_with_tls(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("x")
    said: dict[str, Any] = {"engine": "dask", "scheduler": "tls://h:1", "tls_ca": str(file)}
    assert chosen_cluster(said) == Cluster("tls://h:1", ca=str(file))
    with pytest.raises(UsageError, match=r"--tls-key: there is no file .*none\.pem"):
        chosen_cluster({**said, "tls_key": str(tmp_path / "none.pem")})
    for address in ("tcp://127.0.0.1:1", ""):
        with pytest.raises(UsageError, match="--tls-ca goes with --scheduler tls://"):
            chosen_cluster({**said, "scheduler": address})


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        ({"scheduler": "tls://h:1"}, "--scheduler"), ({"adaptive": True}, "--adaptive"),
        ({"insecure_scheduler": True}, "--insecure-scheduler"), ({"engine_wait": 3.0}, "--engine-wait"),
        ({"engine": "local", "tls_ca": "x"}, "--tls-ca"),
    ],
)  # fmt: skip
def test_options_of_dask_go_with_it(said: dict[str, Any], flag: str) -> None:
    with pytest.raises(UsageError, match=f"{flag} goes with --engine dask"):
        chosen_cluster(said)


def test_a_cluster_of_its_own_has_no_address_and_nothing_insecure() -> None:
    assert chosen_cluster({"engine": "dask", "adaptive": True}) == Cluster(adaptive=True, patience=PATIENCE)
    with pytest.raises(UsageError, match="--insecure-scheduler goes with --scheduler"):
        chosen_cluster({"engine": "dask", "insecure_scheduler": True})
