//! Picture files of every kind of damage: read as a viewer shows them, or named with a reason.
