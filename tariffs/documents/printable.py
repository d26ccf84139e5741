"""Text that may be shown on a screen. Standard library only: every command imports this before it does anything."""

import re
from typing import Any

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters except tab and line ends, marks that change the direction of text, and lone surrogates."""


def printable(text: str, *, instead: str = "\N{REPLACEMENT CHARACTER}") -> str:
    r"""The text without characters that control a terminal, change the direction of text, or cannot be encoded.

    >>> printable("pod\x1b[2J", instead="?")
    'pod?[2J'
    """
    return UNPRINTABLE.sub(instead, text)


def with_printable_text(document: Any) -> Any:  # noqa: ANN401 - JSON
    """The document with all its text printable, for documents published by others, which the user cannot correct."""
    if isinstance(document, str):
        return printable(document)
    if isinstance(document, dict):
        return {with_printable_text(key): with_printable_text(value) for key, value in document.items()}
    return [with_printable_text(each) for each in document] if isinstance(document, list) else document
