//! What a server offers, in the order in which it was added. Lists go out by pages, with an opaque cursor.

mod prompts;
mod resources;
mod template;
mod tools;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::context::Context;
use crate::error::Failure;
use crate::wire::Map;

pub use prompts::IntoPrompt;
pub(crate) use prompts::PromptEntry;
pub use resources::IntoResource;
pub(crate) use resources::{ResourceEntry, TemplateEntry};
pub use tools::IntoToolResult;
pub(crate) use tools::ToolEntry;

/// What a handler is going to give.
pub(crate) type Handling<T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>;

/// A handler of any types: what comes in is raw, what goes out is the protocol's.
pub(crate) type Handler<I, O> = Arc<dyn Fn(I, Context) -> Handling<O> + Send + Sync>;

/// What is to be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completing {
    /// What the user has typed.
    pub value: String,
    /// The arguments that were given already.
    pub others: Map<String>,
}

/// Whose argument is completed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    Prompt(String),
    Template(String),
}

/// All that a server offers.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    pub(crate) tools: Shelf<ToolEntry>,
    pub(crate) resources: Shelf<ResourceEntry>,
    pub(crate) templates: Shelf<TemplateEntry>,
    pub(crate) prompts: Shelf<PromptEntry>,
    completions: IndexMap<(Owner, String), Handler<Completing, Vec<String>>>,
}

impl Registry {
    pub(crate) fn complete(&mut self, owner: Owner, argument: &str, handler: Handler<Completing, Vec<String>>) {
        self.completions.insert((owner, argument.to_owned()), handler);
    }

    /// Whether there is something that could be completed.
    pub(crate) fn completes(&self) -> bool {
        !self.completions.is_empty()
    }

    /// What completes an argument.
    ///
    /// # Errors
    /// If there is no such prompt or template; none for an argument that nobody completes.
    pub(crate) fn completion(
        &self,
        owner: Owner,
        argument: &str,
    ) -> Result<Option<&Handler<Completing, Vec<String>>>, Failure> {
        match &owner {
            Owner::Prompt(name) if self.prompts.get(name).is_none() => {
                return Err(Failure::invalid_params(format!("unknown prompt: {name}")));
            }
            Owner::Template(uri) if self.templates.get(uri).is_none() && self.resources.get(uri).is_none() => {
                return Err(Failure::invalid_params(format!("unknown resource template: {uri}")));
            }
            _ => {}
        }
        Ok(self.completions.get(&(owner, argument.to_owned())))
    }

    /// What is wrong with what was added, once all of it was.
    pub(crate) fn problems(&self) -> Vec<String> {
        let of_nobody = self.completions.keys().filter_map(|(owner, argument)| {
            let taken = match owner {
                Owner::Prompt(name) => self.prompts.get(name).is_some_and(|prompt| prompt.takes(argument)),
                Owner::Template(uri) => self.templates.get(uri).is_some_and(|template| template.takes(argument)),
            };
            let (Owner::Prompt(name) | Owner::Template(name)) = owner;
            (!taken).then(|| format!("{name}: nobody takes the argument {argument:?} that is completed"))
        });
        of_nobody.collect()
    }
}

/// Things of one sort, by name.
pub(crate) struct Shelf<T>(IndexMap<String, Arc<T>>);

impl<T> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        Shelf(self.0.clone())
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf(IndexMap::new())
    }
}

impl<T> Shelf<T> {
    /// Adds a thing, or puts it in the place of the one of that name.
    pub(crate) fn put(&mut self, name: &str, thing: T) {
        self.0.insert(name.to_owned(), Arc::new(thing));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<T>> {
        self.0.get(name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.0.values()
    }

    /// A part of the list, and the cursor of the next part; none after the last.
    ///
    /// # Errors
    /// If the cursor is not one that was given out for this list.
    pub(crate) fn page<R>(
        &self,
        cursor: Option<&str>,
        size: usize,
        show: impl Fn(&T) -> R,
    ) -> Result<(Vec<R>, Option<String>), Failure> {
        let from = match cursor {
            None => 0,
            Some(cursor) => position(cursor)
                .filter(|from| (1..=self.0.len()).contains(from))
                .ok_or_else(|| Failure::invalid_params("params.cursor: not a cursor of this list"))?,
        };
        let page: Vec<R> = self.0.values().skip(from).take(size).map(|thing| show(thing)).collect();
        let next = from + page.len();
        Ok((page, (next < self.0.len()).then(|| format!("after-{next}"))))
    }
}

fn position(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("after-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_and_end() {
        let mut shelf = Shelf::default();
        for name in ["a", "b", "c", "d", "e"] {
            shelf.put(name, name);
        }
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let (page, next) = shelf.page(cursor.as_deref(), 2, |name| *name).expect("a page");
            seen.push(page);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [vec!["a", "b"], vec!["c", "d"], vec!["e"]]);
        assert_eq!(shelf.page(None, 5, |name| *name).expect("a page").1, None, "a full last page has no successor");
        for wrong in ["", "after-", "after-0", "after-6", "after-x", "3"] {
            let error = shelf.page(Some(wrong), 2, |_| ()).expect_err("no cursor");
            assert!(format!("{error:?}").contains("not a cursor of this list"), "{wrong}: {error:?}");
        }
    }

    #[test]
    fn a_thing_takes_the_place_of_its_namesake() {
        let mut shelf = Shelf::default();
        shelf.put("a", 1);
        shelf.put("b", 2);
        shelf.put("a", 3);
        assert_eq!(shelf.iter().map(|thing| **thing).collect::<Vec<_>>(), [3, 2]);
    }
}
