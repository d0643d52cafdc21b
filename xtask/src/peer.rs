//! `cargo xtask peer <name> <mode>`: builds a peer of the matrix and becomes it, or says its command.

use std::path::Path;
use std::process::{Command, ExitCode};

use isogloss_interop::{Peers, Places, Terminal};

use crate::root::root;

/// Build a peer and run it in one of its modes (interop-tests/PEER.md).
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask peer rust codec
  cargo xtask peer go server --http 0
  cargo xtask peer --command python server
  cargo xtask peer rust bench --http 0
  cargo xtask peer typescript client stdio auto $(cargo xtask peer go server --command)

Standard input and output are the peer's; what building says goes to standard error.
The names are those of interop-tests/peers.toml.")]
pub struct Args {
    /// Print the command, ready to be executed with more arguments, instead of running it.
    /// It may also follow the name, the mode, or arguments that are not a client's.
    #[arg(long)]
    command: bool,
    /// The peer's name, its mode, and arguments of the mode.
    #[arg(value_name = "NAME MODE ARGS", required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<ExitCode, String> {
    let (only_say, name, mode, rest) = understand(args)?;
    let root = root();
    let places = Places::of_environment(&root);
    let peers = Peers::load(&root.join("interop-tests/peers.toml")).map_err(|e| e.to_string())?;
    let peer = peers.get(&name).map_err(|e| e.to_string())?;
    let mut argv = peer.command(&places, &mode).map_err(|e| e.to_string())?;
    argv.extend(rest);
    peer.in_mode(&mode).build(&peers, &places, &mut Terminal::new()).map_err(|e| e.to_string())?;
    if !only_say {
        return become_it(&argv);
    }
    if let Some(word) = argv.iter().find(|word| word.contains(char::is_whitespace)) {
        return Err(format!(
            "{word:?} has a space in it, and a command is plain words: move the repository to a folder without one"
        ));
    }
    println!("{}", argv.join(" "));
    Ok(ExitCode::SUCCESS)
}

/// `--command`, name, mode, arguments.
fn understand(args: &Args) -> Result<(bool, String, String, Vec<String>), String> {
    let mut only_say = args.command;
    let mut words = args.words.clone();
    while let Some(at) = words.iter().take(3).position(|word| word == "--command") {
        words.remove(at);
        only_say = true;
    }
    // A client's last words are another peer's command; of other modes the flag may also come last.
    if words.get(1).is_some_and(|mode| mode != "client") && words.last().is_some_and(|word| word == "--command") {
        words.pop();
        only_say = true;
    }
    let mut words = words.into_iter();
    match (words.next(), words.next()) {
        (Some(name), Some(mode)) => Ok((only_say, name, mode, words.collect())),
        _ => Err("a peer's name and a mode are needed: cargo xtask peer rust codec".into()),
    }
}

#[cfg(unix)]
fn become_it(argv: &[String]) -> Result<ExitCode, String> {
    use std::os::unix::process::CommandExt;
    let problem = command(argv).exec();
    Err(format!("{} cannot be started: {problem}", argv[0]))
}

#[cfg(not(unix))]
fn become_it(argv: &[String]) -> Result<ExitCode, String> {
    let status = command(argv).status().map_err(|e| format!("{} cannot be started: {e}", argv[0]))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

fn command(argv: &[String]) -> Command {
    let mut command = Command::new(Path::new(&argv[0]));
    command.args(&argv[1..]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_ours_only_before_the_modes_arguments() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (text, only_say, rest) in [
            ("rust server", false, ""),
            ("rust --command server --http 0", true, "--http 0"),
            ("rust server --command", true, ""),
            ("rust server --command --http 0", true, "--http 0"),
            ("rust server --http 0 --command", true, "--http 0"),
            ("rust client stdio auto x --command", false, "stdio auto x --command"),
        ] {
            let understood = understand(&Args { command: false, words: words(text) }).expect(text);
            assert_eq!((understood.0, understood.3), (only_say, words(rest)), "{text}");
        }
        assert!(understand(&Args { command: true, words: words("rust") }).is_err());
    }
}
