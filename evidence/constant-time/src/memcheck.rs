//! The three requests to valgrind's memcheck that the harness needs.
//!
//! A request is a sequence of instructions that does nothing on a processor and that valgrind recognises (valgrind.h).

use core::arch::asm;

const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MAKE_MEM_UNDEFINED: usize = 0x4d43_0001;
const MAKE_MEM_DEFINED: usize = 0x4d43_0002;

/// Whether there is a valgrind to ask.
pub fn is_running() -> bool {
    request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0]) > 0
}

/// How many times memcheck has reported so far, suppressed reports not counted.
pub fn reports() -> usize {
    request([COUNT_ERRORS, 0, 0, 0, 0, 0])
}

/// From now on memcheck reports any branch or address that depends on these bytes.
pub fn mark_secret(bytes: &[u8]) {
    request([MAKE_MEM_UNDEFINED, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]);
}

/// The value is what everybody may see: a verdict, or a signature that is about to be sent.
pub fn mark_public<T: ?Sized>(value: &T) {
    request([MAKE_MEM_DEFINED, (&raw const *value).cast::<u8>() as usize, size_of_val(value), 0, 0, 0]);
}

fn request(arguments: [usize; 6]) -> usize {
    let mut answer = 0_usize;
    // SAFETY: four rotations of rdi by 64 bits in all and an exchange of rbx with itself change nothing. Valgrind reads
    // the array behind rax and changes its own shadow of memory, never the memory.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}
