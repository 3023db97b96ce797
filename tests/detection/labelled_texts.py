"""Texts with what they name marked in them: generated ones, and the reading of marks in those written by hand.

Lives here: a seeded generator of Chinese and English remarks (government, medicine, court, complaints, chat, customer notes, letters), the
awkward cases among them, and `LabelledText`. Nobody here exists. Not here: how well anything is found (`tests.detection.text_accuracy`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.detection.people import People
from tests.detection.written_texts import CODES

_MARK: Final = re.compile(r"\[\[([A-Z]) ([^\]|]+)(?:\|([^\]]+))?\]\]")
_SLOT: Final = re.compile(r"\{([A-Z]+)\}")

SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万"
    "段钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温季俞章鲁葛伍韦申尤毕聂焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁"
)
GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文红梅建国志斌波辉鹏飞宇浩俊凯帅欣怡佳雪琳洁婷颖莹玲慧琴云莲真环荣爱妹香月莺媛瑞凡嘉琼勤珍贞莉子轩梓涵晨曦思雨若曦诗"
    "琪睿奕逸皓铭晟昊烨恒沐煜淇瀚彦宸阳妍姝嫣婧姗娅琦玥璐德福贵金银根水生土发宝财旺春夏秋冬兴义仁礼智信忠孝"
)
COMPOUND: Final = ("欧阳", "司马", "上官", "诸葛", "皇甫", "司徒", "夏侯", "慕容", "令狐", "公孙")
MINORITY: Final = (
    "阿依古丽·买买提",
    "艾力·吐尔逊",
    "热娜·阿不都",
    "买买提江·卡德尔",
    "迪丽·努尔",
    "巴图·苏和",
    "卓玛央宗",
    "次仁多吉",
    "阿木古愣·巴雅尔",
)
FOREIGN: Final = (
    "约翰·史密斯",
    "玛丽·布朗",
    "皮埃尔·勒鲁瓦",
    "安娜·科瓦奇",
    "卡洛斯·门多萨",
    "克劳德",
    "菲利普",
    "山本一郎",
    "佐藤美咲",
    "朴正洙",
    "阮文雄",
)
CHINESE_ORGANISATIONS: Final = (
    "苏州{G}科技有限公司",
    "江苏{G}建设集团有限公司",
    "昆山{G}精密机械厂",
    "苏州市{G}中学",
    "{G}律师事务所",
    "苏州{G}物业管理有限公司",
    "上海{G}贸易有限公司苏州分公司",
    "苏州市公安局姑苏分局",
    "虎丘区人民法院",
    "吴中区卫生健康委员会",
    "苏州市立医院",
    "苏州大学附属第二医院",
    "中国工商银行苏州分行",
    "苏州市住房和城乡建设局",
    "相城区教育局",
)
CHINESE: Final[Mapping[str, tuple[str, ...]]] = {
    "government": (
        "申请人{P}来窗口办理公积金提取,联系电话{M},已受理",
        "经办人:{P},复核人:{P},材料齐全,准予受理",
        "户主{P}与妻子{P}申请变更,身份证号{I}",
        "{P}同志任{O}副主任,试用期一年",
        "现将{O}关于{P}等三人的调动申请报请审批",
        "联系人:{P} 电话:{L} 邮箱:{E}",
        "{P}主任会同{O}到现场核查,未发现问题",
        "请{O}于三日内答复{P}的信访事项",
        "家住{A}的居民{P}反映楼道堆物",
        "法定代表人{P},住所{A},经营范围变更",
        "{P},出生日期{D},户籍地{A}",
        "参会人员:{P}、{P}、{P}、{P}",
    ),
    "medicine": (
        "患者{P},男,62岁,因胸闷三天入院,家属{P}签字",
        "{P},女,出生于{D},诊断帕金森病,由{P}医生主诊",
        "请神经内科{P}主任会诊,考虑阿尔茨海默病",
        "{P}护士长电话随访,手机{M},恢复良好",
        "由{O}转入,既往高血压病史十年",
        "手术者{P},一助{P},麻醉师{P}",
        "克罗恩病复诊,未诉腹痛,继续美沙拉嗪",
        "桥本甲状腺炎,TSH升高,三个月后复查",
        "白内障术后第一天,视力零点六,无渗出",
    ),
    "court": (
        "原告{P}诉被告{P}、{O}买卖合同纠纷一案",
        "被告人{P},{D}出生,汉族,住{A}",
        "委托代理人{P},{O}律师",
        "被执行人{P}名下车辆{C}予以查封,开户卡号{B}",
        "审判长{P},审判员{P},书记员{P}",
        "上诉人{O}不服一审判决,法定代表人{P}",
        "证人{P}陈述:当时{P}并不在场",
    ),
    "complaint": (
        "市民{P}来电投诉{O}拖欠工资,联系方式{M}",
        "{P}女士反映{A}附近夜间施工扰民",
        "来电人{P}称车辆{C}在停车场被划",
        "投诉王老吉凉茶有异物,要求赔偿",
        "反映李宁专卖店不开发票,请查处",
        "[[O 周大福金店]]拒绝退货,来电人{P},{M}",
        "中山路与人民路路口积水,请排查",
        "王先生反映路灯不亮,已转{O}",
        "张某某、李某多次上门滋扰,请协调",
        "老干妈辣酱过期仍在销售,希望处理",
    ),
    "chat": (
        "我让{P}把钱打给你,卡号{B}",
        "{P}你在哪呢,我和{P}到门口了",
        "小李说老张今天不来,让{P}替他",
        "麻烦加一下{P}的微信,手机号{M}",
        "妈我到了,{P}来接的我",
        "陈总好,资料已发到您邮箱{E}",
        "今天白云山人好多啊,缆车排了两个小时",
        "这双李宁的鞋打折,要不要给你带一双",
        "外教{F}下周回国,{P}代课",
        "{F}先生已到店,由{P}接待",
    ),
}
ENGLISH_GIVEN: Final = (
    *(
        "John",
        "Mary",
        "Robert",
        "Patricia",
        "Linda",
        "Emily",
        "Aisha",
        "Priya",
        "Carlos",
    ),
    *(
        "Mateo",
        "Sofia",
        "Ivan",
        "Olga",
        "Hans",
        "Ingrid",
        "Pierre",
        "Chloe",
        "Kwame",
    ),
    *(
        "Ngozi",
        "Yusuf",
        "Fatima",
        "Rajesh",
        "Anjali",
        "Thomas",
        "Sarah",
        "Daniel",
        "Laura",
    ),
    *(
        "Kevin",
        "Megan",
        "Oscar",
        "Hannah",
        "Victor",
        "Alice",
        "Samuel",
        "Ruth",
    ),
)
ENGLISH_SURNAMES: Final = (
    *(
        "Smith",
        "Johnson",
        "Williams",
        "Garcia",
        "Martinez",
        "Brown",
        "Taylor",
        "Anderson",
        "Thompson",
    ),
    *(
        "O'Brien",
        "McDonald",
        "Patel",
        "Singh",
        "Khan",
        "Nguyen",
        "Okafor",
        "Mensah",
        "Kowalski",
    ),
    *(
        "Novak",
        "Rossi",
        "Schmidt",
        "Müller",
        "Dubois",
        "Petrov",
        "Silva",
        "Hernandez",
        "Walker",
    ),
    *(
        "Hughes",
        "Bennett",
        "Foster",
        "Ashworth",
        "Pemberton",
        "Lindgren",
        "Haugen",
        "Castellano",
        "Abernathy",
    ),
)
PINYIN: Final = (
    "Zhang Wei",
    "Wang Xiaoming",
    "Li Na",
    "Chen Guoqiang",
    "Liu Yang",
    "Zhao Min",
    "Xu Jiahui",
    "Sun Lei",
    "Zhou Tingting",
    "Huang Zhiyuan",
)
ENGLISH_ORGANISATIONS: Final = (
    "{S} & Sons Ltd",
    "{S} Technologies Inc",
    "Bank of {T}",
    "University of {T}",
    "{T} General Hospital",
    "{S} Logistics GmbH",
    "{T} City Council",
    "{S} Pharmaceuticals",
    "{T} School District",
    "{S} Insurance Group",
)
TOWNS: Final = ("Ashford", "Brookfield", "Clearwater", "Dunmore", "Eastvale", "Fairmont", "Glenrock", "Harlow")
ENGLISH: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": (
        "Customer {N} called about a duplicate charge and asked for a refund.",
        "Spoke with {N} from {O}; will call back tomorrow.",
        "{N} requested a callback, e-mail {E}.",
        "Account holder {N} reported the card stolen, new card sent.",
        "The router was replaced for Mr. {S} on Monday.",
        "{G} says the parcel never arrived at the office.",
        "customer wants to cancel the plan because it is too expensive",
        "The [[O Johnson & Johnson]] voucher was rejected at checkout.",
        "Ordered two Calvin Klein shirts, one was missing.",
        "Shipping address changed to Lincoln Avenue, please confirm.",
    ),
    "letter": (
        "Dear {N}, thank you for your application to {O}. Kind regards, {N}",
        "Hi {G}, please send the contract to {N} before Friday.",
        "I am writing on behalf of {N}, who works for {O}.",
        "{N} and {N} will attend the meeting with {O}.",
        "As agreed with {N}, the first payment is due in May.",
        "Please forward this to {E} and copy {G}.",
    ),
    "clinical": (
        "Patient {N}, 54-year-old male, presents with chest pain.",
        "Seen by Dr. {S} for follow up of Parkinson's disease.",
        "{N} was admitted to {O} after a fall at home.",
        "Referred to Dr. {N} for evaluation of Crohn's disease.",
        "Alzheimer's disease progressing; daughter {G} is the caregiver.",
        "No evidence of Hodgkin lymphoma. Bell's palsy resolved.",
        "Wound healing well, sutures removed, no fever.",
    ),
    "pinyin": (
        "{Z} visited {O} together with {Z}.",
        "The applicant {Z} holds a passport issued in Nanjing.",
        "Interpreter {Z} will assist Mr. {S} at the hearing.",
        "Contact: {Z}, {E}",
    ),
}


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, its style, and what it names: (start, end, entity type)."""

    text: str
    style: str
    spans: tuple[tuple[int, int, str], ...]


def read_marks(marked: str, style: str) -> LabelledText:
    """The text of a marked line without its marks, and what they mark."""
    parts: list[str] = []
    spans: list[tuple[int, int, str]] = []
    at = length = 0
    for mark in _MARK.finditer(marked):
        parts += [marked[at : mark.start()], mark[2]]
        length += mark.start() - at
        named = mark[3] or mark[2]
        start = length + mark[2].index(named)
        spans.append((start, start + len(named), CODES[mark[1]]))
        length += len(mark[2])
        at = mark.end()
    return LabelledText("".join([*parts, marked[at:]]), style, tuple(spans))


class TextMaker:
    """A seeded maker of labelled texts; the same seed gives the same."""

    def __init__(self, seed: int = 11) -> None:
        self.people = People(seed)
        self.random = self.people.random
        people = self.people
        self._chinese: Mapping[str, tuple[str, Callable[[], str]]] = {
            "P": ("P", self.chinese_name),
            "F": ("P", lambda: self.random.choice(FOREIGN)),
            "O": ("O", self.chinese_organisation),
            "A": ("A", people.address),
            "M": ("M", people.mobile),
            "L": ("L", people.landline),
            "I": ("I", people.resident_id),
            "E": ("E", people.email),
            "C": ("C", people.plate),
            "B": ("B", people.bank_card),
            "D": ("D", self.chinese_birth_date),
        }
        self._english: Mapping[str, tuple[str, Callable[[], str]]] = {
            "N": ("P", self.english_name),
            "G": ("P", lambda: self.random.choice(ENGLISH_GIVEN)),
            "S": ("P", lambda: self.random.choice(ENGLISH_SURNAMES)),
            "Z": ("P", lambda: self.random.choice(PINYIN)),
            "O": ("O", self.english_organisation),
            "E": ("E", people.email),
        }

    def chinese_name(self) -> str:
        """A name of two to four characters, now and then with a compound surname or of a minority."""
        r = self.random
        kind = r.random()
        if kind < 0.02:
            return r.choice(MINORITY)
        surname = r.choice(COMPOUND) if kind < 0.06 else r.choice(SURNAMES)
        return surname + "".join(r.choice(GIVEN) for _ in range(1 if r.random() < 0.2 else 2))

    def chinese_organisation(self) -> str:
        r = self.random
        return r.choice(CHINESE_ORGANISATIONS).replace("{G}", "".join(r.choice(GIVEN) for _ in range(2)))

    def chinese_birth_date(self) -> str:
        born = self.people.born()
        return self.random.choice(
            (f"{born.year}年{born.month}月{born.day}日", f"{born:%Y-%m-%d}", f"{born.year}.{born.month}.{born.day}")
        )

    def english_name(self) -> str:
        r = self.random
        name = f"{r.choice(ENGLISH_GIVEN)} {r.choice(ENGLISH_SURNAMES)}"
        kind = r.random()
        return name.upper() if kind < 0.06 else name.lower() if kind < 0.09 else name

    def english_organisation(self) -> str:
        r = self.random
        form = r.choice(ENGLISH_ORGANISATIONS)
        return form.replace("{S}", r.choice(ENGLISH_SURNAMES)).replace("{T}", r.choice(TOWNS))

    def text(self, language: str) -> LabelledText:
        """One text of a random style of a language (`zh` or `en`)."""
        styles, makers = (CHINESE, self._chinese) if language == "zh" else (ENGLISH, self._english)
        style = self.random.choice(sorted(styles))
        template = self.random.choice(styles[style])

        def fill(slot: re.Match[str]) -> str:
            code, maker = makers[slot[1]]
            return f"[[{code} {maker()}]]"

        return read_marks(_SLOT.sub(fill, template), style)

    def texts(self, language: str, count: int) -> Sequence[LabelledText]:
        """Many texts of a language."""
        return [self.text(language) for _ in range(count)]
