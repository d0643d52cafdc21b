//! Cuts the bytes of a `text/event-stream` into events as they come.
//!
//! It keeps each event's text as it came, for the recording; what the events mean is not its business.

/// One event: the block of lines before an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    /// The values of its `data` lines, joined by line feeds; none where there is no such line.
    pub data: Option<Vec<u8>>,
    /// Its other lines as they came, comments among them, joined by line feeds.
    pub fields: Vec<u8>,
}

/// The reader of one stream.
#[derive(Debug, Default)]
pub struct EventStream {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    fields: Vec<u8>,
    /// The last byte was a carriage return, which may be half of one line end.
    after_return: bool,
}

impl EventStream {
    /// Takes bytes and hands out the events that they complete.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        for &byte in bytes {
            let second_half = byte == b'\n' && std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => events.extend(self.end_of_line()),
                other => self.line.push(other),
            }
            self.after_return = byte == b'\r';
        }
        events
    }

    fn end_of_line(&mut self) -> Option<StreamEvent> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let event = StreamEvent { data: self.data.take(), fields: std::mem::take(&mut self.fields) };
            return (event.data.is_some() || !event.fields.is_empty()).then_some(event);
        }
        let (name, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&line[..], &[][..]),
        };
        if name == b"data" {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                none => *none = Some(value.to_vec()),
            }
            return None;
        }
        if !self.fields.is_empty() {
            self.fields.push(b'\n');
        }
        self.fields.extend_from_slice(&line);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> Vec<(Option<String>, String)> {
        let mut stream = EventStream::default();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let events = pieces.iter().flat_map(|piece| stream.take(piece.as_bytes())).collect::<Vec<_>>();
        events.into_iter().map(|event| (event.data.map(text), text(event.fields))).collect()
    }

    #[test]
    fn events_are_cut_at_empty_lines_whatever_ends_a_line() {
        let one = vec![(Some("{\"a\":1}".to_owned()), "event: message\nid: 7".to_owned())];
        for pieces in [
            &["event: message\nid: 7\ndata: {\"a\":1}\n\n"][..],
            &["event: message\r\nid: 7\r\ndata: {\"a\":1}\r\n\r\n"],
            &["event: message\rid: 7\rdata:{\"a\":1}\r\r"],
            &["event: mess", "age\r", "\nid: 7\r\ndata: {\"a\"", ":1}\r\n\r", "\n"],
        ] {
            assert_eq!(read(pieces), one, "{pieces:?}");
        }
    }

    #[test]
    fn comments_empty_data_and_several_data_lines_are_told_apart() {
        assert_eq!(read(&[": ping\n\n"]), [(None, ": ping".to_owned())]);
        assert_eq!(read(&["id: 1\ndata:\n\n"]), [(Some(String::new()), "id: 1".to_owned())]);
        assert_eq!(read(&["data: a\ndata: b\n\n"]), [(Some("a\nb".to_owned()), String::new())]);
        assert_eq!(read(&["\n\n\ndata: a\n"]), []);
    }
}
