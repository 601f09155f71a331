//! What the fuzz targets share: [`oracle`], a naive verifier to agree with, and [`Case`], a request with all that it is
//! judged by. [`Delivery`] is one as an HTTP server has it.

mod case;
mod delivery;
pub mod oracle;
mod text;

pub use case::{Case, Sketch};
pub use delivery::{Delivered, Delivery};
pub use oracle::Scheme;
