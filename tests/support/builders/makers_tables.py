"""Runtime tables of seven units as their makers print them: minutes by load.

APC Smart-UPS 650, 1000 and 1400 (W): user manual of the Smart-UPS 420/650/1000/1400, "How to determine on-battery run
time", https://www.manualsdir.com/manuals/45036/apc-650-1400-1000-420.html?page=22.
Liebert GXT3 with 0, 1, 2 and 4 external battery cabinets (% of the rating): user manual, table 11,
https://manualsdump.com/en/manuals/emerson-gxt3_230v/114813/42.
"""

_APC_W = (50, 75, 100, 150, 200, 250, 300, 350, 400, 500, 550, 600, 700, 800, 900, 1000, 1200)
_PERCENT = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
_MINUTES = {
    "APC Smart-UPS 650": (90, 64, 49, 29, 22, 17, 14, 11, 9.3, 7.2, 6.5, 5.8),
    "APC Smart-UPS 1000": (167, 125, 98, 64, 47, 35, 27, 22, 19, 14, 13, 11, 9, 7.7, 6.6, 5.8),
    "APC Smart-UPS 1400": (306, 236, 190, 133, 99, 74, 60, 50, 42, 29, 26, 23, 19, 16, 13, 11, 8.8),
    "Liebert GXT3": (105, 52, 40, 27, 21, 17, 14, 12, 10, 9),
    "Liebert GXT3 with 1 cabinet": (187, 106, 78, 53, 47, 40, 34, 28, 23, 21),
    "Liebert GXT3 with 2 cabinets": (217, 146, 106, 91, 71, 53, 49, 45, 41, 37),
    "Liebert GXT3 with 4 cabinets": (360, 205, 159, 124, 106, 98, 83, 75, 66, 53),
}

MAKERS_TABLES: dict[str, dict[float, float]] = {
    name: dict(zip(_APC_W if "APC" in name else _PERCENT, minutes, strict=False)) for name, minutes in _MINUTES.items()
}
"""Minutes by load, by unit."""
