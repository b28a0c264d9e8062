//! `checklist.toml`: the rows that a release must answer.
//!
//! ```toml
//! [[row]]
//! id = "P3.1"
//! title = "every declared health endpoint answers"
//! level = "required"
//! ```

use holdpoint_model::{Checklist, ChecklistRow, Level, RequirementId};

use crate::diagnostic::{Diagnostics, Problems};
use crate::reading::{self, Fields};
use crate::sources::Text;

const MAX_ROWS: usize = 10_000;

/// Reads a checklist. Ids are unique, and there is at least one row.
pub fn parse_checklist(file: &Text) -> Result<Checklist, Diagnostics> {
    let mut problems = Problems::new(&file.label, &file.text);
    let checklist = read(&file.text, &mut problems);
    let found = problems.into_found();
    if found.is_empty() { Ok(checklist) } else { Err(Diagnostics::new(found)) }
}

fn read(text: &str, problems: &mut Problems<'_>) -> Checklist {
    let mut rows: Vec<ChecklistRow> = Vec::new();
    let Some(value) = reading::parse(text, problems) else { return Checklist::default() };
    let Some(mut top) = Fields::open(&value, "a checklist", problems) else { return Checklist::default() };
    let list = top.list("row", problems).unwrap_or_default();
    if list.is_empty() {
        problems.whole("a checklist has at least one [[row]]", None);
    }
    if list.len() > MAX_ROWS {
        problems.whole(format!("a checklist has at most {MAX_ROWS} rows"), None);
    }
    for item in list.iter().take(MAX_ROWS) {
        let Some(mut fields) = Fields::open(item, "a row", problems) else { continue };
        let id = fields.required("id", problems).and_then(|id| reading::parsed(&id, RequirementId::parse, problems));
        let title = fields.required("title", problems);
        let level = fields.required("level", problems).and_then(|level| {
            reading::parsed(
                &level,
                |text| {
                    Level::parse(text)
                        .ok_or_else(|| format!("`{text}` is not a level: write required, advisory or off"))
                },
                problems,
            )
        });
        fields.close(problems);
        let (Some(id), Some(title), Some(level)) = (id, title, level) else { continue };
        if rows.iter().any(|row| row.id == id.value) {
            problems.at(id.at, format!("row `{}` stands here a second time", id.value));
            continue;
        }
        rows.push(ChecklistRow { id: id.value, title: title.value, level: level.value });
    }
    top.close(problems);
    Checklist { rows }
}
