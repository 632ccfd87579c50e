"""Requests to other services for dashboard and sources, over persistent connections."""
