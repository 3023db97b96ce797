"""The schemas of the held-out half, written before anything was tuned and only counted since."""

from __future__ import annotations

from typing import Final

HELD_OUT_ZH: Final = {
    "门诊挂号": "record_no xm sex age_sui born mobile id department doctor amount channel moment diagnosis insurance row",
    "低保家庭": "household_no xm id kinship sex born_written nation marital education job base bank_card community yes remark_person",
    "纳税人": "uscc_wrong company legal id mobile firm_address industry tax amount day authority landline email state kind",
    "招聘简历": "xm sex age education school post salary mobile email native marital politics height weight moment",
    "水费账户": "long_digits xm address mobile meter price amount bank bank_card_wrong local_line floors estate state day_written row1380",
    "驾驶人": "xm id sex born vehicle day authority address mobile_int state plate score contact_person serial8_random blood",
    "法院立案": "case_no case_like_id cause xm id_masked mobile_masked legal company uscc court day amount handler remark moment",
    "快递面单": "order xm_masked mobile_masked address xm mobile_written address product weight amount moment station state txn16 channel",
    "体检": "xm sex age id_old mobile employer height weight blood temperature diagnosis icd doctor day score",
    "教师名册": "staff_no xm sex_code nation_code born_month id education post school_list subject politics day_old email contact bank_card",
    "酒店入住": "xm id passport home_return nation sex bed moment day_written mobile plate native amount exit_permit channel",
    "图书借阅": "isbn book brand xm student_no school_class mobile day_written state position score year count email row",
    "环境监测": "station facility temperature rate weather plant moment percent serial8 device15 version_ip mac stamp state district",
    "药品采购": "drug spec count price amount company uscc invoice hospital authority day contract_no ean unit handler",
    "选民": "xm sex nation_code id_wrong born address community street huji xm_spaced religion marital_code card_masked qq wechat",
}

HELD_OUT_EN: Final = {
    "patients": "mrn first last born gender_letter race marital ssn street city county zip icd diagnosis insurer blood lab",
    "payroll": "employee_no name job department salary day_us birth_year gender_binary iban email phone street state_code zip4 manager",
    "voters": "row last first gender_code born_us address city zip race age_group phone religion country status day",
    "shop_users": "customer_id name email phone ip moment product sku quantity dollar amount card status url plan",
    "fleet": "vin serial colour year name phone_uk postcode_uk lat lon distance version uuid tail flight airport",
    "students": "row name_last_first age gender education field score_x university email phone_int address rating month married income_band".replace("score_x", "result"),
    "claims": "txn name_upper phone_masked card_masked amount balance rate drug hospital doctor day epoch txn_hash upc review",
    "travel": "passport name_upper born country flight ticket cabin expiry cvv amex card_grouped position hood borough state",
    "catalogue": "isbn book author company price discount reviews rating category ticker hex version_like species weekday merchant",
    "devices": "imei mac ip ip6 epoch version serial customer_id name temperature percent yes binary order location_id",
}

HELD_OUT_PUBLIC: Final = {
    "telco_churn": "customer_id=customerID gender=gender binary=SeniorCitizen yes=Partner yes=Dependents tenure=tenure yes=PhoneService yes=PaperlessBilling contract=Contract payment=PaymentMethod price=MonthlyCharges amount=TotalCharges yes=Churn",
    "airbnb": "row=id listing=name row=host_id host=host_name borough=neighbourhood_group hood=neighbourhood lat=latitude lon=longitude room=room_type price=price small=minimum_nights reviews=number_of_reviews day=last_review rate=reviews_per_month tenure=availability_365",
    "bank_churn": "row=RowNumber account=CustomerId last=Surname credit_score=CreditScore country=Geography gender=Gender age=Age small=Tenure balance=Balance small=NumOfProducts binary=HasCrCard binary=IsActiveMember salary=EstimatedSalary binary=Exited",
    "superstore": "row=Row+ID order=Order+ID day_us=Order+Date day_us=Ship+Date status=Ship+Mode customer_id=Customer+ID name=Customer+Name category=Segment country=Country city=City state=State zip=Postal+Code category=Sub-Category product=Product+Name price=Sales discount=Discount",
    "diabetes": "mrn=patient_nbr race=race gender=gender age_group=age lab=weight small=time_in_hospital icd=diag_1 icd=diag_2 small=num_medications yes=change yes=diabetesMed binary=readmitted",
    "stroke": "row=id gender=gender age=age binary=hypertension binary=heart_disease married=ever_married workclass=work_type lab=avg_glucose_level lab=bmi status=smoking_status binary=stroke",
}
