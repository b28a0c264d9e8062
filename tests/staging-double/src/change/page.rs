//! How the page of the frontend goes wrong. What each does stands with the routes that serve it.

use std::fmt;
use std::time::Duration;

/// What is wrong with the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFault {
    /// A part of it comes this much later.
    Late { part: PagePart, delay: Duration },
    /// A part of it is not there.
    Missing(PagePart),
    /// Its script shows what it should, and then goes wrong.
    Throws(Thrown),
    /// Its script shows nothing.
    Empty,
}

/// What the page is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePart {
    Document,
    Style,
    Script,
}

/// What nobody catches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thrown {
    Error,
    Rejection,
}

impl PagePart {
    /// Where it is served.
    pub(crate) fn path(self) -> &'static str {
        match self {
            PagePart::Document => "/",
            PagePart::Style => "/app.css",
            PagePart::Script => "/app.js",
        }
    }
}

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PageFault::Late { part, delay } => write!(f, ", {} {} ms late", part.path(), delay.as_millis()),
            PageFault::Missing(part) => write!(f, ", no {}", part.path()),
            PageFault::Throws(Thrown::Error) => f.write_str(", an error that nobody catches"),
            PageFault::Throws(Thrown::Rejection) => f.write_str(", a rejection that nobody catches"),
            PageFault::Empty => f.write_str(", nothing on the page"),
        }
    }
}
