"""How long Airflow takes to read the pipelines: by our loader, by a Python file, by plain dag-factory.

Usage: ``.venv/bin/python benchmarks/dag_parsing.py [--rounds 15] [--many 500]``

It measures what Airflow's DAG processor does with a DAG file: in a process forked from one that has Airflow
imported, import the file, collect its DAGs and serialise them. The ways take turns, so that other load on the
machine affects all of them. The figures are medians; ratios are of processor time, which other programs
disturb less.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
HOME = tempfile.mkdtemp(prefix="dag_parsing_")
os.environ |= {
    "AIRFLOW_HOME": HOME,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    "DO_NOT_TRACK": "1",
}
sys.path[:0] = [str(PROJECT / "src"), str(PROJECT / "plugins")]

import structlog
from airflow.dag_processing import manager, processor  # noqa: F401  the manager: what it forks from
from airflow.dag_processing.dagbag import BundleDagBag

from weather_mlops.pipelines.effective import EffectivePipeline, EffectiveTask, arguments, pipelines
from weather_mlops.pipelines.folder import defaults_file, pipeline_files
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.schema import schema_at, schema_file

Taken = tuple[float, float]  # seconds, and those of the processor
PLAIN = '''"""Plain dag-factory, for Airflow."""
from dagfactory import load_yaml_dags
load_yaml_dags(globals(), dags_folder={folder!r}, defaults_config_path={shared!r})
'''


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--many", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder, "few"), Path(folder, "many")
        shutil.copytree(PROJECT / "pipelines", few / "pipelines")
        multiply(PROJECT / "pipelines", many / "pipelines", options.many)
        report(few, options.rounds)
        report(many, max(3, options.rounds // 5))
    shutil.rmtree(HOME)


def report(folder: Path, rounds: int) -> None:
    """Measure the three ways on one folder, and print their medians."""
    ways = prepare(folder)
    count = len(pipeline_files(folder / "pipelines"))
    taken: dict[str, list[Taken]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, file in ways.items():
            taken[way].append(processing(file, count))
    print(f"{count} files, {rounds} rounds, medians:")
    plain = statistics.median(busy for _, busy in taken["plain dag-factory"])
    for way, every in taken.items():
        elapsed, busy = (statistics.median(figures) for figures in zip(*every, strict=True))
        print(f"  {way:<18}{elapsed:7.3f} s, of the processor {busy:7.3f} s: ratio {busy / plain:.2f}")


def prepare(folder: Path) -> dict[str, Path]:
    """The DAG files to compare, by name."""
    (folder / "dags").mkdir(parents=True)
    ours, plain, python = (folder / "dags" / f"{name}.py" for name in ("load_yaml", "plain", "by_hand"))
    shutil.copy(PROJECT / "dags" / "load_yaml.py", ours)
    # In a folder's scan dag-factory takes defaults.yml for a pipeline too.
    shutil.copytree(folder / "pipelines", folder / "plain")
    for file in (folder / "plain").glob("*.yml"):  # dag-factory has no lists in default_args
        text = file.read_text("utf-8")
        file.write_text(text.replace("default_args.targets", "[air_temperature]"), "utf-8")
    (folder / "shared").mkdir()
    (folder / "plain" / "defaults.yml").rename(folder / "shared" / "defaults.yml")
    plain.write_text(PLAIN.format(folder=str(folder / "plain"), shared=str(folder / "shared")))
    python.write_text(as_python(folder / "pipelines"))
    return {"load_yaml.py": ours, "plain dag-factory": plain, "Python": python}


def processing(file: Path, expected: int) -> Taken:
    """Time of processing a DAG file once, in a new process."""
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(theirs, json.dumps(process(file)).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        result = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert result["dags"] >= expected, result
    return float(result["seconds"]), float(result["processor_seconds"])


def process(file: Path) -> dict[str, Any]:
    """What the DAG processor does with a DAG file, and how long it took."""
    begun, busy = time.perf_counter(), time.process_time()
    bag = BundleDagBag(str(file), bundle_path=file.parent, bundle_name="benchmark", load_op_links=False)
    serialized, errors = processor._serialize_dags(bag, structlog.get_logger())  # noqa: SLF001  the real thing
    return {
        "seconds": time.perf_counter() - begun,
        "processor_seconds": time.process_time() - busy,
        "dags": len(serialized),
        "errors": str({**bag.import_errors, **errors}),
    }


def multiply(source: Path, target: Path, count: int) -> None:
    """Copy the shipped pipelines under other DAG ids until there are ``count`` files."""
    target.mkdir(parents=True)
    shutil.copy(source / "defaults.yml", target)
    files = pipeline_files(source)
    for number in range(count):
        file = files[number % len(files)]
        text = file.read_text("utf-8")
        for dag_id in load(file).data:
            text = text.replace(f"\n{dag_id}:\n", f"\n{dag_id}_{number}:\n")
        (target / f"{file.stem}_{number}.yml").write_text(text, "utf-8")


def as_python(folder: Path) -> str:
    """The DAGs of a folder as a person would write them in Python."""
    shared = defaults_file(folder)
    defaults = load(shared) if shared else None
    lines = [
        '"""The same DAGs, in Python, for Airflow."""',
        "import datetime, pendulum",
        "import airflow.sdk",
    ]
    shipped = [p for file in pipeline_files(folder) for p in pipelines(load(file), defaults).values()]
    modules = {task.operator.rpartition(".")[0] for pipeline in shipped for task in pipeline.tasks.values()}
    lines += [f"import {module}" for module in sorted(modules)]
    for number, pipeline in enumerate(shipped):
        lines += dag_lines(f"dag_{number}", pipeline)
    return "\n".join(lines) + "\n"


def dag_lines(name: str, pipeline: EffectivePipeline) -> Iterator[str]:
    """One DAG's statements."""
    settings = {key: expression(setting.value) for key, setting in pipeline.settings.items()}
    zone = pipeline.value("timezone")
    settings.pop("timezone")
    day = pipeline.value("start_date")
    settings["start_date"] = f"pendulum.datetime({day.year}, {day.month}, {day.day}, tz={zone!r})"
    yield f"{name} = airflow.sdk.DAG({pipeline.dag_id!r}, {joined(settings)})"
    for task_name, task in pipeline.tasks.items():
        yield f"{name}_{task_name} = {operator(name, task_name, task)}"
    for task_name, task in pipeline.tasks.items():
        for before in sorted(task.upstream):
            yield f"{name}_{before} >> {name}_{task_name}"


def operator(dag: str, name: str, task: EffectiveTask) -> str:
    """The expression that makes a task."""
    given_to_it = arguments(task, schema_at(schema_file()))
    plain = {k: expression(s.value) for k, s in given_to_it.items() if k not in task.mapped}
    mapped = {k: reference(dag, task.settings[k].value) for k in task.mapped}
    given = f"task_id={name!r}, dag={dag}, {joined(plain)}"
    if mapped:
        return f"{task.operator}.partial({given}).expand({joined(mapped)})"
    return f"{task.operator}({given})"


def reference(dag: str, value: Any) -> str:
    """What a task is mapped over: another one's result, or a list."""
    if isinstance(value, str) and value.endswith(".output"):
        return f"{dag}_{value}"
    return expression(value)


def joined(arguments: Mapping[str, str]) -> str:
    """Keyword arguments."""
    return ", ".join(f"{key}={value}" for key, value in arguments.items())


def expression(value: Any) -> str:
    """A value as Python."""
    if isinstance(value, dict) and "__type__" in value:
        named = {k: expression(v) for k, v in value.items() if k not in ("__type__", "__args__")}
        given = [*map(expression, value.get("__args__", ())), *([joined(named)] if named else [])]
        return f"{value['__type__']}({', '.join(given)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {expression(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(expression, value))}]"
    return repr(value)


if __name__ == "__main__":
    main()
