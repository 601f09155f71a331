//! What the fuzz targets share: [`oracle`], a naive verifier to agree with, and [`Case`], a request with all that it is
//! judged by. [`Delivered`] is one as an HTTP server has it.

mod case;
mod delivery;
pub mod oracle;
mod text;

pub use case::{BODIES, Case, Sketch};
pub use delivery::Delivered;
pub use oracle::Scheme;
