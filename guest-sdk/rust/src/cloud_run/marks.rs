//! What served before a deployment, kept as traffic tags on the service itself: whoever rolls back later needs nothing else, neither
//! the run that deployed nor its machine.
//!
//! A revision that had 90 percent carries the tag `before-90`; a second one with the same share `before-50-2`. The revision that was
//! deployed carries [`CANDIDATE`].

use std::collections::BTreeMap;

use super::{Service, TrafficMap};

/// The tag of the revision that is being deployed, or was deployed last.
pub const CANDIDATE: &str = "candidate";

const BEFORE: &str = "before-";

/// Tags, each with its revision, that say what served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    tags: BTreeMap<String, String>,
}

/// What the tags of a service say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    /// This served.
    Whole(TrafficMap),
    /// Nothing is marked: nothing was deployed over it.
    Nothing,
    /// The tags are no map of traffic, in words.
    Broken(String),
}

impl Marks {
    /// The tags for what serves.
    pub fn of(map: &TrafficMap) -> Self {
        let mut tags = BTreeMap::new();
        for (revision, percent) in map.shares() {
            let first = format!("{BEFORE}{percent}");
            let tag = std::iter::once(first.clone())
                .chain((2_u32..).map(|again| format!("{first}-{again}")))
                .find(|tag| !tags.contains_key(tag));
            tags.extend(tag.map(|tag| (tag, revision.to_owned())));
        }
        Self { tags }
    }

    /// What the tags of a service say.
    pub fn on(service: &Service) -> Marked {
        let mut shares = Vec::new();
        for (tag, revision) in on(service) {
            let percent = tag.trim_start_matches(BEFORE).split('-').next().and_then(|text| text.parse::<u32>().ok());
            match percent.filter(|percent| (1..=100).contains(percent)) {
                Some(percent) => shares.push((revision.to_owned(), percent)),
                None => return Marked::Broken(format!("tag {tag} on {revision} says no percent")),
            }
        }
        let map: TrafficMap = shares.into_iter().collect();
        match map {
            map if map == TrafficMap::default() => Marked::Nothing,
            map if map.is_whole() => Marked::Whole(map),
            map => Marked::Broken(format!("the tags say {map}, which is no whole")),
        }
    }

    /// Whether a service carries these tags and no others of their kind.
    pub fn are_on(&self, service: &Service) -> bool {
        let there: BTreeMap<String, String> =
            on(service).into_iter().map(|(tag, revision)| (tag.to_owned(), revision.to_owned())).collect();
        there == self.tags
    }

    /// As gcloud wants them behind `--update-tags`.
    pub fn to_flag(&self) -> String {
        self.tags.iter().map(|(tag, revision)| format!("{tag}={revision}")).collect::<Vec<_>>().join(",")
    }

    /// The tags of an earlier deployment that say something else, as gcloud wants them behind `--remove-tags`; none if there is none.
    pub fn stale(&self, service: &Service) -> Option<String> {
        let stale: Vec<&str> = on(service).into_keys().filter(|tag| !self.tags.contains_key(*tag)).collect();
        (!stale.is_empty()).then(|| stale.join(","))
    }
}

/// Tags and where they lead, or were asked to lead: the status of a service that never settles says nothing of what was asked last.
fn on(service: &Service) -> BTreeMap<&str, &str> {
    let targets = service.asked().iter().chain(service.targets());
    let marks = targets.filter_map(|target| {
        let tag = target.tag.as_deref().filter(|tag| tag.starts_with(BEFORE))?;
        Some((tag, target.revision_name.as_deref()?))
    });
    marks.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn service(traffic: Value) -> Service {
        serde_json::from_value(json!({ "metadata": { "name": "backend" }, "status": { "traffic": traffic } })).unwrap()
    }

    #[test]
    fn what_is_marked_is_read_back() {
        let map: TrafficMap = [("a".to_owned(), 45), ("b".to_owned(), 45), ("c".to_owned(), 10)].into_iter().collect();
        let marks = Marks::of(&map);
        assert_eq!(marks.to_flag(), "before-10=c,before-45=a,before-45-2=b");
        let service = service(json!([
            { "revisionName": "a", "tag": "before-45" },
            { "revisionName": "b", "tag": "before-45-2" },
            { "revisionName": "c", "tag": "before-10", "percent": 1 },
            { "revisionName": "d", "tag": "candidate", "percent": 99 },
        ]));
        assert_eq!(Marks::on(&service), Marked::Whole(map));
        assert!(marks.are_on(&service));
        assert_eq!(marks.stale(&service), None);
        assert_eq!(
            Marks::of(&TrafficMap::all_to("d")).stale(&service).as_deref(),
            Some("before-10,before-45,before-45-2")
        );
    }

    #[test]
    fn what_was_asked_for_counts_until_it_is_there() {
        let target = |revision: &str| json!([{ "revisionName": revision, "tag": "before-100" }]);
        let of = |asked: Value, there: Value| -> Service {
            let service = json!({ "metadata": { "name": "backend" }, "spec": { "traffic": asked }, "status": { "traffic": there } });
            serde_json::from_value(service).unwrap()
        };
        assert_eq!(Marks::on(&of(target("a"), json!([]))), Marked::Whole(TrafficMap::all_to("a")));
        assert_eq!(Marks::on(&of(target("a"), target("b"))), Marked::Whole(TrafficMap::all_to("b")));
    }

    #[test]
    fn what_is_no_map_is_none() {
        assert_eq!(Marks::on(&service(json!([{ "revisionName": "a", "percent": 100 }]))), Marked::Nothing);
        for tag in ["before-60", "before-", "before-0", "before-101", "before-x"] {
            let service = service(json!([{ "revisionName": "a", "tag": tag }]));
            assert!(matches!(Marks::on(&service), Marked::Broken(_)), "{tag}");
        }
    }
}
