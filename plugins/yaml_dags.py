"""From the YAML files of a folder to Airflow DAGs: what dags/load_yaml.py does.

Each file is validated, by the code of `make validate`, and built by itself. A broken one doesn't take the
others down: it shows as an import error of its own, under its own name.

Airflow takes all DAGs of a Python file off their schedule when an error is kept under that file's name. The
one kind of error that it keeps under a name that a DAG gives is that of a DAG which can't be serialised: so
a broken YAML file becomes one.
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
from weather_mlops.pipelines.document import load as read
from weather_mlops.pipelines.findings import Finding, errors
from weather_mlops.pipelines.folder import defaults_file, pipeline_files, text_of
from weather_mlops.pipelines.keys import LOADER_KEYS, KeyPath
from weather_mlops.pipelines.validation import schema_at, validate, validate_file
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
"""Variables of dag-factory, and of this module, that tell what is being made."""

MOST: Final = 100
"""Findings of a file that are shown in Airflow."""

BEYOND_YAML: Final = re.compile(r"\$(?!schema=)|\b__(and|or|join)__")
"""What dag-factory reads besides YAML and ``__type__``: variables of the environment, logical expressions.

``$schema`` in the first line of a file is for editors."""


class Factory(_DagFactory):  # type: ignore[misc]  # dag-factory has no types
    """dag-factory, which takes over what was parsed already, and shows a file as it was written.

    Its own reading, in pure Python, took most of its time, and so did the writing of YAML for the DAG's docs,
    which spells out Python objects and loses the comments.

    Args:
        documents: the file's, and that of its defaults.
        file: the pipelines to build.
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
    """A mapped task whose owner the UI finds.

    Airflow takes a DAG's owner from where only tasks that aren't mapped say theirs: a DAG of mapped tasks
    alone belonged to ``airflow``.
    """

    __slots__ = ()

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        """What is stored of a task: the owner as well."""
        return frozenset({*super().get_serialized_fields(), "owner"})


class BrokenPipeline(SerializationError):
    """A YAML file that can't become DAGs; the message names the file, the line and the mend."""


class Broken(DAG):
    """Stands for a broken file: Airflow shows what is wrong with it, under its name.

    Args:
        number: of the file, among those that are broken.
        file: its path.
        found: what is wrong with it.
        folder: of the pipelines.
    """

    def __init__(self, number: int, file: Path, found: Sequence[Finding], folder: Path) -> None:
        self.found = found
        self._file = escaped(str(file.relative_to(folder.parent)))
        more = [f"… and {len(found) - MOST:,} more: see make validate"] if len(found) > MOST else []
        lines = [str(replace(finding, file=self._file)) for finding in found[:MOST]]
        self._fault = "\n".join([*lines, *more])
        super().__init__(f"broken_pipeline_{number}")

    @property
    def relative_fileloc(self) -> str:
        """The YAML file, whatever Airflow takes for it."""
        return self._file

    @relative_fileloc.setter
    def relative_fileloc(self, _: str | None) -> None:
        """Stay with the YAML file."""

    def get_serialized_fields(self) -> Never:  # type: ignore[override]  # of this one file
        """Tell what is wrong, where Airflow listens.

        Raises:
            BrokenPipeline: always.
        """
        raise BrokenPipeline(self._fault)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage meanwhile: all that is made stays, and the search took a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def load(folder: Path) -> list[DAG]:
    """The DAGs of a folder's files; each broken file is one of class ``Broken``.

    Where Airflow is about to run a task, only the file that may have its DAG is read.
    """
    wanted = get_parsing_context().dag_id
    files = [file for file in pipeline_files(folder) if wanted is None or wanted in text_of(file)]
    shared = defaults_file(folder)
    defaults = read(shared) if shared else None
    faults: dict[Path, list[Finding]] = defaultdict(list)
    for finding in errors(_validated(folder, files if wanted else None, defaults)):
        faults[Path(finding.file)].append(finding)
    dags: list[DAG] = []
    # Without the shared time zone and retries they would not be the pipelines that were written.
    for file in files if shared not in faults else ():
        try:
            dags += _build(file, defaults) if file not in faults else []
        # Whatever a user's file provokes is shown, with the file's name; also a module that ends the program.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            faults[file].append(_finding(file, error))
    return dags + [Broken(number, file, faults[file], folder) for number, file in enumerate(sorted(faults))]


def _validated(
    folder: Path, files: Sequence[Path] | None, defaults: YamlDocument | None
) -> Sequence[Finding]:
    """What is wrong with a folder, or with some of its files."""
    if files is None:
        return validate(folder, schema=SCHEMA)
    shared = defaults.data if defaults else None
    found = [finding for file in files for finding in validate_file(file, shared, schema=SCHEMA)]
    return [*found, *cross_file.duplicates([read(file) for file in files])]


def _build(file: Path, defaults: YamlDocument | None) -> list[DAG]:
    """The DAGs of a file that has been validated.

    Raises:
        Exception: dag-factory, Airflow or an operator doesn't take it.
    """
    document = read(file)
    documents = {file: document} | ({defaults.path: defaults} if defaults else {})
    dags: list[DAG] = list(Factory(documents, file).build_dags().values())
    for dag in dags:
        for task in dag.tasks:
            if type(task) is MappedOperator:
                task.__class__ = OwnedMappedOperator
        _complete(dag, effective.dag_settings(document, dag.dag_id, defaults))
        # What Airflow would refuse later it would put down to all pipelines.
        dag.validate()  # type: ignore[no-untyped-call]
        dag.check_cycle()
        DagSerialization.serialize_dag(dag)
    return dags


def _complete(dag: DAG, settings: effective.Settings) -> None:
    """Set what dag-factory leaves out; Airflow checks and converts it as in the constructor.

    Raises:
        Exception: a value doesn't fit.
    """
    for key in LOADER_KEYS:
        if setting := settings.get(key):
            setattr(dag, key, _build_value(key, setting.value))
    setting = settings.get("fail_fast")
    for task in dag.tasks:
        FailFastDagInvalidTriggerRule.check(fail_fast=dag.fail_fast, trigger_rule=task.trigger_rule)


def _build_value(key: str, value: Any) -> Any:
    """What Airflow wants, of what the YAML says."""
    match key:
        case "deadline":
            told = cast_with_type(value)
            return [_deadline(one) for one in (told if isinstance(told, list) else [told])]
        case "template_undefined":
            return resolve_name(value)
        case "user_defined_filters":
            return {name: resolve_name(path) for name, path in value.items()}
        case _:
            return cast_with_type(value)


def _deadline(told: Mapping[str, Any]) -> DeadlineAlert:
    """A deadline; the triggerer calls a coroutine function or what can be awaited, an executor all others."""
    callback = resolve_name(told["callback"])
    awaited = inspect.iscoroutinefunction(callback) or hasattr(callback, "__await__")
    return DeadlineAlert(
        reference=REFERENCES[told["after"]],
        interval=told["interval"],
        callback=(AsyncCallback if awaited else SyncCallback)(told["callback"], kwargs=told.get("arguments")),
    )


def _finding(file: Path, error: Exception | SystemExit) -> Finding:
    """An error while a file was built, at the line of what was being made."""
    document = read(file)
    made: dict[str, Any] = {}
    for frame, _ in traceback.walk_tb(error.__traceback__):
        made |= {name: frame.f_locals[name] for name in GENERATED_KEYS if name in frame.f_locals}
    dag_id = made["dag"].dag_id if isinstance(made.get("dag"), DAG) else made.get("dag_name", "")
    task = made.get("task_name")
    path: KeyPath = effective.task_path(document, dag_id, task or "")
    setting = made.get("setting")
    if isinstance(setting, effective.Setting) and setting.source.path == file:
        path, task = setting.path, None
    what = f"Airflow can't make this: {type(error).__name__}: {error}"
    return document.finding(path, "not-built", what, "correct it as the message says", text=task)
