//! Server-sent events from an organisation's pulse. A stream ends when what the caller may see could have changed, so that
//! it begins again by the front door; a line of comment keeps the connection from looking dead.

use std::time::Duration;

use actix_web::web::Bytes;
use allowance_api_types::live::ChangeView;
use allowance_store::Pulse;
use futures_util::Stream;
use tokio::sync::watch::Receiver;

use super::convert::area_word;

/// How long a stream is silent at most.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Position {
    listener: Receiver<Pulse>,
    /// The change told last.
    told: i64,
    epoch: i64,
    is_begun: bool,
}

/// The events after `last_seen`; without one, after now.
pub(super) fn events(
    mut listener: Receiver<Pulse>,
    last_seen: Option<i64>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let now = *listener.borrow_and_update();
    let start = Position {
        told: last_seen.unwrap_or(now.positions.position),
        epoch: now.epoch,
        listener,
        is_begun: false,
    };
    futures_util::stream::unfold(start, |mut position| async {
        let text = next(&mut position).await?;
        Some((Ok(Bytes::from(text)), position))
    })
}

async fn next(position: &mut Position) -> Option<String> {
    if std::mem::replace(&mut position.is_begun, true) {
        match tokio::time::timeout(HEARTBEAT, position.listener.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => return Some(":\n\n".to_owned()),
        }
    }
    let pulse = *position.listener.borrow_and_update();
    if pulse.epoch != position.epoch {
        return None;
    }
    // A position from the future is of another database: a restored one. Everything may have changed.
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

#[cfg(test)]
mod tests {
    use allowance_store::Positions;
    use allowance_values::OrganisationId;
    use futures_util::StreamExt;
    use tokio::sync::watch;

    use super::*;

    fn pulse(epoch: i64) -> Pulse {
        Pulse {
            organisation: OrganisationId::new(uuid::Uuid::nil()),
            positions: Positions::default(),
            epoch,
        }
    }

    async fn text(
        stream: &mut (impl Stream<Item = Result<Bytes, std::io::Error>> + Unpin),
    ) -> Option<String> {
        let bytes = stream.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_shows_that_it_lives_and_ends_with_the_rights_it_began_with() {
        let sender = watch::Sender::new(pulse(1));
        let mut stream = Box::pin(events(sender.subscribe(), None));
        let first = text(&mut stream).await.unwrap();
        assert_eq!(first, "id: 0\nevent: change\ndata: {\"areas\":[]}\n\n");
        assert_eq!(text(&mut stream).await.unwrap(), ":\n\n");
        sender.send(pulse(2)).unwrap();
        assert_eq!(text(&mut stream).await, None);
    }

    #[tokio::test]
    async fn a_position_of_another_database_means_everything() {
        let sender = watch::Sender::new(pulse(1));
        let mut stream = Box::pin(events(sender.subscribe(), Some(99)));
        let first = text(&mut stream).await.unwrap();
        assert!(first.starts_with("id: 0\n") && first.contains("allocations") && first.contains("groups"));
    }
}
