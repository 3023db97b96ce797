"""Writing the protected artefact of an application, once, and measuring the risk on the rows as they are written.

Everything streams: source batches are filtered, protected, measured and sealed one after another. The subject's value travels
beside the output only as long as it is counted. Before staging ends the sealed bytes are read back and scanned for direct
identifiers that are still there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pyarrow as pa

from access.filters import RowFilter, compile_filter, parse_filter
from access.models import Application, ReleaseFormat
from access.services.applications import filter_fields
from access.services.people_in_rows import AgeCount
from catalog import sources
from catalog.datasets.locations import open_source
from catalog.datasets.models import DataField, SubjectKind
from catalog.jobs.runner import JobRun
from catalog.messages import MessageError, gettext_noop
from catalog.storage import STAGED, open_sealed, sealed_output
from privacy.detection.residual import find_residual_direct
from privacy.masking.engine import Protector, protect_batches
from privacy.masking.operators import PROPERTIES, Operator, Technique
from privacy.masking.policy import Policy
from privacy.masking.writer import write_artefact
from privacy.models import FieldRole
from privacy.risk.measure import Measuring
from privacy.risk.measurement import Measurement
from privacy.risk.rules import shipped_rule_pack
from privacy.services.counting import SUBJECT, TELLING, subjects_of
from privacy.services.domains import open_domain
from privacy.services.protections import policy_of


class StagingRefused(MessageError):
    """The artefact cannot be made from what the application and the policy say."""

    code = "staging_refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written and what is measured on it. All names are the source's columns."""

    policy: Policy
    output: tuple[str, ...]
    quasi: tuple[str, ...]
    inherent_quasi: tuple[str, ...]
    sensitive: tuple[str, ...]
    direct: tuple[str, ...]
    subject: DataField | None
    birth: DataField | None
    row_filter: RowFilter | None
    fields: dict[str, DataField] = field(repr=False)

    @property
    def read(self) -> list[str]:
        """The columns to read: what is written, what the filter looks at, whom a row is about, and when they were born."""
        names = set(self.output) | set(self.inherent_quasi) | set(self.sensitive)
        names |= {extra.name for extra in (self.subject, self.birth) if extra is not None}
        names |= self.row_filter.fields() if self.row_filter else set()
        return [name for name in self.fields if name in names]


@dataclass(frozen=True, slots=True)
class Staged:
    """The artefact as written, and everything that was counted on the way."""

    sealed_name: str
    sha256: str
    size: int
    rows: int
    rows_read: int
    manifest: dict[str, Any]
    measured: Measurement | None
    inherent: Measurement | None
    ages: AgeCount
    treatments: frozenset[Technique]
    subject_linkable: bool
    plan: Plan


def plan_of(application: Application, schema: pa.Schema) -> Plan:
    """Work out the plan from the fields asked for, the findings, the protection policy and the table's `schema`."""
    distribution = application.distribution
    fields = {item.name: item for item in distribution.fields.order_by("position")}
    asked = {row.field.name for row in application.requested_fields.select_related("field")}
    gone = sorted(name for name in asked if schema.get_field_index(name) < 0)
    if gone:
        raise StagingRefused(
            gettext_noop("The table no longer has these columns: %(columns)s."),
            code="column_missing",
            columns=", ".join(gone)[:200],
        )
    policy, _ = policy_of(distribution)
    rules = {name: rule for name, rule in policy.fields.items() if name in asked}
    output = tuple(name for name in fields if name in rules and rules[name].operator is not Operator.DROP)
    if not output:
        raise StagingRefused(
            gettext_noop("The protection drops every field asked for, so nothing would be released."),
            code="nothing_released",
        )
    telling = [name for name in output if rules[name].operator in TELLING]
    quasi = tuple(name for name in telling if fields[name].role in (FieldRole.QUASI, FieldRole.DIRECT))
    if not quasi and distribution.dataset.subject_kind != SubjectKind.NONE:
        # None of the known ones is asked for: then whatever is readable may single somebody out, and all of it counts.
        quasi = tuple(telling)
        if not quasi:
            raise StagingRefused(
                gettext_noop(
                    "Nothing in the output can be measured: ask for at least one field that is not tokenised."
                ),
                code="quasi_missing",
            )
    return Plan(
        policy=Policy(fields=rules),
        output=output,
        quasi=quasi,
        inherent_quasi=tuple(
            name for name in fields if name in asked and fields[name].role in (FieldRole.QUASI, FieldRole.DIRECT)
        ),
        sensitive=tuple(name for name in telling if fields[name].role == FieldRole.SENSITIVE),
        direct=tuple(name for name in output if fields[name].role == FieldRole.DIRECT),
        subject=distribution.subject_field,
        birth=_birth_field(fields),
        row_filter=_row_filter(application, schema),
        fields=fields,
    )


def _birth_field(fields: dict[str, DataField]) -> DataField | None:
    """The field that tells a person's age best: a birth date, else the date inside a resident ID."""
    for entity_type in ("BIRTH_DATE", "CN_RESIDENT_ID"):
        for item in fields.values():
            if item.entity_type == entity_type:
                return item
    return None


def _row_filter(application: Application, schema: pa.Schema) -> RowFilter | None:
    if application.row_filter is None:
        return None
    return parse_filter(application.row_filter, filter_fields(application, schema))


class _Pass:
    """One pass over the source: filter, count, protect. `outputs` yields protected batches, each measured before it is handed on."""

    def __init__(self, run: JobRun, plan: Plan, application: Application, today: date) -> None:
        self.run, self.plan = run, plan
        about_someone = application.distribution.dataset.subject_kind != SubjectKind.NONE
        self.rows_read = 0
        self.ages = AgeCount(plan.birth.entity_type if plan.birth else None, today)
        self.measuring = (
            Measuring(quasi=plan.quasi, subject=SUBJECT, sensitive=plan.sensitive)
            if about_someone and plan.quasi
            else None
        )
        self.inherent = (
            Measuring(quasi=plan.inherent_quasi, subject=SUBJECT) if about_someone and plan.inherent_quasi else None
        )
        self.subjects: deque[pa.Array[Any]] = deque()

    def sources(self, table: sources.Table) -> Iterator[pa.RecordBatch]:
        """The rows asked for, before protection; what has to be counted on the raw values is counted here."""
        keep = compile_filter(self.plan.row_filter) if self.plan.row_filter else None
        for batch in table.batches(self.plan.read):
            self.rows_read += batch.num_rows
            self.run.progress(self.rows_read, note="protect")
            rows = keep(batch) if keep else batch
            if not rows.num_rows:
                continue
            subject = subjects_of(rows, self.plan.subject)
            self.subjects.append(subject)
            if self.plan.birth is not None:
                self.ages.add(rows.column(self.plan.birth.name))
            if self.inherent is not None:
                self.inherent.add(_with_subject(rows, self.plan.inherent_quasi, subject))
            yield rows

    def outputs(self, protector: Protector) -> Iterator[pa.RecordBatch]:
        """The protected rows, in order, each batch measured with the subjects of exactly its rows."""
        for batch in protector:
            if self.measuring is not None:
                subject = self._take_subjects(batch.num_rows)
                self.measuring.add(_with_subject(batch, (*self.plan.quasi, *self.plan.sensitive), subject))
            yield batch

    def _take_subjects(self, count: int) -> pa.Array[Any]:
        taken = []
        while count:
            head = self.subjects.popleft()
            taken.append(head[:count])
            if len(head) > count:
                self.subjects.appendleft(head[count:])
            count -= len(taken[-1])
        return pa.concat_arrays(taken)


def _named(measuring: Measuring | None, plan: Plan) -> Measurement | None:
    """What was measured, under the subject field's own name: the stand-in is none, and PostgreSQL keeps no NUL in JSON."""
    if measuring is None:
        return None
    return replace(measuring.result(), subject=plan.subject.name if plan.subject else None)


def _with_subject(batch: pa.RecordBatch, names: tuple[str, ...], subject: pa.Array[Any]) -> pa.RecordBatch:
    unique = list(dict.fromkeys(names))
    return pa.RecordBatch.from_arrays([*(batch.column(name) for name in unique), subject], names=[*unique, SUBJECT])


def stage(run: JobRun, application: Application, *, sealed_name: str, today: date) -> Staged:
    """Write the artefact under `sealed_name` and measure it. Nothing is left under that name unless it is whole."""
    keys = open_domain(application.project.key_domain)
    with closing(open_source(application.distribution.source)) as source:
        table = source.table(application.distribution.table)
        plan = plan_of(application, table.schema.arrow)
        schema = pa.schema([table.schema.arrow.field(name) for name in plan.read])
        policy = Policy(fields={name: plan.policy.fields[name] for name in plan.output})
        work = _Pass(run, plan, application, today)
        protector = protect_batches(work.sources(table), schema, policy, keys)
        with sealed_output(STAGED, sealed_name) as sink:
            written = write_artefact(work.outputs(protector), sink, format=application.format, schema=protector.schema)
    report = protector.report
    _refuse_too_few(written.rows, work.measuring, plan)
    _refuse_residuals(sealed_name, application.format, plan)
    operators = {name: plan.policy.fields[name].operator for name in plan.output}
    techniques = {PROPERTIES[operator].technique for operator in operators.values()} - {Technique.NONE}
    asked = application.requested_fields.count()
    if asked > len(plan.output):
        techniques.add(Technique.SUPPRESSION)
    return Staged(
        sealed_name=sealed_name,
        sha256=written.sha256,
        size=written.bytes,
        rows=written.rows,
        rows_read=work.rows_read,
        manifest={
            "format": application.format,
            "rows": written.rows,
            "sha256": written.sha256,
            "bytes": written.bytes,
            "policy_sha256": plan.policy.digest(),
            "key_domain": str(application.project.key_domain.binding),
            "key_fingerprint": keys.fingerprint(),
            "row_filter": plan.row_filter.describe() if plan.row_filter else None,
            "columns": [column.to_dict() for column in report.columns if column.name in operators],
            "operators": {name: operator.value for name, operator in operators.items()},
        },
        measured=_named(work.measuring, plan),
        inherent=_named(work.inherent, plan),
        ages=work.ages,
        treatments=frozenset(techniques),
        # A token of any identifier ties the rows of a person together, not only that of the subject field.
        subject_linkable=any(
            operators.get(name) in (Operator.TOKEN, Operator.KEEP)
            for name in {*plan.direct, *([plan.subject.name] if plan.subject else [])}
        ),
        plan=plan,
    )


def _refuse_too_few(rows: int, measuring: Measuring | None, plan: Plan) -> None:
    """Stop where no row is left, or where the row filter leaves so few persons that it asks about one of them.

    Both are said in the same words: whether anybody matches is already an answer. House rule of aggregates, standards §5 C.
    """
    if plan.row_filter is None:
        if rows == 0:
            raise StagingRefused(gettext_noop("The table has no rows, so nothing would be released."), code="no_rows")
        return
    least = shipped_rule_pack().limits.aggregate_min_cell
    if rows == 0 or (measuring is not None and measuring.result().subjects < least):
        message = gettext_noop("Too few match the row filter: it has to leave at least %(least)s persons.")
        raise StagingRefused(message, code="no_rows", least=least)


def _refuse_residuals(sealed_name: str, format_: str, plan: Plan) -> None:
    """Read the sealed bytes back and stop where a direct identifier is still in them."""
    location = sources.FileLocation(
        name=f"artefact.{ReleaseFormat(format_).value}", open=lambda: open_sealed(STAGED, sealed_name)
    )
    with closing(sources.open_source(location)) as source:
        table = source.table()
        operators = {name: plan.policy.fields[name].operator.value for name in plan.output}
        found = find_residual_direct(operators, table.batches())
    if found:
        columns = ", ".join(sorted({f"{item.column} ({item.entity_type})" for item in found}))
        raise StagingRefused(
            gettext_noop("Direct identifiers are still in the protected output: %(columns)s."),
            code="residual_identifier",
            columns=columns[:200],
        )
