import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # tests share tariff_strategies.py, and have no package
