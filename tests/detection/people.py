"""Generated people, numbers and texts for the detection tests. Nobody here exists; the same seed gives the same rows."""

from __future__ import annotations

import random
from datetime import date, timedelta

from privacy.detection import checksums

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文红梅建国志斌波辉鹏飞宇浩俊凯"
DISTRICTS = ("姑苏区", "虎丘区", "吴中区", "相城区", "吴江区", "常熟市", "昆山市", "太仓市", "张家港市")
ROADS = ("人民路", "干将东路", "平江路", "三香路", "桐泾北路", "中山街", "金鸡湖大道", "狮山路", "木渎新村")
AREAS = ("320508", "320505", "320506", "320507", "320509", "320581", "320583", "320585", "320582", "110105", "340123")
TRADES = ("科技", "贸易", "纺织", "电子", "物流", "建设", "餐饮", "精密机械")
REMARKS = (
    "经核实情况属实,已现场处置完毕",
    "来电人反映小区门口共享单车乱停放,影响出行",
    "已联系物业处理,下周回访",
    "材料齐全,准予受理",
    "住户要求尽快恢复供水",
    "道路积水严重,请相关部门处理",
)


class People:
    """A seeded maker of values."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)

    def name(self) -> str:
        r = self.random
        return r.choice(SURNAMES) + "".join(r.choice(GIVEN) for _ in range(1 if r.random() < 0.2 else 2))

    def born(self) -> date:
        return date(1935, 1, 1) + timedelta(days=self.random.randrange(85 * 365))

    def resident_id(self, *, mistyped: bool = False, born: date | None = None) -> str:
        day = born or self.born()
        body = f"{self.random.choice(AREAS)}{day:%Y%m%d}{self.random.randrange(1000):03d}"
        total = sum(int(digit) * weight for digit, weight in zip(body, checksums.ID_WEIGHTS, strict=True))
        check = checksums.ID_CHECK[total % 11]
        if mistyped:
            check = self.random.choice([char for char in checksums.ID_CHECK if char != check])
        return body + check

    def old_resident_id(self) -> str:
        return f"{self.random.choice(AREAS)}{self.born():%y%m%d}{self.random.randrange(1000):03d}"

    def mobile(self) -> str:
        head = self.random.choice(("138", "139", "150", "158", "186", "189", "133", "177", "199", "135"))
        return head + f"{self.random.randrange(10**8):08d}"

    def landline(self) -> str:
        return f"0512-6{self.random.randrange(10**7):07d}"

    def bank_card(self, *, mistyped: bool = False) -> str:
        body = "6222" + f"{self.random.randrange(10**14):014d}"
        check = next(str(digit) for digit in range(10) if checksums.luhn(body + str(digit)))
        return body + (str((int(check) + 3) % 10) if mistyped else check)

    def uscc(self, *, mistyped: bool = False) -> str:
        alphabet = checksums.USCC_ALPHABET
        body = "91" + self.random.choice(AREAS) + "MA" + "".join(self.random.choice(alphabet) for _ in range(7))
        check = next(char for char in alphabet if checksums.uscc_checksum(body + char))
        return body + (alphabet[(alphabet.index(check) + 5) % 31] if mistyped else check)

    def plate(self) -> str:
        digits = f"{self.random.randrange(10**5):05d}"
        return f"苏E{self.random.choice('DF')}{digits}" if self.random.random() < 0.3 else f"苏E·{digits}"

    def passport(self) -> str:
        return f"E{self.random.randrange(10**8):08d}"

    def email(self) -> str:
        return f"user{self.random.randrange(10**6)}@{self.random.choice(('163.com', 'qq.com', 'suzhou.gov.cn'))}"

    def address(self) -> str:
        r = self.random
        return f"江苏省苏州市{r.choice(DISTRICTS)}{r.choice(ROADS)}{r.randrange(1, 999)}号{r.randrange(1, 30)}幢{r.randrange(101, 1800)}室"

    def company(self) -> str:
        r = self.random
        head = "".join(r.choice(GIVEN) for _ in range(2))
        return f"苏州{head}{r.choice(TRADES)}有限公司"

    def remark(self) -> str:
        return f"{self.random.choice(REMARKS)},{self.random.choice(REMARKS)}"
