"""What a saving is worth: the cash flow of a study's saving, what it hangs on, and the years drawn from its periods."""

from dataclasses import replace
from functools import cache

import finance_studies as studies
import pytest

from ridethrough.finance import Asset, Incentive, Project, Replacement, YearlyAmount, cash_flow
from ridethrough.finance.study.study import Study
from ridethrough.finance.study.valuation import Venture, too_little, with_range, with_value


@cache
def bare(months: int) -> Study:
    """A study that nothing is said of yet but what it saves."""
    horizon = studies.horizon_of(studies.EASTERN, months=months, interval_minutes=60)
    return studies.study_of(
        studies.time_of_use(), horizon, [studies.trade(horizon, studies.load_of(horizon, mean_kw=900.0))]
    )


def venture(*, before_wear: bool = False, **fields: object) -> Venture:
    given = {
        "life_years": 10,
        "discount_rate": 0.08,
        "assets": (Asset(name="controls", capital_cost=20000.0),),
        "savings": (YearlyAmount(name="bill", amount=0.0, escalation_rate=0.02),),
    }
    return Venture(project=Project(**given | fields), before_wear=before_wear)  # type: ignore[arg-type]


def test_the_cash_flow_is_that_of_the_saving_of_a_year() -> None:
    study = bare(12)
    valued = with_value(study, venture())
    assert valued.cash_flow is not None
    (line,) = valued.cash_flow.project.savings
    assert line.amount == study.annual.value
    worth = -20000 + sum(line.amount * 1.02**year / 1.08 ** (year + 1) for year in range(10))
    assert valued.cash_flow.net_present_value == pytest.approx(worth)
    assert replace(valued, cash_flow=None, tornado=(), range_of_year=None, net_present_value_range=None) == replace(
        study, assumptions=valued.assumptions
    )


def test_the_tornado_varies_the_saving_the_capital_the_replacement_and_the_rate() -> None:
    renewed = Asset(name="battery", capital_cost=5e4, replacement=Replacement(cost=3e4, after_years=(5,)))
    valued = with_value(bare(12), venture(assets=(renewed,)))
    assert valued.cash_flow is not None
    worth = valued.cash_flow.net_present_value
    bars = {bar.name.split(",")[0]: bar for bar in valued.tornado}
    assert set(bars) == {"saving of a year", "capital", "replacement", "discount rate"}
    assert [bar.width for bar in valued.tornado] == sorted((bar.width for bar in valued.tornado), reverse=True)
    assert (bars["capital"].low, bars["capital"].high) == (0.8, 1.2)
    assert "50,000 USD" in bars["capital"].name
    assert bars["capital"].outcome_at_low == pytest.approx(worth + 10000)
    assert (bars["discount rate"].low, bars["discount rate"].high) == (0.06, 0.10)
    dearer = with_value(bare(12), venture(assets=(renewed,), discount_rate=0.10)).cash_flow
    assert dearer is not None
    assert bars["discount rate"].outcome_at_high == pytest.approx(dearer.net_present_value)


def test_without_capital_there_is_none_to_vary() -> None:
    valued = with_value(bare(12), venture(assets=()))
    assert {bar.name.split(",")[0] for bar in valued.tornado} == {"saving of a year", "discount rate"}


def test_what_cannot_be_varied_is_said() -> None:
    grant = Incentive(name="grant", amount=19000.0, basis_reduction_fraction=1.0)
    valued = with_value(bare(12), venture(incentives=(grant,)))
    assert {bar.name.split(",")[0] for bar in valued.tornado} == {"saving of a year", "discount rate"}
    assert any("not varied: capital" in warning for warning in valued.warnings)


def test_a_rate_that_is_low_stays_above_the_lowest() -> None:
    valued = with_value(bare(12), venture(discount_rate=-0.985))
    (bar,) = (bar for bar in valued.tornado if bar.name.startswith("discount rate"))
    assert (bar.low, bar.high) == (-0.99, -0.965)


def test_years_are_drawn_from_billing_periods_about_the_year_that_was() -> None:
    study = bare(12)
    drawn = with_range(study).range_of_year
    assert drawn is not None
    assert drawn.p10 < drawn.p50 < drawn.p90
    assert drawn.samples == 1000
    assert drawn.mean == pytest.approx(study.annual.value, abs=(drawn.p90 - drawn.p10) / 10)
    assert with_range(study) == with_range(study)
    assert any("1,000 years are drawn" in each for each in with_value(study, venture()).assumptions)


def test_a_drawn_life_is_worth_what_its_year_is() -> None:
    study = bare(12)
    valued = with_value(study, venture())
    year, worth = valued.range_of_year, valued.net_present_value_range
    assert year is not None
    assert worth is not None
    for name in ("p10", "p50", "p90"):
        project = replace(
            venture().project, savings=(replace(venture().project.savings[0], amount=getattr(year, name)),)
        )
        assert getattr(worth, name) == pytest.approx(cash_flow(project).net_present_value)


def test_of_one_month_no_year_is_drawn_and_the_study_says_so() -> None:
    study = bare(2)
    study = replace(study, periods=study.periods[:1], season_by_month=(0,) * 12)
    valued = with_value(study, venture())
    assert (valued.range_of_year, valued.net_present_value_range) == (None, None)
    assert with_range(study) is study
    assert any("no range: 1 whole" in warning for warning in valued.warnings)
    assert any("1 studied month represents the twelve of every year" in warning for warning in valued.warnings)
    assert not any("drawn" in each for each in valued.assumptions)


def test_of_one_long_period_no_year_is_drawn() -> None:
    study = bare(12)
    assert "1 whole billing period was" in too_little(replace(study, periods=study.periods[:1]))


def test_wear_is_taken_off_once() -> None:
    study = bare(12)
    assert study.savings.wear > 0
    renewed = Asset(name="battery", capital_cost=5e4, replacement=Replacement(cost=3e4, after_years=(5,)))
    both, once = (with_value(study, venture(assets=(renewed,), before_wear=each)) for each in (False, True))
    assert once.cash_flow is not None
    assert both.cash_flow is not None
    assert once.cash_flow.project.savings[0].amount == pytest.approx(study.savings.before_wear)
    assert once.cash_flow.net_present_value > both.cash_flow.net_present_value
    assert once.net_present_value_range is not None
    assert both.net_present_value_range is not None
    assert once.net_present_value_range.mean > both.net_present_value_range.mean
    assert any("a little too low" in each for each in both.assumptions)
    assert not any("a little too" in each for each in once.assumptions)
    assert any("a little too high" in each for each in with_value(study, venture(before_wear=True)).assumptions)
    assert not any("a little too" in each for each in with_value(study, venture()).assumptions)
