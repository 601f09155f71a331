//! A Redis of its own, on a socket in a folder of its own: there is no port that another test could take.

use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::server::Process;

pub struct Redis {
    folder: TempDir,
    process: Option<Process>,
}

impl Redis {
    pub fn start() -> Self {
        let mut redis = Self { folder: tempfile::tempdir().expect("a new folder"), process: None };
        redis.resume();
        redis
    }

    pub fn url(&self) -> String {
        format!("unix://{}/redis.sock", self.folder.path().display())
    }

    /// Ends it, and with it all that it remembers.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again at the same place.
    pub fn resume(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--unixsocket", "redis.sock", "--dir", "."]);
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null());
        self.process = Some(Process(command.spawn().expect("redis-server is installed")));
        let start = Instant::now();
        while UnixStream::connect(self.folder.path().join("redis.sock")).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "Redis does not listen");
            thread::sleep(Duration::from_millis(10));
        }
    }
}
