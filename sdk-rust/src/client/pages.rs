//! Lists that come in pages: one item after the other as they come, or all at once.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;

use super::Client;
use crate::error::Error;
use crate::protocol::calls::ServerCalls;
use crate::protocol::limits;
use crate::protocol::types::{PaginatedRequestParams, Prompt, Resource, ResourceTemplate, Tool};

/// What a server has of a kind. Awaited, it is the whole list; [`next`](Pages::next) gives one item after the other, and
/// asks for a page when it is needed.
///
/// A server that gives out the same cursor again is asked no more.
///
/// # Errors
/// If a request fails, or there are more pages than `max_pages`.
#[must_use = "nothing is asked for before it is awaited"]
pub struct Pages<T> {
    client: Client,
    fetch: Fetch<T>,
    items: std::vec::IntoIter<T>,
    at: At,
    asked: usize,
}

/// Asks for a page; gives its items and the cursor of the next one.
type Fetch<T> = fn(Client, PaginatedRequestParams) -> Fetching<T>;
type Fetching<T> = Pin<Box<dyn Future<Output = Result<(Vec<T>, Option<String>), Error>> + Send>>;

/// Which page comes next.
enum At {
    Start,
    Cursor(String),
    End,
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Client {
    /// The tools: `client.tools().await?`.
    pub fn tools(&self) -> Pages<Tool> {
        Pages::new(self, |client, params| {
            Box::pin(async move { client.list_tools(&params).await.map(|page| (page.tools, page.next_cursor)) })
        })
    }

    /// The resources.
    pub fn resources(&self) -> Pages<Resource> {
        Pages::new(self, |client, params| {
            Box::pin(async move { client.list_resources(&params).await.map(|page| (page.resources, page.next_cursor)) })
        })
    }

    /// The resource templates.
    pub fn resource_templates(&self) -> Pages<ResourceTemplate> {
        Pages::new(self, |client, params| {
            Box::pin(async move {
                let page = client.list_resource_templates(&params).await?;
                Ok((page.resource_templates, page.next_cursor))
            })
        })
    }

    /// The prompts.
    pub fn prompts(&self) -> Pages<Prompt> {
        Pages::new(self, |client, params| {
            Box::pin(async move { client.list_prompts(&params).await.map(|page| (page.prompts, page.next_cursor)) })
        })
    }
}

impl<T> Pages<T> {
    fn new(client: &Client, fetch: Fetch<T>) -> Self {
        Pages { client: client.clone(), fetch, items: Vec::new().into_iter(), at: At::Start, asked: 0 }
    }

    /// The next item; none at the end. It may be dropped while it waits, and asked for again.
    ///
    /// # Errors
    /// If a request fails, or there are more pages than `max_pages`.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.items.next() {
                return Ok(Some(item));
            }
            if !self.turn().await? {
                return Ok(None);
            }
        }
    }

    /// Gets the next page, if there is one.
    async fn turn(&mut self) -> Result<bool, Error> {
        let cursor = match &self.at {
            At::Start => None,
            At::Cursor(cursor) => Some(cursor.clone()),
            At::End => return Ok(false),
        };
        if self.asked == limits::MAX_PAGES {
            let most = limits::MAX_PAGES;
            return Err(Error::Closed(format!("the list has more pages than the limit of {most} (max_pages)")));
        }
        let params = PaginatedRequestParams { cursor: cursor.clone(), ..Default::default() };
        let (items, next) = (self.fetch)(self.client.clone(), params).await?;
        self.asked += 1;
        self.items = items.into_iter();
        self.at = match next {
            Some(next) if cursor.as_ref() != Some(&next) => At::Cursor(next),
            _ => At::End,
        };
        Ok(true)
    }
}

impl<T: Send + 'static> IntoFuture for Pages<T> {
    type Output = Result<Vec<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut all: Vec<T> = self.items.by_ref().collect();
            while self.turn().await? {
                all.extend(self.items.by_ref());
            }
            Ok(all)
        })
    }
}
