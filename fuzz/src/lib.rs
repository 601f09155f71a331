//! The parts that the fuzz targets share: the oracle of the tests, a naive verifier to agree with, and [`Case`], a request
//! with all that it is judged by. [`Delivered`] is one as an HTTP server has it.

mod case;
mod delivery;
pub mod diagnosed;
#[path = "../../tests/oracle/mod.rs"]
pub mod oracle;
mod sketch;
mod text;

pub use case::{Case, SECRET};
pub use delivery::Delivered;
pub use oracle::Scheme;
pub use sketch::Sketch;
pub use text::lines_until_dash;
