//! A load as Chromium traces it, in the categories `blink.user_timing` and `devtools.timeline`. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

const BEGINS: &str = "navigationStart";
const ENDS: &str = "loadEventEnd";
const FIRST_PAINT: &str = "firstContentfulPaint";
const LARGEST_PAINT: &str = "largestContentfulPaint::Candidate";
const ASKS: &str = "ResourceSendRequest";
const ANSWERS: &str = "ResourceReceiveResponse";
const FINISHES: &str = "ResourceFinish";
/// The events that a load is made of. Everything else of a trace is read over.
const KEPT: [&str; 7] = [BEGINS, ENDS, FIRST_PAINT, LARGEST_PAINT, ASKS, ANSWERS, FINISHES];

/// An event of a trace, as far as a load needs it. What an event does not have is empty.
#[derive(Debug)]
pub(crate) struct Event {
    name: &'static str,
    /// In milliseconds, from wherever the clock of the browser begins.
    at: f64,
    frame: String,
    /// Of the request; that of a document is the id of its navigation, too.
    id: String,
    url: String,
    /// `Document`, `Script`, …
    kind: String,
    status: Option<u16>,
    failed: bool,
}

/// A page's load.
#[derive(Debug, PartialEq)]
pub(crate) struct Load {
    /// What its document was answered with.
    pub(crate) status: Option<u16>,
    /// From the start of its navigation to the end of the load event, in milliseconds. None: it did not end.
    pub(crate) took: Option<f64>,
    /// When the first and the largest content were painted, in milliseconds, if that was before the end.
    pub(crate) first_paint: Option<f64>,
    pub(crate) largest_paint: Option<f64>,
    /// The URL of the document that stands there in the end. A page can go on to another by itself.
    pub(crate) led_to: String,
    /// In the order of their ids.
    pub(crate) requests: Vec<Request>,
}

/// A request of a page over the network.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) url: String,
    /// What went wrong with it. One that was under way at the end has gone wrong in nothing.
    pub(crate) wrong: Option<String>,
}

/// The events of the trace at the beginning of these bytes, and what follows it.
pub(crate) fn first(bytes: &[u8]) -> Result<(Vec<Event>, &[u8]), String> {
    #[derive(serde::Deserialize)]
    struct Trace {
        #[serde(rename = "traceEvents")]
        events: Events,
    }
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Trace>();
    match values.next() {
        Some(Ok(trace)) => Ok((trace.events.0, bytes.get(values.byte_offset()..).unwrap_or_default())),
        Some(Err(error)) => Err(format!("its trace can't be read: {error}")),
        None => Err("it has written no trace".to_owned()),
    }
}

struct Events(Vec<Event>);

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Events;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of events")
            }

            // One after the other, for a trace is much larger in memory than what is kept of it.
            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Events, A::Error> {
                let mut kept = Vec::new();
                while let Some(event) = all.next_element::<Value>()? {
                    kept.extend(Event::of(&event));
                }
                Ok(Events(kept))
            }
        }

        deserializer.deserialize_seq(Each)
    }
}

impl Event {
    fn of(event: &Value) -> Option<Self> {
        let name = KEPT.into_iter().find(|name| event["name"].as_str() == Some(*name))?;
        let (args, data) = (&event["args"], &event["args"]["data"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let either = |one: &Value, other: &Value| text(if one.is_string() { one } else { other });
        Some(Self {
            name,
            at: event["ts"].as_f64()? / 1_000.0,
            frame: either(&args["frame"], &data["frame"]),
            id: either(&data["requestId"], &data["navigationId"]),
            url: text(&data["url"]),
            kind: text(&data["resourceType"]),
            status: data["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()),
            failed: data["didFail"].as_bool().unwrap_or_default(),
        })
    }

    /// Whether it speaks of something that goes over the network. The browser has pages of its own.
    fn is_of_web(&self) -> bool {
        self.url.starts_with("https://") || self.url.starts_with("http://")
    }
}

impl Load {
    /// None: no page was begun.
    pub(crate) fn of(events: &[Event]) -> Option<Self> {
        let named = |name: &'static str| events.iter().filter(move |event| event.name == name);
        let documents = || named(ASKS).filter(|event| event.kind == "Document" && event.is_of_web());
        let document = documents().min_by(|a, b| a.at.total_cmp(&b.at))?;
        let of_its_frame = documents().filter(|event| event.frame == document.frame);
        let last = of_its_frame.max_by(|a, b| a.at.total_cmp(&b.at)).unwrap_or(document);
        let began = named(BEGINS).find(|event| event.id == document.id)?.at;
        let ended = named(ENDS).filter(|event| event.frame == document.frame && event.at > began);
        let ended = ended.map(|event| event.at).min_by(f64::total_cmp);
        // What comes after the end is painted in a time that the browser makes up.
        let painted = |name| {
            let all = named(name).filter(|event| event.id == document.id && ended.is_some_and(|end| event.at <= end));
            all.map(|event| event.at - began).max_by(f64::total_cmp)
        };
        Some(Self {
            status: named(ANSWERS).find(|event| event.id == document.id).and_then(|event| event.status),
            took: ended.map(|end| end - began),
            first_paint: painted(FIRST_PAINT),
            largest_paint: painted(LARGEST_PAINT),
            led_to: last.url.clone(),
            requests: requests(events),
        })
    }

    /// Why the page is none, if it is none.
    pub(crate) fn wrong(&self) -> Option<String> {
        match (self.status, self.took) {
            (Some(200..=299), Some(_)) => None,
            (Some(200..=299), None) => Some("its load did not end".to_owned()),
            (Some(status), _) => Some(format!("its document is answered with {status}")),
            (None, _) => Some("its document has no answer".to_owned()),
        }
    }
}

/// What was asked over the network, each once; a redirect is part of what it leads to.
fn requests(events: &[Event]) -> Vec<Request> {
    let mut asked: BTreeMap<&str, &Event> = BTreeMap::new();
    let mut status: BTreeMap<&str, u16> = BTreeMap::new();
    let mut failed: BTreeMap<&str, bool> = BTreeMap::new();
    for event in events {
        let id = event.id.as_str();
        match event.name {
            ASKS => asked.extend(event.is_of_web().then_some((id, event))),
            ANSWERS => status.extend(event.status.map(|code| (id, code))),
            FINISHES => failed.extend([(id, event.failed)]),
            _ => {}
        }
    }
    let wrong = |id: &str| match (status.get(id), failed.get(id)) {
        (Some(code), _) if *code >= 400 => Some(format!("is answered with {code}")),
        (Some(_), Some(true)) => Some("breaks off".to_owned()),
        (None, Some(true)) => Some("is not answered".to_owned()),
        _ => None,
    };
    asked.into_iter().map(|(id, event)| Request { url: event.url.clone(), wrong: wrong(id) }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::trace;

    /// A page with a style sheet, a script and what that asks for, as Chromium 156 traces it.
    const REAL: &[u8] = include_bytes!("samples/chromium-156.json");

    fn load(trace: &Value) -> Option<Load> {
        Load::of(&first(trace.to_string().as_bytes()).unwrap().0)
    }

    #[test]
    fn a_real_trace_is_read_to_its_end() {
        let all = [REAL, b"<html>"].concat();
        let (events, rest) = first(&all).unwrap();
        assert_eq!(rest.trim_ascii(), b"<html>");
        let load = Load::of(&events).unwrap();
        assert_eq!((load.status, load.wrong()), (Some(200), None));
        let (took, first, largest) = (load.took.unwrap(), load.first_paint.unwrap(), load.largest_paint.unwrap());
        assert!(0.0 < first && first <= largest && largest <= took && took < 1_000.0, "{load:?}");
        let mut seen: Vec<&str> = load.requests.iter().filter_map(|one| one.url.rsplit('/').next()).collect();
        seen.sort_unstable();
        assert_eq!(seen, ["", "app.css", "app.js", "health"]);
        assert!(load.requests.iter().all(|request| request.wrong.is_none()), "{load:?}");
    }

    #[test]
    fn a_trace_that_is_cut_or_none_is_no_load() {
        for end in (0..REAL.len()).step_by(97) {
            assert!(first(&REAL[..end]).is_err(), "{end}");
        }
        for text in ["[]", "{}", "<html>", "{\"traceEvents\": 1}"] {
            assert!(first(text.as_bytes()).is_err_and(|error| error.contains("can't be read")), "{text}");
        }
        assert_eq!(load(&json!({ "traceEvents": [] })), None);
        assert_eq!(
            load(&json!({ "traceEvents": [1, null, "x", { "name": "navigationStart" }, { "name": [] }] })),
            None
        );
    }

    #[test]
    fn a_load_ends_with_its_own_frame_and_not_before_it_began() {
        let mut events = trace("https://app.example.com/", 200, 500.0, &[]);
        let end = events["traceEvents"].as_array_mut().unwrap().pop().unwrap();
        let other = |frame: &str, ts: f64| {
            let mut event = end.clone();
            (event["args"]["frame"], event["ts"]) = (json!(frame), json!(ts));
            event
        };
        for event in [other("F", 1.0), other("inner", 1_200_000.0)] {
            events["traceEvents"].as_array_mut().unwrap().push(event);
        }
        let none = load(&events).unwrap();
        assert_eq!((none.took, none.wrong().as_deref()), (None, Some("its load did not end")));
        events["traceEvents"].as_array_mut().unwrap().push(end);
        assert_eq!(load(&events).unwrap().took, Some(500.0));
    }

    #[test]
    fn a_document_that_is_no_page_says_why() {
        let wrong = |status| load(&trace("https://app.example.com/", status, 10.0, &[])).unwrap().wrong();
        assert_eq!(wrong(503).as_deref(), Some("its document is answered with 503"));
        assert_eq!(wrong(204), None);
    }

    #[test]
    fn requests_go_wrong_in_three_ways_and_one_under_way_in_none() {
        let asked = [
            ("https://app.example.com/app.css", Some(404), Some(true)),
            ("https://app.example.com/a.json", Some(500), Some(false)),
            ("https://app.example.com/app.js", Some(200), Some(true)),
            ("https://other.example/x.js", None, Some(true)),
            ("https://app.example.com/slow", None, None),
            ("data:text/css,", Some(200), Some(true)),
        ];
        let load = load(&trace("https://app.example.com/", 200, 10.0, &asked)).unwrap();
        let wrong: Vec<Option<&str>> = load.requests.iter().map(|one| one.wrong.as_deref()).collect();
        let expected = [
            None,
            Some("is answered with 404"),
            Some("is answered with 500"),
            Some("breaks off"),
            Some("is not answered"),
            None,
        ];
        assert_eq!(wrong, expected);
    }

    #[test]
    fn what_is_painted_after_the_end_is_not_told() {
        let mut events = trace("https://app.example.com/", 200, 500.0, &[]);
        let paint = |name: &str, ts: f64| json!({ "name": name, "ts": ts, "args": { "frame": "F", "data": { "navigationId": "D" } } });
        let all = events["traceEvents"].as_array_mut().unwrap();
        all.push(paint(FIRST_PAINT, 1_100_000.0));
        all.push(paint(LARGEST_PAINT, 1_200_000.0));
        all.push(paint(LARGEST_PAINT, 1_300_000.0));
        all.push(paint(LARGEST_PAINT, 6_000_000.0));
        let load = load(&events).unwrap();
        assert_eq!((load.first_paint, load.largest_paint), (Some(100.0), Some(300.0)));
    }
}
