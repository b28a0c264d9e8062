//! One operation that is tried with its cases, and what came of them.

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::asking::{Asker, is_good, seen};
use crate::document::Operation;
use crate::input::{Plan, ROW};
use crate::made::{Created, take_away};
use crate::malformed::{Case, Must};
use crate::tokens::{Token, with};

/// An operation that has left so many requests unanswered has failed, and is left alone.
const MOST_HUNG: usize = 3;

/// A plan that is carried out.
pub(crate) struct Trial<'a> {
    pub(crate) asker: &'a Asker<'a>,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) token: &'a Token,
    pub(crate) within: Millis,
}

/// What requests of one kind came to.
#[derive(Default)]
struct Tally {
    asked: usize,
    wrong: Vec<String>,
    unknown: Vec<String>,
    calls: Vec<u32>,
}

/// What an answer is to whoever asked wrongly.
enum Fared {
    Rightly,
    Wrongly(String),
    Unknown(String),
}

impl Trial<'_> {
    pub(crate) fn judge(&self) {
        let Plan { service, operation, cases, .. } = self.plan;
        let mut rejected = Tally::default();
        let mut survived = Tally::default();
        let mut hung = 0;
        for Case { must, what, path, body } in cases {
            let answer = self.ask(path, body.as_ref());
            let tally = match must {
                Must::Reject => &mut rejected,
                Must::Survive => &mut survived,
            };
            tally.note(what, fared(&answer, *must, operation), answer.calls());
            hung += usize::from(
                matches!(&answer, Err(error) if matches!(error.cause(), Cause::Timeout(_) | Cause::InDoubt(_))),
            );
            if hung == MOST_HUNG {
                self.asker.cx.log(Level::Warn, format!("{} hangs, and is asked no more", operation.name));
                break;
            }
        }
        let name = format!("{} {service} {}", operation.method, operation.template);
        if rejected.asked > 0 {
            let check = self.asker.check(ROW, format!("{name} rejects what is malformed"));
            rejected.conclude(check, "400 to 499", self.refuses_all());
        }
        if survived.asked > 0 {
            let check = self.asker.check(ROW, format!("{name} survives what is odd"));
            survived.conclude(check, "an answer below 500", None);
        }
    }

    /// Who refuses what is as it should be proves nothing by refusing the rest.
    fn refuses_all(&self) -> Option<String> {
        let operation = &self.plan.operation;
        if !self.plan.in_full {
            return Some(format!(
                "nothing shows that it takes what is as it should be; name `{}` in config.input.created, also-taken or skip",
                operation.name
            ));
        }
        let body =
            operation.body.is_some().then(|| (operation.media.clone(), operation.example.to_string().into_bytes()));
        match self.ask(&operation.path, body.as_ref()) {
            Ok(response) if response.status() < 400 => None,
            // Nothing stands there yet, which is no refusal.
            Ok(response) if response.status() == 404 && operation.names_something() => None,
            Ok(response) => Some(format!("what is as it should be is answered {}", seen(&response))),
            Err(error) => Some(format!("what is as it should be is not answered: {error}")),
        }
    }

    fn ask(&self, path: &str, body: Option<&(String, Vec<u8>)>) -> Answer {
        let mut request = self.plan.service.request(&self.plan.operation.method, path).timeout(self.within);
        if let Some((media, bytes)) = body {
            request = request.body(media, bytes.clone());
        }
        let answer = self.asker.send(self.as_user(request));
        if let (Some(created), Ok(response)) = (self.plan.created, &answer)
            && is_good(response)
        {
            self.undo(created, response);
        }
        answer
    }

    /// Takes away what an answer says was made.
    fn undo(&self, created: &Created, made: &Response) {
        let Plan { service, operation, .. } = self.plan;
        match created.place(made) {
            Some(path) => {
                take_away(self.asker, self.as_user(service.request("DELETE", path).timeout(self.within)));
            }
            None => {
                let why =
                    format!("{} has answered without an id at {}; what it made stays", operation.name, created.id);
                self.asker.cx.log(Level::Warn, why);
            }
        }
    }

    fn as_user(&self, request: Request) -> Request {
        match self.token {
            Ok(token) => with(request, token),
            Err(_) => request,
        }
    }
}

fn fared(answer: &Answer, must: Must, operation: &Operation) -> Fared {
    match answer {
        Ok(response) => match (response.status(), must) {
            (status @ (401 | 403 | 405 | 429), _) => Fared::Unknown(format!("{status}, which says nothing of it")),
            (404, _) if !operation.names_something() => {
                Fared::Unknown("404: the path is not served as described".to_owned())
            }
            (status @ 500.., _) => Fared::Wrongly(status.to_string()),
            (400..=499, _) | (_, Must::Survive) => Fared::Rightly,
            (status, Must::Reject) => Fared::Wrongly(format!("{status}, taken")),
        },
        // A server that hangs, or that drops the connection, has not survived.
        Err(error) if matches!(error.cause(), Cause::Timeout(_) | Cause::Failed(_)) => {
            Fared::Wrongly(error.to_string())
        }
        Err(error) => Fared::Unknown(error.to_string()),
    }
}

impl Tally {
    fn note(&mut self, what: &str, fared: Fared, calls: Vec<u32>) {
        self.asked += 1;
        let (list, seen) = match fared {
            Fared::Rightly => return,
            Fared::Wrongly(seen) => (&mut self.wrong, seen),
            Fared::Unknown(seen) => (&mut self.unknown, seen),
        };
        list.push(format!("{what} → {seen}"));
        self.calls.extend(calls);
    }

    /// `doubt` is a reason for which a pass would prove nothing.
    fn conclude(self, check: Check<'_>, wanted: &str, doubt: Option<String>) {
        let Self { asked, wrong, unknown, calls } = self;
        let check = check.expecting(expected(wanted));
        if !wrong.is_empty() {
            check.fail(expected(wanted), observed(wrong.join("; ")), calls);
        } else if let Some(doubt) = doubt {
            check.inconclusive(observed(doubt), calls);
        } else if !unknown.is_empty() {
            check.inconclusive(observed(unknown.join("; ")), calls);
        } else {
            check.pass(observed(format!("so with {asked} requests")), ());
        }
    }
}
