"""What setpoints follow from, and what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from ridethrough.domain import Horizon, Site
from ridethrough.domain.horizon import zone
from ridethrough.domain.telemetry import CLOCK_TOLERANCE, Telemetry
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.metered_wear import MeteredWear
from ridethrough.operation.live.plan_in_force import PlanInForce


class SetpointMode(StrEnum):
    """Whether batteries follow the plan or hold."""

    PLAN = "plan"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSetpoint:
    """One UPS system: its powers (kW), the floor under its stored energy now (kWh), and why it does this.

    `stored_kwh` is None where it is not known.
    """

    charge_kw: float
    discharge_kw: float
    reserve_kwh: float
    stored_kwh: float | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoints:
    """What every battery does until `valid_until`; then its equipment holds by itself, unless it has newer ones.

    `plan_id` is that of the plan in force, also where it is not followed.
    """

    mode: SetpointMode
    why: str
    valid_until: datetime
    plan_id: str | None
    meter_ceiling_kw: float
    ups: Mapping[str, SystemSetpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that the setpoints of a moment follow from.

    `before` is what the readings before the latest told, as far as they still count. `plan` is the certified plan in
    force; where it is None `no_plan_because` says why. `held_because` is what an operator or a rule of the service
    holds the site for (empty: nothing).
    `import_limit_kw` is what the grid asks for now (None: nothing besides the site's own limit).
    `last_outage_at` is when batteries last carried the load, `outage_heard_at` when a reading of an outage last came:
    one that is late tells of an outage that a plan made before it did not know. `metered` is what readings have told of
    discharge and of open cycles until the latest of them, for the limit of a warranty.
    """

    site: Site
    site_version: int
    now: datetime
    telemetry: Telemetry | None
    before: EnergyHistory = field(default_factory=EnergyHistory)
    plan: PlanInForce | None = None
    no_plan_because: str = "no plan has been made"
    held_because: str = ""
    import_limit_kw: float | None = None
    last_outage_at: datetime | None = None
    outage_heard_at: datetime | None = None
    metered: Mapping[str, MeteredWear] = field(default_factory=dict)

    def without_the_outage(self, plan: PlanInForce) -> bool:
        """Whether the plan was made before the last outage, or before it was heard of.

        Of a plan that seems to be made after now (the clock was set back) that is not known: it was made without.
        """
        moments = [each for each in (self.last_outage_at, self.outage_heard_at) if each is not None]
        unknown = plan.made_at > self.now + CLOCK_TOLERANCE
        return any(unknown or plan.made_at <= each for each in moments)


def interval_of(site: Site, now: datetime) -> Horizon:
    """The interval of the site's local day that contains a moment."""
    day = Horizon.of_local_day(now.astimezone(zone(site.timezone)).date(), site.timezone, site.interval_minutes)
    return replace(day, start=day.start + ((now - day.start) // day.step) * day.step, intervals=1)
