"""Reading text, YAML and JSON files."""

from pathlib import Path
from typing import Any

from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.written_text import json_document, yaml_document


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - a document may be anything until it is validated
    """Read one YAML document.

    Raises `UnableToAccept` for a file that cannot be read or is not YAML, see `yaml_document`.
    """
    return yaml_document(read_text(path), source=named(path))


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read one JSON document.

    Raises `UnableToAccept` for a file that cannot be read or is not JSON, see `parse_json`.
    """
    return json_document(read_text(path), source=named(path))


def read_text(path: Path) -> str:
    """Read a UTF-8 file.

    Raises `UnableToAccept` where it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        fault = Fault(field="", source=named(path), value=reason, allowed="a readable UTF-8 file")
        raise UnableToAccept([fault]) from error


def named(path: Path) -> str:
    """The name of a file in messages: its own name, or its path if it has none."""
    return path.name or str(path)
