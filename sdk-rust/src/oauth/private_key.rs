//! A client's private key, and what it signs: JSON Web Signatures in their compact form.
//! <https://www.rfc-editor.org/rfc/rfc7515.html#section-7.1>

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaSignatureEncoding,
};
use data_encoding::BASE64URL_NOPAD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Serialize;

use crate::auth::Algorithm;
use crate::error::Error;

/// A private key, with which a client proves who it is. It is never shown.
#[derive(Clone)]
pub struct PrivateKey {
    pair: Arc<Pair>,
    algorithm: Algorithm,
    id: Option<String>,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// The head of a signature.
#[derive(Serialize)]
struct Head<'a, J: Serialize> {
    alg: &'a str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwk: Option<J>,
}

/// The public half of a key on P-256, its members in the order in which RFC 7638 has them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PublicKey {
    crv: &'static str,
    kty: &'static str,
    x: String,
    y: String,
}

impl PrivateKey {
    /// The key of a PEM text: RSA, P-256, P-384 or Ed25519. It signs with RS256, ES256, ES384 or EdDSA.
    ///
    /// # Errors
    /// If the text has no such key in it.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        // What is wrong is told without the text: it is the key.
        let wrong = || Error::Setup("private key: expected the PEM of a key of RSA, P-256, P-384 or Ed25519".into());
        let (pair, algorithm) = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong())? {
            PrivateKeyDer::Pkcs1(key) => {
                (RsaKeyPair::from_der(key.secret_pkcs1_der()).map(Pair::Rsa).ok(), Algorithm::Rs256)
            }
            PrivateKeyDer::Sec1(key) => {
                let ecdsa = |curve| EcdsaKeyPair::from_private_key_der(curve, key.secret_sec1_der()).ok();
                ecdsa_of(ecdsa)
            }
            PrivateKeyDer::Pkcs8(key) => of_pkcs8(key.secret_pkcs8_der()),
            _ => (None, Algorithm::Rs256),
        };
        Ok(PrivateKey { pair: Arc::new(pair.ok_or_else(wrong)?), algorithm, id: None })
    }

    /// Signs so, if the key can.
    ///
    /// # Errors
    /// If it cannot: only keys of RSA have a choice.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Result<Self, Error> {
        if algorithm != self.algorithm && !(matches!(*self.pair, Pair::Rsa(_)) && rsa(algorithm).is_some()) {
            return Err(Error::Setup(format!("private key: it cannot sign with {}", name(algorithm))));
        }
        self.algorithm = algorithm;
        Ok(self)
    }

    /// The name under which the authorization server knows the public half (`kid`).
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// A new key on P-256.
    pub(super) fn draw() -> Result<Self, String> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let pair = pair.map_err(|_| String::from("the system makes no keys"))?;
        Ok(PrivateKey { pair: Arc::new(Pair::Ecdsa(pair)), algorithm: Algorithm::Es256, id: None })
    }

    /// A key on P-256 that was kept.
    pub(super) fn from_kept(text: &str) -> Option<Self> {
        let der = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?;
        Some(PrivateKey { pair: Arc::new(Pair::Ecdsa(pair)), algorithm: Algorithm::Es256, id: None })
    }

    /// What it is kept as.
    pub(super) fn kept(&self) -> Option<String> {
        match &*self.pair {
            Pair::Ecdsa(pair) => Some(BASE64URL_NOPAD.encode(pair.to_pkcs8v1().ok()?.as_ref())),
            Pair::Ed25519(_) | Pair::Rsa(_) => None,
        }
    }

    /// Its public half, if it is on P-256.
    pub(super) fn public(&self) -> Option<PublicKey> {
        let Pair::Ecdsa(pair) = &*self.pair else { return None };
        // An uncompressed point: a mark, and two numbers of 32 bytes.
        let (x, y) = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(32)?;
        (y.len() == 32).then(|| PublicKey {
            crv: "P-256",
            kty: "EC",
            x: BASE64URL_NOPAD.encode(x),
            y: BASE64URL_NOPAD.encode(y),
        })
    }

    /// Signs claims, with a head of this type, and with the public half in it if that is given.
    pub(super) fn sign(&self, typ: &str, jwk: Option<&PublicKey>, claims: &impl Serialize) -> Result<String, String> {
        let head = Head { alg: name(self.algorithm), typ, kid: self.id.as_deref(), jwk };
        let json = |value: Result<Vec<u8>, serde_json::Error>| value.map_err(|error| format!("no JSON: {error}"));
        let head = BASE64URL_NOPAD.encode(&json(serde_json::to_vec(&head))?);
        let claims = BASE64URL_NOPAD.encode(&json(serde_json::to_vec(claims))?);
        let message = format!("{head}.{claims}");
        let signature = self.signature(message.as_bytes()).ok_or("the private key signs nothing")?;
        Ok(format!("{message}.{}", BASE64URL_NOPAD.encode(&signature)))
    }

    fn signature(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &*self.pair {
            Pair::Ecdsa(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Some(pair.try_sign(message).ok()?.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa(self.algorithm)?, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, …)", name(self.algorithm))
    }
}

fn of_pkcs8(der: &[u8]) -> (Option<Pair>, Algorithm) {
    if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
        return (Some(Pair::Rsa(pair)), Algorithm::Rs256);
    }
    // Without its public half, too: that is how most tools write it.
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return (Some(Pair::Ed25519(pair)), Algorithm::EdDsa);
    }
    ecdsa_of(|curve| EcdsaKeyPair::from_pkcs8(curve, der).ok())
}

/// The key on whichever curve it is.
fn ecdsa_of(on: impl Fn(&'static EcdsaSigningAlgorithm) -> Option<EcdsaKeyPair>) -> (Option<Pair>, Algorithm) {
    match on(&ECDSA_P256_SHA256_FIXED_SIGNING) {
        Some(pair) => (Some(Pair::Ecdsa(pair)), Algorithm::Es256),
        None => (on(&ECDSA_P384_SHA384_FIXED_SIGNING).map(Pair::Ecdsa), Algorithm::Es384),
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static RsaSignatureEncoding> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => "RS256",
        Algorithm::Rs384 => "RS384",
        Algorithm::Rs512 => "RS512",
        Algorithm::Ps256 => "PS256",
        Algorithm::Ps384 => "PS384",
        Algorithm::Ps512 => "PS512",
        Algorithm::Es256 => "ES256",
        Algorithm::Es384 => "ES384",
        Algorithm::EdDsa => "EdDSA",
    }
}
