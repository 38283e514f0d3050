"""Our own example texts in Chinese: honest notices and modern fraud, written for this project.

Public sets of Chinese messages end about 2017 and hold few honest notices. These lines fill the
gap; braces hold alternatives or a slot, see `templates.spell`.
"""

from typing import Final

from stopline.screening.text.vocabulary import Lane

LINES_ZH: Final[tuple[tuple[Lane, str], ...]] = (
    # bank alerts
    (Lane.NOTICE, "【{bank}】您尾号{n4}的{储蓄卡|信用卡|账户}{date}{time}{消费|支出|转出|收入|取现}人民币{money}元，余额{money}元。"),
    (Lane.NOTICE, "您账户{n4}于{date}{time}{存入|支付|入账}人民币{money}元，{活期余额|可用余额}{money}元。[{bank}]"),
    (Lane.NOTICE, "{bank}：您尾号{n4}信用卡本期账单{money}元，最低还款{money}元，到期还款日{date}，如已还款请忽略。"),
    (Lane.NOTICE, "【{bank}】您正在{登录手机银行|办理转账|绑定银行卡|修改密码}，验证码{n6}，{任何人索取均为诈骗|请勿告知他人}，{5|3|10}分钟内有效。"),
    (Lane.NOTICE, "【{bank}】您向{name}尾号{n4}的账户转账{money}元已{成功|提交}，{如非本人操作请致电{hot}|请核对}。"),
    (Lane.NOTICE, "【{bank}】您的贷款将于{date}扣款{money}元，请确保还款账户余额充足。"),
    (Lane.NOTICE, "【{bank}】您申请的信用卡已{审核通过|寄出}，{挂号信单号{n13}|请携带身份证到网点激活}。"),
    (Lane.NOTICE, "【{bank}】安全提醒：{我行不会以短信链接要求您输入密码|请勿点击陌生链接，谨防假冒银行短信}，{积分兑换、密码器升级|账户冻结、失效}等短信请勿相信，客服{hot}。"),
    (Lane.NOTICE, "【{bank}】您的密码已{修改成功|重置}，如非本人操作请立即拨打{hot}。"),
    (Lane.NOTICE, "【{bank}】您于{date}{time}登录{网上银行|手机银行}，{设备为新设备|登录地点为{city}}，如有疑问请致电{hot}。"),
    (Lane.NOTICE, "【{bank}】您的理财产品{date}到期，本金及收益{money}元已转入尾号{n4}账户。"),
    (Lane.NOTICE, "【{bank}】尊敬的客户，系统将于{date}{time}升级维护，期间手机银行暂停服务，敬请谅解。"),
    # one-time codes, accounts
    (Lane.NOTICE, "【{app}】验证码{n6}，您正在{登录|注册|找回密码|更换手机号}，{请勿转发|切勿将验证码泄露于他人}。"),
    (Lane.NOTICE, "{n6}（{app}动态验证码，{5|10|15}分钟内有效），{如非本人操作请忽略|请尽快完成验证}。"),
    (Lane.NOTICE, "【{app}】您的账号于{date}在{city}登录，如非本人操作请及时修改密码。"),
    (Lane.NOTICE, "【{app}】您已成功{支付|付款}{money}元，交易单号{n13}，{可在账单中查看|感谢使用}。"),
    (Lane.NOTICE, "【{app}】您申请的退款{money}元已{原路退回|到账}，请在{账户|银行卡}中查收。"),
    (Lane.NOTICE, "【{app}】您的会员将于{date}自动续费{money}元，如需取消可在应用内{设置|账户}中关闭。"),
    # carriers
    (Lane.NOTICE, "【{carrier}】截至{date}，您本月已用流量{n2}GB，套餐剩余{n2}GB，语音剩余{n3}分钟，{查询详情请登录{url}|感谢使用}。"),
    (Lane.NOTICE, "【{carrier}】您本次充值{n2}元已到账，当前余额{money}元。"),
    (Lane.NOTICE, "【{carrier}】尊敬的客户，您的话费余额已不足{n2}元，为免影响使用请及时缴费。"),
    (Lane.NOTICE, "{carrier}提醒您：您已进入{city}，{国际漫游资费|漫游须知}请查询{url}，客服{hot}。"),
    (Lane.NOTICE, "【{carrier}】您{办理|退订}的{n2}元流量包已生效，有效期至{date}。"),
    (Lane.NOTICE, "【{carrier}】您好，号码{phone}在{date}{time}呼叫过您。"),
    (Lane.NOTICE, "【{carrier}】请对本次{客服|宽带装机}服务评价，{满意回复1，不满意回复2|10分为非常满意，直接回复数字}。"),
    # travel
    (Lane.NOTICE, "【{airline}】{name}旅客，您乘坐的{date}{flight}航班{city}—{city}因{天气|流量控制|机械故障}延误，预计{time}起飞，{给您带来不便敬请谅解|详询{hot}}。"),
    (Lane.NOTICE, "【{airline}】您已购票成功，{flight}，{date}{time}{city}起飞，票号{n13}，请提前{90|120}分钟到达机场。"),
    (Lane.NOTICE, "【{airline}】{flight}航班已取消，您可在{官方应用|官网{url}}免费改签或退票，客服{hot}。"),
    (Lane.NOTICE, "【铁路客服】{name}，您已购{date}G{n4}次{n2}车{n2}号，{city}站{time}开，请持身份证件进站。"),
    (Lane.NOTICE, "【{app}】您预订的{酒店|民宿}已确认，{date}入住{n2}晚，订单号{n10}，{到店出示身份证即可|如需取消请提前一天}。"),
    # parcels and deliveries
    (Lane.NOTICE, "【{courier}】您的快件{n13}已到{小区|学校|公司}驿站，取件码{n2}-{n1}-{n4}，请于{time}前领取。"),
    (Lane.NOTICE, "【{courier}】快递员{name}（{phone}）正在为您派送，请保持电话畅通。"),
    (Lane.NOTICE, "【{courier}】您的包裹已签收，签收人{本人|家人|门卫}，如有问题请在应用内联系客服。"),
    (Lane.NOTICE, "您好，外卖到了，放在{前台|门口|外卖柜}了，取餐码{n4}"),
    (Lane.NOTICE, "你好我是{courier}快递，有你一个件，{家里有人吗|下来拿一下|放门口可以吗}"),
    # hospital, school, offices
    (Lane.NOTICE, "【{city}人民医院】您已预约{date}{内科|骨科|儿科}{name}医生{time}门诊，请提前{20|30}分钟取号，{就诊带医保卡|逾期作废}。"),
    (Lane.NOTICE, "【{city}医院】您的检查报告已出，请在{公众号|自助机|门诊二楼}查询打印。"),
    (Lane.NOTICE, "【{city}市第{n1}小学】家长您好，{明天|{date}}{放假|开家长会|春游}，请{准时接送孩子|着校服|带水杯}。"),
    (Lane.NOTICE, "各位家长，{本周五下午放学提前到{time}|作业已发群里}，请及时{接孩子|查收|签字}。收到请回复。"),
    (Lane.NOTICE, "【{city}医保】您{date}在{city}医院结算，医保支付{money}元，个人支付{money}元。"),
    (Lane.NOTICE, "【{city}公积金】您{n1}月份公积金已到账{money}元，余额{money}元，客服12329。"),
    (Lane.NOTICE, "【{city}交警】您的小型汽车{plate}于{date}在{路口|高速}违反{禁令标志|限速规定}，请通过交管12123应用{查询|处理}。"),
    (Lane.NOTICE, "【{city}供电】您户号{n10}本月电费{money}元，{已扣款成功|请于{date}前缴纳}。"),
    (Lane.NOTICE, "【{city}自来水】因管道维修，{date}{time}起停水，请提前储水。"),
    (Lane.NOTICE, "【{city}税务】您的个税年度汇算{已完成|退税已到账}，请在个人所得税应用查看，办税不收任何费用。"),
    (Lane.NOTICE, "【反诈中心】{警方提醒|国家反诈中心提醒}：凡是{刷单先垫资|要求转到安全账户|客服理赔要屏幕共享|索要验证码}的都是诈骗，{如遇可疑请拨打96110|不要点击陌生链接，不要转账}。"),
    (Lane.NOTICE, "【ETC服务】您的车辆{plate}于{date}{time}通行{city}站，扣费{money}元。"),
    (Lane.NOTICE, "【{city}气象台】{date}发布{暴雨|高温|大风}{黄色|橙色|蓝色}预警，请注意防范。"),
    (Lane.NOTICE, "【物业】尊敬的业主，{date}{电梯检修|消杀|清洗水箱}，请{绕行|关好门窗|提前准备}。"),
    (Lane.NOTICE, "【{company}】{name}您好，您的简历已收到，邀您{date}{time}到公司面试，地址{city}市{road}{n3}号，联系人{phone}。"),
    # private
    (Lane.CHAT, "{name}，{我到了|我快到了|在楼下等你|晚上一起吃饭吧|明天几点出发}"),
    (Lane.CHAT, "{妈|爸|老婆|老公}，{我今天加班晚点回|钱转过去了你看下|帮我收个快递|晚饭不回来吃了}"),
    (Lane.CHAT, "{刚转了{n3}给你，记得收|房租转你了，收到说一声|饭钱多少我微信转你|我手机没电了用同事的发}"),
    (Lane.CHAT, "{我换号了，这是新号码{phone}，存一下，我是{name}|{phone}是{name}的电话|加一下我微信，跟手机号一样}"),
    (Lane.CHAT, "{验证码发我一下|你的卡号发我一下我还你钱|链接我发你邮箱了|{url}你看看这篇文章}"),
    # lawful advertising
    (Lane.COMMERCIAL, "【{shop}】{周年庆|双十一|618|年货节}全场{n1}折起，满{n3}减{n2}，{戳{url}|进店有礼}，{拒收请回复R|退订回T}"),
    (Lane.COMMERCIAL, "【{shop}】会员您好，{您有{n2}元优惠券即将到期|生日月双倍积分|新品上市}，点击{url}{使用|查看}，拒收请回复R"),
    (Lane.COMMERCIAL, "【{bank}】{消费贷|装修贷|经营贷}年利率低至{n1}.{n1}%，额度最高{n2}万，{详询网点|手机银行申请}，贷款需审批，拒收请回复R"),
    (Lane.COMMERCIAL, "【{carrier}】{宽带|5G套餐|流量包}优惠办理，{n2}元享{n3}GB，回复数字1办理，退订回T"),
    (Lane.COMMERCIAL, "{楼盘|江景|地铁口}{现房|洋房}首付{n2}万起，{样板间开放|送精装修}，看房热线{phone}"),
    (Lane.COMMERCIAL, "【{company}】{英语|数学|编程|考研}{寒假班|暑假班|冲刺班}招生，{免费试听|老生续费优惠}，{校区地址{road}{n3}号|电话{phone}}，退订回T"),
    (Lane.COMMERCIAL, "【{app}】送您{n2}元{打车|外卖|电影}红包，{今日有效|下单立减}，打开{app}使用，退订回T"),
    (Lane.COMMERCIAL, "{健身房|瑜伽馆|美容院|理发店}{开业|店庆}，{年卡{n3}元|充{n3}送{n2}}，地址{road}{n3}号，电话{phone}"),
    (Lane.COMMERCIAL, "【{company}】诚聘{司机|销售|收银员|厨师}，{底薪加提成|包吃住|五险一金}，面试地址{road}{n3}号，电话{phone}"),
    # service and authority impersonated
    (Lane.PHISHING, "【{bank}】您的{手机银行|网银|账户|电子密码器}{已过期|将被冻结|实名信息异常|将于今日失效}，请{点击|登录|访问}{fake}{更新|重新认证|解除限制}，逾期{停用|冻结}。"),
    (Lane.PHISHING, "【ETC】您的ETC{卡已失效|已被禁用|未完成认证|设备异常}，请{立即|尽快}点击{fake}{重新签署|办理认证|恢复使用}，以免影响通行。"),
    (Lane.PHISHING, "【{医保局|社保中心|国家医保}】您的{医保卡|电子医保|社保账户}{即将停用|已过期|未激活|信息未核实}，请登录{fake}{办理|激活|更新}，否则将{停止报销|注销}。"),
    (Lane.PHISHING, "【{courier}】您的{包裹|快件}因{地址不详|滞留海关|未付关税}无法派送，请在{24小时|今日}内点击{fake}{填写地址|补交费用|更新信息}。"),
    (Lane.PHISHING, "【人社部】{2023|2024|2025|2026}年个人{劳动补贴|生活补贴|社保补贴}开始{申领|发放}，请{扫码|点击{fake}|添加工作人员微信{wx}}领取，逾期视为放弃。"),
    (Lane.PHISHING, "【税务局】您有一笔{个税退税|综合所得退税}{money}元未领取，请点击{fake}填写银行卡{信息|密码}领取，逾期作废。"),
    (Lane.PHISHING, "【{app}客服】{您开通的|您误开的}{百万保障|直播会员|代理商会员|免密支付}{今日到期|即将扣费}，每月扣{n3}元，如需关闭请{联系客服{phone}|加客服QQ{n9}|下载会议软件共享屏幕}，否则影响征信。"),
    (Lane.PHISHING, "亲，您在{app}购买的{奶粉|衣服|护肤品}{质量不合格|检测甲醛超标|快递丢失}，现{双倍|三倍}赔付，请加理赔客服{wx}{办理退款|领取赔偿}。"),
    (Lane.PHISHING, "【{airline}】您预订的{flight}航班因故障取消，请{速与客服{phone}联系|点击{fake}}办理退改签，并可获{n3}元补偿，需提供银行卡号{和验证码|}。"),
    (Lane.PHISHING, "【{公安局|检察院|法院|通管局}】您名下{手机号|银行卡}涉嫌{洗钱|诈骗|发布违法信息}案件，请立即{致电{phone}|点击{fake}查看传票|下载安全软件}，{将资金转入安全账户|配合调查}，否则{拘捕|冻结}。"),
    (Lane.PHISHING, "【交警】您的车辆有{n1}条违章未处理，{逾期加倍处罚|将吊销驾照}，请点击{fake}{查看照片|缴费}。"),
    (Lane.PHISHING, "【{app}】您的账号{异常|被投诉|涉嫌违规}即将封禁，请{点击{fake}申诉|将验证码回复本短信}{解封|恢复}。"),
    (Lane.PHISHING, "【企业登记】您公司的{营业执照|对公账户}{年检逾期|信息异常}，请点击{fake}{填写法人信息|验证}，逾期吊销。"),
    (Lane.PHISHING, "{工商银行|建设银行}{e令|U盾|网银盾}将于次日过期，请登录{fake}升级，给您带来不便敬请谅解"),
    # money
    (Lane.MONEY, "{在家|手机|宝妈|学生}兼职，{点赞|关注|刷单|做任务}{一单一结|日结|当天提现}，日赚{n3}元，{加微信{wx}|加QQ{n9}|下载{app2}}，{名额有限|免费领红包}。"),
    (Lane.MONEY, "{亲，|您好，}{某宝|商家|抖音}需要{刷销量|冲信誉}，{垫付返本金加佣金|每单佣金{n2}元}，有意加{wx}。"),
    (Lane.MONEY, "{股市|A股}{老师|首席|私募大佬}{免费荐股|带单|盘前给票}，{昨日推荐涨停|月收益{n3}%|稳赚不赔}，{进群加微信{wx}|扫码进群}，{只带{n2}名|名额有限}。"),
    (Lane.MONEY, "{虚拟币|数字货币|外汇|黄金|USDT}{跟单|套利|内部消息}，{日收益{n2}%|保本保息|导师一对一}，注册{fake}{送{n2}U|开户}，客服{wx}。"),
    (Lane.MONEY, "【{借呗|金融|普惠}】您的{n2}万额度已{审批通过|到账待提现}，{无视征信|不看负债|身份证即可}，{点击{fake}提现|下载{app2}|加客服{wx}}，{先交|缴纳}{工本费|解冻金|会员费}{n3}元。"),
    (Lane.MONEY, "您的贷款{n2}万因{卡号填错|流水不足}被冻结，请{缴纳解冻金|转账保证金}{n4}元{后放款|联系{wx}}，否则{影响征信|起诉}。"),
    (Lane.MONEY, "【征信中心】您的{校园贷账户|京东金条|学生账户}{未注销|利率过高}将影响征信，请{联系客服{phone}|加QQ{n9}}{清空额度|注销}。"),
    (Lane.MONEY, "专业{征信修复|逾期铲单|洗白征信}，{无前期|先做后付}，{加微信{wx}|电话{phone}}。"),
    (Lane.MONEY, "养老{项目|产业}投资，{年化{n2}%|保本返利|送鸡蛋大米}，{到期返还本金|国家扶持}，电话{phone}"),
    # accounts, papers, trade
    (Lane.ILLEGAL_TRADE, "{高价|长期|诚信}{收|租|回收}{银行卡|对公账户|微信号|支付宝|手机卡|四件套}，{日结{n3}|一天{n3}元|不用本人操作}，{加微信{wx}|飞机@{tg}|QQ{n9}}。"),
    (Lane.ILLEGAL_TRADE, "{跑分|收款码代收|卡接回U|车队接料}{日入{n4}|佣金高|秒结}，{联系@{tg}|加{wx}}。"),
    (Lane.ILLEGAL_TRADE, "{代开|出售}{增值税|普通|餐饮}{发票|专票}，{验后付款|点数低|全国可开}，{联系{phone}|微信{wx}}。"),
    (Lane.ILLEGAL_TRADE, "{办理|代办}{学历|驾驶证|资格证|房产证}{可查|联网|当天出证}，{QQ{n9}|电话{phone}}。"),
    (Lane.ILLEGAL_TRADE, "{架设GOIP|插卡拨号|手机口兼职|短信代发}，{在家可做|每小时{n2}元|设备免费}，联系{wx}。"),
    (Lane.ILLEGAL_TRADE, "{游戏账号|皮肤|装备}{低价出|高价收}，{先转定金|去平台{fake}交易}，客服{wx}，{解冻提现需充值{n3}元|}。"),
    # vice
    (Lane.VICE, "{真人百家乐|棋牌|体育投注|电子游艺}{首存送{n3}|注册送{n2}|天天返水}，{秒到账|大额无忧}，{网址{fake}|客服{wx}}。"),
    (Lane.VICE, "{同城|附近|学生妹}{上门|空降|约}，{安全私密|满意付款}，{加微信{wx}|下载{app2}|QQ{n9}}。"),
    (Lane.VICE, "{彩票|六合}{内幕|必中|计划群}，{老师带|跟单}{稳赚|回血}，{进群{wx}|网址{fake}}"),
    # acquaintance, prize, romance
    (Lane.OTHER_FRAUD, "{我是你{领导|老板|王书记|刘校长}|小{name}，我是{领导|校长}}，{这是我的私人号|新微信{wx}}，{有点急事|现在开会}，{帮我转{n2}万到这个账户|先帮我垫付一笔}{n16}。"),
    (Lane.OTHER_FRAUD, "{爸|妈|爸妈}，我{手机坏了|手机掉水里了|在学校}，这是{老师|同学}的号，{急用钱交培训费|先转{n4}到老师账户|报名费今天截止}，{加QQ{n9}|加微信{wx}}。"),
    (Lane.OTHER_FRAUD, "{恭喜|祝贺}您{被抽中为|成为}{app}{幸运用户|二等奖得主}，奖{n2}万元{及手机一部|}，请{登录{fake}|致电{phone}}领取，{需先交税费|逾期视为弃权将被起诉}。"),
    (Lane.OTHER_FRAUD, "{这是上次聚会的照片|有人拍了你的视频|你的事我都知道了}，{你看下|自己看}{fake}"),
    (Lane.OTHER_FRAUD, "{房东|我是房东}，{换卡了|我在外地}，{房租|这季度租金}请打到我{爱人|老公}{bank}卡{n16}户名{name}，{办好短信告诉我|谢谢}。"),
    (Lane.OTHER_FRAUD, "{女|富婆|单身}{n2}岁，{寂寞|重金求子|想找真心人}，{酬谢{n2}万|见面付款}，{加微信{wx}|电话{phone}}。"),
)  # fmt: skip
