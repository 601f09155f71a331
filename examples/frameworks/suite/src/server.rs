//! An example server as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

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
pub fn example(name: &str) -> Command {
    // Cargo puts the programs of a workspace next to the folder of its tests.
    let mut path: PathBuf = std::env::current_exe().expect("a path");
    path.pop();
    path.pop();
    path.push(format!("example-{name}"));
    assert!(path.exists(), "{} is not there: build the workspace first, as the script `check` does", path.display());
    let mut command = Command::new(path);
    command.env("HUBSPOT_CLIENT_SECRET", SECRET);
    at(&mut command, "");
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// Says where HubSpot reaches the routes: at a path of this prefix.
fn at(command: &mut Command, prefix: &str) {
    command
        .env("HUBSPOT_PUBLIC_URL", format!("{PUBLIC_URL}{prefix}"))
        .env("HUBSPOT_WEBHOOK_URL", format!("{PUBLIC_URL}{prefix}/hubspot"))
        .env("HUBSPOT_CARD_URL", format!("{PUBLIC_URL}{prefix}/card"));
}

impl Server {
    pub fn start(name: &str) -> Self {
        Self::start_at(name, "")
    }

    /// Starts a server that HubSpot reaches at paths with this prefix.
    pub fn start_at(name: &str, prefix: &str) -> Self {
        Self::start_with(name, |command| at(command, prefix))
    }

    pub fn start_with(name: &str, configure: impl FnOnce(&mut Command)) -> Self {
        let mut command = example(name);
        command.env("LISTEN", "127.0.0.1:0").stdout(Stdio::piped());
        configure(&mut command);
        let mut process = Process(command.spawn().expect("the example starts"));
        let mut lines = BufReader::new(process.0.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        let address = address.unwrap_or_else(|| panic!("{name} does not listen")).parse().expect("an address");
        // A log may follow, and a pipe that nobody reads would stop the server.
        thread::spawn(|| lines.for_each(drop));
        Self { address, process }
    }

    /// How often the process has called the system to read.
    pub fn reads(&self) -> u64 {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.process.0.id())).expect("on Linux");
        io.lines().find_map(|line| line.strip_prefix("syscr: ")?.parse().ok()).expect("a number")
    }

    pub fn is_running(&mut self) -> bool {
        self.process.0.try_wait().expect("a child").is_none()
    }
}
