"""Server auth held to spec/vectors/auth.json, as it is in every language."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from isogloss.auth import FixedTokens, Protection, TokenRefusal, missing_scopes
from isogloss.auth.challenge import challenge
from isogloss.auth.payload import parsed, read
from isogloss.auth.scopes import expanded
from isogloss.auth.token import Absent, bearer
from isogloss.authority.address import Address, checked, places, same_resource

from .auth_server import Head

VECTORS = json.loads(
    (Path(__file__).parents[4] / "spec" / "vectors" / "auth.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("row", VECTORS["authorization"], ids=lambda row: str(row["headers"])[:40])
def test_a_token_stands_in_one_header_alone(row: Any) -> None:
    long = "a" * row.get("then", 0)
    values = row["headers"]
    found = bearer(Head(*values[:-1], *(value + long for value in values[-1:])))
    if "token" in row:
        assert found == row["token"] + long
        return
    assert isinstance(found, Absent)
    assert (found.status, found.error) == (row["status"], row.get("error"))
    # Limits have the names that they have in the language.
    assert found.why == row.get("says", found.why).replace("max_token", "MAX_TOKEN")


@pytest.mark.parametrize("row", VECTORS["address"], ids=lambda row: str(row["address"]))
def test_an_address_may_be_asked_or_it_is_said_why_not(row: Any) -> None:
    if row["problem"] is None:
        assert checked("issuer", row["address"]).text == row["address"]
        return
    with pytest.raises(ValueError, match=r"^issuer ") as wrong:
        checked("issuer", row["address"])
    assert str(wrong.value) == f"issuer {json.dumps(row['address'])}: {row['problem']}"


@pytest.mark.parametrize("row", VECTORS["thisMachine"], ids=lambda row: str(row["address"]))
def test_an_address_of_this_machine_is_known_however_it_is_written(row: Any) -> None:
    assert checked("jwks_uri", row["address"]).is_this_machine == row["here"]


@pytest.mark.parametrize("row", VECTORS["sameResource"], ids=lambda row: str(row["other"]))
def test_identifiers_name_one_resource_or_two(row: Any) -> None:
    assert same_resource(row["one"], row["other"]) == row["same"]
    assert same_resource(row["other"], row["one"]) == row["same"]


@pytest.mark.parametrize("row", VECTORS["metadata"], ids=lambda row: str(row["resource"]))
def test_metadata_is_under_the_path_of_the_resource_and_at_the_root(row: Any) -> None:
    protection = Protection(row["resource"], FixedTokens({}))
    assert protection.metadata_url == row["url"]
    assert list(protection.documents) == row["paths"]


@pytest.mark.parametrize("row", VECTORS["issuer"], ids=lambda row: str(row["issuer"]))
def test_the_metadata_of_an_issuer_is_looked_for_in_all_its_places(row: Any) -> None:
    assert places(checked("issuer", row["issuer"])) == row["places"]


@pytest.mark.parametrize("row", VECTORS["challenge"], ids=lambda row: str(row["header"])[:40])
def test_a_challenge_says_what_there_is_to_say(row: Any) -> None:
    said = row.get("error"), row.get("description"), row.get("scopes", ())
    assert challenge(*said, row["metadata"]) == row["header"]


@pytest.mark.parametrize("row", VECTORS["scopes"], ids=lambda row: str(row["held"]))
def test_a_scope_brings_what_it_includes(row: Any) -> None:
    assert expanded(row["held"], row["includes"]) == set(row["all"])


@pytest.mark.parametrize("row", VECTORS["claims"], ids=lambda row: str(row["claims"])[:40])
def test_claims_are_read_in_all_their_spellings_or_refused(row: Any) -> None:
    said = parsed(row["claims"].encode())
    if "refusal" in row:
        with pytest.raises(TokenRefusal) as refused:
            read(said, 1000, 30)
        assert str(refused.value) == row["refusal"]
        return
    claims = read(said, 1000, 30)
    assert (claims.subject, claims.client_id, claims.issuer) == (
        row.get("subject"),
        row.get("client"),
        row.get("issuer"),
    )
    assert claims.audience == tuple(row.get("audience", ()))
    assert claims.scopes == set(row.get("scopes", ()))
    assert claims.all == json.loads(row["claims"])


@pytest.mark.parametrize(
    "text",
    [
        '{"sub":"a","sub":"b"}',
        '{"sub":"a","x":{},"\\u0073ub" : "b"}',
        '{"exp":1,"exp":null}',
        "[]",
        "7",
        "{} {}",
        '{"a":NaN}',
        '{"sub":"\\ud800"}',
        '{"exp":' + "9" * 5000 + "}",
        '{"a":' + "[" * 5000 + "]" * 5000 + "}",
    ],
    ids=lambda text: text[:30],
)
def test_claims_that_can_be_taken_in_two_ways_are_not_read(text: str) -> None:
    with pytest.raises(TokenRefusal, match="cannot be read"):
        parsed(text.encode())


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', '{"sub":"a","x":{"sub":"b"}}', '{"sub":"\\"sub\\":"}', '{"SUB":1,"Sub":2}'],
)
def test_others_are(text: str) -> None:
    read(parsed(text.encode()), 0, 0)


def test_a_time_farther_than_a_datetime_is_the_end_of_time() -> None:
    claims = read({"exp": 1e12}, 1000, 30)
    assert claims.expires_at == datetime.max.replace(tzinfo=UTC)
    assert read({"exp": 1030.5}, 1000, 0).expires_at == datetime.fromtimestamp(1030.5, UTC)


@pytest.mark.parametrize(
    ("held", "needed", "missing"),
    [
        ("a b", "a", ""),
        ("a b", "b a", ""),
        ("a", "c a b c", "c b"),
        ("", "a", "a"),
        ("files", "files:read", "files:read"),
        ("a", "", ""),
    ],
)
def test_what_a_token_lacks_is_named_once_and_in_order(
    held: str, needed: str, missing: str
) -> None:
    assert missing_scopes(read({"scope": held}, 0, 0), *needed.split()) == missing.split()


def test_nobody_lacks_everything() -> None:
    assert missing_scopes(None, "a") == ["a"]


def test_an_address_is_in_its_parts_as_it_was_spelt() -> None:
    found = checked("issuer", "HTTPS://Auth.example.com/A/?x=1")
    assert found == Address(
        "HTTPS://Auth.example.com/A/?x=1",
        "https",
        "auth.example.com",
        443,
        "https://Auth.example.com",
        "/A/",
        "x=1",
    )
