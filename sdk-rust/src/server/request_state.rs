//! What travels through the client between a question and its answer: the answers that a handler has had so far,
//! encrypted, and bound to the request and to who made it. Nobody but the server can read or change it.
//! <https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements-basic-workflow>

use std::time::{SystemTime, UNIX_EPOCH};

use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;

use crate::context::Context;
use crate::error::Failure;
use crate::protocol::limits;
use crate::wire::{Json, JsonObject, Map};

/// Bytes of a nonce: long enough to be drawn at random for every message.
const NONCE: usize = 24;

/// Seals and opens under one key.
#[derive(Clone)]
pub(crate) struct Seal(XChaCha20Poly1305);

impl Default for Seal {
    /// Under a key that nobody else has.
    fn default() -> Self {
        Seal(XChaCha20Poly1305::new(&XChaCha20Poly1305::generate_key(OsRng)))
    }
}

impl Seal {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Seal(XChaCha20Poly1305::new(&Key::from(key)))
    }

    /// The state of a request whose handler has had these answers.
    pub(super) fn close(&self, request: &Bound<'_>, answers: &Map<Json>) -> Result<String, Failure> {
        let until = now() + limits::REQUEST_STATE_TTL.as_secs();
        let answers = JsonObject::new(answers).map_err(|error| Failure::internal(error.to_string()))?;
        let text = format!(r#"{{"until":{until},"answers":{answers}}}"#);
        let nonce = XChaCha20Poly1305::generate_nonce(OsRng);
        let payload = Payload { msg: text.as_bytes(), aad: &request.bytes() };
        let sealed = self.0.encrypt(&nonce, payload).map_err(|_| Failure::internal("requestState cannot be sealed"))?;
        Ok(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// The answers in a state that this server gave out for this request.
    ///
    /// # Errors
    /// If it was not, or is too old.
    pub(super) fn open(&self, request: &Bound<'_>, state: &str) -> Result<Map<Json>, Failure> {
        let refused = || {
            let message = "params.requestState: was not given out by this server for this request, or is too old; \
                           make the request again without it";
            Failure::invalid_params(message)
        };
        self.opened(&request.bytes(), state).ok_or_else(refused)
    }

    /// What is in a state that was sealed for these bytes and is young enough.
    fn opened(&self, bound: &[u8], state: &str) -> Option<Map<Json>> {
        let bytes = BASE64URL_NOPAD.decode(state.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let text = self.0.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: bound }).ok()?;
        answers(&String::from_utf8(text).ok()?)
    }
}

/// The answers in a text that was sealed, if it is young enough.
fn answers(text: &str) -> Option<Map<Json>> {
    let state = JsonObject::from_text(text).ok()?.members();
    let until: u64 = state.get("until").and_then(|until| until.to().ok())?;
    let answers: JsonObject = state.get("answers").cloned()?.try_into().ok()?;
    (until >= now()).then(|| answers.members())
}

/// Whether a state that nobody gave out is taken for one; its text is also read as if it had been sealed.
#[cfg(any(test, fuzzing))]
pub(crate) fn opens(state: &str) -> bool {
    let _ = answers(state);
    Seal::new([7; 32]).opened(b"", state).is_some()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What a state is good for: one request of one principal.
pub(super) struct Bound<'r> {
    pub(super) cx: &'r Context,
    /// The name or address that the request is about.
    pub(super) name: &'r str,
}

impl Bound<'_> {
    /// As bytes, each part with its length so that none can pass for another.
    fn bytes(&self) -> Vec<u8> {
        let claims = self.cx.claims();
        let who = [
            claims.and_then(|claims| claims.issuer.as_deref()),
            claims.and_then(|claims| claims.subject.as_deref()),
            claims.and_then(|claims| claims.client_id.as_deref()),
        ];
        let arguments = self.cx.params().and_then(|params| params.get(&["arguments"]));
        let arguments = arguments.as_ref().map_or("", Json::as_str);
        let parts = [self.cx.method(), self.name, arguments].into_iter().map(Some).chain(who);
        let mut bytes = Vec::new();
        for part in parts {
            let part = part.map_or(&[][..], str::as_bytes);
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}
