//! The loads of a page side by side, and what is said of them.

use std::collections::BTreeSet;

use holdpoint::Expected;
use holdpoint::prelude::*;
use url::{Position, Url};

use crate::ROW;
use crate::browser::{Came, Page, Visit, cut};
use crate::config::Config;
use crate::text::words;

/// Findings of one kind that are named.
const SHOWN: usize = 10;
/// Bytes of a picture that are kept.
const LARGEST_PICTURE: usize = 2 << 20;

pub(crate) fn all(cx: &Context, config: &Config, url: &Url, visits: &[Visit]) {
    loads(cx, config, url, visits);
    let pages: Vec<&Page> = visits.iter().filter_map(Visit::page).collect();
    if pages.is_empty() {
        return;
    }
    let calls: Vec<u32> = visits.iter().flat_map(|visit| visit.calls.clone()).collect();
    requests(cx, config, url, &pages, &calls);
    errors(cx, url, &pages, &calls);
    shown(cx, config, url, &pages, &calls);
    numbers(cx, url, &pages);
    picture(cx, &pages);
}

/// The check of the loads themselves.
pub(crate) fn loading<'c>(cx: &'c Context, config: &Config, url: &Url) -> Check<'c> {
    cx.check([ROW], format!("{url} loads")).expecting(in_time(config))
}

fn in_time(config: &Config) -> Expected {
    expected(format!("loaded within {}, as the median of {}", config.within, config.times))
}

fn loads(cx: &Context, config: &Config, url: &Url, visits: &[Visit]) {
    let check = loading(cx, config, url);
    let (mut lost, mut unknown) = (Told::default(), Told::default());
    let mut took: Vec<f64> = Vec::new();
    for (number, visit) in (1..).zip(visits) {
        match &visit.came {
            Came::Nothing(why) => lost.add(number, why, visit),
            Came::Unknown(why) => unknown.add(number, why, visit),
            Came::Page(page) => match page.load.wrong() {
                Some(why) => lost.add(number, &why, visit),
                None => took.extend(page.load.took),
            },
        }
    }
    if !lost.is_empty() {
        return check.fail(in_time(config), observed(lost.text()), lost.calls);
    }
    let calls: Vec<u32> = visits.iter().flat_map(|visit| visit.calls.clone()).collect();
    match median(&took) {
        _ if !unknown.is_empty() => check.inconclusive(observed(unknown.text()), unknown.calls),
        None => check.inconclusive(observed("no load has a time"), calls),
        Some(middle) => {
            let each: Vec<String> = took.iter().map(|took| Millis::from_f64(*took).0.to_string()).collect();
            let middle = Millis::from_f64(middle);
            let seen = observed(format!("{middle} ({})", each.join(", ")));
            check.passes_if(middle <= config.within, in_time(config), seen, calls);
        }
    }
}

/// What is said of some loads, with their numbers, and the calls that show it.
#[derive(Default)]
struct Told {
    said: Vec<String>,
    calls: Vec<u32>,
}

impl Told {
    fn add(&mut self, number: u32, what: &str, visit: &Visit) {
        self.said.push(format!("load {number}: {what}"));
        self.calls.extend(&visit.calls);
    }

    fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    fn text(&self) -> String {
        named(self.said.iter().cloned())
    }
}

fn requests(cx: &Context, config: &Config, url: &Url, pages: &[&Page], calls: &[u32]) {
    let (mut wrong, mut others, mut counted) = (BTreeSet::new(), BTreeSet::new(), 0_usize);
    let mut hosts = BTreeSet::new();
    for request in pages.iter().flat_map(|page| &page.load.requests) {
        let Ok(asked) = Url::parse(&request.url) else { continue };
        let counts = config.counts(url, &asked);
        counted += usize::from(counts);
        hosts.extend(asked.host_str().map(str::to_owned));
        if let Some(why) = &request.wrong {
            // What stands behind the path may hold anything.
            let told = format!("{} {why}", &asked[..Position::AfterPath]);
            let of_its_kind = if counts { &mut wrong } else { &mut others };
            of_its_kind.insert(told);
        }
    }
    if !others.is_empty() {
        cx.log(Level::Warn, format!("requests that do not count: {}", named(others)));
    }
    let seen = match wrong.len() {
        0 => format!("none of {counted} fails"),
        _ => named(wrong.iter().cloned()),
    };
    let check = cx.check([ROW], format!("{url} has all that it asks for"));
    if counted == 0 {
        // It has led elsewhere, or all that it asks for may fail.
        let seen = observed(format!("no request counts, of those to {}", named(hosts)));
        return check.expecting(expected("no request of its own fails")).inconclusive(seen, calls.to_vec());
    }
    check.passes_if(wrong.is_empty(), expected("no request of its own fails"), observed(seen), calls.to_vec());
}

fn errors(cx: &Context, url: &Url, pages: &[&Page], calls: &[u32]) {
    let uncaught: BTreeSet<&String> = pages.iter().flat_map(|page| &page.uncaught).collect();
    let seen = match uncaught.len() {
        0 => "none".to_owned(),
        _ => named(uncaught.iter().map(ToString::to_string)),
    };
    let check = cx.check([ROW], format!("{url} throws nothing"));
    check.passes_if(uncaught.is_empty(), expected("no uncaught error"), observed(seen), calls.to_vec());
}

fn shown(cx: &Context, config: &Config, url: &Url, pages: &[&Page], calls: &[u32]) {
    let check = cx.check([ROW], format!("{url} shows what it should"));
    let wanted: Vec<String> = config.shows.iter().map(|text| words(text)).collect();
    let expects = if wanted.is_empty() { "some text".to_owned() } else { quoted(&wanted) };
    let lacks = |page: &Page| -> Vec<String> {
        wanted.iter().filter(|text| !page.text.contains(text.as_str())).cloned().collect()
    };
    // The page that lacks most speaks for all.
    let worst = pages.iter().max_by_key(|page| (page.text.is_empty(), lacks(page).len()));
    let Some(page) = worst else { return check.inconclusive(observed("no page"), calls.to_vec()) };
    let missing = lacks(page);
    let text = if page.text.is_empty() { "no text".to_owned() } else { format!("`{}`", cut(&page.text)) };
    let seen = if missing.is_empty() { text } else { format!("not {}; {text}", quoted(&missing)) };
    let is_well = missing.is_empty() && !page.text.is_empty();
    let ends = pages.iter().filter_map(|page| Url::parse(&page.load.led_to).ok());
    let others = ends.filter(|end| !config.is_own(url, end)).filter_map(|end| end.host_str().map(str::to_owned));
    let others: BTreeSet<String> = others.collect();
    if is_well && !others.is_empty() {
        // Whatever stands there, it is not of this page.
        let seen = observed(format!("the page leads to {}", named(others)));
        return check.expecting(expected(expects)).inconclusive(seen, calls.to_vec());
    }
    check.passes_if(is_well, expected(expects), observed(seen), calls.to_vec());
}

/// What others judge by, and what a person reads.
fn numbers(cx: &Context, url: &Url, pages: &[&Page]) {
    let each = |of: fn(&Page) -> Option<f64>| -> Vec<f64> { pages.iter().filter_map(|page| of(page)).collect() };
    let took = each(|page| page.load.took);
    for took in &took {
        cx.sample("frontend_load_ms", [("url", url.as_str())], *took);
    }
    for (name, values) in [
        ("frontend load", took),
        ("first contentful paint", each(|page| page.load.first_paint)),
        ("largest contentful paint until the load", each(|page| page.load.largest_paint)),
    ] {
        if let Some(middle) = median(&values) {
            cx.measure(name, middle, "ms");
        }
    }
}

/// Keeps how the page looked at last.
fn picture(cx: &Context, pages: &[&Page]) {
    match pages.iter().rev().find_map(|page| page.picture.as_deref()) {
        Some(picture) if picture.len() <= LARGEST_PICTURE => cx.attach("frontend.png", "image/png", picture),
        Some(picture) => cx.log(
            Level::Warn,
            format!("the picture has {} bytes, and at most {LARGEST_PICTURE} are kept", picture.len()),
        ),
        None => cx.log(Level::Warn, "the browser has made no picture"),
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some(f64::midpoint(sorted[low], sorted[high]))
}

/// The first of these, and how many more there are.
fn named(all: impl IntoIterator<Item = String>) -> String {
    let mut all = all.into_iter();
    let first: Vec<String> = all.by_ref().take(SHOWN).collect();
    match all.count() {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}
