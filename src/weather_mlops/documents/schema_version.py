"""The key ``schema`` of stored documents: which version of their layout they have."""

from dataclasses import dataclass

from pydantic import AfterValidator

from weather_mlops.lake import documents


@dataclass(frozen=True, slots=True)
class _Version:
    schema: int


def schema_of(body: bytes, where: str, fix: str) -> int:
    """The schema version of a document whose other fields may be of another version.

    Args:
        body: bytes of the object.
        where: name of the object, for the message.
        fix: how to fix a damaged document, in a sentence.

    Raises:
        ObjectDamaged: it is no document, or has no version.
    """
    return documents.parse(body, _Version, where, fix).schema


def up_to(newest: int) -> AfterValidator:
    """Validator of a key ``schema``; documents of before this key don't have it.

    The version goes up only when older code can't read a document any more: new keys alone are ignored.

    Args:
        newest: newest version that this code reads.

    Raises:
        ValueError: by the validator, for a newer document.
    """

    def known(version: int) -> int:
        if not 1 <= version <= newest:
            raise ValueError(f"schema {version} was written by another version of the code, which reads it")
        return version

    return AfterValidator(known)
