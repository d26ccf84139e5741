"""How fast a battery's power may change: it rises by a ramp, waits before it turns round, and falls at once."""

from dataclasses import dataclass, replace
from datetime import datetime

from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.domain.site_equipment import SiteEquipment


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a system was told last, and when it last discharged and charged."""

    charge_kw: float = 0.0
    discharge_kw: float = 0.0
    at: datetime | None = None
    discharged_at: datetime | None = None
    charged_at: datetime | None = None

    def slowed(self, asked: DeviceSetpoint, equipment: SiteEquipment, now: datetime, *, urgent: bool) -> DeviceSetpoint:
        """The setpoint as fast as it may come; an `urgent` charge, of a system below its reserve, does not wait."""
        if urgent and asked.charge_kw:
            return asked
        charge_kw, discharge_kw = asked.charge_kw, asked.discharge_kw
        if discharge_kw and self._waits(self.charged_at, equipment, now):
            discharge_kw = 0.0
        if charge_kw and self._waits(self.discharged_at, equipment, now):
            charge_kw = 0.0
        ramp = equipment.ramp_kw_per_s
        if ramp is not None:
            since_s = equipment.cycle_s if self.at is None else (now - self.at).total_seconds()
            rise_kw = ramp * max(0.0, min(since_s, equipment.setpoint_s))
            charge_kw = min(charge_kw, self.charge_kw + rise_kw)
            discharge_kw = min(discharge_kw, self.discharge_kw + rise_kw)
        return replace(asked, charge_kw=charge_kw, discharge_kw=discharge_kw)

    def told(self, setpoint: DeviceSetpoint, now: datetime) -> "Pace":
        """The pace after a setpoint was written."""
        return Pace(
            charge_kw=setpoint.charge_kw,
            discharge_kw=setpoint.discharge_kw,
            at=now,
            discharged_at=now if setpoint.discharge_kw else self.discharged_at,
            charged_at=now if setpoint.charge_kw else self.charged_at,
        )

    @staticmethod
    def _waits(other_at: datetime | None, equipment: SiteEquipment, now: datetime) -> bool:
        return other_at is not None and (now - other_at).total_seconds() < equipment.reversal_s
