//! The list of faults in the page that people open: one entry each, nothing else.

use std::time::Duration;

use crate::change::{Change, PageFault, PagePart, Thrown};
use crate::fault::{Fault, Kind};

pub(crate) const FRONTEND_CATALOGUE: &[Fault] = &[
    Fault {
        name: "page-slow",
        requirement: "DASH-4",
        exit: 1,
        description: "the page, its style sheet or its script comes seconds late",
        kind: Kind::Frontend(|draw| {
            let part = draw.pick(&[PagePart::Document, PagePart::Style, PagePart::Script]);
            Change::Page(PageFault::Late { part, delay: Duration::from_millis(draw.pick(&[4_000, 5_000])) })
        }),
    },
    Fault {
        name: "page-asset-missing",
        requirement: "DASH-4",
        exit: 1,
        description: "the style sheet or the script of the page is not there",
        kind: Kind::Frontend(|draw| Change::Page(PageFault::Missing(draw.pick(&[PagePart::Style, PagePart::Script])))),
    },
    Fault {
        name: "page-throws",
        requirement: "DASH-4",
        exit: 1,
        description: "the script of the page throws what nobody catches",
        kind: Kind::Frontend(|draw| Change::Page(PageFault::Throws(draw.pick(&[Thrown::Error, Thrown::Rejection])))),
    },
    Fault {
        name: "page-empty",
        requirement: "DASH-4",
        exit: 1,
        description: "the page comes and shows nothing",
        kind: Kind::Frontend(|_| Change::Page(PageFault::Empty)),
    },
];
