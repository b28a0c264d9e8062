//! A capability for tests: it says back what it was asked, in the class that it was asked in.

use std::sync::{Mutex, MutexGuard, PoisonError};

use holdpoint_gate::{Backend, BackendError, Capability, Doubt, Handle, Message, Opened, Permit, Scrubber, Settlement};
use holdpoint_model::{Body, Class, Denial, Seq};
use serde::{Deserialize, Serialize};

/// The capability.
pub enum Echo {}

/// A request: a text, and what the call is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub text: String,
    /// `read`, `repeatable`, `effect` or `disruptive`.
    pub class: String,
    /// Opens a handle (`open`), or uses or closes one (`use 3`, `close 3`).
    pub handle: String,
    #[serde(skip)]
    pub body: Body,
}

impl Ask {
    /// A read.
    pub fn read(text: &str) -> Self {
        Self { text: text.into(), class: Class::Read.word().into(), handle: String::new(), body: Body::default() }
    }

    /// An effect.
    pub fn effect(text: &str) -> Self {
        Self { class: Class::Effect.word().into(), ..Self::read(text) }
    }

    /// With a handle.
    pub fn handle(self, handle: &str) -> Self {
        Self { handle: handle.into(), ..self }
    }
}

impl Message for Ask {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.body);
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub text: String,
    #[serde(skip)]
    pub body: Body,
}

impl Message for Said {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.body);
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        scrubber.scrub_text(&mut self.text);
    }
}

/// Whether anything is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchoGrants {
    Everything,
    Nothing,
}

impl Capability for Echo {
    const NAME: &'static str = "echo";
    const VERSION: u32 = 1;
    type Request = Ask;
    type Response = Said;
    type Grants = EchoGrants;

    fn authorize(grants: &EchoGrants, request: &Ask) -> Result<Class, Denial> {
        let denial = || Denial {
            wanted: format!("echo {}", request.text),
            reason: "nothing is granted".into(),
            remedy: "grant it".into(),
        };
        let class = Class::parse(&request.class).ok_or_else(denial)?;
        if *grants == EchoGrants::Everything { Ok(class) } else { Err(denial()) }
    }

    fn summary(request: &Ask) -> String {
        request.text.clone()
    }

    fn handle(request: &Ask) -> Handle {
        let number = |text: &str| text.parse().map(Seq).unwrap_or(Seq(0));
        match request.handle.split_once(' ') {
            Some(("use", seq)) => Handle::Uses(number(seq)),
            Some(("close", seq)) => Handle::Closes(number(seq)),
            _ if request.handle == "open" => Handle::Opens,
            _ => Handle::None,
        }
    }
}

/// How the backend behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Answers.
    Well,
    /// Does it, and never answers.
    Silent,
    /// Can't send.
    Unreachable,
    /// Does it, and loses the answer.
    Lossy,
}

/// What reading back and bringing back say.
#[derive(Debug)]
struct State {
    mood: Mood,
    acted: Vec<String>,
    restored: Vec<Seq>,
    can_read_back: bool,
    can_restore: bool,
    body: Option<Body>,
}

/// The backend.
#[derive(Debug)]
pub struct EchoBackend(Mutex<State>);

impl EchoBackend {
    /// One in a mood, that can read back and bring back.
    pub fn new(mood: Mood) -> Self {
        Self(Mutex::new(State {
            mood,
            acted: vec![],
            restored: vec![],
            can_read_back: true,
            can_restore: true,
            body: None,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers with this body, whatever it was asked.
    pub fn answer_with(&self, body: Body) {
        self.state().body = Some(body);
    }

    /// Changes its mood.
    pub fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Reading back says `unknown` from now on.
    pub fn forbid_read_back(&self) {
        self.state().can_read_back = false;
    }

    /// Nothing can be brought back from now on.
    pub fn forbid_restore(&self) {
        self.state().can_restore = false;
    }

    /// Forgets that anything was done, as if no request had arrived.
    pub fn undo(&self) {
        self.state().acted.clear();
    }

    /// The keys of everything done, in order.
    pub fn acted(&self) -> Vec<String> {
        self.state().acted.clone()
    }

    /// The handles brought back, in order.
    pub fn restored(&self) -> Vec<Seq> {
        self.state().restored.clone()
    }
}

fn say(request: &Ask) -> Said {
    Said { text: format!("said {}", request.text), body: request.body.clone() }
}

impl Backend<Echo> for EchoBackend {
    async fn act(&self, permit: Permit<Echo>) -> Result<Said, BackendError> {
        let mood = self.state().mood;
        if mood == Mood::Unreachable {
            return Err(BackendError::NotSent("nobody there".into()));
        }
        self.state().acted.push(permit.key().to_owned());
        match mood {
            Mood::Silent => std::future::pending().await,
            Mood::Lossy => Err(BackendError::Unknown("the connection was reset".into())),
            _ => {
                let body = self.state().body.clone();
                let said = say(permit.request());
                Ok(Said { body: body.unwrap_or(said.body), ..said })
            }
        }
    }

    async fn settle(&self, doubt: Doubt<Echo>) -> Settlement<Said> {
        let state = self.state();
        if !state.can_read_back {
            return Settlement::Unknown("nothing to read back from".into());
        }
        let happened = state.acted.iter().any(|key| key == doubt.key());
        if happened { Settlement::Happened(say(doubt.request())) } else { Settlement::NotHappened }
    }

    async fn restore(&self, opened: Opened<Echo>) -> Result<(), String> {
        let mut state = self.state();
        if !state.can_restore {
            return Err("it closed in the meantime".into());
        }
        state.restored.push(opened.seq());
        Ok(())
    }
}
