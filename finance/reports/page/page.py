"""A savings study as one self-contained HTML page: it needs no network and reads no clock."""

import json
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from ridethrough.finance.reports import words
from ridethrough.finance.reports.extra import template_library
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.reports.money import money
from ridethrough.finance.reports.page import charts, tables
from ridethrough.finance.reports.page.day import day_to_show
from ridethrough.finance.study.study import Study

_TEMPLATE = Path(__file__).parent / "templates" / "study.html.jinja"


def study_page(study: Study, issue: Issue) -> str:
    """Write the study as a page: verdict, both bills, sources of the saving, safety, wear, worth, assumptions.

    Printed, on A4 or Letter, its first page stands alone: who, when, the answer, how it came about, what is left out.

    The saving shown is the difference of the two printed bills. Raises `UnableToWriteReport` if Jinja2 is not
    installed.
    """
    template = _template()
    figures, from_zero = _figures(study)
    return str(
        template.render(
            **_head(study),
            issued=issue.text,
            **_tables(study),
            **_day(study),
            charts={name: {"height": figure.layout.height} for name, figure in figures.items()},
            from_zero=from_zero,
            library=_trusted(get_plotlyjs()),
            chart_data=_trusted(_as_script(figures)),
        )
    )


def _template() -> Any:  # noqa: ANN401 - a template of an optional library
    jinja2 = template_library()
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))


def _trusted(script: str) -> Any:  # noqa: ANN401 - as above
    """Mark our own script as safe: the library, and figures in which every `<` is escaped."""
    return template_library().filters.Markup(script)


def _as_script(figures: dict[str, go.Figure]) -> str:
    """The figures as a JavaScript object; Plotly escapes `<`, `>` and `/` in texts."""
    return "{" + ",\n".join(f"{json.dumps(name)}: {figure.to_json()}" for name, figure in figures.items()) + "}"


def _figures(study: Study) -> tuple[dict[str, go.Figure], bool]:
    """The charts by name, and whether the waterfall's scale starts at 0."""
    fall, from_zero = charts.waterfall(study)
    figures = {"bills": charts.bills_by_month(study), "waterfall": fall}
    ceiling, shown = charts.against_perfect_foresight(study), day_to_show(study)
    if ceiling is not None:
        figures["ceiling"] = ceiling
    if shown is not None:
        figures["day"] = charts.one_day(study, shown)
    if study.cash_flow is not None:
        figures["cash"] = charts.cash_flow_by_year(study.cash_flow, study.currency)
        if study.tornado:
            figures["tornado"] = charts.tornado_chart(study, study.cash_flow.net_present_value)
    return figures, from_zero


def _head(study: Study) -> dict[str, object]:
    first, last = words.first_and_last_day(study)
    total = study.savings.total
    return {
        "site": study.site_name or study.site_id,
        "site_id": study.site_id,
        "tariff": study.tariff,
        "currency": study.currency,
        "span": f"{first} to {last}, {words.days(study)}",
        "tone": "good" if study.verdict.worthwhile else "bad" if total < 0 else "",
        "headline": words.headline(study),
        "reason": words.reason(study),
        "information": words.INFORMATION[study.information],
        "replanned": words.replanned(study),
        "safe": words.is_safe(study),
        "safety": words.safety(study),
        "statuses": ", ".join(
            f"{count:,} {status.replace('_', ' ')}" for status, count in sorted(study.safety.by_status.items())
        )
        or "none",
        "violations": study.safety.violations,
        "wear_taken_off": money(study.savings.wear, study.currency),
        "capture": words.capture(study),
        "method": words.method(study),
        "left_out": words.left_out(study),
        "assumptions": study.assumptions,
        "warnings": words.warnings(study),
        "no_cash_flow": words.NO_CASH_FLOW,
        "no_range": words.NO_RANGE,
    }


def _tables(study: Study) -> dict[str, object]:
    flow = study.cash_flow
    return {
        "tiles": tables.tiles(study),
        "months": tables.months(study),
        "kinds": tables.kinds(study),
        "wear": tables.wear(study),
        "unknown_wear": tables.unknown_wear(study),
        "marginal": tables.marginal(study),
        "worth": tables.worth(study),
        "pro_forma": None if flow is None else tables.pro_forma(flow),
        "ranges": tables.ranges(study),
        "tornado": tables.tornado(study),
        "sources": tables.sources(study),
        "not_priced": tables.left_out(study),
    }


def _day(study: Study) -> dict[str, str]:
    shown = day_to_show(study)
    if shown is None:
        return {
            "day_title": "One day",
            "day_note": "No battery discharged in the studied time: there is no day to show.",
        }
    clock = "UTC, as the clock changes on this day" if charts.clock_changes(study, shown) else study.horizon.timezone
    others = len(study.ups) - 1
    which = f" Of {others + 1} UPS systems, the one that gave most is shown." if others else ""
    return {
        "day_title": f"One day: {shown.day:%A} {shown.day.day} {shown.day:%B %Y}",
        "day_note": f"{shown.reason[0].upper()}{shown.reason[1:]}. Times in {clock}.{which}",
    }
