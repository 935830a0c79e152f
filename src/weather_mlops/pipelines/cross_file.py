"""Checks across all files of a folder."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from weather_mlops.pipelines.document import YamlDocument
from weather_mlops.pipelines.findings import Finding, FindingSeverity, did_you_mean, shortened
from weather_mlops.pipelines.graph import named
from weather_mlops.pipelines.keys import SHIPPED, KeyPath, YamlMapping, YamlValue, is_pipeline

Location = tuple[YamlDocument, KeyPath]

_NAMES_OF_DAGS: Final = ("trigger_dag_id", "external_dag_id")


def check(documents: Sequence[YamlDocument]) -> Iterator[Finding]:
    """Duplicate ids, assets that contradict each other, names of DAGs that no file has."""
    first = _owners(documents)
    yield from duplicates(documents)
    yield from _assets(documents)
    known = _listed(first)
    for document, dag_id, dag in _dags(documents):
        for _, path, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id"):
            for key in _NAMES_OF_DAGS:
                yield from _dag_named(document, (*path, key), task.get(key), first, known)


def duplicates(documents: Sequence[YamlDocument]) -> Iterator[Finding]:
    """Ids that two pipelines have. A shipped file keeps its id; otherwise the first file has it."""
    owners = _owners(documents)
    for document, dag_id, _ in _dags(documents):
        owner, path = owners[dag_id]
        if owner is not document:
            line, _ = owner.position_of(path)
            yield document.finding(
                (dag_id,),
                "duplicate-dag",
                f"the DAG {dag_id} of {document.path} is already declared in {owner.path}, line {line}",
                "give each pipeline an id of its own",
            )


def _owners(documents: Sequence[YamlDocument]) -> dict[str, Location]:
    """Which document an id belongs to. A shipped file keeps its ids even if it can't be parsed."""
    owners: dict[str, Location] = {}
    for dag_id, name in SHIPPED.items():
        for document in documents:
            data = document.data
            if document.path.stem == name and (data is None or (isinstance(data, dict) and dag_id in data)):
                owners.setdefault(dag_id, (document, (dag_id,)))
    for document, dag_id, _ in _dags(documents):
        owners.setdefault(dag_id, (document, (dag_id,)))
    return owners


def not_read(path: Path, folder: Path) -> Finding:
    """A finding of a file that looks like a pipeline, but is never read."""
    reason = "in a subfolder" if path.parent != folder else "not named as a pipeline"
    return Finding(
        str(path),
        1,
        1,
        FindingSeverity.ERROR,
        "not-read",
        path.name,
        f"this file is {reason}, and is never read",
        f"move it to {folder / path.stem}.yml, or remove it",
    )


def _dags(documents: Sequence[YamlDocument]) -> Iterator[tuple[YamlDocument, str, YamlMapping]]:
    for document in documents:
        for dag_id, dag in document.data.items() if isinstance(document.data, dict) else ():
            if is_pipeline(dag_id) and isinstance(dag, dict):
                yield document, dag_id, dag


def _dag_named(
    document: YamlDocument, path: KeyPath, name: Any, known: Mapping[str, Location], listed: str
) -> Iterator[Finding]:
    if isinstance(name, str) and "{" not in name and name not in known:
        like = did_you_mean(name, known)
        hint = f"; did you mean {like}?" if like else ""
        yield document.finding(
            path,
            "unknown-dag",
            f"no file of this folder declares the DAG {name}{hint}",
            f"there are: {listed}",
            severity=FindingSeverity.WARNING,
            value=True,
        )


def _assets(documents: Sequence[YamlDocument]) -> Iterator[Finding]:
    uris: dict[str, tuple[str, Location]] = {}
    names: dict[str, tuple[str, Location]] = {}
    emitted: set[str] = set()
    awaited: list[tuple[str, Location]] = []
    for document, dag_id, dag in _dags(documents):
        for path, asset in _inside(dag, (dag_id,)):
            name, uri = _name_and_uri(asset)
            if names.setdefault(uri, (name, (document, path)))[0] != name:
                yield _other_asset(document, path, f"the URI {uri} has the name {name}", names[uri])
            elif uris.setdefault(name, (uri, (document, path)))[0] != uri:
                yield _other_asset(document, path, f"the asset {name} has the URI {uri}", uris[name])
            if path[1] == "schedule":
                awaited.append((name, (document, path)))
            elif "outlets" in path:
                emitted.add(name)
        emitted |= {str(alias.get("name")) for alias in _aliases(dag)}
    updated = _listed(emitted)
    for name, (document, path) in awaited:
        if name not in emitted:
            like = did_you_mean(name, emitted)
            hint = f"; did you mean {like}?" if like else ""
            yield document.finding(
                path,
                "asset",
                f"no task of this folder updates the asset {name}: this never runs by itself{hint}",
                f"these are updated: {updated}",
                severity=FindingSeverity.WARNING,
                value=True,
                text=name,
            )


def _listed(names: Iterable[str]) -> str:
    """Names for a message, listed once for thousands of findings."""
    return shortened(", ".join(sorted(names)) or "none")


def _other_asset(
    document: YamlDocument, path: KeyPath, conflict: str, first: tuple[str, Location]
) -> Finding:
    other, (source, other_path) = first
    line, _ = source.position_of(other_path)
    return document.finding(
        path,
        "asset",
        f"{conflict} here, and {other} in {source.path}, line {line}",
        "write the same name and URI everywhere: for Airflow these are two assets",
        value=True,
    )


def _inside(value: YamlValue, path: KeyPath) -> Iterator[tuple[KeyPath, str | YamlMapping]]:
    """Every asset inside a value: objects, and bare URIs in lists of assets."""
    if isinstance(value, dict):
        if value.get("__type__") == "airflow.sdk.Asset":
            yield path, value
        else:
            for key, item in value.items():
                yield from _inside(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(item, (*path, index))
    elif isinstance(value, str) and _is_list_of_assets(path):
        yield path, value


def _aliases(value: YamlValue) -> Iterator[YamlMapping]:
    """Every asset alias inside a value: deploy_model updates the asset of an alias's name."""
    if isinstance(value, dict):
        if value.get("__type__") == "airflow.sdk.AssetAlias":
            yield value
        for item in value.values():
            yield from _aliases(item)
    elif isinstance(value, list):
        for item in value:
            yield from _aliases(item)


def _is_list_of_assets(path: KeyPath) -> bool:
    return len(path) > 1 and isinstance(path[-1], int) and path[-2] in ("outlets", "inlets", "schedule")


def _name_and_uri(asset: str | YamlMapping) -> tuple[str, str]:
    if isinstance(asset, str):
        return asset, asset
    name, uri = asset.get("name"), asset.get("uri")
    return str(name or uri), str(uri or name)
