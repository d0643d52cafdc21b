//! The public keys of an authorization server, and which algorithm each may be used with.
//! <https://www.rfc-editor.org/rfc/rfc7517.html>

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::protocol::limits;

/// How a token may be signed: always with a private key whose public one is known.
/// <https://www.rfc-editor.org/rfc/rfc7518.html#section-3.1>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS #1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS #1 v1.5 with SHA-512.
    Rs512,
    /// RSA PSS with SHA-256.
    Ps256,
    /// RSA PSS with SHA-384.
    Ps384,
    /// RSA PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them: what a verifier accepts if it is not told otherwise.
    pub(super) const ALL: [Algorithm; 9] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];

    /// The library's name for it.
    pub(super) fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
            Algorithm::Rs384 => jsonwebtoken::Algorithm::RS384,
            Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
            Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
            Algorithm::Ps384 => jsonwebtoken::Algorithm::PS384,
            Algorithm::Ps512 => jsonwebtoken::Algorithm::PS512,
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::Es384 => jsonwebtoken::Algorithm::ES384,
            Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }

    /// The one of this name in the library; none for those with a shared secret.
    pub(super) fn of(library: jsonwebtoken::Algorithm) -> Option<Self> {
        Algorithm::ALL.into_iter().find(|own| own.library() == library)
    }
}

/// Keys that can check signatures; others are left out.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// What a set has for a token.
#[derive(Debug)]
pub(super) enum Found {
    Key(DecodingKey),
    /// There is no key of that name.
    Unknown,
    /// There is, but it cannot have made such a signature.
    Unsuitable,
    /// The token names none, and there are several that could have signed it.
    Unnamed,
}

#[derive(Deserialize)]
struct Published<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl KeySet {
    /// The set of this text. A key that is not understood is left out, as RFC 7517, section 5, wants it.
    pub(super) fn from_text(text: &str) -> Result<Self, String> {
        let published: Published<'_> =
            serde_json::from_str(text).map_err(|error| format!("expected a set of keys: {error}"))?;
        let keys = published.keys.into_iter().take(limits::MAX_JWKS_KEYS);
        Ok(KeySet(keys.filter_map(|key| serde_json::from_str(key.get()).ok().and_then(|jwk| usable(&jwk))).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key for a token that names this key and algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        let named = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let mut suitable = self.0.iter().filter(named).filter(|key| key.algorithms.contains(&algorithm));
        match (suitable.next(), suitable.next()) {
            (Some(key), None) => Found::Key(key.key.clone()),
            (Some(_), Some(_)) => Found::Unnamed,
            (None, _) if self.0.iter().any(|key| named(&key)) => Found::Unsuitable,
            (None, _) => Found::Unknown,
        }
    }
}

/// A key for signatures, with the algorithms that its kind, and its own word, allow.
fn usable(jwk: &Jwk) -> Option<Key> {
    let common = &jwk.common;
    if common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return None;
    }
    if common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return None;
    }
    let mut algorithms = by_kind(&jwk.algorithm);
    if let Some(only) = common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(algorithm.library()) == only);
    }
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| !algorithms.is_empty())?;
    Some(Key { id: common.key_id.clone(), algorithms, key })
}

/// Never those of a shared secret: a published secret is none.
fn by_kind(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    match parameters {
        AlgorithmParameters::RSA(_) => vec![
            Algorithm::Rs256,
            Algorithm::Rs384,
            Algorithm::Rs512,
            Algorithm::Ps256,
            Algorithm::Ps384,
            Algorithm::Ps512,
        ],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => vec![Algorithm::Es256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => vec![Algorithm::Es384],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => vec![Algorithm::EdDsa],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = r#""kty":"RSA","n":"sXch","e":"AQAB""#;
    const P256: &str = r#""kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA""#;

    #[test]
    fn a_key_is_used_for_what_it_is_meant_for() {
        let table = [
            (format!(r#"{{"kid":"a",{RSA}}}"#), Some("a"), Algorithm::Rs256, "Key"),
            (format!(r#"{{"kid":"a",{RSA}}}"#), Some("a"), Algorithm::Ps512, "Key"),
            (format!(r#"{{"kid":"a",{RSA}}}"#), None, Algorithm::Rs256, "Key"),
            (format!(r#"{{"kid":"a",{RSA}}}"#), Some("b"), Algorithm::Rs256, "Unknown"),
            (format!(r#"{{{RSA}}}"#), Some("b"), Algorithm::Rs256, "Unknown"),
            (format!(r#"{{"kid":"a",{RSA}}}"#), Some("a"), Algorithm::Es256, "Unsuitable"),
            (format!(r#"{{"kid":"a","alg":"RS256",{RSA}}}"#), Some("a"), Algorithm::Rs256, "Key"),
            (format!(r#"{{"kid":"a","alg":"RS256",{RSA}}}"#), Some("a"), Algorithm::Rs384, "Unsuitable"),
            (format!(r#"{{"kid":"a","alg":"RSA-OAEP",{RSA}}}"#), Some("a"), Algorithm::Rs256, "Unknown"),
            (format!(r#"{{"kid":"a","use":"sig",{RSA}}}"#), Some("a"), Algorithm::Rs256, "Key"),
            (format!(r#"{{"kid":"a","use":"enc",{RSA}}}"#), Some("a"), Algorithm::Rs256, "Unknown"),
            (format!(r#"{{"kid":"a","key_ops":["encrypt"],{RSA}}}"#), Some("a"), Algorithm::Rs256, "Unknown"),
            (format!(r#"{{"kid":"a",{P256}}}"#), Some("a"), Algorithm::Es256, "Key"),
            (format!(r#"{{"kid":"a",{P256}}}"#), Some("a"), Algorithm::Es384, "Unsuitable"),
            (format!(r#"{{"kid":"a",{RSA}}},{{"kid":"a",{P256}}}"#), Some("a"), Algorithm::Es256, "Key"),
            (format!(r#"{{"kid":"a",{RSA}}},{{"kid":"b",{RSA}}}"#), None, Algorithm::Rs256, "Unnamed"),
            (r#"{"kid":"a","kty":"oct","k":"AAAA"}"#.into(), Some("a"), Algorithm::Rs256, "Unknown"),
            (format!(r#"{{"kty":"new"}},{{"kid":"a",{P256}}}"#), Some("a"), Algorithm::Es256, "Key"),
            (format!(r#"7,null,{{"kid":"a",{P256}}}"#), Some("a"), Algorithm::Es256, "Key"),
            (String::new(), Some("a"), Algorithm::Es256, "Unknown"),
        ];
        for (keys, id, algorithm, expected) in table {
            let set = KeySet::from_text(&format!(r#"{{"keys":[{keys}]}}"#)).unwrap();
            let found = format!("{:?}", set.find(id, algorithm));
            assert!(found.starts_with(expected), "{keys}: {found}");
        }
    }

    #[test]
    fn what_is_no_set_of_keys_is_refused() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[}"#] {
            assert!(KeySet::from_text(text).unwrap_err().starts_with("expected a set of keys"), "{text}");
        }
    }

    #[test]
    fn only_so_many_keys_are_kept() {
        let keys: Vec<String> = (0..limits::MAX_JWKS_KEYS + 5).map(|i| format!(r#"{{"kid":"{i}",{RSA}}}"#)).collect();
        let set = KeySet::from_text(&format!(r#"{{"keys":[{}]}}"#, keys.join(","))).unwrap();
        assert_eq!(set.0.len(), limits::MAX_JWKS_KEYS);
    }
}
