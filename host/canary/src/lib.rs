//! Canaries of virtual users, and the search for those of others in what a server answers.
//!
//! Every user of a load carries a text of its own into its token, its names, its chat and its files. A user that is shown the text of
//! another has been shown something of that other: a leak, and the text says whose.
//!
//! ```
//! use std::sync::Arc;
//! use holdpoint_canary::{Canaries, Form, Index, Key, Owner, Scanner};
//!
//! let key = Key::of_run(&[7; 32], "01JDC");
//! let canaries = Canaries::new(&key, "request-isolation", 0);
//! let index = Arc::new(Index::new([(&canaries, 10_000)])?);
//!
//! let mut scanner = Scanner::new(&index, Owner { set: 0, user: 117 })?;
//! let body = format!("{{\"you\":\"{}\",\"last\":\"{}\"}}", canaries.canary(117), canaries.canary(42));
//! for chunk in body.as_bytes().chunks(40) {
//!     scanner.feed(chunk);
//! }
//! let seen = scanner.finish();
//! assert_eq!((seen.own, seen.foreign), (1, 1));
//! assert_eq!((seen.leaks[0].owner, seen.leaks[0].form), (Owner { set: 0, user: 42 }, Form::Plain));
//! # Ok::<(), holdpoint_canary::Error>(())
//! ```
//!
//! # What is found
//!
//! 16 or more consecutive characters of a canary, in any case, and as they are or behind JSON's escapes (`\u0041`, `\x41`), percent
//! signs (`%41`, `%u0041`), or these escaped again (`%2541`, `\\u0041`), or base64 (both alphabets, with and without padding, in lines or not) of any text
//! that has them; and base64 that is itself escaped. Where a body is cut into chunks makes no difference.
//!
//! # What the caller does
//!
//! - It undoes what the transport did: chunked framing, HPACK, gzip, deflate and Brotli of a body (`content-encoding`), masks and
//!   `permessage-deflate` of a frame. Compressed bytes that are fed as they are hide everything. A body that can't be decoded, or not
//!   within its bound, was not scanned, and must not count as scanned.
//! - It feeds everything that came back: names and values of headers and trailers too, with [`Scanner::separate`] between two texts that
//!   are no neighbours.
//! - It knows which routes are shared on purpose, and which user received what.
//!
//! Encodings within a body (a gzip stream in base64, UTF-16, hexadecimal, HTML's `&#65;`) are not undone.
//!
//! # What it costs
//!
//! One pass, whatever the number of users: a token is looked at closer only if it has 16 characters that could be a canary's, and a table is
//! only asked about 1 of 256 places of these. docs/design/0034 has the arithmetic and the measured cost.
//!
//! It refuses to judge: it says what was seen. What the numbers prove is said by whoever asks.

mod base64;
mod canaries;
mod code;
mod escape;
mod finding;
mod index;
mod key;
mod lane;
mod run;
mod scanner;
mod window;

pub use canaries::{Canaries, Canary};
pub use finding::{Finding, Form, Owner, Seen};
pub use index::{Error, Index, MOST_USERS};
pub use key::Key;
pub use scanner::{MOST_LEAKS, Scanner};

/// How many characters a canary has.
pub const LENGTH: usize = code::LENGTH;
/// How many consecutive characters of a canary are enough to find it.
pub const PART: usize = code::PART;
