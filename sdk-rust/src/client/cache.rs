//! Results that their server lets a client keep: lists and reads, for as long as `ttlMs` says, and never longer than the
//! server's news leaves them true.
//! <https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching>
//!
//! What is kept belongs to one client alone, whatever `cacheScope` says: nothing is ever shown to another principal. A
//! program whose client goes on for somebody else says so with [`Client::forget`](super::Client::forget).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use tokio::time::Instant;

use super::news::Change;
use crate::protocol::limits;
use crate::protocol::methods::{self, Method};
use crate::protocol::revisions::{Era, Revision};
use crate::wire::Json;

/// What is kept, if anything is.
pub(super) struct Cache {
    on: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By method and params, oldest first.
    results: IndexMap<(&'static str, Box<str>), Entry>,
    bytes: usize,
    /// How often something was dropped for news: what was asked before that is not kept after it.
    drops: u64,
}

struct Entry {
    result: Json,
    until: Instant,
    /// Of a read.
    uri: Option<Box<str>>,
}

impl Entry {
    /// About as much as it takes.
    fn size(&self, params: &str) -> usize {
        self.result.as_str().len() + params.len()
    }
}

/// When something was asked, in the news' count.
pub(super) struct Asked(u64);

impl Cache {
    pub(super) fn new(on: bool) -> Self {
        Cache { on, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A result that is kept, or the mark with which one is put here when it has come.
    pub(super) fn get(&self, method: &Method, params: &str) -> Result<Json, Asked> {
        let mut kept = self.kept();
        let asked = Asked(kept.drops);
        if !self.on || !may_be_kept(method) {
            return Err(asked);
        }
        let key = (method.name, Box::from(params));
        match kept.results.get(&key) {
            Some(entry) if entry.until > Instant::now() => Ok(entry.result.clone()),
            Some(_) => {
                kept.remove(&key);
                Err(asked)
            }
            None => Err(asked),
        }
    }

    /// Keeps a result, if its server lets it be kept and nothing has changed since it was asked for.
    pub(super) fn put(&self, asked: &Asked, method: &Method, revision: Revision, params: &str, result: &Json) {
        if !self.on || !may_be_kept(method) || revision.era() == Era::Legacy {
            return;
        }
        let Some(ttl) = ttl(result) else { return };
        let Some(until) = Instant::now().checked_add(ttl) else { return };
        let uri = Json::from_text(params).ok().and_then(|params| params.get_text(&["uri"]).map(Box::from));
        let entry = Entry { result: result.clone(), until, uri };
        if entry.size(params) > limits::MAX_CACHED_BYTES {
            return;
        }
        let mut kept = self.kept();
        if kept.drops == asked.0 {
            kept.insert((method.name, params.into()), entry);
        }
    }

    /// Drops what is not known to be true any more.
    pub(super) fn heed(&self, change: &Change) {
        let mut kept = self.kept();
        kept.drops += 1;
        let reads = methods::READ_RESOURCE.name;
        match change {
            Change::Tools => kept.drop_all(|method, _| method == methods::LIST_TOOLS.name),
            Change::Prompts => kept.drop_all(|method, _| method == methods::LIST_PROMPTS.name),
            Change::Resources => kept.drop_all(|method, _| method.starts_with("resources/")),
            // It may name a part of what is kept.
            Change::Resource(changed) => kept.drop_all(|method, entry| {
                method == reads && entry.uri.as_deref().is_none_or(|uri| changed.starts_with(uri))
            }),
            Change::Missed => kept.drop_all(|_, _| true),
        }
    }
}

impl Kept {
    fn remove(&mut self, key: &(&'static str, Box<str>)) {
        if let Some(entry) = self.results.shift_remove(key) {
            self.bytes -= entry.size(&key.1);
        }
    }

    fn drop_all(&mut self, which: impl Fn(&str, &Entry) -> bool) {
        let bytes = &mut self.bytes;
        self.results.retain(|(method, params), entry| {
            let stays = !which(method, entry);
            *bytes -= if stays { 0 } else { entry.size(params) };
            stays
        });
    }

    /// Makes room by dropping what is over, and then what has been there for longest.
    fn insert(&mut self, key: (&'static str, Box<str>), entry: Entry) {
        self.remove(&key);
        let size = entry.size(&key.1);
        if self.is_full(size) {
            let now = Instant::now();
            self.drop_all(|_, entry| entry.until <= now);
        }
        while self.is_full(size)
            && let Some((key, entry)) = self.results.shift_remove_index(0)
        {
            self.bytes -= entry.size(&key.1);
        }
        self.bytes += size;
        self.results.insert(key, entry);
    }

    fn is_full(&self, size: usize) -> bool {
        self.results.len() >= limits::MAX_CACHED || self.bytes + size > limits::MAX_CACHED_BYTES
    }
}

fn may_be_kept(method: &Method) -> bool {
    [
        methods::LIST_TOOLS.name,
        methods::LIST_PROMPTS.name,
        methods::LIST_RESOURCES.name,
        methods::LIST_RESOURCE_TEMPLATES.name,
        methods::READ_RESOURCE.name,
    ]
    .contains(&method.name)
}

/// How long a result may be kept; none if it may not, or asks for something.
fn ttl(result: &Json) -> Option<Duration> {
    if result.get_text(&["resultType"]).is_some_and(|kind| kind != "complete") {
        return None;
    }
    let ttl: u64 = result.get(&["ttlMs"])?.to().ok()?;
    Some(Duration::from_millis(ttl).min(limits::MAX_CACHED_TTL)).filter(|ttl| !ttl.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(cache: &Cache, params: &str, ttl: u64, size: usize) {
        let Err(asked) = cache.get(&methods::LIST_TOOLS, params) else { panic!("{params} is kept already") };
        let result = format!(r#"{{"tools":[],"ttlMs":{ttl},"x":"{}"}}"#, "x".repeat(size));
        let result = Json::from_text(&result).expect("JSON");
        cache.put(&asked, &methods::LIST_TOOLS, Revision::V2026_07_28, params, &result);
    }

    fn has(cache: &Cache, params: &str) -> bool {
        cache.get(&methods::LIST_TOOLS, params).is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_been_there_for_longest_makes_room() {
        let cache = Cache::new(true);
        (0..limits::MAX_CACHED).for_each(|i| put(&cache, &i.to_string(), 1000, 0));
        assert!(has(&cache, "0"));
        put(&cache, "one more", 1000, 0);
        assert!(!has(&cache, "0") && has(&cache, "1") && has(&cache, "one more"));
        let half = limits::MAX_CACHED_BYTES / 2;
        put(&cache, "half", 1000, half);
        put(&cache, "the other half", 1000, half);
        assert!(!has(&cache, "1") && !has(&cache, "half") && has(&cache, "the other half"));
        put(&cache, "too large", 1000, 2 * half);
        assert!(!has(&cache, "too large") && has(&cache, "the other half"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_makes_room_first() {
        let cache = Cache::new(true);
        put(&cache, "long", 1000, 0);
        (1..limits::MAX_CACHED).for_each(|i| put(&cache, &i.to_string(), 10, 0));
        tokio::time::advance(Duration::from_millis(10)).await;
        put(&cache, "one more", 1000, 0);
        assert!(has(&cache, "long") && has(&cache, "one more"));
        assert_eq!(cache.kept().results.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_everything_leaves_nothing_counted() {
        let cache = Cache::new(true);
        put(&cache, "a", 1000, 10);
        put(&cache, "b", 5, 10);
        tokio::time::advance(Duration::from_millis(5)).await;
        assert!(!has(&cache, "b"));
        cache.heed(&Change::Missed);
        let kept = cache.kept();
        assert_eq!((kept.results.len(), kept.bytes), (0, 0));
    }
}
