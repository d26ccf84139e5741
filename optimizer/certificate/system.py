"""One UPS system of a plan for the certificate: loads, stored energy, requirements and outages."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import BackupDuty, Horizon, ReserveCondition, UpsSystem
from ridethrough.domain.conditions import ConditionsOnHorizon, conditions_on
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.certificate.evidence import Evidence, highest_kw, load_over
from ridethrough.optimizer.certificate.outage import Replay, inverter_input_kw, replay_duty, replay_policy

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

FLOOR_FRACTION = 1e-6
"""How far below a floor is still on it, as a fraction of capacity: what a measurement and a file round away."""
_ROUNDING = 1e-12
_ROUNDING_KW = 1e-6
"""What six decimals round away of a power; following it for an hour, as much energy in kWh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCondition:
    """A condition with a ride-through of its own: the boundaries where it holds, and the outages replayed there."""

    condition: ReserveCondition
    boundaries: NDArray[np.intp]
    replay: Replay
    required_s: float


@dataclass(frozen=True, kw_only=True)
class SystemReplay:
    """One UPS system of a plan. Arrays hold a value per interval, or per boundary where they are of energy."""

    evidence: Evidence
    horizon: Horizon
    ups: UpsSystem
    stated: UpsTrajectory

    @cached_property
    def charge_kw(self) -> FloatArray:
        """Charge as planned."""
        return np.array(self.stated.charge_kw, dtype=float)

    @cached_property
    def discharge_kw(self) -> FloatArray:
        """Discharge as planned."""
        return np.array(self.stated.discharge_kw, dtype=float)

    @cached_property
    def known_kw(self) -> FloatArray:
        """The load that the site knows of; not a number where it knows none."""
        return load_over(self.evidence.load_kw[self.ups.id], self.horizon, self.horizon.intervals)

    @cached_property
    def load_kw(self) -> FloatArray:
        """The load, with the plan's own word only where nothing is known."""
        return np.where(np.isnan(self.known_kw), np.array(self.stated.load_kw, dtype=float), self.known_kw)

    @cached_property
    def load_dc_kw(self) -> FloatArray:
        """The DC power of all inverters in service under the load."""
        units = self.ups.units_in_service
        return inverter_input_kw(self.ups, self.load_kw / units) * units

    @cached_property
    def resting_kw(self) -> FloatArray:
        """The input power of the system with its batteries at rest."""
        return self.load_dc_kw / self.ups.rectifier_efficiency

    @cached_property
    def input_kw(self) -> FloatArray:
        """The input power of the system; the rectifier loses energy in both directions."""
        dc_kw = self.load_dc_kw + self.charge_kw - self.discharge_kw
        efficiency = self.ups.rectifier_efficiency
        return np.where(dc_kw >= 0, dc_kw / efficiency, dc_kw * efficiency)

    @cached_property
    def forced_kw(self) -> FloatArray:
        """The power that batteries must give because the rectifiers cannot carry the load."""
        return np.maximum(0.0, self.load_dc_kw - self.ups.input_limit_kw * self.ups.rectifier_efficiency)

    @property
    def kept(self) -> float:
        """The fraction of stored energy that is left after one interval of standby."""
        return float((1 - self.ups.battery.standby_loss_per_h) ** self.horizon.interval_h)

    @cached_property
    def followed_kwh(self) -> FloatArray:
        """Stored energy at each boundary, from the plan's first one through charge and discharge."""
        battery = self.ups.battery
        gains = self.charge_kw * battery.charge_efficiency - self.discharge_kw / battery.discharge_efficiency
        gains_kwh: FloatArray = gains * self.horizon.interval_h
        start_kwh = self.stated.stored_kwh[0]
        if self.kept == 1:
            return np.cumsum(np.concatenate([[start_kwh], gains_kwh]))
        stored = [start_kwh]
        for gain_kwh in gains_kwh.tolist():
            stored.append(stored[-1] * self.kept + gain_kwh)
        return np.array(stored)

    @cached_property
    def claimed_kwh(self) -> FloatArray:
        """Stored energy at each boundary as the plan states it."""
        return np.array(self.stated.stored_kwh, dtype=float)

    @cached_property
    def stored_kwh(self) -> FloatArray:
        """The lower of what the setpoints leave and what the plan states."""
        return np.minimum(self.claimed_kwh, self.followed_kwh)

    @cached_property
    def slack_kwh(self) -> FloatArray:
        """The tolerance of stored energy for rounding, at each boundary."""
        hours = np.arange(self.horizon.intervals + 1) * self.horizon.interval_h
        return np.asarray(FLOOR_FRACTION * self.ups.capacity_kwh + _ROUNDING_KW * (1 + hours), dtype=np.float64)

    @cached_property
    def conditions(self) -> ConditionsOnHorizon:
        """The conditions of the site and of its state that concern this system."""
        return conditions_on(
            self.horizon, self.evidence.conditions, ups_id=self.ups.id, timezone=self.evidence.site.timezone
        )

    @cached_property
    def carried_kw(self) -> FloatArray:
        """The load that an outage from each boundary must carry: the protected load, or the highest known where higher.

        Where a condition asks for a longer ride-through, the load known for that long counts.
        """
        longest_s = max(duty.duration_s for duty in self.ups.reserve.duties)
        most_kw = np.maximum(self._highest_kw(longest_s), self.ups.protected_load_kw)
        for condition, boundaries in self._longer:
            longer_kw = self._highest_kw(self._duty_of(condition).duration_s)
            most_kw[boundaries] = np.maximum(most_kw[boundaries], longer_kw[boundaries])
        return most_kw

    def _highest_kw(self, seconds: float) -> FloatArray:
        """The highest known load of outages about each boundary, and what the plan states where nothing is known."""
        known_kw = highest_kw(self.evidence.load_kw[self.ups.id], self.horizon, seconds)
        beside_kw = np.concatenate([[-np.inf], self.load_kw, [-np.inf]])
        return np.asarray(np.maximum(known_kw, np.maximum(beside_kw[:-1], beside_kw[1:])))

    @cached_property
    def _longer(self) -> list[tuple[ReserveCondition, NDArray[np.intp]]]:
        """The conditions with a ride-through of their own, and the boundaries where each holds."""
        held: dict[ReserveCondition, list[int]] = {}
        for boundary, here in enumerate(self.conditions.boundaries):
            for each in here:
                if not each.full_charge:
                    held.setdefault(each, []).append(boundary)
        return [(each, np.array(boundaries)) for each, boundaries in held.items()]

    def _duty_of(self, condition: ReserveCondition) -> BackupDuty:
        seconds = condition.ride_through_s or 0.0
        return BackupDuty.at_full_load(seconds).repeated(self.ups.reserve.outages_before_recharge)

    @cached_property
    def policy(self) -> Replay:
        """The outages that the policy asks for, from every boundary."""
        counted_kwh = self.stored_kwh - self.uncounted_kwh
        replay = replay_policy(self.ups, counted_kwh, self.carried_kw, self.slack_kwh)
        return replace(replay, needed_kwh=replay.needed_kwh + self.uncounted_kwh)

    @cached_property
    def uncounted_kwh(self) -> FloatArray:
        """What the count overstates at each boundary: units as measured, against all as the one with the least left."""
        measured_kwh, capacities = self.evidence.stored_by_unit_kwh(self.ups), np.array(self.ups.unit_capacities_kwh)
        unavailable = self.ups.battery.cutoff_fraction + self.ups.reserve.soc_error_fraction
        kept = np.power(self.kept, np.arange(self.horizon.intervals + 1))
        units = len(capacities)
        counted_kwh = self.evidence.stored_at_start_kwh(self.ups) / units * kept
        left_kwh = np.outer(kept, measured_kwh) - unavailable * capacities
        over_kwh = counted_kwh - unavailable * capacities.min() - left_kwh.min(axis=1)
        return np.where(over_kwh > _ROUNDING * capacities.min(), units * over_kwh, 0.0)

    @cached_property
    def held(self) -> tuple[HeldCondition, ...]:
        """The outages that conditions ask for, where they hold."""
        return tuple(self._held())

    def _held(self) -> Iterator[HeldCondition]:
        for condition, at in self._longer:
            duty = self._duty_of(condition)
            over_kwh = self.uncounted_kwh[at]
            replay = replay_duty(
                self.ups, duty, self.stored_kwh[at] - over_kwh, self.carried_kw[at], self.slack_kwh[at]
            )
            replay = replace(replay, needed_kwh=replay.needed_kwh + over_kwh)
            yield HeldCondition(condition=condition, boundaries=at, replay=replay, required_s=duty.duration_s)

    @cached_property
    def full(self) -> Mask:
        """The boundaries at which a condition asks for full batteries."""
        return np.array([any(each.full_charge for each in here) for here in self.conditions.boundaries])

    @cached_property
    def usual_kwh(self) -> FloatArray:
        """The floor at each boundary that the policy asks for."""
        given = self.evidence.floor_kwh.get(self.ups.id)
        return self.policy.needed_kwh if given is None else np.array(given, dtype=float)

    @cached_property
    def asked_kwh(self) -> FloatArray:
        """The floor at each boundary that the policy and the conditions ask for; of conditions at most full."""
        asked = self.usual_kwh.copy()
        full_kwh = self.ups.max_stored_kwh
        for each in self.held:
            needed = np.minimum(each.replay.needed_kwh, full_kwh)
            asked[each.boundaries] = np.maximum(asked[each.boundaries], needed)
        return np.where(self.full, np.maximum(asked, full_kwh), asked)
