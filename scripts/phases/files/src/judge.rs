//! Files that go there and come back.

use holdpoint::prelude::*;
use holdpoint::{CookieJar, NoLogin};

use crate::ROW;
use crate::config::Config;
use crate::content::{bytes, difference, hash};

struct Files<'a> {
    cx: &'a Context,
    config: &'a Config,
    service: Service,
    jar: CookieJar,
    /// What tells its files from those of other runs: when the phase began, which a replay has alike.
    run: String,
}

/// A file that is there.
struct Kept {
    id: String,
    content: Vec<u8>,
}

pub(crate) fn all(cx: &Context, config: &Config, service: Service) {
    let run = format!("{:.0}", cx.now().0);
    let jar = match log_in(cx, config) {
        Ok(jar) => jar,
        Err(none) => return none.conclude(cx.check([ROW], "files come back as they were sent")),
    };
    let files = Files { cx, config, service, jar, run };
    let kept: Vec<Kept> = config.sizes.iter().filter_map(|size| files.judge_whole(*size)).collect();
    match kept.iter().max_by_key(|kept| kept.content.len()) {
        Some(largest) if config.ranges && largest.content.len() >= 4 => files.judge_parts(largest),
        Some(_) if config.ranges => {
            cx.check([ROW], "parts come back as they were sent")
                .not_exercised("config.sizes names none of 4 bytes or more");
        }
        _ => {}
    }
    let above = config.limit.and_then(|limit| files.judge_limit(limit));
    files.remove(kept.into_iter().map(|kept| kept.id).chain(above));
}

fn log_in(cx: &Context, config: &Config) -> Result<CookieJar, NoLogin> {
    match &config.login {
        Some(login) => login.enter(cx).map(|(jar, _)| jar),
        None => Ok(CookieJar::new()),
    }
}

impl Files<'_> {
    fn upload(&self, content: &[u8]) -> Result<Response, CallError> {
        let name = format!("holdpoint-{}-{}.bin", self.run, content.len());
        let path = self.config.upload.path.replace("{name}", &name);
        let request = self.service.post(path).body("application/octet-stream", content).cookies(&self.jar);
        self.cx.http().send(request)
    }

    fn download(&self, id: &str, range: Option<&str>) -> Result<Response, CallError> {
        let request = self.service.get(self.config.download.of(id)).cookies(&self.jar);
        self.cx.http().send(match range {
            Some(range) => request.header("range", range),
            None => request,
        })
    }

    /// Sends a file and has it back. It is given if it is there, however it came back.
    fn judge_whole(&self, size: u32) -> Option<Kept> {
        let content = bytes(size, &self.run);
        let wanted = format!("SHA-256 {}", hash(&content));
        let check = self.cx.check([ROW], format!("a file of {size} bytes comes back as it was sent"));
        let check = check.expecting(expected(&wanted));
        let sent = match self.upload(&content) {
            Ok(sent) => sent,
            Err(error) => {
                check.from_error(error);
                return None;
            }
        };
        let id = match self.id(&sent) {
            Ok(id) => id,
            Err(seen) => {
                check.fail(expected(wanted), observed(seen), &sent);
                return None;
            }
        };
        if let Some(said) = self.hash_said(&sent).filter(|said| *said != hash(&content)) {
            check.fail(expected(wanted), observed(format!("the upload says SHA-256 {said}")), &sent);
            return Some(Kept { id, content });
        }
        match self.download(&id, None) {
            Ok(came) if came.truncated() => {
                let seen = format!("{} bytes, of which the host shows a part", came.length());
                check.inconclusive(observed(seen), (&sent, &came));
            }
            Ok(came) if came.status() != 200 => {
                let seen = format!("the download answers {}", came.status());
                check.fail(expected(wanted), observed(seen), (&sent, &came));
            }
            Ok(came) => match difference(&content, came.body()) {
                None => check.pass(observed("the same bytes"), (&sent, &came)),
                Some(seen) => {
                    let seen = format!("SHA-256 {}: {seen}", hash(came.body()));
                    check.fail(expected(wanted), observed(seen), (&sent, &came));
                }
            },
            Err(error) => check.from_error(error),
        }
        Some(Kept { id, content })
    }

    /// By what a file that was sent is asked for, or what was answered instead.
    fn id(&self, sent: &Response) -> Result<String, String> {
        if !(200..300).contains(&sent.status()) {
            return Err(format!("the upload answers {}", sent.status()));
        }
        let body = sent.json::<Value>().map_err(|_| "the upload answers no JSON".to_owned())?;
        let place = &self.config.upload.id;
        let id = match body.pointer(place) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(format!("the upload answers without an id at {place}")),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        if id.is_empty() || id.len() > 256 || id.starts_with('.') || !id.bytes().all(is_plain) {
            return Err("the upload answers an id that is no part of a path".to_owned());
        }
        Ok(id)
    }

    fn hash_said(&self, sent: &Response) -> Option<String> {
        let place = self.config.upload.hash.as_ref()?;
        let body = sent.json::<Value>().ok()?;
        let said = body.pointer(place).and_then(Value::as_str);
        // What is named and not there is said, too.
        Some(said.map_or_else(|| format!("nowhere: nothing is at {place}"), str::to_ascii_lowercase))
    }

    fn judge_parts(&self, file: &Kept) {
        let size = file.content.len();
        let (middle, last) = (size / 2, size - 1);
        for (range, from, to) in [
            ("bytes=0-0".to_owned(), 0, 0),
            (format!("bytes=1-{middle}"), 1, middle),
            (format!("bytes={middle}-"), middle, last),
            ("bytes=-2".to_owned(), size - 2, last),
            (format!("bytes={middle}-{}", size * 2), middle, last),
        ] {
            self.judge_part(file, &range, (from, to));
        }
        let check = self.cx.check([ROW], "a part behind the end of a file is refused");
        match self.download(&file.id, Some(&format!("bytes={size}-"))) {
            Ok(came) => check.passes_if(came.status() == 416, expected("416"), observed(came.status()), &came),
            Err(error) => check.expecting(expected("416")).from_error(error),
        }
    }

    fn judge_part(&self, file: &Kept, range: &str, (from, to): (usize, usize)) {
        let place = format!("bytes {from}-{to}/{}", file.content.len());
        let wanted = expected(format!("206 with {place}"));
        let check =
            self.cx.check([ROW], format!("{range} of a file comes back as it was sent")).expecting(wanted.clone());
        let came = match self.download(&file.id, Some(range)) {
            Ok(came) => came,
            Err(error) => return check.from_error(error),
        };
        let said = came.header("content-range").unwrap_or("no content-range");
        if came.status() != 206 || said != place {
            return check.fail(wanted, observed(format!("{} with {said}", came.status())), &came);
        }
        match difference(&file.content[from..=to], came.body()) {
            None => check.pass(observed("the same bytes"), &came),
            Some(seen) => check.fail(wanted, observed(seen), &came),
        }
    }

    /// What is one byte too large, and what it is asked for by if it was taken. A file of exactly the limit is among the sizes, if the bundle says so.
    fn judge_limit(&self, limit: u32) -> Option<String> {
        let statuses: Vec<String> = self.config.refusals.iter().map(ToString::to_string).collect();
        let wanted = expected(statuses.join(" or "));
        let check = self.cx.check([ROW], format!("a file of {} bytes is refused", u64::from(limit) + 1));
        match self.upload(&bytes(limit.saturating_add(1), &self.run)) {
            Ok(sent) => {
                let is_refused = self.config.refusals.contains(&sent.status());
                check.passes_if(is_refused, wanted, observed(sent.status()), &sent);
                self.id(&sent).ok()
            }
            Err(error) => {
                check.expecting(wanted).from_error(error);
                None
            }
        }
    }

    /// Removes what was sent, where the bundle says how. What stays is told, and judges nothing.
    fn remove(&self, ids: impl Iterator<Item = String>) {
        let Some(place) = &self.config.delete else { return };
        for id in ids {
            let request = self.service.request("DELETE", place.of(&id)).cookies(&self.jar);
            let why = match self.cx.http().send(request) {
                Ok(removed) if (200..300).contains(&removed.status()) => continue,
                Ok(removed) => format!("its removal answers {}", removed.status()),
                Err(error) => error.to_string(),
            };
            self.cx.log(Level::Warn, format!("file {id} may be left behind: {why}"));
        }
    }
}
