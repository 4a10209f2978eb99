"""From a plan to results: processes, limits, lanes."""
