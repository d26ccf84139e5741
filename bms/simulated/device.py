"""A simulated UPS system that goes on in time, takes setpoints and tells of itself, with faults if wanted."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint, SetpointInForce
from ridethrough.bms.simulated.faults import NO_FAULTS, TellingFaults
from ridethrough.bms.simulated.physics import step
from ridethrough.bms.simulated.state import Ordered, SimulatedEquipment, SimulatedState, SimulatedUnit
from ridethrough.domain import UpsMode
from ridethrough.domain.telemetry import UpsReading

LONGEST_STEP_S = 5.0
_LOW_FRACTION = 0.2


class SimulatedUps:
    """One UPS system: `state` is how it truly is, `reading()` is what it tells."""

    def __init__(
        self,
        equipment: SimulatedEquipment,
        *,
        now: datetime,
        load_kw: float,
        stored_fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        kwh = stored_fraction * equipment.max_fraction * equipment.capacity_kwh
        units = (SimulatedUnit(stored_kwh=kwh),) * equipment.units
        self.equipment = equipment
        self.faults: TellingFaults = NO_FAULTS
        self.state = SimulatedState(now=now, units=units, load_kw=load_kw)
        self._random = Random(seed)  # noqa: S311 - noise, no secret
        self._told: DeviceReading | None = None
        self.settle()

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps that end where the order in force ends."""
        left_s = seconds
        while left_s > 0:
            part_s = min(left_s, LONGEST_STEP_S)
            ordered = self.state.ordered
            if ordered is not None and ordered.until > self.state.now:
                part_s = min(part_s, (ordered.until - self.state.now).total_seconds())
            self.state = step(self.state, self.equipment, part_s)
            left_s -= part_s

    def settle(self) -> None:
        """Work out the powers of this moment, without letting time pass."""
        tried = step(self.state, self.equipment, 1.0)
        self.state = replace(
            self.state,
            ordered=tried.ordered,
            generator=tried.generator,
            charge_kw=tried.charge_kw,
            discharge_kw=tried.discharge_kw,
            input_kw=tried.input_kw,
        )

    def order(self, setpoint: DeviceSetpoint) -> None:
        """Take a setpoint; its time begins now."""
        until = self.state.now + timedelta(seconds=setpoint.valid_for_s)
        ordered = Ordered(charge_kw=setpoint.charge_kw, discharge_kw=setpoint.discharge_kw, until=until)
        self.change(ordered=ordered)

    def release(self) -> None:
        """Return to normal operation."""
        self.change(ordered=None)

    def change(self, **changes: object) -> None:
        """Change the state at once: a source, the load, bypass, a test of the generator."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self.settle()

    def fail_units(self, count: int) -> None:
        """Let the first `count` units fail, and the others work."""
        units = (replace(unit, failed=index < count) for index, unit in enumerate(self.state.units))
        self.change(units=tuple(units))

    def in_force(self) -> SetpointInForce | None:
        """The setpoint as it is read back."""
        ordered = self.state.ordered
        if ordered is None or ordered.until <= self.state.now:
            return None
        return SetpointInForce(
            charge_kw=ordered.charge_kw,
            discharge_kw=ordered.discharge_kw + self.faults.wrong_read_back_kw,
            left_s=(ordered.until - self.state.now).total_seconds(),
        )

    def reading(self) -> DeviceReading:
        """What the system tells now."""
        if self.faults.stale and self._told is not None:
            return self._told
        state = self.state
        self._told = DeviceReading(
            measured_at=state.now + timedelta(seconds=self.faults.clock_skew_s),
            ups=self._ups_reading(),
            battery_operable=state.working > 0,
            inverter_on=not state.bypass and state.working > 0,
            overloaded=state.load_kw > state.working * self.equipment.output_limit_kw,
            in_force=self.in_force(),
            alarms=tuple(self._alarms()),
        )
        return self._told

    @property
    def mode(self) -> UpsMode:
        """How the system feeds its load."""
        if self.state.bypass:
            return UpsMode.BYPASS
        return UpsMode.NORMAL if self.state.fed else UpsMode.STORED_ENERGY

    def _ups_reading(self) -> UpsReading:
        state, lost = self.state, self.faults.lost
        jump_kwh = self.faults.jump_kwh / len(state.units)
        modes = tuple(UpsMode.BYPASS if unit.failed else self.mode for unit in state.units)
        return UpsReading(
            load_kw=self._noisy(state.load_kw),
            mode=self.mode,
            charge_kw=self._noisy(state.charge_kw),
            discharge_kw=self._noisy(state.discharge_kw),
            unit_stored_kwh=tuple(
                None if lost else max(0.0, self._noisy(unit.stored_kwh + jump_kwh)) for unit in state.units
            ),
            unit_modes=modes if any(unit.failed for unit in state.units) else (),
            on_generator=state.generator,
        )

    def _noisy(self, value: float) -> float:
        return value * (1 + self.faults.noise_fraction * self._random.uniform(-1, 1))

    def _alarms(self) -> list[str]:
        state, equipment = self.state, self.equipment
        failed = len(state.units) - state.working
        low_kwh = _LOW_FRACTION * equipment.capacity_kwh
        said = {
            f"{failed} of {len(state.units)} units failed": failed > 0,
            "utility lost": not state.utility,
            "on generator": state.generator,
            "in bypass": state.bypass,
            "overload": state.load_kw > state.working * equipment.output_limit_kw,
            "battery low": any(unit.stored_kwh < low_kwh for unit in state.units if not unit.failed),
        }
        return [text for text, holds in said.items() if holds]
