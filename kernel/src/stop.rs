//! Ctrl-C and SIGTERM: what is under way is asked to stop, clears up after itself and
//! ends; a second signal ends the process at once.

use std::process::ExitCode;
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// The signal that came, 0 if none did.
static CAME: AtomicU8 = AtomicU8::new(0);

/// Begins to listen, in a thread of its own. Where the system does not allow that, signals
/// end the process as they do without it.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let Ok(runtime) = runtime else { return };
        let signals = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        };
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return };
        std::thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    let number = tokio::select! {
                        _ = interrupt.recv() => libc::SIGINT as u8,
                        _ = terminate.recv() => libc::SIGTERM as u8,
                    };
                    if CAME.swap(number, Ordering::SeqCst) != 0 {
                        std::process::exit(128 + i32::from(number));
                    }
                    sevenlines::interrupt::request();
                }
            });
        });
    });
}

/// The signal that asked for an end, if one did.
pub fn signal_that_came() -> Option<u8> {
    Some(CAME.load(Ordering::SeqCst)).filter(|number| *number != 0)
}

/// How a process ends that was stopped: 130 after Ctrl-C, 143 after SIGTERM, as shells
/// say it.
pub fn exit_code() -> Option<ExitCode> {
    signal_that_came().map(|number| ExitCode::from(128 + number))
}
