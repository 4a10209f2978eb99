"""Can the records be believed: checks, verification, joining and exchange."""
