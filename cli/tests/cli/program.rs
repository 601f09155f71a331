//! Runs the program and keeps what came of it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The sample secret of HubSpot's documentation, with which the committed captures are signed.
pub const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
pub const OTHER_SECRET: &str = "0a4b7c1e-5d2f-4e8a-9b3c-6f1d2e7a8b90";
/// When `V3` was signed.
pub const SIGNED: &str = "1693657560000";
pub const PUBLIC_URL: &str = "https://www.example.com";

pub const WORKFLOW: &str = include_str!("../../../examples/captures/workflow.http");
pub const TAMPERED: &str = include_str!("../../../examples/captures/workflow-tampered.http");
pub const V3: &str = include_str!("../../../examples/captures/v3.http");

#[derive(Debug)]
pub struct Outcome {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program, in an environment that holds nothing of its own.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubspot-signature"));
    for variable in [
        "HUBSPOT_CLIENT_SECRET",
        "HUBSPOT_PREVIOUS_SECRET",
        "HUBSPOT_ENDPOINT",
        "HUBSPOT_PUBLIC_URL",
        "NO_COLOR",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run_in(environment: &[(&str, &str)], arguments: &[&str], input: &[u8]) -> Outcome {
    let mut child = command().args(arguments).envs(environment.iter().copied()).spawn().expect("the program starts");
    // A program that has found fault with its arguments may be gone before it reads this.
    let _ = child.stdin.take().expect("piped").write_all(input);
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let outcome = Outcome { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
    for hidden in [SECRET, OTHER_SECRET] {
        assert!(!outcome.stdout.contains(hidden) && !outcome.stderr.contains(hidden), "{hidden} is shown: {outcome:?}");
    }
    if arguments.first() != Some(&"sign") {
        assert_shows_no_signature(&outcome);
    }
    outcome
}

/// With the secret in the environment.
pub fn run(arguments: &[&str], input: &[u8]) -> Outcome {
    run_in(&[("HUBSPOT_CLIENT_SECRET", SECRET)], arguments, input)
}

/// Nothing as long as a signature and of its characters stands anywhere.
pub fn assert_shows_no_signature(outcome: &Outcome) {
    for text in [&outcome.stdout, &outcome.stderr] {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)) {
            let is_hex = word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_base64 = word.len() == 44 && word.ends_with('=');
            assert!(!is_hex && !is_base64, "a signature is shown: {outcome:?}");
        }
    }
}

impl Outcome {
    #[track_caller]
    pub fn assert(&self, status: i32, said: &str) -> &Self {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert!(self.stdout.contains(said), "{said:?} is not in {self:?}");
        self
    }

    /// One line that says why, on standard error, and nothing on standard output that a script takes for a judgement.
    #[track_caller]
    pub fn assert_failed(&self, why: &str) {
        assert_eq!(self.status, Some(2), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let said = self.stderr.lines().next().unwrap_or_default();
        assert!(said.starts_with("error: ") && self.stderr.contains(why), "{why:?} is not in {self:?}");
    }
}

/// A file of this test's own, gone when it is dropped.
pub struct File(PathBuf);

impl File {
    pub fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        fs::write(&path, content).expect("written");
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
