//! The fixture of the official conformance suite: the tools, resources and prompts that its scenarios call by name,
//! written as a user of the SDK would. What each is for: the suite's scenario of about the same name.

mod content;
mod elicitation;
mod media;
mod prompts;
mod resources;
mod rounds;
mod stateless;
mod streaming;
mod tasks;

use isogloss::Server;

pub fn server() -> Server {
    let server = Server::new("isogloss-rust-conformance", env!("CARGO_PKG_VERSION"));
    // The suite also calls the first tool that is listed without arguments: one of these can be.
    let server = content::offer(server);
    let server = streaming::offer(server);
    let server = elicitation::offer(server);
    let server = rounds::offer(server);
    let server = stateless::offer(server);
    let server = tasks::offer(server);
    let server = resources::offer(server);
    prompts::offer(server)
}
