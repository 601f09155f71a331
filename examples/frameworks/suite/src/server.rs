//! An example server as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::{PUBLIC_URL, SECRET};

pub struct Server {
    pub address: SocketAddr,
    process: Process,
}

/// Killed when it is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program of an example, configured as all of them are.
pub(crate) fn example(name: &str) -> Command {
    // Cargo puts the programs of a workspace beside the folder of its tests.
    let mut path: PathBuf = std::env::current_exe().expect("a path");
    path.pop();
    path.pop();
    path.push(format!("example-{name}"));
    assert!(path.exists(), "{} is not there: build the workspace first, as the script `check` does", path.display());
    let mut command = Command::new(path);
    command.env("HUBSPOT_CLIENT_SECRET", SECRET).env("HUBSPOT_PUBLIC_URL", PUBLIC_URL);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

impl Server {
    pub fn start(name: &str) -> Self {
        Self::start_at(name, PUBLIC_URL)
    }

    pub fn start_at(name: &str, public_url: &str) -> Self {
        let mut command = example(name);
        command.env("HUBSPOT_PUBLIC_URL", public_url).env("LISTEN", "127.0.0.1:0").stdout(Stdio::piped());
        let mut process = Process(command.spawn().expect("the example starts"));
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().expect("piped")).read_line(&mut line).expect("text");
        let address = line.trim().strip_prefix("listening on ").and_then(|address| address.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("{name} said {line:?}")), process }
    }

    pub fn is_running(&mut self) -> bool {
        self.process.0.try_wait().expect("a child").is_none()
    }
}
