//! Holds a run's conversations to one wire rule of a case.

use serde_json::Value;

use crate::cases::WireRule;
use crate::conversation::{Conversation, Kind, Message};
use crate::expect::{Mismatch, check_all, shorten};

/// A wire rule that did not hold, and the records that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// What the rule says.
    pub expected: String,
    /// What passed instead.
    pub found: String,
    /// Index of the conversation, and record numbers within it.
    pub shown: Vec<(usize, u64)>,
}

/// Checks one rule against everything a client said and heard.
pub fn check(rule: &WireRule, talks: &[Conversation]) -> Result<(), Breach> {
    let meant: Vec<(usize, &Conversation, &Message)> = talks
        .iter()
        .enumerate()
        .flat_map(|(index, talk)| talk.messages.iter().map(move |message| (index, talk, message)))
        .filter(|(_, _, message)| is_meant(rule, message))
        .collect();
    let enough = rule.times.map_or(!meant.is_empty(), |times| meant.len() == times);
    if !enough {
        return Err(wrong_number(rule, &meant));
    }
    let mut breaches = Vec::new();
    for (index, talk, message) in &meant {
        match check_message(rule, talk, message) {
            Ok(()) if rule.one_is_enough => return Ok(()),
            Ok(()) => {}
            Err(mismatch) => {
                let answer = message.answered_by.and_then(|answer| talk.messages.get(answer));
                let shown = std::iter::once(*message).chain(answer).map(|message| (*index, message.seq)).collect();
                breaches.push(Breach { expected: mismatch.expected, found: mismatch.found, shown });
            }
        }
    }
    breaches.into_iter().next().map_or(Ok(()), Err)
}

fn is_meant(rule: &WireRule, message: &Message) -> bool {
    message.from == rule.from
        && message.method() == Some(&rule.method)
        && check_all(&rule.only, &message.value, &message.value).is_ok()
}

fn wrong_number(rule: &WireRule, meant: &[(usize, &Conversation, &Message)]) -> Breach {
    let wanted = rule.times.map_or_else(|| "at least one".to_owned(), |times| times.to_string());
    let only = if rule.only.is_empty() { "" } else { " as the case picks it" };
    Breach {
        expected: format!("the {} sends {wanted} {}{only}", rule.from.word(), rule.method),
        found: format!("{} on the wire", meant.len()),
        shown: meant.iter().map(|(index, _, message)| (*index, message.seq)).collect(),
    }
}

fn check_message(rule: &WireRule, talk: &Conversation, message: &Message) -> Result<(), Mismatch> {
    check_all(&rule.message, &message.value, &message.value)
        .map_err(|mismatch| under(&format!("{}: ", rule.method), mismatch))?;
    if rule.result.is_none() && rule.error.is_none() {
        return Ok(());
    }
    let Some(answer) = message.answered_by.and_then(|index| talk.messages.get(index)) else {
        return Err(Mismatch { expected: format!("{} is answered", rule.method), found: "no answer".to_owned() });
    };
    let (expectations, member) = match answer.kind {
        Kind::Result => (&rule.result, "result"),
        _ => (&rule.error, "error"),
    };
    let found = answer.value.get(member).unwrap_or(&Value::Null);
    match expectations {
        Some(expectations) => check_all(expectations, found, &message.value)
            .map_err(|mismatch| under(&format!("{} of {}: ", member, rule.method), mismatch)),
        None => {
            let wanted = if member == "result" { "an error" } else { "a result" };
            Err(Mismatch {
                expected: format!("{} is answered with {wanted}", rule.method),
                found: format!("{member} {}", shorten(found)),
            })
        }
    }
}

fn under(place: &str, mismatch: Mismatch) -> Mismatch {
    Mismatch { expected: format!("{place}{}", mismatch.expected), found: mismatch.found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::tests::conversation;
    use crate::recording::Side;

    fn call(id: u32, name: &str) -> (Side, String) {
        let params = format!(r#"{{"name":"{name}","arguments":{{"a":2,"b":3}}}}"#);
        (Side::Client, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{params}}}"#))
    }

    fn answer(id: u32, member: &str, value: &str) -> (Side, String) {
        (Side::Server, format!(r#"{{"jsonrpc":"2.0","id":{id},"{member}":{value}}}"#))
    }

    fn check_rule(rule: &str, lines: &[(Side, String)]) -> Result<(), Breach> {
        let rule: WireRule = toml::from_str(rule).unwrap();
        let lines: Vec<(Side, &str)> = lines.iter().map(|(side, text)| (*side, text.as_str())).collect();
        check(&rule, &[conversation(&lines)])
    }

    #[test]
    fn a_rule_picks_its_messages_and_looks_at_their_answers() {
        let sum = r#"
            method = "tools/call"
            where = { "/params/name" = "add" }
            result = { "/structuredContent/sum" = { sum_of_request = ["/params/arguments/a", "/params/arguments/b"] } }
        "#;
        let good = [
            call(1, "other"),
            answer(1, "error", "{}"),
            call(2, "add"),
            answer(2, "result", r#"{"structuredContent":{"sum":5}}"#),
        ];
        assert_eq!(check_rule(sum, &good), Ok(()));

        let wrong = [call(1, "add"), answer(1, "result", r#"{"structuredContent":{"sum":6}}"#)];
        let breach = check_rule(sum, &wrong).unwrap_err();
        assert_eq!((breach.found.as_str(), breach.shown.as_slice()), ("6", &[(0, 1), (0, 2)][..]));

        let refused = [call(1, "add"), answer(1, "error", r#"{"code":-1}"#)];
        assert_eq!(check_rule(sum, &refused).unwrap_err().expected, "tools/call is answered with a result");
        assert_eq!(check_rule(sum, &[call(1, "add")]).unwrap_err().found, "no answer");
        assert_eq!(check_rule(sum, &[]).unwrap_err().found, "0 on the wire");
    }

    #[test]
    fn where_both_are_given_a_result_or_an_error_will_do() {
        let either = "method = \"tools/call\"\nresult = { \"/isError\" = true }\nerror = { \"/code\" = -32602 }";
        assert!(check_rule(either, &[call(1, "x"), answer(1, "result", r#"{"isError":true}"#)]).is_ok());
        assert!(check_rule(either, &[call(1, "x"), answer(1, "error", r#"{"code":-32602}"#)]).is_ok());
        assert!(check_rule(either, &[call(1, "x"), answer(1, "error", r#"{"code":-32603}"#)]).is_err());
    }

    #[test]
    fn numbers_of_messages_are_held_to() {
        let never = "method = \"tools/call\"\ntimes = 0";
        assert!(check_rule(never, &[]).is_ok());
        assert!(check_rule(never, &[call(1, "x")]).is_err());
        let one_of_them = "method = \"tools/call\"\none_is_enough = true\nmessage = { \"/params/name\" = \"b\" }";
        assert!(check_rule(one_of_them, &[call(1, "a"), call(2, "b")]).is_ok());
        assert!(check_rule(one_of_them, &[call(1, "a")]).is_err());
    }
}
