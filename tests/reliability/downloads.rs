//! Servers that lie, stall, break off or answer something else.
