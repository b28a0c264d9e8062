use holdpoint::prelude::*;
use holdpoint::testing::{CANARY, UserTest, request, user};

use super::Holder;
use crate::config::filled;

const ITEM: &str = "/notes/note";

fn config() -> Value {
    json!({
        "service": "backend", "think": "5ms",
        "account": {
            "path": "/accounts/{name}", "json": { "data": { "password": "{password}" } }, "close": true, "arrive": "1s",
        },
        "item": { "path": ITEM, "json": { "data": { "text": "{text}" } }, "text": "/data/text" },
    })
}

fn holder() -> UserTest<Holder> {
    let account = format!("/accounts/{CANARY}");
    user::<Holder>()
        .config(config())
        .answer(request("PUT", &account), status(201))
        .answer(request("DELETE", &account), status(200))
}

#[test]
fn opens_an_account_reads_back_what_it_writes_and_closes_it() {
    let t = holder()
        .answer(request("PUT", ITEM), status(200))
        .answer(get(ITEM), ok(json!({ "data": { "text": format!("{CANARY} 1") } })));
    let outcome = t.iterate(1);
    for name in ["an account is opened", "the item is written", "the item is as I wrote it"] {
        outcome.expect_good(name, 1);
    }
    let account = format!("backend /accounts/{CANARY}");
    let asked: Vec<&String> = outcome.calls().iter().filter(|call| !call.starts_with("sleep")).collect();
    let wanted = [
        format!("PUT {account}"),
        format!("PUT backend {ITEM}"),
        format!("GET backend {ITEM}"),
        format!("DELETE {account}"),
    ];
    assert_eq!(asked, wanted.iter().collect::<Vec<_>>());
    // The second item is another one.
    t.iterate(2).expect_wrong("the item is as I wrote it");
}

#[test]
fn what_is_anothers_is_wrong() {
    for read in [ok(json!({ "data": { "text": "somebody else's" } })), ok(json!({})), text("<html>"), status(404)] {
        let t = holder().answer(request("PUT", ITEM), status(200)).answer(get(ITEM), read);
        let outcome = t.iterate(1);
        outcome.expect_wrong("the item is as I wrote it");
        assert_eq!(outcome.returned(), Ok(()), "a wrong answer ends nobody");
    }
}

#[test]
fn what_was_not_written_is_not_read_back() {
    let outcome = holder().answer(request("PUT", ITEM), status(503)).iterate(2);
    outcome.expect_wrong("the item is written");
    assert_eq!(outcome.returned(), Ok(()));
    assert_eq!(holder().answer(request("PUT", ITEM), timeout()).iterate(2).returned(), Ok(()));
}

#[test]
fn who_gets_no_account_ends_and_says_why() {
    let account = format!("/accounts/{CANARY}");
    for (answer, why) in [(status(405), "no account is opened: 405"), (denied(), "denied"), (refused(), "refused")] {
        let outcome = user::<Holder>().config(config()).answer(request("PUT", &account), answer).iterate(1);
        assert!(outcome.returned().is_err_and(|error| error.contains(why)), "{:?}", outcome.returned());
    }
    let outcome = holder().answer(request("PUT", ITEM), denied()).iterate(1);
    assert!(outcome.returned().is_err_and(|why| why.starts_with("denied ")));
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (place, value, error) in [
        ("/account/path", json!("/accounts"), "config.account.path has no `{name}`"),
        ("/account/arrive", json!("21s"), "config.account.arrive is at most 20000 ms, not 21000 ms"),
        ("/account/json", json!({}), "config.account.json has no `{password}`"),
        ("/item/json", json!({}), "config.item.json has no `{text}`"),
        ("/item/path", json!("notes"), "`notes` must begin with `/`"),
        ("/item/text", json!("text"), "config.item.text: `text` is no place within JSON"),
    ] {
        let mut config = config();
        *config.pointer_mut(place).unwrap() = value;
        let outcome = user::<Holder>().config(config).iterate(1);
        assert!(outcome.returned().is_err_and(|why| why.contains(error)), "{:?}", outcome.returned());
    }
}

#[test]
fn a_text_takes_its_place_wherever_that_is() {
    let json = json!({ "a": ["{text}", 1], "b": { "c": "<{text}>" } });
    assert_eq!(filled(&json, "{text}", "x"), json!({ "a": ["x", 1], "b": { "c": "<x>" } }));
}
