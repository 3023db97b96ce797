"""English words for labelled tables: left of the bar those of the tuned half, right of it those of the held-out half.

Separated by a semicolon where words have blanks. Written for these tables; no list names a real person.
"""

from __future__ import annotations

from typing import Final

FIRST: Final = (
    "Olivia Noah Emma Liam Charlotte Oliver Amelia Theodore Sophia Henry Evelyn Lucas Harper Levi Camila Mateo Priya Hassan Yusuf Ingrid Siobhan Declan "
    "| James Mary Robert Patricia Michael Jennifer David Linda William Elizabeth Chad Brittany Tanya Dustin Kristen Raj Aisha Miguel Giulia Pavel Misty Colleen"
)
LAST: Final = (
    "Johnson Williams Jones Garcia Rodriguez Wilson Hernandez Gonzalez Jackson Lee Harris Kowalski O'Brien McAllister Nguyen Fischer "
    "| Smith Brown Davis Miller Martinez Anderson Taylor Thomas Moore Martin Clark Lewis Robinson Walker Patel Van-Dyke Silva Petrov"
)
STREETS: Final = "Maple;Oak;Cedar Hill;Washington;Lakeview;Jefferson;2nd;Elmwood | Pine;Walnut;Sunset;Franklin;Highland Park;5th;Chestnut;Mill Creek"
STREET_KINDS: Final = "Street Avenue Rd Lane Drive Blvd | St Ave Road Court Way Place Parkway Crescent"
CITIES: Final = "Springfield;Portland;Austin;Columbus;Dayton;San Diego;Fort Worth;Albany | Phoenix;Denver;Seattle;Nashville;Baltimore;Lake Jamesport;Port Sarah;New Orleans"
STATES: Final = "Ohio;Texas;Oregon;Illinois;New York;Georgia | California;Florida;Washington;North Carolina;Arizona;Maine"
STATE_CODES: Final = "OH TX OR IL NY GA PA | CA FL WA NC AZ ME MA VA"
COUNTRIES: Final = "United States;Canada;Germany;Mexico;India | United Kingdom;France;China;Philippines;Brazil;Italy"
COUNTIES: Final = "Travis County;Cook County;Harris County;Dane County | King County;Maricopa County;Orange County;Wake County"
HOODS: Final = "Williamsburg;Harlem;Bedford-Stuyvesant;Hell's Kitchen;Astoria | Bushwick;Chinatown;Upper West Side;Greenpoint;Flushing;Crown Heights"
BOROUGHS: Final = "Brooklyn;Queens;Manhattan | Bronx;Staten Island;Manhattan"
COMPANY_HEADS: Final = "Acme;Northwind;Bluebird;Harrison;Sterling;Granite;Vertex | Summit;Redwood;Anchor;Walker;Pinnacle;Cobalt;Lowe"
COMPANY_ENDS: Final = "Inc;LLC;Group;Ltd;Corporation | Inc.;and Sons;PLC;Co.;Holdings LLC;Company"
HOSPITALS: Final = "St. Mary's Hospital;Riverside Medical Center;County General Hospital;Lakeshore Clinic | Mercy Hospital;Northside Medical Center;University Hospital;Children's Hospital of Dayton"
UNIVERSITIES: Final = "Ohio State University;Rice University;Reed College | Duke University;University of Denver;Boston College;MIT"
PRODUCTS: Final = "Wireless Mouse;USB-C Cable;Yoga Mat;Desk Lamp;Running Shoes;Coffee Grinder;Garden Hose;Jasmine Tea | Bluetooth Speaker;Office Chair;Water Bottle;Bookcase;Stapler;Hand Towel;Ginger Cookies;Rosemary Soap"
DRUGS: Final = "Aspirin;Ibuprofen;Lipitor;Penicillin | Metformin;Paracetamol;Amoxicillin;Lisinopril;Atorvastatin"
CONDITIONS: Final = "Diabetes;Hypertension;Asthma;Arthritis;Cancer;Obesity | Pneumonia;Migraine;Chronic kidney disease;Depression;Influenza;Bronchitis;Heart failure;Anemia"
JOBS: Final = (
    "Software Engineer;Registered Nurse;Sales Executive;Research Scientist;Accountant;Teacher;Manager;Laboratory Technician;Truck driver "
    "| Data Analyst;Civil Engineer;Human Resources;Healthcare Representative;Chef;Police officer;Graphic designer;Exec-managerial;Mechanic;Attorney"
)
DEPARTMENTS: Final = "Sales;Research & Development;Human Resources | Marketing;Finance;IT;Engineering;Customer Support;Legal"
EDUCATIONS: Final = "Bachelors;HS-grad;Masters;Some-college;Doctorate;11th | Bachelor's Degree;High School;Master's Degree;PhD;Associate Degree;Graduate;Not Graduate"
MARITAL: Final = "Married;Single;Divorced;Widowed | Never-married;Married-civ-spouse;Divorced;Separated;Widowed"
RACES: Final = "White;Black;Asian;Hispanic;Other | White;Black or African American;Asian-Pac-Islander;Amer-Indian-Eskimo;Hispanic or Latino;Two or more races"
RELIGIONS: Final = "Christian;Muslim;None;Jewish;Hindu | Catholic;Protestant;Buddhist;Atheist;Islam;Sikh"
WORKCLASSES: Final = "Private;Self-emp-not-inc;Local-gov;State-gov | Federal-gov;Private;Without-pay;Self-emp-inc"
KINSHIPS: Final = "Husband;Wife;Not-in-family;Own-child | Unmarried;Other-relative;Husband;Own-child;Daughter"
CATEGORIES: Final = "Electronics;Home & Kitchen;Toys;Sports | Furniture;Office Supplies;Technology;Beauty;Grocery"
STATUSES: Final = "Shipped;Pending;Delivered;Cancelled | Approved;Rejected;In Progress;Closed;Active"
PAYMENTS: Final = "Credit Card;Cash;PayPal | Electronic check;Mailed check;Bank transfer;Debit Card"
CARD_KINDS: Final = "Visa;Mastercard;Discover | Amex;Visa Classic;JCB;Maestro"
CONTRACTS: Final = "Month-to-month;One year | Two year;Prepaid;One year"
YES_NO: Final = "Yes;No | yes;no"
INSURERS: Final = "Aetna;Blue Cross;Cigna | Medicare;UnitedHealthcare;Humana"
BOOKS: Final = "The Great Gatsby;Moby Dick;War and Peace;The Hobbit;Emma;Jane Eyre | Dracula;Pride and Prejudice;The Odyssey;Middlemarch;Oliver Twist;Don Quixote;Anna Karenina"
AIRPORTS: Final = "JFK LAX ORD ATL | SFO DEN BOS SEA"
TICKERS: Final = "AAPL MSFT GE KO | TSLA IBM WMT F"
WEEKDAYS: Final = "Monday;Tuesday;Friday | Wed;Thu;Sun;Sat"
MONTHS: Final = "January;March;July | Apr;Jun;Nov;August"
BLOODS: Final = "A+ O- B+ AB+ | A- O+ B- AB-"
RESULTS: Final = "Normal;Abnormal;Inconclusive | Positive;Negative;Pending"
ROOMS: Final = "Entire home/apt;Private room | Shared room;Hotel room;Private room"
LISTINGS: Final = "Cozy room near the park;Sunny loft with view;Modern studio downtown;Charming brownstone | Spacious 2BR apartment;Quiet garden flat;Clean & private room;Artist's loft by the river"
REVIEWS: Final = (
    "Great value for the money, would buy again;Stopped working after two weeks;Exactly as described and shipped fast "
    "| Not what I expected but does the job;Terrible customer service, avoid;Love the color and the fit is perfect"
)
PURPOSES: Final = "debt_consolidation;home_improvement;car | medical;education;small_business;wedding"
FIELDS: Final = "Life Sciences;Medical;Technical Degree | Marketing;Computer Science;Other"
COLOURS: Final = "Red;Navy Blue;Black | Olive;White;Burgundy"
MERCHANTS: Final = "Kirlin and Sons;Sporer-Keebler;Haley Group;Boyer PLC | Rippin, Kub and Mann;Heller, Gutmann and Zieme;Kutch LLC;Lind-Buckridge"
PLACEHOLDERS: Final = "N/A NULL - | None ? nan"
JUNK: Final = "see notes;TBD;test | unknown yet;pending;call office"
TITLES: Final = "Mr. Mrs. Miss. | Mr. Ms. Dr. Master."
SPECIES: Final = "Adelie;Gentoo;Setosa | Chinstrap;Virginica;Versicolor"
AGE_GROUPS: Final = "18-24;25-34;35-44;45-54;55+ | [0-10);[40-50);[50-60);[60-70);[70-80)"
INCOME_BANDS: Final = "<=50K;>50K | Less than $40K;$40K - $60K;$80K - $120K;$120K +"
