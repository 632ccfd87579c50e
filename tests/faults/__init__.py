"""Faults that are injected while a real run is going."""
