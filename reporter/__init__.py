"""Tells schools and employers whose permit deadlines an outage of the e-services has put at risk."""

__version__ = "0.1.0"
