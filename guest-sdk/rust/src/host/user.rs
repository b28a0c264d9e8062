//! What a user is told about itself, and what it says of its answers.

use crate::user::bindings::holdpoint::user::user;

pub(crate) fn user_number() -> u32 {
    user::number()
}

pub(crate) fn user_canary() -> String {
    user::canary()
}

pub(crate) fn user_identity() -> Option<String> {
    user::identity()
}

pub(crate) fn user_random() -> u32 {
    user::random()
}

pub(crate) fn user_check(name: &str, good: bool) {
    user::check(name, good);
}

pub(crate) fn user_deliberate() {
    user::deliberate();
}

pub(crate) fn user_note(text: &str) {
    user::note(text);
}
