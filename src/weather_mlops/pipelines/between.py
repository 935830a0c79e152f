"""What only shows when all files of the folder are seen together."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from weather_mlops.pipelines.document import Document
from weather_mlops.pipelines.findings import Finding, Severity, did_you_mean
from weather_mlops.pipelines.graph import named

Place = tuple[Document, tuple[str | int, ...]]

_NAMES_OF_DAGS: Final = ("trigger_dag_id", "external_dag_id")


def check(documents: Sequence[Document]) -> Iterator[Finding]:
    """Ids given twice, assets that contradict each other, pipelines that wait for nobody."""
    first: dict[str, Place] = {}
    for document, dag_id, _ in _dags(documents):
        if dag_id in first:
            line, _ = first[dag_id][0].position_of(first[dag_id][1])
            yield document.finding(
                (dag_id,),
                "duplicate-dag",
                f"the DAG {dag_id} is there already, in {first[dag_id][0].path}, line {line}",
                "give each pipeline an id of its own",
            )
        first.setdefault(dag_id, (document, (dag_id,)))
    yield from _assets(documents)
    for document, dag_id, dag in _dags(documents):
        for _, path, task in named(dag.get("tasks"), (dag_id, "tasks"), "task_id"):
            for key in _NAMES_OF_DAGS:
                yield from _dag_named(document, (*path, key), task.get(key), first)


def not_read(path: Path, folder: Path) -> Finding:
    """A file that looks like a pipeline, and that nobody reads."""
    told = "in a folder of its own" if path.parent != folder else "not named as one"
    return Finding(
        str(path),
        1,
        1,
        Severity.ERROR,
        "not-read",
        path.name,
        f"this file is {told}, and is never read",
        f"move it to {folder / path.stem}.yml, or remove it",
    )


def _dags(documents: Sequence[Document]) -> Iterator[tuple[Document, str, Mapping[str, Any]]]:
    for document in documents:
        for dag_id, dag in document.data.items() if isinstance(document.data, dict) else ():
            if dag_id != "default" and isinstance(dag, dict):
                yield document, dag_id, dag


def _dag_named(
    document: Document, path: tuple[str | int, ...], name: Any, known: Mapping[str, Place]
) -> Iterator[Finding]:
    if isinstance(name, str) and "{" not in name and name not in known:
        like = did_you_mean(name, known)
        hint = f"; did you mean {like}?" if like else ""
        yield document.finding(
            path,
            "unknown-dag",
            f"no file of this folder declares the DAG {name}{hint}",
            f"there are: {', '.join(sorted(known))}",
            severity=Severity.WARNING,
            value=True,
        )


def _assets(documents: Sequence[Document]) -> Iterator[Finding]:
    uris: dict[str, tuple[str, Place]] = {}
    names: dict[str, tuple[str, Place]] = {}
    emitted: set[str] = set()
    awaited: list[tuple[str, Place]] = []
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
    for name, (document, path) in awaited:
        if name not in emitted:
            like = did_you_mean(name, emitted)
            hint = f"; did you mean {like}?" if like else ""
            yield document.finding(
                path,
                "asset",
                f"no task of this folder updates the asset {name}: this never runs by itself{hint}",
                f"updated are: {', '.join(sorted(emitted)) or 'none'}",
                severity=Severity.WARNING,
                value=True,
                text=name,
            )


def _other_asset(
    document: Document, path: tuple[str | int, ...], told: str, first: tuple[str, Place]
) -> Finding:
    other, (source, place) = first
    line, _ = source.position_of(place)
    return document.finding(
        path,
        "asset",
        f"{told} here, and {other} in {source.path}, line {line}",
        "write its name and its URI alike everywhere: to Airflow they are two assets",
        value=True,
    )


def _inside(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every asset inside a value: objects, and bare URIs where assets stand."""
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


def _is_list_of_assets(path: tuple[str | int, ...]) -> bool:
    return len(path) > 1 and isinstance(path[-1], int) and path[-2] in ("outlets", "inlets", "schedule")


def _name_and_uri(asset: Any) -> tuple[str, str]:
    if isinstance(asset, str):
        return asset, asset
    name, uri = asset.get("name"), asset.get("uri")
    return str(name or uri), str(uri or name)
