"""Reading of the `equipment` section of a site document: which devices there are, and how they are driven."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from ridethrough.api.reading.site_documents import values_of
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.site_equipment import Device, SiteEquipment
from ridethrough.tariffs.documents.acceptance import accept
from ridethrough.tariffs.documents.known_fields import Location

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDocument(Device):
    """A device as it is written; its settings are read by its driver."""

    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentDocument(SiteEquipment):
    """The equipment of a site as it is written."""

    meter: DeviceDocument
    ups: Mapping[str, DeviceDocument]
    publish: Mapping[str, Any] = field(default_factory=dict)
    openadr: Mapping[str, Any] | None = None


DeviceDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
EquipmentDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
_EQUIPMENT = TypeAdapter(EquipmentDocument)
_DEVICE: dict[str, object] = {"driver": "none", "settings": {}}
_PARTS: Mapping[str, object] = {
    **{each.name: each.default for each in fields(SiteEquipment) if isinstance(each.default, float)},
    "ramp_kw_per_s": 1.0,
    "meter": _DEVICE,
    "openadr": {},
    "publish": {},
}
"""Valid parts in place of refused ones, so that one reading finds the faults of all others."""


def read_equipment(document: object, *, source: str, systems: Iterable[str]) -> SiteEquipment:
    """Turn the section into equipment that covers every UPS system of the site.

    Raises `UnableToAccept` with every fault; what a driver does not accept it says itself (`driver_of`).
    """
    try:
        written: EquipmentDocument = accept(_EQUIPMENT, document, source=source, stand_in=_stand_in)
    except UnableToAccept as error:
        faults = [fault.under("equipment") for fault in error.faults]
        raise UnableToAccept([*faults, *_faults_of_systems(document, systems, source)]) from error
    faults = list(_faults_of_systems({"ups": written.ups}, systems, source))
    if faults:
        raise UnableToAccept(faults)
    devices = {ups_id: Device(**values_of(Device, device)) for ups_id, device in written.ups.items()}
    meter = Device(**values_of(Device, written.meter))
    return SiteEquipment(**values_of(SiteEquipment, written) | {"meter": meter, "ups": devices})


def _stand_in(place: Location, _: object) -> object | None:
    match place:
        case (str(name),) if name in _PARTS:
            return _PARTS[name]
        case ("ups",):
            return {}
        case ("ups", str()):
            return _DEVICE
    return None


def _faults_of_systems(document: object, systems: Iterable[str], source: str) -> Iterator[Fault]:
    """A device for each UPS system, and for no other."""
    devices = document.get("ups") if isinstance(document, Mapping) else None
    if not isinstance(devices, Mapping):
        return
    known = list(systems)
    yield from (
        Fault(field=f"equipment.ups.{ups_id}", source=source, value=None, allowed="given: the site has this system")
        for ups_id in known
        if ups_id not in devices
    )
    yield from (
        Fault(field=f"equipment.ups.{ups_id}", source=source, value=ups_id, allowed=f"one of {', '.join(known)}")
        for ups_id in devices
        if ups_id not in known
    )
