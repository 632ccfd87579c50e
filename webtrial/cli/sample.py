"""`webtrial sample`: make a run the one that is shipped with the project."""

from webtrial.cli.arguments import RunName
from webtrial.system.output import say


def sample(run: RunName) -> None:
    """Make a run the shipped sample, execute the notebooks."""
    from webtrial.publish.notebook_parameters import find_run
    from webtrial.publish.sample import execute_for_reading, make_sample

    say(make_sample(find_run(run)).path)
    for path in execute_for_reading():
        say(path)
