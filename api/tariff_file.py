"""Finding a tariff: a catalog name, a native YAML file, a URDB JSON file, or the document itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.yaml_file import read_json, read_yaml
from domain import Fault, UnableToAccept
from tariffs import catalog
from tariffs.native import tariff_from_document
from tariffs.not_priced import UnableToPrice
from tariffs.tariff import Tariff
from tariffs.urdb import tariff_from_urdb

_SUFFIXES = {".yaml": read_yaml, ".yml": read_yaml, ".json": read_json}


def resolve_tariff(named: object, *, folder: Path | None, source: str) -> Tariff | None:
    """Find the tariff that a document names: a catalog name, a path from `folder`, or the tariff in place.

    Raises `UnableToAccept` with every fault in it.
    """
    if named is None:
        return None
    if isinstance(named, Mapping):
        return _tariff(dict(named), source=f"{source}: tariff")
    if not isinstance(named, str):
        raise UnableToAccept([Fault(field="tariff", source=source, value=named, allowed="a name, a path or a tariff")])
    if Path(named).suffix.lower() not in _SUFFIXES:
        try:
            return catalog.load(named)
        except UnableToAccept as error:
            raise UnableToAccept(_at_tariff(fault, source) for fault in error.faults) from error
    if folder is None:
        allowed = "a catalog name or the tariff itself: a request names no files"
        raise UnableToAccept([Fault(field="tariff", source=source, value=named, allowed=allowed)])
    return read_tariff_file(folder / named)


def read_tariff_file(path: Path) -> Tariff:
    """Read a native YAML or a URDB JSON file.

    Raises `UnableToAccept` with every fault in it.
    """
    reader = _SUFFIXES.get(path.suffix.lower())
    if reader is None:
        raise UnableToAccept([Fault(field="", source=path.name, value=path.suffix, allowed="a .yaml or .json file")])
    return _tariff(reader(path), source=path.name)


def _at_tariff(fault: Fault, source: str) -> Fault:
    return Fault(field="tariff", source=source, value=fault.value, allowed=fault.allowed)


def _tariff(document: Any, *, source: str) -> Tariff:  # noqa: ANN401 - it is looked at to find out
    """Read a document as URDB where it has URDB's fields, else as native."""
    try:
        if _is_urdb(document):
            return tariff_from_urdb(document)
        return tariff_from_document(document)
    except UnableToAccept as error:
        raise UnableToAccept(fault.in_source(source) for fault in error.faults) from error
    except UnableToPrice as error:
        reasons = [Fault(field="tariff", source=source, value=str(error), allowed="a tariff that can be priced")]
        raise UnableToAccept(reasons) from error


def _is_urdb(document: object) -> bool:
    if isinstance(document, str):
        return True
    return isinstance(document, Mapping) and bool(
        {"items", "energyratestructure", "utility"} & {str(key).lower() for key in document}
        and not {"energy", "schedules"} & set(document)
    )
