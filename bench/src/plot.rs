//! The ratios as a picture: a group of bars a cell, on a logarithmic scale, since the cells are far apart.

use std::fmt::Write;

use crate::contestant::Kind;
use crate::rounds::{Results, Row};

const WIDTH: f64 = 860.0;
/// Where bars begin, and how far the longest goes.
const LEFT: f64 = 250.0;
const LONGEST: f64 = 520.0;
const BAR: f64 = 14.0;
const TITLE: f64 = 24.0;
const GAP: f64 = 12.0;

/// The picture, as SVG. It is readable on white and on black.
pub fn plot(results: &Results) -> String {
    let most = results.rows.iter().filter_map(|row| results.ratio(row)).fold(2.0_f64, f64::max);
    let mut body = String::new();
    let mut y = GAP;
    for cell in results.cells() {
        y += TITLE;
        text(&mut body, 10.0, y - 6.0, "start", &format!("{}, CPU × limit", cell.title()), true);
        for row in results.of(cell).filter(|row| row.contestant.kind != Kind::Limit) {
            bar(&mut body, y, row, results.ratio(row).unwrap_or(0.0), most);
            y += BAR + 4.0;
        }
        y += GAP;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\" \
         font-family=\"sans-serif\" font-size=\"12\" fill=\"#808890\">\n{body}</svg>\n"
    )
}

fn bar(body: &mut String, y: f64, row: &Row, ratio: f64, most: f64) {
    let length = (ratio.max(1.0).ln() / most.ln() * LONGEST).max(1.0);
    let colour = if row.contestant.kind == Kind::Ours { "#2f81f7" } else { "#9aa4af" };
    text(body, LEFT - 8.0, y + BAR - 3.0, "end", &row.contestant.title(), false);
    let _ = writeln!(body, "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>");
    text(body, LEFT + length + 6.0, y + BAR - 3.0, "start", &format!("{ratio:.2}"), false);
}

fn text(body: &mut String, x: f64, y: f64, anchor: &str, what: &str, strong: bool) {
    let weight = if strong { " font-weight=\"bold\"" } else { "" };
    let what = what.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(body, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{weight}>{what}</text>");
}
