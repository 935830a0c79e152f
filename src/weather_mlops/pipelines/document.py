"""YAML with positions. Skeleton: signatures first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Document:
    path: Path
    data: Any
    position_of: Callable[[Sequence[str | int]], tuple[int, int]]


def load(source: Path | str) -> Document:
    import yaml

    path, text = (source, source.read_text("utf-8")) if isinstance(source, Path) else (Path("-"), source)
    return Document(path, yaml.safe_load(text), lambda _: (1, 1))
