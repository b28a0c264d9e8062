//! What the host calls of a user's module. It judges nothing.

use std::cell::RefCell;

use super::{Me, VirtualUser};
use crate::entry::parse;
use crate::{Error, Result};

/// The one user of an instance.
pub struct Instance<U>(RefCell<Option<(Me, U)>>);

impl<U: VirtualUser> Instance<U> {
    /// Nobody yet.
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }

    /// Makes the user. What it says when it panics is kept for its end.
    pub fn start(&self, config: &str) -> Result<(), String> {
        #[cfg(target_family = "wasm")]
        std::panic::set_hook(Box::new(|panic| crate::host::user_note(&panic.to_string())));
        let me = Me::new();
        let user = parse(config).and_then(|config| U::start(&me, config)).map_err(String::from)?;
        self.0.replace(Some((me, user)));
        Ok(())
    }

    /// One iteration.
    pub fn iterate(&self) -> Result<(), String> {
        match &mut *self.0.borrow_mut() {
            Some((me, user)) => user.iterate(me).map_err(String::from),
            None => Err(Error::new("an iteration came before the start").into()),
        }
    }

    /// The farewell.
    pub fn stop(&self) {
        if let Some((me, mut user)) = self.0.take() {
            user.stop(&me);
        }
    }
}

impl<U: VirtualUser> Default for Instance<U> {
    fn default() -> Self {
        Self::new()
    }
}
