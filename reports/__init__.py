"""From scored records to tables and pages."""
