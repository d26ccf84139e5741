"""A believed reading of a site, laid out for the control law over the interval of now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, UpsSystem
from ridethrough.operation.control.control_law import ControlOutcome
from ridethrough.operation.control.discharge_starts import DischargeStarts
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.live.charging import limit_as_read_kw
from ridethrough.operation.live.floors import raised_kwh
from ridethrough.operation.live.grid_signals import limited
from ridethrough.operation.live.judging import JudgedSystem, Judgement, power_faults, site_as_read
from ridethrough.operation.live.metered_wear import discharges_today
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.situation import Situation, SystemSetpoint, interval_of
from ridethrough.operation.live.warranty_used import throughput_left_kwh

FloatArray = NDArray[np.float64]

_LEAST_SHORT_KWH = 1e-6
_OF_WARRANTY = 0.8
"""Of what a warranty leaves, so much is given until the next reading: equipment may give more than it is told to."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveSite:
    """A believed reading, laid out for the control law over the interval of now."""

    situation: Situation
    judgement: Judgement
    site: Site
    horizon: Horizon
    loads: MeasuredLoads
    floor_kwh: FloatArray
    stored_kwh: list[float]

    @classmethod
    def of(cls, situation: Situation, judgement: Judgement) -> "LiveSite":
        """Lay out a reading that was believed."""
        as_read, interval = site_as_read(situation.site, judgement), interval_of(situation.site, situation.now)
        systems = [judgement.systems[ups.id] for ups in as_read.ups]
        load_kw = np.array([[_carried_kw(each)] for each in systems])
        of_systems = measured_loads(as_read, interval, load_kw, np.zeros(1))
        site = as_read if _is_short(systems, of_systems) else limited(as_read, situation.import_limit_kw)
        systems_kw = float(of_systems.net_load_kw[0])
        net_kw = _net_load_kw(situation, judgement, site, systems_kw)
        loads = measured_loads(site, interval, load_kw, np.array([net_kw - systems_kw]))
        trades = np.array([[each.against == ""] for each in systems])
        charge_kw = np.array([[_may_charge_kw(each, judgement)] for each in systems])
        floor_kwh = np.maximum(loads.floor_kwh, raised_kwh(situation, site, interval, load_kw))
        most_kw = _discharge_by_age_kw(situation, site, systems, floor_kwh)
        return cls(
            situation=situation,
            judgement=judgement,
            site=site,
            horizon=interval,
            loads=replace(
                loads,
                net_load_kw=np.array([net_kw]),
                charge_ceiling_kw=np.minimum(charge_kw, loads.charge_ceiling_kw),
                discharge_floor_kw=np.zeros_like(loads.discharge_floor_kw),
                discharge_ceiling_kw=np.where(trades, np.minimum(most_kw, loads.discharge_ceiling_kw), 0.0),
            ),
            floor_kwh=np.hstack([floor_kwh, floor_kwh]),
            stored_kwh=[
                ups.max_stored_kwh if each.stored_kwh is None else each.stored_kwh
                for ups, each in zip(site.ups, systems, strict=True)
            ],
        )

    def without_discharge(self) -> "LiveSite":
        """The same reading where no battery may discharge: not even to keep the meter's limit."""
        nothing = np.zeros_like(self.loads.discharge_ceiling_kw)
        return replace(self, loads=replace(self.loads, discharge_ceiling_kw=nothing))

    def rest(self) -> Orders:
        """No discharge, and no charge but what the reserve needs."""
        nothing = np.zeros((len(self.site.ups), 1))
        return Orders(
            charge_kw=nothing, discharge_kw=nothing, grid_target_kw=np.full(1, np.inf), floor_kwh=self.floor_kwh
        )

    def planned(self) -> Orders:
        """What the plan orders for now: its response to the load, or its setpoints."""
        plan = self._plan().orders
        index, policy = plan.index_at(self.situation.now), plan.policy_at(self.situation.now)
        rows = [plan.systems[ups.id] for ups in self.site.ups]
        trades = np.array([[self._judged(ups).against == ""] for ups in self.site.ups])
        spare_kw = plan.spare_below_kw[index]
        return Orders(
            charge_kw=np.where(trades, np.array([[row.charge_kw[index]] for row in rows]), 0.0),
            discharge_kw=np.where(trades, np.array([[row.discharge_kw[index]] for row in rows]), 0.0),
            grid_target_kw=np.array([plan.grid_target_kw[index]]),
            spare_below_kw=None if spare_kw is None else np.array([spare_kw]),
            floor_kwh=self.floor_kwh,
            responses=()
            if policy is None
            else (policy.response(self._tradable_kwh(), self._hours_left(policy.start)),),
            throughput_left_kwh=self._throughput_left_kwh(),
            starts=self._starts(),
        )

    def ceiling_kw(self) -> float:
        """The level that the plan holds the meter under now."""
        plan = self._plan().orders
        policy = plan.policy_at(self.situation.now)
        planned_kw = plan.grid_target_kw[plan.index_at(self.situation.now)] if policy is None else policy.ceiling_kw
        return min(planned_kw, self.site.interconnection.import_limit_kw)

    def systems(self, outcome: ControlOutcome, *, held: bool) -> Iterator[tuple[str, SystemSetpoint]]:
        """The setpoint of each system, and why."""
        for row, ups in enumerate(self.site.ups):
            judged, floor_kwh = self._judged(ups), float(self.floor_kwh[row, 0])
            charge_kw, discharge_kw = float(outcome.charge_kw[row, 0]), float(outcome.discharge_kw[row, 0])
            yield (
                ups.id,
                SystemSetpoint(
                    charge_kw=charge_kw,
                    discharge_kw=discharge_kw,
                    reserve_kwh=floor_kwh,
                    stored_kwh=judged.stored_kwh,
                    why=_why(judged, floor_kwh, charge_kw, held=held),
                ),
            )

    def _plan(self) -> PlanInForce:
        assert self.situation.plan is not None  # noqa: S101 - without a plan the site holds
        return self.situation.plan

    def _judged(self, ups: UpsSystem) -> JudgedSystem:
        return self.judgement.systems[ups.id]

    def _starts(self) -> DischargeStarts | None:
        """How often each system may still begin to discharge today; one that discharges now goes on."""
        most, metered = self.site.dispatch.most_discharges_per_day, self.situation.metered
        if most is None:
            return None
        begun = discharges_today(self.site, metered, self.situation.now)
        return DischargeStarts(
            days=(0,),
            left=tuple((max(0, most - begun.get(ups.id, 0)),) for ups in self.site.ups),
            gives=tuple(ups.id in metered and metered[ups.id].gives for ups in self.site.ups),
        )

    def _throughput_left_kwh(self) -> tuple[float, ...]:
        """What warranties allow in this interval: a setpoint may be held until the next reading is too old."""
        site, situation = self.site, self.situation
        held_h = max(self.horizon.interval_h, site.telemetry_max_age_s / 3600)
        left = throughput_left_kwh(site, situation.metered, situation.now)
        return tuple(_OF_WARRANTY * kwh * self.horizon.interval_h / held_h for kwh in left)

    def _tradable_kwh(self) -> float:
        """The energy above the floors of the systems that trade."""
        floors = self.floor_kwh[:, 0].tolist()
        rows = zip(self.site.ups, self.stored_kwh, floors, strict=True)
        above = [max(0.0, stored - floor) for ups, stored, floor in rows if not self._judged(ups).against]
        return float(sum(above))

    def _hours_left(self, hour: datetime) -> float:
        """What is left of the hour, and at least one interval: a setpoint may be held that long."""
        left_h = (hour + timedelta(hours=1) - self.situation.now) / timedelta(hours=1)
        return max(self.horizon.interval_h, left_h)


def _discharge_by_age_kw(
    situation: Situation, site: Site, systems: Sequence[JudgedSystem], floor_kwh: FloatArray
) -> FloatArray:
    """The most that each system may give so that it keeps its floor, however much it gave since it was read.

    Since then it may have given as much as any setpoint of full batteries orders.
    """
    assert situation.telemetry is not None  # noqa: S101 - it is believed
    age_h = max(timedelta(), situation.now - situation.telemetry.measured_at) / timedelta(hours=1)
    interval_h, rows = site.interval_minutes / 60, []
    for ups, judged, (floor,) in zip(site.ups, systems, floor_kwh.tolist(), strict=True):
        given_kw = min(
            ups.discharge_limit_kw / ups.battery.discharge_efficiency, max(0.0, ups.max_stored_kwh - floor) / interval_h
        )
        above_kwh = (floor if judged.stored_kwh is None else judged.stored_kwh) - floor - age_h * given_kw
        rows.append([max(0.0, above_kwh) * ups.battery.discharge_efficiency / interval_h])
    return np.array(rows)


def _may_charge_kw(judged: JudgedSystem, judgement: Judgement) -> float:
    """The most that a system may charge at: nothing unless it is in normal mode and its state is known."""
    reading = judgement.telemetry.ups.get(judged.ups.id) if judgement.telemetry is not None else None
    known = judged.stored_kwh is not None and judged.load_kw is not None
    if reading is None or reading.mode is None or not known:
        return 0.0
    return limit_as_read_kw(judged.ups, reading)


def _is_short(systems: list[JudgedSystem], loads: MeasuredLoads) -> bool:
    """Whether a system is below the reserve for its load: to restore that comes before what the grid asks for."""
    return any(
        each.stored_kwh is not None and each.stored_kwh < floor_kwh - _LEAST_SHORT_KWH
        for each, floor_kwh in zip(systems, loads.floor_kwh[:, 0].tolist(), strict=True)
    )


def _carried_kw(judged: JudgedSystem) -> float:
    """The load of a system, its protected load where it is not known."""
    return judged.ups.protected_load_kw if judged.load_kw is None else judged.load_kw


def _net_load_kw(situation: Situation, judgement: Judgement, site: Site, systems_kw: float) -> float:
    """The meter with every battery at rest.

    Where the power of every battery is measured it follows from the meter; else from the loads that are measured and
    what the plan expects besides, and it is never taken below the meter: more may be carried than was expected.
    """
    telemetry = judgement.telemetry
    assert telemetry is not None  # noqa: S101 - it is believed
    assert telemetry.grid_kw is not None  # noqa: S101 - it is believed
    readings = {ups.id: telemetry.ups.get(ups.id) for ups in site.ups}
    added_kw = 0.0
    for ups in site.ups:
        reading, load_kw = readings[ups.id], judgement.systems[ups.id].load_kw
        if reading is None or load_kw is None or reading.charge_kw is None or reading.discharge_kw is None:
            break
        if any(power_faults(ups, reading)):
            break
        dc_kw = ups.dc_load_kw(load_kw)
        through_kw = dc_kw + reading.charge_kw - reading.discharge_kw
        eta = ups.rectifier_efficiency
        added_kw += (through_kw / eta if through_kw >= 0 else through_kw * eta) - dc_kw / eta
    else:
        return float(telemetry.grid_kw - added_kw)
    plan, now, others_kw = situation.plan, situation.now, 0.0
    if plan is not None and plan.orders.horizon.start <= now < plan.orders.horizon.end:
        others_kw = plan.orders.unprotected_load_kw[plan.orders.index_at(now)]
    return max(telemetry.grid_kw, systems_kw + others_kw)


def _why(judged: JudgedSystem, floor_kwh: float, charge_kw: float, *, held: bool) -> str:
    if judged.stored_kwh is not None and judged.stored_kwh < floor_kwh - _LEAST_SHORT_KWH:
        short_kwh = floor_kwh - judged.stored_kwh
        does = "charges at the safe maximum" if charge_kw > 0 else "cannot charge now"
        return f"{short_kwh:,.1f} kWh short of its reserve: {does}, and does not trade"
    if judged.against:
        return f"not traded: {judged.against}"
    if judged.load_kw is not None and judged.load_kw > judged.ups.protected_load_kw:
        above = f"{judged.load_kw:,.0f} kW is above the protected load of {judged.ups.protected_load_kw:,.0f}"
        return f"the reserve is raised: {above}"
    return "rests" if held else "follows the plan"
