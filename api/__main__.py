"""`python -m api` is `ridethrough`."""

from api.cli import main

main()
