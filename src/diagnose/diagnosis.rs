//! [`Diagnosis`]: what is wrong with one request.

use std::prelude::rust_2024::*;

use super::Finding;
use crate::{Error, SecretError, Verified};

/// The faults found in one request.
///
/// `Display` writes it for a person, over several lines.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    pub(super) verdict: Result<Result<Verified, Error>, SecretError>,
    pub(super) expected: Vec<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) app_id: Option<u64>,
    pub(super) search: Search,
}

/// The extent of the search: what was tried, and what could not be.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(super) struct Search {
    pub(super) tried: u64,
    pub(super) work: u64,
    pub(super) is_cut: bool,
    /// Why nothing was tried, or which parts were taken as they are.
    pub(super) limits: Vec<String>,
    /// The length and the SHA-256 of the body, if it was read and nothing is proved.
    pub(super) body: Option<String>,
    /// Whether an older signature is right, so that only what it does not cover is open.
    pub(super) older_matches: bool,
    /// Whether the endpoint's URL was given.
    pub(super) knows_endpoint: bool,
    /// Whether several secrets were given.
    pub(super) knows_others: bool,
    /// Whether a v1 signature, which covers neither method nor URL, was compared as it is, and no change makes it match.
    pub(super) v1_fails: bool,
}

impl Diagnosis {
    /// The verifier's verdict, with the first secret, the previous one and the policy given. The outer error means that
    /// there is no verifier, because one of those secrets is unusable.
    ///
    /// # Errors
    ///
    /// Why the request, or the secret, is refused. If the request is accepted, there are no findings.
    pub const fn verdict(&self) -> Result<Result<Verified, Error>, SecretError> {
        self.verdict
    }

    /// Whether the verifier accepts the request.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self.verdict, Ok(Ok(_)))
    }

    /// The findings: those that are proved first, then those that are likely.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The text that had to be signed, for each signature that was presented, newest first. For people; without the
    /// secret.
    pub fn expected(&self) -> impl Iterator<Item = &str> {
        self.expected.iter().map(String::as_str)
    }

    /// The app that the request says it comes from: the one whose client secret is needed.
    #[must_use]
    pub const fn app_id(&self) -> Option<u64> {
        self.app_id
    }

    /// How many readings of the request were compared with its signatures.
    #[must_use]
    pub const fn tried(&self) -> u64 {
        self.search.tried
    }

    /// The work that was done, counted as [`Diagnostician::work_limit`](super::Diagnostician::work_limit) does.
    #[must_use]
    pub const fn work(&self) -> u64 {
        self.search.work
    }

    /// Whether everything was tried that there is to try. If not, the limit on the work ended the search.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.search.is_cut
    }
}
