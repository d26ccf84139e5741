"""What the savings are worth after wear: cash flow, ranges, and the battery's life."""

from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import CashFlow, cash_flow
from ridethrough.finance.project.depreciation import EXPENSED, Depreciation, macrs, straight_line
from ridethrough.finance.project.incentives import Incentive
from ridethrough.finance.project.lines import CashFlowLine, LineKind
from ridethrough.finance.project.project import Asset, Project, Replacement, YearlyAmount
from ridethrough.finance.project.returns import Discounting
from ridethrough.finance.project.sensitivity import Lever, TornadoBar, tornado
from ridethrough.finance.project.taxes import Losses, Taxes
from ridethrough.finance.project.uncertainty import (
    Bootstrap,
    Luck,
    Range,
    SavingsHistory,
    annual_savings_range,
    net_present_value_range,
)
from ridethrough.finance.wear.rainflow import Cycle, rainflow
from ridethrough.finance.wear.wear import BetweenPoints, CycleLife, Wear, battery_wear

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
