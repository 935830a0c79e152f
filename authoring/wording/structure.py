"""Counts that keep code readable: of class names, hidden names, loose dicts, long files and functions."""

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from weather_mlops.pipelines.findings import Finding, FindingSeverity

PACKAGE: Final = "src/"
CODE: Final = (
    PACKAGE,
    "plugins/",
    "authoring/",
    "embedded/",
    "production/",
    "simulator/",
    "dags/",
    "deploy/",
)
"""Folders with code that runs, without tests and benchmarks."""
MAX_LOOSE_DICTS: Final = 60
MAX_FILE_LINES: Final = 300
MAX_FUNCTION_LINES: Final = 60
MAX_COMPLEXITY: Final = 15
LONG_FILES: Final = frozenset({"src/weather_mlops/variables.py"})
"""A table: one entry after the other, and read by looking one up."""
OUR_OWN: Final = frozenset({"MISSING"})
"""Names that mean something else here, and that nobody takes for the standard library's (``dataclasses``)."""

_MAPPINGS: Final = frozenset({"dict", "Mapping", "MutableMapping"})


@dataclass(frozen=True)
class Module:
    """A Python file.

    Attributes:
        path: from the project's root, with slashes.
        text: its source.
    """

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    def finding(self, node: ast.stmt | ast.expr, rule: str, message: str, fix: str) -> Finding:
        """A finding at a statement or an expression."""
        text = self.text.split("\n")[node.lineno - 1]
        position = (self.path, node.lineno, node.col_offset + 1)
        return Finding(*position, FindingSeverity.ERROR, rule, text, message, fix)


def read(root: Path) -> list[Module]:
    """Read the Python files of ``CODE``."""
    paths = sorted(path for folder in CODE for path in (root / folder).rglob("*.py"))
    return [Module(path.relative_to(root).as_posix(), path.read_text("utf-8")) for path in paths]


def check(modules: Iterable[Module]) -> list[Finding]:
    """Apply all counts but that of ``complexity``; findings by path and line."""
    modules = list(modules)
    package = [module for module in modules if module.path.startswith(PACKAGE)]
    return sorted(
        [
            *same_class_names(package),
            *hidden_names(modules),
            *loose_dicts(package),
            *long_files(package),
            *(finding for module in modules for finding in long_functions(module)),
        ]
    )


def same_class_names(modules: Iterable[Module]) -> Iterator[Finding]:
    """Public classes of the same name; each is reported."""
    classes: dict[str, list[tuple[Module, ast.ClassDef]]] = defaultdict(list)
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append((module, node))
    for name, uses in classes.items():
        for module, node in uses if len(uses) > 1 else ():
            others = ", ".join(f"{other.path}:{its.lineno}" for other, its in uses if its is not node)
            message = f"{name} is also a class in {others}"
            yield module.finding(node, "class-name-twice", message, "name what sets it apart")


def hidden_names(modules: Iterable[Module]) -> Iterator[Finding]:
    """Names of modules that hide one of the standard library.

    A name counts as the standard library's where any of the modules imports it from there, or the standard
    module of that name: a list of all its names would forbid words like ``code`` and ``select``, which nobody
    here takes for a module. Names of Python itself (``list``, ``open``) are found by ruff's A001 to A006.
    """
    modules = list(modules)
    standard = {name: source for module in modules for name, source in _standard_imports(module.tree)}
    for module in modules:
        for node, name in _module_level_names(module.tree):
            if name in standard and name not in OUR_OWN:
                message = f"{name} hides {standard[name]} of the standard library"
                yield module.finding(node, "hides-standard-name", message, "choose another name")


def loose_dicts(modules: Iterable[Module]) -> Iterator[Finding]:
    """One finding for each file, where the package has more than ``MAX_LOOSE_DICTS``."""
    uses = {module.path: (module, list(_loose_dicts(module.tree))) for module in modules}
    total = sum(len(nodes) for _, nodes in uses.values())
    for module, nodes in uses.values():
        if nodes and total > MAX_LOOSE_DICTS:
            message = f"{len(nodes)} dict[str, Any] here, {total} in {PACKAGE}: at most {MAX_LOOSE_DICTS}"
            yield module.finding(nodes[0], "loose-dict", message, "use a dataclass or a TypedDict")


def count_loose_dicts(modules: Iterable[Module]) -> Mapping[str, int]:
    """Number of ``dict[str, Any]`` and ``Mapping[str, Any]`` by file of the package, most first."""
    package = [module for module in modules if module.path.startswith(PACKAGE)]
    counted = {module.path: sum(1 for _ in _loose_dicts(module.tree)) for module in package}
    return {path: count for path, count in sorted(counted.items(), key=lambda item: -item[1]) if count}


def long_files(modules: Iterable[Module]) -> Iterator[Finding]:
    """Files of more than ``MAX_FILE_LINES`` lines."""
    for module in modules:
        count = len(module.text.splitlines())
        if count > MAX_FILE_LINES and module.path not in LONG_FILES:
            message = f"{count} lines: at most {MAX_FILE_LINES}"
            fix = "cut it where a second subject begins"
            yield Finding(module.path, 1, 1, FindingSeverity.ERROR, "long-file", "", message, fix)


def long_functions(module: Module) -> Iterator[Finding]:
    """Functions of more than ``MAX_FUNCTION_LINES`` lines, decorators excluded, docstring included."""
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > MAX_FUNCTION_LINES:
                message = f"{node.name} has {count} lines: at most {MAX_FUNCTION_LINES}"
                yield module.finding(node, "long-function", message, "move a step of it to a function")


def complexity(root: Path) -> list[Finding]:
    """Functions with a cyclomatic complexity above ``MAX_COMPLEXITY``, by ruff, whatever ``noqa`` says there.

    Raises:
        RuntimeError: ruff reports no result.
    """
    folders = [folder for folder in CODE if (root / folder).is_dir()]
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore-noqa", "--select", "C901"]
    command += ["--config", f"lint.mccabe.max-complexity = {MAX_COMPLEXITY}", "--output-format", "json"]
    process = subprocess.run(  # noqa: S603  ruff of this environment, fixed arguments
        [*command, *folders], cwd=root, capture_output=True, text=True, check=False
    )
    if process.returncode not in {0, 1}:
        raise RuntimeError(f"ruff failed: {process.stderr.strip()}")
    return [
        Finding(
            Path(entry["filename"]).relative_to(root.resolve()).as_posix(),
            entry["location"]["row"],
            entry["location"]["column"],
            FindingSeverity.ERROR,
            "complex-function",
            "",
            entry["message"],
            "move branches to functions of their own",
        )
        for entry in json.loads(process.stdout)
    ]


def _standard_imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that a module imports from the standard library, each with what it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module.split(".")[0] in sys.stdlib_module_names:
                yield from ((alias.name, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            names = (alias.name.split(".")[0] for alias in node.names)
            yield from ((name, f"the module {name}") for name in names if name in sys.stdlib_module_names)


def _module_level_names(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Names that a module gives at its top level; imports give none."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node, name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield node, name
            case ast.Assign(targets=targets):
                yield from ((node, target.id) for target in targets if isinstance(target, ast.Name))
            case _:
                pass


def _loose_dicts(tree: ast.Module) -> Iterator[ast.Subscript]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(
                value=ast.Name(id=name), slice=ast.Tuple(elts=[ast.Name(id="str"), ast.Name(id="Any")])
            ) if name in _MAPPINGS:
                yield node
            case _:
                pass
