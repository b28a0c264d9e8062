//! The page of the frontend comes as a real browser has it: in time, whole, without an error, and with what it should show (DASH-4).
//!
//! ```toml
//! [phase.config]
//! url = "https://app.staging.example.com/"   # the page
//! tool = "browser"                            # the default; a tool of the operator's file, granted under `exec`
//! times = 3                                   # loads, each without a cache; the default, and "3" as an input gives it
//! within = "3s"                               # for their median; the default
//! shows = ["Log in"]                          # texts of the page once it has come to rest; any text at all if none is named
//! own = ["api.staging.example.com"]           # hosts whose requests count besides those of the page's own host
//! may-fail = ["/auth/session"]                # paths of requests that may fail, as one that asks who is logged in
//! ```
//! The tool is given the URL and nothing else. It writes a picture of the page as PNG, a trace of the load as JSON, and the document that came of it, one
//! right after the other; what the page writes to its console goes to standard error, as Chromium writes it. docs/operator.md has a pin of Chromium
//! that does. A page that does not come fails. What can't be started or read judges nothing.
//!
//! The time is that of Navigation Timing: from the start of the navigation to the end of the load event. A request fails that is answered with 400 or
//! more, or not at all. A page that leads to a host that is not the team's, by a redirect or by itself once it is loaded, shows nothing. Whether sockets open and hold is judged by `chat` and `websocket-endurance`.

mod browser;
mod config;
mod console;
mod judge;
mod picture;
mod text;
mod trace;

use holdpoint::prelude::*;

use browser::Visit;
use config::Config;

const ROW: &str = "DASH-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let url = config.page()?;
    let tool = Tool::new(&config.tool).argument(url.as_str());
    let mut visits = Vec::new();
    for number in 0..config.times {
        cx.progress(number, config.times, format_args!("load {} of {url}", number + 1));
        match cx.exec().run(&tool) {
            Ok(finished) => visits.push(Visit::of(&finished)),
            // What can't be started shows nothing of the page, good or bad.
            Err(error) => {
                judge::loading(cx, &config, &url).inconclusive(observed(&error), &error);
                return Ok(());
            }
        }
    }
    judge::all(cx, &config, &url, &visits);
    Ok(())
}

#[cfg(test)]
mod tests;
