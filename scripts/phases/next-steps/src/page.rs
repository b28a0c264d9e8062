//! A page in Markdown: what stands below which heading, and where its links lead within it. Pure.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What stands between two such lines at the top of a page, by the ending of a file of it.
const FRONTS: [(&str, &str); 2] = [("+++", "toml"), ("---", "yaml")];

/// Markdown as people write it on GitHub.
const READ: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// A page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    parts: Vec<Part>,
    links: Vec<String>,
    /// All markup of HTML, which may have anchors.
    html: String,
}

/// A piece of a page, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Level, from 1, and text.
    Heading(usize, String),
    /// A paragraph, an item of a list, a cell of a table, a piece of code; never empty.
    Text(String),
}

/// The facts at the top of a page as a name of a file and its text, if there are any, and the rest.
pub(crate) fn split(text: &str) -> (Option<(&'static str, &str)>, &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let Some((fence, ending)) = FRONTS.into_iter().find(|(fence, _)| first.trim_end() == *fence) else {
        return (None, text);
    };
    let mut end = first.len();
    for line in lines {
        if line.trim_end() == fence {
            return (Some((ending, &text[first.len()..end])), &text[end + line.len()..]);
        }
        end += line.len();
    }
    (None, text)
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut said = String::new();
        for event in Parser::new_ext(split(text).1, READ) {
            match event {
                Event::Text(text) | Event::Code(text) => said.push_str(&text),
                Event::SoftBreak | Event::HardBreak => said.push(' '),
                Event::Html(markup) | Event::InlineHtml(markup) => page.html.push_str(&markup),
                Event::Start(Tag::Link { dest_url, .. }) => page.links.push(dest_url.to_string()),
                Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Image { .. }) => {}
                Event::End(
                    TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Image | TagEnd::Link,
                ) => {}
                Event::End(TagEnd::Heading(level)) => {
                    page.parts.push(Part::Heading(level as usize, std::mem::take(&mut said).trim().to_owned()));
                }
                Event::Start(_) | Event::End(_) => {
                    let text = std::mem::take(&mut said).trim().to_owned();
                    page.parts.extend(Some(text).filter(|text| !text.is_empty()).map(Part::Text));
                }
                _ => {}
            }
        }
        page
    }

    /// A heading of this text, in whatever case, with all below it up to the next one of its level or above.
    pub(crate) fn section(&self, name: &str) -> Option<&[Part]> {
        let wanted = name.trim().to_lowercase();
        let from =
            self.parts.iter().position(|part| part.heading().is_some_and(|text| text.to_lowercase() == wanted))?;
        Some(within(&self.parts[from..]))
    }

    /// Links within the page that lead to no heading and no anchor of it.
    pub(crate) fn dead_links(&self) -> Vec<&str> {
        let anchors = self.anchors();
        let leads = |link: &str| {
            let name = link.trim_start_matches('#').to_lowercase();
            let is_marked = [format!("\"{name}\""), format!("'{name}'")].iter().any(|mark| self.html.contains(mark));
            name.is_empty() || anchors.contains_key(&name) || is_marked
        };
        self.links.iter().map(String::as_str).filter(|link| link.starts_with('#') && !leads(link)).collect()
    }

    /// What GitHub makes of headings: small letters, hyphens for blanks, and a number for what was there before.
    fn anchors(&self) -> BTreeMap<String, u32> {
        let mut anchors: BTreeMap<String, u32> = BTreeMap::new();
        for heading in self.parts.iter().filter_map(Part::heading) {
            let heading = heading.to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let plain: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let mut anchor = plain.clone();
            while anchors.contains_key(&anchor) {
                let number = anchors.entry(plain.clone()).or_default();
                *number += 1;
                anchor = format!("{plain}-{number}");
            }
            anchors.insert(anchor, 0);
        }
        anchors
    }
}

impl Part {
    /// Its text, if it is a heading.
    pub(crate) fn heading(&self) -> Option<&str> {
        match self {
            Self::Heading(_, text) => Some(text),
            Self::Text(_) => None,
        }
    }

    /// Its text, if it is none.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Heading(..) => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// The first of these parts, a heading, and what is below it.
pub(crate) fn within(parts: &[Part]) -> &[Part] {
    let Some(Part::Heading(level, _)) = parts.first() else { return &[] };
    let is_next = |part: &Part| matches!(part, Part::Heading(other, _) if other <= level);
    let length = parts.iter().skip(1).position(is_next).map_or(parts.len(), |at| at + 1);
    &parts[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'p>(page: &'p Page, section: &str) -> Vec<&'p str> {
        page.section(section).unwrap_or_default().iter().filter_map(Part::text).collect()
    }

    #[test]
    fn a_section_ends_with_the_next_heading_of_its_level() {
        let page = Page::parse(
            "# Top\n\nfirst *of*\nall\n\n## One\n\n- a\n  - `b`\n- [x] c\n\n### Deeper\n\n| h |\n|---|\n| cell |\n\n## Two\n\n```sh\n# no heading\n```\n",
        );
        assert_eq!(texts(&page, "one"), ["a", "b", "c", "h", "cell"]);
        assert_eq!(texts(&page, " TWO "), ["# no heading"]);
        assert_eq!(texts(&page, "Top").first(), Some(&"first of all"));
        assert_eq!(page.section("Three"), None);
    }

    #[test]
    fn what_is_only_markup_says_nothing() {
        let page = Page::parse("## A\n\n<!-- write here -->\n\n---\n\n## B\n\n<b></b>\n");
        assert_eq!((texts(&page, "A"), texts(&page, "B")), (vec![], vec![]));
    }

    #[test]
    fn facts_stand_at_the_top() {
        let toml = "+++\ndate = 2026-01-01\n+++\n# A\n";
        assert_eq!(split(toml), (Some(("toml", "date = 2026-01-01\n")), "# A\n"));
        assert_eq!(split("\u{feff}---\r\na: 1\r\n---\r\nb"), (Some(("yaml", "a: 1\r\n")), "b"));
        for none in ["", "# A\n", "+++\nnever closed\n", "text\n+++\n+++\n"] {
            assert_eq!(split(none), (None, none));
        }
        assert_eq!(Page::parse(toml).section("A"), Some(&[Part::Heading(1, "A".to_owned())][..]));
    }

    #[test]
    fn a_link_within_the_page_leads_to_a_heading_or_an_anchor() {
        let page = Page::parse(
            "# Roll back, now!\n## Steps\n## Steps\n<a name=\"by-hand\"></a>\n\n[a](#roll-back-now) [b](#Steps) [c](#steps-1) [d](#by-hand) [e](#) \
             [f](other.md#x) [g](https://a.example/#y) [h][ref]\n\n[ref]: #steps-2\n",
        );
        assert_eq!(page.dead_links(), ["#steps-2"]);
        assert_eq!(Page::parse("[a](#steps)").dead_links(), ["#steps"]);
    }

    #[test]
    fn as_many_headings_as_a_page_can_have_are_read() {
        let page = Page::parse(&("# a\n".repeat(16_000) + "[a](#a-15999) [b](#a-16000)\n"));
        assert_eq!(page.dead_links(), ["#a-16000"]);
    }
}
