"""A block of trials: its stacks are up a few at a time, found to answer alike, and measured.

Processes that only wait are not free. With thirty stacks up, 540 processes in all, a kernel that
watches which memory is in use spent a tenth of a core on theirs, and cores changed speed more
often; with three up, a hundredth. So a block is cut into sittings, and whatever does not take part
in one is not running.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from webtrial.errors import LaunchError
from webtrial.load.scenarios import Tokens
from webtrial.measure.answers import Earlier, agreed_answers, sign_in
from webtrial.measure.attempt import Rig, Site, attempt_trial, is_alive, losses_of, restore
from webtrial.measure.house import TEMPLATE, House
from webtrial.measure.launch import Service, ServiceSettings, clone_for, launch_stacks
from webtrial.measure.plan import sittings
from webtrial.measure.postgres import drop_database
from webtrial.measure.progress import Progress
from webtrial.measure.resume import missing
from webtrial.measure.targets import Target
from webtrial.run.parameters import Parameters
from webtrial.run.records import PlannedTrial, Trial
from webtrial.run.stacks import Stack
from webtrial.run.store import RunWriter
from webtrial.system.process_tree import move_to

Measure = Callable[[PlannedTrial, int], Trial]

_StartAgain = Callable[[Site], Site]

_Wanted = tuple[Stack, ServiceSettings, Path]
"""A stack, what it is told, and its log."""

_Launched = tuple[Service, str, Path]
"""A service, its database and its log."""

_Place = _Launched | tuple[Target, None, None]


@dataclass(frozen=True, slots=True)
class Lab:
    """What blocks are measured with."""

    parameters: Parameters
    stacks: list[Stack]
    targets: dict[str, Target]  # those of the stacks that are not launched
    house: House | None  # of the others
    rig: Rig
    logs: Path
    writer: RunWriter
    progress: Progress
    before: dict[int, Trial]  # the last attempt at each trial that was there from the beginning
    # Of any stack until now: accounts sign in once, since the secret is the run's.
    tokens: dict[str, Tokens] = field(default_factory=dict)
    answered: Earlier = field(default_factory=Earlier)


@dataclass(frozen=True, slots=True)
class _Block:
    """What the sittings of a block share: `databases` by stack, made when it is first up and
    dropped with `ends`."""

    number: int
    name: str
    ends: ExitStack
    databases: dict[str, str] = field(default_factory=dict)


def measure_block(lab: Lab, trials: Sequence[PlannedTrial]) -> dict[int, Trial]:
    """Measure what is missing of a block; returns the last attempt at each trial, by number."""
    number = trials[0].block
    repeats = lab.parameters.repeats
    last = {each.number: lab.before[each.number] for each in trials if each.number in lab.before}
    lab.progress.skip(last)
    name = f"block {number} of {lab.parameters.blocks}" if number else "pilot"
    with ExitStack() as ends:
        block = _Block(number, name, ends)
        for sitting in sittings(trials):
            if missing(sitting, last, repeats):
                last |= _measure_sitting(lab, block, sitting, repeats)
    return last


def _measure_sitting(
    lab: Lab, block: _Block, trials: list[PlannedTrial], repeats: int
) -> dict[int, Trial]:
    asked: dict[str, set[str]] = {}
    for each in missing(trials, lab.before, repeats):
        asked.setdefault(each.stack, set()).add(each.scenario)
    with _stacks_up(lab, block, asked) as (sites, start_again):

        def measure(planned: PlannedTrial, attempt: int) -> Trial:
            lab.progress.begins(planned, attempt)
            site = sites[planned.stack]
            if not is_alive(site):
                site = sites[planned.stack] = start_again(site)
            with losses_of(planned):
                trial, samples = attempt_trial(planned, attempt, site, lab.rig)
                lab.writer.append(trial, samples)
                lab.progress.judged(trial)
                restore(planned, site, lab.rig)
            return trial

        return measure_sitting(
            trials, measure, repeats, lab.before, lab.progress.has_time_to_repeat
        )


def measure_sitting(
    trials: Sequence[PlannedTrial],
    measure: Measure,
    repeats: int,
    before: Mapping[int, Trial] = MappingProxyType({}),
    has_time: Callable[[], bool] = lambda: True,
) -> dict[int, Trial]:
    """Measure `trials` in order, then again, at most `repeats` times and while it `has_time`, those
    of which `resume.missing` says so. Returns the last attempt at each, by number; `before` are
    those that were made earlier."""
    last = {each.number: before[each.number] for each in trials if each.number in before}
    for attempt in range(1, repeats + 2):
        for planned in missing(trials, last, attempt - 1):
            if planned.number not in last or has_time():
                last[planned.number] = measure(planned, attempt)
    return last


@contextmanager
def _stacks_up(
    lab: Lab, block: _Block, asked: dict[str, set[str]]
) -> Iterator[tuple[dict[str, Site], _StartAgain]]:
    """The stacks that are `asked` for scenarios, found to answer those as all before them did; and
    how one that has ended is started again."""
    stacks = [stack for stack in lab.stacks if stack.name in asked]
    with _launched(lab, block, stacks) as (launched, start_again):
        places: dict[str, _Place] = {**launched} | {
            name: (target, None, None) for name, target in lab.targets.items() if name in asked
        }
        urls = {name: service.url for name, (service, _, _) in places.items()}
        lab.progress.step(f"comparing the answers of {len(urls)} stacks, {block.name}")
        lab.tokens.update(_signed_in(lab, urls, asked))
        scenarios = {name: sorted(asked[name]) for name in urls}
        answers = agreed_answers(
            urls, scenarios, lab.rig.material, lab.tokens, lab.answered, block.number
        )
        for service, _, _ in launched.values():
            move_to(service.pid, lab.rig.split.service_cores)
        sites = {
            name: Site(service, database_url, answers[name], lab.tokens.get(name, {}), log)
            for name, (service, database_url, log) in places.items()
        }
        yield sites, start_again


@contextmanager
def _launched(
    lab: Lab, block: _Block, stacks: list[Stack]
) -> Iterator[tuple[dict[str, _Launched], _StartAgain]]:
    """Those that are not targets, in fresh processes on their own copies of the data and on all
    cores, since no load is offered yet; and how one that has ended is started again."""
    here = [stack for stack in stacks if stack.name not in lab.targets]
    if lab.house is None or not here:
        yield {}, lambda site: site
        return
    lab.progress.step(f"starting {len(here)} stacks, {block.name}")
    with ExitStack() as ends:
        wanted = {stack.name: _wanted(lab, lab.house, block, stack) for stack in here}
        services = ends.enter_context(launch_stacks(wanted, lab.rig.split.all_cores))

        def start_again(site: Site) -> Site:
            stack = site.service.stack
            lab.progress.step(f"starting {stack.name} again, which ended")
            alone = ends.enter_context(_launch_alone(lab, wanted[stack.name]))
            return replace(site, service=alone[stack.name])

        places: dict[str, _Launched] = {
            name: (services[name], settings.database_url, log)
            for name, (_, settings, log) in wanted.items()
        }
        yield places, start_again


def _launch_alone(lab: Lab, wanted: _Wanted) -> AbstractContextManager[dict[str, Service]]:
    """On all cores, since no load is offered meanwhile, and then on its own."""
    stack, *_ = wanted
    split = lab.rig.split
    return launch_stacks({stack.name: wanted}, split.service_cores, split.all_cores)


def _wanted(lab: Lab, house: House, block: _Block, stack: Stack) -> _Wanted:
    if stack.name not in block.databases:
        block.ends.callback(_drop, house, stack.name)
        block.databases[stack.name] = clone_for(stack, house.server, stack.name, TEMPLATE)
    settings = replace(house.settings, database_url=block.databases[stack.name])
    return stack, settings, lab.logs / f"{stack.name}-{block.number}.log"


def _drop(house: House, name: str) -> None:
    """A server that is lost has been reported by then; who ends the run drops the rest."""
    with suppress(LaunchError):
        drop_database(house.server, name)


def _signed_in(lab: Lab, urls: dict[str, str], asked: dict[str, set[str]]) -> dict[str, Tokens]:
    """Tokens of all accounts for those of the stacks that need them and have none yet."""
    accounts, password = lab.rig.material.accounts, lab.rig.material.password
    need = {
        stack: url
        for stack, url in urls.items()
        if "dashboard" in asked[stack] and stack not in lab.tokens
    }
    theirs = {
        stack: sign_in({stack: url}, accounts, password)
        for stack, url in need.items()
        if stack in lab.targets
    }
    ours = {stack: url for stack, url in need.items() if stack not in lab.targets}
    # All that we launch in a run share its secret, so that a token of one is good for every one.
    known = [tokens for stack, tokens in lab.tokens.items() if stack not in lab.targets]
    # Who comes later signs one account in, to show that it can.
    given = sign_in(ours, accounts[: len(ours)] if known else accounts, password) if ours else {}
    return theirs | dict.fromkeys(ours, known[0] if known else given)
