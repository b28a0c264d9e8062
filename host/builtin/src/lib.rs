//! The modules that are inside of the program, so that a bundle can say `module = "builtin:health"`.
//!
//! `cargo xtask dist` builds the modules that ship and then the program around them. Any other build has none. Nothing is read at run time,
//! and nothing here knows what a module is.

/// Names and bytes, by name. The bytes are those of the file that was built, so their digest is the same.
pub const MODULES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));
