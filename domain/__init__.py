"""Vocabulary: frozen values that cannot be impossible. Standard library only."""

from domain.battery import Battery
from domain.horizon import Horizon, Interval
from domain.reserve import Binding, ReservePolicy, ReserveRequirement, recharge_h, reserve_requirement
from domain.series import LoadForecast, PriceSeries
from domain.site import Interconnection, Site
from domain.state import SiteState
from domain.ups import UpsMode, UpsSystem
from domain.validation import Fault, UnableToAccept

__all__ = [
    "Battery",
    "Binding",
    "Fault",
    "Horizon",
    "Interconnection",
    "Interval",
    "LoadForecast",
    "PriceSeries",
    "ReservePolicy",
    "ReserveRequirement",
    "Site",
    "SiteState",
    "UnableToAccept",
    "UpsMode",
    "UpsSystem",
    "recharge_h",
    "reserve_requirement",
]
