//! One keep-alive connection that speaks just enough HTTP/1.1: a request is one write, an answer is read to its end and
//! looked at for its status. A client library would take as much of the machine as the server that is measured.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use tokio::net::TcpStream;

/// Where a platform calls, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// The lines of every request's head but the first and the length.
    pub(crate) head: Arc<str>,
}

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    head: Arc<str>,
    sent: Vec<u8>,
    got: Vec<u8>,
}

/// An answer; its body lies in the connection until the next request.
pub(crate) struct Reply {
    pub(crate) status: u16,
    body: Range<usize>,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> Self {
        let stream = TcpStream::connect(target.address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket that sends at once");
        Self {
            stream,
            head: target.head.clone(),
            sent: Vec::with_capacity(1_024),
            got: Vec::with_capacity(4_096),
        }
    }

    /// Posts a body and waits for the answer.
    pub(crate) async fn post(&mut self, path: &str, body: &[u8]) -> Reply {
        let Self { sent, head, .. } = self;
        sent.clear();
        for part in ["POST ", path, " HTTP/1.1\r\n", head, "content-length: "] {
            sent.extend_from_slice(part.as_bytes());
        }
        sent.extend_from_slice(body.len().to_string().as_bytes());
        sent.extend_from_slice(b"\r\n\r\n");
        sent.extend_from_slice(body);
        self.send().await;
        self.receive().await
    }

    pub(crate) fn body(&self, reply: &Reply) -> &[u8] {
        &self.got[reply.body.clone()]
    }

    async fn send(&self) {
        let mut rest = self.sent.as_slice();
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    self.stream.writable().await.expect("an open connection");
                }
                Err(error) => panic!("the server hung up: {error}"),
            }
        }
    }

    async fn receive(&mut self) -> Reply {
        self.got.clear();
        let mut wanted = None;
        loop {
            self.stream.readable().await.expect("an open connection");
            match self.stream.try_read_buf(&mut self.got) {
                Ok(0) => panic!("the server hung up"),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(error) => panic!("the server hung up: {error}"),
            }
            if wanted.is_none() {
                wanted = self.head_of_answer();
            }
            if let Some((status, body)) = &wanted
                && self.got.len() >= body.end
            {
                return Reply {
                    status: *status,
                    body: body.clone(),
                };
            }
        }
    }

    /// Status and place of the body, as soon as the head is there.
    fn head_of_answer(&self) -> Option<(u16, Range<usize>)> {
        let end = self.got.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&self.got[..end]).expect("a head in ASCII");
        let status = head
            .get(9..12)
            .and_then(|text| text.parse().ok())
            .expect("a status");
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().expect("a length"))
        });
        let length = length.expect("an answer that says how long it is");
        Some((status, end..end + length))
    }
}
