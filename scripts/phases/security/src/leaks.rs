//! SEC-4: no secret stands in what services answer: none of those that the host knows, in any encoding, and none that has the shape of one.

use holdpoint::prelude::*;
use holdpoint::shapes;

use crate::asking::{Asked, Asker, is_good};
use crate::authentication::FORGED;
use crate::config::{below_service, bounded};
use crate::tokens::{Missing, Tokens, held, with};

const ROW: &str = "SEC-4";
/// The most findings that are told.
const MOST_TOLD: usize = 20;
/// The most calls that are shown for them.
const MOST_CALLS: usize = 100;

/// Headers by which a server hands out what a session needs. A secret of the team never stands there.
const HANDED_OUT: [&str; 2] = ["set-cookie", "x-csrf-token"];

/// What is looked at, and what may stand there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Leaks {
    /// Secrets of this phase that the host must have a value for: else nobody would know them again.
    #[serde(default)]
    secrets: Vec<String>,
    /// What is asked with GET, without a token and with one. Each has to be answered with 200 to 299, with the token where there is one.
    pages: Vec<Place>,
    /// Asked of each service of `pages`, because an error or a forgotten file may tell more than a page.
    #[serde(default = "usual_probes")]
    probes: Vec<String>,
    /// Routes that hand out tokens to those whose they are; what they answer is not searched.
    #[serde(default)]
    issue_tokens: Vec<Place>,
    /// Texts that look like a secret and are public.
    #[serde(default)]
    public: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    service: String,
    path: String,
}

impl Leaks {
    pub(crate) fn check(&self) -> Result<()> {
        bounded("leaks.pages", &self.pages, 1)?;
        bounded("leaks.secrets", &self.secrets, 0)?;
        bounded("leaks.probes", &self.probes, 0)?;
        bounded("leaks.issue-tokens", &self.issue_tokens, 0)?;
        bounded("leaks.public", &self.public, 0)?;
        for Place { path, .. } in self.pages.iter().chain(&self.issue_tokens) {
            below_service("leaks", path)?;
        }
        self.probes.iter().try_for_each(|path| below_service("leaks.probes", path))
    }
}

/// What was searched so far, and what was found.
pub(crate) struct Search {
    is_on: bool,
    issue_tokens: Vec<Place>,
    public: Vec<String>,
    /// Placeholders of the secrets that have a value.
    known: Vec<String>,
    /// Names of those that have none, with the reason.
    unknown: Vec<String>,
    answers: usize,
    cut: usize,
    found: Vec<String>,
    more: usize,
    calls: Vec<u32>,
}

impl Search {
    pub(crate) fn new(cx: &Context, leaks: Option<&Leaks>) -> Self {
        let mut search = Self {
            is_on: leaks.is_some(),
            issue_tokens: leaks.map(|leaks| leaks.issue_tokens.clone()).unwrap_or_default(),
            public: leaks.map(|leaks| leaks.public.clone()).unwrap_or_default(),
            known: Vec::new(),
            unknown: Vec::new(),
            answers: 0,
            cut: 0,
            found: Vec::new(),
            more: 0,
            calls: Vec::new(),
        };
        // What this phase itself sends, and a server may well say back.
        search.public.push(FORGED.to_owned());
        for name in leaks.map(|leaks| &leaks.secrets[..]).unwrap_or_default() {
            match held(cx, name) {
                Ok(placeholder) => search.known.push(placeholder),
                Err(why) => search.unknown.push(why),
            }
        }
        search
    }

    pub(crate) fn look(&mut self, asked: &Asked, response: &Response) {
        if !self.is_on || self.issues(asked) {
            return;
        }
        self.answers += 1;
        self.cut += usize::from(response.truncated());
        let told = self.told(response);
        if !told.is_empty() && self.calls.len() < MOST_CALLS {
            self.calls.push(response.seq());
        }
        for what in told {
            if self.found.len() < MOST_TOLD {
                self.found.push(format!("{} → {what}", asked.shown));
            } else {
                self.more += 1;
            }
        }
    }

    fn issues(&self, asked: &Asked) -> bool {
        let is_there = |place: &Place| Some(&place.service) == asked.service.as_ref() && place.path == asked.path;
        self.issue_tokens.iter().any(is_there)
    }

    /// Each secret once, with the places where it stands.
    fn told(&self, response: &Response) -> Vec<String> {
        let body = response.text();
        let mut told = Vec::new();
        for replaced in response.replaced() {
            let placeholder = replaced.placeholder.as_str();
            let is_known = self.known.iter().any(|known| known == placeholder);
            let counts = |name: &str| is_known || !HANDED_OUT.iter().any(|own| name.eq_ignore_ascii_case(own));
            let headers = response.headers().iter().filter(|(_, value)| value.contains(placeholder));
            let mut places: Vec<&str> = headers.map(|(name, _)| name.as_str()).filter(|name| counts(name)).collect();
            if body.contains(placeholder) {
                places.push("the body");
            }
            if !places.is_empty() {
                told.push(format!("{placeholder} ({}) in {}", replaced.encoding, places.join(" and ")));
            }
        }
        let headers = response.headers().iter().filter(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
        let texts = headers.map(|(name, value)| (name.as_str(), value.as_str())).chain([("the body", &*body)]);
        for (place, text) in texts {
            let found = shapes::found(text).into_iter().filter(|found| !self.public.iter().any(|p| p == found.text()));
            told.extend(found.map(|found| format!("{found} in {place}")));
        }
        told
    }
}

pub(crate) fn judge(asker: &Asker<'_>, leaks: &Leaks, tokens: &Tokens) -> Result<()> {
    // Each with whether its answer has to be the page itself.
    let mut asked: Vec<(Request, bool)> = Vec::new();
    for Place { service, path } in &leaks.pages {
        let service = asker.cx.service(service)?;
        asked.push((service.get(path), tokens.user.is_err()));
        if let Ok(token) = &tokens.user {
            asked.push((with(service.get(path), token), true));
        }
    }
    let mut services: Vec<&str> = leaks.pages.iter().map(|place| place.service.as_str()).collect();
    services.sort_unstable();
    services.dedup();
    for name in services {
        let service = asker.cx.service(name)?;
        asked.extend(leaks.probes.iter().map(|path| (service.get(path), false)));
    }
    let mut doubts = Vec::new();
    let mut calls = Vec::new();
    if let Err(why @ Missing::Valueless(_)) = &tokens.user {
        doubts.push(format!("no page is seen as a user sees it: {why}"));
    }
    let (requests, is_page): (Vec<Request>, Vec<bool>) = asked.into_iter().unzip();
    for ((request, answer), is_page) in asker.send_all(requests).into_iter().zip(is_page) {
        match &answer {
            Ok(response) if is_page && !is_good(response) => {
                doubts.push(format!("{request} → {}, so this page was not searched", response.status()));
            }
            Ok(_) => continue,
            Err(error) => doubts.push(format!("{request}: {error}")),
        }
        calls.extend(answer.calls());
    }
    conclude(asker, doubts, calls);
    Ok(())
}

fn conclude(asker: &Asker<'_>, more_doubts: Vec<String>, calls: Vec<u32>) {
    let search = asker.search();
    let wanted = format!("none of {} known secrets, and nothing with the shape of one", search.known.len());
    let check = asker.check(ROW, "no secret stands in what services answer").expecting(expected(&wanted));
    let mut doubts: Vec<String> = search.unknown.clone();
    if search.cut > 0 {
        doubts.push(format!("{} answers were cut, and their rest is not seen", search.cut));
    }
    doubts.extend(more_doubts);
    if !search.found.is_empty() {
        let more = if search.more > 0 { format!("; and {} more", search.more) } else { String::new() };
        let seen = format!("{}{more}", search.found.join("; "));
        check.fail(expected(wanted), observed(seen), search.calls.clone());
    } else if !doubts.is_empty() || search.answers == 0 {
        let seen = format!("none in {} answers, but {}", search.answers, doubts.join("; "));
        check.inconclusive(observed(seen), calls);
    } else {
        check.pass(observed(format!("none in {} answers", search.answers)), ());
    }
}

/// A page that is not there, and what should not be.
fn usual_probes() -> Vec<String> {
    ["/holdpoint-no-such-page", "/.env", "/.git/config", "/config.json", "/debug/vars", "/actuator/env"]
        .map(String::from)
        .into()
}
