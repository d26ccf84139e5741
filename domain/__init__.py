"""Vocabulary: frozen values that cannot be impossible. Standard library only."""

from domain.battery import Battery
from domain.conditions import ConditionKind, ReserveCondition
from domain.duty import BackupDuty, DutyStep
from domain.generator import GeneratorSequence, GeneratorStarts, StartAttempt
from domain.horizon import Horizon, Interval
from domain.policy import Combination, ReservePolicy
from domain.reserve import Binding, ReserveRequirement, recharge_h, reserve_requirement
from domain.series import LoadForecast, PriceSeries
from domain.shutdown import CleanShutdown
from domain.site import Interconnection, Site
from domain.state import SiteState
from domain.swing import Capacitor, LoadSwing, Smoothing
from domain.ups import UpsMode, UpsSystem
from domain.validation import Fault, UnableToAccept

__all__ = [
    "BackupDuty",
    "Battery",
    "Binding",
    "Capacitor",
    "CleanShutdown",
    "Combination",
    "ConditionKind",
    "DutyStep",
    "Fault",
    "GeneratorSequence",
    "GeneratorStarts",
    "Horizon",
    "Interconnection",
    "Interval",
    "LoadForecast",
    "LoadSwing",
    "PriceSeries",
    "ReserveCondition",
    "ReservePolicy",
    "ReserveRequirement",
    "Site",
    "SiteState",
    "Smoothing",
    "StartAttempt",
    "UnableToAccept",
    "UpsMode",
    "UpsSystem",
    "recharge_h",
    "reserve_requirement",
]
