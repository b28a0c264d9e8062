//! What is built, and what it is called: folders, repositories, tags, digests. Nothing here could be taken for an option of a tool.

use holdpoint::prelude::*;

use crate::config::Deployed;

/// The longest name of an image.
const LONGEST_NAME: usize = 255;
/// The longest tag that registries take.
const LONGEST_TAG: usize = 128;

/// Refuses a service whose image can't be built as it is written.
pub(crate) fn check(service: &Deployed) -> Result<()> {
    let Deployed { name, image, context, containerfile, .. } = service;
    if repository(image).is_none() {
        return Err(Error::new(format!(
            "the image of {name} is `{image}`: it is built here, so name its repository, HOST/NAME, without a tag or a digest"
        )));
    }
    for (what, path) in [("context", context), ("containerfile", containerfile)] {
        let plain = path.split('/').all(|part| !part.is_empty() && part != ".." && !part.starts_with('-'));
        if !plain || path.chars().any(char::is_control) {
            return Err(Error::new(format!("the {what} of {name} is `{path}`: write a path within the source")));
        }
    }
    Ok(())
}

pub(crate) fn check_tag(tag: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.' || b == b'-';
    let begins = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins && tag.len() <= LONGEST_TAG && tag.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::new(format!(
        "config.build.tag is `{tag}`: write 1 to {LONGEST_TAG} of A-Z, a-z, 0-9, _, . and -, not beginning with . or -"
    )))
}

/// `HOST/NAME` without tag and digest: its host, and its name there.
pub(super) fn repository(image: &str) -> Option<(&str, &str)> {
    let (host, name) = image.split_once('/')?;
    let of_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
    let of_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let is_host = host.starts_with(|c: char| c.is_ascii_alphanumeric()) && host.bytes().all(of_host);
    let is_part = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.bytes().all(of_part);
    (image.len() <= LONGEST_NAME && is_host && name.split('/').all(is_part)).then_some((host, name))
}

/// Whether a text is a digest as registries write it.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

/// The last digest that stands in a text as a word of its own.
pub(super) fn last_digest(text: &str) -> Option<String> {
    text.split_whitespace().rev().find(|word| is_digest(word)).map(str::to_owned)
}
