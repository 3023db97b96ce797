"""The schemas of the tuned half: what it shows is mended. A column is a concept; `concept=Header` where a public table has its own spelling."""

from __future__ import annotations

from typing import Final

TUNED_ZH: Final = {
    "户籍人口": "row id xm sex nation born education marital kinship huji community mobile household_no religion moment",
    "病案首页": "record_no xm sex age born id nation marital job mobile diagnosis icd department doctor days amount",
    "企业登记": "uscc company kind legal firm_address day_old industry scope state authority amount landline postcode contact_person org_code",
    "学籍": "student_no xm sex born id_masked school school_class contact_person mobile_masked address score subject native politics year",
    "机动车登记": "plate vin engine brand vehicle colour xm id mobile address day insurance amount model row1380",
    "失信被执行人": "xm id court case_no behaviour amount day region_code age sex uscc legal day_written state district",
    "网格走访": "grid handler mobile community address xm id_old age sex remark_person moment yes floors home_lon home_lat",
    "电商订单": "order txn16 product brand count price amount channel xm mobile address state moment spec ean",
    "医保结算": "insurance_no xm id hospital department drug spec count price amount tax insurance icd day bank_card",
    "公交刷卡": "card_masked line station moment device15 amount facility version weekday imei ip row mobile_int kind uuid",
    "不动产": "parcel xm id_wrong estate area floors price amount contract_no born_month mobile_written postcode road year authority",
    "党员名册": "xm_spaced sex_code nation_code marital_code born_written education politics day_old post office id mobile contact native email",
    "出入境": "passport home_return xm sex born exit_permit mobile native job day state authority serial8 qq wechat",
    "统计指标": "year district count percent rate amount temperature area weekday score region_code industry unit stock zone",
    "设备巡检": "serial8 serial8_random model version_ip hash mac ip position temperature moment remark handler state colour_code meter",
}

TUNED_EN: Final = {
    "customers": "row name email phone street city state_code zip country company born gender job ip moment",
    "hospital_admissions": "mrn name age gender blood diagnosis day doctor hospital insurer amount cabin drug result ssn",
    "card_transactions": "txn card merchant category amount first last gender_letter street city state_code zip lat lon job born epoch binary",
    "orders": "order customer_id product sku quantity price discount tax amount day status payment phone upc category",
    "loan_applicants": "row name married small education employer salary amount term credit_score purpose zip yes rate ssn",
    "employees": "employee_no name_last_first job department salary_dollar born_us gender marital race day manager email phone tenure state",
    "web_log": "uuid ip ip6 mac url moment version epoch email customer_id hex country imei status quantity",
    "accounts": "iban card_grouped amex name_upper cvv expiry balance card_kind phone_masked card_masked address birth_year account_x zip4 email".replace("account_x", "account"),
    "library": "isbn book author year company rating reviews price category row url review serial month colour",
    "registrations": "vin passport name_upper address phone_uk postcode_uk age_group gender_code marital_letter religion income_band education_code day_us county txn_hash",
}

TUNED_PUBLIC: Final = {
    "titanic": "passenger_id=PassengerId binary=Survived pclass=Pclass name_passenger=Name gender_lower=Sex age_float=Age small=SibSp small=Parch ticket=Ticket fare=Fare cabin=Cabin embarked=Embarked",
    "adult": "age=age workclass=workclass fnlwgt=fnlwgt education=education small=education.num marital=marital.status job=occupation relationship=relationship race=race gender=sex gain=capital.gain hours=hours.per.week country=native.country income_band=income",
    "ibm_hr": "age=Age yes=Attrition rate=DailyRate department=Department small=DistanceFromHome education_code=Education field=EducationField employee_no=EmployeeNumber gender=Gender job=JobRole marital=MaritalStatus salary=MonthlyIncome small=NumCompaniesWorked yes=OverTime tenure=YearsAtCompany",
    "taxi": "passengers=VendorID moment=tpep_pickup_datetime moment=tpep_dropoff_datetime passengers=passenger_count distance=trip_distance lon=pickup_longitude lat=pickup_latitude flag=store_and_fwd_flag location_id=PULocationID location_id=DOLocationID pclass=payment_type fare=fare_amount tax=mta_tax fare=tip_amount fare=total_amount",
    "retail": "invoice=InvoiceNo sku=StockCode product=Description quantity=Quantity moment=InvoiceDate price=UnitPrice customer_id=CustomerID country=Country",
}
