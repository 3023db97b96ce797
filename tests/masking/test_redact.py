"""Redaction: what the scanner finds in free text is replaced, the rest stays, and what could not be read never passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from privacy.detection.residual import find_residual_direct
from privacy.masking import redact
from privacy.masking.binding import bound_operator
from privacy.masking.engine import preview, protect_batches
from privacy.masking.errors import ParameterInvalid
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Masked, Operator
from privacy.masking.policy import FieldRule, InvalidPolicy, Policy
from privacy.masking.redact import LONGEST_TEXT, find_in_texts, redactable_types, usual_types

KEYS = DomainKey(bytes(range(32)))
RESIDENT_ID = "11010519491231002X"  # the example of GB 11643-1999
PHONE = "13800138000"
REMARK = f"经查，王敏华（身份证{RESIDENT_ID}，电话 138-0013-8000）反映情况属实。"


def redacted(texts: Sequence[str | None], entity_type: str | None = None, **said: str) -> Masked:
    return bound_operator(Operator.REDACT, said, entity_type, KEYS, field="remarks").apply(pa.array(texts, pa.string()))


def one(text: str, **said: str) -> str | None:
    value: str | None = redacted([text], None, **said).values[0].as_py()
    return value


def test_what_is_found_is_named_and_the_rest_stays_as_it_was_written() -> None:
    assert one(REMARK) == "经查，〈姓名〉（身份证〈居民身份证号〉，电话 〈手机号码〉）反映情况属实。"
    assert one(REMARK, style="mask") == "经查，****（身份证****，电话 ****）反映情况属实。"
    assert one(f"Call John Smith on {PHONE}.", language="en") == "Call <PERSON> on <CN_MOBILE>."


def test_full_width_and_invisible_characters_hide_nothing_and_stay_around_it() -> None:
    text = "联系人电话：１３８\u200b００１３８０００，请回复（谢谢）！"
    assert one(text) == "联系人电话：〈手机号码〉，请回复（谢谢）！"


def test_tokens_link_what_is_mentioned_however_it_is_spelt() -> None:
    linked: list[Any] = redacted(
        [f"电话{PHONE}。", "致电 138-0013-8000 未接", "电话13900139000。"], style="token"
    ).values.to_pylist()
    first, second, third = linked
    token = first.removeprefix("电话〈手机号码:").removesuffix("〉。")
    assert len(token) == 16
    assert token in second
    assert token not in third
    own = bound_operator(Operator.TOKEN, {}, "CN_MOBILE", KEYS, field="phone").apply(pa.array([PHONE]))
    assert own.values[0].as_py() == token, "as in a column of phones"


def test_only_the_types_that_are_named_are_looked_for() -> None:
    assert one(f"电话{PHONE}，邮箱a@example.com", types="EMAIL_ADDRESS") == f"电话{PHONE}，邮箱〈电子邮箱〉"
    with pytest.raises(ParameterInvalid):
        redacted(["x"], types="CN_MOBILE NO_SUCH_TYPE")
    assert {"PERSON", "CN_RESIDENT_ID", "CN_MOBILE", "EMAIL_ADDRESS", "CN_PLATE"} <= set(usual_types())
    assert set(usual_types()) <= set(redactable_types())


def test_missing_and_blank_texts_are_missing() -> None:
    masked = redacted([None, "", "  ", "等待补件"])
    assert masked.values.to_pylist() == [None, None, None, "等待补件"]
    assert not masked.invalid.any()


def test_a_text_that_is_too_long_never_passes() -> None:
    masked = redacted(["a" * (LONGEST_TEXT + 1), "等待补件"])
    assert (masked.values.to_pylist(), masked.invalid.tolist()) == ([None, "等待补件"], [True, False])


def test_a_text_over_which_a_reader_fails_never_passes_and_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(texts: list[str]) -> list[list[object]]:
        if any("坏" in text for text in texts):
            raise RuntimeError(texts[0])
        return [[] for _ in texts]

    monkeypatch.setattr(redact, "read_mentions", breaking)
    masked = redacted(["材料齐全", "坏了的文本"])
    assert (masked.values.to_pylist(), masked.invalid.tolist()) == (["材料齐全", None], [False, True])


def test_a_short_text_that_no_reader_knows_is_the_value_itself_in_a_column_of_such_values() -> None:
    assert redacted(["阿依古丽", "等待补件后再行回访并告知处理结果情况"], "PERSON").values[0].as_py() in (
        None,
        "〈姓名〉",
    )
    assert redacted(["zhangsan#qq"], "EMAIL_ADDRESS").invalid.tolist() == [True]
    assert redacted(["已办结"]).values[0].as_py() == "已办结"


@pytest.mark.parametrize("style", ["label", "mask", "token"])
def test_the_last_look_before_a_release_finds_nothing(style: str) -> None:
    texts = [
        REMARK,
        f"车牌苏E12345，卡号6222021234567890128；{PHONE}/{PHONE}",
        f"证件号{RESIDENT_ID}手机{PHONE}",
        "无异常情况",
    ] * 30
    batch = pa.record_batch({"remarks": texts})
    policy = Policy(fields={"remarks": FieldRule(Operator.REDACT, {"style": style})})
    protector = protect_batches([batch], batch.schema, policy, KEYS)
    (written,) = protector
    assert PHONE not in "".join(text or "" for text in written.column(0).to_pylist())
    assert not find_residual_direct({"remarks": "redact"}, [written])
    report = protector.report.columns[0].to_dict()
    assert report["found"]["PERSON"] == 30  # type: ignore[index]
    assert report["found"]["CN_MOBILE"] >= 90  # type: ignore[index]


def test_what_does_not_pass_follows_the_invalid_policy() -> None:
    batch = pa.record_batch({"remarks": ["长" * (LONGEST_TEXT + 1), "等待补件"]})
    rule = FieldRule(Operator.REDACT, invalid=InvalidPolicy.TOKEN)
    (written,) = protect_batches([batch], batch.schema, Policy(fields={"remarks": rule}), KEYS)
    values: list[Any] = written.column(0).to_pylist()
    token, kept = values
    assert (len(token), kept) == (16, "等待补件")


def test_overlapping_finds_are_replaced_together() -> None:
    (found,) = find_in_texts([f"请联系 {PHONE}@example.com"], usual_types())
    assert found is not None
    assert [(each.start, each.end) for each in found] == [(4, 4 + len(f"{PHONE}@example.com"))]


def test_a_preview_shows_what_was_put_in_and_nothing_of_the_text_around_it() -> None:
    rule = FieldRule(Operator.REDACT)
    ((_before, after),) = preview(pa.array([REMARK]), rule, KEYS)
    assert after == "…〈姓名〉…〈居民身份证号〉…〈手机号码〉…"
    ((_before, plain),) = preview(pa.array(["等待补件"]), rule, KEYS)
    assert plain == "…"


@pytest.mark.parametrize(
    ("entity_type", "types"), [("CN_RESIDENT_ID", "CN_MOBILE"), ("BIOMETRIC", ""), ("A_TYPE_OF_ONES_OWN", "")]
)
def test_a_column_of_identifiers_that_are_not_looked_for_is_refused(entity_type: str, types: str) -> None:
    with pytest.raises(ParameterInvalid, match=entity_type):
        redacted(["x"], entity_type, types=types)
    assert redacted(["等待补件"], "DIAGNOSIS", types=types).values[0].as_py() == "等待补件"
