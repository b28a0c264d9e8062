//! How a service answers for what is not there.

use holdpoint::prelude::*;

/// A path that no service has.
pub(crate) const NO_SUCH_PATH: &str = "/holdpoint-no-such-path";

/// The statuses of a path that is not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Control {
    pub(crate) get: u16,
    pub(crate) options: u16,
}

impl Control {
    /// Asks for it where the described paths begin. Without an answer nobody knows what theirs show.
    pub(crate) fn ask(cx: &Context, service: &Service, base: &str) -> Result<Self, CallError> {
        let path = format!("{base}{NO_SUCH_PATH}");
        let ask = |method: &str| cx.http().send(service.request(method, &path)).map(|answer| answer.status());
        Ok(Self { get: ask("GET")?, options: ask("OPTIONS")? })
    }
}
