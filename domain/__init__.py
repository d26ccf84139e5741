"""Vocabulary: frozen values that cannot be impossible. Standard library only."""

from ridethrough.domain.conditions import ConditionKind, ReserveCondition
from ridethrough.domain.equipment.battery import Battery
from ridethrough.domain.equipment.swing import Capacitor, LoadSwing, Smoothing
from ridethrough.domain.equipment.ups import UpsMode, UpsSystem
from ridethrough.domain.horizon import Horizon, Interval
from ridethrough.domain.reserve import Binding, ReserveRequirement, recharge_h, reserve_requirement
from ridethrough.domain.ride_through.duty import BackupDuty, DutyStep
from ridethrough.domain.ride_through.generator import GeneratorSequence, GeneratorStarts, StartAttempt
from ridethrough.domain.ride_through.policy import Combination, ReservePolicy
from ridethrough.domain.ride_through.shutdown import CleanShutdown
from ridethrough.domain.series import LoadForecast, PriceSeries
from ridethrough.domain.site import Interconnection, Site
from ridethrough.domain.state import SiteState
from ridethrough.domain.validation import Fault, UnableToAccept
from ridethrough.domain.wear.cycles import CycleStress
from ridethrough.domain.wear.wear_model import WearModel

__all__ = [
    "BackupDuty",
    "Battery",
    "Binding",
    "Capacitor",
    "CleanShutdown",
    "Combination",
    "ConditionKind",
    "CycleStress",
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
    "WearModel",
    "recharge_h",
    "reserve_requirement",
]
