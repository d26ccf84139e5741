"""A study's document as charts: both bills by month, where the saving comes from, its ceiling, and the cash flow."""

from collections.abc import Iterator, Mapping
from typing import Any

from ridethrough.charts import Chart
from ridethrough.finance.reports.study_charts import bills_chart, cash_flow_chart, foresight_chart, waterfall_chart

_SUMS = ("total", "on_the_bill", "wear")


def study_charts(document: Mapping[str, Any]) -> Iterator[Chart]:
    """The charts of a study, in the order in which they are read."""
    periods, currency = document["periods"], document["currency"]
    saved, wear = _by_kind(document["savings"])
    yield bills_chart(
        [each["period"] for each in periods],
        [float(each["baseline_total"]) for each in periods],
        [float(each["total"]) for each in periods],
        [float(each["savings"]["total"]) for each in periods],
        currency,
    )
    yield waterfall_chart(saved, wear, currency)
    if document["ceiling"] is not None:
        yield foresight_chart(saved, wear, *_by_kind(document["ceiling"]), currency)
    flow = document["cash_flow"]
    if flow is not None:
        yield cash_flow_chart(flow["years"], flow["net"], flow["discounted_net"], currency)


def _by_kind(savings: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """The savings by kind of charge, and what wear takes from their sum."""
    return {name: float(savings[name]) for name in savings if name not in _SUMS}, float(savings["wear"])
