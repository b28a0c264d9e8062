//! The live display: a line a running phase on a terminal, plain lines elsewhere. It shows only what is committed.

use std::{collections::BTreeMap, time::Duration};

use holdpoint_app::{Cancel, Live};
use holdpoint_model::{Event, EventKind, PhaseId};
use holdpoint_report::render::live;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use crate::{screen::Screen, terminal};

/// Shows events until there are no more.
pub(crate) struct Display {
    events: Live,
    shown: JoinHandle<()>,
}

impl Display {
    /// Begins to show a run there.
    pub(crate) fn start(screen: &Screen) -> Self {
        let (events, receiver) = mpsc::unbounded_channel();
        let shown = match screen.bars() {
            Some(all) => tokio::spawn(bars(receiver, screen.clone(), all.clone())),
            None => tokio::spawn(lines(receiver, screen.clone())),
        };
        Self { events, shown }
    }

    /// Where events go.
    pub(crate) fn events(&self) -> Live {
        self.events.clone()
    }

    /// Shows what is left.
    pub(crate) async fn end(self) {
        drop(self.events);
        // A display that crashed has shown what it could.
        let _ = self.shown.await;
    }
}

async fn lines(mut events: mpsc::UnboundedReceiver<Event>, screen: Screen) {
    let mut lines = live::Lines::default();
    while let Some(event) = events.recv().await {
        if let Some(line) = lines.next(&event) {
            screen.say(&line);
        }
    }
}

/// The width of a phase's name.
const PHASE: usize = 20;
/// How often the bar of a phase moves that only waits.
const WAITING: Duration = Duration::from_secs(1);

async fn bars(mut events: mpsc::UnboundedReceiver<Event>, screen: Screen, all: MultiProgress) {
    let style = style(PHASE + screen.line("").len());
    let mut running: BTreeMap<PhaseId, ProgressBar> = BTreeMap::new();
    let mut lines = live::Lines::default();
    while let Some(event) = events.recv().await {
        let mut begin = |phase: &PhaseId, pace: Duration| {
            let prefix = screen.line(phase.as_str());
            let bar = all.add(ProgressBar::new_spinner().with_style(style.clone()).with_prefix(prefix));
            bar.enable_steady_tick(pace);
            if let Some(waited) = running.insert(phase.clone(), bar) {
                waited.finish_and_clear();
            }
        };
        match &event.kind {
            EventKind::PhaseStarted { phase } => {
                begin(phase, Duration::from_millis(120));
            }
            EventKind::PhaseScheduled(start) => {
                begin(&start.phase, WAITING);
                update(&running, &start.phase, &event);
            }
            EventKind::ApprovalAsked(ask) => {
                begin(&ask.phase, WAITING);
                update(&running, &ask.phase, &event);
            }
            EventKind::PhaseEnded { phase, .. } => {
                if let Some(bar) = running.remove(phase) {
                    bar.finish_and_clear();
                }
            }
            EventKind::Call(call) => update(&running, &call.phase, &event),
            EventKind::Stated { phase, .. } => update(&running, phase, &event),
            EventKind::RunStarted(_)
            | EventKind::RunResumed
            | EventKind::RunHandedOver
            | EventKind::RunImported
            | EventKind::PhaseTakenOver { .. }
            | EventKind::Ticked { .. }
            | EventKind::Found(_)
            | EventKind::RunCancelled(_)
            | EventKind::RunEnded { .. }
            | EventKind::RowWaived(_)
            | EventKind::WaiverWithdrawn { .. }
            | EventKind::ApprovalAnswered(_)
            | EventKind::NoticeIntended(_)
            | EventKind::NoticeEnded(_) => {}
        }
        // What is worth a line of its own stays above the bars.
        let lasting = !matches!(event.kind, EventKind::PhaseStarted { .. } | EventKind::RunEnded { .. });
        if let (true, Some(line)) = (lasting, lines.next(&event)) {
            screen.say(&line);
        }
    }
    for bar in running.into_values() {
        bar.finish_and_clear();
    }
}

fn update(running: &BTreeMap<PhaseId, ProgressBar>, phase: &PhaseId, event: &Event) {
    if let (Some(bar), Some(message)) = (running.get(phase), live::message(event)) {
        bar.set_message(message);
    }
}

/// The bar of a phase, whose name has this width.
fn style(width: usize) -> ProgressStyle {
    let template = format!("  {{spinner}} {{prefix:{width}}} {{elapsed:>5}} {{wide_msg}}");
    ProgressStyle::with_template(&template).expect("the template is a constant but for a number")
}

/// Stops every run that is given it at the first interrupt, and the process at the second.
pub(crate) fn on_interrupt() -> Cancel {
    let (stop, cancel) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        terminal::say("stopping; what is under way is recorded first (interrupt again to stop at once)");
        // Nobody listens if the run has just ended.
        let _ = stop.send(true);
        interrupted().await;
        #[expect(clippy::exit, reason = "the second interrupt means at once; the journal is made for that")]
        std::process::exit(130);
    });
    cancel
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
