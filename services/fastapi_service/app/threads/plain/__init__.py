"""The routes without Pydantic."""
