"""What the probes find on the services, and that they find nothing where there is nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.capabilities.careless import careless_service
from tests.capabilities.conftest import NOWHERE, Found, by_question
from tests.contract.stage import Seeded, settings_of
from tests.test_launch import SETTINGS, small
from webtrial.errors import CapabilityError
from webtrial.measure.capabilities import makeup, migration, migrations, sockets
from webtrial.measure.capabilities.documentation import NOTHING_LOADED
from webtrial.measure.capabilities.examine import findings_of
from webtrial.measure.capabilities.origins import NONE, PROVIDERS
from webtrial.measure.capabilities.probes import NOT_APPLICABLE, PROBES, Answer, Subject, probe
from webtrial.measure.capabilities.source import Source
from webtrial.measure.capabilities.sources import Sources
from webtrial.measure.launch import launch_stack
from webtrial.measure.postgres import drop_database
from webtrial.results.capabilities.estimate import capability_findings
from webtrial.run.capabilities import COLUMNS, NO, YES, Finding

pytestmark = pytest.mark.full

FRAMEWORKS = ("Django", "Flask", "FastAPI")
IN_THE_BOX = {
    "validation": (YES, NO, YES),
    "documentation": (NO, NO, YES),
    "session login": (YES, NO, NO),
    "bearer token": (NO, NO, YES),
    "admin": (YES, NO, NO),
    "migrations": (YES, NO, NO),
    "ORM": (YES, NO, NO),
    "async database": (YES, NO, NO),
    "WebSocket": (NO, NO, YES),
    "background work": (NO, NO, YES),
}
EXTRA_STACKS = {
    "validation": ("djangorestframework", "marshmallow", NONE),
    "documentation": (
        "drf-spectacular",
        "flask-smorest, flask-swagger-ui",
        "fastapi-standalone-docs",
    ),
    "session login": (NONE, "Flask-Login", NONE),
    "ORM": (NONE, "Flask-SQLAlchemy, SQLAlchemy", NONE),
    "async database": (NONE, NONE, "asyncpg"),
}
WORKS = {
    ("validation", "faults named out of three"): ("3", "3", "3"),
    ("documentation", "OpenAPI document"): (YES, YES, YES),
    ("documentation", "interactive page at /docs"): (YES, YES, YES),
    ("documentation", "second page at /redoc"): (NO, NO, YES),
    ("documentation", "other hosts that /docs loads from"): ("0", "0", "0"),
    ("documentation", "page at /docs without configuration"): (NO, NO, YES),
    ("session login", "page for signed-in users"): (YES, YES, NO),
    ("session login", "rejects a cross-site form"): (YES, YES, NO),
    ("bearer token", "route protected by a JWT"): (YES, YES, YES),
    ("admin", "lists users to staff"): (YES, NO, NO),
    ("migrations", "applied to the service's database"): (YES, NO, NO),
    ("WebSocket", "minimal service echoes a message"): (NO, NO, YES),
    ("WebSocket", "extra package that the server needs"): (NONE, NONE, "wsproto"),
    ("background work", "responds before the work is done"): (YES, YES, YES),
    ("printed code", "search handler runs"): (NOT_APPLICABLE, NOT_APPLICABLE, NO),
}
CAPABILITY_AT = list(COLUMNS).index("capability")
OUT_OF_DATE = "data/capabilities.csv is out of date: `make capabilities`"
NOTHING = {NO, NONE, "0", NOTHING_LOADED, NOT_APPLICABLE}


def values(found: Found, capability: str, question: str) -> tuple[str, ...]:
    return tuple(found[framework, capability, question].value for framework in FRAMEWORKS)


@pytest.mark.parametrize("question", WORKS)
def test_what_works(found: Found, question: tuple[str, str]) -> None:
    assert values(found, *question) == WORKS[question]


@pytest.mark.parametrize("capability", PROVIDERS)
def test_what_comes_with_the_framework(found: Found, capability: str) -> None:
    assert values(found, capability, "comes with the framework") == IN_THE_BOX[capability]


@pytest.mark.parametrize("capability", EXTRA_STACKS)
def test_which_other_packages_are_used(found: Found, capability: str) -> None:
    assert values(found, capability, "other packages used for it") == EXTRA_STACKS[capability]


def test_the_cookie_of_a_session_is_hidden_from_scripts(found: Found) -> None:
    django, flask, fastapi = values(found, "session login", "session cookies")
    assert "sessionid: HttpOnly, Secure, SameSite=Lax" in django
    assert flask == "session: HttpOnly, Secure, SameSite=Lax"
    assert fastapi == NONE


def test_fastapi_by_itself_loads_its_page_from_elsewhere(found: Found) -> None:
    question = "other hosts that /docs loads from without configuration"
    assert values(found, "documentation", question)[:2] == (NOTHING_LOADED, NOTHING_LOADED)
    alone = found["FastAPI", "documentation", question]
    assert int(alone.value) > 0
    assert "cdn.jsdelivr.net" in alone.evidence


def test_the_printed_search_fails_for_the_reason_that_is_told(found: Found) -> None:
    evidence = found["FastAPI", "printed code", "search handler runs"].evidence
    assert "GET /products/search: 500, GET /products/search-in-turn: 200" in evidence
    assert "InterfaceError" in evidence


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_lines_by_purpose_add_up(found: Found, framework: str) -> None:
    lines = {
        question: int(finding.value)
        for (asked, capability, question), finding in found.items()
        if (asked, capability) == (framework, "lines of code")
    }
    assert lines.pop("total") == sum(lines.values())
    assert lines["validation"] == int(found[framework, "validation", "lines of code"].value)
    assert (lines["admin"] > 0) == (framework == "Django")
    assert all(lines[each] > 0 for each in ("routes", "security", "errors", "templates"))


def test_the_file_is_what_the_probes_find_now(found: Found) -> None:
    kept = {row for row in written_rows() if row[CAPABILITY_AT] != migration.CAPABILITY}
    assert kept == rows_of(found.values()), OUT_OF_DATE


def test_the_file_is_what_is_found_now_on_the_way(moved: list[Finding]) -> None:
    kept = {row for row in written_rows() if row[CAPABILITY_AT] == migration.CAPABILITY}
    assert kept == rows_of(by_question(moved).values()), OUT_OF_DATE


def written_rows() -> set[tuple[str, ...]]:
    """Those of the file that no other machine or day would change."""
    written = capability_findings()
    lasting = written[written["machine"] == ""]
    return {tuple(row) for row in lasting[list(COLUMNS)].to_numpy().tolist()}


def rows_of(findings: Iterable[Finding]) -> set[tuple[str, ...]]:
    """The same of what was found."""
    return {
        tuple(getattr(finding, name) for name in COLUMNS)
        for finding in findings
        if not finding.machine
    }


def test_the_file_has_the_figures_of_every_framework_with_their_machine_and_day() -> None:
    written = capability_findings()
    figures = written[written["unit"].isin(["s", "MiB"])]
    assert (figures["value"].astype(float) > 0).all()
    assert figures["measured_at"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert (figures["machine"] != "").all()
    asked = figures.groupby(["capability", "question"])["framework"].agg(tuple)
    assert {"cold start", "memory", "installed packages"} == set(asked.index.unique(0))
    assert (asked == FRAMEWORKS).all()


def test_evidence_in_sources_is_a_line_that_is_there(found: Found, asked: list[Subject]) -> None:
    held = {
        f"{file.folder}/{file.path}:{line}"
        for subject in asked
        for file in subject.sources.files
        for line in file.lines
    }
    places = {
        place
        for (_, _, question), finding in found.items()
        if question == "other packages used for it" and finding.evidence != NONE
        for place in finding.evidence.split(", ")
    }
    assert places
    assert places <= held


# --- where there is nothing


@pytest.fixture(scope="module")
def bare(asked: list[Subject], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """A service that answers every GET with the same text, of no framework and no sources."""
    log = tmp_path_factory.mktemp("bare") / "log"
    some = asked[0].anatomy
    anatomy = some.model_copy(update={"requirements": ("idna",)})
    with launch_stack(small(), SETTINGS, None, log) as service:
        yield Subject(
            "none",
            anatomy,
            service.stack,
            SETTINGS,
            Sources((), some.purposes),
            service.url,
            service.url,
            "account001",
            "password",
        )


@pytest.mark.parametrize("capability", [name for name in PROBES if name != "installed packages"])
def test_a_probe_finds_nothing_where_there_is_nothing(bare: Subject, capability: str) -> None:
    answers = [answer for ask in PROBES[capability] for answer in ask(bare)]
    assert answers
    assert {
        answer.question: answer.value for answer in answers if answer.value not in NOTHING
    } == {}


def test_what_is_there_by_half_is_told_from_what_is_there(bare: Subject) -> None:
    with careless_service(bare.account) as url:
        careless = replace(bare, url=url, alone_url=url)
        found = {(each.capability, each.question): each.value for each in findings_of(careless)}
    assert found["validation", "faults named out of three"] == "1"
    assert found["documentation", "OpenAPI document"] == NO
    assert found["documentation", "interactive page at /docs"] == YES
    assert found["documentation", "other hosts that /docs loads from"] == "2"
    assert found["session login", "page for signed-in users"] == YES
    assert found["session login", "session cookies"] == "visitor: no flags"
    assert found["session login", "rejects a cross-site form"] == NO
    assert found["bearer token", "route protected by a JWT"] == NO
    assert found["admin", "lists users to staff"] == NO
    assert found["background work", "responds before the work is done"] == NO


def test_a_package_by_itself_is_one_package(bare: Subject) -> None:
    answers = {each.question: each.value for each in makeup.by_themselves(bare)}
    assert answers["the service: packages"] == "1"
    assert answers["the service: package names"] == "idna"
    assert float(answers["the service: size"]) > 0


def test_a_handshake_that_is_refused_is_told_with_its_status(bare: Subject) -> None:
    assert sockets.exchange_text(bare.url, "hello") == (200, None)


def test_a_migration_that_is_missing_is_noticed(asked: list[Subject], seeded: Seeded) -> None:
    (django,) = (each for each in asked if each.framework == "Django")
    settings = settings_of(seeded, django.stack, "asked-unmigrated", NOWHERE)
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'admin'")
    try:
        (answer,) = migrations.are_applied(replace(django, settings=settings))
    finally:
        drop_database(seeded.server, "asked-unmigrated")
    assert answer.value == NO


def test_an_import_that_no_requirement_brings_is_named(bare: Subject) -> None:
    source = Source("service", "app.py", "import os\nimport marshmallow\n")
    using = replace(bare, sources=Sources((source,), bare.anatomy.purposes))
    with pytest.raises(CapabilityError, match=r"service/app.py:2 imports marshmallow: add marsh"):
        list(makeup.by_themselves(using))


def test_a_function_is_all_that_a_probe_needs(bare: Subject) -> None:
    @probe("teapot")
    def pours(subject: Subject) -> Iterator[Answer]:
        yield Answer("pours", YES, "tried", subject.framework)

    try:
        last = list(findings_of(bare))[-1]
    finally:
        del PROBES["teapot"]
    assert (last.framework, last.capability, last.question) == ("none", "teapot", "pours")


def test_no_copy_of_the_sources_is_left_in_services(asked: list[Subject]) -> None:
    for subject in asked:
        assert not Path(subject.stack.folder).is_absolute()
