"""What commands and Python do alike: act, and return records and data frames."""
