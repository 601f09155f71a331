//! The program `bare` as a WebAssembly module without imports, which `run.mjs` runs in Node.

#![no_std]

#[path = "../../../bare/src/request.rs"]
mod request;

unsafe extern "C" {
    /// Defined nowhere: if the module asks to import it, a panic is reachable.
    safe fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    a_panic_is_reachable()
}

/// Where the host puts the request. There is one thread.
static mut BUFFER: [u8; 64 * 1024] = [0; 64 * 1024];

#[unsafe(no_mangle)]
extern "C" fn buffer() -> *mut u8 {
    (&raw mut BUFFER).cast()
}

struct Nowhere;

impl core::fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> core::fmt::Result {
        Ok(())
    }
}

#[unsafe(no_mangle)]
extern "C" fn judge(length: usize) -> u8 {
    // SAFETY: the one thread is here, and the host does not write while it is.
    let buffer = unsafe { &*(&raw const BUFFER) };
    request::judge(buffer.get(..length).unwrap_or_default(), &mut Nowhere) as u8
}
