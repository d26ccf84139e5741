"""`python -m ridethrough` is `ridethrough`."""

from ridethrough.api.commands.cli import main

main()
