//! `report.json`: the report as it is, for programs.

use std::path::Path;

use super::Report;
use crate::error::{Error, Result};

impl Report {
    /// The report as JSON text.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|error| Error::new(format!("the report as JSON: {error}")))
    }

    /// Writes `report.json`, with the folders it needs.
    pub fn write_json(&self, path: &Path) -> Result<()> {
        write(path, &(self.to_json()? + "\n"))
    }
}

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text)).map_err(|error| Error::at(path, error))
}

#[cfg(test)]
mod tests {
    use crate::report::tests::sample;
    use serde_json::{Value, json};

    #[test]
    fn a_failing_case_points_to_its_bytes() {
        let report: Value = serde_json::from_str(&sample().to_json().unwrap()).unwrap();
        let failure = &report["runs"][1]["cases"][0]["failures"][0];
        assert_eq!(failure["shown"], json!([{"conversation": 0, "seq": 2}]));
        assert_eq!(report["runs"][1]["trace"][0]["seq"], 2);
        assert_eq!(report["runs"][1]["cases"][0]["status"], "fail");
    }
}
