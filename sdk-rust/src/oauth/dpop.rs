//! Proofs that whoever shows a token has the key that it is bound to, and the nonces that servers want in them.
//! <https://www.rfc-editor.org/rfc/rfc9449.html>

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::{Deserialize, Serialize};

use super::private_key::{PrivateKey, PublicKey};
use super::secret::{digest, drawn};
use super::token::seconds;
use crate::auth::address::origin;
use crate::protocol::limits;

pub(super) const PROOF: &str = "dpop";
pub(super) const NONCE: &str = "dpop-nonce";

/// A client's key, and what the servers that it shows proofs to want in the next one.
pub(super) struct Proofs {
    key: PrivateKey,
    public: PublicKey,
    /// By origin.
    nonces: Mutex<HashMap<String, Nonce>>,
}

struct Nonce {
    text: String,
    /// How many proofs in a row were refused for want of the next one.
    refused: usize,
}

#[derive(Serialize)]
struct Claims<'a> {
    jti: String,
    htm: &'a str,
    htu: String,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

impl Proofs {
    /// With the key that was kept, or a new one.
    pub(super) fn new(kept: Option<&str>) -> Result<Self, String> {
        let key = match kept.and_then(PrivateKey::from_kept) {
            Some(key) => key,
            None => PrivateKey::draw()?,
        };
        let public = key.public().ok_or("the key for DPoP is not on P-256")?;
        Ok(Proofs { key, public, nonces: Mutex::default() })
    }

    /// What the key is kept as.
    pub(super) fn kept(&self) -> Option<String> {
        self.key.kept()
    }

    /// What stands for the public key (RFC 7638), for a code that is bound to it.
    pub(super) fn thumbprint(&self) -> Result<String, String> {
        let members = serde_json::to_string(&self.public).map_err(|error| format!("no JSON: {error}"))?;
        Ok(digest(&members))
    }

    /// A proof for one request, and for the token that goes with it.
    pub(super) fn prove(&self, method: &Method, uri: &Uri, token: Option<&str>) -> Result<HeaderValue, String> {
        let claims = Claims {
            jti: drawn()?,
            htm: method.as_str(),
            htu: format!("{}{}", origin(uri), uri.path()),
            iat: seconds(SystemTime::now()),
            ath: token.map(digest),
            nonce: self.nonces().get(&origin(uri)).map(|nonce| nonce.text.clone()),
        };
        let proof = self.key.sign("dpop+jwt", Some(&self.public), &claims)?;
        HeaderValue::from_str(&proof).map_err(|_| String::from("a proof for DPoP is no header"))
    }

    /// Learns from an answer that is no refusal.
    pub(super) fn accepted(&self, uri: &Uri, answer: &HeaderMap) {
        let given = nonce_of(answer);
        let mut nonces = self.nonces();
        match (nonces.get_mut(&origin(uri)), given) {
            (Some(nonce), given) => {
                nonce.refused = 0;
                if let Some(text) = given {
                    nonce.text = text;
                }
            }
            (None, Some(text)) => drop(nonces.insert(origin(uri), Nonce { text, refused: 0 })),
            (None, None) => {}
        }
    }

    /// Learns from a refusal for want of a nonce; whether another proof is worth a try. However many requests are
    /// refused at once, the row of refusals grows only by one that had the nonce before this one.
    pub(super) fn refused(&self, uri: &Uri, sent: &HeaderMap, answer: &HeaderMap) -> bool {
        let Some(text) = nonce_of(answer) else { return false };
        let sent = sent.get(PROOF).and_then(|proof| nonce_in(proof.as_bytes()));
        if sent.as_ref() == Some(&text) {
            return false;
        }
        let mut nonces = self.nonces();
        let before = nonces.get(&origin(uri));
        let refused = match before {
            Some(before) if sent.as_ref() == Some(&before.text) => before.refused + 1,
            Some(before) => before.refused,
            None => 0,
        };
        nonces.insert(origin(uri), Nonce { text, refused });
        refused < limits::MAX_NONCE_REFUSALS
    }

    fn nonces(&self) -> MutexGuard<'_, HashMap<String, Nonce>> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nonce_of(answer: &HeaderMap) -> Option<String> {
    answer.get(NONCE)?.to_str().ok().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The nonce in a proof of ours.
fn nonce_in(proof: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Sent {
        nonce: Option<String>,
    }
    let claims = proof.split(|byte| *byte == b'.').nth(1)?;
    serde_json::from_slice::<Sent>(&BASE64URL_NOPAD.decode(claims).ok()?).ok()?.nonce
}
