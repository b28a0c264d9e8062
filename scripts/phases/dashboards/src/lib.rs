//! The boards show what the service says of itself: each panel is asked as its board asks, and beside it the service (DASH-1, DASH-2, DASH-3).
//!
//! ```toml
//! [phase.config]
//! monitoring = "monitoring"      # the service that answers the PromQL of boards
//! secret = "MONITORING_TOKEN"    # a token for it, if it wants one
//! service = "backend"            # what the boards are about, with its page of metrics
//! path = "/metrics"
//! by = { instance = "exported_instance" }    # what tells the processes apart: a label of the page, and how boards call it
//! within = 0.05                  # how far a panel may be from what the service says, as a share of that, or of what is taken from one
//! settles = "3m"                 # how long it may take until it is
//! [[phase.config.boards]]
//! row = "DASH-1"
//! name = "Service health"        # its display name
//! [[phase.config.boards.panels]]
//! title = "Error rate"
//! shows = "errors_total"         # of the page, summed up by `by`
//! of = "requests_total"          # as a share of this
//! rest = false                   # true: what is left of one
//! ```
//! The boards are those of the project, as gcloud lists them. A panel has to be there once. Its query is the board's own, so a panel that asks for
//! something else, or by which nothing comes, fails as one does whose number is another. A panel that asks by no PromQL, or not by that alone, is not judged.
//!
//! Numbers move while they are looked at. A look reads the page, asks the panels, and reads the page again; a panel is right once its number is no
//! more than `within` outside of what the pages said so far, for each process that they showed. What is looked at has to be alone: under a load its
//! numbers move so far that nearly any is among them. Whoever collects is some time behind, which `settles` covers. A number that never changes says
//! nothing of how old it is.
//!
//! A process that begins anew while it is looked at, as a counter that falls or `process_start_time_seconds` tells, would have nearly any number between what it
//! said before and says then. What it said before is forgotten, and it is looked on; a panel that is not right until the end is inconclusive, for it had
//! less than `settles`.

mod board;
mod config;
mod judge;
mod page;
mod restart;

use holdpoint::prelude::*;

use config::Config;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    match board::list(cx) {
        Ok(boards) => {
            let panels = board::panels(cx, &config, &boards);
            judge::all(cx, &config, panels);
        }
        Err((why, calls)) => {
            let wanted = config.boards.iter().flat_map(|board| board.panels.iter().map(move |panel| (board, panel)));
            for (board, panel) in wanted {
                judge::check(cx, &config, board, panel).inconclusive(observed(&why), calls.clone());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
