//! What a browser makes of the page: parsed as one does, without an error, with every foreign text as text.

use html5ever::{parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::html;
use crate::{Report, fixture, hostile, text};

/// The document; a mistake of the parser's is one of ours.
fn parsed(page: &str) -> RcDom {
    let dom = parse_document(RcDom::default(), Default::default()).one(page);
    assert_eq!(dom.errors.borrow().as_slice(), &[] as &[std::borrow::Cow<'_, str>]);
    dom
}

/// Every element in the order of the document, with its attributes as `name=value`.
fn elements(dom: &RcDom) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    walk(&dom.document, &mut |node| {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let attributes = attrs.borrow().iter().map(|a| format!("{}={}", a.name.local, a.value)).collect();
            found.push((name.local.to_string(), attributes));
        }
    });
    found
}

/// All text that a reader sees.
fn words(dom: &RcDom) -> String {
    let mut words = String::new();
    walk(&dom.document, &mut |node| {
        if let NodeData::Text { contents } = &node.data {
            words.push_str(&contents.borrow());
        }
    });
    words
}

fn walk(node: &Handle, visit: &mut impl FnMut(&Handle)) {
    visit(node);
    node.children.borrow().iter().for_each(|child| walk(child, visit));
}

fn named<'a>(elements: &'a [(String, Vec<String>)], name: &str) -> Vec<&'a [String]> {
    elements.iter().filter(|(element, _)| element == name).map(|(_, attributes)| attributes.as_slice()).collect()
}

#[test]
fn a_held_run_as_a_page() {
    let page = html(&fixture::report());
    let body = page.split_once("</style>").unwrap().1;
    insta::assert_snapshot!(body.replace("><", ">\n<"));
}

#[test]
fn every_page_parses_without_an_error() {
    let empty = Report::build(&holdpoint_model::Checklist::default(), &[], []);
    for report in [empty, fixture::report(), fixture::recovered(), fixture::unfinished(10), hostile::report(40)] {
        parsed(&html(&report));
    }
}

#[test]
fn the_decision_comes_first() {
    let words = words(&parsed(&html(&fixture::report())));
    let place = |text: &str| words.find(text).unwrap_or_else(|| panic!("{text} is not on the page: {words}"));
    let order = [
        "hold · failed: P3.1",
        "What each phase came to",
        "holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/1",
        "Every row of the checklist",
        "no phase of this run judges it",
        "was denied http GET https://api.stripe.com/v1/charges",
        "Calls by phase",
        "Numbers that the phases stated",
        "What the phases attached",
        "one dependency is down",
        "Fixed before the first phase",
    ];
    let places: Vec<usize> = order.into_iter().map(place).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn what_guests_say_is_text() {
    let page = html(&hostile::report(40));
    let dom = parsed(&page);
    let (found, words) = (elements(&dom), words(&dom));
    for name in ["script", "img", "iframe", "form", "object", "link", "base", "svg"] {
        assert_eq!(named(&found, name), [&[] as &[String]; 0], "{name}");
    }
    assert!(named(&found, "a").iter().flat_map(|a| a.iter()).all(|a| a.starts_with("href=#")), "{found:?}");
    let handlers = found.iter().flat_map(|(_, attributes)| attributes).filter(|a| a.starts_with("on"));
    assert_eq!(handlers.count(), 0);
    for said in hostile::SAID.into_iter().filter(|said| !said.contains('\n')) {
        assert!(words.contains(&text::line(said)), "{said:?} is not on the page as it was said");
    }
    let hidden = page.chars().find(|c| *c != '\n' && text::is_hidden(*c));
    assert_eq!(hidden, None);
}

#[test]
fn nothing_is_loaded() {
    let page = html(&hostile::report(40));
    let found = elements(&parsed(&page));
    let loads = |a: &&String| a.starts_with("src=") || a.starts_with("srcset=") || a.starts_with("style=");
    assert_eq!(found.iter().flat_map(|(_, attributes)| attributes).find(loads), None);
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}

#[test]
fn tables_have_captions_and_headings_follow_each_other() {
    let found = elements(&parsed(&html(&fixture::report())));
    assert_eq!(named(&found, "table").len(), named(&found, "caption").len());
    assert_eq!(named(&found, "h1").len(), 1);
    assert_eq!(named(&found, "html")[0], ["lang=en"]);
    let levels: Vec<u8> =
        found.iter().filter_map(|(name, _)| name.strip_prefix('h').and_then(|level| level.parse().ok())).collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    let headers = named(&found, "th");
    assert!(headers.iter().all(|attributes| attributes.iter().any(|a| a.starts_with("scope="))));
    let mut ids: Vec<&String> = found.iter().flat_map(|(_, a)| a).filter(|a| a.starts_with("id=")).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands twice");
    let leads_somewhere = |link: &[String]| ids.contains(&&link[0].replace("href=#", "id="));
    assert!(named(&found, "a").into_iter().all(leads_somewhere));
}

#[test]
fn a_page_has_an_end() {
    let page = html(&hostile::huge());
    assert!(page.len() < 8 << 20, "{} bytes", page.len());
    for more in
        ["… and 650 more rows", "… and 1,000 more rows", "… and 100 more measures", "… and 600 more attachments"]
    {
        assert!(page.contains(more), "{more}");
    }
}
