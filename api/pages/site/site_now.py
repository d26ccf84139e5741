"""A site as it is now, for people: its mode, every system's energy and ride-through, the meter, and what comes next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ridethrough.api.cases.sites.situations import situation_at
from ridethrough.api.pages.life.wear_this_year import WearThisYear, wear_this_year
from ridethrough.api.pages.site.kept_plans import Block, kept_plan
from ridethrough.domain.equipment.ups import UpsMode, UpsSystem
from ridethrough.domain.reserve import reserve_requirement, ride_through_of_s
from ridethrough.operation.live.binding import what_binds
from ridethrough.operation.live.judging import Judgement, judge
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import SetpointMode, Setpoints, Situation
from ridethrough.store.operating import alarms, holds, plans
from ridethrough.store.operating.alarms import Alarm
from ridethrough.store.operating.holds import Hold

MOST_STEPS = 4
"""How many blocks of the plan are shown as what comes next."""
_LEAST_SHORT_KWH = 1e-6
_MOST_ALARMS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemNow:
    """One UPS system; None where it is not known. `ride_through_s` is with the failures that it tolerates."""

    ups_id: str
    mode: str | None
    stored_kwh: float | None
    reserve_kwh: float | None
    full_kwh: float
    state_of_health: float
    ride_through_s: float | None
    required_s: float
    tolerated_failures: int
    load_kw: float | None
    protected_load_kw: float
    charge_kw: float
    discharge_kw: float
    why: str
    against: str
    age_s: float | None

    @property
    def state(self) -> str:
        """What it does as it was read: its mode, or that it is not known."""
        if self.mode is None:
            return "unknown"
        return "below reserve" if self.is_short else self.mode.replace("_", " ")

    @property
    def is_bad(self) -> bool:
        """Whether it needs a person now: its reserve is short, or its state is not known."""
        return self.is_short or self.stored_kwh is None or self.mode != UpsMode.NORMAL.value

    @property
    def stored_fraction(self) -> float | None:
        """Of what it can hold."""
        return None if self.stored_kwh is None else self.stored_kwh / self.full_kwh

    @property
    def margin_s(self) -> float | None:
        """How much longer than the policy asks for."""
        return None if self.ride_through_s is None else self.ride_through_s - self.required_s

    @property
    def is_short(self) -> bool:
        """Whether it stores less than its reserve, or would not carry its load as long as the policy asks for."""
        if self.stored_kwh is None or self.reserve_kwh is None:
            return False
        return self.stored_kwh < self.reserve_kwh - _LEAST_SHORT_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """A site at a moment. `doubt` says why its reading is not believed (empty: it is), `is_old` that it is too old."""

    at: datetime
    timezone: str
    currency: str
    measured_at: datetime | None
    doubt: str
    is_old: bool
    held: Hold | None
    setpoints: Setpoints
    binding: str
    systems: tuple[SystemNow, ...]
    wear: WearThisYear
    grid_kw: float | None
    import_limit_kw: float
    plan_id: str | None
    plan_status: str | None
    plan_made_at: datetime | None
    plan_expires_at: datetime | None
    no_plan_because: str
    steps: tuple[Block, ...]
    alarms: tuple[Alarm, ...]

    @property
    def age_s(self) -> float | None:
        """How old the reading is."""
        return None if self.measured_at is None else (self.at - self.measured_at).total_seconds()

    @property
    def follows_plan(self) -> bool:
        """Whether batteries follow the plan."""
        return self.setpoints.mode is SetpointMode.PLAN

    @property
    def worst(self) -> SystemNow | None:
        """The system that carries its load with the least margin; None where that is not known of every system."""
        if self.doubt or any(each.ride_through_s is None for each in self.systems):
            return None
        return min(self.systems, key=lambda each: each.margin_s or 0.0)


def site_now(connection: Connection, site_id: str, now: datetime) -> SiteNow:
    """Look at a site as it is.

    Raises `UnableToFindSite` where there is no such site.
    """
    situation = situation_at(connection, site_id, now)
    setpoints = setpoints_now(situation)
    judgement = judge(situation.site, situation.telemetry, situation.before, now)
    record = None if situation.plan is None else plans.begun(connection, site_id, now=now)
    plan = None if record is None else kept_plan(connection, record)
    telemetry = situation.telemetry
    age_s = None if telemetry is None else (now - telemetry.measured_at).total_seconds()
    return SiteNow(
        at=now,
        timezone=situation.site.timezone,
        currency="" if plan is None else str(plan.document["currency"]),
        measured_at=None if telemetry is None else telemetry.measured_at,
        doubt="; ".join(judgement.unbelievable),
        is_old=age_s is None or age_s > situation.site.telemetry_max_age_s,
        held=holds.in_force(connection, site_id, at=None),
        setpoints=setpoints,
        binding=what_binds(situation, setpoints),
        systems=tuple(_system(situation, judgement, setpoints, ups) for ups in situation.site.ups),
        wear=wear_this_year(situation.site, situation.metered, now),
        grid_kw=None if telemetry is None or not judgement.believed else telemetry.grid_kw,
        import_limit_kw=situation.site.interconnection.import_limit_kw,
        plan_id=None if record is None else record.plan_id,
        plan_status=None if record is None else record.status,
        plan_made_at=None if record is None else record.made_at,
        plan_expires_at=None if record is None else record.expires_at,
        no_plan_because="" if record is not None else situation.no_plan_because,
        steps=() if plan is None else tuple(each for each in plan.blocks if each.end > now)[:MOST_STEPS],
        alarms=alarms.listed(connection, site_id, only_open=True, limit=_MOST_ALARMS),
    )


def _system(situation: Situation, judgement: Judgement, setpoints: Setpoints, ups: UpsSystem) -> SystemNow:
    judged = judgement.systems.get(ups.id) if judgement.believed else None
    reading = None if situation.telemetry is None else situation.telemetry.ups.get(ups.id)
    system = ups if judged is None else judged.ups
    stored_kwh = None if judged is None else judged.stored_kwh
    load_kw = None if judged is None else judged.load_kw
    setpoint = setpoints.ups[ups.id]
    age = None if situation.telemetry is None or reading is None else situation.now - situation.telemetry.measured_at
    return SystemNow(
        ups_id=ups.id,
        mode=None if judged is None or reading is None or reading.mode is None else reading.mode.value,
        stored_kwh=stored_kwh,
        reserve_kwh=setpoint.reserve_kwh,
        full_kwh=system.max_stored_kwh,
        state_of_health=min(ups.unit_state_of_health or (ups.battery.state_of_health,)),
        ride_through_s=None if stored_kwh is None else ride_through_of_s(system, stored_kwh, load_kw=load_kw),
        required_s=reserve_requirement(system).required_s,
        tolerated_failures=ups.tolerated_failures,
        load_kw=load_kw,
        protected_load_kw=ups.protected_load_kw,
        charge_kw=setpoint.charge_kw,
        discharge_kw=setpoint.discharge_kw,
        why=setpoint.why,
        against="" if judged is None else judged.against,
        age_s=None if age is None else age / timedelta(seconds=1),
    )
