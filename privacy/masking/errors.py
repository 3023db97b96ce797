"""What can be wrong with a policy, and what can go wrong while it is applied.

Lives here: the errors of this package. Their parameters are field names, codes and counts; none holds a cell's value,
and a lower library's message, which may quote one, is never passed on.
"""

from __future__ import annotations

from catalog.messages import MessageError, gettext_noop


class PolicyError(MessageError):
    """A protection policy that cannot be used as it is written."""

    code = "policy_invalid"
    message = gettext_noop("The protection policy is not valid.")


class PolicyUnreadable(PolicyError):
    """The text is not TOML, or not a policy's shape. `params`: `detail` (a position or a key)."""

    code = "policy_unreadable"
    message = gettext_noop("The protection policy cannot be read: %(detail)s.")


class OperatorUnknown(PolicyError):
    """No operator has this code. `params`: `field`, `operator`, `available`."""

    code = "operator_unknown"
    message = gettext_noop("Field %(field)s: there is no operator “%(operator)s”. Available: %(available)s.")


class OperatorUnavailable(PolicyError):
    """The operator has a code but is not part of this version. `params`: `field`, `operator`, `available`."""

    code = "operator_unavailable"
    message = gettext_noop(
        "Field %(field)s: the operator “%(operator)s” is not available in this version. Available: %(available)s."
    )


class ParameterUnknown(PolicyError):
    """The operator has no such parameter. `params`: `field`, `operator`, `parameter`, `allowed`."""

    code = "parameter_unknown"
    message = gettext_noop(
        "Field %(field)s: the operator “%(operator)s” has no parameter “%(parameter)s” here. Allowed: %(allowed)s."
    )


class ParameterMissing(PolicyError):
    """The operator cannot work without a parameter. `params`: `field`, `operator`, `parameter`."""

    code = "parameter_missing"
    message = gettext_noop("Field %(field)s: the operator “%(operator)s” needs the parameter “%(parameter)s”.")


class ParameterInvalid(PolicyError):
    """A parameter has the wrong type or an impossible value. `params`: `field`, `operator`, `parameter`, `expected`."""

    code = "parameter_invalid"
    message = gettext_noop(
        "Field %(field)s: the parameter “%(parameter)s” of the operator “%(operator)s” must be %(expected)s."
    )


class PresetUnknown(PolicyError):
    """There is no such preset. `params`: `field`, `preset`, `available`."""

    code = "preset_unknown"
    message = gettext_noop("Field %(field)s: there is no preset “%(preset)s”. Available: %(available)s.")


class ColumnsMissing(PolicyError):
    """The policy names columns that the table does not have. `params`: `columns`."""

    code = "columns_missing"
    message = gettext_noop("The policy names columns that the table does not have: %(columns)s.")


class ColumnsAmbiguous(PolicyError):
    """The table has two columns of one name, so a rule cannot say which it means. `params`: `columns`."""

    code = "columns_ambiguous"
    message = gettext_noop("The table has more than one column called: %(columns)s.")


class NothingLeft(PolicyError):
    """Every column is dropped."""

    code = "nothing_left"
    message = gettext_noop("The policy drops every column: nothing would be written.")


class TypeUnsuitable(PolicyError):
    """The operator cannot work on the column's type. `params`: `field`, `operator`, `type`."""

    code = "type_unsuitable"
    message = gettext_noop("Field %(field)s: the operator “%(operator)s” cannot be used on a column of type %(type)s.")


class DirectIdentifierInClear(PolicyError):
    """A confirmed direct identifier would leave unprotected. `params`: `columns`."""

    code = "direct_identifier_in_clear"
    message = gettext_noop("These columns identify a person directly and cannot be kept as they are: %(columns)s.")


class MaskingError(MessageError):
    """Protection stopped; what was written until then must not be used."""

    code = "masking_failed"
    message = gettext_noop("The table could not be protected.")


class KeyMissing(MaskingError):
    """A rule needs the domain's data key and none was given. `params`: `field`."""

    code = "key_missing"
    message = gettext_noop("Field %(field)s: this rule needs the key of a domain.")


class ValuesInvalid(MaskingError):
    """The field's policy for malformed values is to stop. `params`: `field`, `count` (in the batch that stopped)."""

    code = "values_invalid"
    message = gettext_noop("Field %(field)s: %(count)d values do not have the form that its rule expects.")


class NullsRefused(MaskingError):
    """The field's policy for nulls is to stop. `params`: `field`, `count` (in the batch that stopped)."""

    code = "nulls_refused"
    message = gettext_noop("Field %(field)s: %(count)d values are missing, and its rule does not allow that.")


class OperatorFailed(MaskingError):
    """An operator broke on a column's values. `params`: `field`, `operator`."""

    code = "operator_failed"
    message = gettext_noop("Field %(field)s: the operator “%(operator)s” failed on these values.")


class SchemaChanged(MaskingError):
    """A batch does not have the columns or types announced. `params`: `field`."""

    code = "schema_changed"
    message = gettext_noop("Field %(field)s: the table changed while it was read.")


class ArtefactNotWritten(MaskingError):
    """The output could not be written; no partial file is left. `params`: `reason` (the system's words)."""

    code = "artefact_not_written"
    message = gettext_noop("The protected table could not be written: %(reason)s.")


class DiskFull(ArtefactNotWritten):
    """There is no room for the output."""

    code = "disk_full"
    message = gettext_noop("There is not enough room to write the protected table.")


class FormatUnsuitable(MaskingError):
    """The output format has no way to hold a column. `params`: `field`, `type`, `format`."""

    code = "format_unsuitable"
    message = gettext_noop("Field %(field)s: a column of type %(type)s cannot be written as %(format)s.")
