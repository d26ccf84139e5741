"""Lead-acid and supercapacitors: makers' ratings, as power laws through their published points."""

from collections.abc import Callable

from ridethrough.domain.wear.chemistries.chemistry import Chemistry
from ridethrough.domain.wear.fade import DAYS_A_YEAR, Day, Fade

_LEAD_RATED_C, _CAPACITOR_RATED_C = 20.0, 25.0
_HALVES_EVERY_K = 10.0
_LOST_AT_END = 0.2
_FLOAT_YEARS = 10.0
_LEAD_CYCLES, _LEAD_DEPTH_POWER = 250.0, 1.3
_CAPACITOR_CYCLES = 1_000_000.0


def _floats(rated_c: float) -> Callable[[Day], float]:
    """A tenth of the allowed loss a year at the rated temperature, twice as fast for every 10 K above it."""

    def lost(day: Day) -> float:
        faster = 2 ** ((day.temperature_c - rated_c) / _HALVES_EVERY_K)
        return float(_LOST_AT_END / (_FLOAT_YEARS * DAYS_A_YEAR) * faster)

    return lost


def _lead_by_cycles(day: Day) -> float:
    """The loss by a full cycle's throughput: 250 cycles of 100 %, more than in proportion at less depth."""
    return float(_LOST_AT_END / _LEAD_CYCLES * day.depth ** (_LEAD_DEPTH_POWER - 1)) if day.depth > 0 else 0.0


LEAD_ACID = Chemistry(
    name="lead-acid",
    cell="valve-regulated lead-acid block of ten-year design life, floating",
    fade=Fade(
        by_time=_floats(_LEAD_RATED_C),
        time_exponent=1.0,
        by_cycles=_lead_by_cycles,
        cycles_exponent=1.0,
        tested={"temperature": (15, 40), "depth": (0.3, 1.0)},
    ),
    source="EUROBAT's class of 10 to 12 years, quoted at 20 degC; 10 K rule and 250 cycles: judgement, no test",
    licence="figures, no licence",
    caveats=(
        "read the maker's own float life and cycles: blocks of one class differ by a factor of 2",
        "a lead-acid battery must rest at full: sulphation below it is not in this law",
    ),
)

SUPERCAPACITOR = Chemistry(
    name="supercapacitor",
    cell="electric double-layer capacitor cell, 2.7 V, 3,000 F",
    fade=Fade(
        by_time=_floats(_CAPACITOR_RATED_C),
        time_exponent=1.0,
        by_cycles=lambda _: _LOST_AT_END / _CAPACITOR_CYCLES,
        cycles_exponent=1.0,
        tested={"temperature": (-40, 65)},
    ),
    source="data sheet Maxwell K2 BCAP3000 P270: 20 % less after 10 years or 1,000,000 cycles at 25 degC",
    licence="figures, no licence",
    caveats=("resting below rated voltage lasts longer; the data sheet gives no law, so none is used",),
)
