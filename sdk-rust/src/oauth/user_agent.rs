//! Who takes a user to an authorization server and brings back where they were sent.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::http_client::Authorizing;

/// What shows a user an authorization server's page: a [browser](super::Browser) on this machine, or whatever a
/// program has instead.
pub trait UserAgent: Send + Sync {
    /// Makes ready for one visit.
    ///
    /// # Errors
    /// If there is no place where a user could come back to.
    fn begin(&self) -> Authorizing<'_, Box<dyn Visit>>;
}

/// One visit of a user to an authorization server.
pub trait Visit: Send {
    /// Where the authorization server is to send the user back to. It stays the same during a visit.
    fn redirect_uri(&self) -> &str;

    /// Shows the user this address, and gives the one that they were sent back to, with all that stands in it. Whether
    /// it is what was waited for is checked afterwards; how long may be waited is bounded by `login_timeout`.
    ///
    /// # Errors
    /// If the user could not be shown it, or does not come back.
    fn show(self: Box<Self>, address: String) -> Authorizing<'static, String>;
}

type Showing = dyn Fn(String) -> Authorizing<'static, String> + Send + Sync;

/// A function of the program's own instead of a browser: for tests, for a web application, for a machine without a
/// screen.
///
/// ```
/// use isogloss::oauth::Unattended;
///
/// let agent = Unattended::new("https://desk.example.com/callback", async |address: String| {
///     println!("Open {address}");
///     let mut sent_back_to = String::new();
///     std::io::stdin().read_line(&mut sent_back_to)?;
///     Ok(sent_back_to)
/// });
/// ```
#[derive(Clone)]
pub struct Unattended {
    redirect_uri: String,
    showing: Arc<Showing>,
}

impl Unattended {
    /// Users come back to `redirect_uri`; the function is given the address to show, and gives the one that the user
    /// was sent back to.
    pub fn new<F, Fut>(redirect_uri: impl Into<String>, show: F) -> Self
    where
        F: Fn(String) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Error>> + Send + 'static,
    {
        Unattended { redirect_uri: redirect_uri.into(), showing: Arc::new(move |address| Box::pin(show(address))) }
    }
}

impl UserAgent for Unattended {
    fn begin(&self) -> Authorizing<'_, Box<dyn Visit>> {
        let visit = self.clone();
        Box::pin(async move { Ok(Box::new(visit) as Box<dyn Visit>) })
    }
}

impl Visit for Unattended {
    fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    fn show(self: Box<Self>, address: String) -> Authorizing<'static, String> {
        (self.showing)(address)
    }
}

impl fmt::Debug for Unattended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unattended").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}
