"""Many systems behind one meter, solved by column generation to a proven gap.

`cheapest_fleet_plan` has the dynamic program of each battery as its oracle (`pip install "ridethrough[studies]"`);
`reasons_against_fleet` says where it does not apply.
"""

from ridethrough.optimizer.fleet.layout import reasons_against_fleet
from ridethrough.optimizer.fleet.optimum import cheapest_fleet_plan

__all__ = ["cheapest_fleet_plan", "reasons_against_fleet"]
