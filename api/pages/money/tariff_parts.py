"""What the page of a site's tariff shows: prices as maps, what peaks cost, and a bill by line."""

from collections.abc import Iterator, Mapping
from typing import Any

from ridethrough.api.answers.bill_view import validity
from ridethrough.api.answers.tariff.tariff_charts import tariff_heat_maps
from ridethrough.api.answers.tariff.tariff_map import price_notes
from ridethrough.charts import heat_map_drawing
from ridethrough.tariffs.calendar.written import format_months
from ridethrough.tariffs.charges.demand import DemandTier
from ridethrough.tariffs.tariff import Tariff


def tariff_parts(tariff: Tariff) -> dict[str, Any]:
    """The values of the template that follow from the tariff alone."""
    held = validity(tariff)
    about = (tariff.utility, f"figures {held}" if held else "", *price_notes(tariff))
    return {
        "tariff": {"name": tariff.name, "about": " · ".join(part for part in about if part)},
        "maps": [heat_map_drawing(each) for each in tariff_heat_maps(tariff)],
        "demand": list(_demand(tariff)),
        "not_priced": [f"{entry.field}: {entry.reason}" for entry in tariff.not_priced],
    }


def _demand(tariff: Tariff) -> Iterator[Mapping[str, str]]:
    for charge in tariff.demand:
        for season in charge.seasons:
            for tier in season.tiers:
                yield {
                    "name": charge.name,
                    "period": charge.period or "all hours",
                    "months": format_months(season.months),
                    "up_to": "" if len(season.tiers) == 1 else _limit(tier, charge.unit),
                    "rate": f"{tier.rate_per_kw:,.4g} {tariff.currency}/{charge.unit}",
                }


def _limit(tier: DemandTier, unit: str) -> str:
    return "the rest" if tier.up_to_kw is None else f"up to {tier.up_to_kw:,g} {unit}"
