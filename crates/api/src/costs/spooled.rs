//! Exports that lie in a temporary file before they are sent from there, piece by piece.

use std::fs::File;
use std::io::{Read, Seek, Write};

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use allowance_app::{Error, Result};

/// Bytes sent at once.
const CHUNK: usize = 65_536;

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that errors are mapped by"
)]
pub(super) fn broken(error: std::io::Error) -> Error {
    Error::Internal(format!("a temporary file: {error}"))
}

/// An empty file that is gone with its handle.
pub(super) fn create() -> Result<File> {
    tempfile::tempfile().map_err(broken)
}

/// Adds a text.
pub(super) fn write(file: &mut File, text: &str) -> Result<()> {
    file.write_all(text.as_bytes()).map_err(broken)
}

/// The file at its beginning.
pub(super) fn rewind(mut file: File) -> Result<File> {
    file.rewind().map_err(broken)?;
    Ok(file)
}

/// Sends a file under a name.
pub(super) fn answer(file: File, mime: &str, name: &str) -> HttpResponse {
    let chunks = futures_util::stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let mut chunk = vec![0; CHUNK];
        match file.read(&mut chunk) {
            Ok(0) => None,
            Ok(count) => {
                chunk.truncate(count);
                Some((Ok(Bytes::from(chunk)), Some(file)))
            }
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                Some((Err(std::io::Error::other("the export broke off")), None))
            }
        }
    });
    HttpResponse::Ok()
        .content_type(mime)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(chunks)
}
