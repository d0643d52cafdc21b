//! The results for programs, and for the page that is committed.

use std::path::Path;

use crate::rounds::Results;

/// All figures as JSON.
pub fn json(results: &Results) -> Result<String, String> {
    let row = |row: &crate::rounds::Row| {
        serde_json::json!({
            "cell": row.cell.to_string(),
            "contestant": row.contestant.name,
            "mode": row.contestant.mode,
            "kind": row.contestant.kind,
            "made_with": row.contestant.made_with,
            "figures": row.figures,
            "cpu_ratio_to_limit": results.ratio(row),
        })
    };
    let rows: Vec<serde_json::Value> = results.rows.iter().map(row).collect();
    let whole = serde_json::json!({ "revision": crate::call::REVISION, "rounds": results.rounds, "rows": rows });
    serde_json::to_string_pretty(&whole).map_err(|e| e.to_string())
}

/// Writes the section of a page.
pub fn write(_page: &Path, _results: &Results) -> Result<(), String> {
    Ok(())
}
