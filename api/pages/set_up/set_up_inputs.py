"""The inputs of the form of a site: the place of each in the document, its label, and a word of help."""

from dataclasses import dataclass

_FROM_FILE = "leave empty to drop a file of readings in the next step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of the document that the form has an input for; a `text` is never read as a number."""

    name: str
    label: str
    help: str = ""
    text: bool = False


SITE = (
    Place(name="id", label="Id", help="letters, digits, dots and dashes; it stands in addresses", text=True),
    Place(name="name", label="Name", text=True),
    Place(name="timezone", label="Time zone", help="such as America/New_York", text=True),
    Place(name="currency", label="Currency", help="three letters, the tariff's", text=True),
    Place(name="interval_minutes", label="Interval, minutes", help="as the meter bills"),
)
UTILITY = (
    Place(
        name="tariff", label="Tariff", help="of the catalog; another may stand in a site file that you drop", text=True
    ),
    Place(
        name="prices.series",
        label="Series of market prices",
        help="a name such as prices, where energy follows a market; else empty",
        text=True,
    ),
    Place(name="prices.adder_per_kwh", label="Added to the market price, per kWh", help="in the site's currency"),
    Place(name="interconnection.import_limit_kw", label="Import limit, kW", help="what the connection carries"),
    Place(name="unprotected_load.constant_kw", label="Load outside the UPS, kW", help=_FROM_FILE),
)
SYSTEM = (
    Place(name="id", label="Id of the system", text=True),
    Place(name="units", label="Units", help="in parallel on one bus"),
    Place(name="tolerated_failures", label="Failures tolerated, units", help="N+1: 1"),
    Place(name="unit_output_limit_kw", label="Output of a unit, kW"),
    Place(name="unit_input_limit_kw", label="Input of a unit, kW", help="load and recharge together"),
    Place(name="rectifier_efficiency", label="Rectifier efficiency", help="0 to 1"),
    Place(name="inverter_efficiency", label="Inverter efficiency", help="0 to 1"),
    Place(name="load.constant_kw", label="Load, kW", help=_FROM_FILE),
    Place(name="protected_load_kw", label="Protected load, kW", help="contract or peak, never the mean"),
    Place(name="reserve.ride_through_s", label="Ride-through, s", help="until the generators have the load"),
)
BATTERY = (
    Place(name="battery.nominal_kwh", label="Nominal energy, kWh"),
    Place(name="battery.state_of_health", label="State of health", help="0 to 1"),
    Place(name="battery.cutoff_fraction", label="Cut-off, fraction", help="what cannot be taken out"),
    Place(name="battery.charge_limit_kw", label="Charge limit, kW"),
    Place(name="battery.discharge_limit_kw", label="Discharge limit, kW"),
    Place(name="battery.wear_cost_per_kwh", label="Wear cost per kWh discharged", help="in the site's currency"),
)


def groups_of_places(system_ids: tuple[str, ...]) -> list[tuple[str, tuple[Place, ...]]]:
    """The groups of the form's places, for a site of these systems: `ups.0.units` is of the first."""
    groups: list[tuple[str, tuple[Place, ...]]] = [("The site", SITE), ("The utility", UTILITY)]
    for index, ups_id in enumerate(system_ids):
        of = f" {ups_id}" if len(system_ids) > 1 else ""
        groups.append((f"The UPS system{of}", _of_system(SYSTEM, index)))
        groups.append((f"The battery of one unit{of and f' of{of}'}", _of_system(BATTERY, index)))
    return groups


def _of_system(places: tuple[Place, ...], index: int) -> tuple[Place, ...]:
    return tuple(
        Place(name=f"ups.{index}.{each.name}", label=each.label, help=each.help, text=each.text) for each in places
    )
