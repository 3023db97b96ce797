"""People's names: how often each surname is met, and which characters parents of each time chose.

Lives here: the lists, the drawing of names over whole columns, and their pinyin for mail addresses. The lists are
written for this project: surname shares follow the published census order with Suzhou's own (沈 陆 顾 钱 …) raised;
given-name characters follow the fashion of four periods. Two drawn characters make a name that nobody was asked for;
somebody may bear it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.demo.city.columns import Indices, Mask, Text, draw, either, join, pick

# surname, pinyin, share in parts per thousand
_SURNAMES = """
王wang72 李li70 张zhang68 刘liu50 陈chen52 杨yang30 黄huang21 赵zhao20 吴wu28 周zhou27 徐xu26 孙sun16 马ma12 朱zhu22
胡hu13 林lin11 郭guo11 何he11 高gao12 罗luo9 郑zheng9 梁liang8 谢xie8 宋song8 唐tang9 许xu10 邓deng6 韩han7 冯feng7
曹cao8 彭peng6 曾zeng5 肖xiao6 田tian5 董dong5 潘pan8 袁yuan7 蔡cai6 蒋jiang9 余yu5 于yu5 杜du5 叶ye6 程cheng5 苏su5
魏wei5 吕lv5 丁ding6 任ren4 沈shen18 姚yao8 卢lu4 姜jiang5 崔cui3 钟zhong4 谭tan4 陆lu17 汪wang5 范fan5 金jin9 石shi4
廖liao3 贾jia3 夏xia6 韦wei3 付fu3 方fang4 白bai2 邹zou4 孟meng3 熊xiong3 秦qin5 邱qiu4 江jiang3 尹yin2 薛xue4 闫yan2
段duan2 雷lei2 侯hou2 龙long2 史shi3 陶tao5 黎li2 贺he2 顾gu16 毛mao3 郝hao2 龚gong4 邵shao5 万wan2 钱qian11 严yan5
覃qin1 武wu2 戴dai4 莫mo2 孔kong2 向xiang1 汤tang3 俞yu5 施shi5 华hua3 凌ling3 屈qu1 柳liu1 殷yin3 章zhang2 祝zhu1
卞bian1 浦pu2 惠hui1 查zha1 计ji1 管guan1 单shan1 翁weng1 盛sheng2 柏bai1 缪miao2 瞿qu1 居ju1 归gui1 费fei1 欧阳ouyang1
上官shangguan1 司马sima1 诸葛zhuge1 端木duanmu1
"""

# Per period (births before 1962, before 1980, before 1995, since) and sex: first characters, second characters, single
# names.
_GIVEN = {
    (0, "m"): (
        "建国德永文志福炳根阿水金宝寿兴正世荣仁家",
        "生根林明华荣兴祥元良发成国民宝泉福庆才海",
        "生根林明华荣祥良海泉",
    ),
    (0, "f"): (
        "秀桂玉凤阿月金素美兰彩翠惠淑巧文招雪云爱",
        "英珍娥芳妹兰琴宝芬凤仙珠娟华云琴英香莲玲",
        "英珍芳兰琴凤珠娟莲玲",
    ),
    (1, "m"): (
        "建国志文永卫红晓海伟学庆正明新振春立向东",
        "明军华强平林忠东国民峰斌荣良刚新生海涛勇",
        "军强勇斌伟刚涛明峰华",
    ),
    (1, "f"): (
        "丽红秀建美小玉春雪惠爱晓国月海文桂亚静卫",
        "芳英华萍红燕丽琴敏珍芬娟兰霞梅玲芹勤琳妹",
        "芳英敏红燕丽萍静霞琴",
    ),
    (2, "m"): (
        "志建文俊海晓明家天少振宏子立学嘉云正光宇",
        "伟强军杰涛鹏飞超磊斌辉峰平龙刚波宁浩凯成",
        "伟强磊杰涛超鹏飞浩凯",
    ),
    (2, "f"): (
        "晓婷雪丽文佳海秋雅思梦小春慧静燕诗倩玉月",
        "娟婷静燕丽敏娜洁琴霞萍莉艳雯琳玲红颖芳媛",
        "婷静燕敏娜洁雯琳颖倩",
    ),
    (3, "m"): (
        "浩宇子梓俊博嘉一宸睿铭泽思天逸皓奕沐辰晨",
        "轩宇涵泽豪然辰睿博文阳哲昊航凯宸翔霖皓熙",
        "轩睿博昊航哲翔宸霖熙",
    ),
    (3, "f"): (
        "梓雨欣诗子思可一语佳若嘉梦紫芷沐依书馨悦",
        "涵萱怡琪彤瑶菲妍琳欣雯颖悦宁然汐玥桐瑾萌",
        "萱怡琪瑶菲妍玥桐瑾悦",
    ),
}

# Characters that GBK does not hold or that few fonts do: real registers have them, and a wrong encoding shows on them
# first.
_RARE = "堃喆䶮㛃赟犇垚淼"

_PINYIN = """
建jian 国guo 德de 永yong 文wen 志zhi 福fu 炳bing 根gen 阿a 水shui 金jin 宝bao 寿shou 兴xing 正zheng 世shi 荣rong 仁ren
家jia 生sheng 林lin 明ming 华hua 祥xiang 元yuan 良liang 发fa 成cheng 民min 泉quan 庆qing 才cai 海hai 秀xiu 桂gui 玉yu
凤feng 月yue 素su 美mei 兰lan 彩cai 翠cui 惠hui 淑shu 巧qiao 招zhao 雪xue 云yun 爱ai 英ying 珍zhen 娥e 芳fang 妹mei
琴qin 芬fen 仙xian 珠zhu 娟juan 香xiang 莲lian 玲ling 卫wei 红hong 晓xiao 伟wei 学xue 新xin 振zhen 春chun 立li 向xiang
东dong 军jun 强qiang 平ping 忠zhong 峰feng 斌bin 刚gang 涛tao 勇yong 丽li 小xiao 亚ya 静jing 萍ping 燕yan 敏min 霞xia
梅mei 芹qin 勤qin 琳lin 俊jun 天tian 少shao 宏hong 子zi 嘉jia 光guang 宇yu 杰jie 鹏peng 飞fei 超chao 磊lei 辉hui 龙long
波bo 宁ning 浩hao 凯kai 婷ting 佳jia 秋qiu 雅ya 思si 梦meng 慧hui 诗shi 倩qian 娜na 洁jie 莉li 艳yan 雯wen 颖ying
媛yuan 梓zi 博bo 一yi 宸chen 睿rui 铭ming 泽ze 逸yi 皓hao 奕yi 沐mu 辰chen 晨chen 轩xuan 涵han 豪hao 然ran 阳yang 哲zhe
昊hao 航hang 翔xiang 霖lin 熙xi 雨yu 欣xin 可ke 语yu 若ruo 紫zi 芷zhi 依yi 书shu 馨xin 悦yue 萱xuan 怡yi 琪qi 彤tong
瑶yao 菲fei 妍yan 汐xi 玥yue 桐tong 瑾jin 萌meng 堃kun 喆zhe 䶮yan 㛃jie 赟yun 犇ben 垚yao 淼miao
"""

# Names of people from the far west are written with a middle dot.
_DOTTED = (
    "艾力·买买提",
    "古丽·阿不都",
    "热依汗·吐尔逊",
    "阿不都·克里木",
    "买买提·艾山",
    "帕提古丽·玉素甫",
    "麦麦提·图尔荪",
    "祖丽皮亚·艾尔肯",
)

_PERIOD_ENDS = (1962, 1980, 1995)
_TWO_CHARACTER_SHARE = (0.82, 0.72, 0.66, 0.88)


def _split(entry: str) -> tuple[str, str, int]:
    letters = [index for index, character in enumerate(entry) if character.isascii() and character.isalpha()]
    return entry[: letters[0]], entry[letters[0] : letters[-1] + 1], int(entry[letters[-1] + 1 :])


_PARSED_SURNAMES = [_split(entry) for entry in _SURNAMES.split()]
SURNAMES: tuple[str, ...] = tuple(surname for surname, _, _ in _PARSED_SURNAMES)
SURNAME_WEIGHTS: tuple[float, ...] = tuple(float(share) for _, _, share in _PARSED_SURNAMES)
SURNAME_PINYIN: tuple[str, ...] = tuple(pinyin for _, pinyin, _ in _PARSED_SURNAMES)
GIVEN_PINYIN: dict[str, str] = {entry[0]: entry[1:] for entry in _PINYIN.split()}
GIVEN_CHARACTERS: tuple[str, ...] = tuple(GIVEN_PINYIN)
_POSITION = {character: index for index, character in enumerate(GIVEN_CHARACTERS)}
_NO_SECOND = len(GIVEN_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Names:
    """Names as indices into the lists, and written out: `full` (text), `surname`, `first`, `second` (indices).

    `dotted` marks the names that are written with a middle dot and not made of the other three.
    """

    full: Text
    surname: Indices
    first: Indices
    second: Indices
    dotted: Mask

    def mail_locals(self, tails: Text) -> Text:
        """Local parts of mail addresses: surname and given name in pinyin, then `tails`."""
        given = pick([*GIVEN_PINYIN.values(), ""], self.first)
        rest = pick([*GIVEN_PINYIN.values(), ""], self.second)
        return join(pick(SURNAME_PINYIN, self.surname), given, rest, tails)


def draw_surnames(rows: int, *, rng: np.random.Generator) -> Indices:
    """Indices into SURNAMES, as often as each is met."""
    return draw(rng, SURNAME_WEIGHTS, rows)


def draw_names(surnames: Indices, birth_years: Indices, female: Mask, *, rng: np.random.Generator) -> Names:
    """Names that fit the surname, the period of birth and the sex."""
    rows = surnames.size
    first = np.zeros(rows, dtype=np.int64)
    second = np.full(rows, _NO_SECOND, dtype=np.int64)
    period = np.searchsorted(_PERIOD_ENDS, birth_years, side="right")
    # Drawn for all rows at once, then cut to each pool's length: earlier characters of a list are the commoner ones.
    leaning_first, leaning_second = rng.random(rows) ** 1.4, rng.random(rows) ** 1.4
    two = rng.random(rows) < np.asarray(_TWO_CHARACTER_SHARE)[period]
    for (when, sex), (firsts, seconds, singles) in _GIVEN.items():
        here = (period == when) & (female == (sex == "f"))
        for mask, pool, leaning, target in (
            (here & two, firsts, leaning_first, first),
            (here & two, seconds, leaning_second, second),
            (here & ~two, singles, leaning_first, first),
        ):
            codes = np.array([_POSITION[character] for character in pool], dtype=np.int64)
            target[mask] = codes[(leaning[mask] * codes.size).astype(np.int64)]

    rare = rng.random(rows) < 0.002
    first[rare] = np.array([_POSITION[character] for character in _RARE])[rng.integers(0, len(_RARE), int(rare.sum()))]
    full = join(pick(SURNAMES, surnames), pick([*GIVEN_CHARACTERS, ""], first), pick([*GIVEN_CHARACTERS, ""], second))
    dotted = rng.random(rows) < 0.0006
    full = either(dotted, pick(_DOTTED, rng.integers(0, len(_DOTTED), rows)), full)
    return Names(full, surnames, first, second, dotted)


def draw_strangers(rows: int, *, rng: np.random.Generator) -> Text:
    """Names of people who are in no table: a doctor, a clerk, a neighbour."""
    years = rng.integers(1955, 2003, rows)
    return draw_names(draw_surnames(rows, rng=rng), years, rng.random(rows) < 0.5, rng=rng).full
