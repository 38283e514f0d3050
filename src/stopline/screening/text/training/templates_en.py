"""Our own example texts in English: honest notices and modern fraud, written for this project."""

from typing import Final

from stopline.screening.text.vocabulary import Lane

LINES_EN: Final[tuple[tuple[Lane, str], ...]] = (
    (Lane.NOTICE,
     ("{bank_en}: {A purchase|A payment|A withdrawal} of {cur}{money} was made {on|with} your c"
      "ard ending {n4} on {date_en}. {Not you? Call the number on your card|Balance {cur}{money"
      "}}.")),
    (Lane.NOTICE,
     ("{n6} is your {app_en} {verification code|login code|one-time passcode}. {Do not share it"
      " with anyone|It expires in 10 minutes|If you didn't request this, ignore this message}.")),
    (Lane.NOTICE, "Your {app_en} code is {n6}. {We will never call you to ask for it|Never share this code}."),
    (Lane.NOTICE,
     ("{bank_en} alert: your {statement is ready|payment of {cur}{money} is due on {date_en}|di"
      "rect debit of {cur}{money} was paid}. Log in to {the app|online banking as usual} to vie"
      "w.")),
    (Lane.NOTICE,
     ("Rs {money} {credited to|debited from} a/c XX{n4} on {date_en} by {UPI|NEFT|ATM}. Avl bal"
      " Rs {money}. {Not you? Call {hot}|Ref {n10}} -{bank_en}")),
    (Lane.NOTICE,
     ("OTP is {n6} for transaction of Rs {money} at {shop_en} on your card XX{n4}. Valid for 10"
      " min. Do not share OTP with anyone. -{bank_en}")),
    (Lane.NOTICE,
     ("{courier_en}: your parcel {n10} {will be delivered today between 10:00 and 12:00|has bee"
      "n delivered to a neighbour|is ready for collection, PIN {n4}}. {Track in our app|Thank y"
      "ou}.")),
    (Lane.NOTICE,
     ("{airline_en}: flight {flight} on {date_en} {is delayed, new departure {time}|is now boar"
      "ding at gate {n2}|has been cancelled, rebook free in the app}.")),
    (Lane.NOTICE,
     ("{Reminder:|Hi {name_en},} your {dental|GP|eye|hair} appointment is on {date_en} at {time"
      "}. {Reply C to cancel|Call us to rearrange}.")),
    (Lane.NOTICE,
     ("{carrier_en}: you have used {80|100}% of your data. {Your plan renews on {date_en}|Dial "
      "*{n3}# for balance}.")),
    (Lane.NOTICE,
     ("{carrier_en}: your bill of {cur}{money} is ready and will be collected on {date_en}. Vie"
      "w it in {the app|your account}.")),
    (Lane.NOTICE,
     ("Dear parent, school {is closed tomorrow due to snow|closes at {time} on Friday}. {Please"
      " collect your child|Thank you}.")),
    (Lane.NOTICE,
     ("Your order #{n6} from {shop_en} has {shipped|been delivered|been refunded, please allow "
      "3-5 days}. Thanks for shopping with us.")),
    (Lane.NOTICE,
     ("{bank_en}: {scammers pretend to be us|beware of fraud}. We never ask for your {PIN or pa"
      "ssword|one time code} and never ask you to move money. {Forward suspicious texts to 7726"
      "|Hang up and call us}.")),
    (Lane.CHAT,
     ("{Hey|Hi|Ok} {name_en}, {running late, be there in 10|can you pick up milk|are we still o"
      "n for tonight|I left my keys at yours|call me when you're free}")),
    (Lane.CHAT,
     ("{Mum|Dad|babe|bro}, {can you call me|I'm on the train|what's for dinner|just landed, see"
      " you soon|sent you the money, check}")),
    (Lane.CHAT,
     ("{new phone, this is my number now, {name_en}|lost my charger, back later|my phone is dyi"
      "ng, talk tomorrow|here's the link to the photos {url_en}}")),
    (Lane.COMMERCIAL,
     ("{shop_en}: {up to {n2}% off|buy one get one free|new arrivals in store} {this weekend on"
      "ly|ends Sunday}. Shop {url_en}. {Reply STOP to opt out|T&Cs apply}.")),
    (Lane.COMMERCIAL,
     ("{carrier_en}: get {n2}GB for {cur}{n2} a month {when you upgrade|with our new plan}. {Vi"
      "sit a store|Text YES to {n5}}. Txt STOP to end.")),
    (Lane.COMMERCIAL,
     ("Recharge with Rs {n3} and get {n1}GB/day for {n2} days. {Dial *{n3}#|Offer valid till {d"
      "ate_en}}. TnC apply.")),
    (Lane.COMMERCIAL,
     ("{name_en}, your {free coffee|birthday treat|{n2} reward points} {is waiting|expires {dat"
      "e_en}}. Show this text in {shop_en}. Opt out: reply STOP")),
    (Lane.COMMERCIAL,
     ("{2 & 3 BHK flats|Luxury villas|Plots} near {airport|metro} starting Rs {n2} lac. {Site v"
      "isit this weekend|Book now}. Call {phone_en}")),
    (Lane.PHISHING,
     ("{bank_en}: {a new payee was added|a payment of {cur}{money} was attempted|unusual sign-i"
      "n detected} {from a new device|on your account}. If this was NOT you, {visit|verify at|c"
      "ancel here} {fake_en}")),
    (Lane.PHISHING,
     ("{bank_en}: your {account|card|online access} has been {suspended|locked|restricted|limit"
      "ed}. {Please verify your details|Confirm your identity} at {fake_en} {to restore access|"
      "within 24 hours}.")),
    (Lane.PHISHING,
     ("Dear customer your {SBI|HDFC|ICICI} {account|netbanking|YONO} will be {blocked|suspended"
      "} today please update your {PAN card|KYC} click {fake_en}")),
    (Lane.PHISHING,
     ("Dear consumer your electricity power will be disconnected tonight at {time} because your"
      " previous bill was not updated. Immediately contact officer {phone_en}")),
    (Lane.PHISHING,
     ("{courier_en}: your {parcel|package} {could not be delivered|is being held at our depot|h"
      "as an unpaid customs fee of {cur}{n1}.{n2}}. {Reschedule|Pay|Update your address} at {fa"
      "ke_en}")),
    (Lane.PHISHING,
     ("{E-ZPass|Toll services|FasTrak|SunPass}: you have an unpaid toll {balance|invoice} of ${"
      "n1}.{n2}. Pay {now|within 12 hours} at {fake_en} to avoid {late fees|suspension of your "
      "licence}.")),
    (Lane.PHISHING,
     ("{DMV|DVLA|Traffic court} final notice: you have an outstanding {traffic ticket|vehicle t"
      "ax}. {Pay|Update your payment} at {fake_en} or {your registration will be suspended|face"
      " prosecution}.")),
    (Lane.PHISHING,
     ("{HMRC|IRS|ATO|GOV.UK}: you {are eligible for|have an outstanding} {a tax refund|a rebate"
      "|the cost of living payment} of {cur}{money}. Claim {now|here} {fake_en}")),
    (Lane.PHISHING,
     ("{app_en}: your {membership|subscription|payment} {has failed|is on hold|was declined}. U"
      "pdate your {billing|card} details at {fake_en} to {continue|avoid cancellation}.")),
    (Lane.PHISHING,
     ("Your {Apple|Amazon|PayPal} account was charged {cur}{money}. If you did not authorise th"
      "is call {support|our fraud team} on {phone_en} {immediately|now}.")),
    (Lane.PHISHING,
     ("{Police|Customs|Social security} notice: {an arrest warrant|a legal case} has been issue"
      "d {in your name|under your SSN}. Call officer {phone_en} {immediately|to avoid arrest}.")),
    (Lane.MONEY,
     ("{Hi|Hello}, I'm {name_en} from {a recruitment agency|HR}. {We offer a part-time remote j"
      "ob|You can work from home}, {60-90 min a day|flexible hours}, earn {cur}{n3} {daily|per "
      "day}. {Contact WhatsApp {phone_en}|Reply YES}.")),
    (Lane.MONEY,
     ("{Like YouTube videos|Complete simple tasks|Rate hotels} and earn {Rs|$}{n4} {daily|per d"
      "ay}. {Message|Join} {wa.me/{n10}|telegram @{tg}}")),
    (Lane.MONEY,
     ("{Bitcoin|Crypto|Forex} {signals|trading group|investment}: {turn {cur}{n3} into {cur}{n5"
      "}|guaranteed {n2}% daily profit}. Join {our WhatsApp group|telegram @{tg}} {now|{fake_en"
      "}}")),
    (Lane.MONEY,
     ("Your {personal loan|instant loan} of Rs {n6} is {approved|pre-approved}. {No documents, "
      "no CIBIL check|Low interest}. {Pay processing fee|Apply now} {fake_en} {WhatsApp {phone_"
      "en}|}")),
    (Lane.MONEY,
     ("VIP stock group: our analyst's picks {rose {n2}% this week|doubled}. {Add me on WhatsApp"
      "|Join free} {fake_en}, limited places.")),
    (Lane.ILLEGAL_TRADE,
     ("{Rent|Sell} your {bank account|WhatsApp account|SIM} and {earn|get paid} {cur}{n3} a {da"
      "y|week}. {No risk|Instant payment}. Contact @{tg}")),
    (Lane.VICE, "{Casino|Slots|Betting} bonus! Deposit {cur}{n2} get {cur}{n3} free {spins|chips} {fake_en}"),
    (Lane.OTHER_FRAUD,
     ("{Hi|Hey} {mum|mom|dad}, {my phone broke|I dropped my phone|I lost my phone}, this is my "
      "{new|temporary} number. {Can you text me on WhatsApp {phone_en}|Text me back asap}, {I n"
      "eed help paying a bill|I need you to transfer some money}.")),
    (Lane.OTHER_FRAUD,
     ("{CONGRATULATIONS|Dear winner}! {Your number has won|You have been selected to receive} {"
      "cur}{n6} in the {lottery|lucky draw|prize draw}. {Claim at {fake_en}|Call {phone_en}|sen"
      "d your bank details to {mail}}.")),
    (Lane.OTHER_FRAUD,
     ("{name_en}, it's your {boss|CEO|manager}. I'm in a meeting, {I need you to buy gift cards"
      "|are you available for an urgent task}. {Reply here only|Send me the codes}, {don't call"
      "|asap}.")),
    (Lane.OTHER_FRAUD,
     ("{Hi, is this {name_en}?|Hello, long time no see}, {I got your number from a friend|sorry"
      " wrong number, but you seem kind}. {Add me on WhatsApp {phone_en}|Do you use telegram? @"
      "{tg}}")),
    (Lane.OTHER_FRAUD,
     ("{BISP|Government relief}: you are eligible for Rs {n5}. {Contact|Call} {phone_en} {with "
      "your CNIC|to get your money}")),
)  # fmt: skip
