//! How traffic is shared: what was asked for, whether that can be, and what stands in the status.

use serde_json::{Value, json};

use crate::exchange::Answer;

const MOST_TARGETS: usize = 100;

/// Whom a target means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    Latest,
    Named(String),
}

/// A part of the traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) whom: Whom,
    pub(super) percent: u64,
    pub(super) tag: Option<String>,
}

/// All traffic to whatever is newest.
pub(super) fn to_latest() -> Vec<Target> {
    vec![Target { whom: Whom::Latest, percent: 100, tag: None }]
}

/// Reads `spec.traffic`. Whether named revisions are there is for the service to know.
pub(super) fn read(spec: Option<&Value>) -> Result<Vec<Target>, Answer> {
    let listed = spec.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if listed.is_empty() {
        return Ok(to_latest());
    }
    if listed.len() > MOST_TARGETS {
        return Err(Answer::refuse(400, "spec.traffic: more than 100 targets"));
    }
    let targets: Vec<Target> =
        listed.iter().enumerate().map(|(at, target)| one(at, target)).collect::<Result<_, _>>()?;
    let sum: u64 = targets.iter().map(|target| target.percent).sum();
    if sum != 100 {
        return Err(Answer::refuse(400, &format!("spec.traffic: Traffic targets must sum to 100; they sum to {sum}.")));
    }
    let mut tags: Vec<&str> = targets.iter().filter_map(|target| target.tag.as_deref()).collect();
    tags.sort_unstable();
    if let Some(twice) = tags.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Answer::refuse(400, &format!("spec.traffic: tag '{}' is used more than once.", twice[0])));
    }
    Ok(targets)
}

fn one(at: usize, target: &Value) -> Result<Target, Answer> {
    let wrong = |what: &str| Answer::refuse(400, &format!("spec.traffic[{at}]: {what}"));
    let named = target.get("revisionName").and_then(Value::as_str).filter(|name| !name.is_empty());
    let latest = target.get("latestRevision").and_then(Value::as_bool).unwrap_or(false);
    let whom = match (named, latest) {
        (Some(name), false) => Whom::Named(name.to_owned()),
        (None, true) => Whom::Latest,
        _ => return Err(wrong("exactly one of revisionName and latestRevision must be set.")),
    };
    let percent = match target.get("percent") {
        None | Some(Value::Null) => 0,
        Some(percent) => {
            percent.as_u64().filter(|percent| *percent <= 100).ok_or_else(|| wrong("percent must be 0 to 100."))?
        }
    };
    let tag = target.get("tag").and_then(Value::as_str).filter(|tag| !tag.is_empty()).map(str::to_owned);
    if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
        return Err(wrong("tag must be lower-case letters, digits and hyphens, at most 46 characters."));
    }
    Ok(Target { whom, percent, tag })
}

fn is_tag(tag: &str) -> bool {
    let sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    tag.len() <= 46 && tag.starts_with(|c: char| c.is_ascii_lowercase()) && tag.chars().all(sign) && !tag.ends_with('-')
}

/// As it stands in `spec.traffic`.
pub(super) fn spec(targets: &[Target]) -> Value {
    targets.iter().map(|target| entry(target, None)).collect()
}

/// As it stands in `status.traffic`: every target with the revision that it leads to.
pub(super) fn status(targets: &[Target], latest: &str, tag_url: impl Fn(&str) -> String) -> Value {
    let one = |target: &Target| {
        let mut entry = entry(target, Some(latest));
        if let (Some(tag), Some(fields)) = (&target.tag, entry.as_object_mut()) {
            fields.insert("url".to_owned(), json!(tag_url(tag)));
        }
        entry
    };
    targets.iter().map(one).collect()
}

fn entry(target: &Target, latest: Option<&str>) -> Value {
    let mut entry = serde_json::Map::new();
    let name = match &target.whom {
        Whom::Named(name) => Some(name.as_str()),
        Whom::Latest => latest,
    };
    if let Some(name) = name {
        entry.insert("revisionName".to_owned(), json!(name));
    }
    // A tag without traffic has no percent, not one of zero.
    if target.percent > 0 {
        entry.insert("percent".to_owned(), json!(target.percent));
    }
    if let Some(tag) = &target.tag {
        entry.insert("tag".to_owned(), json!(tag));
    }
    if target.whom == Whom::Latest {
        entry.insert("latestRevision".to_owned(), json!(true));
    }
    Value::Object(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(traffic: &Value) -> String {
        let refusal = read(Some(traffic)).unwrap_err();
        String::from_utf8(refusal.body.to_vec()).unwrap()
    }

    #[test]
    fn no_traffic_at_all_is_all_of_it_to_the_newest() {
        assert_eq!(read(None).unwrap(), to_latest());
        assert_eq!(read(Some(&json!([]))).unwrap(), to_latest());
    }

    #[test]
    fn traffic_that_cannot_be_is_refused() {
        assert!(says(&json!([{"latestRevision": true, "percent": 99}])).contains("sum to 99"));
        assert!(says(&json!([{"percent": 100}])).contains("exactly one"));
        assert!(says(&json!([{"latestRevision": true, "percent": 101}])).contains("0 to 100"));
        assert!(says(&json!([{"latestRevision": true, "percent": 100, "tag": "A"}])).contains("lower-case"));
        let twice = json!([{"latestRevision": true, "percent": 100, "tag": "a"}, {"revisionName": "r", "tag": "a"}]);
        assert!(says(&twice).contains("more than once"));
    }

    #[test]
    fn a_tag_without_traffic_has_a_url_and_no_percent() {
        let targets =
            read(Some(&json!([{"latestRevision": true, "percent": 100}, {"revisionName": "r1", "tag": "t"}])));
        assert_eq!(
            status(&targets.unwrap(), "r2", |tag| format!("https://{tag}---s")),
            json!([
                {"revisionName": "r2", "percent": 100, "latestRevision": true},
                {"revisionName": "r1", "tag": "t", "url": "https://t---s"},
            ])
        );
    }
}
