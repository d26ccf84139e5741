"""The publishers of a site file's `equipment.publish` section, with every fault in any of them."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.publishing.publisher import Publisher
from ridethrough.domain import Fault, Site, UnableToAccept

SCHEDULES = "schedules"
MODULES: Mapping[str, str] = {
    "mqtt": "ridethrough.bms.publishing.mqtt",
    "bacnet": "ridethrough.bms.publishing.bacnet",
    SCHEDULES: "ridethrough.bms.publishing.schedules",
}
"""The module of each publisher, by its name in a site file; all need the extra `bms`."""


def publishers_of(publish: Mapping[str, object], site: Site) -> tuple[Publisher, ...]:
    """The publishers of a site; nothing is connected yet.

    Raises `UnableToAccept` with every fault in any of their settings, or where the extra is not installed.
    """
    made: list[Publisher] = []
    faults: list[Fault] = []
    for name, ups_id, settings in _sections(publish):
        place = name if ups_id is None else f"{name}.{ups_id}"
        try:
            made.append(_made(name, ups_id, settings, site))
        except UnableToAccept as error:
            faults += [fault.under(place) for fault in error.faults]
    if faults:
        raise UnableToAccept(faults)
    return tuple(made)


def _sections(publish: Mapping[str, object]) -> Iterator[tuple[str, str | None, object]]:
    """The name of each publisher, the system that it is for (None: all), and its settings."""
    for name, settings in publish.items():
        if name == SCHEDULES and isinstance(settings, Mapping):
            yield from ((name, str(ups_id), each) for ups_id, each in settings.items())
        else:
            yield name, None, settings


def _made(name: str, ups_id: str | None, settings: object, site: Site) -> Publisher:
    if name not in MODULES:
        raise _fault(name, f"one of {', '.join(MODULES)}")
    if not isinstance(settings, Mapping) or (name == SCHEDULES and ups_id is None):
        raise _fault(settings, "a mapping of settings")
    known = [ups.id for ups in site.ups]
    if ups_id is not None and ups_id not in known:
        raise _fault(ups_id, f"one of {', '.join(known)}")
    try:
        module = import_module(MODULES[name])
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("ridethrough"):
            raise
        raise _fault(name, f"installed first: pip install 'ridethrough[bms]' ({error.name} is missing)") from error
    publisher: Publisher = module.from_settings(Settings(settings), site, *([] if ups_id is None else [ups_id]))
    return publisher


def _fault(value: object, allowed: str) -> UnableToAccept:
    return UnableToAccept([Fault(field="", value=value, allowed=allowed)])
