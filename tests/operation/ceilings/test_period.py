"""How charges on peaks of other rules than the month's highest look to a ceiling."""

from datetime import UTC, datetime

import numpy as np
import pytest

from ridethrough.domain import Horizon, SiteState
from ridethrough.operation.ceilings.period import PeakCharge, peak_charges
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.peak_rule import PeakRule
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.tariff import Tariff

FORTNIGHT = Horizon(start=datetime(2026, 3, 2, tzinfo=UTC), interval_minutes=60, intervals=14 * 24)


def seen(state: SiteState | None = None, **rule: object) -> PeakCharge:
    seasons = (DemandSeason(tiers=(DemandTier(rate_per_kw=84.0),)),)
    charge = DemandCharge(name="x", seasons=seasons, **rule)  # type: ignore[arg-type]
    charges = charges_over(Tariff(name="x", demand=(charge,)), FORTNIGHT, state=state)
    weekly = frozenset({"x"}) if charge.weekly else frozenset()
    (found,) = peak_charges(charges, FORTNIGHT.intervals, weekly)
    assert found.metered.all()
    return found


def cost(charge: PeakCharge, peak_kw: float) -> float:
    return float(charge.cost(np.array([peak_kw]))[0])


def test_a_week_is_shared_by_its_days() -> None:
    """84 a kW and week: 12 for each day that reaches 100 kW."""
    charge = seen(weekly=True)
    assert charge.daily
    assert cost(charge, 100.0) == pytest.approx(1200.0)


def test_the_years_peak_so_far_costs_nothing_more() -> None:
    """March is the third month: 84 x 3 / 12 = 21 a kW, and only above the 700 kW of January."""
    state = SiteState(peaks_kw={"x": 300.0}, past_peaks_kw={"x": {"2026-01": 700.0, "2026-02": 500.0}})
    charge = seen(state, yearly=True)
    assert cost(charge, 600.0) == cost(charge, 700.0) == pytest.approx(700 * 21)
    assert cost(charge, 800.0) == pytest.approx(800 * 21)


def test_a_mean_of_several_days_is_priced_like_one_ceiling_for_all_of_them() -> None:
    charge = seen(peak=PeakRule(mean_of_highest=3))
    assert not charge.daily
    assert cost(charge, 100.0) == pytest.approx(8400.0)
