//! What a system does against those who mean harm: a section of the configuration for each row, and each row by its own file. A row without
//! its section is not judged here.
//!
//! ```toml
//! [phase.config.tokens]                    # secrets by name, bound by the operator to `authorization` of these services
//! user = "STAGING_USER_TOKEN"
//! other = "STAGING_OTHER_TOKEN"
//! expired = "STAGING_EXPIRED_TOKEN"
//! [phase.config.https]                     # SEC-1
//! hosts = ["staging.example.com"]
//! services = ["backend"]
//! [phase.config.authentication]            # SEC-2
//! routes = [{ service = "backend", path = "/api/me" }]
//! [[phase.config.authentication.owned]]
//! service = "backend"
//! write = { method = "PUT", path = "/api/state/security", json = { value = "{marker}" } }
//! read = "/api/state/security"
//! [phase.config.cors]                      # SEC-3
//! allowed = ["https://app.example.com"]
//! routes = [{ service = "backend", path = "/api/me" }]
//! [phase.config.leaks]                     # SEC-4
//! secrets = ["OPENAI_API_KEY"]
//! pages = [{ service = "backend", path = "/health" }]
//! [phase.config.rate]                      # SEC-5
//! route = { service = "backend", path = "/api/search" }
//! most = 200
//! [phase.config.input]                     # SEC-6
//! openapi = { service = "backend", path = "/openapi.json" }
//! created = { "POST /api/agents" = { id = "/id", path = "/api/agents/{id}" } }
//! ```
//! A token is a secret: this phase holds its placeholder alone. What a missing token leaves untried leaves its row inconclusive. Where none ends by
//! itself, as names with their passwords don't, `never-expire = true` stands in the place of `expired`. Everything that any row
//! is answered is searched for SEC-4.
//!
//! SEC-5 asks until it is refused, which a bundle grants as `disruptive`: that phase runs alone, in an environment that the operator has named.
//! It belongs into a phase of its own, so that the other rows need not wait for it.

mod asking;
mod authentication;
mod config;
mod cors;
mod document;
mod https;
mod input;
mod leaks;
mod made;
mod malformed;
mod owned;
mod rate;
mod schema;
mod tokens;
mod trial;

use holdpoint::prelude::*;

use asking::Asker;
use config::Config;
use tokens::Tokens;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check(cx.requirements())?;
    let tokens = Tokens::of(cx, &config.tokens);
    let asker = Asker::new(cx, config.leaks.as_ref());
    if let Some(https) = &config.https {
        https::judge(&asker, https)?;
    }
    if let Some(authentication) = &config.authentication {
        authentication::judge(&asker, authentication, &tokens)?;
    }
    if let Some(cors) = &config.cors {
        cors::judge(&asker, cors, &tokens)?;
    }
    if let Some(rate) = &config.rate {
        rate::judge(&asker, rate, &tokens)?;
    }
    if let Some(input) = &config.input {
        input::judge(&asker, input, &tokens)?;
    }
    // The last, because it speaks of what all others were answered.
    if let Some(leaks) = &config.leaks {
        leaks::judge(&asker, leaks, &tokens)?;
    }
    Ok(())
}

#[cfg(test)]
mod input_tests;
#[cfg(test)]
mod tests;
