"""Charts: Vega-Lite specifications, the pictures made of them, and their page."""
