"""Fraud put together from parts, in our own words: a hook, what the reader is to do, a pressure.

Real writers reword; a scheme stays. Combining parts teaches the scheme rather than one wording.
Each scheme has a lane, hooks, and asks; honest schemes with the same words stand beside them so
that the words alone prove nothing.
"""

from typing import Final, NamedTuple

from stopline.screening.text.vocabulary import Lane


class Scheme(NamedTuple):
    """Parts of one scheme; the spelled text is lead + hook + ask + pressure."""

    lane: Lane
    leads: str
    hooks: str
    asks: str
    pressures: str = "|"


_CONTACT: Final = "加{微信|V|薇|企业微信}{wx}|联系QQ{n9}|加群{n9}|致电{phone}|回电{phone}|添加专员{wx}"
_OPEN: Final = "点击{fake}|登录{fake}|打开链接{fake}|戳{fake}|访问{fake}|请进入{fake}"

SCHEMES: Final[tuple[Scheme, ...]] = (
    Scheme(
        Lane.PHISHING, "【ETC】|【高速ETC】|ETC中心：|尊敬的车主，|您的",
        "ETC审核未通过|通行卡已停用|车载设备已失效|ETC签约信息过期|高速通行资格被暂停|电子标签异常",
        _OPEN, "，重新认证|提交资料|恢复使用|，办理签约|，逾期无法通行|，否则注销",
    ),
    Scheme(
        Lane.PHISHING, "【医保】|【社保局】|医保中心通知：|【人社】|公积金中心：|【民政】|",
        "您的医保凭证今日失效|您的社保账户停用|您有一笔补贴待领取|您的养老金资格未认证|"
        "您的补缴款待退回|农民工补贴可申领|生育津贴未领取|公积金余额待提取",
        _OPEN, "，登记卡号|填写银行卡信息|，逾期作废|，名额有限|，今日截止|完成签收",
    ),
    Scheme(
        Lane.PHISHING, "【{app}】|{app}客服：|【{app}金融】|尊敬的会员，|【抖音】|【直播平台】|",
        "您已开通直播会员|您的百万医疗保障到期|您误开了代理商权限|您的免费试用期结束|您开通了免密支付|"
        "您的特权包即将续费",
        "今晚{n2}点起每月自动扣费{n3}元，{取消|关闭|解除}请{致电{phone}|联系客服{wx}|拨打00{n10}}|"
        "如不取消每年扣{n4}元，请{致电{phone}|加客服QQ{n9}}",
        "，否则影响征信|，过期无法取消|",
    ),
    Scheme(
        Lane.PHISHING, "{courier}理赔：|【{courier}】|{courier}客服|快递公司|【{app}售后】|{app}商家：",
        "您的包裹在运输中丢失|您的快件破损|您购买的商品质量抽检不合格|您的订单异常|商品含有毒物质召回",
        "现{双倍|三倍|十倍}{赔偿|赔付}，请{加微信{wx}|添加理赔员{wx}|联系QQ{n9}}|退款请{加客服{wx}|点击{fake}}",
        "登记|办理理赔|，今日有效|下载会议软件配合操作|",
    ),
    Scheme(
        Lane.PHISHING, "【{bank}】|{bank}：|尊敬的{bank}用户，|{bank}提醒：",
        "您的手机银行今日到期|您的账户存在风险已限制交易|您的信用卡可提额至{n2}万|您的积分{n5}可兑{n3}元现金|"
        "您的身份信息过期账户将注销|您的网银需升级",
        _OPEN, "，验证身份|更新资料|，逾期清零|，以免停用|激活|",
    ),
    Scheme(
        Lane.PHISHING, "【公安】|【刑侦支队】|检察院通知：|【法院】|通信管理局：|【海关】|",
        "你名下银行卡涉嫌洗钱|你有一张传票未领取|你的身份信息被冒用办卡涉案|你的包裹藏有违禁品|你的号码将被强制停机",
        _CONTACT + "|" + _OPEN + "|请将存款转入安全账户{n16}", "配合调查|，否则立即拘捕|，案件保密|核实|",
    ),
    Scheme(
        Lane.PHISHING, "【交警】|【车管所】|【税务】|【工商】|【市场监管】|",
        "您有一笔退税未领|您的违章即将扣分|您的驾照被暂扣|您的营业执照将被吊销|您的电子发票异常",
        _OPEN, "查看详情|处理|，逾期罚款|申诉|",
    ),
    Scheme(
        Lane.MONEY, "想赚零花钱吗？|宝妈学生看过来，|招手机兼职，|在家赚钱，|亲，|诚邀{n2}名，|你好，",
        "给主播点关注一单{n1}元|关注公众号做任务日结|帮商家冲销量返佣金|点赞评论当场结算|抢单返利本金秒回|试玩投票打字日赚{n3}",
        "加{V|微信|群}{wx}|进群先领{n1}.{n1}元|下载{app2}接单|联系QQ{n9}|拉你进群{n9}",
        "，零门槛|，名额有限|，不收押金|",
    ),
    Scheme(
        Lane.MONEY, "老师带你吃肉，|股民朋友，|【证券】|炒股亏损的朋友，|内部消息：|大盘机会来了，|",
        "今天推的票已涨停|明日必涨牛股免费送|主力资金建仓黑马|跟单老师稳赚不亏|带你回本翻倍|合约带单收益{n2}倍|数字货币新币认购",
        "想跟上的加{QQ群|微信|群}{n9}|加老师微信{wx}|扫码进群{wx}|注册{fake}", "，名额{n2}个|，满员即止|，验证码{n3}|",
    ),
    Scheme(
        Lane.MONEY, "贷款专员：|【借款平台】|【金融】|{name}您好，|您申请的贷款|",
        "{n2}万额度已批|银行卡号填错款项被锁定|流水不足无法放款|黑户白户均可下款|凭身份证秒批{n2}万|账户被冻结需解冻",
        "需转{n4}元认证金|先交{保证金|工本费|保险费}{n3}元|下载{app2}提现|加客服{wx}|点击{fake}领取",
        "解锁|后放款|，否则上征信|，今日有效|",
    ),
    Scheme(
        Lane.MONEY, "【征信】|京东金条客服：|学生贷注销中心：|",
        "你的校园贷记录未消除|你的账户利率违规需整改|逾期记录可修复|你的白条影响征信",
        _CONTACT, "注销|清除记录|，先做后付|将额度转出清零|",
    ),
    Scheme(
        Lane.ILLEGAL_TRADE, "有闲置的吗？|急！|长期|高价|诚信|资金盘|",
        "收银行卡对公户营业执照|租微信号支付宝账户|收电话卡物联卡|收一类卡三件套u盾|需要卡主车主跑分|手机短信代发接码|话费卡洗货",
        "一天{n3}元日结，飞机@{tg}|加{wx}详谈|联系QQ{n9}|来卡主卡商@{tg}", "，安全不涉案|，秒结|，落地三包|",
    ),
    Scheme(
        Lane.ILLEGAL_TRADE, "|您好，|老板您好，|长期",
        "代开餐饮住宿材料票|有建筑增值税专票可开|办理驾照学历社保证件|出售个人信息数据|出售窃听定位设备|提供枪支迷药",
        "，可验真，微信同号{phone}|，联系{phone}|，加{wx}", "|，点数低|，保密快捷",
    ),
    Scheme(
        Lane.VICE, "|澳门|老品牌|世界杯|亲，|尊贵会员，",
        "葡京真人荷官在线|体育电竞棋牌捕鱼|电子爆大奖|首存{n3}送{n2}|彩票计划带你回血|充{n3}送{n2}天天返水",
        "，出款秒到{fake}|，注册网址{fake}|，加客服{wx}", "|，无需实名|，大额无忧",
    ),
    Scheme(
        Lane.VICE, "|同城|私密|高端",
        "学生空姐模特可约|漂亮妹妹上门|包夜服务|裸聊视频|看片福利",
        "，加{wx}|，QQ{n9}|，下载{fake}", "|，满意付款|，非诚勿扰",
    ),
    Scheme(
        Lane.OTHER_FRAUD, "{妈|爸|老妈|爸妈}，|",
        "我手机{进水|摔坏}了用同学的号|我在学校要交{补课费|资料费|培训费}|老师让今天{交钱|报名}|我在外地出事了急用钱",
        "，你加老师QQ{n9}|，你把钱打到这个卡{n16}|，你加下班主任{wx}|，先转{n4}给老师",
        "|，别打电话在上课|，快点截止了",
    ),
    Scheme(
        Lane.OTHER_FRAUD, "王总|李局长|我是张书记，|小{name}，|老板|我是你领导，",
        "让你马上把合同款打过去|现在开会不方便接电话|有笔保证金要先退|明天来我办公室一趟|需要你帮忙周转",
        "，打到新账户{n16}|，加我私人微信{wx}|，先垫{n2}万到{bank}{n16}", "|，别打我电话|，办好回我",
    ),
    Scheme(
        Lane.OTHER_FRAUD, "恭喜！|幸运观众：|系统通知：|",
        "您的号码被节目抽中二等奖|您获得{n2}万元创业基金|您是我们的幸运用户奖手机一部",
        "，领取请登录{fake}|，联系{phone}|，验证码{n4}请进{fake}", "|，需预交手续费|，逾期起诉",
    ),
    Scheme(
        Lane.PHISHING, "Your {bank_en}|{bank_en}:|Notice:|Alert:|Dear customer,",
        " new payee added to your account| your card has been paused| login from unknown device|"
        " direct debit set up in your name| account flagged for review",
        ". If not you go to {fake_en}|. Verify now {fake_en}|. Call {phone_en}", " immediately| to cancel|",
    ),
    Scheme(
        Lane.PHISHING, "{courier_en}: |Final reminder: |E-ZPass: |GOV: |Customs: |{app_en}: ",
        "we tried to deliver your item, a fee of {n1}.{n2} is needed|your toll of ${n1}.{n2} is overdue|"
        "your address is incomplete|your subscription is suspended|you have a tax refund pending|"
        "your licence will be suspended",
        ": {fake_en}|, settle at {fake_en}|. Update at {fake_en}", " within 24h| to avoid a penalty|",
    ),
    Scheme(
        Lane.OTHER_FRAUD, "Hi mum |Hello dad |Hey mom, |Mum ",
        "I smashed my phone|I dropped my phone in the sink|my phone is at the repair shop|this is my friend's phone",
        ", text me on {phone_en}|, save this new number {phone_en}|, whatsapp me {phone_en}",
        " need a favour| asap xx|",
    ),
    Scheme(
        Lane.MONEY, "Remote job: |Hiring: |Hello dear, |HR manager here, |",
        "rate products 1 hour per day and get {n3} USD daily|like videos earn Rs {n4} per day|"
        "crypto mentor turns {n3} into {n5}|easy online tasks, daily salary",
        ", WhatsApp {phone_en}|, telegram @{tg}|, message wa.me/{n10}", " limited slots| no experience needed|",
    ),
    # the same words, honestly
    Scheme(
        Lane.NOTICE, "【{bank}】|【{app}】|【国家反诈中心】|【{city}公安】|【社区民警】|",
        "凡是刷单返利都是诈骗|不要相信客服理赔退款|不要点击ETC医保失效链接|自称领导要求转账请当面核实|"
        "公检法不会要求转账到安全账户|出租银行卡是违法犯罪|贷款先交钱都是诈骗",
        "，请勿转账|，切勿泄露验证码|，可疑请拨打96110|，不听不信", "。|，谢谢配合。",
    ),
    Scheme(
        Lane.NOTICE, "【国家税务总局】|【{city}医保局】|【ETC】|【{city}社保】|【公积金】",
        "您的退税已审核通过，款项将退至绑定银行卡|您的医保参保缴费成功|您的车辆通行扣费成功|您本月社保已到账|您的提取申请已受理",
        "，请在官方APP查看|，详情咨询12366|，可到服务大厅办理|，客服12333", "。|，感谢支持。",
    ),
    Scheme(
        Lane.NOTICE, "您尾号{n4}卡|{bank}卡{n4}|您的{n4}账户",
        "{date}网上银行支出{money}元|{date}快捷支付{money}元|收入{money}元|{date}POS消费{money}元|{date}工资入账{money}元",
        "|，余额{money}元|[{bank}]|【{bank}】", "",
    ),
    Scheme(
        Lane.NOTICE, "【福彩】|{carrier}彩票|双色球第{n7}期|大乐透{n5}期",
        "开奖号码{n2}，{n2}，{n2}，{n2}，{n2}，{n2}|您购买的彩票未中奖|投注请回复", "，回复H帮助|，祝您好运|", "",
    ),
    Scheme(
        Lane.NOTICE, "【{app}】|{app}：|",
        "{name}向你付款{money}元|购买成功，电子码{n10}，有效期至{date}|您的来访号{n6}|{name}查看了您的简历|您有新的来电{phone}",
        "，查看详情{url}|，凭码入场|，请登录查看|", "",
    ),
    Scheme(
        Lane.CHAT, "|{name}，|妈，|老板，|亲，",
        "刚给你转了{n3}，收一下|钱我下月还你|老师说明天交作业|领导让你开会|快递丢了我问问客服|我换手机号了存一下|"
        "我手机坏了在修|加我微信吧|兼职的事定了没|股票今天又跌了|贷款批下来了请你吃饭|彩票中了{n2}块",
        "哈|，晚上说|，谢谢|，记得|吧|", "",
    ),
    Scheme(
        Lane.NOTICE,
        "尊敬的客户，|尊敬的用户，|尊敬的会员，|尊敬的{bank}客户，|您好！|【{bank}】尊敬的客户，|"
        "【{app}】尊敬的用户，",
        "您本次操作的验证码为{n6}|您的信用卡额度已调整为{n5}元|您申请的业务暂时无法受理|系统繁忙请稍后再试|"
        "您订阅的套餐本月起已取消|您收到一条彩信，可登录{url}查看|您本次兑换扣减{n4}积分，剩余{n5}分|"
        "您的贷记卡账单已逾期，请按时还款|您尾号{n4}的信用卡长期未使用，额度已调整|{n2}日至{n2}日本行网点正常营业|"
        "节日将至，请妥善保管卡片和密码|近期有人冒充我行工作人员，请注意防范|您的里程已入账{n3}公里|您的预约已受理",
        "|，感谢您的使用|，详询{hot}|，请在页面输入完成操作|，敬请谅解|，可在营业厅或手机银行查询|，请勿向他人透露",
        "。|，祝您生活愉快。|【{bank}】|",
    ),
    Scheme(
        Lane.NOTICE, "【{app}】|{app}：|【{company}】|",
        "您的{团购券|取票码|辅助码|兑换码}{n10}，有效期至{date}|您的房间已确认，{date}入住{n1}晚共{money}元|"
        "您的航班{flight}变更为{flight}，请确认|您的账号{n9}正在找回密码，验证码{n6}|您的会员号{n8}，初始密码{n6}|"
        "您有一笔{money}元付款成功|您的免费上网密码{n6}，连接后打开{url}登录",
        "|，如有疑问请致电{hot}|，联系人{name}{phone}|，凭短信到店使用", "。|",
    ),
    # opinion, faith and politics are nobody's fraud, whatever they say
    Scheme(
        Lane.NOTICE, "|请转告：|各位乡亲，|同胞们，|真相：|致全体公民：|",
        "我们要求公开审理此案|某地强拆致人受伤|反对不公正的选举|信仰自由不应被迫害|请声援被关押的记者和律师|"
        "官员贪腐应受追究|要求修改法律保障人权|纪念那场运动的遇难者|退出组织是个人的选择|群众到政府门前请愿",
        "|，请传阅|，打开{url}看全文|，记住这一天|，让更多人知道|，向最高法院提出控告", "。|！|",
    ),
    Scheme(
        Lane.NOTICE, "|Fellow citizens: |Please forward: |",
        "vote for change on {date_en}|join the peaceful protest at {time}|free the imprisoned journalists|"
        "the election was not fair|sign the petition against the new law|pray for those persecuted for their faith",
        "| {url_en}| and tell your friends|, read the full text {url_en}", ".|!|",
    ),
    Scheme(
        Lane.CHAT, "|Hey |Mum |Ok ",
        "my new number is {phone_en}|I dropped my phone but it works|job interview went well|"
        "sent you {cur}{n2} for dinner|can you check my bank letter|parcel came for you",
        ", talk later| x|, see you|", "",
    ),
)  # fmt: skip


def line_of(scheme: Scheme) -> str:
    """The scheme as one line of templates."""
    return "{" + "}{".join(scheme[1:]) + "}"
