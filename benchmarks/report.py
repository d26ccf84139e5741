"""Put the last results into the documentation: every table between its marks, and the machine.

PYTHONPATH=. python -m benchmarks.report

A mark is `<!-- benchmarks.steps -->`, the next `<!-- end -->` ends what it stands for. Tables without results stay.
"""

import re
import sys
from pathlib import Path

from benchmarks.timing import RESULTS
from ridethrough.api.cases.bench.bench import machine

PAGE = Path("docs/performance.md")
_MARKED = re.compile(r"(<!-- benchmarks\.(\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    PAGE.write_text(_MARKED.sub(_filled, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _filled(marked: re.Match[str]) -> str:
    before, name, after = marked.groups()
    if name == "machine":
        return f"{before}{machine()}\n{after}"
    file = RESULTS / f"{name}.md"
    return f"{before}\n{file.read_text(encoding='utf-8').strip()}\n\n{after}" if file.exists() else marked[0]


if __name__ == "__main__":
    sys.exit(main())
