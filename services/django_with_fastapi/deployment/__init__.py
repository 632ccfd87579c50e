"""Django's pages and FastAPI's routes in one process, at one address, on one database."""
