//! The token that a client has for a server, and how it gets another one: one attempt at a time, whoever waits for it,
//! and to its end even if nobody waits any more, since a token that was renewed is worth nothing any more.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use http::Uri;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::builder::Setup;
use super::challenge::Challenge;
use super::discovery::{authorization_server, own_authorization_server, protected};
use super::dpop::Proofs;
use super::endpoint::Endpoint;
use super::grant::Asking;
use super::held::Held;
use super::metadata::{AuthorizationServer, shown};
use super::refusal::Refusal;
use super::registration::Registration;
use super::scopes::{union, wanted};
use super::token::{Origin, Token};
use crate::auth::address::origin;
use crate::error::Error;
use crate::protocol::limits;

pub(super) struct Session {
    pub(super) setup: Setup,
    pub(super) server: Uri,
    state: Mutex<State>,
    loaded: OnceCell<()>,
    proofs: OnceLock<Proofs>,
    /// Held by whoever gets a token.
    gate: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Held>>,
    /// Scopes that were asked for so far.
    requested: Vec<String>,
    /// What the server wanted last; none before it refused anything.
    challenge: Option<Challenge>,
    /// The authorization server that was asked last.
    asked: Option<AuthorizationServer>,
    /// The issuer that the program's client was used with.
    bound: Option<String>,
    /// How many attempts came to an end, and how the last one failed.
    attempts: u64,
    failure: Option<Error>,
    /// Attempts at more scopes without a success between.
    step_ups: usize,
}

/// Why another token is needed.
pub(super) enum Need {
    /// There is none.
    First(Challenge),
    /// It ends soon.
    Due,
    /// The server refuses it.
    Refused(Challenge),
    /// The server wants more.
    Scopes(Challenge),
}

/// Where a token is to be had.
struct Place {
    resource: String,
    scopes: Option<Vec<String>>,
    dpop: bool,
    server: AuthorizationServer,
    /// Nobody named it.
    guessed: bool,
}

/// What became of a token that was to be renewed.
enum Renewal {
    Done,
    /// There is nothing to renew any more.
    Worthless,
    Failed(String),
}

/// What is kept of a token: with the key that it is bound to.
#[derive(Serialize, Deserialize)]
struct Kept {
    token: Token,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Session {
    pub(super) fn new(setup: Setup, server: Uri) -> Self {
        let (loaded, proofs) = (OnceCell::new(), OnceLock::new());
        Session { setup, server, state: Mutex::default(), loaded, proofs, gate: Arc::default() }
    }

    /// What was kept of an earlier run.
    pub(super) async fn load(&self) -> Result<(), Error> {
        let loading = async {
            let kept = self.setup.kept::<Kept>(&self.setup.token_key()).await?;
            let (token, key) = kept.map_or((None, None), |kept| (Some(kept.token), kept.key));
            let proofs = Proofs::new(key.as_deref())?;
            let _kept_once = self.proofs.set(proofs);
            if let Some(token) = token.and_then(|token| self.restored(token)) {
                let mut state = self.state();
                state.requested = token.requested.clone();
                state.bound = token.client.given.then(|| token.issuer.clone());
                state.current = Some(Held::new(token, false, true));
            }
            Ok::<_, String>(())
        };
        self.loaded.get_or_try_init(|| loading).await.map_err(|why| self.told(why)).copied()
    }

    /// A token that was kept, unless it is of a client that the program does not have any more.
    fn restored(&self, mut token: Token) -> Option<Token> {
        let Setup { identity, document, .. } = &self.setup;
        let known = [identity, document].into_iter().flatten().find(|known| known.id == token.client.id);
        if token.client.given {
            token.client = known?.restored(token.client);
        } else if identity.is_some() {
            return None;
        }
        Some(token)
    }

    pub(super) fn current(&self) -> Option<Arc<Held>> {
        self.state().current.clone()
    }

    pub(super) fn proofs(&self) -> Option<&Proofs> {
        self.proofs.get()
    }

    /// The token to send, renewed if it ends soon; none if there is none yet, which the server may not mind.
    pub(super) async fn usable(self: &Arc<Self>) -> Result<Option<Arc<Held>>, Error> {
        match self.current() {
            Some(held) if held.token.is_due(SystemTime::now()) => {
                self.get(Some(held), Need::Due).await?;
                Ok(self.current())
            }
            held => Ok(held),
        }
    }

    /// Whether more scopes are worth an attempt: only if some of them were not asked for yet, and not for ever.
    pub(super) fn may_step_up(&self) -> bool {
        let mut state = self.state();
        state.step_ups += 1;
        state.step_ups <= limits::MAX_STEP_UPS
    }

    /// The server did what it was asked.
    pub(super) fn succeeded(&self) {
        self.state().step_ups = 0;
    }

    /// Forgets the token.
    pub(super) async fn forget(&self) {
        self.state().current = None;
        self.setup.keep::<Kept>(&self.setup.token_key(), None).await;
    }

    /// Gets another token than the one that was seen, unless somebody else did; what fails for one fails for all who
    /// waited.
    pub(super) async fn get(self: &Arc<Self>, seen: Option<Arc<Held>>, need: Need) -> Result<(), Error> {
        let before = self.state().attempts;
        let held = Arc::clone(&self.gate).lock_owned().await;
        {
            let state = self.state();
            if !Held::is_same(state.current.as_ref(), seen.as_ref()) {
                return Ok(());
            }
            // Somebody else tried in the meantime: what came of it is what would come of it now.
            if state.attempts != before {
                return state.failure.clone().map_or(Ok(()), Err);
            }
        }
        let session = Arc::clone(self);
        let attempt = tokio::spawn(async move {
            let ended = session.attempt(seen, need).await.map_err(|why| session.told(why));
            {
                let mut state = session.state();
                state.attempts += 1;
                state.failure = ended.as_ref().err().cloned();
            }
            drop(held);
            ended
        });
        attempt.await.unwrap_or_else(|error| Err(self.told(format!("the attempt stopped: {error}"))))
    }

    async fn attempt(&self, seen: Option<Arc<Held>>, need: Need) -> Result<(), String> {
        if let (Need::Due, Some(held)) = (&need, &seen)
            && held.token.refresh.is_some()
        {
            match self.renew(held).await {
                Renewal::Done => return Ok(()),
                Renewal::Worthless => {}
                Renewal::Failed(_) if !held.token.is_over(SystemTime::now()) => return Ok(()),
                Renewal::Failed(why) => return Err(why),
            }
        }
        let renewable = matches!(need, Need::Refused(_));
        let challenge = match need {
            Need::First(challenge) | Need::Refused(challenge) | Need::Scopes(challenge) => Some(challenge),
            Need::Due => self.state().challenge.clone(),
        };
        let Some(challenge) = challenge else {
            // Where another one is to be had is for the server to say, once it is asked without.
            self.state().current = None;
            return Ok(());
        };
        self.state().challenge = Some(challenge.clone());
        // Where tokens are to be had may have changed, which a refusal is the sign of.
        let place = self.discover(&challenge).await?;
        self.state().asked = Some(place.server.clone());
        if let Some(held) = seen.as_ref().filter(|held| renewable && held.is_renewable())
            && held.token.issuer == place.server.issuer
            && held.token.resource == place.resource
        {
            match self.renew(held).await {
                Renewal::Done => return Ok(()),
                Renewal::Worthless => {}
                Renewal::Failed(why) => return Err(why),
            }
        }
        self.ask(place, &challenge, seen.as_deref()).await
    }

    /// Asks for a token, with what the program has to show.
    async fn ask(&self, place: Place, challenge: &Challenge, seen: Option<&Held>) -> Result<(), String> {
        let (before, bound) = {
            let state = self.state();
            (state.requested.clone(), state.bound.clone())
        };
        let before = union(&before, seen.iter().flat_map(|held| held.token.granted.clone()));
        let scopes = wanted(&before, &challenge.scopes, place.scopes.as_deref());
        let scopes = union(&scopes, self.setup.scopes.iter().cloned());
        let wants_dpop = self.setup.dpop || place.dpop || challenge.wants_dpop();
        if wants_dpop && !place.server.has_dpop {
            return Err(format!(
                "{}: dpop_signing_alg_values_supported: expected ES256, since tokens are to be bound to a key",
                place.server.issuer
            ));
        }
        let asking = Asking {
            setup: &self.setup,
            resource: &place.resource,
            server: &place.server,
            scopes: &scopes,
            proofs: self.proofs().filter(|_| wants_dpop),
            bound: bound.as_deref(),
        };
        let (answer, client) = match asking.token().await {
            Ok(given) => given,
            Err(refusal) => {
                self.unregister(&refusal, &place.server.issuer).await;
                let guessed = if place.guessed { "it names no authorization server, and is none itself: " } else { "" };
                return Err(format!("{guessed}{}", refusal.into_words()));
            }
        };
        let issuer = place.server.issuer.clone();
        let (granted, resource) = (scopes.clone(), place.resource.clone());
        let origin = Origin { granted, requested: scopes, issuer, resource, client };
        let token = Token::new(answer, wants_dpop, origin, SystemTime::now());
        let token = token.map_err(|why| format!("{}: {why}", place.server.token))?;
        self.put(token, false).await;
        Ok(())
    }

    async fn renew(&self, held: &Held) -> Renewal {
        let Some(refresh) = &held.token.refresh else { return Renewal::Worthless };
        let old = &held.token;
        let server = match self.issuer(&old.issuer).await {
            Ok(server) => server,
            Err(why) => return Renewal::Failed(why),
        };
        let endpoint = Endpoint {
            fetcher: &self.setup.fetcher,
            uri: &server.token,
            issuer: &server.issuer,
            client: &old.client,
            proofs: self.proofs().filter(|_| old.bound),
        };
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", old.resource.as_str())];
        let answer = match endpoint.ask(&form).await {
            Ok(answer) => answer,
            Err(refusal) if refusal.is_of_grant() || refusal.is_of_client() => {
                self.unregister(&refusal, &server.issuer).await;
                return Renewal::Worthless;
            }
            Err(refusal) => return Renewal::Failed(refusal.into_words()),
        };
        let origin = Origin {
            granted: old.granted.clone(),
            requested: old.requested.clone(),
            issuer: old.issuer.clone(),
            resource: old.resource.clone(),
            client: old.client.clone(),
        };
        match Token::new(answer, old.bound, origin, SystemTime::now()) {
            Ok(token) => {
                self.put(token.renewing(old), true).await;
                Renewal::Done
            }
            Err(why) => Renewal::Failed(format!("{}: {why}", server.token)),
        }
    }

    /// Forgets a registration that is worth nothing any more, so that the next attempt makes another.
    async fn unregister(&self, refusal: &Refusal, issuer: &str) {
        if refusal.is_of_client() {
            self.setup.keep::<Registration>(&self.setup.registration_key(issuer), None).await;
        }
    }

    async fn discover(&self, challenge: &Challenge) -> Result<Place, String> {
        let fetcher = &self.setup.fetcher;
        let Some(found) = protected(fetcher, &self.server, challenge).await? else {
            let server = own_authorization_server(fetcher, &self.server).await?;
            let resource = self.setup.server.clone();
            return Ok(Place { resource, scopes: None, dpop: false, server, guessed: true });
        };
        let servers = found.authorization_servers();
        let own = self.setup.identity.as_ref().and_then(|identity| identity.issuer.clone());
        let own = own.or_else(|| self.state().bound.clone());
        let own = own.or_else(|| self.current().map(|held| held.token.issuer.clone()));
        let issuer = servers.iter().find(|issuer| Some(*issuer) == own.as_ref()).or_else(|| servers.first());
        let issuer = issuer.ok_or("authorization_servers: expected at least one, found none")?;
        let server = authorization_server(fetcher, issuer, &self.server).await?;
        let dpop = found.wants_dpop();
        Ok(Place { resource: found.resource, scopes: found.scopes_supported, dpop, server, guessed: false })
    }

    /// An authorization server that gave a token before.
    async fn issuer(&self, issuer: &str) -> Result<AuthorizationServer, String> {
        if let Some(asked) = self.state().asked.clone().filter(|asked| asked.issuer == issuer) {
            return Ok(asked);
        }
        let fetcher = &self.setup.fetcher;
        let server = match issuer == origin(&self.server) {
            true => own_authorization_server(fetcher, &self.server).await?,
            false => authorization_server(fetcher, issuer, &self.server).await?,
        };
        self.state().asked = Some(server.clone());
        Ok(server)
    }

    async fn put(&self, token: Token, renewed: bool) {
        let key = self.proofs().filter(|_| token.bound).and_then(Proofs::kept);
        let kept = Kept { token: token.kept(), key };
        {
            let mut state = self.state();
            state.requested = token.requested.clone();
            if token.client.given {
                state.bound = Some(token.issuer.clone());
            }
            state.current = Some(Held::new(token, renewed, false));
        }
        self.setup.keep(&self.setup.token_key(), Some(&kept)).await;
    }

    pub(super) fn told(&self, why: impl std::fmt::Display) -> Error {
        Error::Authorization(format!("no access token for {}: {why}", shown(&self.server)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
