//! Server-sent events from who listens; a line of comment keeps a quiet connection from looking dead.

use std::time::Duration;

use actix_web::web::Bytes;
use allowance_api_types::live::ChangeView;
use allowance_app::live::{Heard, Listener};
use futures_util::Stream;

use super::convert::area_word;

/// How long a stream is silent at most.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Position {
    listener: Listener,
    /// The change told last.
    told: i64,
    is_begun: bool,
}

/// The events after `last_seen`; without one, after now.
pub(super) fn events(
    mut listener: Listener,
    last_seen: Option<i64>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let start = Position {
        told: last_seen.unwrap_or(listener.now().positions.position),
        listener,
        is_begun: false,
    };
    futures_util::stream::unfold(start, |mut position| async {
        let text = next(&mut position).await?;
        Some((Ok(Bytes::from(text)), position))
    })
}

async fn next(position: &mut Position) -> Option<String> {
    let pulse = if std::mem::replace(&mut position.is_begun, true) {
        match position.listener.next(HEARTBEAT).await? {
            Heard::Change(pulse) => pulse,
            Heard::Silence => return Some(":\n\n".to_owned()),
        }
    } else {
        position.listener.now()
    };
    // A position from the future is of another database, a restored one: everything may have changed.
    let since = if position.told > pulse.positions.position {
        -1
    } else {
        position.told
    };
    position.told = pulse.positions.position;
    let areas = pulse.positions.changed_after(since);
    let change = ChangeView {
        areas: areas.into_iter().map(area_word).collect(),
    };
    let data = serde_json::to_string(&change).ok()?;
    Some(format!("id: {}\nevent: change\ndata: {data}\n\n", position.told))
}
