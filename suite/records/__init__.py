"""What is kept of a run, and the folder that keeps it."""
