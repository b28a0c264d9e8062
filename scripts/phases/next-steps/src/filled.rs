//! Whether a page has what it must have, said by somebody: no section is missing, empty, a placeholder, or still its template's. Pure.

use crate::page::{Page, Part, within};

/// What stands where somebody meant to write.
const STAND_INS: [&str; 6] = ["todo", "tbd", "tba", "tbc", "fixme", "xxx"];

/// How much of a placeholder is told.
const SHOWN: usize = 60;

/// What is wrong with these sections of a page. A template has sections of the same names, whose texts are to be replaced.
pub(crate) fn problems(page: &Page, wanted: &[String], template: Option<&Page>) -> Vec<String> {
    let mut problems = Vec::new();
    for name in wanted {
        let Some(section) = page.section(name) else {
            problems.push(format!("`{name}` is missing"));
            continue;
        };
        problems.extend(empty(section, name));
        let left = section.iter().filter_map(Part::text).filter(|text| is_placeholder(text));
        problems.extend(left.map(|text| format!("`{name}` has a placeholder: {}", clipped(text))));
        let texts = |section: &[Part]| section.iter().filter_map(Part::text).map(str::to_owned).collect::<Vec<_>>();
        let untouched = template.and_then(|template| template.section(name)).map(texts);
        if untouched.is_some_and(|untouched| !untouched.is_empty() && untouched == texts(section)) {
            problems.push(format!("`{name}` is still that of the template"));
        }
    }
    problems
}

/// Headings of a section, its own one too, below which nothing is said.
fn empty<'a>(section: &'a [Part], name: &'a str) -> impl Iterator<Item = String> + 'a {
    let headings = section.iter().enumerate().filter_map(|(at, part)| Some((at, part.heading()?)));
    headings.filter(move |(at, _)| within(&section[*at..]).iter().all(|part| part.text().is_none())).map(
        move |(at, heading)| {
            if at == 0 { format!("`{name}` is empty") } else { format!("`{heading}` in `{name}` is empty") }
        },
    )
}

/// Whether a text only holds a place: `TBD`, `TBD: ask`, `…`, `[what happened?]`.
fn is_placeholder(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    let word = bare.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    // `Todo lists were long` says something.
    let stands_out = word.len() == bare.len() || word == word.to_uppercase();
    let is_stand_in = STAND_INS.contains(&word.to_lowercase().as_str()) && stands_out;
    let is_dots = text.chars().all(|c| matches!(c, '.' | '…' | '?' | '_' | ' '));
    let held = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let is_bracket = held.is_some_and(|held| !held.contains(['[', ']']));
    is_stand_in || is_dots || is_bracket || bare.to_lowercase().starts_with("lorem ipsum")
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, template: Option<&str>) -> Vec<String> {
        let wanted = ["What happened", "What we change"].map(str::to_owned);
        problems(&Page::parse(text), &wanted, template.map(Page::parse).as_ref())
    }

    #[test]
    fn what_is_said_is_fine() {
        let page =
            "# Lessons\n## What happened\n### P3.1\nIt was slow.\n#### Cause\nA pool.\n## What we change\n- the pool\n";
        assert_eq!(of(page, None), [""; 0]);
    }

    #[test]
    fn what_is_missing_or_empty_is_told() {
        assert_eq!(of("## What happened\n\nx\n", None), ["`What we change` is missing"]);
        let page = "## What happened\n\n### P3.1\n\nslow\n\n#### Cause\n\n<!-- here -->\n\n## What we change\n";
        assert_eq!(of(page, None), ["`Cause` in `What happened` is empty", "`What we change` is empty"]);
    }

    #[test]
    fn a_placeholder_is_told_with_its_text() {
        for text in [
            "TBD",
            "todo",
            "TODO: ask the team",
            "...",
            "…",
            "??",
            "[what happened?]",
            "- Tbd.",
            "**FIXME** soon",
            "Lorem ipsum dolor",
        ] {
            let found = of(&format!("## What happened\n\n{text}\n\n## What we change\n\nx\n"), None);
            assert!(
                found.len() == 1 && found[0].starts_with("`What happened` has a placeholder: "),
                "{text}: {found:?}"
            );
        }
        for text in
            ["Todo lists were long.", "The alert said TODO.", "[1] and [2]", "[a link](https://a.example)", "1", "✅"]
        {
            assert_eq!(of(&format!("## What happened\n\n{text}\n\n## What we change\n\nx\n"), None), [""; 0], "{text}");
        }
        let long = of(&format!("## What happened\n\nTBD {}\n\n## What we change\n\nx\n", "é".repeat(100)), None);
        assert!(long[0].ends_with("é…") && long[0].chars().count() < 110, "{long:?}");
    }

    #[test]
    fn the_text_of_the_template_is_not_ones_own() {
        let template = "## What happened\n\nSay what was seen first.\n\n## What we change\n";
        let page = "## What happened\n\nSay what was\nseen first.\n\n## What we change\n\nx\n";
        assert_eq!(of(page, Some(template)), ["`What happened` is still that of the template"]);
        assert_eq!(of(&page.replace("Say", "He said"), Some(template)), [""; 0]);
    }
}
