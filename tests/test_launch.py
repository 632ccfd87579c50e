import ast
import http.client
import json
import math
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from psycopg import sql

from tests.counted import injected
from tests.waiting import LIMIT_S, holds_within, wait_until
from webtrial.errors import LaunchError
from webtrial.measure import launch, server_process
from webtrial.measure.launch import (
    ServiceSettings,
    build_template,
    clone_for,
    draw_secret,
    launch_stack,
    launch_stacks,
    launch_upstreams,
)
from webtrial.measure.postgres import create_database, drop_database
from webtrial.measure.server_process import _ping
from webtrial.run.stacks import Stack, load_stacks
from webtrial.system import process_tree as children
from webtrial.system.ports import free_port
from webtrial.system.process_tree import runs, start_child, stop_child, stop_children, tree

SMALL = Path(__file__).parent / "small_service"
SETTINGS = ServiceSettings(
    database_url="postgresql://user:word@127.0.0.1:5/name",
    secret_key="drawn",
    inventory_url="http://127.0.0.1:9",
    analytics_url="http://127.0.0.1:9",
)


def small(**environment):
    return Stack(
        name="small",
        title="Small",
        framework="none",
        data_access="raw SQL",
        serialiser="none",
        concurrency="threads",
        server="http.server",
        driver="none",
        folder=str(SMALL),
        command=("{python}", "server.py", "{port}"),
        environment=environment,
    )


@pytest.fixture(autouse=True)
def _services_may_be_slow_to_start(monkeypatch):
    monkeypatch.setattr(server_process, "READY_S", LIMIT_S)


def small_services():
    """The processes below us that serve as `small` does."""
    return {each for each in psutil.Process().children(recursive=True) if is_small(each)}


def is_small(process):
    try:
        return "server.py" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


def get(url, path="/ping"):
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=LIMIT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def listener():
    """A foreign socket that takes connections and never answers."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    holder.listen()
    return holder


def refuses(url):
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) != 0


def test_a_stack_answers_within_the_block_and_is_gone_after_it(tmp_path):
    with launch_stack(small(), SETTINGS, None, tmp_path / "log") as service:
        assert get(service.url)[0] == 200
        assert service.pids()[0] == service.pid
    assert not psutil.pid_exists(service.pid)
    assert service.pids() == []
    assert refuses(service.url)


def test_a_service_sees_its_settings_and_nothing_else_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other")
    settings = replace(SETTINGS, connections=16, processes=2)
    with launch_stack(small(KEY="value"), settings, None, tmp_path / "log") as service:
        seen = ast.literal_eval(get(service.url)[1].decode())
    expected = {
        "DATABASE_URL": SETTINGS.database_url,
        "DATABASE_CONNECTIONS": "8",
        "THREADS": "16",
        "SECRET_KEY": "drawn",
        "INVENTORY_URL": "http://127.0.0.1:9",
        "ANALYTICS_URL": "http://127.0.0.1:9",
        "UPSTREAM_CONNECTIONS": "8",
        "UPSTREAM_TIMEOUT_S": "1.0",
        "TOKEN_LIFETIME_S": "3600",
        "KEY": "value",
    }
    assert expected.items() <= seen.items()
    of_the_system = {
        "PATH",
        "HOME",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "LANG",
        "LC_CTYPE",
        "TZ",
        "PYTHONUTF8",
        "PYTHONUNBUFFERED",
    }
    assert seen.keys() <= expected.keys() | of_the_system


def test_a_service_that_started_on_more_cores_is_moved_with_all_its_threads(tmp_path):
    every, core = os.sched_getaffinity(0), max(os.sched_getaffinity(0))
    wanted = {"small": (small(FORKS="yes", IDLE_THREADS="8"), SETTINGS, tmp_path / "log")}
    with launch_stacks(wanted, [core], every) as services:
        processes = tree(services["small"].pid)
        threads = [thread.id for process in processes for thread in process.threads()]
        assert len(processes) == 2
        assert len(threads) >= 10
        assert {tuple(os.sched_getaffinity(each)) for each in threads} == {(core,)}


def test_a_process_that_ends_while_it_is_moved_is_no_fault(monkeypatch):
    core = max(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        gone = psutil.Process(ended.pid)
    monkeypatch.setattr(children, "tree", lambda _: [gone])
    children.move_to(gone.pid, [core])


def test_a_service_runs_on_the_cores_it_is_given(tmp_path):
    core = max(os.sched_getaffinity(0))
    with launch_stack(small(), SETTINGS, [core], tmp_path / "log") as service:
        assert psutil.Process(service.pid).cpu_affinity() == [core]


def test_a_service_may_open_as_many_files_as_the_system_allows(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with launch_stack(small(), SETTINGS, None, tmp_path / "log") as service:
            limits = Path(f"/proc/{service.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert next(line for line in limits.splitlines() if "open files" in line).split()[3] == str(
        hard
    )


def test_workers_are_counted_and_end_with_their_service(tmp_path):
    with launch_stack(small(FORKS="yes"), SETTINGS, None, tmp_path / "log") as service:
        family = tree(service.pid)
        assert len(family) == 2
        assert [each.pid for each in family] == service.pids()
    assert not any(map(runs, family))


def test_a_service_that_exits_at_start_is_reported_with_the_end_of_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(server_process, "READY_S", math.inf)  # readiness has no deadline here
    dying = launch_stack(small(DIES="SECRET_KEY is missing"), SETTINGS, None, tmp_path / "log")
    with (
        pytest.raises(LaunchError, match=r"small exited with code 1.*\n.*is missing\n.*SECOND"),
        dying,
    ):
        pass


@pytest.mark.parametrize(
    ("environment", "status", "last"),
    [({"IDLE": "yes"}, None, "no connection"), ({"HEALTHY": "no"}, 503, "503")],
)
def test_a_service_that_is_never_ready_is_stopped_and_its_last_response_reported(
    tmp_path, monkeypatch, environment, status, last
):
    clock = SimpleNamespace(monotonic=lambda: math.inf if status in seen else 0, sleep=time.sleep)
    seen, ping = [], _ping

    def see(port):
        seen.append(ping(port))
        return seen[-1]

    monkeypatch.setattr(server_process, "time", clock)  # which runs out once this was seen
    monkeypatch.setattr(server_process, "_ping", see)
    monkeypatch.setattr(server_process, "READY_S", 1.5)
    silent = launch_stack(small(**environment), SETTINGS, None, tmp_path / "log")
    with pytest.raises(LaunchError, match=f"within 1.5 s .last result: {last}"), silent:
        pass
    assert small_services() == set()


def test_a_port_that_another_process_holds_is_left_to_it(tmp_path, monkeypatch):
    with listener() as holder:
        taken = holder.getsockname()[1]
        ports = iter([taken, free_port()])
        monkeypatch.setattr(server_process, "free_port", lambda: next(ports))
        with launch_stack(small(), SETTINGS, None, tmp_path / "log") as service:
            assert urlsplit(service.url).port != taken
            assert get(service.url)[0] == 200
    injected("port in use")


def test_a_response_from_another_process_is_not_taken_for_the_service(tmp_path, monkeypatch):
    """The other process responds to /ping with 200, and ours is alive but does not listen."""
    with launch_stack(small(), SETTINGS, None, tmp_path / "stranger") as stranger:
        monkeypatch.setattr(server_process, "free_port", lambda: urlsplit(stranger.url).port)
        silent = launch_stack(small(IDLE="yes"), SETTINGS, None, tmp_path / "log")
        with pytest.raises(LaunchError, match="other processes took 3 ports"), silent:
            pass


def test_several_stacks_stand_at_once_and_one_failure_ends_all(tmp_path):
    good, bad = small(), replace(small(DIES="no"), name="bad")
    wanted = {name: (good, SETTINGS, tmp_path / name) for name in ("a", "b")}
    with launch_stacks(wanted, None) as services:
        assert {get(each.url)[0] for each in services.values()} == {200}
        assert len({each.url for each in services.values()}) == 2
    failing = launch_stacks(wanted | {"c": (bad, SETTINGS, tmp_path / "c")}, None)
    with pytest.raises(LaunchError, match="bad exited with code 1"), failing:
        pass
    assert small_services() == set()


def test_a_placeholder_that_does_not_exist_is_named(tmp_path):
    odd = replace(small(), command=("{python}", "{treads}"))
    with (
        pytest.raises(LaunchError, match=r"\{treads\} in the command of small in stacks\.toml"),
        launch_stack(odd, SETTINGS, None, tmp_path / "log"),
    ):
        pass


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    odd = replace(small(), folder="nowhere")
    with (
        pytest.raises(LaunchError, match="nowhere does not exist: correct `folder`"),
        launch_stack(odd, SETTINGS, None, tmp_path / "log"),
    ):
        pass


def test_a_child_that_does_not_stop_when_asked_is_killed_with_its_own_children(tmp_path):
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork();"
        "print('ready', flush=True); time.sleep(3600)"
    )
    log = tmp_path / "log"
    child = start_child([sys.executable, "-c", deaf], cwd=tmp_path, env={}, log=log)
    wait_until(lambda: log.read_text().count("ready") == 2, "second process")
    started = tree(child.pid)
    stop_child(child, signal.SIGTERM, patience_s=0.2)
    assert len(started) == 2
    assert holds_within(LIMIT_S, lambda: not any(map(runs, started)))
    assert child.wait(LIMIT_S) == -signal.SIGKILL


def test_secrets_differ_from_run_to_run():
    assert draw_secret() != draw_secret()


def test_upstreams_answer_both(tmp_path):
    with launch_upstreams(1.0, 0.0, 7, None, tmp_path) as upstreams:
        assert get(upstreams.inventory_url, "/stock")[0] == 200
        assert get(upstreams.analytics_url, "/metrics")[0] == 200
        assert len(set(upstreams.pids)) == 2
    assert not any(psutil.pid_exists(pid) for pid in upstreams.pids)


@pytest.fixture
def clone(postgres, seeded):
    """The URL of a copy of the template, dropped whatever the test comes to."""
    yield create_database(postgres, "launched", seeded.name)
    drop_database(postgres, "launched")


def test_what_a_stack_changes_in_its_clone_is_changed_there_alone(postgres, seeded, clone):
    index = "products_name_trigrams"
    changed = replace(small(), after_clone=(f"DROP INDEX {index}",))
    try:
        url = clone_for(changed, postgres, "changed", seeded.name)
        assert (has_index(url, index), has_index(clone, index)) == (False, True)
    finally:
        drop_database(postgres, "changed")


def test_a_change_that_the_database_refuses_is_shown(postgres, seeded):
    wrong = replace(small(), after_clone=("DROP INDEX no_such_index",))
    try:
        with pytest.raises(LaunchError, match=r"after_clone of small.*no_such_index.*not exist"):
            clone_for(wrong, postgres, "wrong", seeded.name)
    finally:
        drop_database(postgres, "wrong")


def has_index(url, name):
    with psycopg.connect(url) as connection:
        query = "SELECT count(*) FROM pg_indexes WHERE indexname = %s"
        return connection.execute(query, [name]).fetchone() == (1,)


def test_a_clone_of_the_template_holds_what_its_builder_says(clone, seeded):
    with psycopg.connect(clone) as connection:
        for table, rows in seeded.built["rows"].items():
            counted = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            assert connection.execute(counted).fetchone() == (rows,), table
    assert seeded.built["rows"]["users"] == 10_000


def started_children(monkeypatch):
    """Every process that the launcher starts from now on."""
    children = []

    def start(*arguments, **options):
        children.append(start_child(*arguments, **options))
        return children[-1]

    monkeypatch.setattr(server_process, "start_child", start)
    return children


@pytest.mark.parametrize("server", sorted({stack.server for stack in load_stacks().values()}))
def test_a_real_stack_on_each_server_serves_a_clone_and_stops_when_asked(
    clone, tmp_path, monkeypatch, server
):
    children = started_children(monkeypatch)
    monkeypatch.setattr(server_process, "stop_children", partial(stop_children, patience_s=LIMIT_S))
    stack = next(stack for stack in load_stacks().values() if stack.server == server)
    settings = replace(SETTINGS, database_url=clone)
    with launch_stack(stack, settings, None, tmp_path / "log") as service:
        status, body = get(service.url, "/users/1")
        family = tree(service.pid)
    assert (status, json.loads(body)["id"]) == (200, 1)
    assert children[-1].pid == family[0].pid
    assert children[-1].returncode != -signal.SIGKILL, "it had to be killed"
    assert not any(map(runs, family))


def test_a_failed_build_of_the_database_reports_its_messages(postgres, tmp_path, monkeypatch):
    odd = replace(small(), prepare=("{python}", "-c", "raise SystemExit('no such column')"))
    monkeypatch.setattr(launch, "SERVICES", tmp_path)
    (tmp_path / "database").mkdir()
    (tmp_path / "database" / "build.py").write_text("print('{}')")
    with pytest.raises(LaunchError, match=r"exited with code 1\. End of .*:\n  no such column"):
        build_template(postgres, "unbuilt", [odd], 7, "password", tmp_path / "log")
    drop_database(postgres, "unbuilt")
