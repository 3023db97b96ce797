"""Free-text remarks: what a clerk or a nurse types beside the fields, about the person and about others.

Lives here: the templates and their filling. Most remarks are one of a few set phrases; the rest mention another person
by name, often with a telephone, sometimes with an ID number, in a column whose name promises none of that. The
distinct text of all tables together stays below half a million characters at full scale, so that reading every name in
it takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from config.demo.city.columns import Indices, Text, pick, strings, text
from config.demo.city.names import draw_strangers
from config.demo.city.people import CHILD, HEAD, NOBODY, OTHER, PARENT, SPOUSE, People

MEDICAL_PHRASES = (
    "复诊",
    "按时服药,一月后复查",
    "建议休息三天,多饮水",
    "否认药物过敏史",
    "青霉素过敏",
    "血压控制平稳,维持原方案",
    "空腹抽血,结果明日可取",
    "建议低盐低脂饮食",
    "转社区随访",
    "无特殊",
    "已告知检查注意事项",
    "既往体健",
    "住院押金已缴",
    "报告已网上推送",
)
MEDICAL_TEMPLATES = (
    "{kin}{kin_name}陪同就诊,电话{phone}",
    "由{kin}{kin_name}代取药",
    "紧急联系人{kin_name}({kin}){phone}",
    "家属{kin_name}要求复印病历,已登记身份证{kin_id}",
    "由同事{stranger}送诊",
    "转诊自{stranger}医师,病历随身携带",
    "邻居{stranger}代诉病史,联系{other_phone}",
    "患者自述与{stranger}发生口角后胸闷",
    "随访电话由{kin}{kin_name}接听,已预约复查",
)
CASE_PHRASES = (
    "材料齐全",
    "缺营业执照副本,已一次性告知",
    "容缺受理",
    "邮寄送达",
    "窗口自取",
    "已电话通知领证",
    "异地代收代办",
    "网上申请,现场核验",
)
CASE_TEMPLATES = (
    "代办人{stranger},电话{other_phone}",
    "经办人{stranger}补交材料后受理",
    "由{kin}{kin_name}代领,身份证号{kin_id}",
    "来电人{stranger}咨询进度,回拨{other_phone}",
    "材料寄送{kin_name}收,手机{phone}",
    "与{stranger}共同申请,材料合并装订",
)
HOUSING_PHRASES = ("无", "首次登记", "商品房", "拆迁安置", "已缴清维修资金", "车位另册登记", "房改房", "限售期内")
HOUSING_TEMPLATES = (
    "与{kin_name}共有,见附件",
    "委托{stranger}办理,电话{other_phone}",
    "原产权人{stranger},转移登记",
    "出租给{stranger}使用,租客手机{other_phone}",
    '产权人备注:"钥匙交{kin_name}保管",\n联系电话{phone}',
)
FIRM_TEMPLATES = ("新任联系人{stranger} {other_phone}", "抄表员{stranger}核实", "{stranger}反映数据有误,待复核")


def write_remarks(
    people: People,
    rows: Indices,
    phrases: Sequence[str],
    templates: Sequence[str],
    *,
    empty: float,
    mentions: float,
    rng: np.random.Generator,
) -> Text:
    """One remark per row of `rows` (people): null in the share `empty`, about somebody in the share `mentions`, else a
    phrase.

    People who live alone get no remark about kin.
    """
    chance = rng.random(rows.size)
    remarks: list[str | None] = list(pick(phrases, rng.integers(0, len(phrases), rows.size)).to_pylist())
    for row in np.flatnonzero(chance < empty).tolist():
        remarks[row] = None

    speaking = np.flatnonzero(chance > 1 - mentions)
    persons = rows[speaking]
    contacts = people.contact[persons]
    known = np.maximum(contacts, 0)
    facts = zip(
        speaking.tolist(),
        (contacts == NOBODY).tolist(),
        rng.integers(0, len(templates), speaking.size).tolist(),
        kin_words(people, persons, known),
        pick(people.names.full, known).to_pylist(),
        pick(people.mobile, known).to_pylist(),
        pick(people.id_number, known).to_pylist(),
        draw_strangers(speaking.size, rng=rng).to_pylist(),
        pick(people.mobile, rng.integers(0, len(people), speaking.size)).to_pylist(),
        strict=True,
    )
    about_others = [template for template in templates if "{kin" not in template and "{phone}" not in template]
    for row, alone, choice, kin, kin_name, phone, kin_id, stranger, other_phone in facts:
        template = about_others[choice % len(about_others)] if alone else templates[choice]
        remarks[row] = template.format(
            kin=kin, kin_name=kin_name, phone=phone, kin_id=kin_id, stranger=stranger, other_phone=other_phone
        )
    return text(remarks)


def kin_words(people: People, persons: Indices, contacts: Indices) -> list[str]:
    """What each contact is to the person: 妻子, 儿子, 母亲 …"""
    mine, theirs = people.relation[persons], people.relation[contacts]
    woman = people.female[contacts].astype(np.int64)
    kind = np.select(
        [
            ((mine == HEAD) & (theirs == SPOUSE)) | (mine == SPOUSE),
            ((mine == HEAD) & (theirs == CHILD)) | (mine == PARENT),
            ((mine == HEAD) & (theirs == PARENT)) | (mine == CHILD),
            (mine == OTHER) | (theirs == OTHER),
        ],
        [0, 1, 2, 3],
        3,
    )
    words = ("丈夫", "妻子", "儿子", "女儿", "父亲", "母亲", "室友", "室友")
    return strings(pick(words, kind * 2 + woman))
