"""A bureau's own rules: writing one, trying it on pasted values, switching it on and off, and files of them.

Lives here: every change of an own rule, whoever asks for it by whatever way, with its line in the ledger: the type, its version and its digest,
never its words. Not here: what a rule may say (`privacy.detection.own_rules`), trying one on a table
(`privacy.services.own_rule_trials`), and which rules scans run (`privacy.services.rules`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.errors import Blocked, InvalidInput, StaleVersion, WrongState, translated
from catalog.ledger.services import record
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import Organization, Role, User
from catalog.people.policies import organizations_with, require
from catalog.sources import file_location
from privacy.detection import trying
from privacy.detection.own_rules import OwnRuleError, Problem, as_file, checked, digest_of, read_file, rule_of
from privacy.detection.recognizers.own import own_recognizer
from privacy.detection.rules import RuleSet, load_rules
from privacy.models import OwnRule, OwnRuleState
from privacy.services.rules import forget_words, rules_with

MOST_VALUES: Final = 1000
LONGEST_FILE: Final = 4 << 20  # bytes
FIELDS_WORKED_ON: Final = ("document", "digest", "version", "state", "changed_by", "changed_at")

NO_VALUES = gettext_noop("Paste at least one value, one a line.")
MANY_VALUES = gettext_noop("Paste at most %(most)s values.")
UNTRIED = gettext_noop("Try this version on sample data first, then switch it on.")
UNCHANGED_TYPE = gettext_noop("The type of a rule stays as it is: write a new rule instead.")
TYPE_EXISTS = gettext_noop("There is a rule of this type already: change that one.")
NOT_UTF8 = gettext_noop("The file is not in UTF-8.")
LARGE_FILE = gettext_noop("The file has more than %(most)s megabytes.")
FILE_REFUSED = gettext_noop("Nothing was imported. Rule %(number)s (%(type)s), %(field)s: %(reason)s")
REFUSED = gettext_noop("%(reason)s")
FILE_UNREADABLE = gettext_noop("Nothing was imported. %(reason)s")


def write_own_rule(
    *, actor: User, document: Mapping[str, Any], rule: OwnRule | None = None, version: int | None = None
) -> OwnRule:
    """Write a new rule, or a new version of `rule`, of which `version` was read. It runs only once it was tried and switched on.

    Raises: InvalidInput, with what is wrong with which field.
    """
    require(actor, "own_rule.manage")
    if rule is not None and document.get("type", rule.entity_type) != rule.entity_type:
        raise InvalidInput(fields={"type": [UNCHANGED_TYPE]})
    try:
        # Trying expressions takes a moment: no row is locked meanwhile.
        written = checked(document if rule is None else {**document, "type": rule.entity_type})
    except OwnRuleError as error:
        raise invalid(error) from error
    with transaction.atomic():
        return _write(actor, written, rule, version)


def _write(actor: User, document: dict[str, Any], rule: OwnRule | None, version: int | None) -> OwnRule:
    digest = digest_of(document)
    if rule is None:
        try:
            with transaction.atomic():
                rule = OwnRule.objects.create(
                    entity_type=document["type"],
                    document=document,
                    digest=digest,
                    changed_by=actor,
                    changed_at=timezone.now(),
                )
        except IntegrityError as error:
            raise InvalidInput(fields={"type": [TYPE_EXISTS]}) from error
        _record(actor, "rule.written", rule)
        return rule
    rule = OwnRule.objects.select_for_update().get(pk=rule.pk)
    if version is not None and version != rule.version:
        raise StaleVersion
    if rule.digest == digest:
        return rule
    rule.document, rule.digest, rule.version = document, digest, rule.version + 1
    rule.state, rule.changed_by, rule.changed_at = OwnRuleState.DRAFT, actor, timezone.now()
    rule.save(update_fields=list(FIELDS_WORKED_ON))
    _record(actor, "rule.changed", rule)
    return rule


def switch_on(*, actor: User, rule: OwnRule, version: int | None = None) -> OwnRule:
    """Have scans look for it from now on. Tables that were scanned without it have to be scanned again before anything leaves."""
    require(actor, "own_rule.manage")
    _require_runnable(rule)
    return _switch(actor, rule, version, OwnRuleState.ON)


def switch_off(*, actor: User, rule: OwnRule, version: int | None = None) -> OwnRule:
    """Have no scan look for it. What was found stays, with its name."""
    require(actor, "own_rule.manage")
    return _switch(actor, rule, version, OwnRuleState.OFF)


@transaction.atomic
def _switch(actor: User, rule: OwnRule, version: int | None, state: OwnRuleState) -> OwnRule:
    digest = rule.digest
    rule = OwnRule.objects.select_for_update().get(pk=rule.pk)
    if (version is not None and version != rule.version) or rule.digest != digest:
        raise StaleVersion
    if rule.state == state or (state == OwnRuleState.OFF and rule.state != OwnRuleState.ON):
        raise WrongState(state=OwnRuleState(rule.state))
    if state == OwnRuleState.ON and not rule.is_tried:
        raise Blocked(UNTRIED, code="own_rule_untried")
    rule.state, rule.changed_by, rule.changed_at = state, actor, timezone.now()
    rule.save(update_fields=["state", "changed_by", "changed_at"])
    _record(actor, "rule.switched_on" if state == OwnRuleState.ON else "rule.switched_off", rule)
    return rule


def _require_runnable(rule: OwnRule) -> None:
    """What an older program took may be refused by this one, and a newer rule pack may have taken the type."""
    rules_with(rule)
    try:
        checked(rule.document)
        own_recognizer(rule_of(rule.document, version=rule.version))
    except OwnRuleError as error:
        raise invalid(error) from error


def try_on_values(*, actor: User, rule: OwnRule, values: str, column: str = "") -> trying.Trial:
    """What a rule makes of values, one a line, and of a column of them called `column`. Nothing of them is kept but counts."""
    require(actor, "own_rule.try")
    lines = [line.strip() for line in values.splitlines() if line.strip()]
    if not lines:
        raise InvalidInput(fields={"values": [NO_VALUES]})
    if len(lines) > MOST_VALUES:
        raise InvalidInput(fields={"values": [translated(MessageError(MANY_VALUES, most=MOST_VALUES))]})
    trial = trying.try_values(rule_of(rule.document, version=rule.version), lines, rules_with(rule), column=column)
    note_trial(actor=actor, rule=rule, version=rule.version, counts=trial.counts)
    return trial


@transaction.atomic
def note_trial(*, actor: User, rule: OwnRule, version: int, counts: Mapping[str, Any]) -> None:
    """Write down that a version was tried, where it is still the one that stands."""
    rule_now = OwnRule.objects.select_for_update().get(pk=rule.pk)
    if rule_now.version == version:
        rule_now.tried_version = version
        rule_now.trial = dict(counts)
        rule_now.save(update_fields=["tried_version", "trial"])
        rule.tried_version, rule.trial = rule_now.tried_version, rule_now.trial
    _record(actor, "rule.tried", rule_now, tried=version, **counts)


# ---- files ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: the types that are new, that were changed, and that stood like this already."""

    written: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


def import_own_rules(*, actor: User, content: bytes) -> Imported:
    """Take over the rules of a TOML file, all of them or none. They run once they are tried and switched on.

    Raises: InvalidInput, naming the rule, the field and the reason.
    """
    require(actor, "own_rule.manage")
    documents = _documents_in(content)
    with transaction.atomic():
        known = {rule.entity_type: rule for rule in OwnRule.objects.select_for_update().order_by("pk")}
        done: dict[str, list[str]] = {"written": [], "changed": [], "unchanged": []}
        for document in documents:
            rule = known.get(document["type"])
            before = rule.digest if rule else None
            after = _write(actor, document, rule, None)
            act = "written" if rule is None else "unchanged" if after.digest == before else "changed"
            done[act].append(after.entity_type)
    return Imported(**{act: tuple(types) for act, types in done.items()})


def export_own_rules(*, actor: User, rule: OwnRule | None = None) -> str:
    """All own rules, or one, as a file that can be imported again."""
    require(actor, "own_rule.read")
    rules = OwnRule.objects.order_by("entity_type") if rule is None else [rule]
    return as_file(each.document for each in rules)


def rules_with_file(name: str | None) -> RuleSet:
    """The shipped rule pack with the rules of a TOML file besides, for a local tool: no database is asked.

    Raises: InvalidInput, naming the rule, the field and the reason; `SourceError`, where there is no such file.
    """
    if name is None:
        return load_rules()
    with file_location(Path(name)).open() as file:
        documents = _documents_in(file.read(LONGEST_FILE + 1))
    return load_rules().with_own(rule_of(document) for document in documents)


def _documents_in(content: bytes) -> list[dict[str, Any]]:
    if len(content) > LONGEST_FILE:
        reason = translated(MessageError(LARGE_FILE, most=LONGEST_FILE >> 20))
        raise _file_refused(reason)
    try:
        entries = read_file(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _file_refused(translated(MessageError(NOT_UTF8))) from error
    except OwnRuleError as error:
        raise _file_refused(in_file(error)) from error
    documents = []
    for number, entry in enumerate(entries, start=1):
        try:
            documents.append(checked(entry))
        except OwnRuleError as error:
            refused = OwnRuleError(error.problems, entity_type=error.entity_type, number=number)
            raise _file_refused(in_file(refused)) from error
    return documents


def _file_refused(reason: str) -> InvalidInput:
    """The reason stands by the field of a form, and in the sentence that a command prints."""
    return InvalidInput(REFUSED, fields={"file": [reason]}, reason=reason)


def in_file(error: OwnRuleError) -> str:
    """What is wrong with a file, in a sentence: the rule, the field, the reason."""
    problem = error.problems[0]
    reason = translated(problem.error)
    if not error.number:
        return translated(MessageError(FILE_UNREADABLE, reason=reason))
    refused = MessageError(
        FILE_REFUSED, number=error.number, type=error.entity_type or "?", field=problem.field, reason=reason
    )
    return translated(refused)


def invalid(error: OwnRuleError) -> InvalidInput:
    """What is wrong with a rule, as the domain says it: by field."""
    fields: dict[str, list[str]] = {}
    for problem in error.problems:
        fields.setdefault(problem.field, []).append(_told(problem))
    return InvalidInput(fields=fields)


def _told(problem: Problem) -> str:
    return translated(problem.error)


def _record(actor: User, action: str, rule: OwnRule, **details: Any) -> None:
    forget_words()
    transaction.on_commit(forget_words)
    record(
        actor=actor,
        action=action,
        subject=rule,
        organization=_working_for(actor),
        details={"entity_type": rule.entity_type, "version": rule.version, "digest": rule.digest, **details},
    )


def _working_for(actor: User) -> Organization | None:
    """The organisation for which somebody works on rules, whose auditors read the line."""
    for role in (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER):
        if held := organizations_with(actor, role):
            organization: Organization = Organization.objects.get(pk=min(held))
            return organization
    return None
