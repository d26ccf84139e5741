"""The shipped chemistries by their name."""

from collections.abc import Mapping

from ridethrough.domain.wear.chemistries.chemistry import Chemistry
from ridethrough.domain.wear.chemistries.lithium import LFP, LFP_POWER, LMO, NCA, NMC
from ridethrough.domain.wear.chemistries.other import LEAD_ACID, SUPERCAPACITOR

CHEMISTRIES: Mapping[str, Chemistry] = {
    each.name: each for each in (LFP, LFP_POWER, NMC, NCA, LMO, LEAD_ACID, SUPERCAPACITOR)
}
