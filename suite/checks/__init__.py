"""Conformance rules for plugins: what is asked of every model, and how it is found out."""
