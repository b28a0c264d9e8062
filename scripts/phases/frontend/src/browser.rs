//! What one start of the browser has brought, read from what it wrote. Pure.

use holdpoint::prelude::*;
use holdpoint::{Exit, Finished};

use crate::trace::{self, Load};
use crate::{console, picture, text};

/// A start of the browser.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) came: Came,
    /// What shows it.
    pub(crate) calls: Vec<u32>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Came {
    Page(Page),
    /// No page; what the browser says of it.
    Nothing(String),
    /// Nobody knows; why.
    Unknown(String),
}

/// A page that came.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) load: Load,
    /// Errors that nobody of the page has caught.
    pub(crate) uncaught: Vec<String>,
    /// What a reader sees.
    pub(crate) text: String,
    pub(crate) picture: Option<Vec<u8>>,
}

impl Visit {
    pub(crate) fn of(finished: &Finished) -> Self {
        Self { came: came(finished).unwrap_or_else(Came::Unknown), calls: finished.calls() }
    }

    pub(crate) fn page(&self) -> Option<&Page> {
        match &self.came {
            Came::Page(page) => Some(page),
            Came::Nothing(_) | Came::Unknown(_) => None,
        }
    }
}

/// The error says why nobody knows.
fn came(finished: &Finished) -> Result<Came, String> {
    let says = finished.stderr();
    match finished.exit() {
        Exit::Code(0) => {}
        exit @ Exit::Code(_) => {
            let nothing = console::no_page(&says).map(Came::Nothing);
            return nothing.ok_or_else(|| format!("{exit}: {}", cut(&finished.last_line())));
        }
        // A browser that hangs or breaks says nothing of the page.
        exit @ (Exit::Signal(_) | Exit::Deadline | Exit::Killed(_)) => return Err(exit.to_string()),
    }
    if finished.is_truncated() {
        return Err("more was written than is kept; raise `output` of its pin".to_owned());
    }
    let (picture, rest) = picture::first(finished.stdout());
    let (events, document) = trace::first(rest)?;
    let load = Load::of(&events).ok_or("its trace has no page")?;
    Ok(Came::Page(Page {
        load,
        uncaught: console::uncaught(&says),
        text: text::visible(&String::from_utf8_lossy(document)),
        picture: picture.map(<[u8]>::to_vec),
    }))
}

/// The first line, of a length that a table has room for.
pub(crate) fn cut(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
