//! Where the services of the chosen environment live.

use holdpoint_model::grant::UrlPattern;
use url::Url;

use super::Service;
use crate::authored::environment::{AuthoredService, AuthoredUrl, Environment};
use crate::diagnostic::Problems;
use crate::interpolate::Variables;
use crate::reading::Located;
use crate::sources::Sources;

pub(crate) fn resolve(
    environment: &Environment,
    sources: &Sources,
    variables: &Variables,
    problems: &mut Problems<'_>,
) -> Vec<Service> {
    for name in sources.services.keys().filter(|name| environment.services.iter().all(|s| s.name.as_str() != **name)) {
        let near = problems.nearest(name, environment.services.iter().map(|s| s.name.as_str()));
        problems.typed(format!("environment `{}` has no service `{name}`{near}", environment.name), None);
    }
    let mut services: Vec<Service> =
        environment.services.iter().map(|service| one(service, sources, variables, problems)).collect();
    for (at, authored) in environment.services.iter().enumerate() {
        if let Some(AuthoredUrl::Tag { of, tag }) = &authored.url {
            match services.iter().position(|service| service.name.as_str() == of.value) {
                Some(base) if !matches!(environment.services[base].url, Some(AuthoredUrl::Tag { .. })) => {
                    let tagged = tagged(&services[base], &services[at], tag, problems);
                    services[at] = tagged;
                }
                Some(_) => problems.at(of.at, format!("service `{}` is itself the tag of another", of.value)),
                None => {
                    let near = problems.nearest(&of.value, services.iter().map(|service| service.name.as_str()));
                    problems
                        .at(of.at, format!("environment `{}` has no service `{}`{near}", environment.name, of.value));
                }
            }
        }
    }
    services
}

/// A revision by its tag: Cloud Run puts `TAG---` before the host of the service.
fn tagged(base: &Service, own: &Service, tag: &Located<String>, problems: &mut Problems<'_>) -> Service {
    let behind = |place: &str| place.replacen("://", &format!("://{}---", tag.value), 1);
    let mut within = Vec::new();
    for pattern in &base.within {
        match UrlPattern::parse(&behind(&pattern.to_string())) {
            Ok(pattern) => within.push(pattern),
            Err(e) => problems.at(tag.at, format!("service `{}` has no place for a tag: {e}", base.name)),
        }
    }
    let derived = base.base.as_ref().and_then(|url| Url::parse(&behind(url.as_str())).ok());
    Service {
        name: own.name.clone(),
        title: base.title.clone(),
        within,
        overridden: own.overridden || (base.overridden && derived.is_some()),
        base: own.base.clone().or(derived),
        left_out: base.left_out && own.base.is_none(),
        asked_for: base.asked_for.clone().filter(|_| own.base.is_none()),
    }
}

fn one(service: &AuthoredService, sources: &Sources, variables: &Variables, problems: &mut Problems<'_>) -> Service {
    let (mut within, mut base, mut is_optional) = (Vec::new(), None, false);
    match &service.url {
        None | Some(AuthoredUrl::Tag { .. }) => {}
        Some(AuthoredUrl::Fixed(text)) => {
            if let Some((url, pattern)) = fixed(text, variables, problems) {
                base = Some(url);
                within.push(pattern);
            }
        }
        Some(AuthoredUrl::CloudRun { within: texts, optional }) => {
            is_optional = *optional;
            for text in texts {
                let Some(filled) = variables.fill(text, problems) else { continue };
                match UrlPattern::parse(&filled) {
                    Ok(pattern) => within.push(pattern),
                    Err(e) => problems.at(text.at, e.to_string()),
                }
            }
        }
    }
    let given = sources.services.get(service.name.as_str());
    if let Some(given) = given {
        match base_url(given) {
            Ok((url, _)) => base = Some(url),
            Err(why) => problems.typed(format!("the URL `{given}` of service `{}` {why}", service.name), None),
        }
    }
    let title = service.title.clone().unwrap_or_else(|| service.name.to_string());
    let left_out = is_optional && given.is_none();
    let assigned = matches!(service.url, Some(AuthoredUrl::CloudRun { .. }));
    let asked_for = (assigned && given.is_none()).then(|| service.name.clone());
    Service { name: service.name.clone(), title, within, base, overridden: given.is_some(), left_out, asked_for }
}

fn fixed(text: &Located<String>, variables: &Variables, problems: &mut Problems<'_>) -> Option<(Url, UrlPattern)> {
    let filled = variables.fill(text, problems)?;
    base_url(&filled).map_err(|why| problems.at(text.at, format!("the URL `{filled}` {why}"))).ok()
}

/// A URL that requests start from: a scheme, a host, perhaps a port and a path.
fn base_url(text: &str) -> Result<(Url, UrlPattern), String> {
    let url = Url::parse(text).map_err(|e| format!("can't be read: {e}"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("has a user, a query or a fragment, which a service's URL does not".to_owned());
    }
    let scheme = url.scheme();
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let pattern = UrlPattern::parse(&format!("{scheme}://{host}{port}"))
        .map_err(|e| format!("is no place for a service: {e}"))?;
    if !pattern.covers(&url) {
        // An IPv4 address in the clothes of IPv6: consent to the one would not be consent to the other.
        return Err(format!("is a second way to write {pattern}; write it so"));
    }
    Ok((url, pattern))
}
