//! Makes the users of one load.

use std::sync::Arc;

use holdpoint_canary::{Canaries, Owner};
use holdpoint_cap_http::{IdToken, user::Crowd};
use holdpoint_cap_load::{Cost, UserError, Users};
use holdpoint_cap_websocket::UserSockets;
use holdpoint_gate::Gate;
use holdpoint_identity::Identities;
use holdpoint_model::{Digest, PhaseId, Timestamp};
use tokio::time::Instant;

use super::{UserEngine, UserLimits, UserModule, VirtualUser, compute::Compute, random::Random, state::UserState};
use crate::{engine::TICK, limits::Limits};

/// An instance with a connection, as docs/benchmarks.md has it measured (about 150 KiB), and room for TLS. A module that takes all the memory it may
/// have is larger; most take little.
const COST: Cost = Cost { descriptors: 1, bytes: 256 << 10 };

/// Everything that the users of a load have in common.
pub struct UsersConfig {
    /// What they are called in the bundle, with what tells this load's apart from others of the run, e.g. `chat-user-0`.
    pub name: PhaseId,
    /// As JSON.
    pub config: String,
    pub crowd: Arc<Crowd>,
    pub gate: Arc<Gate>,
    /// The set of the crowd's index.
    pub canaries: Canaries,
    /// What each set of the crowd's index is called, for whoever reads of a leak from it.
    pub sets: Vec<String>,
    /// Who they are towards the system; none if they have no identities.
    pub identities: Option<Identities>,
    /// Where their random numbers come from.
    pub seed: Digest,
    /// The time of day now.
    pub now: Timestamp,
    pub limits: UserLimits,
}

/// The users of one load. Cheap to clone; each user holds it.
#[derive(Clone)]
pub struct VirtualUsers(Arc<Common>);

/// What the users of a load share.
pub(super) struct Common {
    engine: UserEngine,
    module: UserModule,
    pub(super) config: UsersConfig,
    started: Instant,
}

impl VirtualUsers {
    /// Takes a module with its engine.
    pub fn new(engine: UserEngine, module: UserModule, config: UsersConfig) -> Self {
        Self(Arc::new(Common { engine, module, config, started: Instant::now() }))
    }
}

impl Common {
    /// Whose users the owner of a text is among, if these are others than those of this load and host.
    pub(super) fn load_of(&self, owner: Owner) -> Option<String> {
        if self.config.crowd.is_ours(owner) {
            return None;
        }
        let name = usize::try_from(owner.set).ok().and_then(|set| self.config.sets.get(set));
        Some(name.cloned().unwrap_or_else(|| format!("set {}", owner.set)))
    }

    fn state(&self, number: u32) -> Result<UserState, String> {
        let UsersConfig { name, crowd, gate, canaries, identities, seed, now, limits, .. } = &self.config;
        let canary = canaries.canary(number);
        let identity = match identities {
            None => None,
            Some(identities) => {
                let token = identities.token(number, &canary.text(), *now).map_err(|why| why.to_string())?;
                Some(IdToken::parse(&token).map_err(|why| format!("the token of its identity is none: {why}"))?)
            }
        };
        let client = Arc::new(crowd.client(number, identity).ok_or("there is no canary for it")?);
        let id = PhaseId::parse(&format!("{name}-{number}")).map_err(|e| e.to_string())?;
        let budget = holdpoint_gate::Limits {
            calls: limits.calls,
            answer_bytes: limits.answers,
            ..holdpoint_gate::Limits::default()
        };
        let ticks = u32::try_from(limits.compute.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX);
        Ok(UserState {
            guest: gate.unrecorded(id, budget),
            aside: Arc::default(),
            sockets: Arc::new(UserSockets::new(client.clone())),
            client,
            crowd: crowd.clone(),
            number,
            canary,
            random: Random::new(seed, number),
            clock: (self.started, *now),
            limits: Limits::new(limits.memory),
            compute: Compute::default(),
            most_ticks: ticks,
            note: None,
            wasi: None,
        })
    }
}

impl Users for VirtualUsers {
    type User = VirtualUser;

    fn cost(&self) -> Cost {
        COST
    }

    fn seed(&self) -> Option<u32> {
        self.0.config.crowd.disturbance().map(|plan| plan.seed)
    }

    async fn open(&self, number: u32) -> Result<VirtualUser, UserError> {
        let users = &self.0;
        let state = users.state(number).map_err(UserError::Open)?;
        let client = state.client.clone();
        let aside = state.aside.clone();
        let mut store = users.engine.store(state);
        let exports = aside.drive(users.module.0.instantiate_async(&mut store), || {}).await;
        let exports = exports.map_err(|error| UserError::Open(format!("{error:#}")))?;
        Ok(VirtualUser::new(store, exports, client, users.clone(), number))
    }
}
