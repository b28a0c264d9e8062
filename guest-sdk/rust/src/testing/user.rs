//! The script of a test of a virtual user: its answers, and what it said of them.

use std::marker::PhantomData;

use serde_json::{Value, json};

use super::world::{self, World};
use super::{Asked, Scripted, ScriptedSocket};
use crate::VirtualUser;
use crate::user::entry::Instance;

/// The canary of the user in a native test.
pub const CANARY: &str = "jtp0n89fk9hvyeew1znytnn9sxwxcrfq";

/// A user with its script.
#[must_use = "a script shows nothing until the user has iterated"]
pub struct UserTest<U> {
    config: Value,
    world: World,
    user: PhantomData<U>,
}

/// What a user has done and said.
#[derive(Debug)]
pub struct UserOutcome {
    returned: Result<(), String>,
    world: World,
}

/// Begins the script of a user: number 0, with an identity, and no answers.
pub fn user<U: VirtualUser>() -> UserTest<U> {
    UserTest { config: json!({}), world: World::default(), user: PhantomData }
}

impl<U: VirtualUser> UserTest<U> {
    /// Sets its number.
    pub fn number(mut self, number: u32) -> Self {
        self.world.user_number = number;
        self
    }

    /// Sets the configuration.
    pub fn config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    /// Answers a request. Several answers for the same request are given in order, and the last one stays.
    pub fn answer(mut self, asked: Asked, answer: Scripted) -> Self {
        self.world.answers.push((asked, answer));
        self
    }

    /// Answers the opening of a socket at a path of any service, or at a URL. Several answers for the same place are given in order, and
    /// the last one stays.
    pub fn socket(mut self, place: &str, server: ScriptedSocket) -> Self {
        self.world.servers.push((place.to_owned(), server));
        self
    }

    /// Lets it begin, iterate so many times, and say farewell.
    pub fn iterate(&self, times: u32) -> UserOutcome {
        let (returned, world) = world::within(self.world.clone(), || {
            let instance = Instance::<U>::new();
            instance.start(&self.config.to_string())?;
            (0..times).try_for_each(|_| instance.iterate())?;
            instance.stop();
            Ok(())
        });
        UserOutcome { returned, world }
    }
}

impl UserOutcome {
    /// How it ended: an error is what ended it.
    pub fn returned(&self) -> Result<(), &str> {
        self.returned.as_ref().copied().map_err(String::as_str)
    }

    /// Everything that it asked, as `GET backend /api/me`.
    pub fn calls(&self) -> &[String] {
        &self.world.calls
    }

    /// What it said of its answers, in order.
    pub fn judged(&self) -> impl Iterator<Item = (&str, bool)> {
        self.world.judged.iter().map(|(name, good)| (name.as_str(), *good))
    }

    /// What it noted.
    pub fn notes(&self) -> &[String] {
        &self.world.notes
    }

    /// Panics unless it went on to the end and found this good so many times, and wrong never.
    #[track_caller]
    pub fn expect_good(&self, name: &str, times: usize) {
        let said: Vec<bool> = self.judged().filter(|(known, _)| *known == name).map(|(_, good)| good).collect();
        assert!(
            self.returned.is_ok() && said.len() == times && said.iter().all(|good| *good),
            "`{name}` should be good {times} times: {said:?}; it ended with {:?} after {:?}",
            self.returned,
            self.calls()
        );
    }

    /// Panics unless it found this wrong at least once.
    #[track_caller]
    pub fn expect_wrong(&self, name: &str) {
        let wrong = self.judged().any(|(known, good)| known == name && !good);
        assert!(wrong, "`{name}` should be wrong: {:?}; it ended with {:?}", self.world.judged, self.returned);
    }
}
