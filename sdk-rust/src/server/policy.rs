//! Who sees and who calls what: one question to the program for each thing that would be listed or used.

use std::sync::Arc;

use super::{Core, Server};
use crate::context::Context;
use crate::error::Failure;
use crate::protocol::types::ToolAnnotations;
use crate::registry::{About, PromptEntry, ResourceEntry, TemplateEntry, ToolEntry};

/// What a policy decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// It is listed and can be used.
    Allow,
    /// It is not there, as far as this client can tell.
    Hide,
    /// It is listed, and using it fails with these words.
    Refuse(String),
}

/// The sorts of things that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A tool.
    Tool,
    /// A resource.
    Resource,
    /// A resource template.
    ResourceTemplate,
    /// A prompt.
    Prompt,
}

/// What a policy is asked about.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Item<'i> {
    /// What sort of thing it is.
    pub kind: ItemKind,
    /// Its name, or its address or template.
    pub name: &'i str,
    /// The tags that it was offered with.
    pub tags: &'i [String],
    /// What a tool hints at.
    pub annotations: Option<&'i ToolAnnotations>,
}

/// A program's policy.
pub(super) type Policy = Arc<dyn Fn(&Context, &Item<'_>) -> Access + Send + Sync>;

impl Server {
    /// Decides, for each client and each thing offered, who sees and who uses it: by tag, annotation, claim, or
    /// anything else that the request tells. It is asked for every list and every use, so it should be quick.
    #[must_use]
    pub fn policy(self, policy: impl Fn(&Context, &Item<'_>) -> Access + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.policy = Some(Arc::new(policy)))
    }
}

/// An entry as a policy sees it.
pub(super) trait Guarded {
    fn about(&self) -> &About;
    fn item(&self) -> Item<'_>;
}

macro_rules! guarded {
    ($entry:ty, $kind:expr, $name:ident, $annotations:expr) => {
        impl Guarded for $entry {
            fn about(&self) -> &About {
                &self.about
            }

            fn item(&self) -> Item<'_> {
                let annotations: fn(&$entry) -> Option<&ToolAnnotations> = $annotations;
                Item {
                    kind: $kind,
                    name: &self.definition.$name,
                    tags: &self.about.tags,
                    annotations: annotations(self),
                }
            }
        }
    };
}

guarded!(ToolEntry, ItemKind::Tool, name, |entry| entry.definition.annotations.as_ref());
guarded!(ResourceEntry, ItemKind::Resource, uri, |_| None);
guarded!(TemplateEntry, ItemKind::ResourceTemplate, uri_template, |_| None);
guarded!(PromptEntry, ItemKind::Prompt, name, |_| None);

impl Core {
    /// Whether a client is shown an entry.
    pub(super) fn shows(&self, cx: &Context, entry: &impl Guarded) -> bool {
        entry.about().enabled()
            && self.settings.policy.as_ref().is_none_or(|policy| policy(cx, &entry.item()) != Access::Hide)
    }

    /// Whether a client may use an entry; false if it is not there for it.
    ///
    /// # Errors
    /// If it is there and refused: by the policy, or for want of scopes.
    pub(super) fn admits(&self, cx: &Context, entry: &impl Guarded) -> Result<bool, Failure> {
        if !entry.about().enabled() {
            return Ok(false);
        }
        if let Some(policy) = &self.settings.policy {
            match policy(cx, &entry.item()) {
                Access::Allow => {}
                Access::Hide => return Ok(false),
                Access::Refuse(why) => return Err(Failure::invalid_params(why)),
            }
        }
        let needed = &entry.about().scopes;
        if needed.is_empty() {
            return Ok(true);
        }
        let held = |scope: &String| cx.claims().is_some_and(|claims| claims.has_scope(scope));
        // All of them are named, so that a client gets a token with all at once.
        if needed.iter().all(held) { Ok(true) } else { Err(Failure::scopes(needed.clone())) }
    }
}
