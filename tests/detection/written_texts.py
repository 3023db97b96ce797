"""Texts written by hand, with what they name marked in them. Nobody in them exists.

They are of another style than the generated ones (`tests.detection.labelled_texts`). Rules were mended after looking at the
errors made on them: how far the readers can be trusted on new texts lies between the first run's figures (`docs/accuracy-
text.md`) and today's. A mark is `[[P 张伟]]`, or `[[P Dr Vance|Vance]]` where only a part is meant; `CODES` says what the letters
mean. In Chinese only full names are marked: 王先生 names nobody. In English a given name or a surname alone is marked too, for there
it is how people are called.
"""

from __future__ import annotations

from typing import Final

CODES: Final = {
    "P": "PERSON",
    "O": "ORGANIZATION",
    "A": "CN_ADDRESS",
    "M": "CN_MOBILE",
    "L": "CN_LANDLINE",
    "I": "CN_RESIDENT_ID",
    "E": "EMAIL_ADDRESS",
    "C": "CN_PLATE",
    "B": "CN_BANK_CARD",
    "D": "BIRTH_DATE",
}

CHINESE: Final = """
昨晚十一点多,楼上[[P 顾维桢]]家又在拖椅子,我敲门他也不理
麻烦帮我查一下[[P 沈嘉禾]]的预约,她说是上周三打的电话
[[P 裴松年]]老人独居,子女都在外地,社区每天送一次饭
关于[[P 许知航]]小朋友的疫苗本,请到三楼补打
原告[[P 汤敬尧]]与被告[[P 龚丽娅]]民间借贷纠纷一案,本院于三月五日立案
被告人[[P 邱大勇]]对指控的事实供认不讳,辩护人[[P 殷素秋]]提出其系初犯
本案由审判员[[P 岑文博]]独任审理,书记员[[P 曲冬梅]]担任记录
经查,[[P 尤德全]]系[[O 太湖水产养殖合作社]]社员,并非该社法定代表人
嫌疑人供述称当晚与[[P 阮阿贵]]、[[P 翟金花]]三人在河边喝酒
证人[[P 柏小川]]证实,案发时他正在[[O 平江中学]]操场打球
患者[[P 傅云峰]],男,71岁,帕金森病史六年,近来步态不稳
家属诉[[P 贺春燕]]老人近记忆下降,考虑阿尔茨海默病可能
[[P 章若琳]]主任查房:克罗恩病活动期,加用英夫利昔单抗
今日由[[P 邢建业]]医生行腹腔镜手术,术中出血约五十毫升
送检标本:[[P 蓝采薇]],甲状腺左叶,桥本甲状腺炎
请呼吸科会诊,联系[[P 管一鸣]]副主任医师,分机号八零三二
既往有高血压、白内障病史,否认肝炎、结核
患儿[[P 纪沐辰]],因川崎病入院,予丙种球蛋白冲击
随访对象[[P 单秋月]]已搬至女儿处,电话[[M 13771830462]]
霍奇金淋巴瘤,化疗第三周期,耐受尚可
妈,我到了,手机没电,用[[P 江小渔]]的手机给你发的
老王你那边怎么样了,小刘说钱还没到账
你把身份证号发我:[[I 320503198805214525]],我去给你买票
[[P 路遥知]]你欠我的火锅什么时候还
群里那个叫[[P 牧野]]的人是谁啊,天天发广告
转给[[P 晏紫苏]]吧,卡号[[B 6217001180031245676]],[[O 建设银行]]的
周末去[[P 燕归来]]家打牌,地址是[[A 吴中区石湖西路188号5幢302室]]
我同学[[P 欧阳明月]]在[[O 苏州大学]]读研,她认识那个导师
陈总说先这么定,李姐那边我去说
[[P 司徒景行]]是我们新来的产品经理,以后需求找他
红头文件:经研究,决定任命[[P 水清浅]]同志为办公室副主任
会议由副局长[[P 冷锋]]主持,[[P 花满楼]]、[[P 石敢当]]等参加
经[[O 姑苏区人民政府]]批准,同意[[P 丰年]]同志退休
[[O 市财政局]]、[[O 市审计局]]联合发文,要求各单位自查
请各街道于周五前报送至[[O 区民政局]]社会救助科,联系人[[P 宁静]],电话[[L 0512-68227719]]
受理编号二零二四零三一一,申请人[[P 全福仁]],事项为个体工商户注销
经办人:[[P 楚云飞]] 复核人:[[P 乐平]]
申请人材料不齐,已一次性告知,本人签字确认
关于中山路、人民路交叉口信号灯配时的答复
苏府办发〔2023〕45号文件已转发至各科室
来电反映王老吉凉茶涨价,经核实属市场调节价
投诉人在李宁专卖店买的鞋开胶,商家拒绝退换
市民称[[O 周大福金店]]以旧换新克扣工费
老干妈和李锦记都过期了还在卖,[[O 家家乐超市]]不处理
白云山牌板蓝根颗粒缺货,希望调拨
张裕葡萄酒年份标注有误,已移送[[O 市场监督管理局]]
市民[[P 秋实]]女士反映小区电梯停运三天
[[P 成自在]]先生来电咨询公积金提取政策,已解答
来电人[[P 万里云]],称其父[[P 万守业]]在[[O 苏州市第九人民医院]]走失
[[P 干将军]]同志三十年如一日坚守在水文站
网格员[[P 庞统一]]上门核实,户主[[P 白露霜]]不在家
车主[[P 褚时光]]的[[C 苏E7K39Q]]被划,监控未拍到
[[C 苏EDF8812]]违停,驾驶人[[P 利天行]]已接受处理
快递寄到[[A 园区星湖街328号创意产业园8幢]],收件人[[P 常乐]],[[M 18962517304]]
收件人信息有误,退回,寄件人电话[[M 15050119283]]
学生[[P 艾青禾]],家长[[P 艾国强]],联系电话[[M 13913580274]],对芒果过敏
班主任[[P 钟灵秀]]老师请假,由[[P 毕胜男]]老师代课
教师[[P 阿卜杜拉·热合曼]]荣获民族团结先进个人
[[P 古丽娜扎·艾山]]自幼随父母来苏经营餐馆
藏族学生[[P 扎西次仁]]被[[O 南京中医药大学]]录取
内蒙古籍牧民[[P 巴特尔]]来院复查包虫病
外教[[P 艾米丽·沃森]]签证到期,需续签
法国专家[[P 让·皮埃尔·杜邦]]来访,由[[P 谷雨]]陪同
前锋[[P 卡鲁索]]梅开二度,[[P 贝尔纳多]]助攻
主教练[[P 克鲁斯曼]]赛后表示对裁判不满
日籍技师[[P 田中健太郎]]驻厂三个月
韩方代表[[P 朴成俊]]、[[P 金惠珍]]出席签约仪式
客户 [[P John Carter]] 来电,要求开具英文发票
外籍患者[[P Maria Gonzalez]],西班牙语,需翻译
邮件请抄送[[P Zhang Meiling]]和[[P 宋词]],邮箱[[E meiling.zhang@example.com]]
[[O 浙江远山信息技术有限公司]]中标,项目经理[[P 蒋干]]
董事长[[P 鲁大海]]辞职,由[[P 霍燕如]]接任
[[O 国家税务总局苏州市税务局]]稽查人员[[P 符坚]]、[[P 查无涯]]到场
[[O 江苏明德律师事务所]]律师[[P 相里云]]代理本案
[[O 苏州工业园区星海实验中学]]通报表扬[[P 夏侯元]]等同学
合同甲方:[[O 昆山恒泰精密模具有限公司]],签约代表[[P 强不息]]
[[O 中国移动]]宽带又断了,打10086没人接
[[O 京东]]和[[O 顺丰]]互相推,快递丢了没人管
在[[O 平安保险]]买的车险,理赔员姓郭,全名不知道
[[O 沧浪新城社区卫生服务中心]]开展义诊,内科[[P 时迁明]]大夫坐诊
请[[O 交警大队]]核查[[A 干将西路1296号]]门口的违停
住址变更为[[A 相城区元和街道嘉元路959号]],请更新系统
现住[[A 虎丘区枫桥街道马运路288号2号楼1单元602室]],房东[[P 易中田]]
居住在山塘街的老人反映石板路松动
虎丘山庄门口积水,无法通行
金鸡湖音乐喷泉几点开始
[[P 余成林]]出生日期[[D 1979年4月18日]],汉族,初中文化
[[P 那英姿]],女,满族,[[D 1993-11-02]]出生,户籍吉林
我叫[[P 安如意]],生日是[[D 1990.6.15]],想办健康证
持卡人[[P 高山流]],卡号[[B 6228480402564890018]],挂失
开户人[[P 江河]],预留手机[[M 17706136625]],网点[[O 农业银行观前支行]]
微信转账给[[P 梅兰竹]]五千,备注房租
[[P 童话]]妈妈,明天亲子活动请穿运动鞋
今天明天后天都有雨,出门带伞
马上过年了,提前祝大家新年快乐
和平新村路灯不亮,请维修
石膏固定四周后复查
温度过高导致设备停机,已更换风扇
高铁站出口出租车拒载,车牌没记住
强调安全生产,落实主体责任
方案已批,经费从专项列支
鲁菜馆油烟扰民,夜间噪声大
红楼梦里最喜欢宝玉,读了三遍
我和她都姓苏,但没有亲戚关系
时间改到周五下午,地点不变
王府井的店关了,改去观前街
小张说让老李来签字,我说不用
""".strip().splitlines()

ENGLISH: Final = """
Hi team, [[P Olumide]] from [[O Brightwater Utilities]] rang again about the meter at number 14.
Can someone ring [[P Philippa Cartwright]] back before noon? She is not happy.
[[P Tomasz Zielinski]] says the parcel was left with the neighbour, [[P Mrs Haverford|Haverford]].
Refund approved by [[P Deirdre]]; customer will see it in 3-5 days.
Caller refused to give a name, line went dead after two minutes.
Per [[P Hamish McAllister]], the boiler was serviced in March and the pressure was fine then.
Escalated to [[P Ananya Krishnan]] in billing, cc [[P Bob]].
I spoke with [[P Xiaoling Chen]] yesterday and she confirmed the booking for four.
please update the record for [[P susan miller]], she moved last month
URGENT: [[P PATRICIA LOMBARDI]] LOCKED OUT OF HER ACCOUNT SINCE MONDAY
The invoice went to [[E accounts@northfield.example.org]] instead of [[P Gareth]].
[[P Vandermeer, Pieter]]: second reminder sent, no reply.
72 y.o. woman with known Parkinson's disease, here with daughter [[P Leticia]].
Pt is a 45M referred by Dr. [[P Okonjo]] for suspected Crohn's disease.
Seen and examined with Dr. [[P Whitfield]]. Plan discussed with the family.
[[P Rosalind Achterberg]] was discharged home in stable condition on 40 mg lisinopril.
MRI negative. Bell's palsy likely viral. Follow up in neurology clinic.
Glasgow Coma Scale 15, Babinski sign absent, Romberg test normal.
Hodgkin lymphoma in remission since 2016, no B symptoms.
Mother, [[P Guadalupe Reyes-Ortega]], present at bedside and consents to surgery.
Sutures removed by nurse [[P Bridget]]; wound clean and dry.
Patient denies chest pain, nausea or vomiting. Lungs clear.
He was transferred from [[O St. Brendan's Hospital]] under the care of Dr [[P Mukherjee]].
Dear Ms [[P Lindqvist]], thank you for choosing [[O Harbour & Lane Insurance]].
Kind regards, [[P Bartholomew Finch]]
Thanks, [[P Jo]]
Yours sincerely, [[P Dr Eleanor Vance|Eleanor Vance]], Head of Admissions
We met [[P Wang Lihua]] and [[P Zhou Ming]] at the [[O Suzhou Museum]] last spring.
The delegation was led by [[P Professor Liu Jianguo|Liu Jianguo]] of [[O Nanjing University]].
[[P Nguyen Van Thanh]] and his wife run a small restaurant near the station.
[[P Fatoumata Diallo]] applied for the position of site engineer.
Interview with [[P Kwabena Asante]] went well; second round on Tuesday.
Our new neighbour [[P Ingeborg Halvorsen]] used to work for [[O Statkraft]].
The contract between [[O Meridian Freight Ltd]] and [[O Costa Verde Imports LLC]] expires in June.
[[O Blackwood Partners]] acquired a minority stake in [[O Lumen Dairy Co.]].
The [[O Department of Transportation]] has not replied to our request.
She holds a degree from the [[O University of Leicester]].
[[P Shawn Delacroix]] opened an account at [[O First Prairie Bank]] on Friday.
The [[O Johnson & Johnson]] stock rose, while [[O Tesla]] fell.
I ordered a Calvin Klein shirt and a Michael Kors bag and got neither.
Jack Daniels and Captain Morgan are out of stock until further notice.
Turn left at Martin Luther King Boulevard, then right on Lincoln Avenue.
The concert is at Victoria Park, gates open at six.
Please mark the order as shipped and bill the client.
Will you be able to grant access to the shared drive?
May is the busiest month, and August is quiet.
Rose petals and olive oil are the only ingredients.
The chase for the title goes on; hope is not lost.
My wife [[P Consuelo]] lost her phone, number was 07700 900123.
my name is [[P kevin harris]] and i was charged twice
this is [[P Danielle]], calling on behalf of my father [[P Raymond Tulley]]
The suspect, identified as [[P Marcus Ellery]], was released on bail.
Witness [[P Henrietta Podgorski]] described a silver van leaving the scene.
Officer [[P Baptiste]] took the statement at 21:40.
Justice [[P Abernathy]] dissented; the appeal was dismissed.
[[P Lars]] and [[P Freja Mortensen]] were both late, as usual.
Reported by: [[P Imogen Clarke]]. Assigned to: [[P Raj Malhotra]].
Name: [[P Esperanza Villanueva]]
Emergency contact: [[P Cornelius Obi]] (brother)
Signed, [[P Marguerite D'Angelo]]
Driver [[P Sipho Nkosi]] reported a flat tyre near Leeds.
[[P Katarzyna Wójcik]] asked whether the course is taught in English.
According to [[P Jean-Luc Fontaine]], the bridge is safe for lorries.
Spoke to the landlord's agent; they will send a plumber tomorrow.
Server restarted at 03:00 after Jenkins build failed.
Python and Java courses start in September; Ruby is cancelled.
The Victoria line is delayed; take the Jubilee line instead.
Austin is hotter than Boston in July.
Add basil, rosemary and a splash of sherry vinegar.
Santa Claus is coming to the Lakeside Mall on Sunday.
[[P Abdulrahman Al-Farsi]] needs an invitation letter for his visa.
Tell [[P Beth]] that [[P Uncle Norman|Norman]] has arrived safely.
[[P Yevgenia Morozova]] is the main contact at [[O Polaris Logistics GmbH]].
Best, [[P Théo Lambert]]
""".strip().splitlines()
