"""One table of settings: every option, variable and key of a configuration is a row of it.

The options of the commands, the variables that are read, the keys of ``auditor.toml``, what each of them takes and the
tables of the documentation are made of these rows. A new option is one row; a command offers it if it offers the
row's group.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from ..policy.policy import PROFILES
from ..settings import DEEP, LEVELS, Settings
from ..tuples import NamedTuple
from . import kinds
from .kinds import ValueKind, from_words

Fills: TypeAlias = Literal["audit", "policy", "place", "service", "call"]
"""What a setting is a field of: `Settings`, `Policy`, `Configuration`, the service; or it holds for one call."""

LOOKED_AT = "What is looked at"
SIZES = "At which sizes, and ranges"
RUN = "The run"
DEPTH = "In depth"
POLICY = "What is asked"
SAID = "What is said, and where"
KEPT = "Where it is kept"
AT_ONCE = "How much at once"
ENGINE = "Who audits"
ELSEWHERE = "What is fetched from elsewhere"
SERVICE = "The service"
FILES = ""  # of configurations alone: no option
OWN = "This command's own"  # of one command or two, which name the rows themselves


class Setting(NamedTuple):
    """One row."""

    name: str  # as the field that it fills
    kind: ValueKind
    group: str
    help: str
    flags: tuple[str, ...] = ()  # none: no option
    metavar: str = ""
    key: str = ""  # in auditor.toml; "" none
    env: str = ""  # a variable; "" none
    fills: Fills = "call"
    default: str = ""  # in words, where it is no plain value of `Settings`
    takes: str = ""  # for the documentation, where the kind does not say it
    runs_code: bool = False  # a configuration that lay on the way may not say it

    @property
    def explained(self) -> str:
        """The help with the default."""
        default = self.default or _usual(self)
        return f"{self.help} [default: {default}]" if default else self.help

    @property
    def is_pair(self) -> bool:
        """Whether the option is one of two, ``--run`` and ``--no-run``."""
        return self.kind is kinds.YES_OR_NO and "/" in self.flags[0]

    @property
    def is_switch(self) -> bool:
        """Whether the option takes no value."""
        return self.kind is kinds.YES_OR_NO


def _usual(row: Setting) -> str:
    value = Settings._field_defaults.get(row.name) if row.fills == "audit" else None
    return f"{value}" if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


TABLE: tuple[Setting, ...] = (
    Setting("select", kinds.NAMES, LOOKED_AT, "Only this rule; may be repeated.", ("--select",), "RULE", fills="audit"),
    Setting("ignore", kinds.NAMES, LOOKED_AT, "Not this rule; may be repeated.", ("--ignore",), "RULE", fills="audit"),
    Setting(
        "weights", kinds.YES_OR_NO, LOOKED_AT, "Read the weights, or do not.", ("--weights/--no-weights",),
        key="weights", fills="audit", default="as configured, else read",
    ),
    Setting(
        "sample_weights", kinds.whole(), LOOKED_AT,
        "Of a tensor of more blocks (of 131,072 elements), read so many, and look for NaN and Inf alone; 0 reads all.",
        ("--sample-weights",), "BLOCKS", "sample-weights", fills="audit",
    ),
    Setting(
        "target_dtype", kinds.one_of("float16", "bfloat16"), LOOKED_AT,
        "The type that the model is to become: float16 or bfloat16.", ("--target-dtype",), "DTYPE", "target-dtype",
        fills="audit",
    ),
    Setting(
        "runtimes", kinds.TARGETS, LOOKED_AT,
        "A runtime that is to load the model, as in onnxruntime==1.17; several with commas, or repeated.",
        ("--target",), "RUNTIME", "target", fills="audit",
    ),
    Setting(
        "try_target", kinds.YES_OR_NO, LOOKED_AT,
        "Run the model in the targets too: each is installed into your cache folder, with pip.", ("--try-target",),
        key="try-target", fills="audit", runs_code=True,
    ),
    Setting(
        "dims", kinds.SIZES, SIZES, "Bind a named size of the inputs, as in --dim N=1; may be repeated.", ("--dim",),
        "NAME=SIZE", "dims", fills="audit",
    ),
    Setting(
        "shapes", kinds.SHAPES, SIZES, "Sizes of an input, as in --input-shape data:1,3,224,224; may be repeated.",
        ("--input-shape",), "NAME:SIZES", fills="audit",
    ),
    Setting(
        "ranges", kinds.RANGES, SIZES,
        "What an input may hold, as in --range image=0:1; * for all of floating point, golden for what the golden "
        "vectors have; may be repeated.",
        ("--range",), "NAME=LOW:HIGH", "ranges", fills="audit",
    ),
    Setting(
        "run", kinds.YES_OR_NO, RUN, "Run the model, or do not.", ("--run/--no-run",), key="run", fills="audit",
        default="as configured, else run",
    ),
    Setting(
        "provider", kinds.PROVIDERS, RUN,
        "Where to run: cpu, cuda, tensorrt or another one; or several in order, as in tensorrt,cuda.", ("--provider",),
        "NAME[,NAME...]", "provider", "AUDITOR_PROVIDER", "audit",
    ),
    Setting(
        "provider_options", kinds.PROVIDER_OPTIONS, RUN,
        "An option of a provider, in onnxruntime's words, as in cuda:gpu_mem_limit=2147483648; may be repeated.",
        ("--provider-option",), "NAME:KEY=VALUE", "provider-options", fills="audit", runs_code=True,
        takes="a table of tables: provider.key = value; only a configuration that is named (`--config`) may say it",
    ),
    Setting(
        "provider_libraries", kinds.LIBRARIES, RUN,
        "A library that brings providers, whose code is run, in the sandbox; may be repeated.",
        ("--provider-library",), "NAME=PATH", "provider-libraries", fills="audit", runs_code=True,
        takes="a table: name = path; only a configuration that is named (`--config`) may say it",
    ),
    Setting(
        "device", kinds.whole(), RUN, "Which of the provider's devices, counted from 0.", ("--device",), "INDEX",
        "device", fills="audit", default="the provider's own choice",
    ),
    Setting(
        "no_cpu_fallback", kinds.YES_OR_NO, RUN,
        "A node that does not run on a provider that was asked for is an error.", ("--no-cpu-fallback",),
        key="no-cpu-fallback", fills="audit",
    ),
    Setting(
        "optimisation", kinds.one_of(*LEVELS), RUN,
        "onnxruntime's, of the run: off, basic, extended or all, its own default.", ("--optimisation",), "LEVEL",
        "optimisation", fills="audit",
    ),
    Setting(
        "deep", kinds.YES_OR_NO, DEPTH, f"Look in depth: {', '.join(DEEP)}.", ("--deep",),
        key="deep", fills="audit",
    ),
    Setting(
        "deep_parts", kinds.some_of(*DEEP), DEPTH, "Look in depth, at this part; may be repeated.", ("--deep-part",),
        "PART", "deep-parts", fills="audit",
    ),
    Setting(
        "skipped_parts", kinds.some_of(*DEEP), DEPTH, "Not this part of the look in depth; may be repeated.",
        ("--skip-part",), "PART", "skip-parts", fills="audit",
    ),
    Setting(
        "runs", kinds.whole(1), DEPTH, "How many runs are timed at least, of the part speed.", ("--runs",), "NUMBER",
        "runs", fills="audit",
    ),
    Setting(
        "speed_against", kinds.PATH, DEPTH, "A model to be run in turn with this one, of the part speed.",
        ("--speed-against",), "MODEL", "speed-against", fills="audit",
    ),
    Setting(
        "against", kinds.AGAINST, DEPTH,
        "What its runs are held against: another version, a float32, float16 or quantised sibling, or an .npz of a "
        "framework's tensors by name.",
        ("--against",), "FILE", "against", fills="audit",
    ),
    Setting(
        "custom_ops", kinds.LIBRARY, RUN, "Operators for the run: a library whose code is run, in the sandbox.",
        ("--custom-ops",), "LIBRARY", "custom-ops", fills="audit", runs_code=True,
        takes="a path; only a configuration that is named (`--config`) may say it",
    ),
    Setting("inputs", kinds.NPZ, RUN, "Run on these inputs, by name.", ("--inputs",), "FILE.npz", fills="audit"),
    Setting(
        "seed", kinds.whole(), RUN, "Seed of the inputs that are invented.", ("--seed",), "NUMBER", "seed",
        fills="audit",
    ),
    Setting(
        "rtol", kinds.TOLERANCE, RUN, "Relative tolerance against golden vectors, or another model.", ("--rtol",),
        "NUMBER", "rtol", fills="audit",
    ),
    Setting(
        "atol", kinds.TOLERANCE, RUN, "Absolute tolerance against golden vectors, or another model.", ("--atol",),
        "NUMBER", "atol", fills="audit",
    ),
    Setting(
        "timeout", kinds.SECONDS, RUN, "How long the run of a model may take.", ("--timeout",), "SECONDS", "timeout",
        "AUDITOR_TIMEOUT", "audit", "from the model's FLOPs",
    ),
    Setting(
        "memory", kinds.BYTES_ABOVE_0, RUN, "What the run of a model may take, as in 2G.", ("--memory",), "SIZE",
        "memory", "AUDITOR_MEMORY", "audit", "from the model's sizes",
    ),
    Setting(
        "require_isolation", kinds.YES_OR_NO, RUN, "Inconclusive unless the run is fully sandboxed.",
        ("--require-isolation",), key="require-isolation", fills="audit",
    ),
    Setting(
        "fail_on", kinds.LEVEL, POLICY, "Fail from this severity on: error, warning, note or never.", ("--fail-on",),
        "LEVEL", "fail-on", "AUDITOR_FAIL_ON", "policy", "as configured, else error",
    ),
    Setting(
        "profile", kinds.one_of(*PROFILES), POLICY,
        "Whose models these are: own, or untrusted, of which nobody knows who made them.", ("--profile",), "PROFILE",
        "profile", "AUDITOR_PROFILE", "policy", "as configured, else own",
    ),
    Setting(
        "config", kinds.TEXT, POLICY, "The configuration.", ("--config",), "FILE", env="AUDITOR_CONFIG",
        default="the nearest auditor.toml or pyproject.toml upwards",
    ),
    Setting(
        "trusted_config", kinds.TEXT, POLICY, "The configuration, which nothing found on the way can soften.",
        ("--trusted-config",), "FILE", env="AUDITOR_TRUSTED_CONFIG", default="none",
    ),
    Setting("no_config", kinds.YES_OR_NO, POLICY, "Read no configuration, and no baseline.", ("--no-config",)),
    Setting(
        "baseline", kinds.PATH, POLICY, "Findings that are known.", ("--baseline",), "FILE", "baseline",
        "AUDITOR_BASELINE", "place", "as configured, else auditor-baseline.json",
    ),
    Setting(
        "form", kinds.TEXT, SAID, "What goes to standard output: FORMATS.",
        ("--format",), "FORMAT", default="text",
    ),
    Setting(
        "outputs", kinds.OUTPUTS, SAID, "Write the report to a file too; may be repeated.", ("-o", "--output"),
        "FORMAT:FILE",
    ),
    Setting("quiet", kinds.YES_OR_NO, SAID, "Only the verdict's exit code, and what -o writes.", ("--quiet", "-q")),
    Setting("no_store", kinds.YES_OR_NO, KEPT, "Do not keep the report.", ("--no-store",)),
    Setting(
        "db", kinds.PATH, KEPT, "The report database.", ("--db",), "PATH|URL", "db", "AUDITOR_DB", "place",
        "as configured, else a file in the user's data folder", takes="a path, or an address",
    ),
    Setting(
        "jobs", kinds.whole(1), AT_ONCE, "Models at once.", ("--jobs", "-j"), "NUMBER", "jobs", "AUDITOR_JOBS", "place",
        "as configured, else the processors",
    ),
    Setting(
        "audit_timeout", kinds.SECONDS, AT_ONCE, "For all of one model's audit.", ("--audit-timeout",), "SECONDS",
        default="a minute more than its run, 600 at least",
    ),
    Setting(
        "audit_memory", kinds.BYTES_ABOVE_0, AT_ONCE, "For one model's audit beside its run.", ("--audit-memory",),
        "SIZE", default="4G",
    ),
    Setting(
        "engine", kinds.one_of("local", "dask"), ENGINE, "Who audits: local, processes of this machine, or dask.",
        ("--engine",), "ENGINE", default="local",
    ),
    Setting(
        "scheduler", kinds.TEXT, ENGINE, "The scheduler of Dask, tls://HOST:PORT or tcp://HOST:PORT.",
        ("--scheduler",), "ADDRESS", default="workers of Dask on this machine, for this call",
    ),
    Setting(
        "insecure_scheduler", kinds.YES_OR_NO, ENGINE,
        "Take tcp:// beyond this machine: whoever reaches that network can run code on the workers and here.",
        ("--insecure-scheduler",),
    ),
    Setting(
        "tls_ca", kinds.PATH, ENGINE, "Who certifies the scheduler and its workers.", ("--tls-ca",), "FILE.pem",
        default="as Dask is configured",
    ),
    Setting(
        "tls_cert", kinds.PATH, ENGINE, "The certificate that is shown to the scheduler.", ("--tls-cert",), "FILE.pem",
        default="as Dask is configured",
    ),
    Setting(
        "tls_key", kinds.PATH, ENGINE, "The key of that certificate.", ("--tls-key",), "FILE.pem",
        default="as Dask is configured",
    ),
    Setting(
        "adaptive", kinds.YES_OR_NO, ENGINE, "As many workers of Dask as there is work for.", ("--adaptive",),
    ),
    Setting(
        "engine_wait", kinds.SECONDS, ENGINE,
        "How long to wait for the scheduler, and for a worker that can do the work.", ("--engine-wait",), "SECONDS",
        default="120",
    ),
    Setting(
        "cache", kinds.PATH, ELSEWHERE, "The folder of what is fetched.", ("--cache",), "FOLDER", "cache",
        "AUDITOR_CACHE", "place", "as configured, else a folder in the user's cache folder",
    ),
    Setting(
        "cache_size", kinds.BYTES_ABOVE_0, ELSEWHERE, "Of what is fetched; what was not used for longest goes.",
        ("--cache-size",), "SIZE", "cache-size", fills="place", default="as configured, else 100G",
    ),
    Setting(
        "fetch_size", kinds.BYTES_ABOVE_0, ELSEWHERE, "Of one file that is fetched.", ("--fetch-size",), "SIZE",
        "fetch-size", fills="place", default="as configured, else 64G",
    ),
    Setting(
        "fetch_timeout", kinds.SECONDS, ELSEWHERE, "For fetching one model.", ("--fetch-timeout",), "SECONDS",
        "fetch-timeout", fills="place", default="as configured, else 3600",
    ),
    Setting(
        "artifact_root", kinds.PATH, ELSEWHERE,
        "The folder of this machine in which an MLflow server's artifacts may lie (file://).", ("--artifact-root",),
        "FOLDER", env="AUDITOR_ARTIFACT_ROOT", fills="place", default="none",
    ),
    Setting(
        "graph_only", kinds.YES_OR_NO, ELSEWHERE,
        "Fetch what holds the graph, and none of the weights; look at neither these nor a run.", ("--graph-only",),
        fills="place",
    ),
    Setting(
        "address", kinds.TEXT, SERVICE, "The address to listen at.", ("--address",), "ADDRESS", "service.address",
        "AUDITOR_ADDRESS", "service", "127.0.0.1",
    ),
    Setting(
        "port", kinds.PORT, SERVICE, "The port to listen at; 0 is any that is free.", ("--port",), "NUMBER",
        "service.port", "AUDITOR_PORT", "service", "8000",
    ),
    Setting(
        "storage", kinds.PATH, SERVICE, "The folder of what is uploaded.", ("--storage",), "FOLDER",
        "service.storage", "AUDITOR_STORAGE", "service", "a folder in the user's data folder",
    ),
    Setting(
        "workers", kinds.whole(1), SERVICE, "Audits at once.", ("--workers",), "NUMBER", "service.workers",
        "AUDITOR_WORKERS", "service", "the processors",
    ),
    Setting(
        "names", kinds.NAMES, SERVICE, "A name by which it is called, beside localhost; may be repeated.", ("--host",),
        "NAME", "service.hosts", fills="service",
    ),
    Setting(
        "no_auth", kinds.YES_OR_NO, SERVICE, "Nobody needs a token, whoever comes.", ("--no-auth",),
        key="service.no-auth", fills="service",
    ),
    Setting(
        "roots", kinds.PATHS, SERVICE, "A folder in which models may be audited where they lie; may be repeated.",
        ("--root",), "FOLDER", "service.roots", fills="service", default="none",
    ),
    Setting(
        "hosts", kinds.NAMES, SERVICE, "A host from which models may be fetched; may be repeated.",
        ("--source-host",), "NAME", "service.source-hosts", fills="service", default="none",
    ),
    Setting(
        "grace", kinds.SECONDS, SERVICE, "How long running audits have to end in when the service is ended.",
        ("--grace",), "SECONDS", "service.grace", fills="service", default="30",
    ),
    Setting(
        "retention", kinds.number(above=True, of="days"), SERVICE,
        "Take reports out that are older, never a model's newest.", ("--retention",), "DAYS", "service.retention",
        fills="service", default="none is taken out",
    ),
    Setting(
        "metrics_port", kinds.PORT, SERVICE, "A port of their own for the figures of /metrics.", ("--metrics-port",),
        "NUMBER", "service.metrics-port", fills="service", default="none: they need the scope admin",
    ),
    Setting(
        "proxies", kinds.NAMES, SERVICE,
        "The address of a proxy in front, whose X-Forwarded-For and -Proto are believed; may be repeated.",
        ("--proxy",), "ADDRESS", "service.proxies", fills="service", default="none",
    ),
    Setting(
        "sample", kinds.YES_OR_NO, SERVICE, "Audit two samples first, where no model was uploaded yet.", ("--sample",)
    ),
    # Of one command or two.
    Setting(
        "set_tag", kinds.YES_OR_NO, OWN, "Write the verdict to the registry: tags of an MLflow model version.",
        ("--set-tag",),
    ),
    Setting(
        "attach", kinds.YES_OR_NO, OWN, "Push the report to the registry, beside the OCI artifact that it is of.",
        ("--attach",),
    ),
    Setting(
        "every", kinds.AGE, OWN, "How long to wait between two looks, as in 60s, 5m or 1h.", ("--every",), "TIME",
        default="60s",
    ),
    Setting("once", kinds.YES_OR_NO, OWN, "Look once, and exit with the code of what is new.", ("--once",)),
    Setting("limit", kinds.whole(1), OWN, "No more models than these.", ("--limit",), "NUMBER"),
    Setting("rehash", kinds.YES_OR_NO, OWN, "Read every file, also one that looks as it did.", ("--rehash",)),
    Setting("accept", kinds.YES_OR_NO, OWN, "What passes is the accepted version from now on.", ("--accept",)),
    Setting("reason", kinds.TEXT, OWN, "Why it is accepted.", ("--reason",), "TEXT"),
    Setting("by", kinds.TEXT, OWN, "Who accepts it.", ("--by",), "NAME", default="you"),
    Setting(
        "subject", kinds.TEXT, OWN, "Whose version it is.", ("--name",), "SUBJECT",
        default="as its registry or path says",
    ),
    Setting(
        "file", kinds.TEXT, OWN, "The baseline that is written.", ("-o", "--output"), "FILE",
        default="as configured, else auditor-baseline.json",
    ),
    Setting("update", kinds.YES_OR_NO, OWN, "Add what is new to a baseline that is there.", ("--update",)),
    Setting("prune", kinds.YES_OR_NO, OWN, "Take out of it what no longer occurs in these models.", ("--prune",)),
    Setting("raw", kinds.YES_OR_NO, OWN, "As it was stored, whatever is configured now.", ("--raw",)),
    Setting(
        "plain_form", kinds.one_of("text", "json"), OWN, "What goes to standard output: text or json.", ("--format",),
        "FORMAT", default="text",
    ),
    Setting(
        "diff_form", kinds.one_of("text", "json", "markdown", "html"), OWN,
        "What goes to standard output: text, json, markdown or html.", ("--format",), "FORMAT", default="text",
    ),
    Setting(
        "degree", kinds.one_of("breaking", "behaviour", "any", "never"), OWN,
        "Exit with 1 from this degree on: breaking, behaviour, any (more than names and orders) or never.",
        ("--fail-on",), "DEGREE", default="breaking",
    ),
    Setting("git", kinds.YES_OR_NO, OWN, "As git calls it: one model as text, or its seven arguments.", ("--git",)),
    Setting("most", kinds.whole(1), OWN, "How many audits, or models, at most.", ("--limit",), "NUMBER", default="20"),
    Setting("keep", kinds.whole(1), OWN, "Not the newest N audits of a model.", ("--keep",), "N"),
    Setting("older_than", kinds.number(of="days"), OWN, "Only audits older than this.", ("--older-than",), "DAYS"),
    Setting("of_models", kinds.TEXT, OWN, "Only of models with this name or path.", ("--model",), "GLOB"),
    Setting("dry_run", kinds.YES_OR_NO, OWN, "Change nothing, only say what would change.", ("--dry-run",)),
    Setting(
        "copy", kinds.TEXT, OWN, "The mended copy that is written.", ("-o", "--output"), "FILE",
        default="model.fixed.onnx beside model.onnx",
    ),
    Setting(
        "only", kinds.NAMES, OWN, "Only edits that mend what this rule finds; may be repeated.", ("--only",), "RULE"
    ),
    Setting(
        "chosen", kinds.NUMBERS, OWN, "Make this edit too, by its number; may be repeated.", ("--choose",), "NUMBER"
    ),
    Setting("in_place", kinds.YES_OR_NO, OWN, "Replace the model itself.", ("--in-place",)),
    Setting(
        "data_file", kinds.FILE_NAME, OWN, "Move the weights into this file beside the copy.", ("--external-data",),
        "NAME",
    ),
    Setting("embed", kinds.YES_OR_NO, OWN, "Take the weights into the copy's own file.", ("--embed",)),
    Setting(
        "server", kinds.TEXT, OWN, "The server of auditor that is asked; gate asks one only where it is named so.",
        ("--server",), "URL", env="AUDITOR_SERVER",
    ),
    Setting(
        "token_file", kinds.TEXT, OWN, "The file of the token that the server asks for, which only you may read.",
        ("--token-file",), "FILE", default="AUDITOR_TOKEN, else token in the user's configuration folder",
    ),
    Setting(
        "version", kinds.TEXT, OWN, "What this version is called.", ("--version",), "VERSION",
        default="as its registry says, else after its content",
    ),
    Setting(
        "wait", kinds.number(of="seconds"), OWN, "How long to wait for the server's report; 0 does not wait.",
        ("--wait",), "SECONDS", default="3600; gate does not wait",
    ),
    Setting("around", kinds.TEXT, OWN, "Only what is near this node, or tensor.", ("--around",), "NODE"),
    Setting("hops", kinds.whole(0), OWN, "How many wires away is near.", ("--hops",), "NUMBER", default="3"),
    Setting(
        "drawing", kinds.TEXT, OWN, "The file that is written.", ("-o", "--output"), "FILE", default="standard output"
    ),
    Setting("owner", kinds.TEXT, OWN, "Who answers for what is done with it.", ("--owner",), "NAME"),
    Setting(
        "scopes", kinds.NAMES, OWN, "What it is for: read, submit, accept or admin; may be repeated.", ("--scope",),
        "SCOPE",
    ),
    Setting(
        "expires_in", kinds.number(above=True, of="days"), OWN, "How long it holds.", ("--expires-in",), "DAYS",
        default="without an end",
    ),
    Setting(
        "project", kinds.PROJECT, OWN, "Whose it is: each project sees its own models and reports.", ("--project",),
        "NAME", default="default",
    ),
    Setting(
        "signing_key", kinds.TEXT, OWN,
        "The private key that signs, in PEM: Ed25519, or ECDSA on P-256 or P-384; with --sign-command the public one.",
        ("--key",), "FILE",
    ),
    Setting(
        "sign_command", kinds.TEXT, OWN,
        "A command that signs, for a key that a KMS holds: it reads what is to be signed, and writes the signature.",
        ("--sign-command",), "COMMAND",
    ),
    Setting(
        "public_keys", kinds.NAMES, OWN,
        "A public key in PEM whose signature is trusted; may be repeated: one is enough.",
        ("--key",), "FILE",
    ),
    Setting(
        "keyless", kinds.YES_OR_NO, OWN,
        "Sign by the identity that this job runs as: Sigstore certifies it, and logs the signature for all to see.",
        ("--keyless",),
    ),
    Setting(
        "identity_token", kinds.TEXT, OWN, "The OpenID Connect token of the identity, for the audience sigstore.",
        ("--identity-token",), "FILE", default="SIGSTORE_ID_TOKEN, else what the job's CI service gives",
    ),
    Setting(
        "signing_config", kinds.TEXT, OWN, "Where a Sigstore of your own certifies, logs and says the time.",
        ("--signing-config",), "FILE", default="the public one",
    ),
    Setting(
        "trusted_root", kinds.TEXT, OWN, "Whom a Sigstore trusts: its authorities and logs.", ("--trusted-root",),
        "FILE", default="the public one's, fetched",
    ),
    Setting(
        "identity", kinds.TEXT, OWN,
        "Whose signature is trusted, where Sigstore certified it: an address, or a workflow's URL with its ref.",
        ("--identity",), "NAME",
    ),
    Setting(
        "issuer", kinds.TEXT, OWN, "Who has to have said that it is this identity, as in https://accounts.google.com.",
        ("--issuer",), "URL",
    ),
    Setting(
        "offline", kinds.YES_OR_NO, OWN, "Fetch no trusted root: take the last one that was, or that came with it.",
        ("--offline",),
    ),
    Setting(
        "attestation", kinds.TEXT, OWN, "The attestation of the model; batch attaches it with the report.",
        ("--attestation",), "FILE",
    ),
    Setting(
        "asked_policy", kinds.TEXT, OWN, "The configuration that the attested verdict must be as strict as.",
        ("--policy",), "FILE", default="none: the signer's is taken",
    ),
    Setting(
        "max_age", kinds.AGE, OWN, "How old the attestation may be, as in 30d or 12h.", ("--max-age",), "AGE",
        default="any",
    ),
    Setting(
        "verified_form", kinds.one_of("text", "json"), OWN, "What goes to standard output: text or json.",
        ("--format",), "FORMAT", default="text",
    ),
    # Of the environment alone: a command line is seen by others.
    Setting("key_password", kinds.TEXT, FILES, "Of the key that signs.", env="AUDITOR_KEY_PASSWORD"),
    Setting("token", kinds.TEXT, FILES, "Who asks a server.", env="AUDITOR_TOKEN"),
    # Of configurations alone.
    Setting(
        "select", kinds.IN_A_FILE, FILES, "whose findings count; the audit runs all rules and the report keeps all",
        key="select", fills="policy", takes="rules",
    ),
    Setting(
        "ignore", kinds.IN_A_FILE, FILES, "whose findings do not count", key="ignore", fills="policy", takes="rules"
    ),
    Setting(
        "severity", kinds.IN_A_FILE, FILES, "how bad a rule's findings are", key="severity", fills="policy",
        takes="a table: rule = `error`, `warning` or `note`",
    ),
    Setting(
        "limits", kinds.IN_A_FILE, FILES,
        "bounds on what was measured: parameters, learnable-parameters, macs, flops, weight-bytes, file-bytes, "
        'peak-activation-bytes, nodes, ir-version, opset, `opset."com.microsoft"`, run-seconds, run-ms-p50, '
        "run-ms-p90, session-ms, run-ratio, peak-run-bytes, growth-bytes-per-run",
        key="limits", fills="policy",
        takes="a table: measure = { max, min, max-increase, max-increase-percent }; increases are against the version "
        "accepted last",
    ),
    Setting(
        "allowed", kinds.IN_A_FILE, FILES, "all that may occur", key="allowed", fills="policy",
        takes="a table: operators, domains, dtypes, providers = lists",
    ),
    Setting(
        "required", kinds.IN_A_FILE, FILES, "what must have been looked at, else the verdict is inconclusive",
        key="required", fills="policy",
        takes="`run`, `golden`, `isolation`, `provider`, `weights`, `contract`, rules",
    ),
    Setting(
        "waivers", kinds.IN_A_FILE, FILES, "who answers for a finding, for a while", key="waivers", fills="policy",
        takes="tables: rule, reason, owner; and model (a pattern), node, fingerprint, expires",
    ),
    Setting(
        "registries", kinds.IN_A_FILE, FILES,
        "a registry whose models are versions of another one's, such as staging of live: else two registries have "
        "nothing in common, whatever their models are called",
        key="registries", fills="place", takes="a table: folder = folder",
    ),
    Setting(
        "operators", kinds.PATHS, FILES,
        "Python files with more `@op` functions, for operators of your own; their code is run, so only a configuration "
        "that is named (`--config`) may say it",
        key="operators", fills="audit", runs_code=True,
    ),
    Setting(
        "upload", kinds.BYTES_ABOVE_0, FILES, "of one file that is uploaded in pieces, at most",
        key="service.max-upload", fills="service",
    ),
    Setting(
        "model", kinds.BYTES_ABOVE_0, FILES, "of a model that comes as the body of one request, at most",
        key="service.max-model", fills="service",
    ),
    Setting(
        "quota", kinds.BYTES_ABOVE_0, FILES, "of one project's files, at most", key="service.quota", fills="service"
    ),
    Setting(
        "floor", kinds.BYTES, FILES, "kept free on the disk of the storage", key="service.keep-free", fills="service"
    ),
    Setting(
        "queue", kinds.whole(1), FILES, "audits of one project that wait, at most", key="service.queue",
        fills="service",
    ),
    Setting(
        "rate", kinds.number(above=True), FILES, "requests a second of one project, in the long run",
        key="service.rate", fills="service",
    ),
    Setting(
        "burst", kinds.whole(1), FILES, "requests of one project at once, before its rate counts",
        key="service.burst", fills="service",
    ),
    Setting(
        "connections", kinds.whole(1), FILES, "connections at once, at most", key="service.connections",
        fills="service",
    ),
    Setting(
        "stall", kinds.SECONDS, FILES, "for which an upload may send nothing", key="service.stall", fills="service"
    ),
)  # fmt: skip

OPTIONS: Mapping[str, Setting] = {row.name: row for row in TABLE if row.flags}
"""The rows that are options, by name."""

KEYS: Mapping[str, Setting] = {row.key: row for row in TABLE if row.key}
"""The rows that a configuration may say, by key."""

VARIABLES: Mapping[str, Setting] = {row.env: row for row in TABLE if row.env}
"""The rows that the environment may say, by variable."""


def in_groups(*groups: str) -> tuple[Setting, ...]:
    """The options of some groups, in the table's order."""
    return tuple(row for row in TABLE if row.flags and row.group in groups)


def values(words: Mapping[str, Any]) -> dict[str, Any]:
    """The values of what a command line says, by the names of options; `UsageError` for the first that is wrong."""
    found = {}
    for name, said in words.items():
        row = OPTIONS[name]
        found[name] = from_words(row.kind, row.flags[0], said)
    return found
