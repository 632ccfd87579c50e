"""A block of trials: start a few stacks at a time, check that their responses agree, measure.

Idle processes are not free. With thirty stacks running (540 processes), the kernel's monitoring of
memory took a tenth of a core, and cores changed their speed more often. With three stacks it took a
hundredth of a core. A block is therefore cut into launch batches, and only the stacks of the
current batch run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from webtrial.errors import LaunchError
from webtrial.load.requests import Tokens
from webtrial.measure.attempt import attempt_trial, report_lost_dependencies, restore
from webtrial.measure.context import RunContext, ServiceUnderTest, is_alive
from webtrial.measure.environment import TEMPLATE, Environment
from webtrial.measure.launch import LaunchSpec, Service, clone_for, launch_stacks
from webtrial.measure.postgres import drop_database
from webtrial.measure.progress import Progress
from webtrial.measure.response_agreement import KnownResponses, agreed_responses, sign_in
from webtrial.measure.resume import missing
from webtrial.measure.targets import Target
from webtrial.run.parameters import Parameters
from webtrial.run.plan import launch_batches
from webtrial.run.records import PlannedTrial, Trial
from webtrial.run.stacks import Stack
from webtrial.run.writer import RunWriter
from webtrial.system.process_tree import move_to

Measure = Callable[[PlannedTrial, int], Trial]

_Restart = Callable[[ServiceUnderTest], ServiceUnderTest]

_Launched = tuple[Service, str, Path]
"""A service, the URL of its database and its log."""

_Running = _Launched | tuple[Target, None, None]


@dataclass(frozen=True, slots=True)
class BlockContext:
    """Everything that is needed to measure blocks."""

    parameters: Parameters
    stacks: list[Stack]
    targets: dict[str, Target]  # the stacks that are not launched
    environment: Environment | None  # of the launched stacks
    run_context: RunContext
    logs: Path
    writer: RunWriter
    progress: Progress
    before: dict[int, Trial]  # the last attempts recorded before the run was resumed
    # By stack, for the whole run: accounts sign in once, because the run has one secret.
    tokens: dict[str, Tokens] = field(default_factory=dict)
    known_responses: KnownResponses = field(default_factory=KnownResponses)


@dataclass(frozen=True, slots=True)
class _Block:
    """What the launch batches of a block share.

    `databases` are by stack, created when the stack first starts and dropped by `cleanup`.
    """

    number: int
    name: str
    cleanup: ExitStack
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
    with ExitStack() as cleanup:
        block = _Block(number, name, cleanup)
        for batch in launch_batches(trials):
            if missing(batch, last, repeats):
                last |= _measure_batch(context, block, batch, repeats)
    return last


def _measure_batch(
    context: BlockContext, block: _Block, trials: list[PlannedTrial], repeats: int
) -> dict[int, Trial]:
    scenarios_of: dict[str, set[str]] = {}
    for each in missing(trials, context.before, repeats):
        scenarios_of.setdefault(each.stack, set()).add(each.scenario)
    with _running_stacks(context, block, scenarios_of) as (services_under_test, restart):

        def measure(planned: PlannedTrial, attempt: int) -> Trial:
            context.progress.trial_started(planned, attempt)
            under_test = services_under_test[planned.stack]
            if not is_alive(under_test):
                under_test = services_under_test[planned.stack] = restart(under_test)
            with report_lost_dependencies(planned):
                trial, samples = attempt_trial(planned, attempt, under_test, context.run_context)
                context.writer.append(trial, samples)
                context.progress.trial_judged(trial)
                restore(planned, under_test, context.run_context)
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
def _running_stacks(
    context: BlockContext, block: _Block, scenarios_of: dict[str, set[str]]
) -> Iterator[tuple[dict[str, ServiceUnderTest], _Restart]]:
    """Start the stacks in `scenarios_of`, check their responses, and yield them by name.

    `scenarios_of` gives the scenarios of each stack. The responses must agree with all earlier
    ones. The second value yielded is a function that restarts a stack that has exited.
    """
    stacks = [stack for stack in context.stacks if stack.name in scenarios_of]
    with _launched(context, block, stacks) as (launched, restart):
        running: dict[str, _Running] = {**launched} | {
            name: (target, None, None)
            for name, target in context.targets.items()
            if name in scenarios_of
        }
        urls = {name: service.url for name, (service, _, _) in running.items()}
        context.progress.step(f"comparing the responses of {len(urls)} stacks, {block.name}")
        context.tokens.update(_new_tokens(context, urls, scenarios_of))
        scenarios = {name: sorted(scenarios_of[name]) for name in urls}
        expected_bodies = agreed_responses(
            urls,
            scenarios,
            context.run_context.seeded_data,
            context.tokens,
            context.known_responses,
            block.number,
        )
        for service, _, _ in launched.values():
            move_to(service.pid, context.run_context.split.service_cores)
        services_under_test = {
            name: ServiceUnderTest(
                service, database_url, expected_bodies[name], context.tokens.get(name, {}), log
            )
            for name, (service, database_url, log) in running.items()
        }
        yield services_under_test, restart


@contextmanager
def _launched(
    context: BlockContext, block: _Block, stacks: list[Stack]
) -> Iterator[tuple[dict[str, _Launched], _Restart]]:
    """Launch the stacks that are not targets, each on its own copy of the data.

    They run in fresh processes on all cores, because no load is offered yet. The second value
    yielded is a function that restarts a stack that has exited.
    """
    to_launch = [stack for stack in stacks if stack.name not in context.targets]
    if context.environment is None or not to_launch:
        yield {}, lambda under_test: under_test
        return
    context.progress.step(f"starting {len(to_launch)} stacks, {block.name}")
    with ExitStack() as cleanup:
        specs = {
            stack.name: _launch_spec(context, context.environment, block, stack)
            for stack in to_launch
        }
        services = cleanup.enter_context(launch_stacks(specs, context.run_context.split.all_cores))

        def restart(under_test: ServiceUnderTest) -> ServiceUnderTest:
            stack = under_test.service.stack
            context.progress.step(f"restarting {stack.name}, which had exited")
            relaunched = cleanup.enter_context(_relaunch(context, specs[stack.name]))
            return replace(under_test, service=relaunched[stack.name])

        running: dict[str, _Launched] = {
            name: (services[name], settings.database_url, log)
            for name, (_, settings, log) in specs.items()
        }
        yield running, restart


def _relaunch(
    context: BlockContext, spec: LaunchSpec
) -> AbstractContextManager[dict[str, Service]]:
    """Launch one stack on all cores and then move it to the services' cores.

    All cores are free meanwhile, because no load is offered.
    """
    stack, *_ = spec
    split = context.run_context.split
    return launch_stacks({stack.name: spec}, split.service_cores, split.all_cores)


def _launch_spec(
    context: BlockContext, environment: Environment, block: _Block, stack: Stack
) -> LaunchSpec:
    if stack.name not in block.databases:
        block.cleanup.callback(_drop, environment, stack.name)
        block.databases[stack.name] = clone_for(stack, environment.server, stack.name, TEMPLATE)
    settings = replace(environment.settings, database_url=block.databases[stack.name])
    return stack, settings, context.logs / f"{stack.name}-{block.number}.log"


def _drop(environment: Environment, name: str) -> None:
    """Drop a database.

    A lost server has been reported before; the end of the run drops the remaining databases.
    """
    with suppress(LaunchError):
        drop_database(environment.server, name)


def _new_tokens(
    context: BlockContext, urls: dict[str, str], scenarios_of: dict[str, set[str]]
) -> dict[str, Tokens]:
    """Return the tokens of all accounts for the stacks that need them and have none yet."""
    accounts, password = (
        context.run_context.seeded_data.accounts,
        context.run_context.seeded_data.password,
    )
    needing = {
        stack: url
        for stack, url in urls.items()
        if "dashboard" in scenarios_of[stack] and stack not in context.tokens
    }
    of_targets = {
        stack: sign_in({stack: url}, accounts, password)
        for stack, url in needing.items()
        if stack in context.targets
    }
    of_launched = {stack: url for stack, url in needing.items() if stack not in context.targets}
    # All stacks launched in a run share its secret: a token of one is valid for all.
    known = [tokens for stack, tokens in context.tokens.items() if stack not in context.targets]
    # A stack that starts later signs in one account, to show that it can.
    signing_in = accounts[: len(of_launched)] if known else accounts
    issued = sign_in(of_launched, signing_in, password) if of_launched else {}
    return of_targets | dict.fromkeys(of_launched, known[0] if known else issued)
