"""Stand-ins are keyed, one to one, of the same shape, and never the value itself."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_contract.errors import TargetError
from noojee_contract.redaction.stand_ins import StandInKey, StandIns

KEY = StandInKey(b"a key of the tests")
STAND_INS = StandIns(KEY)
TEXTS = st.text(max_size=80)


def digits_of(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


@pytest.mark.parametrize(
    "values",
    [
        [str(number) for number in range(10)],
        [f"{number:03}" for number in range(1000)],
        [f"1392271611.{number}" for number in range(1000)],
        ["".join(letters) for letters in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=2)],
        [chr(code) for code in range(0xC0, 0x180)],
    ],
    ids=["digit", "extension", "unique id", "letters", "accents"],
)
def test_stand_ins_of_all_values_of_a_shape_differ(values: list[str]) -> None:
    stand_ins = [STAND_INS.of(value) for value in values]
    assert len(set(stand_ins)) == len(values)
    alone = {value for value in values if unicodedata.category(value[0])[0] == "S"}
    assert [
        value for value, other in zip(values, stand_ins, strict=True) if value == other and value not in alone
    ] == []


@given(TEXTS)
@example("x" * 70)
@example("\u00e9\U0001f98a\u738b")
def test_a_stand_in_has_the_shape_of_its_value(value: str) -> None:
    stand_in = STAND_INS.text(value)
    assert len(stand_in) == len(value)
    assert [unicodedata.category(each) for each in stand_in] == [unicodedata.category(each) for each in value]
    assert len(stand_in.encode("utf-8", "surrogatepass")) == len(value.encode("utf-8", "surrogatepass"))
    if any(character.isascii() and character.isalnum() for character in value):
        assert stand_in != value


@given(TEXTS, TEXTS)
def test_different_texts_have_different_stand_ins(first: str, second: str) -> None:
    assert (STAND_INS.text(first) == STAND_INS.text(second)) == (first == second)


@pytest.mark.parametrize(
    ("numbers"),
    [
        ["+61 3 9876 5432", "0398765432", "61398765432", "(03) 9876 5432", "0061-3-98765432", "98765432"],
        ["+65 9123 4567", "91234567", "6591234567"],
        ["+1 212 555 1234", "2125551234", "(212) 555-1234"],
    ],
    ids=["Australia", "Singapore", "USA"],
)
def test_a_number_stays_one_with_and_without_prefix(numbers: list[str]) -> None:
    stand_ins = [STAND_INS.of(number) for number in numbers]
    assert len({digits_of(stand_in)[-8:] for stand_in in stand_ins}) == 1
    for number, stand_in in zip(numbers, stand_ins, strict=True):
        assert [each if each.isdigit() else "" for each in number] != list(stand_in)
        assert [each for each in number if not each.isdigit()] == [each for each in stand_in if not each.isdigit()]
        assert number not in stand_in


@pytest.mark.parametrize(
    ("value", "kept"),
    [("1392271611.238", "1392271611."), ("SIP/410-12FA7B", "SIP/"), ("pbx1-1392271611.238", "-1392271611.")],
)
def test_an_id_keeps_its_epoch_and_a_channel_its_technology(value: str, kept: str) -> None:
    stand_in = STAND_INS.of(value)
    assert kept in stand_in
    assert stand_in != value


def test_an_extension_has_one_stand_in_in_all_its_forms() -> None:
    assert STAND_INS.of("SIP/410-12FA7B").startswith(f"SIP/{STAND_INS.of('410')}-")
    assert STAND_INS.of("SIP/410") == f"SIP/{STAND_INS.of('410')}"


@pytest.mark.parametrize("value", ["410", "10", "198348", "9876543210123"])
def test_a_number_without_zeros_in_front_stays_one(value: str) -> None:
    assert STAND_INS.of(value)[0] != "0"


def test_all_digits_of_a_long_number_change() -> None:
    assert STAND_INS.of("4111111111111111")[:8] != "41111111"


def test_equal_keys_have_equal_fingerprints_and_stand_ins() -> None:
    again, other = StandInKey(b"a key of the tests"), StandInKey(b"another key of tests")
    assert (again.fingerprint, StandIns(again).of("Fred")) == (KEY.fingerprint, STAND_INS.of("Fred"))
    assert (other.fingerprint, StandIns(other).of("Fred Smith")) != (KEY.fingerprint, STAND_INS.of("Fred Smith"))
    assert StandInKey.random().fingerprint != StandInKey.random().fingerprint


def test_the_hash_of_a_key_is_an_hmac() -> None:
    key = hashlib.sha256(b"noojee-contract stand-ins\0a key of the tests").digest()
    assert KEY.digest(b"message") == hmac.digest(key, b"message", "sha256")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(TargetError, match="16 or more"):
        StandInKey(b"short")


def test_a_key_does_not_show() -> None:
    assert "tests" not in repr(KEY)
