"""The routes without Pydantic: rows go out as dictionaries, and what comes in is checked here."""
