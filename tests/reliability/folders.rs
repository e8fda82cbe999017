//! Folders as they are met: odd names, links in a circle, no permission, files that vanish.
