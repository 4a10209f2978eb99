"""Datasets: where their files come from, their sums, and the arrays in them."""
