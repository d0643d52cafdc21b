//! Tokens that are signed: JSON Web Tokens, checked with the keys that their issuer publishes, or with keys given.
//! <https://www.rfc-editor.org/rfc/rfc7519.html>, <https://www.rfc-editor.org/rfc/rfc9068.html>

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{DecodingKey, Header, Validation, crypto, decode, decode_header};

use super::address::checked;
use super::fetch::{Fetch, Fetcher};
use super::jwks::{Jwks, Place, chosen};
use super::keys::{Algorithm, KeySet};
use super::payload::read;
use super::{AccessToken, Refusal, TokenVerifier, Verifying};
use crate::context::Claims;
use crate::error::Error;
use crate::protocol::limits;
use crate::wire::JsonObject;

/// The fewest bytes of a shared secret: as many as SHA-256 has (RFC 7518, section 3.2).
const MIN_SECRET: usize = 32;

/// Checks tokens that an authorization server signs: signature, algorithm, `iss`, `exp` and `nbf`. Whom a token is
/// meant for (`aud`) is looked at by [`Protection`](super::Protection).
///
/// Tokens that are not signed, or are signed with a shared secret, are refused, whatever they say of themselves; so
/// are tokens without `exp`, tokens whose headers must be understood (`crit`), and tokens that are bound to a key
/// (`cnf`).
///
/// ```
/// use isogloss::auth::{Algorithm, JwtVerifier};
///
/// // The keys are where the issuer's metadata says.
/// let verifier = JwtVerifier::new("https://auth.example.com");
/// // They are there, and nothing but this algorithm and RFC 9068's type of token is accepted.
/// let verifier = JwtVerifier::new("https://auth.example.com")
///     .jwks_url("https://auth.example.com/keys")
///     .algorithms([Algorithm::Es256])
///     .require_type("at+jwt");
/// ```
pub struct JwtVerifier {
    issuer: String,
    keys: Keys,
    algorithms: Vec<Algorithm>,
    token_type: Option<String>,
    leeway: Duration,
    lifetime: Duration,
    interval: Duration,
    fetcher: Fetcher,
    remote: OnceLock<Jwks>,
}

/// Where the keys come from.
enum Keys {
    Remote(Place),
    Given(Result<Arc<KeySet>, String>),
    Secret(DecodingKey, usize),
}

impl JwtVerifier {
    /// Tokens of this issuer, with the keys that its metadata leads to.
    pub fn new(issuer: impl Into<String>) -> Self {
        // The library has one provider a process, and fails where a program's other crates ask for two. If one is
        // installed already it stays.
        let _installed_before = crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let issuer = issuer.into();
        JwtVerifier {
            keys: Keys::Remote(Place::Issuer(issuer.clone())),
            issuer,
            algorithms: Algorithm::ALL.to_vec(),
            token_type: None,
            leeway: limits::TOKEN_LEEWAY,
            lifetime: limits::JWKS_LIFETIME,
            interval: limits::JWKS_REFRESH_INTERVAL,
            fetcher: Fetcher::default(),
            remote: OnceLock::new(),
        }
    }

    /// The keys are here; the issuer's metadata is not asked for.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.keys = Keys::Remote(Place::Address(url.into()));
        self
    }

    /// These are the keys, a JSON Web Key Set; nothing is fetched.
    pub fn keys(mut self, jwks: &str) -> Self {
        self.keys = Keys::Given(KeySet::from_text(jwks).map(Arc::new));
        self
    }

    /// The issuer signs with this secret of at least 32 bytes (HS256), and in no other way. Whoever checks such tokens
    /// can also make them: public keys are better.
    pub fn shared_secret(mut self, secret: &[u8]) -> Self {
        self.keys = Keys::Secret(DecodingKey::from_secret(secret), secret.len());
        self
    }

    /// Which algorithms are accepted, instead of all that have public keys.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The type (`typ`) that tokens must have: `at+jwt` where the issuer follows RFC 9068. Without it any is accepted.
    pub fn require_type(mut self, token_type: impl Into<String>) -> Self {
        self.token_type = Some(token_type.into());
        self
    }

    /// How far the issuer's clock may be from ours, instead of `token_leeway`.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long fetched keys are used before they are fetched again, instead of `jwks_lifetime`.
    pub fn keys_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The shortest time between two fetches, instead of `jwks_refresh_interval`.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The client that fetches, instead of the one that is built in.
    pub fn fetch_with(mut self, client: impl Fetch + 'static) -> Self {
        self.fetcher = Fetcher::new(client);
        self
    }

    async fn check(&self, token: &AccessToken) -> Result<Claims, Refusal> {
        let header = decode_header(token.as_str()).map_err(|error| refusal(error.kind(), &self.issuer))?;
        self.check_header(&header)?;
        let key = self.key(&header).await?;
        // What the token says of itself has chosen among what is accepted here; it cannot add to it.
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        validation.validate_aud = false;
        let token = decode::<JsonObject>(token.as_str(), &key, &validation);
        let all = token.map_err(|error| refusal(error.kind(), &self.issuer))?.claims;
        read(all, SystemTime::now(), self.leeway)
    }

    fn check_header(&self, header: &Header) -> Result<(), Refusal> {
        if header.crit.is_some() {
            return Err(Refusal::invalid("the token has headers that must be understood (crit), and none are"));
        }
        let Some(wanted) = &self.token_type else { return Ok(()) };
        let found = header.typ.as_deref().unwrap_or_default();
        let found = found.strip_prefix("application/").unwrap_or(found);
        match found.eq_ignore_ascii_case(wanted) {
            true => Ok(()),
            false => Err(Refusal::invalid(format!("the token is no token of the type {wanted}"))),
        }
    }

    async fn key(&self, header: &Header) -> Result<DecodingKey, Refusal> {
        let unaccepted = || Refusal::invalid("the token is not signed in a way that is accepted here");
        if let Keys::Secret(key, _) = &self.keys {
            return if header.alg == jsonwebtoken::Algorithm::HS256 { Ok(key.clone()) } else { Err(unaccepted()) };
        }
        let algorithm = Algorithm::of(header.alg).filter(|algorithm| self.algorithms.contains(algorithm));
        let (algorithm, id) = (algorithm.ok_or_else(unaccepted)?, header.kid.as_deref());
        match &self.keys {
            Keys::Given(Ok(keys)) => chosen(keys.find(id, algorithm)),
            Keys::Remote(place) => self.remote(place).find(id, algorithm).await,
            Keys::Given(Err(why)) => Err(Refusal::unavailable(why)),
            Keys::Secret(..) => Err(unaccepted()),
        }
    }

    fn remote(&self, place: &Place) -> &Jwks {
        self.remote.get_or_init(|| Jwks::new(place.clone(), self.fetcher.clone(), self.lifetime, self.interval))
    }
}

impl TokenVerifier for JwtVerifier {
    fn verify<'a>(&'a self, token: &'a AccessToken) -> Verifying<'a> {
        Box::pin(self.check(token))
    }

    fn issuers(&self) -> Vec<String> {
        vec![self.issuer.clone()]
    }

    fn check_setup(&self) -> Result<(), Error> {
        let wrong = match &self.keys {
            Keys::Remote(Place::Issuer(issuer)) => checked("issuer", issuer).err(),
            Keys::Remote(Place::Address(address)) => checked("jwks_url", address).err(),
            Keys::Given(Err(why)) => Some(format!("keys: {why}")),
            Keys::Given(Ok(keys)) if keys.is_empty() => Some("keys: found none that can check a signature".into()),
            Keys::Secret(_, bytes) if *bytes < MIN_SECRET => {
                Some(format!("shared_secret: expected at least {MIN_SECRET} bytes, found {bytes}"))
            }
            Keys::Given(Ok(_)) | Keys::Secret(..) => None,
        };
        let none = self.algorithms.is_empty().then(|| String::from("algorithms: expected at least one, found none"));
        match wrong.or(none) {
            Some(wrong) => Err(Error::Setup(wrong)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("issuer", &self.issuer)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

/// The library's refusal in words for a client.
fn refusal(kind: &ErrorKind, issuer: &str) -> Refusal {
    Refusal::invalid(match kind {
        ErrorKind::ExpiredSignature => "the token has expired".into(),
        ErrorKind::ImmatureSignature => "the token is not yet valid".into(),
        ErrorKind::InvalidIssuer => format!("the token was not issued by {issuer}"),
        ErrorKind::MissingRequiredClaim(claim) => format!("the token does not say {claim}"),
        ErrorKind::InvalidSignature => "the token's signature is wrong".into(),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => {
            "the token is not signed in a way that is accepted here".into()
        }
        _ => String::from("the token cannot be read as a signed JSON Web Token"),
    })
}
