//! A process that takes its processor for an older one: all libraries in it, those that
//! multiply, decode and resize too, then choose the instructions that they would choose
//! there. Linux lets a process answer the `cpuid` instruction itself, where the processor
//! can trap it.

/// What a process may know of its processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// As it is.
    Whole,
    /// AVX2 and FMA, no AVX-512.
    Avx2,
    /// What every x86-64 has: SSE2.
    Portable,
}

impl Processor {
    /// From its name in a worker's case.
    pub fn named(name: &str) -> Processor {
        match name {
            "avx2" => Processor::Avx2,
            "portable" => Processor::Portable,
            "whole" => Processor::Whole,
            other => panic!("no processor is called {other}"),
        }
    }

    /// What glibc must be told too: it asks before the process can answer.
    pub fn tunables(self) -> &'static str {
        match self {
            Processor::Whole => "",
            Processor::Avx2 => "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD",
            Processor::Portable => {
                "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD,-AVX2,-AVX,-FMA,-SSE4_1,-SSE4_2,-SSSE3"
            }
        }
    }
}

/// Makes this thread, and all that it starts, see `processor` from now on. Whether it
/// could.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub fn pretend(processor: Processor) -> bool {
    trap::begin(processor)
}

/// Elsewhere there is only one path.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn pretend(processor: Processor) -> bool {
    processor == Processor::Whole
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod trap {
    use super::Processor;
    use std::arch::x86_64::{__cpuid_count, CpuidResult};
    use std::sync::atomic::{AtomicBool, Ordering};

    const ARCH_SET_CPUID: libc::c_long = 0x1012;
    static PORTABLE: AtomicBool = AtomicBool::new(false);

    /// Whether the instruction may be used by this thread.
    fn allow(allowed: bool) -> bool {
        // SAFETY: a system call that changes what one instruction does.
        unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_CPUID, libc::c_long::from(allowed)) == 0 }
    }

    pub(super) fn begin(processor: Processor) -> bool {
        if processor == Processor::Whole {
            return true;
        }
        PORTABLE.store(processor == Processor::Portable, Ordering::Relaxed);
        // SAFETY: the handler touches its own context and the atomic alone.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = answer as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
        }
        allow(false)
    }

    /// Answers `cpuid` in the place of the processor.
    extern "C" fn answer(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the kernel gives a signal's handler the context that it interrupted; an
        // instruction of two bytes lies where it stands.
        unsafe {
            let registers = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
            let at = registers[libc::REG_RIP as usize] as *const [u8; 2];
            if *at != [0x0f, 0xa2] {
                // Another fault: it comes again, and ends the process.
                libc::signal(libc::SIGSEGV, libc::SIG_DFL);
                return;
            }
            allow(true);
            let [leaf, part] = [libc::REG_RAX, libc::REG_RCX].map(|at| registers[at as usize] as u32);
            let CpuidResult { eax, ebx, ecx, edx } = hide(leaf, part, __cpuid_count(leaf, part));
            let at = [libc::REG_RAX, libc::REG_RBX, libc::REG_RCX, libc::REG_RDX];
            for (at, value) in at.into_iter().zip([eax, ebx, ecx, edx]) {
                registers[at as usize] = i64::from(value);
            }
            registers[libc::REG_RIP as usize] += 2;
            allow(false);
        }
    }

    /// The answer without what is to be hidden.
    fn hide(leaf: u32, part: u32, mut found: CpuidResult) -> CpuidResult {
        let bits = |bits: &[u32]| bits.iter().fold(0, |all, bit| all | 1 << bit);
        let portable = PORTABLE.load(Ordering::Relaxed);
        match (leaf, part) {
            // SSE3, SSSE3, FMA, SSE4.1, SSE4.2, POPCNT, XSAVE, OSXSAVE, AVX, F16C.
            (1, _) if portable => found.ecx &= !bits(&[0, 9, 12, 19, 20, 23, 26, 27, 28, 29]),
            (7, _) if portable => (found.ebx, found.ecx, found.edx, found.eax) = (0, 0, 0, 0),
            (7, 0) => {
                // AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG,
                // VPOPCNTDQ; 4VNNIW, 4FMAPS, VP2INTERSECT, AMX, FP16.
                found.ebx &= !bits(&[16, 17, 21, 26, 27, 28, 30, 31]);
                found.ecx &= !bits(&[1, 6, 11, 12, 14]);
                found.edx &= !bits(&[2, 3, 8, 22, 23, 24, 25]);
            }
            // AVX-512 BF16.
            (7, 1) => found.eax &= !bits(&[5]),
            _ => (),
        }
        found
    }
}
