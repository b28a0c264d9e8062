//! Whether an effect has happened whose answer was lost, as far as reading back tells. Pure.

use holdpoint_model::grant::GcloudAsk;
use serde_json::Value;

use crate::Invocation;
use crate::argv::{makes_revision, suffix};
use crate::mark::{self, Place};

/// How an effect is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadBack {
    /// The revision that only this effect would have made.
    Revision { service: String, revision: String },
    /// What serves, against what was wanted.
    Traffic { service: String, wanted: Vec<(String, u64)> },
    /// Which tags lead where, against what was wanted; those without a revision are to be gone.
    Tags { service: String, wanted: Vec<(String, Option<String>)> },
    /// The mark that only this effect would have set, in the list of what such a command makes.
    Mark { list: String, place: Place, value: String },
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Happened,
    NotHappened,
    Unknown(String),
}

impl ReadBack {
    /// The way for this command; none if there is none.
    pub(crate) fn of(ask: &GcloudAsk, stdin: &[u8], key: &str) -> Option<Self> {
        if let Some(place) = Place::of(ask) {
            // Without the mark there is nothing to look for: a display name may stand for one that was there before.
            mark::marked(ask, stdin, key)?;
            return Some(Self::Mark { list: mark::list(ask.command()), place, value: suffix(key) });
        }
        let service = ask.arguments().first()?.clone();
        if makes_revision(ask.command()) {
            return Some(Self::Revision { revision: format!("{service}-{}", suffix(key)), service });
        }
        if !ask.command().is("run services update-traffic") {
            return None;
        }
        if let Some(wanted) = tags(ask) {
            return Some(Self::Tags { service, wanted });
        }
        let [(name, Some(value))] = ask.flags() else { return None };
        let pair = |pair: &str| {
            let (revision, percent) = pair.split_once('=')?;
            Some((revision.to_owned(), percent.parse().ok()?))
        };
        let wanted = value.split(',').map(pair).collect::<Option<Vec<_>>>()?;
        // LATEST is another revision tomorrow.
        let named = name.as_str() == "to-revisions" && wanted.iter().all(|(revision, _)| revision != "LATEST");
        named.then_some(Self::Traffic { service, wanted })
    }

    /// The command that reads it back.
    pub(crate) fn command(&self) -> Invocation {
        match self {
            Self::Revision { service, .. } => {
                Invocation::new("run revisions list").flag("service", service).flag("limit", "200")
            }
            Self::Traffic { service, .. } | Self::Tags { service, .. } => {
                Invocation::new("run services describe").argument(service)
            }
            Self::Mark { list, place: Place::Labels(_), .. } => Invocation::new(list),
            // Newest first.
            Self::Mark { list, place: Place::Tags, .. } => Invocation::new(list).flag("limit", "200"),
        }
    }

    /// What its answer shows.
    pub(crate) fn seen(&self, answer: &[u8]) -> Seen {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
            return Seen::Unknown("what was read back is not JSON".to_owned());
        };
        match self {
            Self::Revision { revision, .. } => {
                let Some(revisions) = answer.as_array() else {
                    return Seen::Unknown("what was read back is no list of revisions".to_owned());
                };
                let is_it = |one: &Value| one.pointer("/metadata/name").and_then(Value::as_str) == Some(revision);
                if revisions.iter().any(is_it) { Seen::Happened } else { Seen::NotHappened }
            }
            Self::Traffic { wanted, .. } => {
                let Some(traffic) = answer.pointer("/spec/traffic").and_then(Value::as_array) else {
                    return Seen::Unknown("what was read back has no traffic".to_owned());
                };
                let mut is: Vec<(String, u64)> = traffic
                    .iter()
                    .filter_map(|one| {
                        let percent = one.get("percent").and_then(Value::as_u64).filter(|percent| *percent > 0)?;
                        Some((one.get("revisionName").and_then(Value::as_str).unwrap_or("LATEST").to_owned(), percent))
                    })
                    .collect();
                let mut wanted: Vec<(String, u64)> =
                    wanted.iter().filter(|(_, percent)| *percent > 0).cloned().collect();
                is.sort();
                wanted.sort();
                if is == wanted { Seen::Happened } else { Seen::NotHappened }
            }
            Self::Tags { wanted, .. } => {
                let Some(traffic) = answer.pointer("/spec/traffic").and_then(Value::as_array) else {
                    return Seen::Unknown("what was read back has no tags".to_owned());
                };
                let text = |one: &Value, field| one.get(field).and_then(Value::as_str).map(str::to_owned);
                let leads_to = |tag: &str| {
                    let target = traffic.iter().find(|one| text(one, "tag").as_deref() == Some(tag));
                    target.and_then(|one| text(one, "revisionName"))
                };
                let all = wanted.iter().all(|(tag, revision)| leads_to(tag) == *revision);
                if all { Seen::Happened } else { Seen::NotHappened }
            }
            Self::Mark { place, value, .. } => {
                let Some(items) = answer.as_array() else {
                    return Seen::Unknown("what was read back is no list".to_owned());
                };
                let is_marked = |item: &Value| place.is_marked(item, value);
                if items.iter().any(is_marked) { Seen::Happened } else { Seen::NotHappened }
            }
        }
    }

    /// What the effect would have answered, out of the answer that shows that it has happened. Of most there is nothing more to know.
    pub(crate) fn answer(&self, answer: &[u8]) -> Option<Vec<u8>> {
        let Self::Mark { place: Place::Tags, value, .. } = self else { return None };
        let answer: Value = serde_json::from_slice(answer).ok()?;
        let build = answer.as_array()?.iter().find(|build| Place::Tags.is_marked(build, value))?;
        serde_json::to_vec(build).ok()
    }
}

/// The tags that a command sets and removes, if that is all it does.
fn tags(ask: &GcloudAsk) -> Option<Vec<(String, Option<String>)>> {
    let mut wanted = Vec::new();
    for (name, value) in ask.flags() {
        let listed = value.as_deref()?.split(',');
        match name.as_str() {
            "update-tags" => {
                let pairs = listed.map(|pair| pair.split_once('=')).collect::<Option<Vec<_>>>()?;
                wanted.extend(pairs.into_iter().map(|(tag, to)| (tag.to_owned(), Some(to.to_owned()))));
            }
            "remove-tags" => wanted.extend(listed.map(|tag| (tag.to_owned(), None))),
            _ => return None,
        }
    }
    // LATEST is another revision tomorrow.
    let named = wanted.iter().all(|(_, to)| to.as_deref() != Some("LATEST"));
    (named && !wanted.is_empty()).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(invocation: &Invocation) -> Option<ReadBack> {
        ReadBack::of(&invocation.ask().unwrap(), invocation.stdin.bytes(), "RUN/deploy/3")
    }

    #[test]
    fn a_new_revision_is_known_by_its_name() {
        let update = Invocation::new("run services update").argument("backend").flag("image", "i");
        let read_back = read_back(&update).unwrap();
        let name = format!("backend-{}", suffix("RUN/deploy/3"));
        assert_eq!(read_back.command().command, ["run", "revisions", "list"]);
        assert_eq!(read_back.seen(format!("[{{\"metadata\":{{\"name\":\"{name}\"}}}}]").as_bytes()), Seen::Happened);
        assert_eq!(read_back.seen(b"[{\"metadata\":{\"name\":\"backend-00001-abc\"}}]"), Seen::NotHappened);
        assert_eq!(read_back.seen(b"[]"), Seen::NotHappened);
        assert!(matches!(read_back.seen(b"{}"), Seen::Unknown(_)));
        assert!(matches!(read_back.seen(b"oops"), Seen::Unknown(_)));
    }

    #[test]
    fn traffic_is_known_by_what_it_is_now() {
        let shift =
            Invocation::new("run services update-traffic").argument("backend").flag("to-revisions", "a=90,b=10");
        let read_back = read_back(&shift).unwrap();
        let traffic = |text: &str| read_back.seen(format!("{{\"spec\":{{\"traffic\":[{text}]}}}}").as_bytes());
        let (a, b) = (r#"{"revisionName":"a","percent":90}"#, r#"{"revisionName":"b","percent":10,"tag":"new"}"#);
        assert_eq!(traffic(&format!("{b},{a}")), Seen::Happened);
        assert_eq!(traffic(&format!("{a},{b},{{\"revisionName\":\"c\",\"tag\":\"old\"}}")), Seen::Happened);
        assert_eq!(traffic(a), Seen::NotHappened);
        assert_eq!(traffic(r#"{"latestRevision":true,"percent":100}"#), Seen::NotHappened);
        assert!(matches!(read_back.seen(b"{}"), Seen::Unknown(_)));
    }

    #[test]
    fn tags_are_known_by_where_they_lead() {
        let mark = Invocation::new("run services update-traffic")
            .argument("backend")
            .flag("update-tags", "before-90=a,before-10=b")
            .flag("remove-tags", "before-100");
        let read_back = read_back(&mark).unwrap();
        let traffic = |text: &str| read_back.seen(format!("{{\"spec\":{{\"traffic\":[{text}]}}}}").as_bytes());
        let (a, b) =
            (r#"{"revisionName":"a","tag":"before-90"}"#, r#"{"revisionName":"b","percent":10,"tag":"before-10"}"#);
        assert_eq!(traffic(&format!("{b},{a}")), Seen::Happened);
        assert_eq!(traffic(a), Seen::NotHappened);
        assert_eq!(traffic(&format!("{a},{b},{{\"revisionName\":\"c\",\"tag\":\"before-100\"}}")), Seen::NotHappened);
        assert!(matches!(read_back.seen(b"{}"), Seen::Unknown(_)));
    }

    #[test]
    fn a_dashboard_is_known_by_the_label_of_the_effect_that_made_it() {
        let create = Invocation {
            stdin: br#"{"displayName":"a"}"#.to_vec().into(),
            ..Invocation::new("monitoring dashboards create").flag("config-from-file", "-")
        };
        let read_back = read_back(&create).unwrap();
        assert_eq!(read_back.command().command, ["monitoring", "dashboards", "list"]);
        let ours = format!(r#"[{{"displayName":"a","labels":{{"holdpoint-effect":"{}"}}}}]"#, suffix("RUN/deploy/3"));
        assert_eq!(read_back.seen(ours.as_bytes()), Seen::Happened);
        // One of that name may have been there before.
        let other = br#"[{"displayName":"a","labels":{"holdpoint-effect":"hp-other"}},{"displayName":"a"}]"#;
        assert_eq!(read_back.seen(other), Seen::NotHappened);
        assert_eq!(read_back.seen(b"[]"), Seen::NotHappened);
        assert!(matches!(read_back.seen(b"{}"), Seen::Unknown(_)));
    }

    #[test]
    fn a_build_is_known_by_the_tag_of_the_effect_that_began_it_and_is_the_answer() {
        let submit = Invocation {
            stdin: br#"{"steps":[]}"#.to_vec().into(),
            ..Invocation::new("builds submit").argument("https://github.com/netra/app")
        };
        let read_back = read_back(&submit).unwrap();
        assert_eq!(read_back.command().command, ["builds", "list"]);
        let ours = format!(r#"{{"id":"b","tags":["nightly","{}"]}}"#, suffix("RUN/deploy/3"));
        let list = format!(r#"[{{"id":"a","tags":["hp-other"]}},{ours},{{"id":"c"}}]"#);
        assert_eq!(read_back.seen(list.as_bytes()), Seen::Happened);
        let answer: Value = serde_json::from_slice(&read_back.answer(list.as_bytes()).unwrap()).unwrap();
        assert_eq!(answer["id"], "b");
        assert_eq!(read_back.seen(br#"[{"id":"a","tags":["hp-other"]},{"id":"c","tags":"hp"}]"#), Seen::NotHappened);
        assert!(matches!(read_back.seen(b"{}"), Seen::Unknown(_)));
    }

    #[test]
    fn what_can_t_be_told_apart_is_not_guessed() {
        let latest =
            Invocation::new("run services update-traffic").argument("backend").flag("to-revisions", "LATEST=100");
        let two = Invocation::new("run services update-traffic")
            .argument("b")
            .flag("to-revisions", "a=1")
            .flag("set-tags", "x=a");
        let latest_tag = Invocation::new("run services update-traffic").argument("b").flag("update-tags", "x=LATEST");
        // YAML is not read, so it has got no label.
        let dashboard = Invocation {
            stdin: b"displayName: a".to_vec().into(),
            ..Invocation::new("monitoring dashboards create").flag("config-from-file", "-")
        };
        for invocation in [latest, two, latest_tag, dashboard, Invocation::new("run services update")] {
            assert_eq!(read_back(&invocation), None);
        }
    }
}
