"""A block of trials: start a few stacks at a time, check that their answers agree, measure.

Idle processes are not free. With thirty stacks up, 540 processes in all, a kernel that monitors
memory use spent a tenth of a core on theirs, and cores changed speed more often. With three stacks
up it was a hundredth. A block is therefore cut into launch batches, and only the stacks of the
current batch run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from webtrial.errors import LaunchError
from webtrial.load.scenarios import Tokens
from webtrial.measure.answers import Earlier, agreed_answers, sign_in
from webtrial.measure.attempt import (
    RunContext,
    ServiceUnderTest,
    attempt_trial,
    is_alive,
    losses_of,
    restore,
)
from webtrial.measure.environment import TEMPLATE, Environment
from webtrial.measure.launch import Service, ServiceSettings, clone_for, launch_stacks
from webtrial.measure.postgres import drop_database
from webtrial.measure.progress import Progress
from webtrial.measure.resume import missing
from webtrial.measure.targets import Target
from webtrial.run.parameters import Parameters
from webtrial.run.plan import launch_batches
from webtrial.run.records import PlannedTrial, Trial
from webtrial.run.stacks import Stack
from webtrial.run.store import RunWriter
from webtrial.system.process_tree import move_to

Measure = Callable[[PlannedTrial, int], Trial]

_StartAgain = Callable[[ServiceUnderTest], ServiceUnderTest]

_Wanted = tuple[Stack, ServiceSettings, Path]
"""A stack, its settings and its log."""

_Launched = tuple[Service, str, Path]
"""A service, the URL of its database and its log."""

_Place = _Launched | tuple[Target, None, None]


@dataclass(frozen=True, slots=True)
class BlockContext:
    """Everything that is needed to measure blocks."""

    parameters: Parameters
    stacks: list[Stack]
    targets: dict[str, Target]  # the stacks that are not launched
    environment: Environment | None  # of the launched stacks
    context: RunContext
    logs: Path
    writer: RunWriter
    progress: Progress
    before: dict[int, Trial]  # the last attempts recorded before the run was resumed
    # By stack, for the whole run: accounts sign in once, because the run has one secret.
    tokens: dict[str, Tokens] = field(default_factory=dict)
    answered: Earlier = field(default_factory=Earlier)


@dataclass(frozen=True, slots=True)
class _Block:
    """What the launch batches of a block share.

    `databases` are by stack, created when the stack first starts and dropped with `ends`.
    """

    number: int
    name: str
    ends: ExitStack
    databases: dict[str, str] = field(default_factory=dict)


def measure_block(context: BlockContext, trials: Sequence[PlannedTrial]) -> dict[int, Trial]:
    """Measure what is missing of a block; return the last attempt at each trial, by number."""
    number = trials[0].block
    repeats = context.parameters.repeats
    last = {
        each.number: context.before[each.number] for each in trials if each.number in context.before
    }
    context.progress.skip(last)
    name = f"block {number} of {context.parameters.blocks}" if number else "pilot"
    with ExitStack() as ends:
        block = _Block(number, name, ends)
        for batch in launch_batches(trials):
            if missing(batch, last, repeats):
                last |= _measure_batch(context, block, batch, repeats)
    return last


def _measure_batch(
    context: BlockContext, block: _Block, trials: list[PlannedTrial], repeats: int
) -> dict[int, Trial]:
    asked: dict[str, set[str]] = {}
    for each in missing(trials, context.before, repeats):
        asked.setdefault(each.stack, set()).add(each.scenario)
    with _stacks_up(context, block, asked) as (services_under_test, start_again):

        def measure(planned: PlannedTrial, attempt: int) -> Trial:
            context.progress.begins(planned, attempt)
            under_test = services_under_test[planned.stack]
            if not is_alive(under_test):
                under_test = services_under_test[planned.stack] = start_again(under_test)
            with losses_of(planned):
                trial, samples = attempt_trial(planned, attempt, under_test, context.context)
                context.writer.append(trial, samples)
                context.progress.judged(trial)
                restore(planned, under_test, context.context)
            return trial

        return measure_batch(
            trials, measure, repeats, context.before, context.progress.has_time_to_repeat
        )


def measure_batch(
    trials: Sequence[PlannedTrial],
    measure: Measure,
    repeats: int,
    before: Mapping[int, Trial] = MappingProxyType({}),
    has_time: Callable[[], bool] = lambda: True,
) -> dict[int, Trial]:
    """Measure `trials` in order, repeat those that need it, and return the last attempts by number.

    `resume.missing` decides which trials are measured again. There are at most `repeats` repeats,
    and only while `has_time`. `before` are attempts that were made earlier.
    """
    last = {each.number: before[each.number] for each in trials if each.number in before}
    for attempt in range(1, repeats + 2):
        for planned in missing(trials, last, attempt - 1):
            if planned.number not in last or has_time():
                last[planned.number] = measure(planned, attempt)
    return last


@contextmanager
def _stacks_up(
    context: BlockContext, block: _Block, asked: dict[str, set[str]]
) -> Iterator[tuple[dict[str, ServiceUnderTest], _StartAgain]]:
    """Start the stacks in `asked`, check their answers, and yield them by name.

    `asked` gives the scenarios of each stack. The answers must agree with all earlier ones. The
    second value yielded is a function that restarts a stack that has ended.
    """
    stacks = [stack for stack in context.stacks if stack.name in asked]
    with _launched(context, block, stacks) as (launched, start_again):
        places: dict[str, _Place] = {**launched} | {
            name: (target, None, None) for name, target in context.targets.items() if name in asked
        }
        urls = {name: service.url for name, (service, _, _) in places.items()}
        context.progress.step(f"comparing the answers of {len(urls)} stacks, {block.name}")
        context.tokens.update(_signed_in(context, urls, asked))
        scenarios = {name: sorted(asked[name]) for name in urls}
        answers = agreed_answers(
            urls,
            scenarios,
            context.context.seeded_data,
            context.tokens,
            context.answered,
            block.number,
        )
        for service, _, _ in launched.values():
            move_to(service.pid, context.context.split.service_cores)
        services_under_test = {
            name: ServiceUnderTest(
                service, database_url, answers[name], context.tokens.get(name, {}), log
            )
            for name, (service, database_url, log) in places.items()
        }
        yield services_under_test, start_again


@contextmanager
def _launched(
    context: BlockContext, block: _Block, stacks: list[Stack]
) -> Iterator[tuple[dict[str, _Launched], _StartAgain]]:
    """Launch the stacks that are not targets, each on its own copy of the data.

    They run in fresh processes on all cores, because no load is offered yet. The second value
    yielded is a function that restarts a stack that has ended.
    """
    here = [stack for stack in stacks if stack.name not in context.targets]
    if context.environment is None or not here:
        yield {}, lambda under_test: under_test
        return
    context.progress.step(f"starting {len(here)} stacks, {block.name}")
    with ExitStack() as ends:
        wanted = {stack.name: _wanted(context, context.environment, block, stack) for stack in here}
        services = ends.enter_context(launch_stacks(wanted, context.context.split.all_cores))

        def start_again(under_test: ServiceUnderTest) -> ServiceUnderTest:
            stack = under_test.service.stack
            context.progress.step(f"starting {stack.name} again, which ended")
            alone = ends.enter_context(_launch_alone(context, wanted[stack.name]))
            return replace(under_test, service=alone[stack.name])

        places: dict[str, _Launched] = {
            name: (services[name], settings.database_url, log)
            for name, (_, settings, log) in wanted.items()
        }
        yield places, start_again


def _launch_alone(
    context: BlockContext, wanted: _Wanted
) -> AbstractContextManager[dict[str, Service]]:
    """Launch one stack on all cores and then move it to the services' cores.

    All cores are free meanwhile, because no load is offered.
    """
    stack, *_ = wanted
    split = context.context.split
    return launch_stacks({stack.name: wanted}, split.service_cores, split.all_cores)


def _wanted(
    context: BlockContext, environment: Environment, block: _Block, stack: Stack
) -> _Wanted:
    if stack.name not in block.databases:
        block.ends.callback(_drop, environment, stack.name)
        block.databases[stack.name] = clone_for(stack, environment.server, stack.name, TEMPLATE)
    settings = replace(environment.settings, database_url=block.databases[stack.name])
    return stack, settings, context.logs / f"{stack.name}-{block.number}.log"


def _drop(environment: Environment, name: str) -> None:
    """Drop a database.

    A lost server has been reported before; the end of the run drops the remaining databases.
    """
    with suppress(LaunchError):
        drop_database(environment.server, name)


def _signed_in(
    context: BlockContext, urls: dict[str, str], asked: dict[str, set[str]]
) -> dict[str, Tokens]:
    """Return tokens of all accounts for the stacks that need them and have none yet."""
    accounts, password = context.context.seeded_data.accounts, context.context.seeded_data.password
    need = {
        stack: url
        for stack, url in urls.items()
        if "dashboard" in asked[stack] and stack not in context.tokens
    }
    theirs = {
        stack: sign_in({stack: url}, accounts, password)
        for stack, url in need.items()
        if stack in context.targets
    }
    ours = {stack: url for stack, url in need.items() if stack not in context.targets}
    # All stacks launched in a run share its secret: a token of one is valid for all.
    known = [tokens for stack, tokens in context.tokens.items() if stack not in context.targets]
    # A stack that comes later signs in one account, to show that it can.
    given = sign_in(ours, accounts[: len(ours)] if known else accounts, password) if ours else {}
    return theirs | dict.fromkeys(ours, known[0] if known else given)
