use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test};

use crate::config::Transfer;
use crate::run;

fn pots(left: i64, right: i64) -> Scripted {
    ok(json!({ "pots": { "left": left, "right": right } }))
}

fn config() -> Value {
    json!({
        "service": "backend", "breaks": 3, "settles": "500ms",
        "transfer": { "path": "/transfers", "body": { "amount": 1 } },
        "invariant": { "path": "/pots", "conserved": ["/pots/left", "/pots/right"] },
    })
}

/// What is read in order, and how long each transfer takes after the first, which takes 100 ms.
fn test<'a>(readings: Vec<Scripted>, transfers: &[u32]) -> Test<'a> {
    let t = holdpoint::test(run)
        .service("backend")
        .config(config())
        .answer(post("/transfers"), status(201).after(Millis(100)));
    let t = readings.into_iter().fold(t, |t, reading| t.answer(get("/pots"), reading));
    transfers.iter().fold(t, |t, takes| t.answer(post("/transfers"), status(201).after(Millis(*takes))))
}

#[test]
fn a_sum_that_stays_passes() {
    let t = test(vec![pots(10, 10), pots(9, 11)], &[100]);
    t.expect("BIZ-4", Pass, "always; 3 of 3 were broken off, 0 answered before, 0 not sent");
    let transfers = t.calls().iter().filter(|call| call.starts_with("POST")).count();
    assert_eq!(transfers, 4, "{:?}", t.calls());
    assert!(t.calls().contains(&"sleep 500 ms".to_owned()), "{:?}", t.calls());
}

#[test]
fn a_half_that_can_be_seen_fails_at_once_or_when_all_has_settled() {
    let t = test(vec![pots(10, 10), pots(9, 11), pots(8, 11)], &[100]);
    t.expect("BIZ-4", Fail, "8 + 11 = 19 after transfer 1; 1 of 3 were broken off");
    t.expect("BIZ-4", Fail, "a sum of 20 at any time");
    let well = || pots(9, 11);
    let t = test(vec![pots(10, 10), well(), well(), well(), well(), pots(9, 12)], &[100]);
    t.expect("BIZ-4", Fail, "9 + 12 = 21 after transfer 3; 3 of 3 were broken off");
}

#[test]
fn a_transfer_that_loses_something_fails_before_any_is_broken_off() {
    let t = test(vec![pots(10, 10), pots(9, 10)], &[100]);
    t.expect("BIZ-4", Fail, "9 + 10 = 19");
    assert_eq!(t.checks().len(), 1);
}

#[test]
fn a_transfer_that_is_refused_ends_the_trial_unless_something_was_half_done() {
    let refused = |readings: Vec<Scripted>| {
        let t = test(readings, &[100]);
        t.answer(post("/transfers"), status(409)).answer(post("/transfers"), status(201).after(Millis(100)))
    };
    let t = refused(vec![pots(10, 10), pots(9, 11)]);
    t.expect("BIZ-4", Inconclusive, "transfer 2 of 3 answers 409");
    assert_eq!(t.calls().iter().filter(|call| call.starts_with("POST")).count(), 3, "{:?}", t.calls());
    let t = refused(vec![pots(10, 10), pots(9, 11), pots(9, 11), pots(8, 11)]);
    t.expect("BIZ-4", Fail, "8 + 11 = 19 after transfer 2");
}

#[test]
fn every_second_transfer_goes_back_where_one_can() {
    let transfer = |back: Option<Value>| Transfer { path: "/transfers".to_owned(), body: json!(1), back };
    let bodies = |transfer: &Transfer| (0..4).map(|number| transfer.nth(number).clone()).collect::<Vec<_>>();
    assert_eq!(bodies(&transfer(Some(json!(2)))), [json!(1), json!(2), json!(1), json!(2)]);
    assert_eq!(bodies(&transfer(None)), vec![json!(1); 4]);
}

#[test]
fn the_first_that_is_broken_off_goes_the_other_way_than_what_was_moved() {
    let transfer = Transfer { path: "/transfers".to_owned(), body: json!(1), back: Some(json!(2)) };
    for moved in [0, 1] {
        assert_ne!(transfer.nth_after(moved, 1), transfer.nth(moved), "what stands there already is not said again");
        assert_eq!(transfer.nth_after(moved, 2), transfer.nth(moved));
    }
}

#[test]
fn where_the_first_moves_nothing_the_one_back_does() {
    let with = |readings: Vec<Scripted>| {
        let mut config = config();
        config["transfer"]["back"] = json!({ "amount": -1 });
        test(readings, &[100, 100]).config(config)
    };
    with(vec![pots(1, 0), pots(1, 0), pots(0, 1)]).expect("BIZ-4", Pass, "always; 3 of 3 were broken off");
    with(vec![pots(1, 0), pots(1, 0), pots(1, 0)]).expect("BIZ-4", Inconclusive, "nothing was moved");
    with(vec![pots(1, 0), pots(1, 0), pots(0, 2)]).expect("BIZ-4", Fail, "0 + 2 = 2");
    with(vec![pots(1, 0), pots(1, 1)]).expect("BIZ-4", Fail, "1 + 1 = 2");
}

#[test]
fn where_the_one_back_moved_something_the_first_that_is_broken_off_goes_forth() {
    let mut config = config();
    config["breaks"] = json!(1);
    config["transfer"]["back"] = json!({ "amount": -1 });
    let (forth, back) = (post("/transfers").saying("\"amount\":1"), post("/transfers").saying("\"amount\":-1"));
    let taken = || status(201).after(Millis(100));
    let t = holdpoint::test(run).service("backend").config(config).answer(forth, taken());
    // A second one back says what stands there, and is refused.
    let answers = [taken(), taken(), status(409)];
    let t = answers.into_iter().fold(t, |t, answer| t.answer(back.clone(), answer));
    let t = [pots(1, 0), pots(1, 0), pots(0, 1)].into_iter().fold(t, |t, pots| t.answer(get("/pots"), pots));
    t.expect("BIZ-4", Pass, "always; 1 of 1 were broken off");
}

#[test]
fn what_could_not_be_broken_off_is_not_exercised() {
    let t = test(vec![pots(10, 10), pots(9, 11)], &[1]);
    t.expect("BIZ-4", NotExercised, "0 of 3 were broken off, 3 answered before");
    let t = holdpoint::test(run).config(json!({}));
    t.expect("BIZ-4", NotExercised, "name no transaction");
    let mut account = config();
    account["login"] = json!({ "service": "auth", "start": "/auth/test", "issuer": "issuer" });
    let t = holdpoint::test(run).service("backend").config(account);
    t.expect("BIZ-4", NotExercised, "no service `auth` is given");
}

#[test]
fn what_is_not_understood_says_nothing() {
    for (reading, seen) in [
        (status(404), "404 of GET backend /pots"),
        (text("<html>"), "an answer that is no JSON"),
        (ok(json!({ "pots": { "left": 1 } })), "no number at /pots/right"),
        (denied(), "denied"),
    ] {
        test(vec![reading], &[100]).expect("BIZ-4", Inconclusive, seen);
    }
    test(vec![pots(10, 10)], &[100]).expect("BIZ-4", Inconclusive, "nothing was moved");
    let t = holdpoint::test(run).service("backend").config(config()).answer(get("/pots"), pots(10, 10));
    t.answer(post("/transfers"), status(409)).expect("BIZ-4", Inconclusive, "the transfer answers 409");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (place, value, error) in [
        ("/breaks", json!(101), "config.breaks is 1 to 100, not 101"),
        ("/settles", json!("2m"), "config.settles is at most 1m"),
        ("/transfer/path", json!("x"), "config.transfer.path `x` must begin with `/`"),
        ("/invariant/conserved", json!([]), "config.invariant.conserved names 1 to 100 places"),
        ("/invariant/conserved/0", json!("left"), "`left` is no place within JSON"),
        ("/invariant", Value::Null, "belong together"),
    ] {
        let mut config = config();
        *config.pointer_mut(place).unwrap() = value;
        let t = holdpoint::test(run).service("backend").config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}
