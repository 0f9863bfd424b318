"""Characters with several readings, each in a sentence: `字[reading]` marks what is expected."""

from __future__ import annotations

import re

import pytest

from companion.text.aligned import Aligned
from companion.text.mandarin import read_mandarin

pytestmark = pytest.mark.unit

_SENTENCES = (
    "我去银行[hang2]取钱 他在路上行[xing2]走 这[zhe4]件事很重[zhong4]要 请再重[chong2]复一遍 "
    "孩子慢慢长[zhang3]大了 这条河的长[chang2]度是多少 把书还[huan2]给图书馆 我还[hai2]没吃饭 "
    "他还[huan2]了我十块钱 还[hai2]是算了吧 我了[liao3]解你的意思 我已经吃了[le5] "
    "这个任务我完成不了[liao3] 你得[dei3]早点睡 他跑得[de5]很快 她得[de2]到了奖励 他慢慢地[de5]走过来 "
    "大地[di4]在震动 地[di4]上有一本书 他看着[zhe5]我 别着[zhao2]急 孩子睡着[zhao2]了 "
    "我们听音乐[yue4] 今天很快乐[le4] 她是个好[hao3]人 他的爱好[hao4]是画画 你要好好[hao3]学习 "
    "他很好[hao4]学 都[dou1]来了 北京是首都[du1] 他只[zhi3]有一个 一只[zhi1]猫 我想和[he2]你说话 "
    "天气很暖和[huo5] 睡觉[jiao4]之前要刷牙 我觉[jue2]得很好 给[gei3]我一杯水 补给[ji3]不够了 "
    "请你教[jiao1]我弹琴 她是一位教[jiao4]师 他弹[tan2]钢琴 子弹[dan4]打中了他 这里真便[pian2]宜 "
    "方便[bian4]的话告诉我 他的头发[fa5]很长 出发[fa1]吧 我为[wei4]你做饭 他成为[wei2]医生 "
    "天空很空[kong1]旷 有空[kong4]再聊 相[xiang1]信我 照相[xiang4]机坏了 当[dang1]时我很害怕 "
    "你别上当[dang4] 数[shu3]一数有几个 数[shu4]学很难 倒[dao3]下了 倒[dao4]一杯茶 调[tiao2]整一下 "
    "调[diao4]查清楚 我应[ying1]该去 她答应[ying5]了我 处[chu3]理问题 到处[chu4]都是人 "
    "传[chuan2]说很美 自传[zhuan4]写完了 中[zhong1]间 他中[zhong4]奖了 几[ji3]个人 几[ji1]乎没有 "
    "干[gan1]净的房间 你在干[gan4]什么 切[qie1]菜 一切[qie4]都好 把门关上[shang4] 参[can1]加比赛 "
    "人参[shen1]很贵 差[cha4]一点 出差[chai1]去上海 差[cha1]别很大 曾[ceng2]经来过 姓曾[zeng1]的人 "
    "朝[chao2]着山走 朝[zhao1]阳升起 率[lv4]很高 率[shuai4]领大家 难[nan2]过 灾难[nan4]来了 "
    "挨[ai1]着我坐 挨[ai2]打了 血[xue4]液循环 我喜欢听他唱的歌[ge1] 薄[bo2]弱 这张纸很薄[bao2] "
    "转[zhuan3]身离开 车轮在转[zhuan4] 种[zhong3]子发芽 种[zhong4]花 我们种[zhong4]了一棵树 "
    "散[san4]步 散[san3]文 假[jia4]期快到了 真假[jia3]难辨 量[liang2]一下体温 数量[liang4]很多 "
    "少[shao4]年 很少[shao3] 冲[chong1]进去 卷[juan4]子 背[bei1]着书包 背[bei4]后 系[xi4]统 "
    "系[ji4]鞋带 仔[zi3]细看 华[hua2]丽 姓华[hua4]的医生 为[wei4]什么 因为[wei4] 降[jiang4]落 "
    "投降[xiang2] 强[qiang2]大 勉强[qiang3] 角[jiao3]落 角[jue2]色 模[mo2]型 模[mu2]样 没[mei2]有 "
    "沉没[mo4] 宁[ning4]可 宁[ning2]静 泊[bo2]车 血泊[po1] 奔[ben1]跑 似[si4]乎 似[shi4]的 单[dan1]独 "
    "说[shuo1]话 游说[shui4] 分[fen1]开 分[fen4]量 更[geng4]好 更[geng1]换 正[zheng4]在 正[zheng1]月 "
    "铺[pu1]床 店铺[pu4] 打折[zhe2] 露[lu4]水 露[lou4]馅 尽[jin3]管 尽[jin4]力 结[jie1]实 结[jie2]果 "
    "禁[jin1]不住 禁[jin4]止 长[chang2]头发的女孩 你长[zhang3]得真好看 校长[zhang3]来了 "
    "他一行[hang2]一行地读 这样不行[xing2] 觉得[de5]冷 非得[dei3]你去 记得[de5]吗 好得[de5]多 "
    "别担[dan1]心 重担[dan4] 晃[huang4]动 闷[men4]得慌 着[zhao2]火了 不着[zhuo2]边际 了[liao3]不起 "
    "受不了[liao3] 那[na4]里 哪[na2]里 吐[tu4]了 吐[tu3]痰 好吃得[de5]不得了[liao3] 缝[feng4]隙 "
    "缝[feng2]衣服 称[chen4]职 称[cheng1]呼 兴[xing1]奋 高兴[xing4] 应[ying4]用 供[gong1]应 "
    "载[zai4]重 三年五载[zai3] 曲[qu3]子 弯曲[qu1] 扇[shan1]风 扇[shan4]子 圈[quan1]子 盛[cheng2]饭 "
    "盛[sheng4]大 藏[cang2]起来 西藏[zang4] 蒙[meng2]着眼 塞[sai1]满了 要[yao1]求 "
    "他长[zhang3]得像妈妈 这根绳子太长[chang2]了 我还[hai2]想再听一次 记得把钱还[huan2]给我 "
    "别忘了还[huan2]书 你还[hai2]记得我吗 她得[de2]了第一名 我得[dei3]走了 唱得[de5]真好听 "
    "我觉得[de5]你说得[de5]对 轻轻地[de5]放下 地[di4]板很滑 我正看着[zhe5]窗外 "
    "他睡不着[zhao2]觉[jiao4] 猜着[zhao2]了 走着[zhe5]走着[zhe5]天就黑了 着[zhao2]凉了要多喝水 "
    "我等不了[liao3]了[le5] 你了[liao3]解我 太好了[le5] 我喜欢音乐[yue4]和快乐[le4]的人 "
    "三只[zhi1]小猪 我只[zhi3]喜欢你 只[zhi3]要你在 都[dou1]是我的错 首都[du1]机场 "
    "教[jiao1]我做饭好吗 教[jiao4]室里没人 弹[tan2]吉他 他中[zhong4]毒了 中[zhong1]午吃什么 "
    "请把灯关掉，倒[dao4]一杯水给我 他摔倒[dao3]了 自行[xing2]车 第三行[hang2]有错别字 行[xing2]吗 "
    "他是内行[hang2] 这是我的重[zhong4]点 重[chong2]新开始吧 行李很重[zhong4] 种[zhong4]了很多花 "
    "这种[zhong3]花 为[wei4]了你 认为[wei2] 以为[wei2]你走了 你为[wei4]我唱歌 没空[kong4]理你 "
    "天空[kong1]很蓝 转[zhuan4]了一圈 转[zhuan3]弯 请假[jia4]一天 这是假[jia3]的 系[ji4]上围巾 "
    "关系[xi4]很好 你应[ying1]该睡觉[jiao4] 她觉[jue2]得冷 给[gei3]他打电话 便[pian2]宜的东西 "
    "随便[bian4]吧 答应[ying5]我 数[shu3]到三 数[shu4]字 背[bei1]着你走 背[bei4]诗 兴[xing4]趣 "
    "兴[xing1]奋得[de5]睡不着[zhao2] 要[yao4]是你来 朝[chao2]我笑 藏[cang2]在门后 曾[ceng2]经爱过 "
    "调[tiao2]皮 空调[tiao2] 语调[diao4] 切[qie1]开 亲切[qie4] 少[shao3]吃点 少[shao4]女 散[san4]步去 "
    "奔[ben1]向你 似[si4]乎在笑 哄[hong3]我开心 露[lu4]出笑容 难[nan2]道 没[mei2]关系 淹没[mo4] "
    "参[can1]观 差[cha4]不多 差[cha1]距 好[hao3]吃 好[hao4]奇 尽[jin3]量 尽[jin3]管放心 担[dan1]心你 "
    "血[xue4]压 模[mo2]仿 薄[bao2]被子 发[fa1]现 理发[fa4] 头发[fa5]乱了 分[fen1]手 缘分[fen4] "
    "角[jiao3]度 主角[jue2] 强[qiang2]壮 倔强[jiang4] 处[chu4]处 相处[chu3] 传[chuan2]统 传[zhuan4]记 "
    "降[jiang4]温 量[liang4]子 商量[liang5] 率[shuai4]先 效率[lv4] 盛[cheng2]了一碗汤 茂盛[sheng4] "
    "塞[sai1]进去 鲜[xian1]花 落[luo4]下 落[la4]在家里了 挣扎[zha2] 扎[za1]辫子 晕[yun1]倒 晕[yun4]车 "
    "咽[yan4]下去 吓[xia4]我一跳 恐吓[he4] 那[na4]我走了 哪[na3]有 "
)
_MARKED = re.compile(r"(.)(?:\[(\w+)\])?")


@pytest.mark.parametrize("sentence", _SENTENCES.split())
def test_a_polyphone_is_read_by_its_sentence(sentence: str) -> None:
    marked = _MARKED.findall(sentence)
    text = "".join(char for char, _ in marked)
    expected = {place: reading for place, (_, reading) in enumerate(marked) if reading}
    citation = _readings(text, sandhi=False)
    spoken = _readings(text, sandhi=True)
    for place, reading in expected.items():
        assert reading in (citation[place], spoken[place])


def _readings(text: str, *, sandhi: bool) -> dict[int, str]:
    words = read_mandarin(Aligned.of(text), sandhi=sandhi)
    return {syllable.char: syllable.numbered for word in words for syllable in word}


@pytest.mark.parametrize(
    ("text", "place", "reading"),
    [
        ("他們去銀行取錢", 4, "hang2"),
        ("她還給我一本書", 1, "huan2"),
        ("頭髮很長", 3, "chang2"),
        ("看著我", 1, "zhe5"),
    ],
)
def test_traditional_characters_are_read_like_simplified_ones(text: str, place: int, reading: str) -> None:
    assert _readings(text, sandhi=False)[place] == reading


def test_zhu_in_simplified_text_is_no_particle() -> None:
    assert _readings("著名的作家", sandhi=False)[0] == "zhu4"


def test_a_lexicon_decides_a_word() -> None:
    words = read_mandarin(Aligned.of("我叫单曲行"), lexicon={"单曲行": "shan4 qu1 xing2"})
    assert words[-1][-1].numbered == "xing2"
    assert [syllable.pinyin for syllable in words[-1]] == ["shan", "qu", "xing"]
