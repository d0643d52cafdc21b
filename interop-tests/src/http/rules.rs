//! Holds the exchanges of a run to one rule of a case about HTTP.

use serde::Deserialize;
use serde_json::Value;

use super::exchange::Exchange;
use crate::cases::Circumstances;
use crate::expect::{Expectations, Mismatch, check_all};
use crate::revision::Mode;
use crate::wire_rules::Breach;

/// What must be true of some exchanges of a run; pointers into the value that `exchange` describes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRule {
    /// First revision the rule applies to.
    #[serde(default)]
    pub since: Option<String>,
    /// Last revision the rule applies to.
    #[serde(default)]
    pub until: Option<String>,
    /// Client modes the rule applies to; all by default.
    #[serde(default)]
    pub modes: Vec<Mode>,
    /// Picks exchanges.
    #[serde(default, rename = "where")]
    pub only: Expectations,
    /// How many there must be; any number by default.
    #[serde(default)]
    pub times: Option<usize>,
    /// True: there must be one at least.
    #[serde(default)]
    pub needed: bool,
    /// What they must be.
    #[serde(default)]
    pub must: Expectations,
}

impl HttpRule {
    /// Whether the rule makes sense in these circumstances.
    pub fn applies(&self, to: Circumstances<'_>) -> bool {
        to.are_within(self.since.as_deref(), self.until.as_deref(), &self.modes)
    }
}

/// Checks one rule against the exchanges with each server.
pub fn check(rule: &HttpRule, talks: &[Vec<Exchange>]) -> Result<(), Breach> {
    let mut meant = Vec::new();
    for (index, exchanges) in talks.iter().enumerate() {
        let picked = |exchange: &&Exchange| holds(&rule.only, &exchange.value).is_ok();
        meant.extend(exchanges.iter().filter(picked).map(|exchange| (index, exchange)));
    }
    let enough = rule.times.map_or(!rule.needed || !meant.is_empty(), |times| meant.len() == times);
    if !enough {
        let wanted = rule.times.map_or_else(|| "at least one".to_owned(), |times| times.to_string());
        return Err(Breach {
            expected: format!("{wanted} exchanges as the case picks them"),
            found: format!("{} on the wire", meant.len()),
            shown: meant.iter().flat_map(|(index, exchange)| shown(*index, exchange)).collect(),
        });
    }
    for (index, exchange) in meant {
        holds(&rule.must, &exchange.value).map_err(|mismatch| Breach {
            expected: format!("{}: {}", title(&exchange.value), mismatch.expected),
            found: mismatch.found,
            shown: shown(index, exchange),
        })?;
    }
    Ok(())
}

fn holds(expectations: &Expectations, exchange: &Value) -> Result<(), Mismatch> {
    check_all(expectations, exchange, exchange)
}

fn shown(index: usize, exchange: &Exchange) -> Vec<(usize, u64)> {
    exchange.seqs.iter().map(|seq| (index, *seq)).collect()
}

/// `POST tools/call`.
fn title(exchange: &Value) -> String {
    let word = |pointer: &str| exchange.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{} {}", word("/request/method"), word("/request/message/method")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check_rule(rule: &str, exchanges: &[Value]) -> Result<(), Breach> {
        let rule: HttpRule = toml::from_str(rule).unwrap();
        let exchanges = (1..).zip(exchanges).map(|(seq, value)| Exchange { value: value.clone(), seqs: vec![seq] });
        check(&rule, &[exchanges.collect()])
    }

    #[test]
    fn a_rule_picks_exchanges_counts_them_and_holds_each_to_what_it_says() {
        let post = |status: u16| json!({"request": {"method": "POST"}, "response": {"status": status}});
        let accepted = "where = { \"/request/method\" = \"POST\" }\nmust = { \"/response/status\" = 202 }";
        assert_eq!(check_rule(accepted, &[post(202), json!({"request": {"method": "GET"}})]), Ok(()));
        let breach = check_rule(accepted, &[post(202), post(200)]).unwrap_err();
        assert_eq!((breach.expected.as_str(), breach.found.as_str()), ("POST: /response/status is 202", "200"));
        assert_eq!(breach.shown, [(0, 2)]);
        assert_eq!(check_rule(accepted, &[]), Ok(()));
        assert!(check_rule(&format!("needed = true\n{accepted}"), &[]).is_err());
        assert!(check_rule(&format!("times = 2\n{accepted}"), &[post(202)]).is_err());
    }
}
