"""Flask's routes on their way to FastAPI, a group at a time, behind one address."""
