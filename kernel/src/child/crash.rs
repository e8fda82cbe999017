//! Tells a stack overflow from other crashes, on the way out.
//!
//! The standard library's handlers write about an overflow and abort, as if the
//! cell had aborted. The handler here runs on a stack of its own and, for an
//! overflow, writes one byte down the pipe whose other end the [`super::pump`]
//! watches; then the signal does its work, and its number in the exit status says
//! the rest.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The handler's stack: the largest processor state and room to spare.
const STACK: usize = 1 << 16;
/// How far from the stack's lower end an address still belongs to an overflow.
const BELOW: usize = 1 << 20;
const ABOVE: usize = 1 << 17;

static PIPE: AtomicI32 = AtomicI32::new(-1);
static LOWER_END: AtomicUsize = AtomicUsize::new(0);

/// Has a stack overflow told to whoever reads `pipe`. Call it on the main
/// thread, on which cells run.
pub fn install(pipe: RawFd) {
    PIPE.store(pipe, Ordering::Relaxed);
    LOWER_END.store(lower_end_of_stack(), Ordering::Relaxed);
    use_own_stack();
    restore(libc::SIGBUS);
    handle_overflow();
}

/// Lets handlers that ask for it run on a stack of their own.
fn use_own_stack() {
    let stack = libc::stack_t {
        ss_sp: Box::leak(vec![0u8; STACK].into_boxed_slice()).as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: STACK,
    };
    // SAFETY: the memory is never freed and used for nothing else.
    unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) };
}

/// The lowest address that this thread's stack may grow to.
fn lower_end_of_stack() -> usize {
    // SAFETY: the attributes are initialised by the first call before they are read,
    // and destroyed once.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return 0;
        }
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        low as usize
    }
}

/// Gives a signal its usual effect again.
fn restore(signal: libc::c_int) {
    // SAFETY: the usual effect has no precondition.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

fn handle_overflow() {
    let handler = on_segv as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
    // SAFETY: the handler does only what is allowed in one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as usize;
        // The second time, the signal ends the process.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
    }
}

extern "C" fn on_segv(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the system hands a valid `info` to handlers that ask for it; `write`
    // and `raise` are allowed in a handler.
    unsafe {
        let address = (*info).si_addr() as usize;
        if is_overflow(address, LOWER_END.load(Ordering::Relaxed)) {
            libc::write(PIPE.load(Ordering::Relaxed), [1u8].as_ptr().cast(), 1);
        }
        libc::raise(signal);
    }
}

fn is_overflow(address: usize, lower_end: usize) -> bool {
    lower_end != 0 && address > lower_end.saturating_sub(BELOW) && address < lower_end.saturating_add(ABOVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overflow_is_near_the_lower_end_of_the_stack() {
        let low = 0x7ffc_0000_0000;
        assert!(is_overflow(low - 1, low) && is_overflow(low - 5000, low) && is_overflow(low + 8, low));
        assert!(!is_overflow(8, low) && !is_overflow(low + (1 << 22), low) && !is_overflow(8, 0));
    }

    #[test]
    fn this_threads_stack_has_a_lower_end_below_its_variables() {
        let here = 0u8;
        let low = lower_end_of_stack();
        assert!(low != 0 && low < &raw const here as usize);
    }
}
