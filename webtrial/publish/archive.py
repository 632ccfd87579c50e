"""Pack a run into one ZIP archive, with its claims, references and a codebook of all columns."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from webtrial.publish.citation import citation_of
from webtrial.publish.codebook import codebook
from webtrial.publish.front import CHECK
from webtrial.results.claims.claims_file import FILE as CLAIMS
from webtrial.results.claims.references import FILE as REFERENCES
from webtrial.run.capabilities import FILE as CAPABILITIES
from webtrial.run.store import Run

_RUN_FILES = ("manifest.json", "SHA256SUMS", "trials/*.json", "samples/*.parquet")
_UNIX, _WORLD_READABLE = 3, 0o100644 << 16

_START = """\
# {title}

The data of run `{id}`. Its report is computed from them.

- `{id}/` is the run. It can be analysed again without services, database or network:
  `wt.open_run("{id}")`, or `webtrial publish {id}`.
- `claims.csv` holds the claims under test, `references.csv` published results of others,
  `capabilities.csv` the findings of probes on what each framework includes.
- `CITATION.cff` says how to cite the run.

The report gives the SHA-256 of the run's files. In `{id}/`, this command prints it:

    {check}

`SHA256SUMS` has the checksum of each file: `sha256sum --check SHA256SUMS`. A trial with a changed
file is excluded and named.

The sample run that comes with Webtrial omits the samples of warm-ups and of attempts that do not
count. Its times are rounded to 1,024 ns. Its records are complete.

Times of requests are integers in nanoseconds. Files are UTF-8, Parquet or JSON. A field that could
not be observed is null or empty, never zero.
"""


def write_archive(run: Run, title: str, path: Path) -> None:
    """Write the archive of `run` to `path`. The same run produces the same bytes."""
    manifest = run.manifest
    created = datetime.fromisoformat(manifest.finished_at or manifest.started_at).timetuple()[:6]
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w") as archive:
        for name, content in _contents(run, title):
            entry = ZipInfo(name, created)
            entry.create_system, entry.external_attr = _UNIX, _WORLD_READABLE
            is_compressed = name.endswith(".parquet")
            entry.compress_type = ZIP_STORED if is_compressed else ZIP_DEFLATED
            archive.writestr(entry, content)


def _contents(run: Run, title: str) -> Iterator[tuple[str, bytes]]:
    yield "README.md", readme(run, title).encode()
    yield "CITATION.cff", citation_of(run).encode()
    for file in (CLAIMS, REFERENCES, CAPABILITIES):
        yield file.name, file.read_bytes()
    for pattern in _RUN_FILES:
        for file in sorted(run.path.glob(pattern)):
            yield f"{run.manifest.id}/{file.relative_to(run.path)}", file.read_bytes()


def readme(run: Run, title: str) -> str:
    """Return the archive's README: its contents and the meaning of every column."""
    parts = [_START.format(title=title, id=run.manifest.id, check=CHECK)]
    for file in codebook():
        parts.append(f"## {file.pattern}\n")
        for record in file.records:
            parts += [f"### {record.name}\n", f"{record.description}\n"]
            parts.append("".join(f"- {column}\n" for column in record.columns))
    return "\n".join(parts)
