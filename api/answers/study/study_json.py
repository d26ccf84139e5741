"""A savings study as a JSON document."""

from typing import Any

from ridethrough.api.cases.study_inputs import days_of
from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.project.sensitivity import TornadoBar
from ridethrough.finance.project.uncertainty import Range
from ridethrough.finance.study.study import MarginalValues, Savings, Study, UpsRecord
from ridethrough.tariffs.charges.kind import SAVINGS_FIGURES

_DIGITS = 6


def study_document(study: Study) -> dict[str, Any]:
    """The study's JSON object: bills, savings and their evidence, without the meter series."""
    first, last = days_of(study.horizon)
    return {
        "site_id": study.site_id,
        "information": study.information.value,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "replanned_every_h": study.replanned_every_h,
        "tariff": study.tariff,
        "currency": study.currency,
        "years": _rounded(study.years),
        "savings": savings_document(study.savings),
        "annual_savings": _value(study.annual),
        "annual_unknown": study.annual.reason,
        "baseline_bill": study.baseline.as_document(),
        "bill": study.bill.as_document(),
        "capture_ratio": _value(study.capture),
        "capture_unknown": study.capture.reason,
        "ceiling": savings_document(study.ceiling) if study.ceiling else None,
        "certificate": _certificate(study),
        "verdict": {"worthwhile": study.verdict.worthwhile, "reason": study.verdict.reason},
        "marginal": _marginal(study.marginal) if study.marginal else None,
        "periods": [
            {
                "period": period.label,
                "whole": period.whole,
                "baseline_total": _rounded(period.baseline_total),
                "total": _rounded(period.total),
                "savings": savings_document(period.savings),
            }
            for period in study.periods
        ],
        "ups": [_ups(each) for each in study.ups],
        "range_of_year": _range(study.range_of_year),
        "cash_flow": _cash_flow(study.cash_flow) if study.cash_flow else None,
        "net_present_value_range": _range(study.net_present_value_range),
        "tornado": [_bar(bar) for bar in study.tornado],
        "assumptions": list(study.assumptions),
        "warnings": list(study.warnings),
        "sources": dict(study.sources),
    }


def savings_document(savings: Savings) -> dict[str, float]:
    """Savings by kind of charge; `stored` is the value of stored energy that changed, and `wear` is subtracted."""
    parts = ("total", "on_the_bill", *SAVINGS_FIGURES, "stored", "wear")
    return {part: _rounded(savings.figure(part)) for part in parts}


def _certificate(study: Study) -> dict[str, Any]:
    safety = study.safety
    return {
        "certified": not safety.outages_lost and not safety.violations,
        "plans": safety.plans,
        "plans_certified": safety.certified,
        "plans_by_status": dict(safety.by_status),
        "outages_replayed": safety.outages_replayed,
        "failures": safety.outages_lost,
        "worst_ride_through_s": _rounded(safety.worst_ride_through_s),
        "required_s": _rounded(safety.required_s),
        "violations": list(safety.violations),
    }


def _marginal(values: MarginalValues) -> dict[str, Any]:
    return {
        "of_a_tradable_kwh": figure_document(values.of_a_tradable_kwh),
        "of_a_kw_of_power": figure_document(values.of_a_kw_of_power),
        "of_a_minute_less_ride_through": figure_document(values.of_a_minute_less_ride_through),
    }


def figure_document(figure: Figure) -> dict[str, Any]:
    """A number, or null with its reason."""
    return {"value": _value(figure), "reason": figure.reason}


def _ups(record: UpsRecord) -> dict[str, Any]:
    wear = record.wear
    return {
        "id": record.ups_id,
        "throughput_kwh": _rounded(wear.throughput_kwh),
        "equivalent_full_cycles": _rounded(wear.equivalent_full_cycles),
        "life_used": figure_document(wear.life_used),
        "stored_at_end_kwh": _rounded(record.stored_kwh[-1]),
    }


def _cash_flow(flow: CashFlow) -> dict[str, Any]:
    project = flow.project
    return {
        "life_years": project.life_years,
        "discount_rate": _rounded(project.nominal_discount_rate),
        "saving_of_first_year": _rounded(sum(line.amount for line in project.savings)),
        "net_present_value": _rounded(flow.net_present_value),
        "internal_rate_of_return": figure_document(flow.internal_rate_of_return),
        "payback_years": figure_document(flow.payback_years),
        "discounted_payback_years": figure_document(flow.discounted_payback_years),
        "benefit_cost_ratio": figure_document(flow.benefit_cost_ratio),
        "years": list(project.years),
        "lines": [
            {
                "name": line.name,
                "kind": line.kind.value,
                "present_value": _rounded(flow.present_value_by_line[line.name]),
                "amounts": [_rounded(amount) for amount in line.amounts],
            }
            for line in flow.lines
        ],
        "net": [_rounded(amount) for amount in flow.net],
        "discounted_net": [_rounded(amount) for amount in flow.discounted_net],
    }


def _range(drawn: Range | None) -> dict[str, float] | None:
    if drawn is None:
        return None
    figures = {name: _rounded(getattr(drawn, name)) for name in ("p10", "p50", "p90", "mean")}
    return figures | {"samples": drawn.samples}


def _bar(bar: TornadoBar) -> dict[str, Any]:
    figures = ("low", "high", "outcome_at_low", "outcome_at_high")
    return {"name": bar.name} | {name: _rounded(getattr(bar, name)) for name in figures}


def _value(figure: Figure) -> float | None:
    return None if figure.value is None else _rounded(figure.value)


def _rounded(value: float) -> float:
    return round(value, _DIGITS) + 0.0
