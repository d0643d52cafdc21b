//! Server auth held to `spec/vectors/auth.json`, as it is in every language.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use super::address::{checked, is_this_machine, same_resource};
use super::challenge::Challenge;
use super::discovery::places;
use super::payload::read;
use super::scopes::expand;
use super::token::{Absent, bearer};
use super::{FixedTokens, Protection};
use crate::wire::JsonObject;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vectors {
    authorization: Vec<Authorization>,
    address: Vec<Address>,
    this_machine: Vec<ThisMachine>,
    same_resource: Vec<SameResource>,
    metadata: Vec<Metadata>,
    issuer: Vec<Issuer>,
    challenge: Vec<Challenged>,
    scopes: Vec<Scopes>,
    claims: Vec<Claimed>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../spec/vectors/auth.json")).unwrap()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    headers: Vec<String>,
    #[serde(default)]
    then: usize,
    token: Option<String>,
    status: Option<u16>,
    error: Option<String>,
    says: Option<String>,
}

#[test]
fn a_token_stands_in_one_header_alone() {
    for row in vectors().authorization {
        let long = "a".repeat(row.then);
        let last = row.headers.len().saturating_sub(1);
        let mut headers = HeaderMap::new();
        for (i, value) in row.headers.iter().enumerate() {
            let value = if i == last { format!("{value}{long}") } else { value.clone() };
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let protection = Protection::new("https://mcp.example.com", FixedTokens::new());
        let (status, error, says) = match bearer(&headers) {
            Ok(token) => {
                assert_eq!(Some(token.as_str().to_owned()), row.token.map(|token| token + &long), "{:?}", row.headers);
                continue;
            }
            Err(absent) => {
                let says = match &absent {
                    Absent::None => None,
                    Absent::Malformed(why) => Some((*why).to_owned()),
                    Absent::Impossible(why) => Some(why.clone()),
                };
                let denied = protection.without_token(absent);
                let challenge = denied.challenge().unwrap().to_str().unwrap().to_owned();
                let error = challenge.strip_prefix("Bearer error=\"").and_then(|rest| rest.split('"').next());
                (denied.status().as_u16(), error.map(str::to_owned), says)
            }
        };
        assert_eq!((Some(status), error, says), (row.status, row.error, row.says), "{:?}", row.headers);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    address: String,
    problem: Option<String>,
}

#[test]
fn only_https_and_this_machine_may_be_asked() {
    for Address { address, problem } in vectors().address {
        let expected = problem.map(|problem| format!("issuer {address:?}: {problem}"));
        assert_eq!(checked("issuer", &address).err(), expected);
    }
    for address in ["", "https://auth.example.com/a b"] {
        assert!(checked("issuer", address).unwrap_err().contains("expected an address such as"), "{address}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThisMachine {
    address: String,
    here: bool,
}

#[test]
fn an_address_of_this_machine_is_known_however_it_is_written() {
    for ThisMachine { address, here } in vectors().this_machine {
        assert_eq!(is_this_machine(&checked("issuer", &address).unwrap()), here, "{address}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SameResource {
    one: String,
    other: String,
    same: bool,
}

#[test]
fn a_resource_is_the_same_whatever_the_case_of_its_host() {
    for SameResource { one, other, same } in vectors().same_resource {
        assert_eq!((same_resource(&one, &other), same_resource(&other, &one)), (same, same), "{one} {other}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    resource: String,
    url: String,
    paths: Vec<String>,
}

#[test]
fn metadata_is_under_the_path_of_the_resource_and_at_the_root() {
    for Metadata { resource, url, paths } in vectors().metadata {
        let protection = Protection::new(resource, FixedTokens::new());
        assert_eq!(protection.metadata_url(), url);
        let routes = protection.public_routes();
        assert_eq!(routes.iter().map(|route| route.path()).collect::<Vec<_>>(), paths);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuer {
    issuer: String,
    places: Vec<String>,
}

#[test]
fn an_issuers_metadata_is_looked_for_where_the_specification_says() {
    for row in vectors().issuer {
        assert_eq!(places(&row.issuer.parse().unwrap()), row.places);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Challenged {
    error: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    scopes: Vec<String>,
    metadata: String,
    header: String,
}

#[test]
fn a_challenge_says_what_there_is_to_say() {
    for row in vectors().challenge {
        let error = row.error.as_deref().map(|error| {
            let known = ["invalid_token", "insufficient_scope", "invalid_request"];
            known.into_iter().find(|known| *known == error).unwrap()
        });
        let challenge =
            Challenge { error, description: &row.description, scopes: &row.scopes, metadata_url: &row.metadata };
        assert_eq!(challenge.header(), row.header.as_str());
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scopes {
    held: Vec<String>,
    includes: BTreeMap<String, Vec<String>>,
    all: Vec<String>,
}

#[test]
fn a_scope_brings_what_it_includes() {
    for Scopes { held, includes, all } in vectors().scopes {
        let (mut scopes, includes) = (held, includes.into_iter().collect::<Vec<_>>());
        expand(&mut scopes, &includes);
        assert_eq!(scopes, all);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claimed {
    claims: String,
    subject: Option<String>,
    client: Option<String>,
    issuer: Option<String>,
    #[serde(default)]
    audience: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    refusal: Option<String>,
}

#[test]
fn claims_are_read_in_all_their_spellings_or_refused() {
    for row in vectors().claims {
        let all = JsonObject::from_text(&row.claims).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        match read(all.clone(), now, Duration::from_secs(30)) {
            Err(refusal) => assert_eq!(Some(refusal.to_string()), row.refusal, "{}", row.claims),
            Ok(claims) => {
                assert_eq!(row.refusal, None, "{}", row.claims);
                assert_eq!((claims.subject, claims.client_id, claims.issuer), (row.subject, row.client, row.issuer));
                assert_eq!((claims.audience, claims.scopes, claims.all), (row.audience, row.scopes, all));
            }
        }
    }
}

/// A name given twice is what JSON libraries differ in; here it is refused.
#[test]
fn a_claim_given_twice_is_refused() {
    let all = JsonObject::from_text(r#"{"sub":"a","sub":"b"}"#).unwrap();
    assert!(read(all, UNIX_EPOCH, Duration::ZERO).is_err());
}
