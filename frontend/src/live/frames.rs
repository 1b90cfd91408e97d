//! Server-sent events out of the bytes as they arrive.

/// An event with its position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) data: String,
}

/// What has arrived of the event under way.
#[derive(Debug, Default)]
pub(super) struct Frames {
    line: Vec<u8>,
    event: Event,
}

impl Frames {
    /// The events that these bytes complete. A part may end anywhere, also within a letter.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                events.extend(self.take(&String::from_utf8_lossy(&line)));
            } else {
                self.line.push(byte);
            }
        }
        events
    }

    fn take(&mut self, line: &str) -> Option<Event> {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (!event.data.is_empty()).then_some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => value.clone_into(&mut self.event.id),
            "data" => self.event.data.push_str(value),
            // Comments, which only say that the connection lives, have no name.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = ":\n\nid: 7\r\nevent: change\r\ndata: {\"areas\":[\"people\"]}\r\n\r\n:beat\n\nid: 9\ndata: é\n\nid: 10\n";

    #[test]
    fn events_are_read_wherever_the_parts_end() {
        let expected = [("7", "{\"areas\":[\"people\"]}"), ("9", "é")];
        for size in 1..TEXT.len() {
            let mut frames = Frames::default();
            let events: Vec<_> = TEXT
                .as_bytes()
                .chunks(size)
                .flat_map(|part| frames.push(part))
                .collect();
            let found: Vec<_> = events
                .iter()
                .map(|event| (event.id.as_str(), event.data.as_str()))
                .collect();
            assert_eq!(found, expected, "parts of {size} bytes");
        }
    }
}
