"""What people come to hospital with: diagnosis codes and names, the ward that treats them, and how common each is by
age and sex.

Lives here: a short list after ICD-10 and the drawing of a diagnosis for each visit. Weights are plausible, not
measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.demo.city.columns import Indices, Mask, draw


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis. `weights` are for ages up to 5, 17, 45, 65 and above; `sex` limits it to one sex (m, f)."""

    code: str
    name: str
    ward: str
    weights: tuple[float, float, float, float, float]
    sex: str = ""


def _listed(lines: str) -> tuple[Diagnosis, ...]:
    found = []
    for line in lines.split("\n"):
        if line.strip():
            code, name, ward, weights, *sex = line.split()
            a, b, c, d, e = (float(weight) for weight in weights.split("/"))
            found.append(Diagnosis(code, name, ward, (a, b, c, d, e), "".join(sex)))
    return tuple(found)


DIAGNOSES: tuple[Diagnosis, ...] = _listed("""
J06.9 急性上呼吸道感染 呼吸内科 30/26/13/8/7
J20.9 急性支气管炎 呼吸内科 14/8/4/4/5
J18.9 肺炎 呼吸内科 9/4/1.5/2/5
J45.9 支气管哮喘 呼吸内科 4/4/1.5/1.5/2
J44.9 慢性阻塞性肺病 呼吸内科 0/0/0.2/3/8
I10 原发性高血压 心血管内科 0/0.1/4/18/24
I25.1 冠状动脉粥样硬化性心脏病 心血管内科 0/0/0.4/6/13
I48 心房颤动 心血管内科 0/0/0.1/1/4
I63.9 脑梗死 神经内科 0/0/0.2/3/9
G43.9 偏头痛 神经内科 0/0.6/2.5/1.5/0.8
G47.0 失眠 神经内科 0/0.3/3/4/4
E11.9 2型糖尿病 内分泌科 0/0.2/3/12/15
E78.5 高脂血症 内分泌科 0/0.1/3/6/5
E04.1 甲状腺结节 内分泌科 0/0.2/4/5/3
E05.9 甲状腺功能亢进 内分泌科 0/0.2/1.2/0.8/0.4
K29.5 慢性胃炎 消化内科 0/1/6/7/6
K21.0 反流性食管炎 消化内科 0/0.2/2.5/3/2
K76.0 脂肪肝 消化内科 0/0.2/3/4/2
A09.9 感染性腹泻 消化内科 6/4/3/2/2
B18.1 慢性乙型肝炎 感染科 0/0.1/2/2/1
B24 人类免疫缺陷病毒病 感染科 0/0/0.25/0.12/0.05
K35.8 急性阑尾炎 普外科 0.1/2/2/1/0.5
K80.2 胆囊结石 普外科 0/0.1/1.5/3/3
N20.0 肾结石 泌尿外科 0/0.1/2/2/1
N40 前列腺增生 泌尿外科 0/0/0.1/4/12 m
N18.9 慢性肾脏病 肾内科 0/0.1/0.6/1.5/3
N39.0 泌尿道感染 肾内科 0.6/0.5/2/2/2.5
M51.2 腰椎间盘突出 骨科 0/0.1/4/6/4
M17.9 膝骨关节炎 骨科 0/0/0.6/5/9
M81.9 骨质疏松 骨科 0/0/0.1/2/6
S52.5 桡骨下端骨折 骨科 0.5/2/1/1.5/2
S93.4 踝关节扭伤 骨科 0.3/3/2.5/1/0.4
L20.9 特应性皮炎 皮肤科 6/3/2/1/1
L50.9 荨麻疹 皮肤科 3/2.5/3/2/1.5
B02.9 带状疱疹 皮肤科 0/0.1/0.8/2/3
H10.9 结膜炎 眼科 2/2/1.5/1/1
H52.1 近视 眼科 1/14/2/0.3/0.1
H25.9 老年性白内障 眼科 0/0/0/2/8
H66.9 中耳炎 耳鼻喉科 3/2/1/0.7/0.6
K02.9 龋齿 口腔科 3/7/4/3/2
C34.9 肺恶性肿瘤 肿瘤科 0/0/0.15/1.2/2.4
C16.9 胃恶性肿瘤 肿瘤科 0/0/0.1/0.7/1.3
C50.9 乳腺恶性肿瘤 肿瘤科 0/0/0.6/2/1.2 f
F32.9 抑郁发作 精神科 0/1.2/2/1.4/1.1
F41.1 广泛性焦虑障碍 精神科 0/0.8/2.4/1.8/1.2
Z34.9 正常妊娠监督 产科 0/0/9/0/0 f
O80.9 单胎顺产 产科 0/0/3/0/0 f
N92.1 月经不规则 妇科 0/1.5/4/1.5/0 f
Z00.1 儿童常规健康检查 儿科 14/3/0/0/0
B08.4 手足口病 儿科 8/1/0/0/0
D50.9 缺铁性贫血 血液科 1/0.8/1.5/1/1
""")


def draw_diagnoses(ages: Indices, female: Mask, *, rng: np.random.Generator) -> Indices:
    """Indices into DIAGNOSES, one for each visit, by the visitor's age and sex."""
    group = np.searchsorted((6, 18, 46, 66), ages, side="right")
    drawn = np.zeros(ages.size, dtype=np.int64)
    for stage in range(5):
        for is_female in (False, True):
            here = (group == stage) & (female == is_female)
            other_sex = "m" if is_female else "f"
            weights = [0.0 if item.sex == other_sex else item.weights[stage] for item in DIAGNOSES]
            drawn[here] = draw(rng, weights, int(here.sum()))
    return drawn
