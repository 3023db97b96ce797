"""The rule pack, column names and masked examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import resources

import pytest

from privacy.detection.checksums import LUCK
from privacy.detection.column_names import read_names
from privacy.detection.masked import mask_example
from privacy.detection.model import FieldRole, Likelihood
from privacy.detection.recognizers import COLUMN_RECOGNIZERS, registry
from privacy.detection.rules import Family, RuleError, load_rules, look_also_for
from privacy.detection.scan import default_recognizers
from tests.detection import numbers
from tests.detection.people import People

OTHERS: tuple[tuple[str, Callable[[People], str]], ...] = (
    ("CN_HMT_RESIDENCE_PERMIT", numbers.residence_permit),
    ("CN_PERMANENT_RESIDENCE", numbers.permanent_residence),
    ("CN_HM_TRAVEL_PERMIT", numbers.home_return_permit),
    ("CN_EXIT_PERMIT", numbers.exit_permit),
    ("CN_TW_TRAVEL_PERMIT", numbers.taiwan_permit),
    ("CN_OFFICER_ID", numbers.officer_certificate),
    ("CN_DRIVING_LICENCE", numbers.driving_licence),
    ("CN_WECHAT_ID", numbers.wechat),
    ("CN_QQ_ID", numbers.qq),
    ("CN_TAX_ID", numbers.tax_id),
    ("CN_SOCIAL_SECURITY", numbers.social_security),
    ("MEDICAL_RECORD", numbers.medical_record),
    ("CREDIT_CARD", numbers.credit_card),
    ("IBAN_CODE", numbers.iban),
    ("PHONE_NUMBER", numbers.phone_abroad),
    ("US_SSN", numbers.ssn),
    ("VIN", numbers.vin),
    ("IMEI", numbers.imei),
    ("IMSI", numbers.imsi),
)
TEXT = resources.files("privacy.detection").joinpath("rules.toml").read_text("utf-8")


def test_every_recognizer_has_a_rule_and_every_rule_a_source() -> None:
    rules = load_rules()
    assert {kind.entity for kind in COLUMN_RECOGNIZERS} | {"PERSON"} <= set(rules.entities)
    assert len(rules.running) >= 45
    assert all(rule.source.title and rule.label_zh and rule.label_en for rule in rules.entities.values())
    without_format = {Family.SHAPE, Family.NUMERIC, Family.LEXICON}
    assert all(rule.format or rule.family in without_format for rule in rules.entities.values())
    by_checksum = {entity_type for entity_type, rule in rules.entities.items() if rule.family is Family.CHECKSUM}
    assert by_checksum == set(LUCK)
    assert {kind.entity for kind in COLUMN_RECOGNIZERS if kind.luck is not None} == set(LUCK)
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
        ('version = "2026.12.2"', ""),
        ("unproven = 0.78", "unproven = 0.99"),
        ("on = false", 'on = "no"'),
        ("cells = { digits = true, least = 5, most = 11 }", "cells = { digits = true, least = 11, most = 5 }"),
        ("cells = { digits = true, least = 5, most = 11 }", "cells = { digits = true }"),
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
        TEXT.replace('version = "2026.12.2"', 'version = "own"').replace('role = "direct"', 'role = "quasi"', 1)
    )
    assert (pack.version, pack.role_of("CN_RESIDENT_ID")) == ("own", FieldRole.QUASI)


def test_the_registry_serves_both_languages() -> None:
    running = {kind.entity for kind in COLUMN_RECOGNIZERS} & set(load_rules().running)
    for language in ("zh", "en"):
        entities = {r.supported_entities[0] for r in registry().get_recognizers(language=language, all_fields=True)}
        assert running | {"PERSON", "ORGANIZATION"} == entities
    (only,) = registry(types=["UK_NHS"], languages=["en"], names=False).recognizers
    assert only.supported_entities == ["UK_NHS"]


def test_types_that_are_off_are_turned_on_and_the_version_says_so() -> None:
    pack = load_rules()
    assert "UK_NHS" not in pack.running
    more = pack.with_types(["UK_NHS", "CN_MOBILE"])
    assert "UK_NHS" in more.running
    assert more.version != pack.version
    assert more.version == pack.with_types(["UK_NHS"]).version
    assert pack.with_types(["CN_MOBILE"]) is pack
    with pytest.raises(RuleError, match="there is no entity type UK_NSH"):
        pack.with_types(["UK_NSH"])


def test_a_process_turns_types_on_for_all_its_scans() -> None:
    try:
        look_also_for(["TH_TNIN"])
        assert "TH_TNIN" in load_rules().running
        assert "TH_TNIN" in {recognizer.entity for recognizer in default_recognizers()}
        with pytest.raises(RuleError):
            look_also_for(["TH_TNIM"])
        assert "TH_TNIN" in load_rules().running
    finally:
        look_also_for([])
    assert "TH_TNIN" not in load_rules().running


def test_a_rule_that_no_recognizer_looks_for_fails_loudly() -> None:
    pack = load_rules(TEXT.replace('type = "CN_PLATE"', 'type = "CN_SHIP"'))
    with pytest.raises(RuleError, match="no recognizer looks for CN_SHIP"):
        default_recognizers(pack)


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
        ("港澳居民来往内地通行证号码", "CN_HM_TRAVEL_PERMIT"),
        ("台胞证号", "CN_TW_TRAVEL_PERMIT"),
        ("往来港澳通行证", "CN_EXIT_PERMIT"),
        ("军官证号", "CN_OFFICER_ID"),
        ("jszh", "CN_DRIVING_LICENCE"),
        ("微信号", "CN_WECHAT_ID"),
        ("QQ", "CN_QQ_ID"),
        ("zzjgdm", "CN_ORGANIZATION_CODE"),
        ("社会保障卡号", "CN_SOCIAL_SECURITY"),
        ("社会保障号码", "CN_RESIDENT_ID"),
        ("zyh", "MEDICAL_RECORD"),
        ("患者编号", "MEDICAL_RECORD"),
        ("patient_no", "MEDICAL_RECORD"),
        ("就诊卡号", "MEDICAL_RECORD"),
        ("车架号", "VIN"),
        ("imei1", "IMEI"),
        ("IMSI", "IMSI"),
        ("人脸照片", "BIOMETRIC"),
        ("fingerprint_template", "BIOMETRIC"),
        ("creditCardNumber", "CREDIT_CARD"),
        ("ssn", "US_SSN"),
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
        ("现场照片", "BIOMETRIC"),
        ("设备序列号", "IMEI"),
        ("QQ群名称类型", "CN_QQ_ID"),
        ("住院号类别", "MEDICAL_RECORD"),
        ("发票号码", "CN_MOBILE"),
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
        ("CN_OFFICER_ID", "军字第1234567号", "军字第*******号"),
        ("MEDICAL_RECORD", "住院号:0012345", "******5"),
        ("CN_QQ_ID", "QQ号123456789", "1********"),
        ("PHONE_NUMBER", "+44 20 7946 0958", "+44********"),
        ("BIOMETRIC", "photo/zhangsan.jpg", "****.jpg"),
        ("BIOMETRIC", "/9j/4AAQSkZJRgABAQ", "****"),
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
    makers: tuple[tuple[str, Callable[[], str]], ...] = (
        ("CN_RESIDENT_ID", people.resident_id),
        ("CN_MOBILE", people.mobile),
        ("CN_LANDLINE", people.landline),
        ("CN_BANK_CARD", people.bank_card),
        ("CN_USCC", people.uscc),
        ("CN_PLATE", people.plate),
        ("CN_PASSPORT", people.passport),
        ("PERSON", people.name),
        ("CN_ADDRESS", people.address),
        *((entity_type, partial(maker, people)) for entity_type, maker in OTHERS),
    )
    for entity_type, maker in makers:
        for _ in range(50):
            value = maker()
            shown = mask_example(entity_type, value)
            assert "*" in shown
            assert sum(a == b and a != "*" for a, b in zip(shown, value, strict=False)) <= max(7, len(value) * 0.5)
            assert mask_example(entity_type, value[:2]) != value[:2]


def test_likelihood_has_five_steps() -> None:
    assert [Likelihood.of(score) for score in (0.0, 0.2, 0.45, 0.7, 0.9)] == list(Likelihood)
