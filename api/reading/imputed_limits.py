"""The limits of a UPS system that a site file leaves out: each follows from other figures by a rule that is named."""

from collections.abc import Mapping
from typing import Any

from ridethrough.api.reading.series.time_series import TimeSeries

_CHARGE_LIMIT_OF_RATING = 0.20
"""Li-ion UPS chargers take 20-25 % of the unit's rating (`docs/site-file.md`)."""
_INPUT_LIMIT_OF_RATING = 1.25
_HUGE = 1e12
_DEFAULT_INVERTER_EFFICIENCY = 0.96


def with_imputed_limits(
    document: Mapping[str, Any], series: Mapping[str, TimeSeries]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Fill in what follows from other figures by rule, and name each rule."""
    filled = dict(document)
    imputed: dict[str, str] = {}
    systems = document.get("ups")
    if isinstance(systems, list):
        filled["ups"] = [
            _with_imputed_ups(ups, series, imputed) if isinstance(ups, Mapping) else ups for ups in systems
        ]
    return filled, imputed


def _with_imputed_ups(
    ups: Mapping[str, Any], series: Mapping[str, TimeSeries], imputed: dict[str, str]
) -> dict[str, Any]:
    filled = dict(ups)
    path = f"ups.{ups.get('id')}"
    rating = above_zero(ups.get("unit_output_limit_kw"))
    inverter = above_zero(ups.get("inverter_efficiency", _DEFAULT_INVERTER_EFFICIENCY))

    def impute(target: dict[str, Any], name: str, value: float, rule: str) -> None:
        if name not in target:
            target[name] = value
            place = path if target is filled else f"{path}.battery"
            imputed[f"{place}.{name}"] = f"{value:g}: {rule}"

    impute(filled, "unit_input_limit_kw", _INPUT_LIMIT_OF_RATING * rating, "1.25 times unit_output_limit_kw")
    if isinstance(ups.get("battery"), Mapping):
        battery = filled["battery"] = dict(ups["battery"])
        impute(battery, "charge_limit_kw", _CHARGE_LIMIT_OF_RATING * rating, "20 % of unit_output_limit_kw")
        impute(battery, "discharge_limit_kw", rating / inverter, "unit_output_limit_kw over inverter_efficiency")
    peak_kw = _peak_kw(ups.get("load"), series.get(f"{path}.load"))
    if peak_kw is not None:
        impute(filled, "protected_load_kw", peak_kw, "the highest load given")
    return filled


def above_zero(value: object) -> float:
    """The value; or 1 for what is refused where it stands, so that nothing which follows from it is refused as well."""
    return float(value) if _is_number(value) and 0 < value < _HUGE else 1.0  # type: ignore[operator, arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _peak_kw(load: object, series: TimeSeries | None) -> float | None:
    if not isinstance(load, Mapping):
        return None
    if any(isinstance(load.get(name), str) for name in ("csv", "csv_text")):
        return max(series.values) if series is not None else 1.0
    values = load.get("values")
    numbers = [
        each for each in (load.get("constant_kw"), *(values if isinstance(values, list) else ())) if _is_number(each)
    ]
    return max(numbers, default=None)
