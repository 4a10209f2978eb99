"""The rules of a run: presets, seeds and splits."""
