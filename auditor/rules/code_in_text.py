"""Names or texts that some program would take for markup, a formula, a command or code.

## What it does
Looks for HTML and scripts, formulas of a spreadsheet, SQL, commands of a shell, templates and format strings, code of
Python and the like, pickles, and long runs of base64 or hexadecimal digits: in names, in the strings that operators
compute with, in doc strings and in metadata.

## Why it matters
A model's names travel: into a page that shows the graph, a spreadsheet of layers, a log, a query, a file's name. A name
that is a script is run where a viewer does not escape it. No exporter makes such names; a class called `<lambda>` is no
script. On one's own model it is a note; under the profile `untrusted` it is a warning.

## Fires on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] "<script>alert(1)</script>") { "<script>alert(1)</script>" = Relu(x) }
```
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2] x) => (float[2] y) { h = Relu(x)  ["=cmd|' /C calc'!A0"] y = Neg(h) }
```
```mutator
metadata_with_a_command
```

## Quiet on
```onnx
<ir_version: 8, opset_import: ["" : 17]>
agraph (float[2, 2] x) => (float[2, 2] y) {
  ["<lambda>/layers[0]:0"] h = Relu(x)
  ["a=>b/Add"] y = Einsum<equation = "ij->ji">(h)
}
```

## How to fix
Rename it: letters, digits, `_`, `.` and `/` are safe everywhere. If you did not make the model, find out who did.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.graph import Model
from ..model.signs import NAMES, READ, seen, sign
from ..report import Basis, Found, Severity
from . import rule

_TAGS = "script|img|svg|iframe|html|body|style|object|embed|link|meta|form|input|math|video|audio|base|h1|marquee|table"


def _is_a_mixture(run: str) -> bool:
    """Of small and capital letters and digits, as base64 is; or of hexadecimal digits alone."""
    figures = run.rstrip("=")
    if not any(c.isdigit() for c in figures):
        return False
    mixed = any(c.islower() for c in figures) and any(c.isupper() for c in figures)
    return mixed or (len(figures) >= 128 and not figures.strip("0123456789abcdefABCDEF") and len(set(figures)) > 4)


SIGNS = (
    sign("an HTML tag or a script",
         rf"<\s?/?(?:{_TAGS}|a|b|i|p|div|span)(?:[\s/][^<>]*)?>|<\s?(?:{_TAGS})[\s/]|javascript:|\bon(?:error|load|click|"
         r"mouseover|focus)\s{0,9}=|&#x?[0-9a-f]{2,6};|<!--|<!doctype|<\?(?:php|xml)|<!\[cdata|<!entity",
         "<", "javascript:", "&#", "onerror", "onload", "onclick", "onmouseover", "onfocus"),
    sign("a pickle", r"^\x80[\x02-\x05]|\bc(?:os|posix|nt|__builtin__|builtins|subprocess|sys)\n\w+\n|"
         r"\bgasv[a-z0-9+/]{6}|\bgan(?:jb|x|c)[a-z0-9+/]{6}|pickle\.loads?|__reduce(?:_ex)?__",
         "\x80", "cos\n", "cposix\n", "cnt\n", "builtin", "csubprocess\n", "csys\n", "gasv", "gan", "pickle",
         "__reduce"),
    sign("code",
         r"__(?:import|builtins|globals|class|subclasses|mro|getattr|dict|init)__|\b(?:eval|exec|compile|execfile)\s{0,9}\(|"
         r"\bos\.(?:system|popen|exec|remove|environ)|\bsubprocess\.|\bimport\s{1,9}(?:os|sys|subprocess|socket|ctypes|pty)\b|"
         r"\b(?:socket|ctypes|shutil)\.\w+\(|runtime\.getruntime|process\.start|system\.exit|\bfunction\s{0,9}\([^)]{0,200}\)\s{0,9}\{|"
         r"\brequire\s{0,9}\(\s{0,9}['\"]|document\.(?:cookie|write|location)|base64\.b64decode|codecs\.decode\(|"
         r"\blambda\b[^:\n]{0,40}:\s{0,9}\w+\(|#include\s{0,9}<",
         "__", "eval", "exec", "compile", "os.", "subprocess", "import ", "socket.", "ctypes.", "shutil.", "runtime.",
         "process.start", "system.exit", "function", "require", "document.", "base64.", "codecs.", "lambda",
         "#include"),
    sign("a query of SQL",
         r"\b(?:drop|truncate|alter)\s{1,9}(?:table|database|schema|view)\b|\bdelete\s{1,9}from\s{1,9}\w|\binsert\s{1,9}into\s{1,9}\w|"
         r"\bunion\s{1,9}(?:all\s{1,9})?select\b|\bselect\s{1,9}(?:\*|[\w,\s]{1,80})\s{1,9}from\s{1,9}\w|\bupdate\s{1,9}\w+\s{1,9}set\s{1,9}\w+\s{0,9}=|"
         r"\bexec(?:ute)?\s{1,9}xp_|['\"]\s{0,9}(?:or|and)\s{1,9}['\"]?\w+['\"]?\s{0,9}=\s{0,9}['\"]?\w|['\"]\s{0,9};\s{0,9}--|'\s{0,9}--\s{0,9}$|"
         r"\b(?:sleep|benchmark|waitfor\s{1,9}delay)\s{0,9}\(?\s{0,9}['\d]",
         "drop", "truncate", "alter", "delete", "insert", "union", "select", "update", "xp_", "' or", "'or", '" or',
         "' and", "--", "sleep", "benchmark", "waitfor"),
    sign("a command of a shell",
         r"\$\([^)]{0,200}\)?|`[^`\n]+`|[;&|]\s{0,9}(?:rm|curl|wget|cat|sh|bash|nc|ncat|python\d?|perl|chmod|reboot|shutdown|ls|id|"
         r"whoami|touch|echo|ping|kill|sudo|dd|mkfs)\b|\|\|?\s{0,9}(?:sh|bash|zsh|nc)\b|\brm\s{1,9}-[a-z]{0,9}[rf]|/bin/(?:ba|z|da)?sh\b|"
         r"\bpowershell\b|\bcmd(?:\.exe)?\s{1,9}/[ck]\b|\b(?:curl|wget)\s{1,9}(?:-|http)|/dev/tcp/|\bsudo\s{1,9}\w|:\(\)\s{0,9}\{",
         "$(", "`", ";", "&", "|", "rm ", "/bin/", "powershell", "cmd", "curl ", "wget ", "/dev/tcp", "sudo", ":()"),
    sign("a formula of a spreadsheet",
         r"^\s{0,9}=\s{0,9}[\w('\"+-]|^[+\-@]\s{0,9}[a-z][\w.]*\s{0,9}[(|!]|^[+\-@]\d+[+\-*/]\S|^[\t\r]\s{0,9}[=+\-@]|\|\s{0,9}'[^']*'\s{0,9}!",
         within=READ),
    sign("a template or a format string",
         r"\{\{.{0,200}?\}\}|\$\{[^}\n]{0,200}\}|<%.{0,200}?%>|#\{[^}\n]{1,200}\}|\{[^{}\s]{0,80}?(?:\.__|\[)[^{}]{0,200}\}|(?:%[0-9.$*-]*[sxdnpc]){2}|"
         r"%[0-9]*\$?n\b|%\d+\$s|\{%.{0,200}?%\}",
         "{", "%"),
    sign("a format string", r"%s", "%s", within=NAMES),
    sign("a long run of base64 or hexadecimal digits",
         r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{100,}+={0,2}", exact=True, also=_is_a_mixture),
)  # fmt: skip


@rule(Severity.NOTE, Basis.SUSPICIOUS, from_strangers=Severity.WARNING)
def code_in_text(model: Model) -> Iterator[Found]:
    for one in seen(model, SIGNS):
        yield Found(
            f"{one.text.what} holds {one.sign.what}, {one.excerpt[:80]!r}{one.others}: whoever shows or logs it must "
            "not take it for more than text",
            one.text.where,
            "rename it or take it out: letters, digits, _, . and / are safe everywhere",
            magnitude=one.number,
        )
