//! The runner can fail: servers that hang, die, answer wrongly or too much are found out.

use super::case::Case;
use super::*;

fn case(more: &str) -> Case {
    toml::from_str(&format!("name = 'x'\nsend = ['nonsense']\nanswers = [{{ code = -32700 }}]\n{more}"))
        .expect("a case")
}

/// A server in a line of shell: what it does with each line that it reads.
fn server(script: &str) -> Target {
    Target { command: ["sh", "-c", script].map(str::to_owned).to_vec() }
}

const REFUSED: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#;
const SUM: &str = r#"{"jsonrpc":"2.0","id":"the plain call","result":{"structuredContent":{"sum":5}}}"#;

#[test]
fn a_server_that_behaves_passes_and_one_that_does_not_fails() {
    let answering = |first: &str, last: &str| format!("read a; {first} read b; read c; {last} read d");
    let refused = format!("echo '{REFUSED}';");
    let sum = format!("echo '{SUM}';");
    for (script, expected) in [
        (answering(&refused, &sum), None),
        (answering("", &sum), Some("wanted error -32700")),
        (answering("exit 1;", ""), Some("the server has ended")),
        (answering(&format!("{refused}{refused}"), &sum), Some("nobody wanted")),
        (answering("echo nonsense;", &sum), Some("a line that is no JSON")),
        (answering(&refused, &format!("echo '{}';", SUM.replace(":5", ":6"))), Some("the plain call went wrong")),
        (answering(&refused.replace("-32700", "-32600"), &sum), Some("wanted error -32700")),
    ] {
        let found = stdio::run(&server(&script), &case(""));
        match expected {
            None => assert_eq!(found, Ok(()), "{script}"),
            Some(words) => {
                assert!(found.as_ref().is_err_and(|problem| problem.what.contains(words)), "{script}: {found:?}")
            }
        }
    }
}

#[test]
fn what_is_answered_wrongly_is_told_from_a_death() {
    let lived = |script: &str| stdio::run(&server(script), &case("")).expect_err("a problem").lived;
    assert!(lived(&format!("read a; read b; read c; echo '{SUM}'; read d")), "no answer, but the plain call's");
    assert!(!lived("read a; exit 3"), "it has ended");
}

#[test]
fn a_server_that_stays_when_its_client_is_gone_is_found_out() {
    for (script, expected) in [
        ("read a; exit 1", None),
        ("read a; exit 101", Some("ended with exit status: 101")),
        ("read a; kill -9 $$", Some("ended with signal: 9")),
    ] {
        let found = stdio::run(&server(script), &case("gone = true"));
        match expected {
            None => assert_eq!(found, Ok(()), "{script}"),
            Some(words) => {
                assert!(found.as_ref().is_err_and(|problem| problem.what.contains(words)), "{script}: {found:?}")
            }
        }
    }
}

#[test]
fn what_is_sent_in_pieces_is_sent_whole() {
    let script = format!("read a; [ \"$a\" = nonsense ] && echo '{REFUSED}'; read b; read c; echo '{SUM}'; read d");
    assert_eq!(stdio::run(&server(&script), &case("pieces = 25")), Ok(()));
}

#[test]
fn the_cases_of_this_repository_can_be_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/fixtures/hostile");
    for (file, least) in [("stdio.toml", 140), ("http.toml", 200)] {
        let cases = case::load(&root.join(file)).expect("cases");
        assert!(cases.len() >= least, "{file} has {} cases", cases.len());
    }
}
