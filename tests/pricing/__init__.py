"""An independent reading of OCPI's tariffs, for checking the one in SQL against."""
