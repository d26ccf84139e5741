"""Ten years of our dispatch against floating at full: a chemistry that gains by it, and one that does not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ridethrough.api.cases.life import life_of
from ridethrough.api.reading.site_file import read_site_file
from ridethrough.domain import WearModel

SITE = Path(__file__).parents[3] / "examples" / "ai-pod" / "site.yaml"
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.long
@pytest.mark.parametrize(("chemistry", "gains"), [("nca", True), ("lfp", False)])
def test_ten_years_of_dispatch_leave_more_capacity_only_where_the_chemistry_gains(
    chemistry: str, *, gains: bool
) -> None:
    """By `blast-lite`, seven such days for ten years leave nca 0.821 (floating 0.776) and lfp 0.925 (0.943)."""
    inputs = read_site_file(SITE)
    ups = inputs.site.ups[0]
    wear = WearModel(chemistry=chemistry, replacement_cost_per_kwh=300.0)
    battery = replace(ups.battery, wear_cost_per_kwh=0.0, state_of_health=1.0, wear=wear)
    site = replace(inputs.site, ups=(replace(ups, battery=battery),))

    found, certified = life_of(replace(inputs, site=site), now=NOW, today=None, days=2)
    trading, resting = found.points[1], found.points[-1]
    after, floating = (point.futures[0].years[10].state_of_health for point in (trading, resting))

    assert (after >= floating) is gains
    assert trading.saved_per_year > 0
    assert all(year.certificate.certified for year in certified)
