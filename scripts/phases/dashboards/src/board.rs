//! The boards of the project, and what their panels ask.

use holdpoint::prelude::*;

use crate::config::{self, Config};
use crate::judge;

/// What is read of an error that has several lines.
const WORDS: usize = 300;

/// A panel that is there, with what it asks.
#[derive(Debug)]
pub(crate) struct Panel<'a> {
    pub(crate) board: &'a config::Board,
    pub(crate) wanted: &'a config::Panel,
    pub(crate) query: String,
    /// The call that showed it.
    pub(crate) calls: Vec<u32>,
}

/// Every board, with the call that lists them.
#[derive(Debug)]
pub(crate) struct Boards {
    all: Vec<Value>,
    calls: Vec<u32>,
}

/// Why a panel can't be compared.
#[derive(Debug, PartialEq, Eq)]
enum Lack {
    /// People do not see it.
    Missing(String),
    /// It is there, and asks in another way.
    Unread(String),
}

/// An error says why there is no list.
pub(crate) fn list(cx: &Context) -> Result<Boards, (String, Vec<u32>)> {
    let ended = cx.gcloud().run(&Command::new("monitoring dashboards list"));
    let ended = ended.map_err(|error| (error.to_string(), error.calls()))?;
    if ended.is_truncated() {
        return Err(("the list of dashboards is longer than is read".to_owned(), ended.calls()));
    }
    match ended.json() {
        Ok(all) => Ok(Boards { all, calls: ended.calls() }),
        Err(error) => Err((error.to_string().chars().take(WORDS).collect(), ended.calls())),
    }
}

/// The panels that are there; those that are not are stated.
pub(crate) fn panels<'a>(cx: &Context, config: &'a Config, boards: &Boards) -> Vec<Panel<'a>> {
    let mut panels = Vec::new();
    for board in &config.boards {
        let found = named(&boards.all, &board.name);
        for wanted in &board.panels {
            let query = found.as_ref().map_err(|why| Lack::Missing(why.clone()));
            match query.and_then(|found| asks(found, &wanted.title)) {
                Ok(query) => panels.push(Panel { board, wanted, query, calls: boards.calls.clone() }),
                Err(Lack::Missing(why)) => {
                    let check = judge::check(cx, config, board, wanted);
                    check.fail(expected("a panel of that title"), observed(why), boards.calls.clone());
                }
                Err(Lack::Unread(why)) => {
                    judge::check(cx, config, board, wanted).inconclusive(observed(why), boards.calls.clone());
                }
            }
        }
    }
    panels
}

fn named<'v>(all: &'v [Value], name: &str) -> Result<&'v Value, String> {
    let mut found = all.iter().filter(|board| board.get("displayName").and_then(Value::as_str) == Some(name));
    match (found.next(), found.count()) {
        (None, _) => Err(format!("no board is named `{name}`")),
        (Some(board), 0) => Ok(board),
        (Some(_), more) => Err(format!("{} boards are named `{name}`", more + 1)),
    }
}

/// What the panel of this title asks.
fn asks(board: &Value, title: &str) -> Result<String, Lack> {
    let mut titled = Vec::new();
    walk(board, &mut |fields| {
        // The board itself has a display name, and its panels have titles.
        if fields.get("title").and_then(Value::as_str) == Some(title) {
            titled.push(fields.clone());
        }
    });
    let [panel] = titled.as_slice() else {
        let how_many =
            if titled.is_empty() { "no panel has".to_owned() } else { format!("{} panels have", titled.len()) };
        return Err(Lack::Missing(format!("{how_many} the title `{title}`")));
    };
    let (mut queries, mut series) = (Vec::new(), 0_usize);
    walk(&Value::Object(panel.clone()), &mut |fields| {
        queries.extend(fields.get("prometheusQuery").and_then(Value::as_str).map(str::to_owned));
        series += usize::from(fields.contains_key("timeSeriesQuery"));
    });
    match queries.as_slice() {
        // What is drawn beside it is not compared, and people see it as well.
        [_] if series > 1 => Err(Lack::Unread(format!("it draws {series} series, and not all by PromQL"))),
        [query] => Ok(query.clone()),
        [] => Err(Lack::Unread("it asks by no PromQL".to_owned())),
        several => Err(Lack::Unread(format!("it asks {} queries, and one is compared", several.len()))),
    }
}

/// Goes through every object of a value, however its board is laid out. The reader of JSON bounds how deep that is.
fn walk(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            see(fields);
            fields.values().for_each(|value| walk(value, see));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(queries: &[&str]) -> Value {
        let sets: Vec<Value> =
            queries.iter().map(|query| json!({ "timeSeriesQuery": { "prometheusQuery": query } })).collect();
        json!({ "title": "Errors", "xyChart": { "dataSets": sets } })
    }

    #[test]
    fn a_panel_is_found_however_its_board_is_laid_out() {
        for board in [
            json!({ "gridLayout": { "widgets": [{ "title": "Other" }, chart(&["up"])] } }),
            json!({ "mosaicLayout": { "tiles": [{ "width": 4, "widget": chart(&["up"]) }] } }),
            json!({ "rowLayout": { "rows": [{ "widgets": [chart(&["up"])] }] } }),
        ] {
            assert_eq!(asks(&board, "Errors"), Ok("up".to_owned()), "{board}");
            assert_eq!(asks(&board, "Memory"), Err(Lack::Missing("no panel has the title `Memory`".to_owned())));
        }
    }

    #[test]
    fn a_panel_that_asks_otherwise_or_stands_there_twice_is_told() {
        let of = |widgets: Value| asks(&json!({ "gridLayout": { "widgets": widgets } }), "Errors").expect_err("none");
        assert_eq!(of(json!([chart(&[])])), Lack::Unread("it asks by no PromQL".to_owned()));
        let two = Lack::Unread("it asks 2 queries, and one is compared".to_owned());
        assert_eq!(of(json!([chart(&["up", "down"])])), two);
        let mut mixed = chart(&["up"]);
        let filtered = json!({ "timeSeriesQuery": { "timeSeriesFilter": {} } });
        mixed["xyChart"]["dataSets"].as_array_mut().expect("a list").push(filtered);
        let not_all = Lack::Unread("it draws 2 series, and not all by PromQL".to_owned());
        assert_eq!(of(json!([mixed])), not_all);
        let twice = Lack::Missing("2 panels have the title `Errors`".to_owned());
        assert_eq!(of(json!([chart(&["up"]), chart(&["up"])])), twice);
    }

    #[test]
    fn one_board_has_the_name() {
        let [one, other] = ["a", "b"].map(|name| json!({ "displayName": name }));
        assert_eq!(named(&[one.clone(), other.clone()], "a"), Ok(&one));
        assert_eq!(named(&[other], "a"), Err("no board is named `a`".to_owned()));
        assert_eq!(named(&[one.clone(), one], "a"), Err("2 boards are named `a`".to_owned()));
    }
}
