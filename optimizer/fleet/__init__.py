"""Many systems behind one meter, solved by column generation to a proven gap.

`cheapest_fleet_plan` prices each battery by its dynamic program (`pip install "ridethrough[studies]"`).
`reasons_against_fleet` gives the reasons why it does not apply to a problem.
"""

from ridethrough.optimizer.fleet.layout import reasons_against_fleet
from ridethrough.optimizer.fleet.optimum import cheapest_fleet_plan

__all__ = ["cheapest_fleet_plan", "reasons_against_fleet"]
