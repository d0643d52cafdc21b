//! The results for programs, and the section of the page that is committed.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::call::REVISION;
use crate::plot::plot;
use crate::rounds::{Results, Row};
use crate::table::{HEAD, figures};

/// What a page begins with if it is not there yet.
const PAGE: &str = "# Benchmarks

Servers under the same load, in one run, started afresh and in turn; every answer is checked. A figure is the median over
the rounds, ± half of the distance between the fastest and the slowest round. *CPU s/10k* is the server's time on the
CPU, user and system, for 10,000 calls: the steadiest figure. *× limit* is that as a ratio to a server that does nothing
but read a call and answer it: no validation, no limits, no cancellation. *first* is from starting the process to its
first answer, *peak* the most memory it had. Who takes part, and how it is started: `bench/contestants.toml`.
";

/// All figures as JSON.
pub fn json(results: &Results) -> Result<String, String> {
    let row = |row: &Row| {
        json!({
            "cell": row.cell.to_string(),
            "contestant": row.contestant.name,
            "mode": row.contestant.mode,
            "kind": row.contestant.kind,
            "made_with": row.contestant.made_with,
            "figures": row.figures,
            "cpu_ratio_to_limit": results.ratio(row),
        })
    };
    let rows: Vec<Value> = results.rows.iter().map(row).collect();
    let whole = json!({ "machine": machine(), "revision": REVISION, "rounds": results.rounds, "rows": rows });
    serde_json::to_string_pretty(&whole).map_err(|e| e.to_string())
}

/// Writes a language's section of the page, and its picture beside the page.
pub fn write(page: &Path, language: &str, results: &Results) -> Result<(), String> {
    let problem = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    let folder = page.parent().unwrap_or(page);
    std::fs::create_dir_all(folder).map_err(|e| problem(folder, e))?;
    let text = match std::fs::read_to_string(page) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => PAGE.into(),
        Err(error) => return Err(problem(page, error)),
    };
    let picture = format!("benchmarks-{language}.svg");
    let text = with_section(&text, language, &section(language, &picture, results));
    std::fs::write(page, text).map_err(|e| problem(page, e))?;
    let picture = folder.join(picture);
    std::fs::write(&picture, plot(results)).map_err(|e| problem(&picture, e))?;
    eprintln!("written: {} and {}", page.display(), picture.display());
    Ok(())
}

/// The page with this section in the place of the one that it has, or at its end.
fn with_section(page: &str, language: &str, section: &str) -> String {
    let begin = format!("<!-- {language}: written by `cargo xtask bench {language}` -->\n");
    let end = format!("<!-- end of {language} -->\n");
    let section = format!("{begin}{section}{end}");
    let found = page.find(&begin).and_then(|from| Some((from, from + page[from..].find(&end)? + end.len())));
    match found {
        Some((from, to)) => format!("{}{section}{}", &page[..from], &page[to..]),
        None => format!("{}\n\n{section}", page.trim_end()),
    }
}

fn section(language: &str, picture: &str, results: &Results) -> String {
    let mut made_with: Vec<String> =
        results.rows.iter().map(|row| format!("{} ({})", row.contestant.name, row.contestant.made_with)).collect();
    made_with.sort();
    made_with.dedup();
    let mut text = format!("## {}{}\n\n", language[..1].to_uppercase(), &language[1..]);
    let _ = writeln!(
        text,
        "`cargo xtask bench {language}`, {} rounds, messages of revision {REVISION}, on {}: {}.\n\n\
         ![CPU as a ratio to the limit]({picture})",
        results.rounds,
        machine(),
        made_with.join(", ")
    );
    for cell in results.cells() {
        let _ = writeln!(text, "\n| {} | {} |\n|---|{}", cell.title(), HEAD.join(" | "), "--:|".repeat(HEAD.len()));
        for row in results.of(cell) {
            let _ = writeln!(text, "| {} | {} |", row.contestant.title(), figures(results, row).join(" | "));
        }
    }
    text
}

/// The kind of CPU and how many of them.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {}", name.map_or("a CPU without a name", |(_, name)| name))
}

#[cfg(test)]
mod tests {
    use super::with_section;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let page = with_section("# Page\n", "rust", "old\n");
        let page = with_section(&page, "go", "go\n");
        let new = with_section(&page, "rust", "new\n");
        assert!(new.starts_with("# Page\n\n<!-- rust:") && new.contains("new\n<!-- end of rust -->"), "{new}");
        assert!(new.contains("go\n<!-- end of go -->") && !new.contains("old"), "{new}");
        assert_eq!(with_section(&new, "rust", "new\n"), new);
    }
}
