"""What schemathesis has to be told: two things that no OpenAPI document can say."""

import schemathesis

MOST_MS = 20


@schemathesis.hook
def map_query(context, query):
    """A delay that is valid, but short: not seconds in each of its requests. Whatever is invalid
    stays as it is."""
    delay = (query or {}).get("delay_ms")
    if isinstance(delay, int) and MOST_MS < delay <= 1000:
        return query | {"delay_ms": delay % MOST_MS}
    return query


@schemathesis.hook
def map_body(context, body):
    """JSON Schema takes 30.0 for an integer, the contract does not, alike in every stack: whole
    numbers are sent without a point."""
    age = body.get("age") if isinstance(body, dict) else None
    if isinstance(age, float) and age.is_integer():
        return body | {"age": int(age)}
    return body
