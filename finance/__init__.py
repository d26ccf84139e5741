"""What a saving is worth: the savings study, battery wear, cash flow, and how uncertain they are.

`study` runs a closed loop over a site's record and compares two exact bills. `wear` counts battery cycles. `project`
turns a yearly saving into a cash flow. `reports` writes a study as a page, a workbook or CSV. Only `api` imports it.
"""

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
    Range,
    SavingsHistory,
    YearDraws,
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
    "Project",
    "Range",
    "Replacement",
    "SavingsHistory",
    "Taxes",
    "TornadoBar",
    "Wear",
    "YearDraws",
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
