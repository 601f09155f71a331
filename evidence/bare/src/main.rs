//! A program made of nothing but this crate and the processor: it reads a request from standard input, puts it through
//! every public function but `Debug`, and exits with 0 if it is accepted, 1 if it is refused.
//!
//! It has no standard library, no allocator and no C library, so it links only if the crate needs none. And it links only
//! if no panic is reachable: the panic handler calls a function that does not exist, and the linker looks for that
//! function unless the optimiser has shown that nothing calls the handler. All input is read at run time, so the
//! optimiser cannot know the values.
//!
//! `Debug` is left out since core's own formatting of strings and durations holds assertions that stay in the program.

#![no_std]
#![no_main]

mod machine;
mod request;

use core::fmt::Write;

use machine::StandardError;
use request::Outcome;

unsafe extern "C" {
    /// Defined nowhere.
    safe fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    a_panic_is_reachable()
}

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let mut buffer = [0; 64 * 1024];
    let input = machine::read_standard_input(&mut buffer);

    #[cfg(feature = "control-alloc")]
    {
        extern crate alloc;
        core::hint::black_box(alloc::vec::Vec::from(input));
    }
    // Whether there is a thirteenth byte is the sender's choice.
    #[cfg(feature = "control-panic")]
    core::hint::black_box(input[12]);

    let outcome = request::judge(input);
    let _ = match &outcome {
        Outcome::Refused(error) => writeln!(StandardError, "{error}"),
        Outcome::SecretUnusable(error) => writeln!(StandardError, "{error}"),
        _ => Ok(()),
    };
    machine::exit(outcome.status())
}
