//! A process that was started, and whoever watches over it. Nothing of it outlives this value.

use std::{future::Future, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    net::UnixStream,
    process::{Child, ChildStderr, ChildStdout},
    time::timeout,
};

use crate::{
    Confinement, End, Watched,
    stages::{DROP, END, TERMINATE, Word},
    supervisor::hear,
};

/// How long the kernel has to end processes and to close what they wrote to.
pub const CLEARING: Duration = Duration::from_secs(5);

/// A program that runs. Dropping it ends the program and all that came of it, soon after.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stages: UnixStream,
    confinement: Confinement,
}

impl Process {
    pub(crate) fn new(child: Child, stages: UnixStream, confinement: Confinement) -> Self {
        Self { child, stages, confinement }
    }

    /// What confines it, and what of that the kernel lacks.
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// What it writes. Both end with the last of its processes. They are given once.
    pub fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Waits for its end, and sees to it if `over` comes first: it is asked to end, and ended if it does not within `patience`. Without
    /// patience it is ended at once.
    ///
    /// Nothing of it is left when this returns.
    pub async fn watch<O>(mut self, over: impl Future<Output = O>, patience: Duration) -> Watched<O> {
        let watched = self.ended(over, patience).await;
        // Whoever is left in the namespace is ended by the kernel before the outermost stage ends.
        if timeout(CLEARING, self.child.wait()).await.is_err() {
            let _ = self.stages.write_all(&[DROP]).await;
        }
        watched
    }

    async fn ended<O>(&mut self, over: impl Future<Output = O>, patience: Duration) -> Watched<O> {
        let (mut from, mut to) = self.stages.split();
        let mut ended = std::pin::pin!(hear(&mut from));
        let why = tokio::select! {
            word = &mut ended => return end(word),
            why = over => why,
        };
        for (order, patience) in [(TERMINATE, patience), (END, CLEARING)].into_iter().filter(|(_, p)| !p.is_zero()) {
            // If nobody takes orders any more, the word of the end is under way or will not come.
            let _ = to.write_all(&[order]).await;
            if timeout(patience, &mut ended).await.is_ok() {
                break;
            }
        }
        Watched::Over(why)
    }
}

fn end<O>(word: Result<Word, String>) -> Watched<O> {
    match word {
        Ok(Word::Ended { crowded: true, .. }) => Watched::Ended(End::Crowded),
        Ok(Word::Ended { code: Some(code), .. }) => Watched::Ended(End::Code(code)),
        Ok(Word::Ended { signal: Some(signal), .. }) => Watched::Ended(End::Signal(signal)),
        Ok(Word::Failed(why)) | Err(why) => Watched::Lost(why),
        Ok(_) => Watched::Lost("the process that watches over the program is confused".into()),
    }
}
