//! A page line by line, to its end or not at all.

use super::{
    Format, Page,
    families::Families,
    line::{self, Line},
};
use crate::{
    Unread,
    answer::most,
    bounds::{MOST_FAMILIES, MOST_LABELS_IN_ALL, MOST_SAMPLES},
};

impl Format {
    /// What a page says that it is. One that says nothing is a text.
    fn of(content_type: Option<&str>) -> Result<Self, Unread> {
        let media = content_type.unwrap_or("text/plain").split(';').next().unwrap_or_default().trim();
        match media.to_ascii_lowercase().as_str() {
            "text/plain" => Ok(Self::Text),
            "application/openmetrics-text" => Ok(Self::OpenMetrics),
            other => Err(Unread::Unreadable(format!("it has the type `{other}`, which is no page of metrics"))),
        }
    }
}

/// Reads a page.
pub(crate) fn read(content_type: Option<&str>, body: &[u8]) -> Result<Page, Unread> {
    let format = Format::of(content_type)?;
    let text = std::str::from_utf8(body).map_err(|_| Unread::Unreadable("the page is no UTF-8".into()))?;
    let mut families = Families::new(format);
    let (mut samples, mut labels) = (0, 0);
    let mut lines = text.split('\n').enumerate().peekable();
    let mut ended = false;
    while let Some((at, line)) = lines.next() {
        let last = lines.peek().is_none();
        if last && line.is_empty() {
            break;
        }
        let broken = |why: &str| Unread::Unreadable(format!("line {} of the page: {why}", at + 1));
        if ended {
            return Err(broken("it stands behind the end"));
        }
        match line::read(line, format).map_err(broken)? {
            Line::Nothing => {}
            Line::End => ended = true,
            Line::Sample(sample) => {
                samples += 1;
                most("samples", samples, MOST_SAMPLES)?;
                labels += sample.labels.len();
                most("labels", labels, MOST_LABELS_IN_ALL)?;
                families.sample(sample).map_err(broken)?;
            }
            Line::About(name, about) => families.about(name, about).map_err(broken)?,
        }
        most("families", families.len(), MOST_FAMILIES)?;
    }
    if format == Format::OpenMetrics && !ended {
        return Err(Unread::Unreadable("the page has no `# EOF`, so it is not whole".into()));
    }
    if samples == 0 {
        return Err(Unread::Unreadable("the page has no sample".into()));
    }
    Ok(Page { format, families: families.into_list() })
}
