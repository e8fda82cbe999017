//! The first minute: what the command says before, while and after it works, to people
//! and to programs; whether the doctor knows what is missing; how commands end; what a
//! shell and `man` are given.

#[path = "codes.rs"]
mod codes;
#[path = "colours.rs"]
mod colours;
#[path = "doctor.rs"]
mod doctor;
#[path = "document.rs"]
mod document;
#[allow(dead_code, reason = "the tests of reliability use the rest")]
#[path = "../reliability/commands/home.rs"]
mod home;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/installed.rs"]
mod installed;
#[path = "modes.rs"]
mod modes;
#[path = "../support/outcome.rs"]
mod outcome;
#[path = "place.rs"]
mod place;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/server.rs"]
mod server;
#[path = "shell.rs"]
mod shell;
