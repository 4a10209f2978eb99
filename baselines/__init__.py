"""Classic models, one file each."""
