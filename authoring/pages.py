"""docs/pipelines.md and its Korean twin: every key of the schema, with an example."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from authoring import korean
from authoring.operators import PROJECT
from authoring.parts import ASSETS, TIMETABLES
from authoring.words import DAG_WORDS, TASK_WORDS, Words
from weather_mlops.pipelines.describe import describe

Schema = Mapping[str, Any]


class Language(NamedTuple):
    """The words of a page."""

    title: str
    intro: str
    parts: tuple[str, str, str, str, str, str]
    columns: tuple[str, str, str, str]
    needed: str
    file: str
    is_korean: bool


ENGLISH: Final = Language(
    "# What a pipeline's YAML may say",
    "Made by `make schema` from what Airflow, dag-factory and the operators take; don't edit it. "
    "`make validate` holds every file of `pipelines/` to it. A file maps ids of DAGs to pipelines. What all "
    "pipelines share stands in `pipelines/defaults.yml`, what those of one file share under `default`. "
    "Keys that are not here are refused, with a hint at the one that was meant.",
    ("A pipeline", "A task", "A task group", "Objects", "Our operators", "Operators of providers"),
    ("key", "value", "default", "what it is"),
    "needed",
    "pipelines.md",
    is_korean=False,
)
KOREAN: Final = Language(
    "# 파이프라인 YAML에 쓸 수 있는 것",
    "`make schema`가 Airflow, dag-factory, 오퍼레이터의 정의에서 만든다. 직접 고치지 않는다. "
    "`make validate`는 `pipelines/`의 모든 파일을 이 기준으로 검사한다. 파일에는 DAG ID마다 파이프라인을 "
    "적는다. 모든 파이프라인의 공통 값은 `pipelines/defaults.yml`에, 한 파일 안의 공통 값은 `default` 키에 "
    "적는다. 여기에 없는 키는 거절하고, 비슷한 키를 알려 준다. "
    "제공자 오퍼레이터의 설명은 영어 원문 그대로다.",
    ("파이프라인", "작업", "작업 그룹", "객체", "우리 오퍼레이터", "제공자 오퍼레이터"),
    ("키", "값", "기본값", "설명"),
    "필수",
    "pipelines.ko.md",
    is_korean=True,
)

_SAMPLES: Final = {
    "string": "text",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": ["text"],
    "object": {"name": "value"},
}


def files(schemas: Mapping[Path, str]) -> dict[Path, str]:
    """The pages, by path.

    Args:
        schemas: the schemas, by path.
    """
    schema = json.loads(next(text for path, text in schemas.items() if path.name == "pipeline.schema.json"))
    return {
        PROJECT / "docs" / language.file: "\n".join(_page(schema["$defs"], language)).rstrip() + "\n"
        for language in (ENGLISH, KOREAN)
    }


def _page(definitions: Schema, language: Language) -> Iterator[str]:
    yield from (language.title, "", language.intro, "")
    pipeline, task, group, objects, ours, providers = language.parts
    yield from _words(pipeline, definitions["dag"], DAG_WORDS, definitions, language)
    yield from _words(task, definitions["task"], TASK_WORDS, definitions, language)
    yield from _table(f"## {group}", definitions["taskGroup"], definitions, language)
    yield from (f"## {objects}", "")
    for name in (
        "duration",
        "moment",
        "clock",
        "param",
        "deadline",
        *ASSETS,
        *TIMETABLES,
    ):
        definition = definitions[name]
        yield from _table(
            f"### {definition['title']}", definition, definitions, language, definition["description"]
        )
    yield from (f"## {ours}", "")
    paths = [
        path
        for path in definitions
        if "operator" in definitions[path].get("properties", {}) and path != "task"
    ]
    for path in paths:
        if path.startswith("operators."):
            yield from _operator(path, definitions, language)
    yield from (f"## {providers}", "")
    for path in paths:
        if not path.startswith("operators."):
            yield from _operator(path, definitions, language)


def _words(
    title: str, schema: Schema, words: Mapping[str, Words], definitions: Schema, language: Language
) -> Iterator[str]:
    """Keys that all pipelines or tasks have: each with a text and an example."""
    yield from (f"## {title}", "")
    for key, said in schema["properties"].items():
        about = said.get("description", "")
        if key in words and language.is_korean:
            about = words[key].korean
        needed = f" ({language.needed})" if key in schema.get("required", ()) else ""
        example = words[key].example if key in words else f"{key}: {_yaml(_sample(said, definitions))}"
        yield from (f"### `{key}`{needed}", "", about, "", _kind(said, definitions, language), "")
        yield from ("```yaml", example, "```", "")


def _table(
    title: str, schema: Schema, definitions: Schema, language: Language, about: str = ""
) -> Iterator[str]:
    yield from (title, "")
    if about:
        yield from (about, "")
    yield from _rows(schema, dict(schema["properties"]), definitions, language)


def _operator(path: str, definitions: Schema, language: Language) -> Iterator[str]:
    schema = definitions[path]
    name = schema["title"]
    about = korean.OPERATORS.get(name, schema["description"]) if language.is_korean else schema["description"]
    own = {
        key: said
        for key, said in schema["properties"].items()
        if not str(said.get("$ref", "")).startswith("#/$defs/task/")
        and key not in ("operator", "expand", "partial")
    }
    needed = schema.get("else", {}).get("required", [])
    sample = {key: _sample(own[key], definitions) for key in needed}
    yield from (f"### {name}", "", about, "")
    yield from (
        "```yaml",
        f"operator: {path}",
        *(f"{key}: {_yaml(value)}" for key, value in sample.items()),
        "```",
        "",
    )
    if own:
        yield from _rows({**schema, "required": needed}, own, definitions, language)


def _rows(
    schema: Schema, properties: Mapping[str, Schema], definitions: Schema, language: Language
) -> Iterator[str]:
    yield f"| {' | '.join(language.columns)} |"
    yield "|---|---|---|---|"
    for key, said in properties.items():
        about = said.get("description", "")
        if language.is_korean:
            about = korean.ARGUMENTS.get(key, about)
        default = language.needed if key in schema.get("required", ()) else ""
        if "default" in said:
            default = f"`{_yaml(said['default'])}`"
        cells = (f"`{key}`", _kind(said, definitions, language), default, about)
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
        for inner, limit in said.get("properties", {}).items() if "title" in said else ():
            text = (
                korean.ARGUMENTS.get(inner, limit["description"])
                if language.is_korean
                else limit["description"]
            )
            usual = f"`{_yaml(limit['default'])}`" if limit.get("default") is not None else ""
            cells = (f"`{key}.{inner}`", _kind(limit, definitions, language), usual, text)
            yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
    yield ""


def _kind(schema: Schema, definitions: Schema, language: Language) -> str:
    told = describe(schema, lambda reference: _resolved(reference, definitions))
    if language.is_korean:
        for english, word in korean.WORDS.items():
            told = re.sub(rf"(?<![\w]){english}(?![\w])", word, told)
        told = (
            told.replace(" or more", " 이상").replace(", or ", ", 또는 ").replace("one of ", "다음 중 하나: ")
        )
    return told


def _resolved(reference: str, definitions: Schema) -> Schema:
    found: Any = definitions
    name, _, inside = reference.removeprefix("#/$defs/").partition("/")
    found = found[name]
    for step in inside.split("/") if inside else ():
        found = found[step]
    return found  # type: ignore[no-any-return]


def _sample(schema: Schema, definitions: Schema) -> Any:  # noqa: PLR0911  a form of schema after the other
    """A value that the schema takes."""
    if schema.get("default") is not None:
        return schema["default"]
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        known = {
            "importPath": "package.module.function",
            "template": "{{ ds }}",
            "duration": {"__type__": "datetime.timedelta", "minutes": 5},
            "clock": {"__type__": "datetime.time", "hour": 9},
            "moment": {"__type__": "datetime.datetime", "year": 2026, "month": 1, "day": 31},
        }
        return known.get(name) or _sample(_resolved(schema["$ref"], definitions), definitions)
    if "anyOf" in schema:
        branch = next(branch for branch in schema["anyOf"] if branch.get("type") != "null")
        return _sample(branch, definitions)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")
    if kind == "array" and schema.get("items"):
        return [_sample(schema["items"], definitions)]
    if kind == "object" and schema.get("additionalProperties") is False:
        return {key: _sample(said, definitions) for key, said in list(schema["properties"].items())[:1]}
    if kind == "object" and schema.get("additionalProperties"):
        return {"name": _sample(schema["additionalProperties"], definitions)}
    return max(schema["minimum"], 1) if schema.get("minimum") is not None else _SAMPLES[kind]


def _yaml(value: Any) -> str:
    """In one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, str):
        return value if re.fullmatch(r"[A-Za-z][\w./-]*", value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
