//! Whose process this is, by the name that the machine's own list has for it.

use std::{fs::File, io, io::Read as _};

use tokio::net::UnixStream;

/// The list of users, and the most that is read of it.
const LIST: &str = "/etc/passwd";
const BOUND: u64 = 4 << 20;

/// The user of this process, as a socket knows it. Needs a runtime.
pub(crate) fn own() -> io::Result<u32> {
    let (one, _other) = UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

/// The name of a user; `user 1000` where the list has none.
pub(crate) fn name_of(uid: u32) -> String {
    let mut list = String::new();
    // A machine without a list has users all the same.
    let _ = File::open(LIST).and_then(|file| file.take(BOUND).read_to_string(&mut list));
    name_in(&list, uid).unwrap_or_else(|| format!("user {uid}"))
}

/// `name:password:uid:…`, a line a user.
fn name_in(list: &str, uid: u32) -> Option<String> {
    let user = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    };
    list.lines().find_map(user).filter(|name| holdpoint_model::parse_name(name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_number() {
        let list = "root:x:0:0:root:/root:/bin/sh\n# broken\nalice:x:1000:1000::/home/alice:/bin/sh\n:x:7:7:::\n";
        assert_eq!(name_in(list, 1000), Some("alice".into()));
        assert_eq!((name_in(list, 100), name_in(list, 7)), (None, None));
        assert_eq!(name_of(3_999_999_999), "user 3999999999");
    }

    #[tokio::test]
    async fn a_process_knows_its_user() {
        assert_ne!(name_of(own().expect("a socket")), "");
    }
}
