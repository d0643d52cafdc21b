//! The formats of texts that are held, not only shown. All others of JSON Schema are annotations.
//! <https://json-schema.org/draft/2020-12/json-schema-validation#section-7>

use std::net::{Ipv4Addr, Ipv6Addr};

/// A format that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    DateTime,
    Email,
    Ipv4,
    Ipv6,
    Time,
    Uri,
    Uuid,
}

impl Format {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Format::Date,
            "date-time" => Format::DateTime,
            "email" => Format::Email,
            "ipv4" => Format::Ipv4,
            "ipv6" => Format::Ipv6,
            "time" => Format::Time,
            "uri" => Format::Uri,
            "uuid" => Format::Uuid,
            _ => return None,
        })
    }

    /// What a text of the format is called in a message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Date => "date",
            Format::DateTime => "date-time",
            Format::Email => "email",
            Format::Ipv4 => "ipv4",
            Format::Ipv6 => "ipv6",
            Format::Time => "time",
            Format::Uri => "uri",
            Format::Uuid => "uuid",
        }
    }

    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Format::Date => date(text),
            Format::DateTime => text.split_once(['T', 't']).is_some_and(|(day, moment)| date(day) && time(moment)),
            Format::Email => email(text),
            Format::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Format::Time => time(text),
            Format::Uri => uri(text),
            Format::Uuid => uuid(text),
        }
    }
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let right = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

/// `2026-02-29` is none: days are held to the calendar.
fn date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut part = |count| digits(parts.next()?, count);
    let (Some(year), Some(month), Some(day)) = (part(4), part(2), part(2)) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// With an offset, as RFC 3339 has it. The sixtieth second is the last one of a day of UTC.
fn time(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(8) else { return false };
    let mut parts = clock.splitn(3, ':').map(|part| digits(part, 2));
    let (Some(Some(hour)), Some(Some(minute)), Some(Some(second))) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(rest) => {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if after.len() == rest.len() {
                return false;
            }
            after
        }
        None => rest,
    };
    let Some(offset) = offset(rest) else { return false };
    let of_day = i32::try_from(hour * 60 + minute).unwrap_or_default() - offset;
    let leap = of_day.rem_euclid(24 * 60) == 23 * 60 + 59;
    hour < 24 && minute < 60 && (second < 60 || (second == 60 && leap))
}

/// Minutes.
fn offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let whole = i32::try_from(hours * 60 + minutes).ok()?;
    (hours < 24 && minutes < 60).then_some(sign * whole)
}

/// An address as people have one: a dotted name, `@`, and a host or an address in brackets. No comments, no quotes.
fn email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    if local.len() > 64 || !local.split('.').all(atom) {
        return false;
    }
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(literal) => match literal.strip_prefix("IPv6:") {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        },
        None => host_name(host),
    }
}

fn host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// With a scheme, in ASCII, as RFC 3986 has it.
fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let right = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    right && authority(host) && spelled(path, b":@/") && spelled(query, b":@/?") && spelled(fragment, b":@/?")
}

fn authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((literal, after)) if literal.parse::<Ipv6Addr>().is_ok() || future(literal) => ("", after),
            _ => return false,
        },
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    port && spelled(user, b":") && spelled(host, b"")
}

/// `v1.anything`, an address of a kind that is still to come.
fn future(text: &str) -> bool {
    let Some((version, rest)) = text.strip_prefix(['v', 'V']).and_then(|text| text.split_once('.')) else {
        return false;
    };
    let hex = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex && !rest.is_empty() && !rest.contains('%') && spelled(rest, b":")
}

/// Whether all stands for itself, or is percent-encoded.
fn spelled(text: &str, also: &[u8]) -> bool {
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let right = match byte {
            b'%' => {
                let mut hex = || rest.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                hex() && hex()
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte) || also.contains(&byte),
        };
        if !right {
            return false;
        }
    }
    true
}

fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
