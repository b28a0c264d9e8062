//! Calls as a configuration writes them, with what earlier answers brought put into their places.

use holdpoint::{
    Answer, Target,
    bindings::holdpoint::{
        http::http as wit,
        report::report::{self, Outcome, Verdict},
        types::types::CallError as Refusal,
    },
    prelude::*,
};

use crate::Came;

/// A request. Texts may hold `{secret NAME}`, `{json KEY}` and `{header NAME}` of the answer before, and `{body N}` of the answer N.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Send {
    /// An absolute URL; else `path` of `service`.
    url: Option<String>,
    service: Option<String>,
    path: Option<String>,
    method: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    timeout: Option<u32>,
    #[serde(default)]
    follow: u32,
}

/// The answers before.
#[derive(Default)]
pub(crate) struct Memory(Vec<Response>);

impl Memory {
    /// The text with its places filled.
    pub(crate) fn filled(&self, cx: &Context, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, (place, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled.push_str(before);
            filled.push_str(&self.value(cx, place));
            rest = after;
        }
        filled + rest
    }

    fn value(&self, cx: &Context, place: &str) -> String {
        let answer = self.0.last();
        match place.split_once(' ') {
            Some(("secret", name)) => cx.secrets().reference(name).map_or_else(|e| e.to_string(), |p| p.to_string()),
            Some(("header", name)) => answer.and_then(|answer| answer.header(name)).unwrap_or_default().to_owned(),
            Some(("json", key)) => {
                let json: Option<Value> = answer.and_then(|answer| answer.json().ok());
                json.and_then(|json| Some(json.get(key)?.as_str()?.to_owned())).unwrap_or_default()
            }
            Some(("body", number)) => {
                let answer = number.parse().ok().and_then(|number: usize| self.0.get(number));
                answer.map(|answer| answer.text().into_owned()).unwrap_or_default()
            }
            // Not a place of ours.
            _ => format!("{{{place}}}"),
        }
    }
}

fn answer(cx: &Context, send: &Send, memory: &Memory) -> Answer {
    let filled = |text: &String| memory.filled(cx, text);
    let target = match &send.url {
        Some(url) => Target::Url(filled(url)),
        None => Target::Service {
            service: send.service.clone().unwrap_or_else(|| "backend".into()),
            path: send.path.as_ref().map(filled).unwrap_or_default(),
        },
    };
    let mut request = Request::new(send.method.as_deref().unwrap_or("GET"), target).follow(send.follow);
    for (name, value) in &send.headers {
        request = request.header(name, filled(value));
    }
    if let Some(body) = &send.body {
        request = request.body("text/plain", filled(body));
    }
    if let Some(timeout) = send.timeout {
        request = request.timeout(Millis(timeout));
    }
    cx.http().send(request)
}

fn told(answer: &Answer) -> Came {
    match answer {
        Ok(answer) => Came::Through(format!("status {}", answer.status())),
        Err(error) => Came::Refused(error.to_string()),
    }
}

/// Sends what should be refused.
pub(crate) fn send(cx: &Context, send: &Send, memory: &mut Memory) -> Came {
    told(&answer(cx, send, memory))
}

/// Sends what is granted, and states all that came back.
pub(crate) fn fetch(cx: &Context, send: &Send, memory: &mut Memory) -> Came {
    let answer = answer(cx, send, memory);
    let came = told(&answer);
    if let Ok(answer) = answer {
        let head: Vec<String> = answer.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        cx.attach("head", "text/plain", head.join("\n").as_bytes());
        cx.attach("body", "application/octet-stream", answer.body());
        cx.measure("secrets that were found", f64::from(answer.replaced().iter().map(|r| r.count).sum::<u32>()), "");
        memory.0.push(answer);
    }
    came
}

/// A text in every place of every statement.
pub(crate) fn state(cx: &Context, text: &str) -> Came {
    cx.observation(format!("name {text}")).expecting(expected(text)).pass(observed(text), ());
    cx.measure(format!("measure {text}"), 1.0, text);
    cx.attach(format!("attachment {text}"), text, text.as_bytes());
    cx.progress(1, 1, text);
    cx.log(Level::Info, text);
    Came::Through("it was taken".into())
}

/// Claims a row, past the SDK, which would leave it out.
pub(crate) fn claim(row: &str) -> Came {
    let claimed = report::check(&Outcome {
        requirements: vec![row.to_owned()],
        name: "another phase's row".into(),
        verdict: Verdict::Pass,
        expected: String::new(),
        observed: String::new(),
        evidence: Vec::new(),
    });
    match claimed {
        Ok(()) => Came::Through("the claim was taken".into()),
        Err(refusal) => Came::Refused(words(&refusal)),
    }
}

/// A request of the contract, past the SDK.
pub(crate) fn raw(path: &str) -> wit::Request {
    wit::Request {
        target: wit::Target::Service(wit::ServiceTarget { service: "backend".into(), path: path.into() }),
        method: "GET".into(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: None,
        follow: 0,
    }
}

/// A refusal in the words that the SDK has for it.
pub(crate) fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Denied(denial) => format!("denied {}: {}", denial.wanted, denial.reason),
        Refusal::Timeout(limit) => format!("no answer within {limit} ms"),
        Refusal::Failed(text) | Refusal::InDoubt(text) | Refusal::Interrupted(text) | Refusal::Exhausted(text) => {
            text.clone()
        }
    }
}
