"""The word lists that substitutes are put together from.

Lives here: parts of names, firms and streets, no whole ones: no list of real persons or firms stands behind them. What is put
together may all the same be somebody's name. The order of the lists decides what a value becomes, so a list is never changed in
place: change `VERSION` with it, which is part of the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

VERSION: Final = 1


class Kind(StrEnum):
    """What a value is replaced by: the parameter `kind`."""

    CHINESE_NAME = "chinese_name"
    ENGLISH_NAME = "english_name"
    COMPANY = "company"
    STREET = "street"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SURNAMES: Final = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪"
    "廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
_GIVEN: Final = tuple(
    "安邦宝彬冰波博才灿昌畅超辰晨成诚川春聪达丹德东栋敦恩帆方芳飞菲丰凤福刚歌冠光广桂国海涵翰浩禾和恒宏虹鸿华欢慧佳嘉坚健"
    "江娇杰洁捷金锦瑾进晶静菁君俊峻凯康柯可坤兰朗乐磊蕾礼立丽力莉连良林霖玲凌龙璐律曼茂美萌梦民敏明铭牧娜南宁楠沛培鹏萍"
    "平朴琪启千谦倩强巧钦琴青清庆秋全权群然仁荣柔如锐瑞睿润若森山尚韶绍深胜诗石书淑舒顺朔思松涛恬天庭彤桐婉望威薇维伟玮"
    "文雯武希夕熙霞贤娴祥翔向晓心欣新信兴星行秀旭轩萱雪勋雅言彦艳燕扬阳耀叶一怡宜义艺忆逸毅银英颖永勇攸友宇雨玉煜元"
    "远悦越云芸允韵泽展哲珍真振正之知芝志智中舟竹卓子紫"
)
_ENGLISH_GIVEN: Final = _words(
    "Adam Alan Alice Amelia Amy Andrew Anna Arthur Audrey Barbara Beatrice Ben Brian Carl Carol Catherine Charles Clara Colin Daniel "
    "David Diana Donald Dora Edith Edward Eleanor Ella Emily Eric Esther Ethan Evelyn Fiona Frances Frank Fred George Grace Hannah "
    "Harold Harry Hazel Helen Henry Hugh Ian Irene Isaac Ivy Jack James Jane Janet Jason Jean Joan Joel John Joseph Judith Julia "
    "Karen Keith Kenneth Laura Lewis Lily Linda Louis Lucy Luke Lydia Mabel Margaret Mark Martha Martin Mary Matthew Michael Miriam "
    "Nathan Neil Nora Oliver Olivia Oscar Patrick Paul Peter Philip Ralph Rebecca Richard Robert Roger Rose Ruth Samuel Sarah Simon "
    "Sophia Stephen Susan Sylvia Thomas Timothy Victor Vincent Violet Walter Wendy William"
)
_ENGLISH_FAMILY: Final = _words(
    "Abbott Adler Archer Ashby Baker Barlow Barnes Bennett Bishop Blake Bolton Bradley Brewer Brooks Burton Carter Chandler Clarke "
    "Coleman Cooper Crawford Dalton Dawson Dixon Draper Eaton Ellis Farmer Fisher Fletcher Foster Fowler Gardner Gibson Glover Grant "
    "Graves Hale Hardy Harper Hayes Holloway Holmes Hooper Hudson Hunter Jennings Keller Knight Lambert Lawson Lowell Marsh Mason "
    "Mercer Miller Morris Nash Newton Norton Osborne Page Palmer Parker Pearson Perkins Porter Potter Prescott Quinn Ramsey Reed "
    "Rhodes Sawyer Sharp Shepherd Slater Spencer Stone Sutton Tanner Taylor Thatcher Thornton Tucker Turner Tyler Vaughan Wade Walker "
    "Warren Watson Weaver Webster Wheeler Whitaker Winters Woods Wright Yates York"
)
_MARKS: Final = tuple(
    f"{first}{second}"
    for first in "安博昌辰诚川达鼎东飞丰福光广瀚浩和恒宏鸿华汇嘉健锦景凯康乐联凌隆铭宁鹏普启清荣瑞润盛泰通拓旺威祥欣新兴旭"
    for second in "邦宝博创达得发帆方丰光辉极佳嘉杰金骏凯康科立利联隆茂美盟明能诺普奇强瑞润晟胜盛硕泰腾通伟祥信星迅亚扬业益盈宇源远悦"
)
_TRADES: Final = _words(
    "科技 网络 信息技术 软件 电子 机械 精密机械 自动化 仪器 电气 建设 建筑工程 装饰 园林 环保 能源 新材料 化工 纺织 服饰 丝绸 食品 "
    "餐饮管理 农业 水产 物流 供应链 运输 贸易 进出口 商贸 汽车服务 医疗器械 生物科技 健康管理 教育咨询 文化传媒 广告 会展 旅游 酒店管理 "
    "物业 置业 人力资源 企业管理 检测 安防 印刷 包装"
)
_FORMS: Final = ("有限公司", "有限责任公司", "股份有限公司", "有限公司")
_STREET_FIRST: Final = tuple(
    "安白碧北采长朝晨春翠丹东芳枫福甘光桂海荷虹花华槐金锦景静菊兰柳绿梅"
    "明南宁平青清秋石书水松泰桃天文吴西溪仙香杏秀雪烟阳银永玉园月云竹紫"
)
_STREET_SECOND: Final = tuple(
    "安滨波草城池川春渡芳峰福港歌谷河湖花华淮江锦景林柳龙麓梅苗宁浦泉桑山石水塘亭桐湾溪霞香星秀雅阳影园源月云洲竹"
)
_STREET_FORMS: Final = ("路", "路", "路", "街", "大街", "巷", "弄", "大道")
_DOORS: Final = tuple(f"{number}号" for number in range(1, 400))

PARTS: Mapping[Kind, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        # Nine given names of ten have two characters; the empty one is drawn as often as the rest of a tenth.
        Kind.CHINESE_NAME: (_SURNAMES, _GIVEN, (*_GIVEN, *[""] * (len(_GIVEN) // 9))),
        Kind.ENGLISH_NAME: (tuple(f"{name} " for name in _ENGLISH_GIVEN), _ENGLISH_FAMILY),
        Kind.COMPANY: (_MARKS, _TRADES, _FORMS),
        Kind.STREET: (_STREET_FIRST, _STREET_SECOND, _STREET_FORMS, _DOORS),
    }
)
"""The parts that a substitute is put together from, one of each in this order."""
