//! What a guest may ask of stores. Judged from the request and the grants; nothing is connected to.

use std::time::Duration;

use holdpoint_gate::Capability;
use holdpoint_model::{Class, Denial, grant::Grants};

use crate::{Act, Request, Response, ask};

/// The capability `data`.
pub enum Data {}

impl Capability for Data {
    const NAME: &'static str = "data";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let summary = Self::summary(request);
        let asked = ask::check(request).map_err(|why| Denial {
            wanted: format!("data {summary}"),
            reason: why.reason,
            remedy: why.remedy.into(),
        })?;
        grants.data(&asked, &summary)
    }

    /// What is written is not shown: values are in the record.
    fn summary(request: &Request) -> String {
        let store = clean(&request.store, 64);
        match &request.act {
            Act::Look => format!("look at {store}"),
            Act::Query { sql, .. } => format!("query {store} {}", clean(sql, 300)),
            Act::Get { place, key } => format!("get {store} {} {}", clean(place, 127), clean(key, 128)),
            Act::Put { place, key, .. } => format!("put {store} {} {}", clean(place, 127), clean(key, 128)),
            Act::Remove { place, key } => format!("remove {store} {} {}", clean(place, 127), clean(key, 128)),
        }
    }

    /// The backend ends it at its own limit, so the gate only ends what hangs beyond that.
    fn limit(request: &Request) -> Duration {
        Duration::from_millis(u64::from(request.timeout_ms.min(60_000)) + 2_000)
    }
}

/// White space of SQL that is written over several lines becomes a blank.
fn clean(text: &str, most: usize) -> String {
    let plain = |c: char| match c {
        '\n' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().take(most).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{
        PhaseId,
        grant::{DataGrant, Place, Sql, StoreName},
    };

    use super::*;

    fn grants(write: bool) -> Grants {
        let data = vec![DataGrant {
            stores: vec![StoreName::parse("database").unwrap()],
            places: vec![Place::parse("holdpoint").unwrap()],
            sql: vec![Sql::parse("select 1").unwrap(), Sql::parse("delete from t").unwrap()],
            write,
        }];
        Grants { data, ..Grants::none(PhaseId::parse("stores").unwrap()) }
    }

    fn asked(grants: &Grants, act: Act) -> Result<Class, Denial> {
        Data::authorize(grants, &Request { store: "database".into(), timeout_ms: 5, act })
    }

    fn query(sql: &str) -> Act {
        Act::Query { sql: sql.into(), parameters: vec![] }
    }

    fn entry(of: fn(String, String) -> Act) -> Act {
        of("holdpoint".into(), "a".into())
    }

    fn put() -> Act {
        entry(|place, key| Act::Put { place, key, value: "v".into() })
    }

    fn remove() -> Act {
        entry(|place, key| Act::Remove { place, key })
    }

    fn get() -> Act {
        entry(|place, key| Act::Get { place, key })
    }

    #[test]
    fn what_writes_is_an_effect_and_needs_its_own_word() {
        for grants in [grants(false), grants(true)] {
            for act in [Act::Look, get(), query("select 1")] {
                assert_eq!(asked(&grants, act), Ok(Class::Read));
            }
            assert!(asked(&grants, query("select 2")).unwrap_err().reason.starts_with("no grant covers this text"));
        }
        for act in [put(), remove(), query("delete from t")] {
            assert!(asked(&grants(false), act.clone()).unwrap_err().reason.starts_with("no grant covers"), "{act:?}");
            assert_eq!(asked(&grants(true), act), Ok(Class::Effect));
        }
    }

    #[test]
    fn a_denial_says_what_was_asked_and_nothing_that_was_written() {
        let value = "the-value".to_owned();
        let act = Act::Put { place: "other".into(), key: "a".into(), value };
        let denial = asked(&grants(true), act).unwrap_err();
        assert_eq!(denial.wanted, "data put database other a");
        assert!(!format!("{denial:?}").contains("the-value"));
        let denial = asked(&grants(true), query("select\n1\u{1b}")).unwrap_err();
        assert_eq!(denial.wanted, "data query database select 1\u{fffd}");
    }
}
