//! SEC-1: every host speaks HTTPS, with a certificate that holds, and sends whoever comes without it there.

use holdpoint::prelude::*;
use url::Url;

use crate::asking::{Asker, seen};
use crate::config::{below_service, bounded};

const ROW: &str = "SEC-1";
/// Milliseconds.
const DAY: f64 = 86_400_000.0;

/// Which hosts, and what is wanted of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Https {
    /// Host names, which are asked without TLS too.
    #[serde(default)]
    hosts: Vec<String>,
    /// Services whose host is found late. Who comes without TLS can't be tried there, and HSTS is the platform's.
    #[serde(default)]
    services: Vec<String>,
    #[serde(default = "root")]
    path: String,
    /// How long the certificate holds at least.
    #[serde(default = "two_weeks")]
    certificate_days: u16,
    /// How long browsers remember at least to use HTTPS.
    #[serde(default = "half_a_year")]
    hsts_days: u16,
    /// Hosts below these end TLS where nobody can set a header; HSTS is shown there and judges nothing.
    #[serde(default = "cloud_run")]
    platforms: Vec<String>,
    /// What becomes of those who come without TLS.
    #[serde(default)]
    without: Without,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Without {
    #[default]
    Redirected,
    /// Nothing listens there, or they are redirected.
    Refused,
}

impl Https {
    pub(crate) fn check(&self) -> Result<()> {
        bounded("https.hosts and services", &[&self.hosts[..], &self.services[..]].concat(), 1)?;
        bounded("https.platforms", &self.platforms, 0)?;
        below_service("https.path", &self.path)?;
        for host in &self.hosts {
            let url = Url::parse(&format!("https://{host}/"));
            if !url.is_ok_and(|url| url.host_str() == Some(host.as_str()) && url.port().is_none()) {
                return Err(Error::new(format!(
                    "config.https.hosts: `{host}` is no host; write a name in lower case, as in app.example.com"
                )));
            }
        }
        Ok(())
    }

    fn is_own(&self, host: &str) -> bool {
        !self
            .platforms
            .iter()
            .any(|suffix| host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    }
}

pub(crate) fn judge(asker: &Asker<'_>, https: &Https) -> Result<()> {
    for host in &https.hosts {
        without_tls(asker, https, host);
        with_tls(asker, https, host, Request::get(format!("https://{host}{}", https.path)), https.is_own(host));
    }
    for name in &https.services {
        let service = asker.cx.service(name)?;
        with_tls(asker, https, name, service.get(&https.path), false);
    }
    Ok(())
}

fn without_tls(asker: &Asker<'_>, https: &Https, host: &str) {
    let wanted = || expected(format!("a redirect to https://{host}"));
    let check = asker.check(ROW, format!("http://{host} leads to HTTPS")).expecting(wanted());
    match asker.send(Request::get(format!("http://{host}{}", https.path))) {
        Ok(response) => match led(&response, host, &https.hosts) {
            Ok(location) => check.pass(observed(location), &response),
            Err(seen) => check.fail(wanted(), observed(seen), &response),
        },
        Err(error) if https.without == Without::Refused && is_refusal(error.cause()) => {
            check.pass(observed(&error), &error);
        }
        Err(error) => check.from_error(error),
    }
}

/// Where a redirect leads, if that is HTTPS at this host or at another of those that are judged.
fn led(response: &Response, host: &str, hosts: &[String]) -> Result<String, String> {
    if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
        return Err(seen(response));
    }
    let location = response.header("location").ok_or_else(|| format!("{} without a location", response.status()))?;
    let url = Url::parse(&format!("http://{host}/")).and_then(|base| base.join(location));
    let url = url.map_err(|_| format!("{} to `{location}`, which is no URL", response.status()))?;
    let to = format!("{} to {}://{}", response.status(), url.scheme(), url.host_str().unwrap_or_default());
    let is_known = url.host_str().is_some_and(|to| to == host || hosts.iter().any(|known| known == to));
    if url.scheme() == "https" && is_known { Ok(to) } else { Err(to) }
}

fn is_refusal(cause: &Cause) -> bool {
    matches!(cause, Cause::Failed(why) if why.contains("refused"))
}

/// `place` is what people know it as. HSTS judges the row where the domain is the team's own.
fn with_tls(asker: &Asker<'_>, https: &Https, place: &str, request: Request, is_own: bool) {
    let wanted = || expected(format!("a certificate that is trusted and holds for {} days", https.certificate_days));
    let check = asker.check(ROW, format!("the certificate of {place} holds")).expecting(wanted());
    let response = match asker.send(request) {
        Ok(response) => response,
        Err(error) => return check.from_error(error),
    };
    let Some(tls) = response.tls() else {
        return check.fail(wanted(), observed("an answer without TLS"), &response);
    };
    let left = (tls.not_after.0 - asker.cx.now().0) / DAY;
    let holds = left >= f64::from(https.certificate_days);
    check.passes_if(holds, wanted(), observed(format!("it holds for {left:.1} days")), &response);

    // The host offers no version that is not sound, so that this shows what a server takes at best and judges nothing.
    let check = asker.cx.observation(format!("{place} agrees on a version of TLS"));
    check.pass(observed(format!("{}; versions older than TLSv1.2 are not tried", tls.version)), &response);

    let name = format!("browsers remember to use HTTPS at {place}");
    let check = if is_own { asker.check(ROW, name) } else { asker.cx.observation(name) };
    let header = response.header("strict-transport-security");
    let days = header.and_then(max_age).map(|seconds| seconds / 86_400);
    let is_long = days.is_some_and(|days| days >= u64::from(https.hsts_days));
    let wanted = format!("strict-transport-security for {} days", https.hsts_days);
    check.passes_if(is_long, expected(wanted), observed(header.unwrap_or("no such header")), &response);
}

/// Seconds of the header's `max-age`.
fn max_age(header: &str) -> Option<u64> {
    let mut directives = header.split(';').filter_map(|directive| directive.split_once('='));
    let (_, value) = directives.find(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"))?;
    value.trim().trim_matches('"').parse().ok()
}

fn root() -> String {
    "/".to_owned()
}

fn two_weeks() -> u16 {
    14
}

fn half_a_year() -> u16 {
    180
}

fn cloud_run() -> Vec<String> {
    vec!["run.app".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::max_age;

    #[test]
    fn the_age_is_read_wherever_it_stands() {
        assert_eq!(max_age("max-age=31536000; includeSubDomains"), Some(31_536_000));
        assert_eq!(max_age("includeSubDomains; Max-Age=\"60\""), Some(60));
        for none in ["", "includeSubDomains", "max-age=", "max-age=-1", "max-age=long"] {
            assert_eq!(max_age(none), None, "{none}");
        }
    }
}
