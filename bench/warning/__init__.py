"""Speed and quality of the warning room; ``python -m bench.warning``."""
