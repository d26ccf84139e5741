"""Stored energy that a study sells is no saving: it is paid for at what it costs to put it back."""

import numpy as np
import pytest
from study_cases import case, tariff

from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import floating
from ridethrough.finance.study.stored_value import stored_by_period
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.planner import Information, Known, Planned

FLAT = 0.05
ETA_CHARGE, ETA_RECTIFIER = 0.97, 0.97


class SellsWhatIsStored:
    """A planner that empties the batteries to their reserve, and never charges them again."""

    information = Information.DAY_AHEAD
    fingerprint = "sells what is stored"
    assumptions = ()

    def begin_period(self) -> None:
        """Nothing is carried."""

    def plan(self, known: Known) -> Planned:
        """Discharge all the time."""
        shape = (len(known.site.ups), known.block.intervals)
        return Planned(
            orders=Orders(
                charge_kw=np.zeros(shape),
                discharge_kw=np.full(shape, 1e4),
                grid_target_kw=np.full(known.block.intervals, np.inf),
            )
        )


def flat_case(days: int = 3) -> StudyCase:
    return case(days, priced=tariff(demand_rate=0.0, dear=FLAT))


def test_at_a_flat_price_moving_energy_only_costs() -> None:
    done = study(flat_case(), SellsWhatIsStored(), options=StudyOptions(marginal=False))
    (record,) = done.ups
    missing_kwh = record.stored_kwh[0] - record.stored_kwh[-1]
    assert missing_kwh > 100
    assert done.savings.of("energy") > 0
    assert done.savings.stored == pytest.approx(-missing_kwh / ETA_CHARGE / ETA_RECTIFIER * FLAT, abs=0.01)
    assert done.savings.total <= 0
    assert any("the saving pays for them" in warning for warning in done.warnings)


def test_periods_add_up_to_what_is_missing_at_the_end() -> None:
    over_two_months = flat_case(40)
    done = study(over_two_months, SellsWhatIsStored(), options=StudyOptions(ceiling=False))
    assert len(done.periods) == 2
    assert done.savings.stored == pytest.approx(sum(each.savings.stored for each in done.periods))
    assert done.periods[1].savings.stored == pytest.approx(0, abs=0.01)


def test_batteries_that_float_owe_nothing() -> None:
    still = flat_case()
    assert stored_by_period(still, floating(still), floating(still)) == [0.0]


def test_nothing_captures_more_than_all_of_the_ceiling() -> None:
    done = study(flat_case(), SellsWhatIsStored(), options=StudyOptions(marginal=False))
    assert done.ceiling is not None
    assert done.savings.total <= done.ceiling.total
    assert done.capture.value is None or done.capture.value <= 1


def test_perfect_foresight_holds_a_peak_in_the_last_hour_of_a_billing_period_too() -> None:
    load_kw = np.full(30 * 24, 3800.0)
    load_kw[-1] = 4500.0
    last_hour = case(30, load_kw=load_kw, priced=tariff(demand_rate=12.0, dear=FLAT))
    done = study(last_hour, SellsWhatIsStored(), options=StudyOptions(marginal=False))

    assert done.ceiling is not None
    assert done.ceiling.of("demand") > 12.0 * 300
    assert done.ceiling.stored < 0
