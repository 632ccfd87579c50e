"""Verdicts, the machine and the noise floor as figures."""

from webtrial.results.base.display import Drawing, Shown, absent
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.results.throughput.text import noise_floor_figure_text
from webtrial.results.validity import figure as validity
from webtrial.results.validity.gates import left_out, machine_table, validity_table, verdict_table
from webtrial.results.validity.text import machine_figure_text, reasons_figure_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.ratios import THROUGHPUT, noise_floors
from webtrial.stats.trials import trials_table


def draw_noise_floor(run: Run) -> Shown:
    """Requests per second of a stack over itself, at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(noise_floors(run, (THROUGHPUT,))), "throughput")
    if table["ratio"].notna().sum() == 0:
        return absent("no stack that was measured against itself")
    again = trials_table(run).query("role == 'a/a'").assign(role="measure")
    said = noise_floor_figure_text(table, left_out(at_main_load(again)))
    return ratios.draw(table.assign(kind="over itself"), said)


def draw_verdicts(run: Run) -> Drawing:
    """Attempts by verdict and reason."""
    table = validity_table(run)
    return validity.reasons(table, reasons_figure_text(verdict_table(run), table))


def draw_machine(run: Run) -> Drawing:
    """The machine over the run."""
    table = machine_table(run)
    return validity.machine(table, machine_figure_text(table))
