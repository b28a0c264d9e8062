//! The records of notifications: what is to be sent, and what came of it. Since format 4.

use holdpoint_model::{Notice, NoticeEnd, NoticeKind};
use serde::{Deserialize, Serialize};

use crate::{Error, Row, RowKind, record::parse};

#[derive(Serialize, Deserialize)]
struct IntendedV1 {
    key: String,
    kind: String,
    to: String,
    body: String,
}

#[derive(Serialize, Deserialize)]
struct EndedV1 {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    tries: u32,
}

/// Rows of notifications.
impl Row {
    /// A notification is about to be sent.
    pub fn notice_intended(notice: &Notice, at: f64) -> Self {
        let Notice { key, kind, to, body } = notice.clone();
        let record = IntendedV1 { key, kind: kind.word().to_owned(), to, body };
        Self { summary: record.key.clone(), ..Self::of(RowKind::NoticeIntended, "", &record, at) }
    }

    /// It was delivered, or is not tried any more.
    pub fn notice_ended(end: &NoticeEnd, at: f64) -> Self {
        let NoticeEnd { key, failed, tries } = end.clone();
        Self { summary: key.clone(), ..Self::of(RowKind::NoticeEnded, "", &EndedV1 { key, failed, tries }, at) }
    }
}

pub(crate) fn intended(position: u64, row: &Row) -> Result<Notice, Error> {
    let IntendedV1 { key, kind, to, body } = parse(position, &row.request)?;
    let unknown = || Error::Damaged { position, what: "its kind of notification is unknown".into() };
    Ok(Notice { key, kind: NoticeKind::parse(&kind).ok_or_else(unknown)?, to, body })
}

pub(crate) fn ended(position: u64, row: &Row) -> Result<NoticeEnd, Error> {
    let EndedV1 { key, failed, tries } = parse(position, &row.request)?;
    Ok(NoticeEnd { key, failed, tries })
}

#[cfg(test)]
mod tests {
    use holdpoint_model::EventKind;

    use super::*;

    #[test]
    fn a_notification_and_its_end_survive() {
        for kind in NoticeKind::ALL {
            let notice = Notice { key: "R/notify-0-1/0".into(), kind, to: "webhook X".into(), body: "{}".into() };
            assert_eq!(Row::notice_intended(&notice, 5.0).event(7).unwrap().kind, EventKind::NoticeIntended(notice));
        }
        for failed in [None, Some("no answer".to_owned())] {
            let end = NoticeEnd { key: "R/notify-0-1/0".into(), failed, tries: 3 };
            assert_eq!(Row::notice_ended(&end, 5.0).event(7).unwrap().kind, EventKind::NoticeEnded(end));
        }
        let mut row = Row::new(RowKind::NoticeIntended, "", 1.0);
        row.request.json = r#"{"key":"k","kind":"gossip","to":"x","body":"{}"}"#.into();
        assert!(row.event(3).unwrap_err().to_string().contains("kind of notification"));
    }
}
