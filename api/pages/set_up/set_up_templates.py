"""Templates to begin a site with."""

from collections.abc import Mapping

TEMPLATES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ai-pod": (
        "AI pod: 4.8 MW, Li-ion, N+1",
        {
            "id": "pod-1", "name": "AI pod 1", "timezone": "America/New_York", "currency": "USD",
            "interval_minutes": "15", "tariff": "dominion-gs-4", "interconnection.import_limit_kw": "6500",
            "prices.series": "", "prices.adder_per_kwh": "",
            "unprotected_load.constant_kw": "900", "ups.0.id": "ups-1", "ups.0.units": "5",
            "ups.0.tolerated_failures": "1", "ups.0.unit_output_limit_kw": "1200", "ups.0.unit_input_limit_kw": "1500",
            "ups.0.rectifier_efficiency": "0.97", "ups.0.inverter_efficiency": "0.95",
            "ups.0.protected_load_kw": "4800", "ups.0.load.constant_kw": "", "ups.0.battery.nominal_kwh": "200",
            "ups.0.battery.state_of_health": "0.92", "ups.0.battery.cutoff_fraction": "0.05",
            "ups.0.battery.charge_limit_kw": "240", "ups.0.battery.discharge_limit_kw": "1300",
            "ups.0.battery.wear_cost_per_kwh": "0.0375", "ups.0.reserve.ride_through_s": "300",
        },
    ),
    "colo-hall": (
        "Colocation hall: 1 MW, lead-acid, N+1",
        {
            "id": "hall-1", "name": "Hall 1", "timezone": "Europe/Berlin", "currency": "EUR",
            "interval_minutes": "15", "tariff": "example-germany-7000-hours", "interconnection.import_limit_kw": "2200",
            "prices.series": "", "prices.adder_per_kwh": "",
            "unprotected_load.constant_kw": "350", "ups.0.id": "ups-1", "ups.0.units": "4",
            "ups.0.tolerated_failures": "1", "ups.0.unit_output_limit_kw": "400", "ups.0.unit_input_limit_kw": "480",
            "ups.0.rectifier_efficiency": "0.96", "ups.0.inverter_efficiency": "0.95",
            "ups.0.protected_load_kw": "1000", "ups.0.load.constant_kw": "", "ups.0.battery.nominal_kwh": "120",
            "ups.0.battery.state_of_health": "0.9", "ups.0.battery.cutoff_fraction": "0.1",
            "ups.0.battery.charge_limit_kw": "40", "ups.0.battery.discharge_limit_kw": "420",
            "ups.0.battery.wear_cost_per_kwh": "0.09", "ups.0.reserve.ride_through_s": "300",
        },
    ),
    "cage": (
        "Cage: 200 kW, Li-ion, N+1",
        {
            "id": "cage-1", "name": "Cage 1", "timezone": "America/Los_Angeles", "currency": "USD",
            "interval_minutes": "15", "tariff": "pge-b-20", "interconnection.import_limit_kw": "400",
            "prices.series": "", "prices.adder_per_kwh": "",
            "unprotected_load.constant_kw": "60", "ups.0.id": "ups-1", "ups.0.units": "3",
            "ups.0.tolerated_failures": "1", "ups.0.unit_output_limit_kw": "100", "ups.0.unit_input_limit_kw": "125",
            "ups.0.rectifier_efficiency": "0.97", "ups.0.inverter_efficiency": "0.96",
            "ups.0.protected_load_kw": "190", "ups.0.load.constant_kw": "", "ups.0.battery.nominal_kwh": "40",
            "ups.0.battery.state_of_health": "0.95", "ups.0.battery.cutoff_fraction": "0.05",
            "ups.0.battery.charge_limit_kw": "25", "ups.0.battery.discharge_limit_kw": "120",
            "ups.0.battery.wear_cost_per_kwh": "0.04", "ups.0.reserve.ride_through_s": "300",
        },
    ),
}  # fmt: skip
"""Sites to begin with: a name, and a value for each input; none is a maker's data sheet."""
