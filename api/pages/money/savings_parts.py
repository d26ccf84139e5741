"""What the pages of savings show: studies, how far they are, and what they found."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ridethrough.api.answers.study.study_charts import study_charts
from ridethrough.api.pages.quantities import UNKNOWN, money, percent
from ridethrough.charts import chart_figure
from ridethrough.operation.planner import Information

_IN_WORDS = {
    Information.DAY_AHEAD: "what was known the day before",
    Information.PERSISTENCE: "yesterday again",
    Information.PERFECT: "perfect foresight (a ceiling, not an answer)",
}
_BADGES = {"done": "good", "failed": "bad", "cancelled": "warn"}
DOWNLOADS = {"study.xlsx": "Workbook (XLSX)", "study.html": "Page to print", "study.json": "JSON"}


def choices() -> list[tuple[str, str]]:
    """What plans of a study may be made from, each with its words."""
    return [(each.value, words) for each, words in _IN_WORDS.items()]


def listed(study: Mapping[str, Any]) -> dict[str, Any]:
    """A study in the list."""
    asked, names = study["asked"], {each["name"] for each in study["files"]}
    return {
        "id": study["id"],
        "days": f"{_day(asked['from'])} to {_day(asked['to'])}",
        "asked": {name: asked[name] for name in ("from", "to", "information")},
        "has_project": asked.get("project") is not None,
        "information": _IN_WORDS[Information(asked["information"])],
        "state": study["state"],
        "badge": _BADGES.get(study["state"], ""),
        "percent": round(100 * study["progress"]["fraction"]),
        "why": study["why"],
        "is_open": study["state"] in {"waiting", "running"},
        "files": [(name, words) for name, words in DOWNLOADS.items() if name in names],
    }


def found(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a study found."""
    currency, savings, safety = result["currency"], result["savings"], result["certificate"]
    worth = bool(result["verdict"]["worthwhile"])
    year, capture = result["annual_savings"], result["capture_ratio"]
    tiles = [
        ("Bill without trading", money(result["baseline_bill"]["total"], currency), ""),
        ("Bill with trading", money(result["bill"]["total"], currency), ""),
        ("Wear of the batteries", money(savings["wear"], currency), "taken off the saving"),
        ("Saved after wear", money(savings["total"], currency), "the answer"),
        ("Saving of a year", money(year, currency), result["annual_unknown"] or ""),
        ("Share captured", percent(capture), result["capture_unknown"] or "of what perfect foresight would have saved"),
    ]
    flow = result["cash_flow"]
    if flow is not None:
        tiles += _worth(flow, currency)
    return {
        "worthwhile": worth,
        "verdict": result["verdict"]["reason"],
        "tiles": tiles,
        "charts": [chart_figure(each) for each in study_charts(result)],
        "wear": [_wear(each) for each in result["ups"]],
        "safe": safety["certified"],
        "safety": f"{safety['plans_certified']:,} of {safety['plans']:,} plans certified; "
        f"{safety['outages_replayed']:,} outages replayed, {safety['failures']:,} lost their load",
        "has_cash_flow": flow is not None,
        "no_cash_flow_because": result["annual_unknown"] or "the saving of a year is not known",
        "notes": [*result["warnings"], *result["assumptions"]],
    }


def _worth(flow: Mapping[str, Any], currency: str) -> list[tuple[str, str, str]]:
    """What a project is worth, as tiles."""
    at = f"over {flow['life_years']} years, discounted at {percent(flow['discount_rate'])} a year"
    rate, back = flow["internal_rate_of_return"], flow["payback_years"]
    return [
        ("Net present value", money(flow["net_present_value"], currency), at),
        ("Internal rate of return", UNKNOWN if rate["value"] is None else percent(rate["value"]), rate["reason"]),
        ("Paid back after", UNKNOWN if back["value"] is None else f"{back['value']:,.1f} years", back["reason"]),
    ]


def _day(written: str) -> str:
    return f"{date.fromisoformat(written):%d %b %Y}"


def _wear(system: Mapping[str, Any]) -> dict[str, str]:
    life = system["life_used"]
    return {
        "id": system["id"],
        "throughput": f"{system['throughput_kwh']:,.0f} kWh",
        "cycles": f"{system['equivalent_full_cycles']:,.1f}",
        "life": UNKNOWN if life["value"] is None else percent(life["value"]),
        "why": life["reason"],
    }
