//! Names: from the schemas' spelling to words, and from words to each language's case.

/// `inputSchema` → `input schema`, `_meta` → `meta`, `io.modelcontextprotocol/clientInfo` → `client info`,
/// `$schema` → `schema`, `JSONRPCRequest` → `json rpc request`, `URLElicitation` → `url elicitation`.
///
/// Only what stands after the last `/` counts: what is before it is a namespace.
pub fn words(name: &str) -> Vec<String> {
    let name = name.rsplit('/').next().unwrap_or(name).replace("JSONRPC", "JsonRpc");
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            push(&mut words, &mut word);
            continue;
        }
        let before = i.checked_sub(1).map(|j| chars[j]);
        let after = chars.get(i + 1);
        let starts = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_numeric())
                || (before.is_some_and(char::is_uppercase) && after.is_some_and(|a| a.is_lowercase())));
        if starts {
            push(&mut words, &mut word);
        }
        word.extend(c.to_lowercase());
    }
    push(&mut words, &mut word);
    words
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// `input_schema`
pub fn snake(words: &[String]) -> String {
    words.join("_")
}

/// `INPUT_SCHEMA`
pub fn screaming(words: &[String]) -> String {
    snake(words).to_uppercase()
}

/// `InputSchema`
pub fn pascal(words: &[String]) -> String {
    words.iter().map(|word| capitalised(word)).collect()
}

/// `inputSchema`
pub fn camel(words: &[String]) -> String {
    let pascal = pascal(words);
    let mut chars = pascal.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The text with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("inputSchema", "input schema"),
            ("_meta", "meta"),
            ("$schema", "schema"),
            ("io.modelcontextprotocol/clientInfo", "client info"),
            ("JSONRPCRequest", "json rpc request"),
            ("jsonrpc", "jsonrpc"),
            ("URLElicitationRequiredError", "url elicitation required error"),
            ("ElicitRequestURLParams", "elicit request url params"),
            ("tool_use", "tool use"),
            ("ref/resource", "resource"),
            ("date-time", "date time"),
            ("ttlMs", "ttl ms"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn words_become_each_case() {
        let words = words("inputSchema");
        assert_eq!(snake(&words), "input_schema");
        assert_eq!(screaming(&words), "INPUT_SCHEMA");
        assert_eq!(pascal(&words), "InputSchema");
        assert_eq!(camel(&words), "inputSchema");
    }
}
