"""The questionnaire of an application: eight answers with evidence, the recipient's controls, its motive.

A draft may leave out what is not known yet; a code that nobody asked for is refused, so that a misspelt one is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from privacy.risk.codes import Control, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS, UNKNOWN

LEVELS: tuple[int | str, ...] = (1, 2, 3, 4, UNKNOWN)


class CodedSerializer(serializers.Serializer[Any]):
    """An object whose keys are codes, each optional."""

    default_error_messages = {"unknown_code": _("There is no question of that name.")}

    def codes(self) -> Iterable[str]:
        """The keys there are."""
        raise NotImplementedError

    def entry(self) -> serializers.Field[Any, Any, Any, Any]:
        """What stands under a key."""
        raise NotImplementedError

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {code: self.entry() for code in self.codes()}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                message = self.error_messages["unknown_code"]
                raise serializers.ValidationError({str(name)[:60]: [message] for name in unknown[:20]})
        return super().to_internal_value(data)


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1, "maximum": 4}, {"type": "string", "pattern": f"^{UNKNOWN}$"}]}
)
class LevelField(serializers.Field[int | str, Any, Any, Any]):
    """1, 2, 3, 4 or `unknown`."""

    default_error_messages = {"no_level": _("The level is 1, 2, 3, 4 or “unknown”.")}

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str) or data not in LEVELS:
            self.fail("no_level")
        return data

    def to_representation(self, value: int | str) -> int | str:
        return value


class AnswerSerializer(serializers.Serializer[Any]):
    """1 (least) to 4 with its evidence, or `unknown`, which counts as 4."""

    level = LevelField()
    evidence = serializers.CharField(max_length=2000, allow_blank=True, default="")


class QuestionnaireSerializer(CodedSerializer):
    """The eight questions of GB/T 39335: four of impact, four of likelihood."""

    def codes(self) -> Iterable[str]:
        return [question.value for question in QUESTIONS]

    def entry(self) -> serializers.Field[Any, Any, Any, Any]:
        return AnswerSerializer(required=False)


class ControlsSerializer(CodedSerializer):
    """What the recipient has in place. Null is not known, and counts as not there."""

    def codes(self) -> Iterable[str]:
        return [control.value for control in Control]

    def entry(self) -> serializers.Field[Any, Any, Any, Any]:
        return serializers.BooleanField(required=False, allow_null=True)


class MotiveSerializer(CodedSerializer):
    """What would make the recipient's people try to re-identify somebody. Null is not known, and counts as there."""

    def codes(self) -> Iterable[str]:
        return [factor.value for factor in MotiveFactor]

    def entry(self) -> serializers.Field[Any, Any, Any, Any]:
        return serializers.BooleanField(required=False, allow_null=True)
