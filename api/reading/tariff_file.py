"""Finding a tariff: a catalog name, a native YAML file, a URDB JSON file, or the document itself."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ridethrough.api.reading.files import read_json, read_text
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs import catalog
from ridethrough.tariffs.documents.acceptance import shown
from ridethrough.tariffs.documents.printable import printable, with_printable_text
from ridethrough.tariffs.native import tariff_from_document, tariff_from_yaml
from ridethrough.tariffs.not_priced import UnableToPrice
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.demand import LookbackReading
from ridethrough.tariffs.urdb.document import tariff_from_urdb

_SUFFIXES = (".yaml", ".yml", ".json")


def resolve_tariff(named: object, *, folder: Path | None, source: str) -> Tariff | None:
    """Find the tariff that a document names: a catalog name, a path from `folder`, or the tariff in place.

    Raises `UnableToAccept` with every fault in it.
    """
    if named is None:
        return None
    if isinstance(named, Mapping):
        return _tariff(dict(named), source=f"{source}: tariff")
    if not isinstance(named, str):
        raise UnableToAccept(
            [Fault(field="tariff", source=source, value=shown(named), allowed="a name, a path or a tariff")]
        )
    if named != printable(named):
        allowed = "text without control characters"
        raise UnableToAccept([Fault(field="tariff", source=source, value=printable(named), allowed=allowed)])
    if Path(named).suffix.lower() not in _SUFFIXES:
        try:
            return catalog.load(named)
        except UnableToAccept as error:
            raise UnableToAccept(_at_tariff(fault, source) for fault in error.faults) from error
    if folder is None:
        allowed = "a catalog name or the tariff itself: a request names no files"
        raise UnableToAccept([Fault(field="tariff", source=source, value=named, allowed=allowed)])
    return read_tariff_file(folder / named)


def named_tariff(name: str) -> Tariff:
    """Find a tariff by its catalog name, or by a path from the working directory.

    Raises `UnableToAccept` with every fault in it.
    """
    if Path(name).suffix.lower() in _SUFFIXES:
        return read_tariff_file(Path(name))
    return catalog.load(name)


def import_urdb_file(
    path: Path, *, on: date | None = None, lookback: LookbackReading = "reopt", power_factor: float = 1.0
) -> Tariff:
    """Read a rate of the Utility Rate Database, see `tariffs.urdb.document.tariff_from_urdb`.

    Raises `UnableToAccept` with every reason for which it cannot be priced.
    """
    try:
        return tariff_from_urdb(read_json(path), on=on, lookback=lookback, power_factor=power_factor)
    except UnableToPrice as error:
        raise UnableToAccept(unpriced(error, path.name)) from error


def read_tariff_file(path: Path) -> Tariff:
    """Read a native YAML or a URDB JSON file.

    Raises `UnableToAccept` with every fault in it.
    """
    if path.suffix.lower() == ".json":
        return _tariff(read_json(path), source=path.name)
    return tariff_from_yaml(read_text(path), source=path.name)


def _at_tariff(fault: Fault, source: str) -> Fault:
    return Fault(field="tariff", source=source, value=fault.value, allowed=fault.allowed)


def _tariff(document: Any, *, source: str) -> Tariff:  # noqa: ANN401 - it is looked at to find out
    """Read a document as URDB where it has URDB's fields, else as native."""
    try:
        if _is_urdb(document):
            return tariff_from_urdb(with_printable_text(document))
        return tariff_from_document(document)
    except UnableToAccept as error:
        raise UnableToAccept(fault.in_source(source) for fault in error.faults) from error
    except UnableToPrice as error:
        raise UnableToAccept(unpriced(error, source)) from error


def unpriced(error: UnableToPrice, source: str) -> Iterator[Fault]:
    """The reasons why a tariff cannot be priced, as faults of `source`."""
    for reason in error.reasons:
        yield Fault(field=reason.field, source=source, value=reason.reason, allowed="something that can be priced")


def _is_urdb(document: object) -> bool:
    if isinstance(document, str):
        return True
    return isinstance(document, Mapping) and bool(
        {"items", "energyratestructure", "utility"} & {str(key).lower() for key in document}
        and not {"energy", "schedules"} & set(document)
    )
