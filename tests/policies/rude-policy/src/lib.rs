//! A policy that means harm, as its configuration says. Each act is one bound of the host.

use holdpoint::policy::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    act: Act,
    /// How often, or how much.
    #[serde(default)]
    count: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Act {
    /// Judges as it should: as many findings as it is told, and its state grows by a byte.
    Judge,
    /// Computes on and on.
    Loop,
    /// Takes memory until there is none.
    Allocate,
    /// Calls itself.
    Recurse,
    /// Asks for the moment so often.
    Ask,
    /// Asks for all series of `m`, so often.
    Select,
    /// Asks with a selector of so many matchers.
    Matchers,
    /// Returns so many bytes of state.
    State,
    /// Returns a finding with so many bytes.
    Text,
    /// Finds the same twice.
    Twice,
    /// Crashes.
    Panic,
    /// Says that it can't.
    Refuse,
    /// Tells what it finds in the dark: the hash that a map of the standard library begins with.
    Hash,
}

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let Config { act, count } = config;
    let finding = |name: u32| Finding::new(name, Pass).expected("x").observed("y");
    match act {
        Act::Judge => {
            (0..count).for_each(|name| cx.find(finding(name)));
            let mut state = cx.state().to_vec();
            state.push(1);
            cx.keep(state);
        }
        Act::Loop => {
            let mut n = 0_u64;
            loop {
                n = std::hint::black_box(n.wrapping_add(1));
            }
        }
        Act::Allocate => {
            let mut all: Vec<Vec<u8>> = Vec::new();
            loop {
                all.push(std::hint::black_box(vec![1; 1 << 20]));
            }
        }
        Act::Recurse => {
            cx.find(finding(deeper(0)));
        }
        Act::Ask => {
            let last = (0..count).filter(|_| cx.is_last()).count();
            cx.find(Finding::new("asked", Pass).observed(last));
        }
        Act::Select => {
            for _ in 0..count {
                cx.evidence([Ask::whole(Selector::new("m"), cx.now())])?;
            }
            cx.find(finding(0));
        }
        Act::Matchers => {
            let selector = (0..count).fold(Selector::new("m"), |selector, at| selector.is(&at.to_string(), ""));
            cx.evidence([Ask::whole(selector, cx.now())])?;
        }
        Act::State => cx.keep(vec![0; count as usize]),
        Act::Text => cx.find(finding(0).observed("\u{1f980}".repeat(count as usize / 4))),
        Act::Twice => (0..2).for_each(|_| cx.find(finding(0))),
        Act::Panic => panic!("on purpose"),
        Act::Refuse => return Err(Error::new(format!("nothing to judge {}", "\u{1b}[31m".repeat(count as usize)))),
        Act::Hash => {
            use std::hash::BuildHasher;
            let hash = std::collections::hash_map::RandomState::new().hash_one("x");
            cx.find(Finding::new("hash", Pass).observed(hash));
        }
    }
    Ok(())
}

#[expect(unconditional_recursion, reason = "it is what a host has to end")]
fn deeper(n: u32) -> u32 {
    std::hint::black_box(deeper(std::hint::black_box(n.wrapping_add(1)))).wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use holdpoint::policy::prelude::*;

    #[test]
    fn it_can_judge_as_it_should() {
        let t = holdpoint::testing::policy(super::judge).config(json!({ "act": "judge", "count": 2 }));
        let judged = t.judged_each("1m", "2m");
        assert_eq!(judged.last().len(), 2);
        judged.expect("1", Pass, "y");
    }
}
