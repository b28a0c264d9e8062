//! What a service is before it goes back, by its tags and its traffic.

use holdpoint::cloud_run::{CANDIDATE, Listing, Marked, Marks, Service, TrafficMap};
use holdpoint::prelude::*;

use crate::ROW;

/// What is to be done with a service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It goes back to this.
    Deployed(TrafficMap),
    /// It serves what served before.
    Back(TrafficMap),
    /// Somebody else has changed it since.
    Foreign(String),
    /// There is nothing to go back to.
    Lost(String),
}

impl State {
    pub(crate) fn of(service: &Service) -> Self {
        let before = match Marks::on(service) {
            Marked::Whole(before) => before,
            Marked::Nothing => {
                return Self::Lost(
                    "no tag says what served before: nothing was deployed over it, or by other means".to_owned(),
                );
            }
            Marked::Broken(why) => return Self::Lost(why),
        };
        let candidate = service.tagged(CANDIDATE);
        let ours = |revision: &str| candidate == Some(revision) || before.of(revision) > 0;
        if let Some(latest) = service.latest().filter(|latest| !ours(latest)) {
            return Self::Foreign(format!("somebody else has deployed {latest} since"));
        }
        let serving = service.traffic();
        if let Some((stranger, percent)) = serving.shares().find(|(revision, _)| !ours(revision)) {
            return Self::Foreign(format!("somebody else has given {percent} % of the traffic to {stranger} since"));
        }
        if serving == before { Self::Back(before) } else { Self::Deployed(before) }
    }

    /// Says why nothing is done, of this service or because of another.
    pub(crate) fn hold(&self, cx: &Context, name: &str, listing: &Listing) {
        let check = cx.check([ROW], title(name));
        match self {
            Self::Foreign(why) | Self::Lost(why) => {
                check.fail(expected("what this release deployed"), observed(why), listing)
            }
            Self::Deployed(_) | Self::Back(_) => {
                check.inconclusive(observed("not touched, because somebody else has changed another service"), listing);
            }
        }
    }
}

pub(crate) fn title(name: &str) -> String {
    format!("{name} serves what served before")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(latest: &str, traffic: Value) -> Service {
        let status = json!({ "latestCreatedRevisionName": latest, "traffic": traffic });
        serde_json::from_value(json!({ "metadata": { "name": "backend" }, "status": status })).unwrap()
    }

    fn tag(revision: &str, tag: &str) -> Value {
        json!({ "revisionName": revision, "tag": tag })
    }

    fn share(revision: &str, percent: u32) -> Value {
        json!({ "revisionName": revision, "percent": percent })
    }

    #[test]
    fn what_is_done_follows_from_tags_and_traffic() {
        let marks = || vec![tag("old", "before-100"), tag("new", "candidate")];
        let with = |latest: &str, more: Vec<Value>| {
            let mut traffic = marks();
            traffic.extend(more);
            State::of(&service(latest, traffic.into()))
        };
        let old = || TrafficMap::all_to("old");
        assert_eq!(with("new", vec![share("new", 100)]), State::Deployed(old()));
        assert_eq!(with("new", vec![share("new", 10), share("old", 90)]), State::Deployed(old()));
        assert_eq!(with("new", vec![share("old", 100)]), State::Back(old()));
        assert!(matches!(with("newer", vec![share("new", 100)]), State::Foreign(why) if why.contains("newer")));
        assert!(
            matches!(with("new", vec![share("new", 90), share("odd", 10)]), State::Foreign(why) if why.contains("10 % of the traffic to odd"))
        );
        assert!(
            matches!(State::of(&service("new", json!([share("new", 100)]))), State::Lost(why) if why.contains("no tag"))
        );
        assert!(matches!(State::of(&service("new", json!([tag("old", "before-90")]))), State::Lost(_)));
    }
}
