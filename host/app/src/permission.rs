//! What the operator's file of today permits of a run that is there already: what people say of it, and going on with one that came from another
//! machine. A run can't bring its own permission along.

use holdpoint_bundle::{Operator, Sources, Verified};
use holdpoint_cap_clock::SystemClock;
use holdpoint_gate::Clock as _;
use holdpoint_journal::Reader;
use holdpoint_model::{EventKind, Timestamp, Waiver, grant::Missing};

use crate::{Error, Machine, lacks, record::StoredSources};

/// What the file says; without one it permits nothing.
pub(crate) fn operator(machine: &Machine) -> Result<Operator, Error> {
    let source = machine.operator()?;
    Ok(source.as_ref().map(Operator::parse).transpose()?.unwrap_or_default())
}

/// The bundle for whoever acts on a run. One that was begun here keeps what it was begun with; one that was imported is bounded by the file of
/// today, and one that was handed over is left alone.
pub(crate) fn to_act(header: &StoredSources, reader: &Reader, machine: &Machine) -> Result<Verified, Error> {
    if reader.is_handed_over()? {
        let run = &header.run;
        return Err(Error::Usage(format!(
            "run {run} was handed over, and goes on where its file was imported\n  if it was not, `holdpoint import FILE` takes it back here"
        )));
    }
    if reader.imports()? == 0 { header.verify() } else { Ok(today(header, machine)?.1) }
}

/// The bundle for whoever goes on with a run. Of one that was imported, what this machine would refuse it is seen before anything is written down.
pub(crate) fn to_go_on(header: &StoredSources, reader: &Reader, machine: &Machine) -> Result<Verified, Error> {
    let verified = to_act(header, reader, machine)?;
    waivers(reader, machine)?;
    if reader.imports()? > 0 {
        lacks::probe(&verified)?;
    }
    Ok(verified)
}

/// The bundle as the file of today allows it, with what it is verified from; or the lines that would allow it.
pub(crate) fn today(header: &StoredSources, machine: &Machine) -> Result<(Sources, Verified), Error> {
    let (sources, verified) = header.verify_today(machine.operator()?)?;
    if verified.dry_run_only && !header.manner.dry_run {
        return Err(Error::Usage(format!(
            "run {} made effects and this machine makes dry runs only; a run is dry as a whole or not at all, see dry-run-only in the operator's file",
            header.run
        )));
    }
    Ok((sources, verified))
}

/// Of a run that was imported, whether the file of today would let people give every waiver that counts in it, or will.
pub(crate) fn waivers(reader: &Reader, machine: &Machine) -> Result<(), Error> {
    if reader.imports()? == 0 {
        return Ok(());
    }
    let ceiling = operator(machine)?.waivers;
    for (waiver, at) in standing(reader, SystemClock::new().now())? {
        let row = &waiver.row;
        let what = format!("the run does not go on with row {row} waived by {}", waiver.by);
        if let Some(why) = refusal(&what, ceiling.missing(&waiver, at), machine) {
            let line = format!("holdpoint waive RUN {row} --withdraw --by NAME --reason TEXT");
            return Err(Error::Usage(format!("{why}\n  or take it back: {line}")));
        }
    }
    Ok(())
}

/// The waivers that are not over, with when they were given. Of two of one row also the older: it counts when the newer is over.
fn standing(reader: &Reader, now: Timestamp) -> Result<Vec<(Waiver, Timestamp)>, Error> {
    let mut waivers: Vec<(Waiver, Timestamp)> = Vec::new();
    reader.for_each_event(|event| match event.kind {
        EventKind::RowWaived(waiver) => waivers.push((waiver, event.at)),
        EventKind::WaiverWithdrawn { row, .. } => waivers.retain(|(waiver, _)| waiver.row != row),
        _ => {}
    })?;
    waivers.retain(|(waiver, _)| waiver.until.since(now) > 0.0);
    Ok(waivers)
}

/// What was not done since the file lacks something, with the lines that would allow it; nothing if it lacks nothing.
pub(crate) fn refusal(what: &str, missing: Vec<Missing>, machine: &Machine) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let path = machine.operator_path();
    let path = std::path::absolute(&path).unwrap_or(path);
    let mut message = format!("{what}: the operator's file {} does not allow it", path.display());
    for Missing { what, table, line } in missing {
        message.push_str(&format!("\n  to {what}, add to [{table}]:\n      {line}"));
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use holdpoint_journal::Row;
    use holdpoint_model::RequirementId;

    use super::*;
    use crate::movable::tests::journal;

    #[tokio::test]
    async fn a_newer_waiver_hides_no_older_one() {
        let row = |text: &str| RequirementId::parse(text).unwrap();
        let waived = |id: &str, by: &str, until: f64| {
            let waiver = Waiver { row: row(id), by: by.into(), reason: "seen".into(), until: Timestamp(until) };
            Row::row_waived(&waiver, 1.0)
        };
        let folder = tempfile::tempdir().unwrap();
        let rows = vec![
            waived("A", "mallory", 9_000.0),
            waived("A", "alice", 3_000.0),
            waived("B", "bob", 2_000.0),
            waived("C", "carol", 9_000.0),
            Row::waiver_withdrawn(&row("C"), "carol", "mended", 1.0),
        ];
        let reader = journal(folder.path(), "run", rows).await;
        let standing = |now: f64| -> Vec<String> {
            standing(&reader, Timestamp(now)).unwrap().into_iter().map(|(waiver, _)| waiver.by).collect()
        };
        assert_eq!(standing(1_000.0), ["mallory", "alice", "bob"]);
        assert_eq!(standing(2_000.0), ["mallory", "alice"], "one that is over keeps nobody from anything");
        assert_eq!(standing(3_000.0), ["mallory"]);
    }
}
