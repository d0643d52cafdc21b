//! A server over HTTP that is killed (SIGKILL), with no chance to say goodbye, and started anew on its port: what its
//! client makes of that, in both eras. The server is this program once more.
#![cfg(unix)]

mod http;
mod support;

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use http::soon;
use isogloss::http_server::{HttpOptions, Site};
use isogloss::{Client, ClientOptions, Error, Mode, NoArguments, Server};
use serde_json::json;

/// Where the server is to listen; 0 is any free port.
const PORT: &str = "ISOGLOSS_TEST_PORT";

#[tokio::test]
#[ignore = "it is the server that the tests kill"]
async fn serve_until_killed() {
    let port = std::env::var(PORT).ok().and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let server = Server::new("mortal", "1").tool("quick", "", async |_: NoArguments, _| Ok("done")).tool(
        "endless",
        "",
        async |_: NoArguments, _| {
            println!("endless: called");
            std::future::pending::<Result<&str, _>>().await
        },
    );
    let site = Site::new(server.http(HttpOptions::default()).expect("a server"));
    let listening = site.bind(("127.0.0.1", port)).await.expect("the port");
    println!("serves: {}", listening.address());
    listening.serve().await.expect("an end");
}

/// A server in a process of its own.
struct Mortal {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Mortal {
    fn start(port: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "serve_until_killed", "--ignored", "--nocapture"])
            .env(PORT, port)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program, once more");
        let said = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut mortal = Mortal { process, said, address: String::new() };
        mortal.address = mortal.wait_for("serves: ");
        mortal
    }

    /// Waits until it says this; gives what stands after it.
    fn wait_for(&mut self, what: &str) -> String {
        let mut lines = self.said.by_ref().map_while(Result::ok);
        let said = lines.find_map(|line| line.split_once(what).map(|(_, rest)| rest.to_owned()));
        said.unwrap_or_else(|| panic!("it ended without a word of {what:?}"))
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.process.kill().expect("it was alive");
        self.process.wait().expect("it is dead");
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_leaves_its_call_unknown_and_is_used_on_once_it_is_there_again() {
    for mode in [Mode::Legacy, Mode::Modern] {
        let mut server = Mortal::start("0");
        let url = format!("http://{}/mcp", server.address);
        let options = ClientOptions { mode, ..ClientOptions::default() };
        let client = soon(Client::connect_with(url, options)).await.expect("a connection");

        let caller = client.clone();
        let call = tokio::spawn(async move { caller.call("endless", json!({})).raw().await });
        server.wait_for("endless: called");
        server.kill();
        let error = soon(call).await.expect("no panic").expect_err("nobody is left to answer");
        assert!(matches!(&error, Error::OutcomeUnknown { asked, .. } if asked == "tools/call"), "{mode:?}: {error}");

        let error = soon(client.call("quick", json!({})).raw()).await.expect_err("nobody is there");
        assert!(matches!(error, Error::Unreachable(_)), "{mode:?}: {error}");

        let (_, port) = server.address.rsplit_once(':').expect("a port");
        let again = Mortal::start(port);
        assert_eq!(again.address, server.address);
        assert_eq!(soon(client.tools()).await.expect("tools").len(), 2, "{mode:?}");
        let done: String = soon(client.call("quick", json!({}))).await.expect("an answer");
        assert_eq!(done, "done", "{mode:?}");
        soon(client.close()).await;
    }
}
