//! One store: looked at, read, written to. Each is a check of its own.

use holdpoint::data::{Data, DataError, Facts, StoreKind};
use holdpoint::prelude::*;

use crate::config::Store;

/// What all of it speaks for.
const ROWS: [&str; 1] = ["CRIT-5"];

pub(crate) fn check(cx: &Context, name: &str, store: &Store) {
    let data = cx.data(name);
    let Some(facts) = look(cx, &data, name, store) else { return };
    taken(cx, format!("{name} has connections left"), store.connections, facts.connections_taken(), &facts);
    taken(cx, format!("{name} has memory left"), store.memory, facts.memory_taken(), &facts);
    for sql in &store.reads {
        read(cx, &data, name, sql);
    }
    if let Some(place) = &store.place {
        write(cx, &data, (name, store.kind), place);
    }
}

/// Whether it answers as what it has to be; none if it does not answer.
fn look(cx: &Context, data: &Data<'_>, name: &str, store: &Store) -> Option<Facts> {
    let check = cx.check(ROWS, format!("{name} answers"));
    let lowest = store.version.as_ref().map_or_else(String::new, |version| format!(" {version} or later"));
    let what = expected(format!("{}{lowest}, within {}", store.kind, store.within));
    let facts = match data.look() {
        Ok(facts) => facts,
        Err(error) => {
            error.close(check, what);
            return None;
        }
    };
    let new_enough = store.lowest().is_none_or(|lowest| facts.version_numbers() >= lowest);
    let in_time = facts.connected + facts.answered <= store.within.as_f64();
    let tls = facts.tls.as_ref().map_or_else(|| "without TLS".to_owned(), |version| format!("over {version}"));
    let seen = observed(format!(
        "{} {} {tls}, connected in {:.0} ms, answered in {:.0} ms{}{}",
        facts.kind,
        facts.version,
        facts.connected,
        facts.answered,
        if facts.read_only { ", takes no writes" } else { "" },
        if in_time { "" } else { "; see whether it is overloaded, or far from here" }
    ));
    cx.measure(format!("{name} connected"), facts.connected, "ms");
    cx.measure(format!("{name} answered"), facts.answered, "ms");
    check.passes_if(facts.kind == store.kind && new_enough && in_time, what, seen, &facts);
    Some(facts)
}

/// Whether not too much of something is taken. What is not known judges nothing.
fn taken(cx: &Context, what: String, most: f64, share: Option<f64>, facts: &Facts) {
    let Some(share) = share else {
        cx.observation(what).not_exercised("it does not say how many it may have");
        return;
    };
    cx.measure(&what, share * 100.0, "%");
    let check = cx.check(ROWS, what);
    let wanted = expected(format!("at most {:.0} % taken", most * 100.0));
    check.passes_if(share <= most, wanted, observed(format!("{:.0} % taken", share * 100.0)), facts);
}

fn read(cx: &Context, data: &Data<'_>, name: &str, sql: &str) {
    let check = cx.check(ROWS, format!("{name} is read by `{sql}`"));
    let what = expected("a row whose first cell is not NULL");
    match data.query(sql, &[]) {
        Ok(rows) => {
            let seen = rows.first().map_or_else(|| format!("{} rows, and none such", rows.rows.len()), str::to_owned);
            check.passes_if(rows.first().is_some(), what, observed(seen), &rows);
        }
        Err(error) => error.close(check, what),
    }
}

/// Writes an entry of a name of its own, and takes it back.
fn write(cx: &Context, data: &Data<'_>, (name, kind): (&str, StoreKind), place: &str) {
    let check = cx.check(ROWS, format!("{name} gives back what is written to {place}"));
    let what = || expected("what was written, and after its removal nothing");
    let key = format!("check-{:.0}", cx.now().0);
    let value = format!("{} {key}", cx.environment());
    let tried = back(data, (place, &key, &value)).and_then(|(found, mut calls)| {
        if kind == StoreKind::Clickhouse {
            // Its rows go by their age.
            return Ok((found, None, calls));
        }
        calls.extend(data.remove(place, &key)?);
        let left = data.get(place, &key)?;
        calls.extend(holdpoint::Evidence::calls(&left));
        Ok((found, left.value, calls))
    });
    match tried {
        Err(error) => error.close(check, what()),
        Ok((found, left, calls)) => {
            let seen = match (&found, &left) {
                (None, _) => "nothing came back".to_owned(),
                (Some(found), _) if *found != value => format!("something else came back: {found}"),
                (Some(_), Some(left)) => format!("it is still there after its removal: {left}"),
                (Some(_), None) => "it came back as it was written".to_owned(),
            };
            check.passes_if(found.as_ref() == Some(&value) && left.is_none(), what(), observed(seen), calls);
        }
    }
}

/// Writes an entry and reads it, and gives what came back with the calls.
fn back(data: &Data<'_>, (place, key, value): (&str, &str, &str)) -> Result<(Option<String>, Vec<u32>), DataError> {
    let mut calls = data.put(place, key, value)?;
    let found = data.get(place, key)?;
    calls.extend(holdpoint::Evidence::calls(&found));
    Ok((found.value, calls))
}
