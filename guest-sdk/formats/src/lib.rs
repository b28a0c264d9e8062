//! Configuration files as values with their keys and places, for guests that judge them: YAML, JSON, TOML and `.env`.
//!
//! Pure functions of texts. Nothing is judged here, and nothing is read from a disk. Variables are not filled in, and what an alias of YAML
//! stands for is read where it was defined.
//!
//! ```
//! use holdpoint_formats::{masked, scalars};
//!
//! let values = scalars("config/app.yaml", "limits:\n  errors: 0.02\n").unwrap();
//! let value = &values[0];
//! assert_eq!((value.path.join("."), value.value.as_str(), value.at.line), ("limits.errors".to_owned(), "0.02", 2));
//! assert_eq!(masked("postgres://app:s3cret@db/netra"), "postgres://app:***@db/netra");
//! ```

mod env;
mod json;
mod mask;
mod nested;
mod scalar;
mod toml;
mod yaml;

pub use mask::masked;
pub use nested::{nested, with_names};
pub use scalar::{Position, Scalar, Unreadable, scalars};

#[cfg(test)]
mod tests;
