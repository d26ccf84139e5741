"""What the savings are worth after wear: cash flow, ranges, and the battery's life."""

from finance.cash_flow import CashFlow, cash_flow
from finance.depreciation import EXPENSED, Depreciation, macrs, straight_line
from finance.figure import Figure
from finance.incentives import Incentive
from finance.lines import CashFlowLine, LineKind
from finance.project import Asset, Project, Replacement, YearlyAmount
from finance.rainflow import Cycle, rainflow
from finance.returns import Discounting
from finance.sensitivity import Lever, TornadoBar, tornado
from finance.taxes import Losses, Taxes
from finance.uncertainty import (
    Bootstrap,
    Luck,
    Range,
    SavingsHistory,
    annual_savings_range,
    net_present_value_range,
)
from finance.wear import BetweenPoints, CycleLife, Wear, battery_wear

__all__ = [
    "EXPENSED",
    "Asset",
    "BetweenPoints",
    "Bootstrap",
    "CashFlow",
    "CashFlowLine",
    "Cycle",
    "CycleLife",
    "Depreciation",
    "Discounting",
    "Figure",
    "Incentive",
    "Lever",
    "LineKind",
    "Losses",
    "Luck",
    "Project",
    "Range",
    "Replacement",
    "SavingsHistory",
    "Taxes",
    "TornadoBar",
    "Wear",
    "YearlyAmount",
    "annual_savings_range",
    "battery_wear",
    "cash_flow",
    "macrs",
    "net_present_value_range",
    "rainflow",
    "straight_line",
    "tornado",
]
