"""A tariff as a picture: heat maps of its prices on one self-contained HTML page."""

from markupsafe import Markup

from ridethrough.api.answers.bill_view import validity
from ridethrough.api.answers.tariff.tariff_charts import tariff_heat_maps
from ridethrough.api.answers.tariff.tariff_map import price_notes
from ridethrough.charts import heat_map_drawing, picture_page
from ridethrough.tariffs.tariff import Tariff


def tariff_page(tariff: Tariff) -> str:
    """Draw the price of a kWh and a kW by month and hour; return one HTML page."""
    maps = tariff_heat_maps(tariff)
    held = validity(tariff)
    parts = (tariff.utility, f"figures {held}" if held else "", *price_notes(tariff))
    head = Markup('<h1>{}</h1><p class="quiet">{}</p>').format(tariff.name, " · ".join(part for part in parts if part))
    drawn = Markup("").join(heat_map_drawing(each) for each in maps)
    if not maps:
        drawn = Markup("<p>The tariff has no price that depends on time.</p>")
    return picture_page(tariff.name, head + Markup('<div class="maps">{}</div>').format(drawn))
