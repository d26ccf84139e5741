"""What wear costs the battery of one unit, and what the maker's warranty allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ridethrough.domain.validation import Checks
from ridethrough.domain.wear.chemistries.known import CHEMISTRIES
from ridethrough.domain.wear.cycles import MOST_SEGMENTS, CycleStress
from ridethrough.domain.wear.resting import Line, check_resting, convex_lines

HOURS_A_YEAR = 8760.0
_LONGEST_LEAD_DAYS = 3650.0
_TEMPERATURES_C = (-40.0, 65.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WearModel:
    """How a battery wears, and what its life is worth.

    A life ends when `end_of_life_fraction` of the nominal energy is left. `replacement_cost_per_kwh` is the price of a
    new battery by its nominal energy. `scarcity_cost_per_kwh` is added to it where a new battery cannot be had in time;
    `ridethrough life` works it out.

    `cycles` is the share of the life that a cycle takes by its depth, priced in `depth_segments` equal segments.
    `resting_fade_per_year_by_fraction` is the fraction of nominal energy that a year takes by the fraction of charge at
    which the battery rests. `chemistry` names a shipped fade law, which gives what is left out of both at
    `temperature_c`, and with which `ridethrough life` follows the capacity.

    `throughput_limit_kwh_per_year` is what the warranty allows one unit to discharge in a calendar year, in kWh at the
    terminals: a plan never exceeds what is left of it.

    `installed` is when the battery was new, `lead_time_days` the time from an order to a new battery in service, and
    `earliest_replacement` the day before which none can be had.
    """

    chemistry: str = ""
    temperature_c: float = 25.0
    replacement_cost_per_kwh: float = 0.0
    scarcity_cost_per_kwh: float = 0.0
    end_of_life_fraction: float = 0.8
    cycles: CycleStress | None = None
    depth_segments: int = 16
    resting_fade_per_year_by_fraction: Mapping[float, float] = field(default_factory=dict)
    throughput_limit_kwh_per_year: float | None = None
    installed: date | None = None
    lead_time_days: float = 0.0
    earliest_replacement: date | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("replacement_cost_per_kwh", self.replacement_cost_per_kwh)
        checks.not_negative("scarcity_cost_per_kwh", self.scarcity_cost_per_kwh)
        end = self.end_of_life_fraction
        checks.require(0 <= end < 1, "end_of_life_fraction", end, "a fraction from 0 below 1")
        segments = self.depth_segments
        checks.require(1 <= segments <= MOST_SEGMENTS, "depth_segments", segments, f"from 1 to {MOST_SEGMENTS}")
        check_resting(checks, "resting_fade_per_year_by_fraction", self.resting_fade_per_year_by_fraction)
        if self.throughput_limit_kwh_per_year is not None:
            checks.not_negative("throughput_limit_kwh_per_year", self.throughput_limit_kwh_per_year)
        days = self.lead_time_days
        checks.require(0 <= days <= _LONGEST_LEAD_DAYS, "lead_time_days", days, f"from 0 to {_LONGEST_LEAD_DAYS:g}")
        known = not self.chemistry or self.chemistry in CHEMISTRIES
        checks.require(known, "chemistry", self.chemistry, f"one of {', '.join(CHEMISTRIES)}, or left out")
        low, high = _TEMPERATURES_C
        checks.require(low <= self.temperature_c <= high, "temperature_c", self.temperature_c, f"from {low} to {high}")
        checks.raise_faults()
        if self.chemistry:
            self._fill_in()

    def _fill_in(self) -> None:
        fade = CHEMISTRIES[self.chemistry].fade
        if self.cycles is None:
            object.__setattr__(self, "cycles", fade.cycle_stress(self.end_of_life_fraction, self.temperature_c))
        if not self.resting_fade_per_year_by_fraction:
            table = fade.resting_fade_per_year(self.temperature_c)
            object.__setattr__(self, "resting_fade_per_year_by_fraction", table)

    @property
    def life_price_per_kwh(self) -> float:
        """What a whole life is worth per kWh of nominal energy: a new battery, and what makes it scarce."""
        return self.replacement_cost_per_kwh + self.scarcity_cost_per_kwh

    def segment_costs(self, discharge_efficiency: float) -> tuple[float, ...]:
        """The cost of a kWh discharged from each segment (`CycleStress`); none where cycles cost nothing."""
        if self.cycles is None or self.cycles.coefficient == 0 or self.life_price_per_kwh == 0:
            return ()
        return self.cycles.segment_costs(self.life_price_per_kwh, discharge_efficiency, self.depth_segments)

    @property
    def resting_lines_per_kwh_h(self) -> tuple[Line, ...]:
        """The cost of an hour at rest per kWh of nominal energy: the highest of these lines, by fraction of charge."""
        if self.life_price_per_kwh == 0:
            return ()
        price = self.life_price_per_kwh / (1 - self.end_of_life_fraction) / HOURS_A_YEAR
        lines = convex_lines(self.resting_fade_per_year_by_fraction)
        return tuple((price * at_empty, price * slope) for at_empty, slope in lines)
