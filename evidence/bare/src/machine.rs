//! The part of a C library: the entry point, three system calls, and the memory functions that the compiler calls.
//! x86-64 Linux.

use core::arch::{asm, global_asm};

global_asm!(".globl _start", "_start:", "and rsp, -16", "call main", "ud2");

/// SAFETY: the arguments must be right for the system call.
unsafe fn system_call(number: usize, arguments: [usize; 3]) -> isize {
    let [first, second, third] = arguments;
    let mut result = number as isize;
    // SAFETY: rcx and r11 are all that the kernel changes next to the result.
    unsafe {
        asm!("syscall", inout("rax") result, in("rdi") first, in("rsi") second, in("rdx") third,
             out("rcx") _, out("r11") _, options(nostack));
    }
    result
}

pub fn exit(status: u8) -> ! {
    // SAFETY: exit_group takes a number and does not return.
    unsafe { system_call(231, [status.into(), 0, 0]) };
    loop {}
}

/// As much of standard input as the buffer holds.
pub fn read_standard_input(buffer: &mut [u8]) -> &[u8] {
    let mut length = 0;
    while let Some(rest @ [_, ..]) = buffer.get_mut(length..) {
        // SAFETY: read writes at most the given number of bytes to where the slice is.
        match unsafe { system_call(0, [0, rest.as_mut_ptr() as usize, rest.len()]) } {
            read @ 1.. => length += read as usize,
            _ => break,
        }
    }
    buffer.get(..length).unwrap_or_default()
}

pub struct StandardError;

impl core::fmt::Write for StandardError {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        // SAFETY: write reads the given number of bytes from where the text is.
        unsafe { system_call(1, [2, text.as_ptr() as usize, text.len()]) };
        Ok(())
    }
}

// The compiler turns copies and comparisons into calls of these. In assembly, or it would turn their loops into calls of
// themselves.
global_asm!(
    ".globl memcpy, memmove, memset, memcmp, bcmp",
    "memcpy:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    "memmove:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "cmp rdi, rsi",
    "jbe 1f",
    "lea rdi, [rdi + rcx - 1]",
    "lea rsi, [rsi + rcx - 1]",
    "std",
    "rep movsb",
    "cld",
    "ret",
    "1:",
    "rep movsb",
    "ret",
    "memset:",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
    "memcmp:",
    "bcmp:",
    "xor eax, eax",
    "xor ecx, ecx",
    "2:",
    "cmp rcx, rdx",
    "je 3f",
    "movzx eax, byte ptr [rdi + rcx]",
    "movzx r8d, byte ptr [rsi + rcx]",
    "inc rcx",
    "sub eax, r8d",
    "je 2b",
    "3:",
    "ret",
);
