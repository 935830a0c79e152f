"""Build Airflow DAGs from the YAML files of a folder, for dags/load_yaml.py.

Each file is validated with the code of `make validate` and built by itself. A broken file doesn't affect the
others: it shows as an import error under its own name.

Airflow takes all DAGs of a Python file off their schedule when it stores an import error under that file's
name. Only for a DAG that can't be serialised does it store the error under a name that the DAG gives: so a
broken YAML file becomes such a DAG.
"""

import gc
import inspect
import os
import re
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Final, Never

from airflow.exceptions import SerializationError
from airflow.sdk import DAG, get_parsing_context
from airflow.sdk.definitions.callback import AsyncCallback, SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.exceptions import FailFastDagInvalidTriggerRule
from airflow.serialization.serialized_objects import DagSerialization

from weather_mlops.pipelines import cross_file, effective, notes, preparation
from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, errors
from weather_mlops.pipelines.folder import defaults_file, pipeline_files, text_of
from weather_mlops.pipelines.keys import LOADER_KEYS, KeyPath
from weather_mlops.pipelines.parser import load as read
from weather_mlops.pipelines.schema import schema_at
from weather_mlops.pipelines.validation import validate, validate_file
from weather_mlops.sources.quoting import escaped

os.environ["DO_NOT_TRACK"] = "1"  # dag-factory looks once, when it is imported
from dagfactory.dagfactory import _DagFactory
from dagfactory.utils import cast_with_type

SCHEMA: Final = Path(__file__).resolve().parents[1] / "schemas" / "pipeline.schema.json"
REFERENCES: Final = {
    "queued": DeadlineReference.DAGRUN_QUEUED_AT,
    "logical_date": DeadlineReference.DAGRUN_LOGICAL_DATE,
}
GENERATED_KEYS: Final = ("dag_name", "task_name", "dag", "setting")
"""Local variables of dag-factory and of this module that name what is being built."""

MOST: Final = 100
"""Findings of a file that are shown in Airflow."""

BEYOND_YAML: Final = re.compile(r"\$(?!schema=)|\b__(and|or|join)__")
"""What dag-factory reads in addition to YAML and ``__type__``: environment variables, logical expressions.

``$schema`` in the first line of a file is for editors."""


class Factory(_DagFactory):  # type: ignore[misc]  # dag-factory has no types
    """dag-factory with files that are parsed already, and with the source text as the DAG's docs.

    Its own parser, in pure Python, took most of its time, and so did dumping YAML for the DAG's docs, which
    writes out Python objects and loses the comments.

    Args:
        documents: parsed documents of the file and of its defaults, by path.
        file: file with the pipelines to build.
    """

    def __init__(self, documents: Mapping[Path, YamlDocument], file: Path) -> None:
        self._documents, self._file = documents, file
        super().__init__(config_filepath=str(file), defaults_config_path=str(file.parent))

    def _load_dag_config(self, config_filepath: str | Path) -> dict[str, Any]:
        file = Path(config_filepath)
        beyond = BEYOND_YAML.search(self._documents[file].text)
        data = super()._load_dag_config(str(file)) if beyond else cast_with_type(self._documents[file].data)
        if file == self._file:
            defaults = next((one for path, one in self._documents.items() if path != file), None)
            preparation.prepare(data, self._documents[file], defaults, schema_at(SCHEMA))
            notes.add(data, notes.read(file))
        return dict(data)

    def _serialise_config_md(self, *_: Any) -> str:
        return self._documents[self._file].text


class OwnedMappedOperator(MappedOperator):
    """A mapped task that serializes its owner, so that the UI shows it.

    Airflow takes a DAG's owner from a field that only unmapped tasks have: a DAG that consists of mapped
    tasks would belong to ``airflow``.
    """

    __slots__ = ()

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        """Return the fields that are stored of a task, the owner included."""
        return frozenset({*super().get_serialized_fields(), "owner"})


class BrokenPipeline(SerializationError):
    """A YAML file that can't become DAGs; the message names the file, the line and the fix."""


class Broken(DAG):
    """A placeholder for a broken file: Airflow shows what is wrong with it, under its name.

    Args:
        number: index among the broken files, for a unique DAG id.
        file: path of the broken file.
        findings: what is wrong with it.
        folder: folder of the pipelines.
    """

    def __init__(self, number: int, file: Path, findings: Sequence[Finding], folder: Path) -> None:
        self.findings = findings
        self._file = escaped(str(file.relative_to(folder.parent)))
        more = [f"… and {len(findings) - MOST:,} more: see make validate"] if len(findings) > MOST else []
        lines = [str(replace(finding, file=self._file)) for finding in findings[:MOST]]
        self._fault = "\n".join([*lines, *more])
        super().__init__(f"broken_pipeline_{number}")

    @property
    def relative_fileloc(self) -> str:
        """The YAML file, not the Python file that Airflow loaded the DAG from."""
        return self._file

    @relative_fileloc.setter
    def relative_fileloc(self, _: str | None) -> None:
        """Ignore the file that Airflow sets."""

    def get_serialized_fields(self) -> Never:  # type: ignore[override]  # of this one file
        """Report what is wrong while Airflow serializes the DAG: that error it stores under our file's name.

        Raises:
            BrokenPipeline: always.
        """
        raise BrokenPipeline(self._fault)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch the garbage collector off meanwhile: it took a tenth of the time and had nothing to collect."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def load(folder: Path) -> list[DAG]:
    """Build the DAGs of a folder's files; each broken file becomes a DAG of class ``Broken``.

    When Airflow is about to run a task, only files that may contain its DAG are read.
    """
    dag_id = get_parsing_context().dag_id
    files = [file for file in pipeline_files(folder) if dag_id is None or dag_id in text_of(file)]
    shared = defaults_file(folder)
    defaults = read(shared) if shared else None
    faults: dict[Path, list[Finding]] = defaultdict(list)
    for finding in errors(_validated(folder, files if dag_id else None, defaults)):
        faults[Path(finding.file)].append(finding)
    dags: list[DAG] = []
    # With broken defaults nothing is built: time zone and retries would differ from what the files say.
    for file in files if shared not in faults else ():
        try:
            dags += _build(file, defaults) if file not in faults else []
        # Any error that a user's file causes is shown with the file's name; even a module that calls exit().
        except (Exception, SystemExit) as error:  # noqa: BLE001
            faults[file].append(_finding(file, error))
    return dags + [Broken(number, file, faults[file], folder) for number, file in enumerate(sorted(faults))]


def _validated(
    folder: Path, files: Sequence[Path] | None, defaults: YamlDocument | None
) -> Sequence[Finding]:
    """Return what is wrong with a folder, or with some of its files."""
    if files is None:
        return validate(folder, schema=SCHEMA)
    shared = defaults.data if defaults and isinstance(defaults.data, dict) else None
    findings = [finding for file in files for finding in validate_file(file, shared, schema=SCHEMA)]
    return [*findings, *cross_file.duplicates([read(file) for file in files])]


def _build(file: Path, defaults: YamlDocument | None) -> list[DAG]:
    """Build the DAGs of a file that has been validated.

    Raises:
        Exception: dag-factory, Airflow or an operator refuses it.
    """
    document = read(file)
    documents = {file: document} | ({defaults.path: defaults} if defaults else {})
    dags: list[DAG] = list(Factory(documents, file).build_dags().values())
    for dag in dags:
        for task in dag.tasks:
            if type(task) is MappedOperator:
                task.__class__ = OwnedMappedOperator
        _complete(dag, effective.dag_settings(document, dag.dag_id, defaults))
        # An error that Airflow finds only later would count as an error of all pipelines.
        dag.validate()  # type: ignore[no-untyped-call]
        dag.check_cycle()
        DagSerialization.serialize_dag(dag)
    return dags


def _complete(dag: DAG, settings: effective.Settings) -> None:
    """Set what dag-factory leaves out; Airflow checks and converts it as in the constructor.

    Raises:
        Exception: a value is invalid.
    """
    for key in LOADER_KEYS:
        if setting := settings.get(key):
            setattr(dag, key, _build_value(key, setting.value))
    setting = settings.get("fail_fast")
    for task in dag.tasks:
        FailFastDagInvalidTriggerRule.check(fail_fast=dag.fail_fast, trigger_rule=task.trigger_rule)


def _build_value(key: str, value: Any) -> Any:
    """Convert a value of the YAML to what Airflow expects."""
    match key:
        case "deadline":
            deadlines = cast_with_type(value)
            return [_deadline(one) for one in (deadlines if isinstance(deadlines, list) else [deadlines])]
        case "template_undefined":
            return resolve_name(value)
        case "user_defined_filters":
            return {name: resolve_name(path) for name, path in value.items()}
        case _:
            return cast_with_type(value)


def _deadline(settings: Mapping[str, Any]) -> DeadlineAlert:
    """Build a deadline; the triggerer calls awaitable callbacks, an executor all others."""
    callback = resolve_name(settings["callback"])
    awaited = inspect.iscoroutinefunction(callback) or hasattr(callback, "__await__")
    return DeadlineAlert(
        reference=REFERENCES[settings["after"]],
        interval=settings["interval"],
        callback=(AsyncCallback if awaited else SyncCallback)(
            settings["callback"], kwargs=settings.get("arguments")
        ),
    )


def _finding(file: Path, error: Exception | SystemExit) -> Finding:
    """Return an error of building a file as a finding, at the line of what was being built."""
    document = read(file)
    # The innermost frames of the traceback name the DAG, the task and the setting.
    state: dict[str, Any] = {}
    for frame, _ in traceback.walk_tb(error.__traceback__):
        state |= {name: frame.f_locals[name] for name in GENERATED_KEYS if name in frame.f_locals}
    dag_id = state["dag"].dag_id if isinstance(state.get("dag"), DAG) else state.get("dag_name", "")
    task = state.get("task_name")
    path: KeyPath = effective.task_path(document, dag_id, task or "")
    setting = state.get("setting")
    if isinstance(setting, effective.Setting) and setting.source.path == file:
        path, task = setting.path, None
    what = f"Airflow can't build this: {type(error).__name__}: {error}"
    return document.finding(path, "not-built", what, "correct it as the message says", text=task)
