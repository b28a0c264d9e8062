//! Files that people write: read within a bound. Where one can't be, it is told what to do.

use holdpoint::prelude::*;

/// The longest text that people write, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;

const WANTED: &str = "a text that can be read";

/// A text, and the call that read it.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) path: String,
    pub(crate) text: String,
    seq: u32,
}

impl Evidence for Document {
    fn calls(&self) -> Vec<u32> {
        vec![self.seq]
    }
}

/// Reads a text of at most so many bytes. Where there is none, a check of the row says why.
pub(crate) fn read(cx: &Context, row: &str, path: &str, longest: usize) -> Option<Document> {
    let check = || cx.check([row], format!("{path} is there")).expecting(expected(WANTED));
    let content = match cx.files().read(path) {
        Ok(content) => content,
        Err(error) => {
            unread(check(), &error);
            return None;
        }
    };
    let length = content.bytes().len();
    match content.text() {
        Ok(text) if length <= longest => {
            Some(Document { path: path.to_owned(), text: text.to_owned(), seq: content.seq() })
        }
        Ok(_) => {
            check().inconclusive(observed(format!("{length} bytes, of at most {longest}; shorten it")), &content);
            None
        }
        Err(error) => {
            check().inconclusive(observed(format!("it is not UTF-8 from byte {}", error.valid_up_to())), &content);
            None
        }
    }
}

/// A document that nobody wrote fails its row; what is not granted or leads elsewhere says nothing of it.
pub(crate) fn unread(check: Check<'_>, error: &CallError) {
    match error.cause() {
        Cause::Failed(why) => {
            let seen = format!("{why}; write it, or take it out of the configuration");
            check.fail(expected(WANTED), observed(seen), error);
        }
        Cause::Denied(denial) => check.inconclusive(observed(format!("{error}; {}", denial.remedy)), error),
        _ => check.from_error(error),
    }
}
