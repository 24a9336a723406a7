"""The samples that a new service may begin with: one model that passes, and one with a fault to look at."""

from __future__ import annotations

from pathlib import Path

from ..store.housekeeping import has_models
from ..store.leases import Registered
from ..store.registered import register
from ..store.uploads import begin, forget_upload, keeping
from ..store.works import Works
from .context import ServiceLimits
from .files.incoming import Incoming
from .files.storage import Storage
from .jobs.submitting import submit_version

_SAMPLES = (("samples/lenet5", "lenet5/lenet5.onnx"), ("samples/wrong-bias", "broken/wrong_bias.onnx"))
_BESIDE = "test_data_set_*/*.pb"
_BY = "auditor serve --sample"


def samples() -> Path | None:
    """Where they lie: in a checkout, and not in a package that was installed."""
    folder = Path(__file__).parents[2] / "sample_models"
    return folder if folder.is_dir() else None


def audit_samples(store: Works, storage: Storage, folder: Path, limits: ServiceLimits) -> int:
    """Register the samples and have them audited, where no model was registered yet; how many that are."""
    if has_models(store):
        return 0
    for name, path in _SAMPLES:
        model = folder / path
        files = {
            file.relative_to(model.parent).as_posix(): _kept(store, storage, file, limits)
            for file in (model, *sorted(model.parent.glob(_BESIDE)))
        }
        version, _ = register(store, name, "1", model.name, files, None, _BY)
        registered = Registered(version.model, version.version, version.path, version.files, version.contract)
        submit_version(store, registered, version.id, {}, by=_BY)
    return len(_SAMPLES)


def _kept(store: Works, storage: Storage, file: Path, limits: ServiceLimits) -> str:
    """The file as a content of the project; its sha256."""
    data = file.read_bytes()
    upload = begin(store, len(data), "", limits.quota)
    storage.create(upload.id)
    with Incoming(storage, upload.id, len(data), limits.floor) as incoming:
        incoming.write(data)
        sha256 = incoming.sha256()
        with keeping(store, upload.id, sha256, len(data)):
            storage.place(upload.id, store.project, sha256)
    forget_upload(store, upload.id)
    return sha256
