"""What holds for a task or a DAG in the end, and where each value comes from.

``python -m weather_mlops.pipelines.explain data_collection.collect_weather_data``, or the DAG's id alone.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines.document import load
from weather_mlops.pipelines.effective import EffectivePipeline, Settings, pipelines
from weather_mlops.pipelines.findings import errors
from weather_mlops.pipelines.folder import defaults_file, pipeline_files, text_of
from weather_mlops.pipelines.formatting import shown
from weather_mlops.pipelines.validation import schema_file, validate
from weather_mlops.settings import project_folder


@dataclass(frozen=True, slots=True)
class Line:
    """One argument: its name, its value in words, and where it was said."""

    name: str
    value: str
    where: str


def explain(folder: Path, target: str, schema: Mapping[str, Any]) -> list[Line]:
    """The arguments of a task, ``dag.task``, or of a DAG: those that were said, then the operator's defaults.

    Raises:
        Misconfigured: there is no such task or DAG, or a file that it depends on is broken.
    """
    _refuse_broken(folder, target)
    shared = defaults_file(folder)
    defaults = load(shared) if shared else None
    known = {
        name: pipeline
        for file in pipeline_files(folder)
        for name, pipeline in pipelines(load(file), defaults).items()
    }
    dag_id, task_id = _split(target, known)
    if task_id is None:
        return _lines(known[dag_id].settings, (), _properties(schema, "dag"))
    task, source = known[dag_id].tasks[task_id], known[dag_id].source
    return [
        Line("operator", task.operator, _where(source.path, source.position_of((*task.path, "operator"))[0])),
        *_lines(task.settings, task.mapped, _properties(schema, task.operator)),
    ]


def as_text(lines: Sequence[Line]) -> str:
    """As a table for the terminal."""
    names, places = (max(len(getattr(line, part)) for line in lines) for part in ("name", "where"))
    return "\n".join(f"{line.name:<{names}}  {line.where:<{places}}  {line.value}" for line in lines)


def _refuse_broken(folder: Path, target: str) -> None:
    broken = errors(validate(folder))
    dag_id = target.partition(".")[0]
    concerned = [
        finding
        for finding in broken
        if Path(finding.file) == defaults_file(folder) or dag_id in text_of(Path(finding.file))
    ]
    if concerned:
        raise Misconfigured("\n".join(map(str, concerned)))


def _split(target: str, known: Mapping[str, EffectivePipeline]) -> tuple[str, str | None]:
    """The DAG and the task that are meant; a DAG's id may hold dots itself."""
    if target in known:
        return target, None
    for dag_id, pipeline in known.items():
        for name, task in pipeline.tasks.items():
            if target in (f"{dag_id}.{name}", f"{dag_id}.{task.task_id}"):
                return dag_id, name
    names = [*known, *(f"{dag_id}.{name}" for dag_id, pipeline in known.items() for name in pipeline.tasks)]
    close = difflib.get_close_matches(target, names, n=3) or names
    raise Misconfigured(f"there is no DAG or task {target or '(none was named)'}: try {', '.join(close)}")


def _lines(settings: Settings, mapped: Sequence[str], properties: Mapping[str, Any]) -> list[Line]:
    said = [
        Line(
            name,
            f"each of {shown(setting.value)}" if name in mapped else shown(setting.value),
            _where(setting.source.path, setting.line),
        )
        for name, setting in settings.items()
        if not properties or name in properties
    ]
    rest = [
        Line(name, shown(told["default"]), _whose(told))
        for name, told in sorted(properties.items())
        if name not in settings and "default" in told
    ]
    return said + rest


def _properties(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the schema says of each argument; nothing of an operator that it doesn't know."""
    found = schema["$defs"].get(name, {}).get("properties", {})
    return {key: {**_resolved(schema, told), **told} for key, told in found.items()}


def _resolved(schema: Mapping[str, Any], told: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = schema
    if "$ref" not in told:
        return {}
    for step in str(told["$ref"]).removeprefix("#/").split("/"):
        found = found[step]
    return {**_resolved(schema, found), **found}


def _whose(told: Mapping[str, Any]) -> str:
    airflow = str(told.get("$ref", "")).startswith("#/$defs/task/")
    return "default of Airflow" if airflow else "default of the operator"


def _where(file: Path, line: int) -> str:
    return f"{file.parent.name}/{file.name}:{line}"


def main(arguments: Iterable[str] | None = None) -> int:
    """Explain what the command line names; 0, or 1 where it can't be told."""
    parser = argparse.ArgumentParser(prog="python -m weather_mlops.pipelines.explain")
    parser.add_argument("target", help="a DAG's id, or dag.task")
    parser.add_argument("--pipelines", type=Path, help="folder of the YAML files; else the project's")
    parser.add_argument("--schema", type=Path, help="pipeline.schema.json; else the project's")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    try:
        folder, schema = options.pipelines or project_folder("pipelines"), options.schema or schema_file()
        lines = explain(folder, options.target, json.loads(schema.read_text("utf-8")))
    except Misconfigured as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{as_text(lines)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
