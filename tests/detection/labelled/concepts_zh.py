"""The concepts of Chinese tables: persons' data, firms' data, and what only looks like either."""

from __future__ import annotations

import hashlib
from typing import Final

from tests.detection.labelled import texts
from tests.detection.labelled.concept import NONE, Concept
from tests.detection.labelled.concept import concept as c
from tests.detection.labelled.values import Values
from tests.detection.labelled.words import halves, zh


def _masked(value: str, start: int, end: int) -> str:
    return value[:start] + "*" * (len(value) - start - end) + value[len(value) - end :]


def _order(v: Values) -> str:
    return f"{v.recent():%Y%m%d}{v.digits(10)}"


def _case_like_id(v: Values) -> str:
    return f"{v.one(('321002', '330702'), ('340202', '350502'))}{v.recent():%Y%m%d}{v.digits(4)}"


def _hash(v: Values) -> str:
    return hashlib.md5(v.digits(9).encode(), usedforsecurity=False).hexdigest()


def _uuid(v: Values) -> str:
    h = f"{v.r.getrandbits(128):032x}"
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def _ean(v: Values) -> str:
    body = f"69{v.digits(10)}"
    return body + str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10)


def _running(v: Values, first: int, step: int = 1) -> int:
    return first + v.base % 1000 + v.row * step


PERSONS: Final[dict[str, Concept]] = {
    "id": c(
        "CN_RESIDENT_ID",
        lambda v: v.resident_id(),
        zh="身份证号;身份证号码 | 公民身份号码;证件号码(身份证);居民身份证",
        py="sfzh;sfzhm | gmsfhm;sqr_sfzh;SFZJHM",
        en="id card no;id number | identity card;citizen id;idcard",
    ),
    "id_wrong": c(
        "CN_RESIDENT_ID",
        lambda v: v.resident_id(wrong=True),
        zh="身份证号码 | 身份证件号码",
        py="sfzh | sfzhm",
        en="id card | id_no",
    ),
    "id_old": c(
        "CN_RESIDENT_ID",
        lambda v: v.old_resident_id() if v.r.random() < 0.3 else v.resident_id(),
        zh="身份证 | 身份证号(15/18位)",
        py="sfz | zjhm",
        en="identity no | cert no",
    ),
    "id_masked": c(
        "CN_RESIDENT_ID",
        lambda v: _masked(v.resident_id(), *v.one(((6, 4),), ((3, 4), (4, 2), (10, 4)))),
        zh="身份证号 | 公民身份号码",
        py="sfzh | gmsfhm",
        en="id card no | id number",
    ),
    "xm": c(
        "PERSON",
        texts.name_zh,
        zh="姓名;申请人姓名 | 名字;学生姓名;人员姓名;患者姓名",
        py="xm;sqrxm | xsxm;ryxm;hzxm",
        en="name;full name | person name;student name;applicant",
    ),
    "xm_masked": c("PERSON", texts.name_masked, zh="姓名 | 获奖人姓名;申请人", py="xm | sqr", en="name | winner name"),
    "xm_spaced": c("PERSON", texts.name_spaced, zh="姓 名 | 参保人员姓名", py="xm | cbrxm", en="name | insured name"),
    "legal": c(
        "PERSON",
        texts.name_zh,
        zh="法定代表人;法人代表 | 法定代表人(负责人);经营者;法人姓名",
        py="fddbr;frdb | fddbrxm;jyz",
        en="legal representative;legal person | legal_rep;owner name",
    ),
    "contact_person": c(
        "PERSON",
        texts.name_zh,
        zh="联系人 | 紧急联系人;联络员",
        py="lxr | jjlxr;lxrxm",
        en="contact person | emergency contact;contact name",
    ),
    "handler": c(
        "PERSON",
        lambda v: v.of(zh("surnames")) + v.of(halves("芳 强 敏 静 军 洋 | 燕 超 霞 平 刚 波")),
        zh="经办人 | 审核人;承办法官;网格员姓名",
        py="jbr | shr;wgyxm",
        en="handler | reviewer;grid officer",
    ),
    "doctor": c(
        "PERSON",
        texts.name_zh,
        zh="主治医生;医师姓名 | 责任医师;主刀医生;门诊医生",
        py="ysxm | zzys;zrys",
        en="doctor | physician;attending doctor",
    ),
    "mobile": c(
        "CN_MOBILE",
        lambda v: v.mobile(),
        zh="手机号;联系电话 | 手机号码;移动电话;本人手机;预留手机号",
        py="sjh;lxdh | sjhm;yddh;brsjh",
        en="mobile;phone | phone_number;mobile phone;tel",
    ),
    "mobile_int": c(
        "CN_MOBILE", lambda v: int(v.mobile()), zh="手机 | 联系手机", py="sj | lxsj", en="cellphone | contact phone"
    ),
    "mobile_written": c(
        "CN_MOBILE", lambda v: v.mobile_written(), zh="电话 | 联系方式", py="dh | lxfs", en="telephone | contact number"
    ),
    "mobile_masked": c(
        "CN_MOBILE",
        lambda v: _masked(v.mobile(), *v.one(((3, 4),), ((3, 4), (3, 2), (4, 4)))),
        zh="手机号 | 联系电话",
        py="sjh | lxdh",
        en="mobile | phone",
    ),
    "contact": c(
        "CN_MOBILE",
        lambda v: v.mobile() if v.r.random() < 0.75 else v.landline(),
        zh="联系电话 | 联系方式;来电号码",
        py="lxdh | ldhm",
        en="phone no | contact no",
        also="CN_LANDLINE",
    ),
    "landline": c(
        "CN_LANDLINE",
        lambda v: v.landline(),
        zh="固定电话;办公电话 | 座机;单位电话;传真",
        py="gddh;bgdh | zj_dh;dwdh",
        en="landline;office phone | fax;home phone",
        also="CN_MOBILE",
    ),
    "local_line": c(
        "CN_LANDLINE",
        lambda v: v.local_line(),
        zh="固话 | 座机号码",
        py="gddh | jtdh",
        en="home phone | office phone",
        also="PHONE_NUMBER CN_MOBILE",
        by_name=True,
    ),
    "address": c(
        "CN_ADDRESS",
        texts.address_zh,
        zh="家庭住址;住址 | 现住址;详细地址;居住地址;家庭地址",
        py="jtzz;dz | xzz;jzdz;lxdz",
        en="address;home address | residential address;mailing address",
    ),
    "huji": c(
        "CN_ADDRESS",
        texts.address_zh,
        zh="户籍地址 | 户口所在地;户籍所在地址",
        py="hjdz | hkszd;hjszd",
        en="registered address | household address",
        also="REGION",
    ),
    "born": c(
        "BIRTH_DATE",
        lambda v: v.born(),
        zh="出生日期 | 出生年月日;生日",
        py="csrq | sr;cs_rq",
        en="birth date;birthday | date of birth;dob",
        by_name=True,
    ),
    "born_written": c(
        "BIRTH_DATE",
        lambda v: texts.date_written(v, v.born()),
        zh="出生日期 | 出生时间",
        py="csrq | csny",
        en="birthdate | born on",
        by_name=True,
    ),
    "born_month": c(
        "BIRTH_DATE",
        lambda v: v.one((f"{v.born():%Y%m}",), (f"{v.born():%Y.%m}", f"{v.born():%Y-%m}")),
        zh="出生年月 | 出生月份",
        py="csny | csny",
        en="birth month | year of birth",
        by_name=True,
    ),
    "age": c(
        "AGE",
        lambda v: v.r.randrange(3, 95),
        zh="年龄 | 年龄(岁);周岁",
        py="nl | nl_s;nianling",
        en="age | age years",
        by_name=True,
    ),
    "age_sui": c(
        "AGE",
        lambda v: f"{v.r.randrange(3, 95)}岁",
        zh="年龄 | 就诊年龄",
        py="nl | jznl",
        en="age | patient age",
        by_name=True,
    ),
    "sex": c("SEX", lambda v: v.r.choice("男女"), zh="性别 | 患者性别", py="xb | xbmc", en="sex | gender"),
    "sex_code": c(
        "SEX", lambda v: v.r.choice("12"), zh="性别代码 | 性别", py="xbdm | xb", en="sex code | gender", by_name=True
    ),
    "nation": c(
        "ETHNICITY", lambda v: v.of(zh("nations")), zh="民族 | 民族名称", py="mz | mzmc", en="ethnic group | ethnicity"
    ),
    "nation_code": c(
        "ETHNICITY",
        lambda v: v.one(("01", "03", "11", "06"), ("01", "05", "08", "15")),
        zh="民族代码 | 民族",
        py="mzdm | mz",
        en="ethnicity code | ethnic code",
        by_name=True,
    ),
    "education": c(
        "EDUCATION",
        lambda v: v.of(zh("educations")),
        zh="学历;文化程度 | 最高学历;受教育程度",
        py="xl;whcd | zgxl;sjycd",
        en="education | education level;degree",
    ),
    "marital": c(
        "MARITAL_STATUS",
        lambda v: v.of(zh("marital")),
        zh="婚姻状况 | 婚姻状态;婚否",
        py="hyzk | hyqk",
        en="marital status | marriage status",
    ),
    "marital_code": c(
        "MARITAL_STATUS",
        lambda v: v.one(("10", "20", "30", "40"), ("10", "21", "22", "90")),
        zh="婚姻状况代码 | 婚姻状况",
        py="hyzkdm | hyzk",
        en="marital status code | marital",
        by_name=True,
    ),
    "religion": c(
        "RELIGION", lambda v: v.of(zh("religions")), zh="宗教信仰 | 宗教", py="zjxy | xy_zj", en="religion | faith"
    ),
    "job": c(
        "OCCUPATION",
        lambda v: v.of(zh("jobs")),
        zh="职业 | 从事职业;职业类型",
        py="zy | cszy",
        en="occupation | profession",
    ),
    "post": c(
        "OCCUPATION",
        lambda v: v.of(zh("posts")),
        zh="职务;岗位 | 职称;岗位名称;现任职务",
        py="zw;gw | zc;xrzw",
        en="job title;position | post;job role",
        by_name=True,
    ),
    "employer": c(
        "EMPLOYER",
        texts.company_zh,
        zh="工作单位 | 就业单位;所在单位;单位名称(工作)",
        py="gzdw | jydw;szdw",
        en="employer | work unit",
        also="ORGANIZATION",
    ),
    "school": c(
        "EMPLOYER",
        lambda v: v.of(zh("schools")),
        zh="就读学校 | 毕业院校;所在学校",
        py="jdxx | byyx",
        en="school | graduate school",
        also="ORGANIZATION",
    ),
    "bank_card": c(
        "CN_BANK_CARD",
        lambda v: v.bank_card(),
        zh="银行卡号;银行账号 | 收款账号;工资卡卡号;一卡通账号",
        py="yhkh;yhzh | skzh;gzkh",
        en="bank card no;bank account | card number;account no",
    ),
    "bank_card_wrong": c(
        "CN_BANK_CARD",
        lambda v: v.bank_card(wrong=True),
        zh="银行卡号 | 发放账号",
        py="yhkh | yhzh",
        en="bank card | bank account",
    ),
    "card_masked": c(
        "CN_BANK_CARD",
        lambda v: _masked(v.bank_card(), 4, 4),
        zh="银行卡号 | 卡号",
        py="yhkh | kh",
        en="card no | bank card number",
    ),
    "passport": c(
        "CN_PASSPORT",
        lambda v: v.passport(),
        zh="护照号码 | 护照号;护照编号",
        py="hzhm | hzh_m",
        en="passport no | passport number",
    ),
    "home_return": c(
        "CN_HM_TRAVEL_PERMIT",
        lambda v: v.home_return(),
        zh="港澳居民来往内地通行证号 | 回乡证号码",
        py="hxzh | gatxzh",
        en="home return permit | mainland travel permit",
        also="CN_EXIT_PERMIT",
    ),
    "exit_permit": c(
        "CN_EXIT_PERMIT",
        lambda v: v.exit_permit(),
        zh="往来港澳通行证 | 港澳通行证号",
        py="wlgatxz | gatxz",
        en="exit permit | exit entry permit",
        also="CN_HM_TRAVEL_PERMIT",
    ),
    "plate": c(
        "CN_PLATE",
        lambda v: v.plate(),
        zh="车牌号;号牌号码 | 车牌号码;车牌;机动车号牌",
        py="cph;hphm | cphm;cp",
        en="plate no | license plate;plate number",
    ),
    "vin": c("VIN", lambda v: v.vin(), zh="车架号 | 车辆识别代号;车架号码", py="cjh | clsbdh", en="vin | chassis no"),
    "email": c(
        "EMAIL_ADDRESS", texts.email_zh, zh="电子邮箱 | 邮箱;电子邮件地址", py="dzyx | yxdz", en="email | e_mail"
    ),
    "wechat": c(
        "CN_WECHAT_ID",
        lambda v: v.one(
            (f"wx{v.letters(4).lower()}{v.digits(3)}",), (f"{v.letters(6).lower()}_{v.digits(2)}", f"a{v.digits(8)}")
        ),
        zh="微信号 | 微信",
        py="wxh | wx",
        en="wechat | wechat id",
        by_name=True,
    ),
    "qq": c(
        "CN_QQ_ID",
        lambda v: v.r.randrange(10**7, 10**10),
        zh="QQ号 | QQ号码;QQ",
        py="qqh | qqhm",
        en="qq | qq number",
        by_name=True,
    ),
    "insurance_no": c(
        "CN_SOCIAL_SECURITY",
        lambda v: v.one((f"K{v.digits(8)}",), (v.digits(10), f"A{v.digits(7)}")),
        zh="社保卡号;医保卡号 | 医保编号;个人社保编号",
        py="sbkh | ybbh;ybkh",
        en="social insurance number | insurance card no",
        by_name=True,
    ),
    "record_no": c(
        "MEDICAL_RECORD",
        lambda v: v.one((f"{v.r.randrange(100000, 999999)}",), (f"ZY{v.digits(8)}", f"00{v.digits(6)}")),
        zh="病案号;住院号 | 病历号;门诊号;登记号(住院号)",
        py="bah;zyh | blh;mzh",
        en="medical record no;patient id | mrn;inpatient no",
        by_name=True,
    ),
    "diagnosis": c(
        "DIAGNOSIS",
        lambda v: v.of(zh("diagnoses")),
        zh="诊断;主要诊断 | 出院诊断;入院诊断名称;疾病名称",
        py="zd;zyzd | cyzd;jbmc",
        en="diagnosis | disease;discharge diagnosis",
    ),
    "icd": c(
        "DIAGNOSIS",
        lambda v: v.one(
            ("I10.x00", "E11.900", "J06.900", "K80.200"), ("K35.900", "N18.9", "S72.0", "B18.1", "D25.900")
        ),
        zh="诊断编码 | 疾病编码;ICD-10编码",
        py="zdbm | jbbm",
        en="icd code | icd10;diagnosis code",
    ),
    "salary": c(
        "INCOME",
        lambda v: v.skewed(2800, 60000),
        zh="月收入;工资 | 应发工资;家庭年收入;实发工资",
        py="ysr;gz | nsr;sfgz",
        en="monthly income;salary | annual income;wage",
        by_name=True,
    ),
    "base": c(
        "INCOME",
        lambda v: round(v.r.uniform(4000, 24000), 2),
        zh="缴费基数 | 公积金缴存基数",
        py="jfjs | jcjs",
        en="contribution base | payment base",
        by_name=True,
    ),
    "district": c(
        "REGION",
        lambda v: v.of(zh("districts")),
        zh="所属区县;区县 | 行政区;所在区;辖区",
        py="qx;ssqx | xzq;szq",
        en="district;county | region;administrative area",
    ),
    "street": c(
        "REGION",
        lambda v: v.of(zh("streets")),
        zh="街道;乡镇街道 | 镇街;所属街道(乡镇)",
        py="jd;xzjd | jdmc;ssjd",
        en="subdistrict;town | township;street office",
    ),
    "community": c(
        "REGION",
        lambda v: v.of(zh("communities")),
        zh="社区;村居 | 社区名称;所属社区(村)",
        py="sq;cj | sqmc;sssq",
        en="community | village;neighborhood committee",
        also="CN_ADDRESS ORGANIZATION",
    ),
    "region_code": c(
        "REGION",
        lambda v: v.one(("321002", "321003", "330702"), ("340202", "350502", "420606")),
        zh="行政区划代码 | 区划代码",
        py="xzqhdm | xzqh_dm",
        en="region code | area code",
        by_name=True,
    ),
    "native": c(
        "REGION",
        lambda v: v.of(zh("native_places")),
        zh="籍贯 | 祖籍;出生地",
        py="jg | csd",
        en="birthplace | hometown",
    ),
    "postcode": c(
        "POSTCODE",
        lambda v: f"2250{v.digits(2)}" if v.half == 0 else f"241{v.digits(3)}",
        zh="邮政编码 | 邮编",
        py="yzbm | yb",
        en="postcode | postal code",
        by_name=True,
    ),
    "home_lon": c(
        "CN_GPS",
        lambda v: round(119 + v.r.random(), 6),
        zh="经度 | 定位经度",
        py="jd_x | jd",
        en="longitude | lng",
        by_name=True,
    ),
    "home_lat": c(
        "CN_GPS",
        lambda v: round(32 + v.r.random(), 6),
        zh="纬度 | 定位纬度",
        py="wd | wd_y",
        en="latitude | lat",
        by_name=True,
    ),
    "position": c(
        "CN_GPS",
        lambda v: f"{v.r.uniform(117, 121):.6f},{v.r.uniform(30, 33):.6f}",
        zh="坐标 | 经纬度;位置坐标",
        py="zb | jwd",
        en="coordinates | gps",
    ),
    "ip": c(
        "IP_ADDRESS", lambda v: v.ip(), zh="登录IP | IP地址;访问IP", py="dlip | ipdz", en="ip | client ip;login ip"
    ),
    "mac": c("MAC_ADDRESS", lambda v: v.mac(), zh="MAC地址 | 设备MAC", py="mac | macdz", en="mac | mac address"),
    "imei": c("IMEI", lambda v: v.imei(), zh="手机串号 | IMEI;设备识别码(IMEI)", py="sjch | imei", en="imei | imei no"),
    "remark_person": c(
        "PERSON",
        texts.remark_with_person,
        zh="备注;办理情况 | 走访记录;处理意见",
        py="bz | zfjl",
        en="remark | notes",
        also="CN_MOBILE",
    ),
}

FIRMS: Final[dict[str, Concept]] = {
    "company": c(
        "ORGANIZATION",
        texts.company_zh,
        zh="企业名称;单位名称 | 公司名称;纳税人名称;被执行人名称;市场主体名称",
        py="qymc;dwmc | gsmc;nsrmc",
        en="company name;enterprise | company;organization name",
    ),
    "hospital": c(
        "ORGANIZATION",
        lambda v: v.of(zh("hospitals")),
        zh="医疗机构名称;医院 | 就诊医院;定点医疗机构",
        py="yljgmc;yymc | jzyy",
        en="hospital | medical institution",
        also="EMPLOYER",
    ),
    "court": c(
        "ORGANIZATION",
        lambda v: v.of(zh("courts")),
        zh="执行法院 | 受理法院;法院名称",
        py="zxfy | slfy",
        en="court | court name",
        also="none",
    ),
    "bank": c(
        "ORGANIZATION",
        lambda v: v.of(zh("banks")),
        zh="开户行 | 开户银行;发卡行",
        py="khh | khyh",
        en="bank name | opening bank",
        also="none",
    ),
    "school_list": c(
        "ORGANIZATION",
        lambda v: v.of(zh("schools")),
        zh="学校名称 | 办学单位;学校",
        py="xxmc | bxdw",
        en="school name | institution",
        also="EMPLOYER",
    ),
    "authority": c(
        "ORGANIZATION",
        lambda v: v.of(zh("districts")) + v.one(("公安局", "市场监督管理局"), ("行政审批局", "民政局", "公安分局")),
        zh="签发机关 | 登记机关;发证机关",
        py="qfjg | djjg",
        en="issuing authority | registration authority",
        also="none",
    ),
    "uscc": c(
        "CN_USCC",
        lambda v: v.uscc(),
        zh="统一社会信用代码 | 社会信用代码;统一社会信用代码(税号)",
        py="tyshxydm | shxydm;xydm",
        en="uscc;credit code | unified social credit code",
    ),
    "uscc_wrong": c(
        "CN_USCC",
        lambda v: v.uscc(wrong=True),
        zh="统一社会信用代码 | 纳税人识别号",
        py="tyshxydm | nsrsbh",
        en="social credit code | taxpayer id",
        also="CN_TAX_ID",
    ),
    "org_code": c(
        "CN_ORGANIZATION_CODE",
        lambda v: v.org_code(),
        zh="组织机构代码 | 机构代码",
        py="zzjgdm | zzjgdm_1",
        en="organization code | org code",
    ),
    "firm_address": c(
        "CN_ADDRESS",
        texts.address_zh,
        zh="注册地址;经营地址 | 住所;生产经营地址",
        py="zcdz;jydz | zs_dz;scjydz",
        en="registered address | business address",
    ),
}

THINGS: Final[dict[str, Concept]] = {
    "order": c(
        NONE,
        _order,
        zh="订单号;订单编号 | 交易单号;运单号",
        py="ddh;ddbh | jydh;ydh",
        en="order no;order id | order number;waybill no",
    ),
    "case_like_id": c(
        NONE, _case_like_id, zh="案件编号 | 受理编号;事项编码", py="ajbh | slbh", en="case no | acceptance no"
    ),
    "long_digits": c(
        NONE,
        lambda v: v.r.randrange(10**17, 9 * 10**17),
        zh="流水号 | 业务流水;记录ID",
        py="lsh | ywlsh",
        en="serial no | record id",
    ),
    "txn16": c(
        NONE,
        lambda v: v.one((f"10{v.digits(14)}",), (f"42{v.digits(14)}", f"20{v.digits(14)}")),
        zh="交易流水号 | 交易号;支付流水",
        py="jylsh | zfls",
        en="transaction id | txn no",
    ),
    "row1380": c(NONE, lambda v: _running(v, 13800001000), zh="序号 | 记录编号", py="xh | jlbh", en="row no | seq"),
    "row": c(NONE, lambda v: v.row + 1, zh="序号 | 编号", py="xh | bh", en="no | index"),
    "serial8": c(
        NONE,
        lambda v: f"{v.one(('A', 'B'), ('E', 'P', 'H', 'K'))}{_running(v, 10020300, 7)}",
        zh="设备编号 | 资产编号;仪器编号",
        py="sbbh | zcbh",
        en="device no | asset no",
    ),
    "serial8_random": c(
        NONE,
        lambda v: f"{v.one(('S', 'T'), ('M', 'D', 'W'))}{v.digits(8)}",
        zh="产品序列号 | 物料编码",
        py="cpxlh | wlbm",
        en="serial number | part no",
    ),
    "invoice": c(
        NONE,
        lambda v: v.one((v.digits(8),), (v.digits(20), f"0{v.digits(7)}")),
        zh="发票号码 | 发票号",
        py="fphm | fph",
        en="invoice no | invoice number",
    ),
    "contract_no": c(
        NONE,
        lambda v: f"HT-{v.recent():%Y}-{v.digits(4)}",
        zh="合同编号 | 协议编号",
        py="htbh | xybh",
        en="contract no | agreement no",
    ),
    "moment": c(
        NONE,
        lambda v: v.moment(),
        zh="更新时间;登记时间 | 创建时间;入院时间;采集时间",
        py="gxsj;djsj | cjsj;rysj",
        en="update time;created at | admitted at;event time",
    ),
    "stamp": c(
        NONE,
        lambda v: 1_560_000_000_000 + v.r.randrange(10**11),
        zh="时间戳 | 上报时间戳",
        py="sjc | sbsj",
        en="timestamp | ts",
    ),
    "day": c(
        NONE,
        lambda v: v.recent(),
        zh="登记日期;申请日期 | 发证日期;入职日期;立案时间",
        py="djrq;sqrq | fzrq;larq",
        en="register date;apply date | issue date;hire date",
    ),
    "day_old": c(
        NONE,
        lambda v: v.day(1985, 2024),
        zh="成立日期 | 注册时间;入党时间",
        py="clrq | zcsj",
        en="establishment date | founded",
    ),
    "day_written": c(
        NONE,
        lambda v: texts.date_written(v, v.recent()),
        zh="办理日期 | 有效期至;缴费日期",
        py="blrq | yxqz",
        en="process date | expiry date",
    ),
    "amount": c(
        NONE,
        lambda v: v.money(90000),
        zh="金额;合计金额 | 执行标的(元);交易金额;贷款金额",
        py="je;hjje | zxbd;jyje",
        en="amount;total | transaction amount;loan amount",
    ),
    "tax": c(NONE, lambda v: v.money(9000), zh="税额 | 应纳税额;欠税余额", py="se | ynse", en="tax amount | tax due"),
    "count": c(
        NONE,
        lambda v: v.r.randrange(1, 400),
        zh="数量;人数 | 次数;户数;库存",
        py="sl;rs | cs;hs",
        en="quantity;count | headcount;stock",
    ),
    "percent": c(
        NONE,
        lambda v: f"{v.r.random() * 100:.1f}%",
        zh="占比 | 完成率;合格率",
        py="zb | wcl",
        en="ratio | completion rate",
    ),
    "rate": c(
        NONE, lambda v: round(v.r.random(), 4), zh="比例 | 增长率;使用率", py="bl | zzl", en="rate | growth rate"
    ),
    "score": c(
        NONE,
        lambda v: v.r.randrange(30, 151),
        zh="成绩;得分 | 总分;信用分",
        py="cj;df | zf;xyf",
        en="score | total score;credit score",
    ),
    "year": c(
        NONE,
        lambda v: v.r.randrange(2010, 2025),
        zh="年份;年度 | 建成年份;统计年度",
        py="nf;nd | jcnf;tjnd",
        en="year | build year;fiscal year",
    ),
    "temperature": c(
        NONE,
        lambda v: round(v.r.uniform(-5, 41), 1),
        zh="温度;气温 | 水温;体温(℃)",
        py="wd;qw | sw;tw",
        en="temperature | body temp",
    ),
    "area": c(
        NONE,
        lambda v: round(v.r.uniform(38, 240), 2),
        zh="建筑面积;面积(㎡) | 使用面积;占地面积",
        py="jzmj;mj | symj;zdmj",
        en="floor area | area sqm",
    ),
    "price": c(NONE, lambda v: v.money(600), zh="单价 | 零售价;成交价", py="dj | lsj", en="unit price | retail price"),
    "product": c(
        NONE,
        lambda v: v.of(zh("products")),
        zh="商品名称;产品名称 | 品名;货物名称",
        py="spmc;cpmc | pm;hwmc",
        en="product name;goods | item name;commodity",
    ),
    "drug": c(
        NONE,
        lambda v: v.of(zh("drugs")),
        zh="药品名称 | 药品;通用名",
        py="ypmc | yp;tym",
        en="drug name | medicine;generic name",
    ),
    "spec": c(NONE, texts.drug_spec, zh="规格 | 药品规格", py="gg | ypgg", en="spec | specification"),
    "department": c(
        NONE,
        lambda v: v.of(zh("departments")),
        zh="科室;就诊科室 | 出院科室;科别",
        py="ks;jzks | cyks;kb",
        en="department | dept;ward",
        also="ORGANIZATION",
    ),
    "office": c(
        NONE,
        lambda v: v.of(zh("offices")),
        zh="部门 | 所在部门;所属部门",
        py="bm | szbm",
        en="department | dept name",
        also="ORGANIZATION",
    ),
    "road": c(
        NONE,
        lambda v: v.of(zh("roads")),
        zh="道路名称;路名 | 路段;所在道路",
        py="dlmc;lm | ld;szdl",
        en="road name | road;section",
    ),
    "station": c(
        NONE,
        lambda v: v.of(zh("stations")),
        zh="站点名称;站名 | 上车站点;停靠站",
        py="zdmc;zm | sczd;tkz",
        en="station name | stop;bus stop",
    ),
    "line": c(
        NONE, lambda v: v.of(zh("lines")), zh="线路;线路名称 | 公交线路", py="xl_mc;xlmc | gjxl", en="line | route name"
    ),
    "estate": c(
        NONE,
        lambda v: v.of(zh("estates")),
        zh="小区名称 | 楼盘名称",
        py="xqmc | lpmc",
        en="estate | residential compound",
        also="CN_ADDRESS REGION",
    ),
    "book": c(NONE, lambda v: v.of(zh("books")), zh="书名 | 图书名称;题名", py="sm | tsmc", en="book title | title"),
    "subject": c(
        NONE,
        lambda v: v.of(zh("subjects")),
        zh="科目;课程 | 课程名称;学科",
        py="km;kc | kcmc;xk",
        en="subject | course",
    ),
    "school_class": c(
        NONE, lambda v: v.of(zh("classes")), zh="班级 | 行政班;所在班级", py="bj | szbj", en="class | class name"
    ),
    "student_no": c(
        NONE,
        lambda v: f"{v.r.randrange(2018, 2025)}{v.digits(6)}",
        zh="学号 | 学籍号;考号",
        py="xh | xjh",
        en="student no | student number",
        also="MEDICAL_RECORD",
    ),
    "staff_no": c(
        NONE,
        lambda v: f"{v.one(('E', 'N'), ('GH', 'YG'))}{v.digits(5)}",
        zh="工号 | 员工编号;职工号",
        py="gh | ygbh",
        en="staff no | employee id",
    ),
    "brand": c(NONE, lambda v: v.of(zh("brands")), zh="品牌 | 车辆品牌", py="pp | clpp", en="brand | make"),
    "vehicle": c(
        NONE,
        lambda v: v.of(zh("vehicles")),
        zh="车辆类型 | 准驾车型;车型",
        py="cllx | cx",
        en="vehicle type | vehicle class",
    ),
    "engine": c(
        NONE,
        lambda v: f"{v.letters(2)}{v.digits(6)}",
        zh="发动机号 | 发动机号码",
        py="fdjh | fdjhm",
        en="engine no | engine number",
    ),
    "colour": c(NONE, lambda v: v.of(zh("colours")), zh="颜色 | 车身颜色", py="ys | csys", en="colour | body color"),
    "colour_code": c(
        NONE,
        lambda v: f"#{v.r.randrange(16**6):06x}",
        zh="颜色代码 | 色值",
        py="ysdm | sz",
        en="colour code | hex color",
    ),
    "industry": c(
        NONE,
        lambda v: v.of(zh("industries")),
        zh="行业;所属行业 | 行业门类",
        py="hy_mc;sshy | hyml",
        en="industry | sector",
    ),
    "kind": c(
        NONE,
        lambda v: v.of(zh("enterprise_kinds")),
        zh="企业类型 | 市场主体类型;主体类型",
        py="qylx | ztlx",
        en="enterprise type | company type",
    ),
    "state": c(
        NONE,
        lambda v: v.of(zh("states")),
        zh="状态;办理状态 | 登记状态;经营状态",
        py="zt;blzt | djzt;jyzt",
        en="status;state | registration status",
    ),
    "channel": c(
        NONE,
        lambda v: v.of(zh("channels")),
        zh="支付方式 | 缴费渠道;受理渠道",
        py="zffs | jfqd",
        en="payment method | channel",
    ),
    "cause": c(
        NONE, lambda v: v.of(zh("case_causes")), zh="案由 | 立案案由", py="ay | laay", en="cause of action | case cause"
    ),
    "case_no": c(
        NONE, texts.case_number_zh, zh="案号 | 执行依据文号;执行案号", py="ah | zxyjwh", en="case number | docket no"
    ),
    "behaviour": c(
        NONE,
        lambda v: v.of(zh("behaviours")),
        zh="失信行为具体情形 | 失信被执行人行为",
        py="sxxw | sxxwqx",
        en="behaviour | default behaviour",
    ),
    "matter": c(
        NONE,
        lambda v: v.of(zh("matters")),
        zh="事件类型;诉求标题 | 事件名称;问题类别",
        py="sjlx;sqbt | sjmc;wtlb",
        en="event type | issue;matter title",
    ),
    "unit": c(NONE, lambda v: v.of(zh("units")), zh="计量单位 | 单位", py="jldw | dw", en="unit | uom"),
    "weekday": c(NONE, lambda v: v.of(zh("weekdays")), zh="星期 | 排班日", py="xq | pbr", en="weekday | day of week"),
    "weather": c(
        NONE, lambda v: v.of(zh("weather")), zh="天气 | 天气现象", py="tq | tqxx", en="weather | weather condition"
    ),
    "plant": c(
        NONE, lambda v: v.of(zh("plants")), zh="树种 | 树木名称;植物名称", py="sz | smmc", en="tree species | plant"
    ),
    "insurance": c(
        NONE,
        lambda v: v.of(zh("insurances")),
        zh="医保类型 | 付费方式;费别",
        py="yblx | fffs",
        en="insurance type | payment type",
    ),
    "kinship": c(
        NONE,
        lambda v: v.of(zh("kinships")),
        zh="与户主关系 | 家庭关系;与申请人关系",
        py="yhzgx | jtgx",
        en="relationship | relation to head",
    ),
    "politics": c(
        NONE,
        lambda v: v.of(zh("politics")),
        zh="政治面貌 | 政治面貌名称",
        py="zzmm | zzmmmc",
        en="political status | political affiliation",
    ),
    "blood": c(
        NONE,
        lambda v: v.one(("A", "B", "AB", "O"), ("A型", "B型", "O型", "AB型")),
        zh="血型 | ABO血型",
        py="xx | xxlx",
        en="blood type | blood group",
    ),
    "height": c(
        NONE, lambda v: v.r.randrange(148, 192), zh="身高 | 身高(cm)", py="sg | sg_cm", en="height | height cm"
    ),
    "weight": c(
        NONE, lambda v: round(v.r.uniform(40, 95), 1), zh="体重 | 体重(kg)", py="tz | tz_kg", en="weight | weight kg"
    ),
    "days": c(
        NONE,
        lambda v: v.r.randrange(1, 40),
        zh="住院天数 | 逾期天数;实际住院天数",
        py="zyts | yqts",
        en="length of stay | days overdue",
    ),
    "bed": c(NONE, lambda v: f"{v.r.randrange(1, 60)}床", zh="床号 | 床位", py="ch | cw", en="bed no | bed"),
    "version": c(
        NONE,
        lambda v: f"V{v.r.randrange(1, 6)}.{v.r.randrange(10)}.{v.r.randrange(20)}",
        zh="版本号 | 固件版本",
        py="bbh | gjbb",
        en="version | firmware version",
    ),
    "version_ip": c(
        NONE,
        lambda v: ".".join(str(v.r.randrange(12)) for _ in range(4)),
        zh="版本 | 软件版本;系统版本",
        py="bb | rjbb",
        en="app version | build version",
    ),
    "uuid": c(NONE, _uuid, zh="唯一标识 | 主键", py="wybs | zj_id", en="uuid | guid"),
    "hash": c(NONE, _hash, zh="文件摘要 | 校验值", py="wjzy | md5", en="md5 | checksum"),
    "stock": c(
        NONE,
        lambda v: v.one(("600519", "000858", "601318", "300750"), ("002594", "688981", "600036", "000333")),
        zh="股票代码 | 证券代码",
        py="gpdm | zqdm",
        en="stock code | ticker",
    ),
    "zone": c(
        NONE,
        lambda v: v.one(("0514", "0511", "025"), ("0553", "0595", "010")),
        zh="区号 | 长途区号",
        py="qh | ctqh",
        en="dialing code | phone area code",
        also="REGION",
    ),
    "ean": c(NONE, _ean, zh="条形码 | 商品条码", py="txm | sptm", en="barcode | ean13"),
    "isbn": c(NONE, lambda v: f"9787{v.digits(9)}", zh="ISBN | 国际标准书号", py="isbn | gjbzsh", en="isbn | isbn13"),
    "device15": c(
        NONE,
        lambda v: f"{v.one(('10', '30'), ('20', '40'))}{v.digits(13)}",
        zh="电表号 | 表计编号;终端编号",
        py="dbh | bjbh",
        en="meter no | terminal no",
    ),
    "parcel": c(
        NONE,
        lambda v: f"{v.one(('321002', '330702'), ('340202', '350502'))}{v.digits(6)}GB{v.digits(5)}",
        zh="宗地编号 | 不动产单元号",
        py="zdbh_t | bdcdyh",
        en="parcel no | land unit no",
    ),
    "scope": c(
        NONE,
        lambda v: v.of(zh("scopes")),
        zh="经营范围 | 许可项目",
        py="jyfw | xkxm",
        en="business scope | licensed items",
    ),
    "remark": c(
        NONE,
        texts.remark_zh,
        zh="备注;说明 | 处理结果;情况描述",
        py="bz;sm | cljg;qkms",
        en="remark | description;comments",
    ),
    "facility": c(
        "CN_GPS",
        lambda v: f"{v.r.uniform(117, 121):.5f},{v.r.uniform(30, 33):.5f}",
        zh="站点坐标 | 设施坐标",
        py="zdzb | sszb",
        en="station coordinates | facility gps",
        also="none",
    ),
    "model": c(
        NONE,
        lambda v: f"{v.one(('苏泊尔', '浙大'), ('京瓷', '鲁花'))}{v.letters(1)}{v.digits(5)}",
        zh="产品型号 | 规格型号",
        py="cpxh | ggxh",
        en="product model | model no",
    ),
    "meter": c(
        NONE, lambda v: v.r.randrange(100, 99999), zh="本期读数 | 用水量", py="bqds | ysl", en="meter reading | usage"
    ),
    "project": c(
        NONE, lambda v: v.of(zh("projects")), zh="项目名称 | 工程名称", py="xmmc | gcmc", en="project name | project"
    ),
    "place_of_number": c(
        NONE,
        lambda v: v.of(zh("native_places")),
        zh="手机号归属地 | 号码归属地",
        py="gsd | hmgsd",
        en="phone location | number location",
        also="REGION",
    ),
    "carrier": c(
        NONE,
        lambda v: v.of(zh("carriers")),
        zh="运营商 | 所属运营商",
        py="yys | ssyys",
        en="carrier | operator",
        also="ORGANIZATION",
    ),
    "url": c(
        NONE,
        lambda v: f"https://www.example.gov.cn/xx/{v.digits(6)}.html",
        zh="链接 | 详情页",
        py="lj | xqy",
        en="url | link",
        also="URL",
    ),
    "grid": c(
        NONE,
        lambda v: f"{v.of(zh('streets'))[:2]}第{v.r.randrange(1, 30)}网格",
        zh="网格名称;网格 | 所属网格",
        py="wgmc;wg | sswg",
        en="grid | grid name",
        also="REGION",
    ),
    "household_no": c(
        NONE,
        lambda v: f"{v.one(('3210', '3307'), ('3402', '3505'))}{v.digits(5)}",
        zh="户号 | 户籍编号",
        py="hh | hjbh",
        en="household no | family no",
    ),
    "floors": c(NONE, lambda v: v.r.randrange(1, 34), zh="楼层 | 总层数", py="lc | zcs", en="floor | floors"),
    "yes": c(
        NONE,
        lambda v: v.r.choice("是否"),
        zh="是否贫困户 | 是否在职;是否重点人员",
        py="sfpkh | sfzz",
        en="is poor | is active",
    ),
}

ZH: Final[dict[str, Concept]] = PERSONS | FIRMS | THINGS
