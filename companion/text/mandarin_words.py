"""Word lists of our own for spoken Mandarin: readings that dictionaries give wrongly, neutral tones, suffixes."""

from __future__ import annotations

from typing import Final

READINGS: Final[dict[str, str]] = {
    "头发": "tou2 fa5",
    "长发": "chang2 fa4",
    "短发": "duan3 fa4",
    "卷发": "juan3 fa4",
    "答应": "da1 ying5",
    "卷子": "juan4 zi5",
    "要求": "yao1 qiu2",
    "那里": "na4 li5",
    "这里": "zhe4 li5",
    "哪里": "na2 li5",
    "哪儿": "na3 er2",
    "那儿": "na4 er2",
    "这儿": "zhe4 er2",
    "好好": "hao3 hao3",
    "一会儿": "yi1 hui4 er2",
    "这会儿": "zhe4 hui4 er2",
    "那会儿": "na4 hui4 er2",
    "星星": "xing1 xing5",
    "干嘛": "gan4 ma2",
    "干吗": "gan4 ma2",
    "什么": "shen2 me5",
    "为什么": "wei4 shen2 me5",
    "怎么": "zen3 me5",
    "一行行": "yi1 hang2 hang2",
    "好不好": "hao3 bu4 hao3",
    "角色": "jue2 se4",
    "暖和": "nuan3 huo5",
    "因为": "yin1 wei4",
    "闷得慌": "men4 de5 huang1",
    "薄荷": "bo4 he5",
    "缘分": "yuan2 fen4",
    "大夫": "dai4 fu5",
    "士大夫": "shi4 da4 fu1",
    "大都市": "da4 du1 shi4",
    "草率": "cao3 shuai4",
    "密切": "mi4 qie4",
    "勾当": "gou4 dang4",
    "旋风": "xuan4 feng1",
    "猪圈": "zhu1 juan4",
    "羊圈": "yang2 juan4",
    "牛圈": "niu2 juan4",
    "燕国": "yan1 guo2",
    "燕京": "yan1 jing1",
    "落下": "luo4 xia4",
    "扎辫子": "za1 bian4 zi5",
    "露馅": "lou4 xian4",
    "空儿": "kong4 er2",
    "得了": "de2 le5",
    "似的": "shi4 de5",
    "尽管": "jin3 guan3",
    "尽快": "jin3 kuai4",
    "尽早": "jin3 zao3",
    "处理": "chu3 li3",
    "便宜": "pian2 yi5",
    "教会": "jiao4 hui4",
    "好学": "hao4 xue2",
    "说服": "shuo1 fu2",
    "熟悉": "shu2 xi1",
    "血液": "xue4 ye4",
    "嗯": "n2",
    "哦": "o4",
    "噢": "o1",
    "喔": "o1",
    "嘛": "ma5",
    "呢": "ne5",
    "啦": "la5",
    "吧": "ba5",
    "吗": "ma5",
}

PARTICLES: Final = frozenset("的地得了着吗呢吧啊呀嘛啦哇哟喽咯呐们么")

_NEUTRAL_SECOND_TEXT: Final = (
    "朋友 东西 喜欢 漂亮 时候 先生 明白 告诉 觉得 认识 衣服 学生 关系 消息 意思 故事 聪明 舒服 客气 "
    "麻烦 太阳 月亮 眼睛 耳朵 豆腐 葡萄 萝卜 晚上 早上 谢谢 石头 木头 馒头 骨头 舌头 枕头 拳头 里头 "
    "外头 前头 后头 上头 念头 丫头 钥匙 窗户 玻璃 蘑菇 名字 地方 清楚 暖和 凉快 热闹 便宜 厉害 糊涂 "
    "马虎 结实 老实 实在 知识 部分 脾气 力气 福气 运气 打算 打听 打扮 打量 收拾 商量 招呼 休息 咳嗽 "
    "哆嗦 琢磨 答应 吩咐 嘱咐 埋怨 耽误 折腾 欺负 吓唬 佩服 称呼 伺候 应付 对付 姑娘 媳妇 丈夫 大夫 "
    "护士 师傅 家伙 孩子 儿子 妻子 嘴巴 下巴 尾巴 脑袋 胳膊 屁股 指甲 眉毛 胡子 鼻子 肚子 嗓子 脖子 "
    "衣裳 包袱 行李 扫帚 帐篷 灯笼 风筝 算盘 棉花 庄稼 粮食 芝麻 核桃 石榴 枇杷 点心 烧饼 月饼 云彩 "
    "日子 屋子 多么 这么 那么 怎么 什么 要么 家里 心里 夜里 屋里 手里 嘴里 怀里 眼里 梦里 哪里 这里 "
    "那里 桌上 路上 身上 床上 脸上 头上 天上 地上 楼上 底下 乡下 身边 这边 那边 哪边 里边 外边 旁边 "
    "上边 下边 前边 后边 左边 右边 事情 爱人 亲戚 街坊 和尚 狐狸 骆驼 苍蝇 蚂蚱 刺猬 牲口 畜生 妖精 "
    "官司 规矩 工夫 功夫 本事 毛病 动静 精神 出息 志气 架势 记性 牢骚 笑话 相声 秧歌 疙瘩 窟窿 包子 "
    "饺子 意识 合同 痛快 爽快 自在 新鲜 干净 白净 秀气 大方 小气 俗气 活泼 机灵 勤快 踏实 稳当 妥当 "
    "地道 迷糊 含糊 啰嗦 委屈 冤枉 逛荡 溜达 念叨 唠叨 嘀咕 嘟囔 哈欠 喷嚏 唾沫 指头 巴掌"
)
NEUTRAL_SECOND: Final = frozenset(_NEUTRAL_SECOND_TEXT.split(" "))

_KIN_DOUBLES_TEXT: Final = (
    "爸爸 妈妈 哥哥 弟弟 姐姐 妹妹 爷爷 奶奶 叔叔 伯伯 婶婶 姑姑 舅舅 姥姥 公公 婆婆 太太 宝宝 娃娃 "
    "猩猩 星星 谢谢"
)
KIN_DOUBLES: Final = frozenset(_KIN_DOUBLES_TEXT.split(" "))

_FULL_DOUBLES_TEXT: Final = "天天 人人 常常 慢慢 渐渐 好好 多多 仅仅 刚刚 轻轻 偷偷 默默 往往 偏偏 早早 快快"
FULL_DOUBLES: Final = frozenset(_FULL_DOUBLES_TEXT.split(" "))

REPEATED_VERBS: Final = frozenset(
    "看想试说听走坐等聊玩尝问谈写读唱跳笑找学歇休猜摸抱瞧逛转洗擦吹打拍揉捏抖晃动练做吃喝睡躺帮教算数查改换"
)

_NOT_SUFFIX_ZI_TEXT: Final = (
    "男子 女子 电子 原子 分子 离子 粒子 质子 中子 王子 公子 弟子 瓜子 莲子 松子 种子 孔子 老子 孟子 "
    "庄子 墨子 韩子 君子 才子 太子 皇子 天子 父子 母子 精子 卵子 因子 量子 光子 逆子 赤子 学子 游子 "
    "浪子 臣子 孝子 亲子 独子 长子 次子 之子 鱼子 西子 子子 甲子 棋子 桂子 核子 孢子 算子"
)
NOT_SUFFIX_ZI: Final = frozenset(_NOT_SUFFIX_ZI_TEXT.split(" "))

# Words with these endings have a full 儿; the others in `NOT_SUFFIX_ER_WORDS` only as whole words.
NOT_SUFFIX_ER: Final = (
    "女儿",
    "男儿",
    "婴儿",
    "幼儿",
    "孤儿",
    "胎儿",
    "健儿",
    "少儿",
    "宠儿",
    "育儿",
    "患儿",
    "弃儿",
    "新生儿",
    "混血儿",
    "妻儿",
    "产儿",
    "乞儿",
    "侄儿",
)

NOT_SUFFIX_ER_WORDS: Final = frozenset(("孩儿", "小儿", "托儿", "生儿", "儿"))
