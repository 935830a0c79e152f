"""The values that a task or a DAG ends up with, and where each one comes from.

``python -m weather_mlops.pipelines.explain data_collection.collect_weather_data``, or the DAG's id alone.
"""

import argparse
import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines.effective import EffectivePipeline, Settings, pipelines
from weather_mlops.pipelines.findings import errors
from weather_mlops.pipelines.folder import defaults_file, pipeline_files, text_of
from weather_mlops.pipelines.formatting import shown
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.schema import Schema, referred, schema_at, schema_file
from weather_mlops.pipelines.validation import validate
from weather_mlops.settings import project_folder


@dataclass(frozen=True, slots=True)
class Line:
    """One argument: its name, its value as text, and where it is set."""

    name: str
    value: str
    where: str


def explain(folder: Path, target: str, schema: Schema) -> list[Line]:
    """The arguments of a task, ``dag.task``, or of a DAG: those that are set, then the operator's defaults.

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
    name_width, where_width = (max(len(getattr(line, part)) for line in lines) for part in ("name", "where"))
    return "\n".join(
        f"{line.name:<{name_width}}  {line.where:<{where_width}}  {line.value}" for line in lines
    )


def _refuse_broken(folder: Path, target: str) -> None:
    broken = errors(validate(folder))
    dag_id = target.partition(".")[0]
    relevant = [
        finding
        for finding in broken
        if Path(finding.file) == defaults_file(folder) or dag_id in text_of(Path(finding.file))
    ]
    if relevant:
        raise Misconfigured("\n".join(map(str, relevant)))


def _split(target: str, known: Mapping[str, EffectivePipeline]) -> tuple[str, str | None]:
    """The DAG and the task that are meant; a DAG's id may contain dots itself."""
    if target in known:
        return target, None
    for dag_id, pipeline in known.items():
        for name, task in pipeline.tasks.items():
            if target in (f"{dag_id}.{name}", f"{dag_id}.{task.task_id}"):
                return dag_id, name
    names = [*known, *(f"{dag_id}.{name}" for dag_id, pipeline in known.items() for name in pipeline.tasks)]
    close = difflib.get_close_matches(target, names, n=3) or names
    raise Misconfigured(f"there is no DAG or task {target or '(none was named)'}: try {', '.join(close)}")


def _lines(settings: Settings, mapped: Sequence[str], properties: Mapping[str, Schema]) -> list[Line]:
    explicit = [
        Line(
            name,
            f"each of {shown(setting.value)}" if name in mapped else shown(setting.value),
            _where(setting.source.path, setting.line),
        )
        for name, setting in settings.items()
        if not properties or name in properties
    ]
    defaults = [
        Line(name, shown(schema["default"]), _whose(schema))
        for name, schema in sorted(properties.items())
        if name not in settings and "default" in schema
    ]
    return explicit + defaults


def _properties(schema: Schema, name: str) -> dict[str, Schema]:
    """The schema of each argument of an operator; empty if the schema doesn't have the operator."""
    properties = schema["$defs"].get(name, {}).get("properties", {})
    return {key: {**_resolved(schema, argument), **argument} for key, argument in properties.items()}


def _resolved(schema: Schema, argument: Schema) -> Schema:
    if "$ref" not in argument:
        return {}
    definition = referred(argument["$ref"], schema["$defs"])
    return {**_resolved(schema, definition), **definition}


def _whose(schema: Schema) -> str:
    airflow = str(schema.get("$ref", "")).startswith("#/$defs/task/")
    return "default of Airflow" if airflow else "default of the operator"


def _where(file: Path, line: int) -> str:
    return f"{file.parent.name}/{file.name}:{line}"


def main(arguments: Iterable[str] | None = None) -> int:
    """Explain the DAG or task that the command line names; 1 if that is impossible, else 0."""
    parser = argparse.ArgumentParser(prog="python -m weather_mlops.pipelines.explain")
    parser.add_argument("target", help="a DAG's id, or dag.task")
    parser.add_argument("--pipelines", type=Path, help="folder of the YAML files; else the project's")
    parser.add_argument("--schema", type=Path, help="pipeline.schema.json; else the project's")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    try:
        folder, schema = options.pipelines or project_folder("pipelines"), options.schema or schema_file()
        lines = explain(folder, options.target, schema_at(schema))
    except Misconfigured as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{as_text(lines)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
