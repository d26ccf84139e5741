from datetime import UTC, datetime

import numpy as np
import pytest

from ridethrough.domain import Horizon, PriceSeries, UnableToAccept
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.catalog import load, names
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.native import tariff_from_yaml, tariff_to_yaml

YEAR = Horizon(start=datetime(2022, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)


@pytest.mark.parametrize("name", names())
def test_every_tariff_of_the_catalog_is_priced_and_says_where_it_comes_from(name: str) -> None:
    tariff = load(name)
    assert tariff.source
    assert tariff.effective_from
    assert tariff.not_priced, "a re-keyed tariff always leaves something out"
    prices = PriceSeries(horizon=YEAR, price_per_kwh=(0.05,) * YEAR.intervals)
    kw = np.full(YEAR.intervals, 4000.0)
    assert bill(tariff, YEAR, kw, prices=prices).total > 0
    assert charges_over(tariff, YEAR, prices=prices).energy_per_kwh.shape == (8760,)
    assert tariff_from_yaml(tariff_to_yaml(tariff)) == tariff


def test_an_unknown_name_is_answered_with_those_that_come_close() -> None:
    with pytest.raises(UnableToAccept, match="dominion-gs-4"):
        load("dominion-gs4")
    with pytest.raises(UnableToAccept, match="in the catalog, such as"):
        load("zzzz")
