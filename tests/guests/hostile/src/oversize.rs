//! Acts with arguments beyond every bound.

use holdpoint::{
    Answer, Target,
    bindings::holdpoint::report::report::{self, Level, Outcome, Verdict},
    prelude::*,
};

use crate::{Came, ask};

fn request(path: String) -> Request {
    Request::new("GET", Target::Service { service: "backend".into(), path })
}

fn sent(answer: Answer) -> Came {
    match answer {
        Ok(answer) => Came::Through(format!("{} bytes with status {}", answer.body().len(), answer.status())),
        Err(error) => Came::Refused(error.to_string()),
    }
}

/// Sends large bodies one after the other. What the last came to is told.
pub(crate) fn body(cx: &Context, bytes: usize, times: u32) -> Came {
    let mut last = Came::Refused("nothing was sent".into());
    for time in 0..times {
        // No two are the same, so that none is kept for another.
        let mut body = vec![b'x'; bytes];
        body[..4].copy_from_slice(&time.to_le_bytes());
        let post = Request::new("POST", Target::Service { service: "backend".into(), path: "/drop".into() });
        last = sent(cx.http().send(post.body("application/octet-stream", body)));
    }
    last
}

/// A path that is longer than any server takes.
pub(crate) fn path(cx: &Context, bytes: usize) -> Came {
    sent(cx.http().send(request("/".to_owned() + &"p".repeat(bytes))))
}

/// More headers than any server takes.
pub(crate) fn headers(cx: &Context, count: usize) -> Came {
    let many = (0..count).fold(request("/".into()), |request, n| request.header(format!("x-{n}"), "value"));
    sent(cx.http().send(many))
}

/// One batch of many requests. The SDK would cut it into several.
pub(crate) fn batch(cx: &Context, requests: usize, path: &str) -> Came {
    let many = vec![ask::raw(path); requests];
    let answers = holdpoint::bindings::holdpoint::http::http::send_all(&many, 64);
    let (mut bytes, mut first) = (0, None);
    for answer in answers {
        match answer {
            Ok(answer) => bytes += answer.body.len(),
            Err(error) => first = first.or(Some(ask::words(&error))),
        }
    }
    cx.measure("bytes of the batch", bytes as f64, "B");
    first.map_or_else(|| Came::Through(format!("{bytes} bytes")), Came::Refused)
}

fn stated(outcome: Result<(), holdpoint::bindings::holdpoint::types::types::CallError>) -> Came {
    match outcome {
        Ok(()) => Came::Through("it was taken".into()),
        Err(error) => Came::Refused(ask::words(&error)),
    }
}

/// One very long line.
pub(crate) fn log(bytes: usize) -> Came {
    stated(report::log(Level::Info, &"l".repeat(bytes)))
}

/// One very large attachment.
pub(crate) fn attach(bytes: usize) -> Came {
    stated(report::attach("large", "text/plain", &vec![b'a'; bytes]))
}

/// A check that claims its rows over and over.
pub(crate) fn requirements(cx: &Context, count: usize) -> Came {
    let requirements = cx.requirements().iter().cycle().take(count).cloned().collect();
    stated(report::check(&Outcome {
        requirements,
        name: "claims too often".into(),
        verdict: Verdict::Pass,
        expected: String::new(),
        observed: String::new(),
        evidence: Vec::new(),
    }))
}
