//! Changes to what a running server offers. Clients that listen are told that a list has changed, and look again.

use std::sync::{Arc, Weak};

use super::changes::Change;
use super::{Core, Server};
use crate::context::Context;
use crate::error::Error;
use crate::registry::About;
use crate::registry::offer::{Offer, sealed::Sort};

impl Context {
    /// The server that answers.
    pub fn server(&self) -> Server {
        match self.home().clone().downcast::<Core>() {
            Ok(core) => Server(core),
            // A context is made by a server alone, which names itself as its home: for a task without keeping itself
            // alive. A handler whose server is gone is just being dropped.
            Err(home) => match home.downcast::<Weak<Core>>().ok().and_then(|core| core.upgrade()) {
                Some(core) => Server(core),
                None => Server::new("", ""),
            },
        }
    }
}

impl Server {
    /// Adds an offer, or puts it in the place of the one of that name.
    ///
    /// # Errors
    /// What is wrong with it; what was there stays.
    pub fn add(&self, offer: impl Offer) -> Result<(), Error> {
        let sort = self.0.change(|registry| offer.put(registry)).map_err(Error::Setup)?;
        self.0.changes.tell(Change::of(sort));
        Ok(())
    }

    /// Takes a tool away; tells whether it was there.
    pub fn remove_tool(&self, name: &str) -> bool {
        let removed = self.0.change(|registry| registry.tools.remove(name));
        self.told(Sort::Tool, removed)
    }

    /// Takes a resource or a resource template away, by its address; tells whether it was there.
    pub fn remove_resource(&self, uri: &str) -> bool {
        let removed = self.0.change(|registry| registry.resources.remove(uri) || registry.templates.remove(uri));
        self.told(Sort::Resource, removed)
    }

    /// Takes a prompt away; tells whether it was there.
    pub fn remove_prompt(&self, name: &str) -> bool {
        let removed = self.0.change(|registry| registry.prompts.remove(name));
        self.told(Sort::Prompt, removed)
    }

    /// Switches a tool on or off: one that is off is neither listed nor called. Tells whether that changed anything.
    pub fn enable_tool(&self, name: &str, on: bool) -> bool {
        let registry = self.0.registry();
        self.told(Sort::Tool, switch(registry.tools.get(name).map(|entry| &entry.about), on))
    }

    /// Switches a resource or a resource template on or off, by its address. Tells whether that changed anything.
    pub fn enable_resource(&self, uri: &str, on: bool) -> bool {
        let registry = self.0.registry();
        let about = registry.resources.get(uri).map(|entry| &entry.about);
        let about = about.or_else(|| registry.templates.get(uri).map(|entry| &entry.about));
        self.told(Sort::Resource, switch(about, on))
    }

    /// Switches a prompt on or off. Tells whether that changed anything.
    pub fn enable_prompt(&self, name: &str, on: bool) -> bool {
        let registry = self.0.registry();
        self.told(Sort::Prompt, switch(registry.prompts.get(name).map(|entry| &entry.about), on))
    }

    /// Tells clients that watch a resource that it has changed.
    pub fn resource_changed(&self, uri: &str) {
        self.0.changes.tell(Change::Resource(Arc::from(uri)));
    }

    fn told(&self, sort: Sort, changed: bool) -> bool {
        if changed {
            self.0.changes.tell(Change::of(sort));
        }
        changed
    }
}

fn switch(about: Option<&About>, on: bool) -> bool {
    about.is_some_and(|about| about.enable(on))
}
