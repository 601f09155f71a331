//! [`Capture`]: what a captured request says.

use crate::Failure;
use crate::capture::body::{BodyReading, Rest};

pub(crate) struct Capture {
    pub(crate) method: String,
    /// Path and query, as they stand there: a space in it is for the judgement to find.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(super) rest: Rest,
}

pub(super) const NO_REQUEST: &str = "the capture is not an HTTP request: give its request line (`POST /path`), its headers, an \
                                     empty line and the raw body, or the output of `curl -v`, or a HAR file";

impl Capture {
    /// The body, and whether something follows it.
    pub(crate) fn body(&self, reading: BodyReading) -> Result<(Vec<u8>, bool), Failure> {
        self.rest.body(&self.headers, reading)
    }
}
