"""Flask's routes during a migration to FastAPI, group by group, at one address."""
