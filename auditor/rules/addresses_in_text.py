"""Addresses and paths in a model's texts.

## What it does
Looks for addresses (`http://`, `ftp://`, `file:`, `data:`), for hosts by number with a port, for network shares, for
libraries of code, for paths that lead upwards, into a person's folder or to files of the system: in names, in the
strings that operators compute with, in doc strings and in metadata. The paths in an exporter's trace of calls (`File
".../model.py", line 12`), of which newer exports have one at each node, are passed over.

## Why it matters
A tool that follows an address that a model names tells a stranger that the model was opened, and fetches what the
stranger likes. A path tells who exported the model and where; one that leads upwards overwrites a file where a tool
names files after tensors. Neither is needed to run. On one's own model it is a note; under the profile `untrusted` it
is a warning.

## Fires on
```mutator
metadata_with_an_address
tensor_named_like_a_path
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { ["/model/home/root/Add:0"] y = Add(x, x) }
```

## How to fix
Take it out, or rename it. If you did not make the model, do not follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model.graph import Model
from ..model.signs import Sign, seen, sign
from ..model.texts import Text, TextKind
from ..report import Basis, Found, Severity
from . import rule

_TRACE = r"\.pyx?(?:\(\d+\)|['\"], line \d+)"


def _in_a_trace(sign: Sign, text: Text) -> bool:
    return sign.what.startswith("a path") and text.kind is TextKind.PROSE and re.search(_TRACE, text.value) is not None


SIGNS = (
    sign("an address",
         r"\b(?:https?|ftps?|file|ldaps?|jndi|smb|ssh|git|s3|gs|hdfs|wss?|rmi|dns|gopher|telnet)://[^\s'\"<>]+|"
         r"\bdata:[\w/.+-]{1,99};base64,|\bmailto:\S{1,99}@|\bwww\.[\w-]{1,63}\.\w{2,}",
         "://", "data:", "mailto:", "www."),
    sign("a host by its number",
         r"\b(?!0\.0\.0\.0|127\.0\.0\.1)(?:(?:2[0-5]|1?\d)?\d\.){3}(?:2[0-5]|1?\d)?\d:\d{2,5}\b",
         ":"),
    sign("a path that leads upwards", r"(?:^|[\s/\\\"'=(])(?:\.\.[/\\]){1,}|%2e%2e(?:%2f|/)", "../", "..\\", "%2e"),
    # Searched for in texts, never opened.
    sign("a path of the system",
         r"(?:^|[\s\"'=(:])/(?:etc/(?:passwd|shadow|hosts|cron|ssh|sudoers)|proc/(?:self|\d+)/|dev/(?:shm|null|zero|tcp|sd|mem)|"
         r"root/\.|var/(?:run|log|lib|www)/|bin/\w+$|usr/(?:bin|lib|local)/|sys/(?:class|kernel)/)|"
         r"\bc:\\+windows\\|\\\\(?:[\w.-]+|\?)\\[\w$.-]+|~/\.(?:ssh|aws|bashrc|config|netrc)",
         "/etc/", "/proc/", "/dev/", "/root/.", "/var/", "/bin/", "/usr/", "/sys/", ":\\", "\\\\", "~/."),
    sign("the name of a library of code",
         r"(?:^|[\s/\\\"'=(])[\w.+-]{1,99}\.(?:so(?:\.\d{1,9}){0,4}|dll|dylib|pyd)(?:$|[\s\"'),;:])",
         ".so", ".dll", ".dylib", ".pyd"),
    sign("a path into somebody's folder",
         r"(?:^|[\s\"'=(:])(?:/home/[\w.-]+/|/users/[\w.-]+/[\w.-]+/|/tmp/[\w.-]|/mnt/\w+/|/data/\w+/|"
         r"/workspace/|/content/drive/)|"
         r"\b[a-z]:\\+(?:users|documents and settings)\\|\b[a-z]:\\+\w+\\",
         "/home/", "/users/", "/tmp/", "/mnt/", "/data/", "/workspace/", "/content/", ":\\"),
)  # fmt: skip


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def addresses_in_text(model: Model) -> Iterator[Found]:
    for one in seen(model, SIGNS, passed_over=_in_a_trace):
        yield Found(
            f"{one.text.what} holds {one.sign.what}, {one.excerpt.strip()[:120]!r}{one.others}",
            one.text.where,
            "take it out or rename it; nothing that runs the model needs it",
            magnitude=one.number,
        )
