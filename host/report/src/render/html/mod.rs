//! The report as one HTML file: plain, without scripts, opens without a network and prints well.
//!
//! It refuses two things. No text of a guest, a bundle or a server becomes markup: `maud` escapes everything that is spliced in, and such
//! texts go through [`foreign`], which also replaces what is hidden and cuts what is long. And the file loads nothing: its policy
//! forbids it, should an escape ever be missed.

mod calls;
mod document;
mod facts;
mod foreign;
mod phases;
mod policies;
mod rows;
mod statements;

pub use document::html;

#[cfg(test)]
mod tests;
