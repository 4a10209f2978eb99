"""Fitted models in files: written, described, and read without executing anything in them."""
