"""Which texts sound alike: Chinese in syllables without tones, English in words, without a dictionary to load.

The readings are those of pypinyin (MIT licence, Copyright 2016 mozillazg) for the 6,763 characters of GB 2312;
a character has more than one where the second makes up 3 % of its use.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

Sound = tuple[str, ...]
"""One syllable or word: its readings. A Latin word has one, in lower case, without apostrophes."""

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_PARTS: Final = re.compile(f"[{_HAN}]|[^\\W\\d_{_HAN}]+(?:['’][^\\W\\d_{_HAN}]+)*|\\d")
_DIGITS: Final = ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu")
_SYLLABLE: Final = re.compile("(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.+)")
_NEAR: Final = 0.25
_PART: Final = 0.5

# A learner's or a recogniser's confusions: the second is heard for the first and the other way round.
_SAME_INITIALS: Final = {"zh": "z", "ch": "c", "sh": "s", "l": "n", "h": "f", "r": "l"}
_SAME_FINALS: Final = {"ang": "an", "eng": "en", "ing": "in", "iang": "ian", "uang": "uan", "ong": "un"}


def sounds(text: str, *, digits_as_chinese: bool = True) -> list[Sound]:
    """Return what is said, in order: one entry for each Chinese character, Latin word and digit.

    Marks and blanks are left out; an unknown character stands for itself.
    """
    found: list[Sound] = []
    for match in _PARTS.finditer(text):
        part = match.group()
        if part.isdecimal() and digits_as_chinese:
            found.append((_DIGITS[int(part)],))
        elif "a" <= part[0].lower() <= "z" or len(part) > 1:
            found.append((part.lower().replace("'", "").replace("’", ""),))
        else:
            found.append(_readings().get(part, (part,)))
    return found


def difference(one: Sound, other: Sound) -> float:
    """Return 0.0 for the same sound, 0.25 for zh/z, an/ang, l/n, f/h and the like, 0.5 where half agrees, else 1.0."""
    return min(_apart(left, right) for left in one for right in other)


def unlike(part: Sequence[Sound], whole: Sequence[Sound]) -> float:
    """Return how little `part` sounds like any stretch of `whole`: edits per sound, 0.0 to 1.0.

    An empty `part` is like everything.
    """
    if not part:
        return 0.0
    row = [0.0] * (len(whole) + 1)
    for place, sound in enumerate(part, 1):
        above, row[0] = row[0], float(place)
        for column, other in enumerate(whole, 1):
            swapped = above + difference(sound, other)
            above, row[column] = row[column], min(row[column] + 1.0, row[column - 1] + 1.0, swapped)
    return min(row) / len(part)


@cache
def _apart(one: str, other: str) -> float:
    if one == other:
        return 0.0
    left, right = _split(one), _split(other)
    if left is None or right is None:
        return _PART if _share(one, other) >= 0.6 else 1.0
    initials = _SAME_INITIALS.get(left[0], left[0]) == _SAME_INITIALS.get(right[0], right[0])
    finals = _SAME_FINALS.get(left[1], left[1]) == _SAME_FINALS.get(right[1], right[1])
    if initials and finals:
        return _NEAR
    return _PART if left[1] == right[1] or (initials and _core(left[1]) == _core(right[1])) else 1.0


def _core(final: str) -> str:
    return final[-2:] if final[-1:] in "ng" else final[-1:]


def _split(sound: str) -> tuple[str, str] | None:
    """Return initial and final of a syllable of Mandarin, None for any other word."""
    if sound not in _known():
        return None
    match = _SYLLABLE.fullmatch(sound)
    return (match.group(1), match.group(2)) if match else None


def _share(one: str, other: str) -> float:
    """Return how many letters two words have in common in order, 0.0 to 1.0."""
    row = [0] * (len(other) + 1)
    for letter in one:
        above = 0
        for column, second in enumerate(other, 1):
            above, row[column] = (
                row[column],
                above + 1 if letter == second else max(row[column], row[column - 1]),
            )
    return 2 * row[-1] / (len(one) + len(other))


@cache
def _known() -> frozenset[str]:
    return frozenset(reading for readings in _readings().values() for reading in readings)


@cache
def _readings() -> dict[str, Sound]:
    found: dict[str, Sound] = {}
    for entry in _TABLE.split(" "):
        reading = entry.rstrip("".join(char for char in entry if not char.isascii()))
        for char in entry[len(reading) :]:
            found[char] = (*found.get(char, ()), reading)
    return found


_TABLE: Final = (
    "a啊阿吖嗄锕 ai埃挨哎唉哀皑癌蔼矮艾碍爱隘捱嗳嗌嫒瑷暧砹锿霭 an鞍氨安俺按暗岸胺案谙埯揞犴庵桉铵鹌黯 an"
    "g肮昂盎 ao凹敖熬翱袄傲奥懊澳坳拗嗷岙廒遨媪骜獒聱螯鏊鳌鏖 ba芭捌扒叭吧笆八疤巴拔跋靶把耙坝霸罢爸茇菝"
    "岜灞钯粑鲅魃 bai白柏百摆佰败拜稗捭呗掰擘 ban斑班搬扳般颁板版扮拌伴瓣半办绊阪坂钣瘢癍舨 bang邦帮梆榜"
    "膀绑棒磅蚌镑傍谤蒡浜 bao苞胞包褒剥薄雹保堡饱宝抱报暴豹鲍爆刨曝勹葆孢煲鸨褓趵龅 bei杯碑悲卑北辈背贝钡"
    "倍狈备惫焙被孛陂邶蓓呗悖碚鹎褙鐾鞴 ben奔苯本笨畚坌贲锛 beng蚌崩绷甭泵蹦迸嘣甏 bi逼鼻比鄙笔彼碧蓖蔽毕"
    "毙毖币庇痹闭敝弊必辟壁臂避陛秘匕俾荜荸萆薜吡哔狴庳愎滗濞弼妣婢嬖璧畀铋秕裨筚箅篦舭襞跸髀 bian鞭边编"
    "贬扁便变卞辨辩辫遍匾弁苄忭汴缏煸砭碥窆褊蝙笾鳊 biao标彪膘表婊骠杓飑飙飚灬镖镳瘭裱鳔髟 bie鳖憋别瘪蹩 "
    "bin彬斌濒滨宾摈傧豳缤玢槟殡膑镔髌鬓 bing兵冰柄丙秉饼炳病并屏禀冫邴摒槟 bo柏剥薄玻菠播拨钵波博勃搏铂"
    "箔伯帛舶脖膊渤泊驳卜亳蕃啵饽檗擘礴钹鹁簸跛踣 bu捕卜哺补埠不布步簿部怖埔卟逋瓿晡钚钸醭 ca擦嚓礤 cai猜"
    "裁材才财睬踩采彩菜蔡 can餐参蚕残惭惨灿掺孱骖璨粲黪 cang苍舱仓沧藏伧 cao操糙槽曹草艹嘈漕螬艚 ce厕策侧"
    "册测恻 cen岑涔 ceng层蹭曾噌 cha插叉茬茶查碴搽察岔差诧刹嚓猹馇汊姹杈槎檫锸镲衩 chai差拆柴豺侪钗瘥虿 c"
    "han搀掺蝉馋谗缠铲产阐颤冁谄蒇廛忏潺澶孱羼婵骣觇禅镡蟾躔 chang昌猖场尝常长偿肠厂敞畅唱倡裳伥鬯苌菖徜"
    "怅惝阊娼嫦昶氅鲳 chao超抄钞朝嘲潮巢吵炒怊晁焯耖 che车扯撤掣彻澈坼屮砗 chen郴臣辰尘晨忱沉陈趁衬伧谌谶"
    "抻嗔宸琛榇碜龀 cheng撑称城橙成呈乘程惩澄诚承逞骋秤丞埕枨柽晟塍瞠铖铛裎蛏酲 chi吃痴持匙池迟弛驰耻齿侈"
    "尺赤翅斥炽傺坻墀茌叱哧啻嗤彳饬媸敕眵鸱瘛褫蚩螭笞篪豉踟魑 chong充冲虫崇宠重茺忡憧铳舂艟 chou抽酬畴踌"
    "稠愁筹仇绸瞅丑臭俦帱惆瘳雠 chu初出橱厨躇锄雏滁除楚础储矗搐触处畜亍刍怵憷绌杵楮樗褚蜍蹰黜 chuai揣搋啜"
    "嘬膪踹 chuan川穿椽传船喘串舛遄巛氚钏舡 chuang疮窗幢床闯创怆 chui吹炊捶锤垂椎陲棰槌 chun春椿醇唇淳纯"
    "蠢莼鹑蝽 chuo戳绰啜辶辍踔龊 ci疵茨磁雌辞慈瓷词此刺赐次伺兹茈呲祠鹚糍 cong聪葱囱匆从丛苁淙骢琮璁枞 co"
    "u凑辏腠 cu粗醋簇促蔟徂猝殂酢蹙蹴 cuan蹿篡窜攒汆撺爨镩 cui摧崔催脆瘁粹淬翠萃啐悴璀榱毳 cun村存寸忖皴 "
    "cuo磋撮搓措挫错厝嵯脞锉矬痤鹾蹉 da搭达答瘩打大耷哒嗒怛妲沓褡笪靼鞑 dai呆歹傣戴带殆代贷袋待逮怠埭甙呔"
    "岱迨骀绐玳黛 dan耽担丹单郸掸胆旦氮但惮淡诞弹蛋儋萏啖澹殚赕眈疸瘅聃箪 dang当挡党荡档谠凼菪宕砀铛裆 da"
    "o刀捣蹈倒岛祷导到稻悼道盗刂叨忉氘焘纛 de德得的锝 dei得 deng蹬灯登等瞪凳邓噔嶝戥磴镫簦 di的堤低滴迪敌"
    "笛狄涤翟嫡抵底地蒂第帝弟递缔氐籴诋谛邸坻荻嘀娣柢棣觌砥碲睇镝羝骶 dia嗲 dian颠掂滇碘点典靛垫电佃甸店"
    "惦奠淀殿阽坫巅玷钿癜癫簟踮 diao碉叼雕凋刁掉吊钓调铞铫貂鲷 die跌爹碟蝶迭谍叠垤堞揲喋嗲牒瓞耋蹀鲽 ding"
    "丁盯叮钉顶鼎锭定订仃啶玎腚碇铤疔耵酊 diu丢铥 dong东冬董懂动栋侗恫冻洞垌咚岽峒氡胨胴硐鸫 dou兜抖斗陡"
    "豆逗痘都蔸窦蚪篼 du都督毒犊独读堵睹赌杜镀肚度渡妒芏嘟渎椟牍碡蠹笃髑黩 duan端短锻段断缎椴煅簖 dui堆兑"
    "队对怼憝碓镦 dun墩吨蹲敦顿囤钝盾遁沌炖砘礅盹趸 duo掇哆多夺垛躲朵跺舵剁惰堕咄哚缍柁铎裰踱 e阿蛾峨鹅俄"
    "额讹娥恶厄扼遏鄂饿噩谔垩苊莪萼呃愕阏屙婀轭腭锇锷鹗颚鳄 ei诶 en恩蒽摁嗯 er而儿耳尔饵洱二贰佴迩珥铒鸸"
    "鲕 fa发罚筏伐乏阀法珐垡砝 fan藩帆番翻樊矾钒繁凡烦反返范贩犯饭泛蕃蘩幡梵燔畈蹯 fang坊芳方肪房防妨仿访"
    "纺放匚邡枋钫舫鲂 fei菲非啡飞肥匪诽吠肺废沸费芾狒悱淝妃绯榧腓斐扉镄痱蜚篚翡霏鲱 fen芬酚吩氛分纷坟焚汾"
    "粉奋份忿愤粪偾瀵玢棼鲼鼢 feng丰封枫蜂峰锋风疯烽逢冯缝讽奉凤俸酆葑唪沣砜 fo佛 fou否缶 fu佛夫敷肤孵扶"
    "拂辐幅氟符伏俘服浮涪福袱弗甫抚辅俯釜斧腑府腐赴副覆赋复傅付阜父腹负富讣附妇缚咐匐凫阝郛芙苻茯莩菔拊呋"
    "幞怫滏艴孚驸绂绋桴赙祓砩黻黼罘稃馥蚨蜉蝠蝮麸趺跗鲋鳆 ga噶嘎伽尬呷尕尜旮钆 gai该改概钙盖溉丐陔垓戤赅 "
    "gan干甘杆柑竿肝赶感秆敢赣坩苷尴擀泔淦澉绀橄旰矸疳酐 gang冈刚钢缸肛纲岗港杠戆罡筻 gao篙皋高膏羔糕搞镐"
    "稿告睾诰郜藁缟槔槁杲锆 ge哥歌搁戈鸽胳疙割革葛格蛤阁隔铬个各咯鬲仡哿圪塥嗝纥搿膈硌镉袼虼舸骼 gei给 ge"
    "n根跟亘茛哏艮 geng耕更庚羹埂耿梗颈哽赓绠鲠 gong工攻功恭龚供躬公宫弓巩汞拱贡共廾珙肱蚣觥 gou钩勾沟苟"
    "狗垢构购够佝诟岣遘媾缑枸觏彀笱篝鞲 gu辜菇咕箍估沽孤姑鼓古蛊骨谷股故顾固雇贾嘏诂菰呱崮汩梏轱牯牿臌毂"
    "瞽罟钴锢鸪鹄痼蛄酤觚鲴鹘 gua刮瓜剐寡挂褂卦诖呱栝胍鸹聒 guai乖拐怪掴 guan棺关官冠观管馆罐惯灌贯纶倌莞"
    "掼涫盥鹳鳏 guang光广逛咣犷桄胱 gui瑰规圭硅归龟闺轨鬼诡癸桂柜跪贵刽傀炔匦匮刿庋宄妫桧晷皈簋鲑鳜 gun辊"
    "滚棍丨衮绲磙鲧 guo锅郭国果裹过涡馘埚掴呙帼崞猓椁虢聒蜾蝈 ha蛤哈铪 hai骸孩海氦亥害骇还嗨胲醢 han酣憨"
    "邯韩含涵寒函喊罕翰撼捍旱憾悍焊汗汉邗菡撖阚瀚晗焓顸颔蚶鼾 hang夯杭航吭巷行沆绗珩颃 hao壕嚎豪毫郝好耗"
    "号浩貉蒿薅嗥嚆濠灏昊皓颢蚝 he呵喝荷菏核禾和何合盒貉阂河涸赫褐鹤贺吓诃劾壑嗬阖纥曷盍颌蚵翮 hei嘿黑 he"
    "n痕很狠恨 heng哼亨横衡恒蘅桁 hong轰哄烘虹鸿洪宏弘红黉訇讧荭蕻薨闳泓 hou喉侯猴吼厚候后堠後逅瘊篌糇鲎"
    "骺 hu呼乎忽瑚壶葫胡蝴狐糊湖弧虎唬护互沪户冱唿囫岵猢怙惚浒滹琥槲轷觳烀煳戽扈祜瓠鹄鹕鹱虍笏醐斛鹘 hua"
    "花哗华猾滑画划化话骅桦砉铧 huai槐徊怀淮坏踝 huan欢环桓缓换患唤痪豢焕涣宦幻郇奂萑擐圜獾洹浣漶寰逭缳锾"
    "鲩鬟还 huang荒慌黄磺蝗簧皇凰惶煌晃幌恍谎隍徨湟潢遑璜肓癀蟥篁鳇 hui灰挥辉徽恢蛔回毁悔慧卉惠晦贿秽会烩"
    "汇讳诲绘诙茴荟蕙咴哕喙隳洄浍彗缋珲晖恚虺蟪麾 hun荤昏婚魂浑混诨馄阍溷 huo豁活伙火获或惑霍货祸劐藿攉嚯"
    "夥砉钬锪镬耠蠖 ji给击圾基机畸稽积箕肌饥迹激讥鸡姬绩缉吉极棘辑籍集及急疾汲即嫉级挤几脊己蓟技冀季伎祭"
    "剂悸济寄寂计记既忌际妓继纪藉丌亟乩剞佶偈诘墼芨芰荠蒺蕺掎叽咭哜唧岌嵴洎彐屐骥畿玑楫殛戟戢赍觊犄齑矶羁"
    "嵇稷瘠虮笈笄暨跻跽霁鲚鲫髻麂 jia嘉枷夹佳家加荚颊贾甲钾假稼价架驾嫁茄伽郏葭岬浃迦珈戛胛恝铗镓痂瘕袷蛱"
    "笳袈跏 jian歼监坚尖笺间煎兼肩艰奸缄茧检柬碱硷拣捡简俭剪减荐鉴践贱见键箭件健舰剑饯渐溅涧建僭谏谫菅蒹"
    "搛囝湔蹇謇缣枧楗戋戬牮犍毽腱睑锏鹣裥笕翦趼踺鲣鞯 jiang僵姜将浆江疆蒋桨奖讲匠酱降茳洚绛缰犟礓耩糨豇 j"
    "iao蕉椒礁焦胶交郊浇骄娇嚼搅铰矫侥脚狡角饺缴绞剿教酵轿较叫窖觉佼僬艽茭挢噍峤徼湫姣敫皎鹪蛟醮跤鲛 jie"
    "揭接皆秸街阶截劫节桔杰捷睫竭洁结解姐戒藉芥界借介疥诫届讦诘卩拮喈嗟婕孑桀碣疖颉蚧羯鲒骱 jin巾筋斤金今"
    "津襟紧锦仅谨进靳晋禁近烬浸尽劲卺荩堇噤馑廑妗缙瑾槿赆觐钅衿矜 jing劲荆兢茎睛晶鲸京惊精粳经井警景颈静"
    "境敬镜径痉靖竟竞净刭儆阱菁獍憬泾迳弪婧肼胫腈旌靓 jiong炯窘冂迥炅扃 jiu揪究纠玖韭久灸九酒厩救旧臼舅咎"
    "就疚僦啾阄柩桕鸠鹫赳鬏 ju桔鞠拘狙疽居驹菊局咀矩举沮聚拒据巨具距踞锯俱句惧炬剧倨讵苣苴莒菹掬遽屦琚椐"
    "榘榉橘犋飓钜锔窭裾趄醵踽龃雎鞫 juan捐鹃娟倦眷卷绢鄄狷涓桊蠲锩镌隽 jue嚼角撅攫抉掘倔爵觉决诀绝厥劂谲"
    "矍蕨噘噱崛獗孓珏桷橛爝镢蹶觖 jun均菌钧军君峻俊竣浚郡骏捃皲麇 ka喀咖卡咯佧咔胩 kai开揩楷凯慨剀垲蒈忾"
    "恺铠锎锴 kan槛刊堪勘坎砍看侃莰戡龛瞰 kang康慷糠扛抗亢炕伉闶钪 kao考拷烤靠尻栲犒铐 ke坷苛柯棵磕颗科壳"
    "咳可渴克刻客课嗑岢恪溘骒缂珂轲氪瞌钶锞稞疴窠颏蝌髁 ken肯啃垦恳裉龈 keng坑吭铿 kong空恐孔控倥崆箜 kou"
    "抠口扣寇芤蔻叩眍筘 ku枯哭窟苦酷库裤刳堀喾绔骷 kua夸垮挎跨胯侉 kuai块筷侩快蒯郐哙狯浍脍 kuan宽款髋 ku"
    "ang匡筐狂框矿眶旷况诓诳邝圹夼哐纩贶 kui亏盔岿窥葵奎魁傀馈愧溃馗匮夔隗蒉揆喹喟悝愦逵暌睽聩蝰篑跬 kun"
    "坤昆捆困悃阃琨锟醌鲲髡 kuo括扩廓阔蛞 la垃拉喇蜡腊辣啦落剌邋旯砬瘌 lai莱来赖崃徕涞濑赉睐铼癞籁 lan蓝"
    "婪栏拦篮阑兰澜谰揽览懒缆烂滥岚漤榄斓罱镧褴 lang琅榔狼廊郎朗浪莨蒗啷阆锒稂螂 lao捞劳牢老佬姥酪烙涝潦"
    "唠崂栳铑铹痨耢醪 le勒乐肋了仂叻泐鳓 lei勒雷镭蕾磊累儡垒擂肋类泪羸诔嘞嫘缧檑耒酹 leng棱楞冷塄愣 li厘"
    "梨犁黎篱狸离漓理李里鲤礼莉荔吏栗丽厉励砾历利傈例俐痢立粒沥隶力璃哩俪俚郦坜苈莅蓠藜呖唳喱猁溧澧逦娌嫠"
    "骊缡枥栎轹戾砺詈罹锂鹂疠疬蛎蜊蠡笠篥粝醴跞雳鲡鳢黧 lia俩 lian联莲连镰廉怜涟帘敛脸链恋炼练蔹奁潋濂琏"
    "楝殓臁裢裣蠊鲢 liang俩粮凉梁粱良两辆量晾亮谅墚莨椋踉靓魉 liao撩聊僚疗燎寥辽潦撂镣廖料蓼尥嘹獠寮缭钌"
    "鹩了 lie列裂烈劣猎冽埒捩咧洌趔躐鬣 lin琳林磷霖临邻鳞淋凛赁吝拎蔺啉嶙廪懔遴檩辚膦瞵粼躏麟 ling玲菱零"
    "龄铃伶羚凌灵陵岭领另令酃苓呤囹泠绫柃棂瓴聆蛉翎鲮 liu溜琉榴硫馏留刘瘤流柳六浏遛骝绺旒熘锍镏鹨鎏 long"
    "龙聋咙笼窿隆垄拢陇弄垅茏泷珑栊胧砻癃 lou楼娄搂篓漏陋露偻蒌喽嵝镂瘘耧蝼髅 lu芦卢颅庐炉掳卤虏鲁麓碌露"
    "路赂鹿潞禄录陆戮绿垆撸噜泸渌漉逯璐栌橹轳辂辘氇胪镥鸬鹭簏舻鲈 luan峦挛孪滦卵乱脔娈栾鸾銮 lun抡轮伦仑"
    "沦纶论囵 luo萝螺罗逻锣箩骡裸落洛骆络倮蠃荦捋摞猡泺漯珞椤脶镙瘰雒 lv驴吕铝侣旅履屡缕虑氯律率滤绿偻捋"
    "闾榈膂稆褛 lve掠略锊 ma妈麻玛码蚂马骂嘛吗抹唛犸嬷杩蟆 mai埋买麦卖迈脉劢荬霾 man埋瞒馒蛮满蔓曼慢漫谩"
    "墁幔缦熳镘颟螨鳗鞔 mang芒茫盲氓忙莽邙漭硭蟒 mao猫茅锚毛矛铆卯茂冒帽貌贸袤茆峁泖瑁昴牦耄旄懋瞀蝥蟊髦 "
    "me么 mei玫枚梅酶霉煤没眉媒镁每美昧寐妹媚糜莓嵋猸浼湄楣镅鹛袂魅 men门闷们扪焖懑钔 meng萌蒙檬盟锰猛梦"
    "孟勐甍瞢懵朦礞虻蜢蠓艋艨 mi眯醚靡糜迷谜弥米秘觅泌蜜密幂芈冖谧蘼咪嘧猕汨宓弭脒祢敉糸縻麋 mian棉眠绵冕"
    "免勉娩缅面沔渑湎宀腼眄 miao苗描瞄藐秒渺庙妙喵邈缈杪淼眇鹋 mie蔑灭乜咩蠛篾 min民抿皿敏悯闽苠岷闵泯缗"
    "珉愍黾鳘 ming明螟鸣铭名命冥茗溟暝瞑酩 miu谬缪 mo摸摹蘑模膜磨摩魔抹末莫墨默沫漠寞陌谟茉蓦馍嫫殁镆秣瘼"
    "耱貊貘麽 mou谋牟某侔哞缪眸蛑鍪 mu模牟拇牡亩姆母墓暮幕募慕木目睦牧穆仫坶苜沐毪钼 na拿哪呐钠那娜纳捺肭"
    "镎衲 nai氖乃奶耐奈鼐艿萘柰 nan南男难喃囡楠腩蝻赧 nang囊攮囔馕曩 nao挠脑恼闹淖孬垴呶猱瑙硇铙蛲 ne呢讷"
    "疒 nei馁内那哪 nen嫩恁 neng能 ni妮霓倪泥尼拟你匿腻逆溺伲坭猊怩昵旎睨铌鲵 nian蔫拈年碾撵捻念粘辗廿埝"
    "辇黏鲇鲶 niang娘酿 niao鸟尿茑嬲脲袅 nie捏聂孽啮镊镍涅陧蘖嗫颞臬蹑 nin您 ning柠狞凝宁拧泞佞咛甯聍 niu"
    "牛扭钮纽拗狃忸妞 nong脓浓农弄侬哝 nou耨 nu奴努怒弩胬孥驽 nuan暖 nuo娜挪懦糯诺傩搦喏锘 nv女恧钕衄 nve"
    "虐疟 o哦喔噢 ou欧鸥殴藕呕偶沤讴怄瓯耦 pa扒耙啪趴爬帕怕琶葩杷筢 pai拍排牌徘湃派迫俳蒎哌 pan攀潘盘磐盼"
    "畔判叛拚爿泮袢襻蟠蹒 pang膀磅乓庞旁耪胖彷滂逄螃 pao抛咆刨炮袍跑泡匏狍庖脬疱 pei呸胚培裴赔陪配佩沛辔"
    "帔旆锫醅霈 pen喷盆湓 peng砰抨烹澎彭蓬棚硼篷膨朋鹏捧碰堋嘭怦蟛 pi辟坯砒霹批披劈琵毗啤脾疲皮匹痞僻屁譬"
    "丕仳陂陴邳郫圮埤鼙芘擗噼庀淠媲纰枇甓睥罴铍癖疋蚍蜱貔 pian篇偏片骗谝骈犏胼翩蹁 piao飘漂瓢票朴剽莩嘌嫖"
    "骠缥殍瞟螵 pie撇瞥丿苤氕 pin拼频贫品聘姘嫔榀牝颦 ping乒坪苹萍平凭瓶评屏俜娉枰鲆 po泊坡泼颇婆破魄迫粕"
    "朴叵鄱珀钋钷皤笸 pou剖裒掊 pu脯扑铺仆莆葡菩蒲埔朴圃普浦谱曝瀑匍噗溥濮璞攴氆攵镤镨蹼 qi稽期欺栖戚妻七"
    "凄漆柒沏其棋奇歧畦崎脐齐旗祈祁骑起岂乞企启契砌器气迄弃汽泣讫亓俟圻芑芪荠萁萋葺蕲嘁屺岐汔淇骐绮琪琦杞"
    "桤槭耆欹祺憩碛颀蛴蜞綦綮蹊鳍麒 qia卡掐恰洽葜髂 qian牵扦钎铅千迁签仟谦乾黔钱钳前潜遣浅谴堑嵌欠歉纤倩"
    "佥阡凵芊芡茜掮岍悭慊骞搴褰缱椠犍肷愆钤虔箝 qiang枪呛腔羌墙蔷强抢丬戕嫱樯戗炝锖锵镪襁蜣羟跄 qiao壳橇"
    "锹敲悄桥瞧乔侨巧鞘撬翘峭俏窍劁诮谯荞愀憔缲樵硗跷鞒 qie切茄且怯窃伽郄惬妾挈锲箧趄 qin钦侵亲秦琴勤芹擒"
    "禽寝沁芩揿吣嗪噙溱檎锓螓衾 qing青轻氢倾卿清擎晴氰情顷请庆苘圊檠磬蜻罄箐綮謦鲭黥 qiong琼穷邛芎茕穹蛩"
    "筇跫銎 qiu龟秋丘邱球求囚酋泅俅巯犰逑遒楸赇虬蚯蝤裘糗鳅鼽 qu趋区蛆曲躯屈驱渠取娶龋趣去诎劬苣蕖蘧岖衢"
    "阒璩觑氍朐祛磲鸲癯蛐蠼麴瞿黢 quan圈颧权醛泉全痊拳犬券劝诠荃犭悛绻辁畎铨蜷筌鬈 que缺瘸却鹊榷确雀阕阙"
    "悫 qun裙群逡麇 ran然燃冉染苒蚺髯 rang瓤壤攘嚷让禳穰 rao饶扰绕荛娆桡 re惹热 ren壬仁人忍韧任认刃妊纫亻"
    "仞荏葚饪轫稔衽 reng扔仍 ri日 rong戎茸蓉荣融熔溶容绒冗嵘狨榕肜蝾 rou揉柔肉糅蹂鞣 ru茹蠕儒孺如辱乳汝入"
    "褥蓐薷嚅洳溽濡缛铷襦颥 ruan软阮朊 rui蕊瑞锐芮蕤枘睿蚋 run闰润 ruo若弱偌箬 sa撒洒萨卅仨挲脎飒 sai腮鳃"
    "塞赛噻 san三叁伞散馓毵糁 sang桑嗓丧搡磉颡 sao搔骚扫嫂埽缫臊瘙鳋 se塞瑟色涩啬铯穑 sen森 seng僧 sha莎"
    "砂杀刹沙纱傻啥煞杉厦唼歃铩痧裟霎鲨 shai筛晒酾 shan珊苫杉山删煽衫闪陕擅赡膳善汕扇缮栅剡讪鄯埏芟彡潸姗"
    "嬗骟膻禅钐疝蟮舢跚鳝 shang墒伤商赏晌上尚裳垧绱殇熵觞 shao梢捎稍烧芍勺韶少哨邵绍劭苕潲蛸筲艄 she奢赊"
    "蛇舌舍赦摄射慑涉社设厍佘猞滠歙畲麝 shei谁 shen砷申呻伸身深娠绅神沈审婶甚肾慎渗什诜谂莘葚哂渖椹胂矧蜃"
    " sheng声生甥牲升绳省盛剩胜圣嵊眚笙 shi匙师失狮施湿诗尸虱十石拾时食蚀实识史矢使屎驶始式示士世柿事拭誓"
    "逝势是嗜噬适仕侍释饰氏市恃室视试似谥埘莳蓍弑饣轼贳炻礻铈螫舐筮豉酾豕鲥鲺 shou收手首守寿授售受瘦兽扌"
    "狩绶艏 shu蔬枢梳殊抒输叔舒淑疏书赎孰熟薯暑曙署蜀黍鼠属术述树束戍竖墅庶数漱恕倏塾菽摅沭澍姝纾毹腧殳秫"
    " shua刷耍唰 shuai率摔衰甩帅蟀 shuan栓拴闩涮 shuang霜双爽孀 shui谁水睡税氵 shun吮瞬顺舜 shuo说硕朔烁"
    "蒴搠妁槊铄 si斯撕嘶思私司丝死肆寺嗣四伺似饲巳厮俟兕厶咝汜泗澌姒驷纟缌祀锶鸶耜蛳笥 song松耸怂颂送宋讼"
    "诵凇菘崧嵩忪悚淞竦 sou搜艘擞嗽叟薮嗖嗾馊溲飕瞍锼螋 su苏酥俗素速粟僳塑溯宿诉肃夙谡蔌嗉愫涑簌觫稣 suan"
    "酸蒜算狻 sui虽隋随绥髓碎岁穗遂隧祟谇荽濉邃燧眭睢 sun孙损笋荪狲飧榫隼 suo莎蓑梭唆缩琐索锁所唢嗦嗍娑桫"
    "睃羧 ta塌他它她塔獭挞蹋踏拓闼溻漯遢榻沓铊趿鳎 tai胎苔抬台泰酞太态汰邰薹肽炱钛跆鲐 tan弹坍摊贪瘫滩坛"
    "檀痰潭谭谈坦毯袒碳探叹炭郯澹昙忐钽锬覃 tang汤塘搪堂棠膛唐糖倘躺淌趟烫傥帑饧溏瑭樘铴镗耥螗螳羰醣 tao"
    "掏涛滔绦萄桃逃淘陶讨套鼗叨啕洮韬饕 te特忒忑慝铽 teng藤腾疼誊滕 ti梯剔踢锑提题蹄啼体替嚏惕涕剃屉倜荑"
    "悌逖绨缇鹈裼醍 tian天添填田甜恬舔腆掭忝阗殄畋 tiao调挑条迢眺跳佻祧窕蜩笤粜龆鲦髫 tie贴铁帖萜餮 ting"
    "厅听烃汀廷停亭庭挺艇莛葶婷梃町铤蜓霆 tong通桐酮瞳同铜彤童桶捅筒统痛佟僮仝茼嗵恸潼砼 tou偷投头透亠钭"
    "骰 tu凸秃突图徒途涂屠土吐兔堍荼菟钍酴 tuan湍团抟彖疃 tui推颓腿蜕褪退煺 tun囤褪吞屯臀氽饨暾豚 tuo拖托"
    "脱鸵陀驮驼椭妥拓唾乇佗坨庹沲沱柝橐砣箨酡跎鼍 wa挖哇蛙洼娃瓦袜佤娲腽 wai歪外崴 wan蔓豌弯湾玩顽丸烷完"
    "碗挽晚皖惋宛婉万腕剜芄莞菀纨绾琬脘畹蜿 wang汪王亡枉网往旺望忘妄罔惘辋魍 wei威巍微危韦违桅围唯惟为潍"
    "维苇萎委伟伪尾纬未蔚味畏胃喂魏位渭谓尉慰卫偎诿隈隗圩葳薇囗帏帷崴嵬猥猬闱沩洧涠逶娓玮韪軎炜煨痿艉鲔 w"
    "en瘟温蚊文闻纹吻稳紊问刎阌汶玟璺雯 weng嗡翁瓮蓊蕹 wo挝蜗涡窝我斡卧握沃倭莴幄渥肟硪龌 wu恶巫呜钨乌污"
    "诬屋无芜梧吾吴毋武五捂午舞伍侮坞戊雾晤物勿务悟误兀仵阢邬圬芴呒唔庑怃忤浯寤迕妩婺骛杌牾焐鹉鹜痦蜈鋈鼯"
    " xi昔熙析西硒矽晰嘻吸锡牺稀息希悉膝夕惜熄烯溪汐犀檄袭席习媳喜铣洗系隙戏细僖兮隰郄郗茜菥葸蓰奚唏徙饩"
    "阋浠淅屣嬉玺樨曦觋欷熹禊禧皙穸裼蜥螅蟋舄舾羲粞翕醯蹊鼷 xia瞎虾匣霞辖暇峡侠狭下厦夏吓狎遐瑕柙硖罅黠 x"
    "ian掀锨先仙鲜纤咸贤衔舷闲涎弦嫌显险现献县腺馅羡宪陷限线冼苋莶藓岘猃暹娴氙燹祆鹇痫蚬筅籼酰跣跹霰 xian"
    "g降相厢镶香箱襄湘乡翔祥详想响享项巷橡像向象芗葙饷庠骧缃蟓鲞飨 xiao萧硝霄削哮嚣销消宵淆晓小孝校肖啸笑"
    "效哓崤潇逍骁绡枭枵筱箫魈 xie楔些歇蝎鞋协挟携邪斜胁谐写械卸蟹懈泄泻谢屑血偕亵勰燮薤撷獬廨渫瀣邂绁缬榭"
    "榍颉躞 xin薪芯锌欣辛新忻心信衅寻囟馨忄昕歆鑫 xing星腥猩惺兴刑型形邢行醒幸杏性姓陉荇荥擤悻硎 xiong兄"
    "凶胸匈汹雄熊 xiu宿休修羞朽嗅锈秀袖绣咻岫馐庥溴鸺貅髹 xu墟戌需虚嘘须徐许蓄酗叙旭序畜恤絮婿绪续吁诩勖"
    "圩蓿洫溆顼栩煦盱胥糈醑 xuan轩喧宣悬旋玄选癣眩绚儇谖萱揎泫渲漩璇楦暄炫煊碹铉镟痃 xue削靴薛学穴雪血谑"
    "噱泶踅鳕 xun勋熏循旬询寻驯巡殉汛训讯逊迅巽埙荀荨蕈薰峋徇獯恂洵浔曛窨醺鲟 ya压押鸦鸭呀丫芽牙蚜崖衙涯"
    "雅哑亚讶轧伢垭揠吖岈迓娅琊桠氩砑睚痖 yan焉咽阉烟淹盐严研蜒岩延言颜阎炎沿奄掩眼衍演艳堰燕厌砚雁唁彦焰"
    "宴谚验殷厣赝俨偃兖讠谳郾鄢埏芫菸崦恹闫湮滟妍嫣琰檐晏胭腌焱罨筵酽魇餍鼹 yang殃央鸯秧杨扬佯疡羊洋阳氧"
    "仰痒养样漾徉怏泱炀烊恙蛘鞅 yao邀腰妖瑶摇尧遥窑谣姚咬舀药要耀钥夭爻吆崾徭徼幺珧杳轺曜肴鹞窈繇鳐 ye咽"
    "椰噎耶爷野冶也页掖业叶曳腋夜液靥谒邺揶晔烨铘 yi艾一壹医揖铱依伊衣颐夷遗移仪胰疑沂宜姨彝椅蚁倚已乙矣"
    "以艺抑易邑屹亿役臆逸肄疫亦裔意毅忆义益溢诣议谊译异翼翌绎刈劓佚佾诒圯埸懿苡荑薏弈奕挹弋呓咦咿噫峄嶷猗"
    "饴怿怡悒漪迤驿缢殪轶贻欹旖熠眙钇镒镱痍瘗癔翊衤蜴舣羿翳酏黟 yin茵荫因殷音阴姻吟银淫寅饮尹引隐印胤鄞廴"
    "垠堙茚吲喑狺夤洇氤铟瘾窨蚓霪龈 ying英樱婴鹰应缨莹萤营荧蝇迎赢盈影颖硬映嬴郢茔莺萦蓥撄嘤膺滢潆瀛瑛璎"
    "楹媵鹦瘿颍罂 yo哟唷 yong拥佣臃痈庸雍踊蛹咏泳涌永恿勇用俑壅墉喁慵邕镛甬鳙饔 you幽优悠忧尤由邮铀犹油游"
    "酉有友右佑釉诱又幼卣攸侑莠莜莸尢呦囿宥柚猷牖铕疣蚰蚴蝣鱿黝鼬 yu蔚尉迂淤于盂榆虞愚舆余俞逾鱼愉渝渔隅"
    "予娱雨与屿禹宇语羽玉域芋郁吁遇喻峪御愈欲狱育誉浴寓裕预豫驭禺毓伛俣谀谕萸蓣揄圄圉嵛狳饫馀庾阈鬻妪妤纡"
    "瑜昱觎腴欤於煜熨燠肀聿钰鹆鹬瘐瘀窬窳蜮蝓竽臾舁雩龉 yuan鸳渊冤元垣袁原援辕园员圆猿源缘远苑愿怨院垸塬"
    "芫掾沅媛瑗橼爰眢鸢螈箢鼋 yue乐曰约越跃钥岳粤月悦阅龠瀹樾刖钺 yun耘云郧匀陨允运蕴酝晕韵孕郓芸狁恽愠纭"
    "韫殒昀氲熨筠 za匝砸杂扎咋拶咂 zai栽哉灾宰载再在仔崽甾 zan咱攒暂赞拶瓒昝簪糌趱錾 zang藏赃脏葬奘驵臧 z"
    "ao遭糟凿藻枣早澡蚤躁噪造皂灶燥唣 ze责择则泽咋仄赜啧帻迮昃笮箦舴 zei贼 zen怎谮 zeng增憎赠缯甑罾锃 zha"
    "扎喳渣札轧铡闸眨栅榨乍炸诈柞揸吒咤哳楂砟痄蚱齄 zhai摘斋宅窄债寨砦瘵 zhan颤瞻毡詹粘沾盏斩辗崭展蘸栈占"
    "战站湛绽谵搌旃 zhang长樟章彰漳张掌涨杖丈帐账仗胀瘴障仉鄣幛嶂獐嫜璋蟑 zhao朝招昭找沼赵照罩兆肇召爪诏"
    "啁棹钊笊着 zhe遮折哲蛰辙者锗蔗这浙着谪摺柘辄磔鹧褶蜇赭 zhei这 zhen珍斟真甄砧臻贞针侦枕疹诊震振镇阵帧"
    "圳蓁浈缜桢榛轸赈胗朕祯畛稹鸩箴 zheng蒸挣睁征狰争怔整拯正政症郑证诤峥徵钲铮筝 zhi芝枝支吱蜘知肢脂汁之"
    "织职直植殖执值侄址指止趾只旨纸志挚掷至致置帜峙制智秩稚质炙痔滞治窒卮陟郅埴芷摭帙夂忮彘咫骘栉枳栀桎轵"
    "轾贽胝膣祉祗黹雉鸷痣蛭絷酯跖踬踯豸觯 zhong中盅忠钟衷终种肿重仲众冢锺螽舯踵 zhou舟周州洲诌粥轴肘帚咒"
    "皱宙昼骤荮啁妯纣绉柚胄碡籀酎 zhu珠株蛛朱猪诸诛逐竹烛煮拄瞩嘱主著柱助蛀贮铸筑住注祝驻丶伫侏邾苎茱洙渚"
    "潴杼槠橥炷铢疰瘃竺箸舳翥躅麈 zhua抓爪 zhuai拽 zhuan传专砖转撰赚篆啭馔颛 zhuang桩庄装妆撞壮状 zhui椎"
    "锥追赘坠缀惴骓缒隹 zhun谆准肫窀 zhuo捉拙卓桌琢茁酌啄着灼浊倬诼擢浞涿濯焯禚斫镯 zi兹咨资姿滋淄孜紫仔"
    "籽滓子自渍字谘嵫姊孳缁梓辎赀恣眦锱秭耔笫粢趑觜訾龇鲻髭 zong鬃棕踪宗综总纵偬枞腙粽 zou邹走奏揍诹陬鄹"
    "驺楱鲰 zu租足卒族祖诅阻组俎菹镞 zuan钻纂攥缵躜 zui嘴醉最罪蕞觜 zun尊遵撙樽鳟 zuo琢昨左佐柞做作坐座阼"
    "唑怍胙祚"
)
