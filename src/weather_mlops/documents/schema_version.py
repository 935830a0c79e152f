"""The key ``schema`` of stored documents: which version of their layout they have."""

from pydantic import AfterValidator


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
