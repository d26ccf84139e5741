"""Reading of the `equipment` section of a site document: which devices there are, and how they are driven."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from ridethrough.api.reading.site_documents import values_of
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.site_equipment import Device, SiteEquipment
from ridethrough.tariffs.documents.acceptance import accept

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


def read_equipment(document: object, *, source: str, systems: Iterable[str]) -> SiteEquipment:
    """Turn the section into equipment that covers every UPS system of the site.

    Raises `UnableToAccept` with every fault; what a driver does not accept it says itself (`driver_of`).
    """
    try:
        written: EquipmentDocument = accept(_EQUIPMENT, document, source=source)
    except UnableToAccept as error:
        raise UnableToAccept(fault.under("equipment") for fault in error.faults) from error
    known = list(systems)
    faults = [
        Fault(field=f"equipment.ups.{ups_id}", source=source, value=None, allowed="given: the site has this system")
        for ups_id in known
        if ups_id not in written.ups
    ]
    faults += [
        Fault(field=f"equipment.ups.{ups_id}", source=source, value=ups_id, allowed=f"one of {', '.join(known)}")
        for ups_id in written.ups
        if ups_id not in known
    ]
    if faults:
        raise UnableToAccept(faults)
    devices = {ups_id: Device(**values_of(Device, device)) for ups_id, device in written.ups.items()}
    meter = Device(**values_of(Device, written.meter))
    return SiteEquipment(**values_of(SiteEquipment, written) | {"meter": meter, "ups": devices})
