//! Bringing back what a guest had open, when its re-execution ends and it goes live again.

use std::{collections::BTreeMap, sync::Arc};

use holdpoint_model::Seq;
use tokio::sync::Mutex;

use crate::{Backend, Boxed, Capability, Handle, Opened};

type Restore = Box<dyn FnOnce() -> Boxed<'static, Result<(), String>> + Send>;

/// The open handles of one guest that this host process has not opened itself.
#[derive(Default)]
pub(crate) struct Restores(Mutex<State>);

#[derive(Default)]
struct State {
    pending: BTreeMap<Seq, Restore>,
    lost: BTreeMap<Seq, String>,
}

impl Restores {
    /// Notes what a call that was answered from the journal did to a handle.
    pub(crate) async fn replayed<C: Capability, B: Backend<C>>(
        &self,
        backend: &Arc<B>,
        request: &C::Request,
        seq: Seq,
    ) {
        match C::handle(request) {
            Handle::Opens => {
                let (backend, opened) = (backend.clone(), Opened::<C>::new(request.clone(), seq));
                let restore: Restore = Box::new(move || Box::pin(async move { backend.restore(opened).await }));
                self.0.lock().await.pending.insert(seq, restore);
            }
            Handle::Closes(handle) => {
                self.0.lock().await.pending.remove(&handle);
            }
            Handle::Uses(_) | Handle::None => {}
        }
    }

    /// Opens again whatever is still open. The error says that the handle of this call is not among what came back.
    pub(crate) async fn bring_back(&self, handle: Handle) -> Result<(), String> {
        let mut state = self.0.lock().await;
        for (seq, restore) in std::mem::take(&mut state.pending) {
            if let Err(reason) = restore().await {
                state.lost.insert(seq, reason);
            }
        }
        match handle {
            Handle::Uses(seq) | Handle::Closes(seq) => match state.lost.get(&seq) {
                Some(reason) => Err(format!("what call {seq} had opened is gone: {reason}")),
                None => Ok(()),
            },
            Handle::Opens | Handle::None => Ok(()),
        }
    }
}
