"""Lithium-ion cells: laws and parameters that NREL fitted to published ageing tests (BLAST-Lite 1.1.1)."""

import math

from ridethrough.domain.wear.chemistries.chemistry import Chemistry, graphite_potential_v
from ridethrough.domain.wear.fade import Day, Fade

_SOURCE = "parameters of BLAST-Lite 1.1.1 (Alliance for Energy Innovation, NREL)"
_LICENCE = "BSD-3-Clause"
_QUALITATIVE = "cells in packs age 20 to 30 % faster than alone"
_K35 = 308.15
_LFP_POWER_CYCLES = 1.12847759334355


def _lfp_by_time(day: Day) -> float:
    scale = 8.37e4 * math.exp(-5.21e3 / day.kelvin)
    return scale * day.mean(lambda charge: math.exp(-3.56e3 * graphite_potential_v(charge) / day.kelvin))


def _lfp_by_cycles(day: Day) -> float:
    by_temperature = math.exp(2.19e3 / day.kelvin) + math.exp(-1.55e5 / day.kelvin)
    return (4.38e-8 + 1.55e-8 * day.depth + 1.68e-7 * day.c_rate) * by_temperature


LFP = Chemistry(
    name="lfp",
    cell="large prismatic LFP-graphite, 250 Ah",
    fade=Fade(
        by_time=_lfp_by_time,
        time_exponent=0.526,
        by_cycles=_lfp_by_cycles,
        cycles_exponent=0.828,
        tested={"temperature": (10, 45), "depth": (0.8, 1.0), "c_rate": (0, 1.0)},
    ),
    source=f"{_SOURCE}; tests in J. Energy Storage 73 (2023) 109042, doi 10.1016/j.est.2023.109042",
    licence=_LICENCE,
    caveats=("charged at 0.65 C at most in the tests: a UPS discharges much faster in an outage", _QUALITATIVE),
)


def _lfp_power_limit(day: Day) -> float:
    """The most that time takes."""

    def at(charge: float) -> float:
        root = math.sqrt(graphite_potential_v(charge))
        return 0.98968715129359 * math.exp(root * (8742.06309157261 - 2881067.56019324 / day.kelvin) / day.kelvin)

    return day.mean(at)


def _lfp_power_exponent(day: Day) -> float:
    kelvin = day.kelvin

    def at(charge: float) -> float:
        third, fourth = (graphite_potential_v(charge) ** (1 / root) for root in (3, 4))
        by_third = (734553185711.369 / kelvin - 3284991315.45121) / kelvin**3
        by_fourth = (0.0012722759365729 - 2.8216157562078e-06 * kelvin) * kelvin**2
        return 0.000332850281062177 * math.exp(third * by_third + fourth * by_fourth)

    return day.mean(at)


def _lfp_power_by_cycles(day: Day) -> float:
    by_rate = 2.11559710307295e-06 * math.exp(day.depth**2 * day.c_rate**3)
    pace = abs(-6.81260579372875e-06 + 2.59615973160844e-05 * day.depth + by_rate)
    return float(pace**_LFP_POWER_CYCLES)


LFP_POWER = Chemistry(
    name="lfp-power",
    cell="Sony-Murata LFP-graphite cell for high power, 3 Ah",
    fade=Fade(
        by_time=_lfp_power_limit,
        time_exponent=_lfp_power_exponent,
        time_pace_per_day=0.000130510034211874,
        by_cycles=_lfp_power_by_cycles,
        cycles_exponent=_LFP_POWER_CYCLES,
        tested={"temperature": (20, 40), "depth": (0.8, 1.0), "c_rate": (0, 2.0)},
    ),
    source=(
        f"{_SOURCE}; Gasper et al., doi 10.1149/1945-7111/ac86a8; tests: Naumann et al., "
        "doi 10.1016/j.est.2018.01.019 and 10.1016/j.jpowsour.2019.227666"
    ),
    licence=_LICENCE,
    caveats=(
        "temperature does not change the loss by cycles: too few tests",
        "what new cells lose in their first cycles, where more than three a day are cycled, is left out",
        _QUALITATIVE,
    ),
)


def _nmc_by_time(day: Day) -> float:
    kelvin = day.kelvin / _K35
    scale = 2.66e7 * math.exp(-17.8 / kelvin)
    return scale * day.mean(lambda charge: math.exp(-5.21 * graphite_potential_v(charge) / 0.123 / kelvin))


def _nmc_by_cycles(day: Day) -> float:
    return 3.80e3 * math.exp(-18.4 * _K35 / day.kelvin) * math.exp(1.04 * math.exp(day.depth**2))


NMC = Chemistry(
    name="nmc",
    cell="Kokam NMC-graphite pouch, 75 Ah",
    fade=Fade(
        by_time=_nmc_by_time,
        time_exponent=0.357,
        by_cycles=_nmc_by_cycles,
        cycles_exponent=0.778,
        tested={"temperature": (0, 45), "depth": (0.8, 1.0), "c_rate": (0, 1.0)},
    ),
    source=f"{_SOURCE}; Smith et al., American Control Conference 2017, doi 10.23919/ACC.2017.7963578",
    licence=_LICENCE,
    caveats=("the late knee by loss of active material, beyond 5,000 full cycles, is left out", _QUALITATIVE),
)


def _nca_by_time(day: Day) -> float:
    scale = 75.4 * math.exp(-3.34e3 / day.kelvin)
    return scale * day.mean(lambda charge: math.exp(353 * charge / day.kelvin))


def _nca_by_cycles(day: Day) -> float:
    by_temperature = math.exp(3.34e-11 / day.kelvin) + math.exp(-2.81e-9 / day.kelvin)
    return (1.86e-6 + 4.74e-11 * day.c_rate + 0.000177 * day.depth) * by_temperature


NCA = Chemistry(
    name="nca",
    cell="Panasonic NCR18650B, NCA-graphite, 3.2 Ah",
    fade=Fade(
        by_time=_nca_by_time,
        time_exponent=0.512,
        by_cycles=_nca_by_cycles,
        cycles_exponent=0.699,
        tested={"temperature": (15, 35), "depth": (0.8, 1.0), "c_rate": (0, 2.0)},
    ),
    source=f"{_SOURCE}; rest: Keil, doi 10.1149/2.0411609jes; cycles: Preger, doi 10.1149/1945-7111/abae37",
    licence=_LICENCE,
    caveats=("rest and cycles were tested on different cells; the knee of deep cycles is left out", _QUALITATIVE),
)


def _lmo_by_time(day: Day) -> float:
    scale = 3.25e8 * math.exp(-7.58e3 / day.kelvin)
    return scale * day.mean(lambda charge: math.exp(162 * charge / day.kelvin))


LMO = Chemistry(
    name="lmo",
    cell="Nissan Leaf half-module, LMO-graphite, 66 Ah, in its second life",
    fade=Fade(
        by_time=_lmo_by_time,
        time_exponent=0.464,
        by_cycles=lambda _: 7.58e-5,
        cycles_exponent=1.08,
        tested={"temperature": (25, 25), "depth": (1.0, 1.0), "c_rate": (0, 1.0)},
    ),
    source=f"{_SOURCE}; Braco et al., doi 10.1109/EEEIC/ICPSEurope54979.2022.9854784 and 10.1016/j.est.2020.101695",
    licence=_LICENCE,
    caveats=("the cells were at 70 % of their first capacity when the tests began", _QUALITATIVE),
)
