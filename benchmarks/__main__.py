"""Every benchmark, one after the other, each in a process of its own; then the tables of `docs/performance.md`.

PYTHONPATH=$(make -s support) python -m benchmarks [--without fleets stateless_service] [--linopy VENV/bin/python]

Takes the better part of an hour, most of it for the linear program of the largest fleet. Exits with 1 where one failed.
"""

import argparse
import subprocess
import sys

NAMES = ("steps", "rolling", "peers", "year", "fleets", "stateless_service", "living_service")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--without", nargs="*", default=[], choices=NAMES)
    arguments.add_argument(
        "--linopy", help="a Python with linopy, for the year; out/peers/linopy/bin/python after peers"
    )
    asked = arguments.parse_args()
    failed = []
    for name in NAMES:
        if name in asked.without:
            continue
        options = ["--linopy", asked.linopy] if name == "year" and asked.linopy else []
        print(f"# {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], check=False).returncode:  # noqa: S603
            failed.append(name)
    subprocess.run([sys.executable, "-m", "benchmarks.report"], check=True)
    for name in failed:
        print(f"{name} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
