import pytest

from adapterstilts.core.language_codes import ours, spelt
from adapterstilts.core.languages import LANGUAGES

M2M100 = ("de", "en", "sw", "tl", "zh", "he")
NLLB = (
    *("eng_Latn", "deu_Latn", "swh_Latn", "zho_Hans", "zho_Hant", "arb_Arab", "ars_Arab"),
    *("pes_Arab", "kor_Hang", "jpn_Jpan", "tgl_Latn", "azj_Latn", "est_Latn", "quy_Latn"),
)
MBART50 = ("en_XX", "de_DE", "sw_KE", "zh_CN", "tl_XX", "pt_XX", "az_AZ")
OPUS = ("deu", "swh", "cmn_Hans", "cmn_Hant", "por", "por_Latn", "nob")


@pytest.mark.parametrize(
    ("code", "known", "expected"),
    [
        ("sw", M2M100, "sw"),
        ("he", M2M100, "he"),
        ("sw", NLLB, "swh_Latn"),
        ("zh", NLLB, "zho_Hans"),
        ("ar", NLLB, "arb_Arab"),
        ("fa", NLLB, "pes_Arab"),
        ("ko", NLLB, "kor_Hang"),
        ("ja", NLLB, "jpn_Jpan"),
        ("qu", NLLB, "quy_Latn"),
        ("sw", MBART50, "sw_KE"),
        ("en", MBART50, "en_XX"),
        ("zh", MBART50, "zh_CN"),
        ("de", OPUS, "deu"),
        ("zh", OPUS, "cmn_Hans"),
        ("pt", OPUS, "por"),
        ("fr", OPUS, None),
        ("de", (), None),
    ],
)
def test_each_family_writes_our_codes_in_its_own_way(code, known, expected) -> None:
    assert spelt(code, known) == expected


def test_a_generated_language_is_found_under_its_own_code() -> None:
    assert spelt("qab", ["qaa_Latn", "qab_Latn"]) == "qab_Latn"


def test_a_code_is_never_taken_for_the_beginning_of_another() -> None:
    assert spelt("ar", ["ary_Arab", "ast", "arz_EG"]) is None
    assert spelt("de", ["de_de", "den_DE", "de_DEU"]) is None


def test_what_a_model_has_is_told_in_our_codes() -> None:
    assert ours(MBART50) == ("az", "de", "en", "pt", "sw", "tl", "zh")
    assert ours(["xxx"]) == ()


def test_every_language_of_ours_has_a_code_of_three_letters() -> None:
    from adapterstilts.core import language_codes

    three = language_codes._THREE
    assert set(three) == set(LANGUAGES.names())
    every = [name for names in three.values() for name in names]
    assert len(set(every)) == len(every)
