import pytest

from webtrial.errors import LaunchError, ParameterError
from webtrial.run.stacks import SERVICES, choose_stacks, load_stacks

COMPLETE = """
[servers."gunicorn gthread"]
concurrency = "threads"
command = ["{python}", "-m", "{application}", "--bind", "{port}"]
stop_signal = "SIGQUIT"

[stacks.one]
title = "One"
framework = "Flask"
data_access = "ORM"
serialiser = "none"
server = "gunicorn gthread"
driver = "psycopg"
folder = "flask_service"
application = "one"
environment = { KEY = "value" }
"""

SAID = {
    "DATA_ACCESS": {"orm": "ORM", "tortoise": "ORM", "raw": "raw SQL"},
    "SERIALISER": {
        "drf": "Django REST Framework",
        "marshmallow": "marshmallow",
        "pydantic": "Pydantic",
        "none": "none",
    },
}
"""What a stack's axis says where its environment says the key."""
AXES = ("DATA_ACCESS", "SERIALISER", "DRIVER", "CONCURRENCY", "SOURCES", "HTTP_CLIENT", "SEARCHES")


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "stacks.toml"
        path.write_text(text)
        return path

    return write


def test_a_stack_is_read_with_its_axes_its_command_and_its_environment(written):
    stack = load_stacks(written(COMPLETE))["one"]
    assert (stack.name, stack.framework, stack.data_access) == ("one", "Flask", "ORM")
    assert stack.command == ("{python}", "-m", "one", "--bind", "{port}")
    assert (stack.concurrency, stack.stop_signal) == ("threads", "SIGQUIT")
    assert (stack.prepare, stack.environment) == ((), {"KEY": "value"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('driver = "psycopg"', ""), "driver"),
        (('"ORM"', '"magic"'), "data_access"),
        (('title = "One"', 'title = "One"\ncolour = "red"'), "colour"),
        (('title = "One"', "title = One"), "not valid TOML"),
        (
            ('server = "gunicorn gthread"', 'server = "nginx"'),
            "unknown server 'nginx'; known: gunicorn gthread",
        ),
        (("[stacks.one]", "[one]"), "stacks: Field required"),
        (("[stacks.one]", "[stacks]\nodd = 1\n[stacks.one]"), "stacks.odd"),
    ],
)
def test_a_fault_in_the_file_is_named(written, change, message):
    with pytest.raises(LaunchError, match=message):
        load_stacks(written(COMPLETE.replace(*change)))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LaunchError, match=r"none\.toml cannot be read"):
        load_stacks(tmp_path / "none.toml")


def test_an_unknown_stack_is_named_beside_those_that_exist(written):
    stacks = load_stacks(written(COMPLETE))
    assert choose_stacks(["one"], stacks) == [stacks["one"]]
    with pytest.raises(ParameterError, match="unknown stack: two; known: one"):
        choose_stacks(["one", "two"], stacks)


def test_every_stack_of_the_project_has_a_folder_and_listens_where_it_is_told():
    for stack in load_stacks().values():
        assert (SERVICES / stack.folder).is_dir(), stack.name
        assert any("{port}" in word for word in stack.command), stack.name


def test_every_stack_of_the_project_is_told_what_its_axes_say():
    for stack in load_stacks().values():
        for axis in AXES:
            told = [stack.environment.get(name) for name in (axis, f"FASTAPI_{axis}")]
            said = {SAID.get(axis, {}).get(each, each) for each in told if each}
            if len(said) > 1:  # of two frameworks that serve together
                said.discard("none")
            assert said <= set(getattr(stack, axis.lower()).split(" and ")), (stack.name, axis)


def test_stacks_of_one_framework_differ_in_their_axes():
    names = ["framework", "server", "orm", "after_clone", *map(str.lower, AXES)]
    axes = [tuple(getattr(stack, name) for name in names) for stack in load_stacks().values()]
    assert len(set(axes)) == len(axes)
