//! What is kept from one evaluation to the next, as bytes.

use holdpoint::policy::prelude::*;

use crate::exchanges::Counted;
use crate::levels::Most;
use crate::probes::Probed;

/// How it is written: this byte, the length of exchanges, users and probes as `u32` with the highest byte first, they as JSON, the bytes of the watch.
const VERSION: u8 = 4;

/// What is kept.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) exchanges: Counted,
    pub(crate) users: Most,
    pub(crate) probes: Probed,
    /// The state of the levels.
    pub(crate) watch: Watch,
}

impl State {
    /// Reads what [`to_bytes`](Self::to_bytes) has written. No bytes are the state before the first evaluation.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let broken = || Error::new("the state is none of this policy; judge from the start");
        let Some((version, left)) = bytes.split_first() else { return Ok(Self::default()) };
        if *version != VERSION {
            let text = format!(
                "the state has version {version}, and this policy reads version {VERSION}; judge from the start"
            );
            return Err(Error::new(text));
        }
        let (length, left) = left.split_first_chunk::<4>().ok_or_else(broken)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| broken())?;
        let (sums, watch) = left.split_at_checked(length).ok_or_else(broken)?;
        let (exchanges, users, probes) = serde_json::from_slice(sums).map_err(|_| broken())?;
        Ok(Self { exchanges, users, probes, watch: Watch::from_bytes(watch)? })
    }

    /// The state as bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let sums = serde_json::to_vec(&(&self.exchanges, &self.users, &self.probes))?;
        let length = u32::try_from(sums.len()).map_err(|_| Error::new("the state is too long"))?;
        Ok([&[VERSION][..], &length.to_be_bytes(), &sums, &self.watch.to_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state as it is after some evaluations.
    fn state(cx: &Context) -> State {
        let measure = Measure::Gauge { selector: Selector::new("cpu_share"), over: Over::Now, across: Across::Highest };
        let above = Condition { compare: Compare::AtLeast, limit: 0.7 };
        let rule = Rule::new("cpu", Severity::Warning, Expression::of(measure).by(&["instance"]), above);
        let mut watch = Watch::default();
        assert_eq!(watch.tick(cx, &[Alarm::of(rule)]).unwrap().len(), 30);
        let exchanges = json!({
            "until": 60_000, "first": 0, "last": 59_000, "all": 60_000.0, "bad": 3.0, "deliberate": 0.0,
            "buckets": { "2": 59_000.0, "+Inf": 60_000.0 }, "mixed": false,
        });
        let users = json!({ "until": 60_000, "users": 150.0 });
        let probes = json!({ "until": 60_000, "sources": { "{service=\"a\"}": {
            "service": "a", "good": 2, "bad": 0, "missing": 1, "longest_apart": 60_000, "last": 59_000, "latest": 59_000, "end": null,
        } } });
        let (exchanges, users, probes) = serde_json::from_value(json!([exchanges, users, probes])).unwrap();
        State { exchanges, users, probes, watch }
    }

    fn within(test: impl Fn(&mut Context)) {
        let judge = |cx: &mut Context, _: Value| {
            test(cx);
            Ok(())
        };
        let instances = (0..30).map(|n| format!("cpu_share{{instance=\"{n}\"}}"));
        let scene = instances.fold(holdpoint::testing::policy(judge), |scene, name| scene.series(&name, "0.1", "1m"));
        assert_eq!(scene.judged_each("1m", "0s").error(), None);
    }

    #[test]
    fn what_was_written_is_read() {
        within(|cx| {
            let state = state(cx);
            let bytes = state.to_bytes().unwrap();
            assert_eq!(State::from_bytes(&bytes).unwrap(), state);
            // Hardly more than its parts.
            let sums = serde_json::to_vec(&(&state.exchanges, &state.users, &state.probes)).unwrap();
            let parts = state.watch.to_bytes().len() + sums.len();
            assert!(state.watch.to_bytes().len() > 1_000 && bytes.len() <= parts + 5, "{} of {parts}", bytes.len());
        });
        assert_eq!(State::from_bytes(&[]).unwrap(), State::default());
    }

    #[test]
    fn what_is_no_state_is_refused() {
        within(|cx| {
            let bytes = state(cx).to_bytes().unwrap();
            for cut in [1, 4, 5, 20, bytes.len() - 1] {
                assert!(State::from_bytes(&bytes[..cut]).is_err(), "{cut}");
            }
            let with = |at: usize, byte: u8| {
                let mut bytes = bytes.clone();
                bytes[at] = byte;
                State::from_bytes(&bytes).map_err(|error| error.to_string())
            };
            let of_old = with(0, b'{').unwrap_err();
            assert!(of_old.contains("the state has version 123, and this policy reads version 4"), "{of_old}");
            assert!(with(1, 255).is_err() && with(5, b'{').is_err(), "a length beyond its end, and no JSON");
        });
    }
}
