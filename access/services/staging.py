"""Writing the protected artefact of an application, once, and measuring the risk on the rows as they are written.

Everything streams: source batches are filtered, protected, measured and sealed one after another. The subject's value travels
beside the output only as long as it is counted. Where a row filter or fields without a role ask for it, the rows are counted
once before. Before staging ends the sealed bytes are read back and scanned for direct identifiers that are still there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
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
from privacy.masking.keys import DomainKey
from privacy.masking.operators import PROPERTIES, Operator, Technique
from privacy.masking.policy import Policy
from privacy.masking.unchanged import SourceComparison
from privacy.masking.writer import write_artefact
from privacy.models import FieldRole
from privacy.risk.measure import Measuring
from privacy.risk.measurement import Measurement, NearlyUnique
from privacy.risk.rules import shipped_rule_pack
from privacy.services.counting import PSEUDONYMS, SUBJECT, TELLING, Tally, counts, may_single_out, subjects_of, tally_of
from privacy.services.domains import open_domain
from privacy.services.protections import policy_of
from privacy.services.rules import current_rules
from privacy.services.subjects import repeated_identifiers


class StagingRefused(MessageError):
    """The artefact cannot be made from what the application and the policy say."""

    code = "staging_refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written and what is measured on it. All names are the source's columns."""

    policy: Policy
    output: tuple[str, ...]
    quasi: tuple[str, ...]
    without_role: tuple[str, ...]  # counted too where their values turn out to be nearly unique
    inherent_quasi: tuple[str, ...]
    sensitive: tuple[str, ...]
    direct: tuple[str, ...]
    subject: DataField | None
    birth: DataField | None
    row_filter: RowFilter | None
    about_someone: bool
    fields: dict[str, DataField] = field(repr=False)
    nearly_unique: tuple[NearlyUnique, ...] = ()

    @property
    def read(self) -> list[str]:
        """The columns to read: what is written, what the filter looks at, whom a row is about, and when they were born."""
        names = set(self.output) | set(self.inherent_quasi) | set(self.sensitive)
        names |= {extra.name for extra in (self.subject, self.birth) if extra is not None}
        names |= self.row_filter.fields() if self.row_filter else set()
        names |= {beside for name in self.output for beside in self.policy.fields[name].beside}
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
    requested = [row.field for row in application.requested_fields.select_related("field")]
    asked = {item.name for item in requested}
    gone = sorted(item.name for item in requested if item.gone_at is not None or schema.get_field_index(item.name) < 0)
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
    quasi = tuple(name for name in output if counts(fields[name], rules[name].operator))
    subject = distribution.subject_field
    about_someone = distribution.dataset.subject_kind != SubjectKind.NONE
    if not quasi and about_someone:
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
        without_role=tuple(
            name
            for name in output
            if about_someone
            and name not in quasi
            and may_single_out(fields[name], rules[name].operator, subject=subject)
        ),
        inherent_quasi=tuple(
            name for name in fields if name in asked and fields[name].role in (FieldRole.QUASI, FieldRole.DIRECT)
        ),
        sensitive=tuple(name for name in telling if fields[name].role == FieldRole.SENSITIVE),
        direct=tuple(name for name in output if fields[name].role == FieldRole.DIRECT),
        subject=subject,
        birth=_birth_field(fields),
        row_filter=_row_filter(application, schema),
        about_someone=about_someone,
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


def _counted_first(run: JobRun, plan: Plan, table: sources.Table, keys: DomainKey) -> Plan:
    """The plan, with the fields without a role that tell most persons apart among the quasi-identifiers.

    Raises where a row filter leaves too few persons: before anything else can fail on their rows and so tell of them.
    """
    if plan.row_filter is None and not plan.without_role:
        return plan
    filtered = plan.row_filter.fields() if plan.row_filter else set()
    needed = {*plan.without_role, *filtered, *([plan.subject.name] if plan.subject else [])}
    needed |= {beside for name in plan.without_role for beside in plan.policy.fields[name].beside}
    batches = table.batches([name for name in plan.fields if name in needed])
    policy = Policy(fields={name: plan.policy.fields[name] for name in plan.without_role})
    tally = tally_of(_asked_for(run, plan, batches), policy=policy, subject=plan.subject, keys=keys)
    if plan.row_filter is not None:
        _refuse_too_few(tally, plan)
    found = tally.nearly_unique()
    names = tuple(item.name for item in found)
    return replace(
        plan,
        quasi=(*plan.quasi, *names),
        inherent_quasi=tuple(dict.fromkeys((*plan.inherent_quasi, *names))),
        nearly_unique=found,
    )


def _asked_for(run: JobRun, plan: Plan, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What the row filter leaves of the batches."""
    keep = compile_filter(plan.row_filter) if plan.row_filter else None
    for batch in batches:
        run.check()
        rows = keep(batch) if keep else batch
        if rows.num_rows:
            yield rows


class _Pass:
    """One pass over the source: filter, count, protect. `outputs` yields protected batches, each measured before it is handed on."""

    def __init__(self, run: JobRun, plan: Plan, today: date) -> None:
        self.run, self.plan = run, plan
        self.rows_read = 0
        self.comparison = SourceComparison({name: plan.policy.fields[name] for name in plan.output})
        self.ages = AgeCount(plan.birth.entity_type if plan.birth else None, today)
        self.measuring = self.inherent = None
        if plan.about_someone:
            # Nothing is submitted before somebody has said whom a row is about; without that, every row is a person.
            subject = SUBJECT if plan.subject is not None else None
            self.measuring = Measuring(quasi=plan.quasi, subject=subject, sensitive=plan.sensitive)
            if plan.inherent_quasi:
                self.inherent = Measuring(quasi=plan.inherent_quasi, subject=subject)
        self.subjects: deque[pa.Array[Any]] = deque()

    def _read(self, table: sources.Table) -> Iterator[pa.RecordBatch]:
        for batch in table.batches(self.plan.read):
            self.rows_read += batch.num_rows
            self.run.progress(self.rows_read, note="protect")
            yield batch

    def sources(self, table: sources.Table) -> Iterator[pa.RecordBatch]:
        """The rows asked for, before protection; what has to be counted on the raw values is counted here."""
        for rows in _asked_for(self.run, self.plan, self._read(table)):
            self.comparison.remember(rows)
            subject = _subjects_of(rows, self.plan)
            if self.measuring is not None:
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
    """What was measured, under the subject field's own name, and with what is known of the fields it was counted by."""
    if measuring is None:
        return None
    return replace(
        measuring.result(),
        subject=plan.subject.name if plan.subject else None,
        nearly_unique=plan.nearly_unique,
        repeated_identifiers=repeated_identifiers(plan.subject, plan.subject.distribution.dataset.subject_kind)
        if plan.subject
        else (),
    )


def _subjects_of(rows: pa.RecordBatch, plan: Plan) -> pa.Array[Any]:
    """Whom each row is about; nobody reads it where no field says so."""
    return subjects_of(rows, plan.subject) if plan.subject is not None else pa.nulls(rows.num_rows)


def _with_subject(batch: pa.RecordBatch, names: tuple[str, ...], subject: pa.Array[Any]) -> pa.RecordBatch:
    unique = list(dict.fromkeys(names))
    return pa.RecordBatch.from_arrays([*(batch.column(name) for name in unique), subject], names=[*unique, SUBJECT])


def stage(run: JobRun, application: Application, *, sealed_name: str, today: date) -> Staged:
    """Write the artefact under `sealed_name` and measure it. Nothing is left under that name unless it is whole."""
    keys = open_domain(application.project.key_domain)
    with closing(open_source(application.distribution.source)) as source:
        table = source.table(application.distribution.table)
        plan = _counted_first(run, plan_of(application, table.schema.arrow), table, keys)
        schema = pa.schema([table.schema.arrow.field(name) for name in plan.read])
        policy = Policy(fields={name: plan.policy.fields[name] for name in plan.output})
        work = _Pass(run, plan, today)
        protector = protect_batches(work.sources(table), schema, policy, keys)
        with sealed_output(STAGED, sealed_name) as sink:
            written = write_artefact(work.outputs(protector), sink, format=application.format, schema=protector.schema)
    report = protector.report
    if written.rows == 0:
        raise StagingRefused(gettext_noop("The table has no rows, so nothing would be released."), code="no_rows")
    _refuse_residuals(sealed_name, application.format, plan, work.comparison)
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
        # A pseudonym of any identifier ties the rows of a person together, not only that of the subject field.
        subject_linkable=any(
            operators.get(name) in PSEUDONYMS | {Operator.KEEP}
            for name in {*plan.direct, *([plan.subject.name] if plan.subject else [])}
        ),
        plan=plan,
    )


def _refuse_too_few(tally: Tally, plan: Plan) -> None:
    """Stop where a row filter leaves no row, or so few persons that it asks about one of them.

    Both are said in the same words: whether anybody matches is already an answer. House rule of aggregates, standards §5 C.
    """
    least = shipped_rule_pack().limits.aggregate_min_cell
    if tally.rows == 0 or (plan.about_someone and tally.persons < least):
        message = gettext_noop("Too few match the row filter: it has to leave at least %(least)s persons.")
        raise StagingRefused(message, code="no_rows", least=least)


def _refuse_residuals(sealed_name: str, format_: str, plan: Plan, comparison: SourceComparison) -> None:
    """Read the sealed bytes back and stop where a direct identifier is still in them, or where a field whose format stays has kept
    its values."""
    location = sources.FileLocation(
        name=f"artefact.{ReleaseFormat(format_).value}", open=lambda: open_sealed(STAGED, sealed_name)
    )
    with closing(sources.open_source(location)) as source:
        table = source.table()
        operators = {name: plan.policy.fields[name].operator.value for name in plan.output}
        found = find_residual_direct(operators, comparison.compared(table.batches()), rules=current_rules())
    if found:
        columns = ", ".join(sorted({f"{item.column} ({item.entity_type})" for item in found}))
        raise StagingRefused(
            gettext_noop("Direct identifiers are still in the protected output: %(columns)s."),
            code="residual_identifier",
            columns=columns[:200],
        )
    if same := comparison.findings():
        raise StagingRefused(
            gettext_noop("Values are unchanged in the protected output: %(columns)s."),
            code="values_unchanged",
            columns=", ".join(item.column for item in same)[:200],
        )
