//! The one way in which all rows ask, so that nothing that is answered goes unsearched.

use std::cell::{Ref, RefCell};
use std::fmt::Display;

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::leaks::{Leaks, Search};

/// Sends requests and searches the answers for secrets.
pub(crate) struct Asker<'a> {
    pub(crate) cx: &'a Context,
    search: RefCell<Search>,
}

impl<'a> Asker<'a> {
    /// Without a section about leaks nothing is searched for.
    pub(crate) fn new(cx: &'a Context, leaks: Option<&Leaks>) -> Self {
        Self { cx, search: RefCell::new(Search::new(cx, leaks)) }
    }

    pub(crate) fn send(&self, request: Request) -> Answer {
        let shown = Asked::of(&request);
        let answer = self.cx.http().send(request);
        self.look(&shown, &answer);
        answer
    }

    /// Sends reads side by side.
    pub(crate) fn send_all(&self, requests: impl IntoIterator<Item = Request>) -> Vec<(Request, Answer)> {
        let answers = self.cx.http().send_all(requests);
        for (request, answer) in &answers {
            self.look(&Asked::of(request), answer);
        }
        answers
    }

    pub(crate) fn check(&self, row: &str, name: impl Display) -> Check<'a> {
        self.cx.check([row], name)
    }

    /// What was found in all answers so far.
    pub(crate) fn search(&self) -> Ref<'_, Search> {
        self.search.borrow()
    }

    fn look(&self, asked: &Asked, answer: &Answer) {
        if let Ok(response) = answer {
            self.search.borrow_mut().look(asked, response);
        }
    }
}

/// What a request asked, for whoever reads of its answer.
pub(crate) struct Asked {
    pub(crate) service: Option<String>,
    pub(crate) path: String,
    pub(crate) shown: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            service: request.service().map(str::to_owned),
            path: request.path().split('?').next().unwrap_or_default().to_owned(),
            shown: excerpt(&request.to_string(), 80),
        }
    }
}

/// Whether an answer says nothing of what was asked, because its server is busy or away.
pub(crate) fn is_away(response: &Response) -> bool {
    matches!(response.status(), 429 | 502..=504)
}

/// Whether an answer gives what was asked for.
pub(crate) fn is_good(response: &Response) -> bool {
    (200..300).contains(&response.status())
}

/// A short piece of a text, on one line.
pub(crate) fn excerpt(text: &str, longest: usize) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(longest).collect();
    if text.trim().chars().nth(longest).is_some() { format!("{line}…") } else { line }
}

/// What an answer was that should have been another.
pub(crate) fn seen(response: &Response) -> String {
    match excerpt(&response.text(), 80) {
        said if said.is_empty() => response.status().to_string(),
        said => format!("{}: {said}", response.status()),
    }
}
