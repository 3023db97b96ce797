"""The rule pack, column names and masked examples."""

from __future__ import annotations

from importlib import resources

import pytest

from privacy.detection.column_names import read_names
from privacy.detection.masked import mask_example
from privacy.detection.model import FieldRole, Likelihood
from privacy.detection.recognizers import COLUMN_RECOGNIZERS, registry
from privacy.detection.rules import RuleError, load_rules
from tests.detection.people import People

TEXT = resources.files("privacy.detection").joinpath("rules.toml").read_text("utf-8")


def test_every_recognizer_has_a_rule_and_every_rule_a_source() -> None:
    rules = load_rules()
    assert {kind.entity for kind in COLUMN_RECOGNIZERS} | {"PERSON"} <= set(rules.entities)
    assert len(rules.entities) >= 20
    assert all(rule.source.title and rule.label_zh and rule.label_en for rule in rules.entities.values())
    assert rules.role_of("CN_RESIDENT_ID") is FieldRole.DIRECT
    assert rules.role_of("DIAGNOSIS") is FieldRole.SENSITIVE
    assert rules.role_of(None) is rules.role_of("UNHEARD_OF") is FieldRole.NONE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('role = "direct"', 'role = "important"'),
        ('grade = "general_3"', 'grade = "general_9"'),
        ('pipl = "general"', 'pipl = "special"'),
        ("strength = 0.96", "strength = 9"),
        ('family = "checksum"', 'family = "magic"'),
        ('source = "gbt37964"', 'source = "hearsay"'),
        ('type = "CN_MOBILE"', 'type = "CN_RESIDENT_ID"'),
        ('type = "CN_MOBILE"', 'type = "CN_MOBILE"\ncolour = "red"'),
        ("[counter]", "[counter"),
        ('version = "2026.11.1"', ""),
    ],
)
def test_a_broken_rule_pack_is_refused(before: str, after: str) -> None:
    assert before in TEXT
    with pytest.raises(RuleError) as error:
        load_rules(TEXT.replace(before, after, 1))
    assert error.value.code == "rule_pack_invalid"
    assert str(error.value).startswith("The rule pack cannot be used")


def test_a_bureaus_own_pack_changes_what_a_type_means() -> None:
    pack = load_rules(
        TEXT.replace('version = "2026.11.1"', 'version = "own"').replace('role = "direct"', 'role = "quasi"', 1)
    )
    assert (pack.version, pack.role_of("CN_RESIDENT_ID")) == ("own", FieldRole.QUASI)


def test_the_registry_serves_both_languages() -> None:
    for language in ("zh", "en"):
        entities = {r.supported_entities[0] for r in registry().get_recognizers(language=language, all_fields=True)}
        assert {kind.entity for kind in COLUMN_RECOGNIZERS} | {"PERSON"} == entities


@pytest.mark.parametrize(
    ("name", "entity_type"),
    [
        ("sfzh", "CN_RESIDENT_ID"),
        ("SQR_SFZH", "CN_RESIDENT_ID"),
        ("sqrsfzhm", "CN_RESIDENT_ID"),
        ("公民身份号码", "CN_RESIDENT_ID"),
        ("idCardNo", "CN_RESIDENT_ID"),
        ("id_card_no_1", "CN_RESIDENT_ID"),
        ("lxdh", "CN_MOBILE"),
        ("联系人电话", "CN_MOBILE"),
        ("mobilePhone", "CN_MOBILE"),
        ("xm", "PERSON"),
        ("患者姓名", "PERSON"),
        ("csrq", "BIRTH_DATE"),
        ("date_of_birth", "BIRTH_DATE"),
        ("性别代码", "SEX"),
        ("企业名称", "ORGANIZATION"),
        ("户籍地址", "CN_ADDRESS"),
        ("IP地址", "IP_ADDRESS"),
        ("tyshxydm", "CN_USCC"),
        ("纳税人识别号", "CN_USCC"),
        ("银行卡号", "CN_BANK_CARD"),
        ("主要诊断名称", "DIAGNOSIS"),
        ("Passport No.", "CN_PASSPORT"),
    ],
)
def test_names_are_read_by_token(name: str, entity_type: str) -> None:
    evidence = read_names(name, "", load_rules())
    best = max(evidence.name.values())
    assert evidence.name[entity_type] == best >= 0.9


@pytest.mark.parametrize(
    ("name", "entity_type"),
    [
        ("手机号归属地", "CN_MOBILE"),
        ("身份证签发机关", "CN_RESIDENT_ID"),
        ("联系人电话", "PERSON"),
        ("phone_type", "CN_MOBILE"),
        ("企业名称", "PERSON"),
        ("项目名称", "PERSON"),
        ("order_no", "CN_RESIDENT_ID"),
        ("exam", "PERSON"),
        ("average", "AGE"),
        ("message", "AGE"),
        ("sexton", "SEX"),
        ("财政收入", "INCOME"),
    ],
)
def test_the_head_of_a_name_decides(name: str, entity_type: str) -> None:
    assert read_names(name, "", load_rules()).score(entity_type) <= 0.5


def test_a_comment_counts_by_its_head() -> None:
    rules = load_rules()
    evidence = read_names("F1", "姓名(与身份证一致)", rules)
    assert evidence.score("PERSON") > evidence.score("CN_RESIDENT_ID")
    assert read_names("F1", "", rules).name == {}
    assert read_names("ddh", "", rules).counter == 1.0
    assert read_names("备注", "", rules).remarks == 1.0


@pytest.mark.parametrize(
    ("entity_type", "value", "shown"),
    [
        ("CN_RESIDENT_ID", "11010519491231002X", "110**************X"),
        ("CN_RESIDENT_ID", "110105-19491231-002X", "110**************X"),
        ("CN_MOBILE", "+86 138-1234-5678", "138****5678"),
        ("PERSON", "张小三", "张**"),
        ("PERSON", "欧阳娜娜", "欧阳**"),
        ("PERSON", "John Smith", "J*** S***"),
        ("CN_ADDRESS", "江苏省苏州市姑苏区人民路100号", "江苏省苏州市姑苏区****"),
        ("EMAIL_ADDRESS", "zhang@163.com", "z***@163.com"),
        ("BIRTH_DATE", "1985-03-04", "1985-**-**"),
        ("DIAGNOSIS", "高血压", "高**"),
        ("UNHEARD_OF", "secret", "s*****"),
        ("EDUCATION", "大学本科", "大学本科"),
        ("EDUCATION", "张小三", "张**"),
        ("REGION", "姑苏区", "姑苏区"),
        ("REGION", "人民路100号", "人******"),
        ("PERSON", "", ""),
    ],
)
def test_masked_examples_show_the_least(entity_type: str, value: str, shown: str) -> None:
    assert mask_example(entity_type, value) == shown


def test_no_mask_gives_a_personal_value_back() -> None:
    people = People(61)
    for entity_type, maker in (
        ("CN_RESIDENT_ID", people.resident_id),
        ("CN_MOBILE", people.mobile),
        ("CN_LANDLINE", people.landline),
        ("CN_BANK_CARD", people.bank_card),
        ("CN_USCC", people.uscc),
        ("CN_PLATE", people.plate),
        ("CN_PASSPORT", people.passport),
        ("PERSON", people.name),
        ("CN_ADDRESS", people.address),
    ):
        for _ in range(50):
            value = maker()
            shown = mask_example(entity_type, value)
            assert "*" in shown
            assert sum(a == b and a != "*" for a, b in zip(shown, value, strict=False)) <= max(7, len(value) * 0.5)
            assert mask_example(entity_type, value[:2]) != value[:2]


def test_likelihood_has_five_steps() -> None:
    assert [Likelihood.of(score) for score in (0.0, 0.2, 0.45, 0.7, 0.9)] == list(Likelihood)
