"""`ridethrough` whose service lets an address show any number of invalid keys: a test asks every route with some."""

from ridethrough.api.commands.cli import main
from ridethrough.api.http.access.limits import Limits

if __name__ == "__main__":
    Limits.__init__.__kwdefaults__["failures_per_minute"] = 1_000_000
    main()
