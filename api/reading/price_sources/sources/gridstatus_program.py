"""The program that asks gridstatus, in a Python of its own: its dependencies are many, and none of ours.

In, on standard input: `{"iso", "location", "start", "end"}` as JSON. Out: `{"start", "end", "price"}`, lists of seconds
since 1970 and of prices per MWh, in USD. Exit code 3: gridstatus is not installed. It imports nothing of Ridethrough.
"""

import importlib
import json
import sys

NOT_INSTALLED = 3


def main() -> None:
    """Answer one question."""
    asked = json.load(sys.stdin)
    try:
        gridstatus = importlib.import_module("gridstatus")
    except ImportError:
        sys.exit(NOT_INSTALLED)
    iso = gridstatus.get_iso(asked["iso"].lower())()
    of_settlement_points = asked["iso"].lower() == "ercot"
    ask, column = (iso.get_spp, "SPP") if of_settlement_points else (iso.get_lmp, "LMP")
    found = ask(date=asked["start"], end=asked["end"], market="DAY_AHEAD_HOURLY", locations=[asked["location"]])
    rows = found[found["Location"] == asked["location"]]
    answer = {
        "start": [int(each.timestamp()) for each in rows["Interval Start"]],
        "end": [int(each.timestamp()) for each in rows["Interval End"]],
        "price": [float(each) for each in rows[column]],
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
