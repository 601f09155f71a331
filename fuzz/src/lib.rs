//! What the fuzz targets share: [`oracle`], a naive verifier to agree with, and [`Case`], a request with all that it is
//! judged by.

mod case;
pub mod oracle;
mod text;

pub use case::{Case, Sketch};
pub use oracle::Scheme;
