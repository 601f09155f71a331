//! [`Reading`]: one way to read the parts of a request that are signed.

use std::borrow::Cow;
use std::prelude::rust_2024::*;
use std::rc::Rc;

use super::url::Url;

/// Method, URI and body: as received, or after some changes.
#[derive(Clone)]
pub(super) struct Reading<'a> {
    pub(super) method: Cow<'a, str>,
    pub(super) url: Url,
    /// Shared, because a reading is copied for each change and a body may be long.
    pub(super) body: Rc<Cow<'a, [u8]>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(method: &'a str, uri: &str, body: &'a [u8]) -> Self {
        Self { method: Cow::Borrowed(method), url: Url::split(uri), body: Rc::new(Cow::Borrowed(body)) }
    }

    pub(super) fn set_body(&mut self, body: Vec<u8>) {
        self.body = Rc::new(Cow::Owned(body));
    }
}
