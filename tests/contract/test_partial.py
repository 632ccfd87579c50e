"""Stacks that serve a part of the contract: their answers there are those of the others."""

import pytest

from tests.contract.judging import refused
from tests.contract.stage import DEPLOYED, EVERY, client_of, served
from webtrial.load.requests import seeded_data_from
from webtrial.load.scenarios import targets
from webtrial.measure.response_agreement import agreed_responses

FIRST, *_ = DEPLOYED  # serves all
PARTIAL = {name: stack for name, stack in EVERY.items() if stack.serves}
FROM_MEMORY = [name for name, stack in PARTIAL.items() if stack.data_access == "none"]


@pytest.fixture(scope="module")
def found(seeded, package_upstreams, logs):
    """Those that serve a part, each on its own clone."""
    urls = package_upstreams.inventory.url, package_upstreams.analytics.url
    with served(seeded, "partial", urls, logs, PARTIAL) as services:
        yield services
        for each in services.values():
            each.expect_no_exception()


@pytest.mark.parametrize("name", PARTIAL)
def test_what_a_stack_serves_it_answers_as_the_others_do(found, deployed, seeded, name):
    seeded_data = seeded_data_from(seeded.built, seeded.password)
    scenarios = list(PARTIAL[name].serves)
    asked = [target for scenario in scenarios for target in targets(scenario, seeded_data)]
    urls = {FIRST: deployed[FIRST].url, name: found[name].url}
    answers = agreed_responses(urls, dict.fromkeys(urls, scenarios), seeded_data, {})
    assert answers[name].keys() == set(asked) != set()


@pytest.mark.parametrize("name", PARTIAL)
def test_who_is_not_there_is_not_found(found, name):
    with client_of(found[name].url) as client:
        assert refused(client.get("/users/0"), 404)


@pytest.mark.parametrize("name", FROM_MEMORY)
def test_a_stack_that_answers_from_memory_holds_no_connection(found, name):
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'
    """
    assert found[name].rows(query) == [(1,)]  # the one that asks
