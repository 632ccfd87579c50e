"""The routes without Pydantic: responses are dictionaries, and requests are checked here."""
