"""Templates to begin a site with."""

from collections.abc import Mapping

_ALIKE = {
    "interval_minutes": "15", "prices.series": "", "prices.adder_per_kwh": "", "ups.0.id": "ups-1",
    "ups.0.tolerated_failures": "1", "ups.0.load.constant_kw": "", "ups.0.reserve.ride_through_s": "300",
}  # fmt: skip
"""Values of inputs that are the same in each template."""


def _written(site: Mapping[str, str], ups: Mapping[str, str], battery: Mapping[str, str]) -> Mapping[str, str]:
    """A value for each input: of the site, of its UPS system, and of that system's battery."""
    of_ups = {f"ups.0.{name}": value for name, value in ups.items()}
    of_battery = {f"ups.0.battery.{name}": value for name, value in battery.items()}
    return {**_ALIKE, **site, **of_ups, **of_battery}


TEMPLATES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ai-pod": (
        "AI pod: 4.8 MW, Li-ion, N+1",
        _written(
            {
                "id": "pod-1", "name": "AI pod 1", "timezone": "America/New_York", "currency": "USD",
                "tariff": "dominion-gs-4", "interconnection.import_limit_kw": "6500",
                "unprotected_load.constant_kw": "900",
            },
            {
                "units": "5", "unit_output_limit_kw": "1200", "unit_input_limit_kw": "1500",
                "rectifier_efficiency": "0.97", "inverter_efficiency": "0.95", "protected_load_kw": "4800",
            },
            {
                "nominal_kwh": "200", "state_of_health": "0.92", "cutoff_fraction": "0.05",
                "charge_limit_kw": "240", "discharge_limit_kw": "1300", "wear_cost_per_kwh": "0.0375",
            },
        ),
    ),
    "colo-hall": (
        "Colocation hall: 1 MW, lead-acid, N+1",
        _written(
            {
                "id": "hall-1", "name": "Hall 1", "timezone": "Europe/Berlin", "currency": "EUR",
                "tariff": "example-germany-7000-hours", "interconnection.import_limit_kw": "2200",
                "unprotected_load.constant_kw": "350",
            },
            {
                "units": "4", "unit_output_limit_kw": "400", "unit_input_limit_kw": "480",
                "rectifier_efficiency": "0.96", "inverter_efficiency": "0.95", "protected_load_kw": "1000",
            },
            {
                "nominal_kwh": "120", "state_of_health": "0.9", "cutoff_fraction": "0.1",
                "charge_limit_kw": "40", "discharge_limit_kw": "420", "wear_cost_per_kwh": "0.09",
            },
        ),
    ),
    "cage": (
        "Cage: 200 kW, Li-ion, N+1",
        _written(
            {
                "id": "cage-1", "name": "Cage 1", "timezone": "America/Los_Angeles", "currency": "USD",
                "tariff": "pge-b-20", "interconnection.import_limit_kw": "400",
                "unprotected_load.constant_kw": "60",
            },
            {
                "units": "3", "unit_output_limit_kw": "100", "unit_input_limit_kw": "125",
                "rectifier_efficiency": "0.97", "inverter_efficiency": "0.96", "protected_load_kw": "190",
            },
            {
                "nominal_kwh": "40", "state_of_health": "0.95", "cutoff_fraction": "0.05",
                "charge_limit_kw": "25", "discharge_limit_kw": "120", "wear_cost_per_kwh": "0.04",
            },
        ),
    ),
}  # fmt: skip
"""Sites to begin with: a name, and a value for each input; none is a maker's data sheet."""
