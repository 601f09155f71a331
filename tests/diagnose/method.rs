//! Faults of the method.

use hubspot_signature::diagnose::Cause;

use crate::request::*;

#[test]
fn assumed() {
    for (signed, received) in [("GET", "POST"), ("PUT", "POST"), ("PATCH", "POST"), ("DELETE", "GET"), ("POST", "GET")]
    {
        Sent::new(signed, FETCH, "").method(received).proves(&[Cause::MethodAssumed]);
    }
}

#[test]
fn lower_case() {
    for received in ["post", "Post"] {
        post().method(received).proves(&[Cause::MethodCase]);
    }
    // The sender signed it in this spelling too, so the signature is right and the request is refused.
    Sent::unchecked("post", URI, EVENTS).proves(&[Cause::MethodCase]);
}
