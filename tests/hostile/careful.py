"""What schemathesis has to be told: three things that no OpenAPI document can say."""

from urllib.parse import urlencode

import schemathesis

MOST_MS = 20
LONGEST_QUERY = 4000  # bytes; gunicorn takes a request's first line up to 4,094


@schemathesis.hook
def map_query(context, query):
    """A delay that is valid, but short: not seconds in each of its requests. Whatever is invalid
    stays as it is."""
    delay = (query or {}).get("delay_ms")
    if isinstance(delay, int) and MOST_MS < delay <= 1000:
        return query | {"delay_ms": delay % MOST_MS}
    return query


@schemathesis.hook
def filter_query(context, query):
    """What is too long for a server's first line never comes to a route: test_inputs sends it."""
    return len(urlencode(query or {}, doseq=True)) <= LONGEST_QUERY


@schemathesis.hook
def map_body(context, body):
    """JSON Schema takes 30.0 for an integer, the contract does not, alike in every stack: whole
    numbers are sent without a point."""
    age = body.get("age") if isinstance(body, dict) else None
    if isinstance(age, float) and age.is_integer():
        return body | {"age": int(age)}
    return body
