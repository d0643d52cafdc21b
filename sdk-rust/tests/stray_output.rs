//! What a server prints does not get between its messages, nor does what its children do with its streams. The program
//! is its own server: without a test harness, which would print, too.

#[cfg(unix)]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::args().any(|word| word == "serve") {
        return unix::serve().await;
    }
    unix::check();
    println!("stray output is kept off the wire");
}

#[cfg(not(unix))]
fn main() {
    println!("not run: on this system the streams stay those of the program");
}

#[cfg(unix)]
mod unix {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use isogloss::{NoArguments, Server};

    pub async fn serve() {
        let server = Server::new("noisy", "1").tool("shout", "", async |_: NoArguments, _| {
            println!("from the handler");
            let child = Command::new("sh").args(["-c", "echo from a child; cat"]).status()?;
            Ok(child.success())
        });
        server.serve_stdio().await.expect("it was built rightly");
        println!("after the end");
    }

    pub fn check() {
        let program = std::env::current_exe().expect("a path");
        let mut child = Command::new(program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
        let call =
            |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{{meta},"name":"shout"}}}}"#);
        let mut stdin = child.stdin.take().expect("a pipe");
        writeln!(stdin, "{}\n{}", call(1), call(2)).expect("it is read");
        drop(stdin);
        let output = child.wait_with_output().expect("an end");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let answer = |id| {
            format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"text":"{{\"result\":true}}","type":"text"}}],"resultType":"complete","structuredContent":{{"result":true}}}}}}"#
            )
        };
        assert_eq!(text(&output.stdout), format!("{}\n{}\nafter the end\n", answer(1), answer(2)));
        assert_eq!(text(&output.stderr), "from the handler\nfrom a child\n".repeat(2));
    }
}
