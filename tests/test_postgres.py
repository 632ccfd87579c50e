import multiprocessing
import os
import pwd
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from webtrial.errors import LaunchError
from webtrial.measure import postgres as databases
from webtrial.measure.embedded import SERVER_SETTINGS, embedded
from webtrial.measure.postgres import (
    DATABASE_SETTINGS,
    can_count_statements,
    create_database,
    database_url,
    drop_database,
    drop_run_databases,
    external,
    new_prefix,
    redacted,
    seal_template,
)
from webtrial.system.supervisor import temporary_scratch_dir

ROOT = Path(__file__).parent.parent


def value(url, query, *parameters):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query, parameters).fetchone()[0]


def names(server, prefix):
    with psycopg.connect(server.url) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s || '%%'", [prefix]
        )
        return {name for (name,) in rows}


@pytest.fixture
def server(postgres):
    """A run's view of the tests' PostgreSQL: nothing of it stays."""
    of_this_test = replace(postgres, prefix=new_prefix())
    yield of_this_test
    drop_run_databases(of_this_test)


@pytest.fixture
def role(postgres):
    """A login that may do nothing."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS webtrial_guest")
        connection.execute("CREATE ROLE webtrial_guest LOGIN PASSWORD 'guestword'")
        parts = urlsplit(postgres.url)
        address = parts.netloc.rpartition("@")[2]
        yield f"postgresql://webtrial_guest:guestword@{address}{parts.path}"
        connection.execute("DROP ROLE webtrial_guest")


def test_a_new_database_has_the_settings_that_the_report_prints(server):
    url = create_database(server, "plain")
    for name, expected in DATABASE_SETTINGS.items():
        assert value(url, "SELECT current_setting(%s)", name) == expected


def test_a_clone_holds_what_its_sealed_template_held_and_has_the_settings_too(server):
    url = create_database(server, "template")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE marks AS SELECT generate_series(1, 1000) AS mark")
    seal_template(server, "template")
    clone = create_database(server, "flask-raw", "template")
    assert value(clone, "SELECT sum(mark) FROM marks") == 500500
    assert value(clone, "SHOW plan_cache_mode") == "force_custom_plan"


def test_a_sealed_template_lets_nobody_in_and_throws_out_who_is_in(server):
    url = create_database(server, "template")
    with psycopg.connect(url, autocommit=True) as inside:
        seal_template(server, "template")
        with pytest.raises(psycopg.OperationalError):
            inside.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(url)


def test_a_database_is_dropped_with_its_sessions_and_dropping_it_again_is_no_fault(server):
    url = create_database(server, "busy")
    with psycopg.connect(url):
        drop_database(server, "busy")
    drop_database(server, "busy")
    assert names(server, server.prefix) == set()


def test_a_run_drops_all_of_its_own_databases_and_none_of_another_run(server):
    other = replace(server, prefix=new_prefix())
    create_database(other, "kept")
    create_database(server, "template")
    create_database(server, "one")
    seal_template(server, "template")
    drop_run_databases(server)
    assert names(server, server.prefix) == set()
    assert names(other, other.prefix) == {other.prefix + "kept"}
    drop_run_databases(other)


@pytest.mark.parametrize("name", ["", "Robert'; DROP", "Ä" * 60])
def test_an_invalid_database_name_is_refused(server, name):
    with pytest.raises(LaunchError, match="is not a valid database name"):
        create_database(server, name)


def test_long_names_are_cut_short_and_told_apart(server):
    long = [f"{'fastapi-gather-' * 5}{ending}" for ending in ("no-index", "index")]
    full = {urlsplit(create_database(server, name)).path.lstrip("/") for name in long}
    assert names(server, server.prefix) == full
    assert (len(full), {len(name) for name in full}) == (2, {63})
    drop_database(server, long[0])
    assert len(names(server, server.prefix)) == 1


def test_options_of_the_url_reach_the_databases_of_the_run(server):
    with_options = replace(server, url="postgresql://u:p@localhost:5/postgres?sslmode=require")
    assert database_url(with_options, "one") == (
        f"postgresql://u:p@localhost:5/{server.prefix}one?sslmode=require"
    )


def test_statements_are_counted_where_the_extension_is_loaded_and_allowed(postgres, role):
    if os.environ.get("DATABASE_URL"):
        pytest.skip("another server may or may not count")
    assert can_count_statements(postgres)
    assert not can_count_statements(replace(postgres, url=role))
    assert (
        value(postgres.url, "SELECT count(*) FROM pg_extension WHERE extname LIKE 'pg_stat%%'") == 0
    )


def test_the_embedded_server_runs_with_the_settings_that_the_report_prints(postgres):
    if postgres.pid is None:
        pytest.skip("DATABASE_URL names another server")
    for name, expected in SERVER_SETTINGS.items():
        assert value(postgres.url, "SELECT current_setting(%s)", name) == expected
    assert psutil.Process(postgres.pid).name() == "postgres"


def test_the_embedded_server_wants_its_password(postgres):
    if postgres.pid is None:
        pytest.skip("DATABASE_URL names another server")
    parts = urlsplit(postgres.url)
    wrong = f"postgresql://{parts.username}:wrong@127.0.0.1:{parts.port}/postgres"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_an_external_server_is_given_back_as_it_was(postgres):
    with external(postgres.url, connections=50) as server:
        assert (server.pid, server.version) == (None, postgres.version)
        create_database(server, "template")
        seal_template(server, "template")
        assert names(postgres, server.prefix) == {f"{server.prefix}template"}
    assert names(postgres, server.prefix) == set()


def test_what_a_killed_run_left_on_an_external_server_is_dropped_by_the_next(postgres):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]) as owner:
        started = int(psutil.Process(owner.pid).create_time())
        prefix = f"{databases._machine_prefix()}{owner.pid}_{started}_00ff_"
        run = replace(postgres, prefix=prefix)
        create_database(run, "template")
        with external(postgres.url, connections=50):
            assert names(run, prefix) == {prefix + "template"}, "its owner lives"
        owner.kill()
    with external(postgres.url, connections=50):
        assert names(run, prefix) == set()


def test_a_login_that_may_not_create_databases_is_refused_with_the_remedy(role):
    with pytest.raises(LaunchError, match="CREATEDB"), external(role, connections=50):
        pass


def test_too_few_connections_are_named_with_their_number(postgres):
    wanted = pytest.raises(LaunchError, match="but 100000 are needed: raise its max_connections by")
    with wanted, external(postgres.url, connections=100_000):
        pass


@pytest.mark.parametrize(
    "url",
    [
        "mysql://someone:hushhush@127.0.0.1/x",
        "postgresql://someone:hushhush@127.0.0.1:1/x",
        "postgresql://someone:hushhush@127.0.0.1:port/x",
        "postgresql:///x?password=hushhush",
        "someone:hushhush@127.0.0.1",
        "hushhush",
        "postgresql://someone:hushhush/p@127.0.0.1/x",
        "postgresql://someone:p@hushhush/p@127.0.0.1/x",
        "postgresql://someone:hushhush#p@127.0.0.1/x",
        "postgresql://someone:hushhush[p@127.0.0.1/x",
    ],
)
def test_a_bad_url_is_refused_without_showing_the_password(url):
    with pytest.raises(LaunchError) as caught, external(url, connections=1):
        pass
    assert "hushhush" not in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)


def test_a_wrong_password_is_refused_without_showing_it(role):
    with (
        pytest.raises(LaunchError) as caught,
        external(role.replace("guestword", "hushhush"), connections=1),
    ):
        pass
    assert "hushhush" not in str(caught.value)


def test_a_url_is_shown_without_its_secrets():
    assert redacted("postgresql://u:p@h:5/x?password=p") == "postgresql://h:5/x"


def test_two_embedded_servers_stand_side_by_side_and_leave_nothing(scratch):
    with embedded(scratch, max_connections=20) as one, embedded(scratch, max_connections=20) as two:
        assert one.url != two.url
        assert value(one.url, "SHOW max_connections") == value(two.url, "SHOW max_connections")
    assert list(scratch.iterdir()) == []
    assert not psutil.pid_exists(one.pid) and not psutil.pid_exists(two.pid)


def test_an_embedded_server_lives_in_a_path_with_a_space(scratch):
    spaced = scratch / "a space"
    spaced.mkdir()
    with embedded(spaced, max_connections=20) as server:
        assert value(server.url, "SELECT 1") == 1


def test_an_embedded_server_that_cannot_start_says_why(scratch):
    with pytest.raises(LaunchError, match="max_connections"), embedded(scratch, max_connections=-1):
        pass
    assert list(scratch.iterdir()) == []


def serve_as_nobody(outcome):
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    with temporary_scratch_dir() as folder, embedded(folder, max_connections=20) as server:
        owner = psutil.Process(server.pid).uids().real
        outcome.send((owner == os.getuid() != 0, value(server.url, "SELECT 1")))


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_an_ordinary_user_has_an_embedded_server_too(postgres):
    """In a fork, since `nobody` may not be able to reach this Python."""
    if not all(folder.stat().st_mode & 0o001 for folder in Path(psycopg.__file__).parents):
        pytest.skip("nobody can reach what is installed here")
    assert value(postgres.url, "SELECT 1") == 1  # everything is imported that will be needed
    forking = multiprocessing.get_context("fork")
    reading, writing = forking.Pipe(duplex=False)
    child = forking.Process(target=serve_as_nobody, args=[writing])
    child.start()
    writing.close()
    assert reading.recv() == (True, 1)
    child.join()
    assert child.exitcode == 0
