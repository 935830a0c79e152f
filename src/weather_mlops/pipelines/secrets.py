"""What a file in version control must not contain: passwords, keys, and environment variables."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import MOST, Finding, FindingSeverity
from weather_mlops.pipelines.keys import ENVIRONMENT_KEYS, KeyPath, YamlValue

_NAMES: Final = re.compile(
    r"(^|_|-)(password|passwd|secret|token|api_?key|auth_?key|access_?key|private_?key|fernet_?key|credentials?)($|_|-)",
    re.IGNORECASE,
)
_NOT_SECRET: Final = re.compile(
    r"(_conn_id|_id|_name|_path|_file|_arn|_uri|_url)$|^(xcom|s3|dest|source|bucket)_", re.IGNORECASE
)
# Each takes time linear in the text's length: none begins with a repetition, or matches past its next start.
_FORMS: Final = (
    (re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"), "an access key of AWS"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"), "a token of GitHub"),
    (re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"), "a token of Slack"),
    (re.compile(r"hooks\.slack\.com/services/\w+/\w+/\w+"), "a webhook of Slack"),
    (re.compile(r"\beyJ[\w-]{10,1000}\.[\w-]{10,}\.[\w-]{10,}"), "a JSON Web Token"),
    (re.compile(r"(?<=\w)://[^\s:/@{]+:[^\s:/@{]+@"), "a password inside a URL"),
    (re.compile(r"(?i:(auth|api|service)_?key=[\w%-]{8,})"), "a key inside a URL"),
    (re.compile(r"(?i:\bpassword\s*=\s*[^\s{]+)"), "a password"),
)
_ANY: Final = re.compile("|".join(form.pattern for form, _ in _FORMS))
_COMMENT: Final = re.compile(r"(^|\s)#")
_VARIABLE: Final = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
FIX: Final = "put it in an Airflow connection, and name that: …_conn_id"


def check(
    document: YamlDocument,
    value: YamlValue,
    path: KeyPath = (),
    *,
    templated: Callable[[KeyPath], bool] = lambda _: False,
) -> Iterator[Finding]:
    """Findings of secrets and of environment variables inside a value.

    Args:
        document: the document to check.
        value: a value of it.
        path: the path of the value.
        templated: tells whether Airflow renders templates at a path.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from check(document, item, (*path, key), templated=templated)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from check(document, item, (*path, index), templated=templated)
    elif isinstance(value, str):
        yield from _text(document, path, value, templated)


def comments(document: YamlDocument) -> list[Finding]:
    """Findings of secrets in comments."""
    findings: list[Finding] = []
    for number, line in enumerate(document.text.splitlines(), start=1):
        if len(findings) == MOST:
            break
        mark = _COMMENT.search(line) if "#" in line else None
        if mark is None:
            continue
        comment = line[mark.end() :]
        for what in [what for form, what in _FORMS if form.search(comment)][:1]:
            message = f"the comment contains {what}"
            location = (str(document.path), number, line.index("#") + 1)
            findings.append(Finding(*location, FindingSeverity.ERROR, "secret", "…", message, FIX))
    return findings


def _text(
    document: YamlDocument, path: KeyPath, value: str, templated: Callable[[KeyPath], bool]
) -> Iterator[Finding]:
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    for form, what in _FORMS if _ANY.search(value) else ():
        if form.search(value):
            yield document.finding(path, "secret", f"{key} contains {what}", FIX, text="…", value=True)
            return
    if _NAMES.search(key) and not _NOT_SECRET.search(key) and value and "{{" not in value:
        yield document.finding(
            path, "secret", f"{key} looks like a secret in plain text", FIX, text="…", value=True
        )
        return
    first: dict[str, int] = {}
    for match in _VARIABLE.finditer(value):
        first.setdefault(match.group(1) or match.group(2), match.start())
    unknown = {name: at for name, at in first.items() if name not in ENVIRONMENT_KEYS}
    rendered = bool(unknown) and templated(path)
    for name, at in unknown.items():
        yield _variable(document, path, name, value, at, rendered=rendered)


def _variable(  # noqa: PLR0913  the fields of a finding
    document: YamlDocument, path: KeyPath, name: str, value: str, at: int, *, rendered: bool
) -> Finding:
    shell = f"in a shell command write $(printenv {name}), else {{{{ var.value.name }}}}"
    line, column = document.position_of(path, value=True)
    lines = value[:at].count("\n")
    if lines or "\n" in value:  # a block: its text begins on the next line
        line, column = line + lines + 1, 1
    finding = document.finding(
        path,
        "environment",
        f"${name} is replaced when the file is read, by its value there, and not when the task runs",
        f"allowed are {', '.join('$' + known for known in ENVIRONMENT_KEYS)}; "
        f"{shell if rendered else 'write the value itself: no template is rendered here'}",
        text=f"${name}",
        value=True,
    )
    return Finding(finding.file, line, column, *(getattr(finding, part) for part in finding.__slots__[3:]))
