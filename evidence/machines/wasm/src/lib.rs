//! The program `bare` as a WebAssembly module without imports, which `run.mjs` runs in Node. It gives the status, not the
//! error's text: on 32-bit machines core's own formatting of 64-bit integers keeps a bounds check.

#![no_std]

#[allow(dead_code, reason = "the errors are not shown")]
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

#[unsafe(no_mangle)]
extern "C" fn judge(length: usize) -> u8 {
    // SAFETY: the one thread is here, and the host does not write while it is.
    let buffer = unsafe { &*(&raw const BUFFER) };
    request::judge(buffer.get(..length).unwrap_or_default()).status()
}
