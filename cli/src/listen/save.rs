//! [`Captures`]: each request as a file that `verify`, `explain` and `send` read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use http::header;
use hubspot_signature::UnixTime;

use crate::Failure;
use crate::listen::judge::Arrived;

/// Anyone who finds the tunnel can send requests, and must not fill the disk.
const MAX_SAVED: u64 = 1 << 30;

pub(super) struct Captures {
    folder: PathBuf,
    saved: AtomicU64,
    number: AtomicU64,
}

impl Captures {
    pub(super) fn in_folder(folder: PathBuf) -> Result<Self, Failure> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&folder).and_then(|()| fs::metadata(&folder));
        made.map_err(|error| format!("the folder of --save cannot be made: {error}"))?;
        Ok(Self { folder, saved: AtomicU64::new(0), number: AtomicU64::new(1) })
    }

    /// Returns the name of the file, or the reason why there is none.
    pub(super) fn save(&self, arrived: &Arrived) -> Result<String, String> {
        let text = capture(arrived);
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if self.saved.fetch_add(length, Ordering::Relaxed).saturating_add(length) > MAX_SAVED {
            return Err("1 GiB has been saved, which is enough for one run".into());
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number:04}.http", stamp(arrived.at));
        let path = self.folder.join(&name);
        let written = create(&path).and_then(|mut file| file.write_all(&text));
        written.map_err(|error| {
            // Half a capture is of no use.
            let _ = fs::remove_file(&path);
            error.to_string()
        })?;
        Ok(name)
    }
}

/// Creates a file that only its owner can read.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `20260102T030405.678Z`: sorts by time, and every file system takes it.
fn stamp(time: UnixTime) -> String {
    super::report::rfc3339(time).replace(['-', ':'], "")
}

/// Writes the request as HTTP/1.1. Content-Length takes the place of chunks, as the body is whole.
fn capture(arrived: &Arrived) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", arrived.method, arrived.target).into_bytes();
    let mut field = |name: &str, value: &[u8]| {
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value);
        text.extend_from_slice(b"\r\n");
    };
    let mut has_length = false;
    for (name, value) in &arrived.headers {
        if name != header::TRANSFER_ENCODING {
            has_length |= name == header::CONTENT_LENGTH;
            field(name.as_str(), value.as_bytes());
        }
    }
    if !has_length && !arrived.body.is_empty() {
        field("content-length", arrived.body.len().to_string().as_bytes());
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(&arrived.body);
    text
}
