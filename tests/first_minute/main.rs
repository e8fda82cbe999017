//! What a newcomer sees first: setup, doctor, help.
