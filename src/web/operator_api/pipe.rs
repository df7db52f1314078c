//! A file that is written while it is sent: bounded in memory, given up when nobody reads on.

use axum::body::{Body, Bytes};
use futures_util::stream;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// Bytes handed on at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks on their way; with the one being filled a download holds 320 KiB.
const CHUNKS_MAX: usize = 4;
/// How long a client may leave a chunk lying before the download is cut.
const STALL_MAX: Duration = Duration::from_secs(60);

type Chunk = Result<Bytes, io::Error>;

/// The writing end, for a thread that may wait.
pub(super) struct Pipe {
    chunk: Vec<u8>,
    chunks: mpsc::Sender<Chunk>,
    runtime: Handle,
}

/// Runs `write` on a thread of its own and sends what it writes. When it fails, the connection is cut, so that
/// nobody takes half a file for a whole one. `permit` is given back at the end.
pub(super) fn sent_while_written(
    permit: OwnedSemaphorePermit,
    write: impl FnOnce(&mut Pipe) -> Result<(), String> + Send + 'static,
) -> Body {
    let (chunks, waiting) = mpsc::channel(CHUNKS_MAX);
    let span = tracing::Span::current();
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _in_request = span.enter();
        let mut pipe = Pipe { chunk: Vec::with_capacity(CHUNK_BYTES), chunks, runtime };
        let written = write(&mut pipe).and_then(|()| pipe.flush().map_err(|error| error.to_string()));
        if let Err(why) = written {
            tracing::warn!(why, "a download ended early");
            let _ = pipe.send(Err(io::Error::other("the file could not be written to its end")));
        }
        drop(permit);
    });
    Body::from_stream(stream::unfold(waiting, async |mut waiting| {
        waiting.recv().await.map(|chunk: Chunk| (chunk, waiting))
    }))
}

impl Pipe {
    fn send(&self, chunk: Chunk) -> io::Result<()> {
        let sending = tokio::time::timeout(STALL_MAX, self.chunks.send(chunk));
        match self.runtime.block_on(sending) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::new(ErrorKind::BrokenPipe, "nobody reads the download any more")),
            Err(_) => Err(io::Error::new(ErrorKind::TimedOut, "the download was not read for a minute")),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        if self.chunk.len() == CHUNK_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        self.send(Ok(chunk.into()))
    }
}
