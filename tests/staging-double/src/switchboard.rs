//! Which faults are switched on, and the switching. A switch is complete when it returns:
//! the next request meets the changed system.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use anyhow::{Context, bail};
use tokio::sync::Mutex;

use crate::change::Change;
use crate::documents;
use crate::fault::{Drawn, FaultSetting};
use crate::files;
use crate::load::{Crossings, Strikes};
use crate::pool::Pool;
use crate::server::Door;
use crate::service::{PerService, Service};
use crate::source;

#[derive(Debug)]
pub(crate) struct Switchboard {
    /// Read on every request, so it is kept ready.
    changes: RwLock<PerService<Arc<[Change]>>>,
    /// Held while doors and files follow, so that two switches never interleave.
    active: Mutex<Vec<FaultSetting>>,
    doors: PerService<Door>,
    files: Option<PathBuf>,
    pub(crate) strikes: Strikes,
    pub(crate) crossings: Crossings,
    pub(crate) pool: Pool,
}

impl Switchboard {
    pub(crate) fn new(doors: PerService<Door>, files: Option<PathBuf>, pool: Pool) -> Self {
        Switchboard {
            changes: RwLock::new(PerService::each(|_| Arc::from([]))),
            active: Mutex::new(Vec::new()),
            doors,
            files,
            strikes: Strikes::default(),
            crossings: Crossings::default(),
            pool,
        }
    }

    /// What is changed about this service at the moment.
    pub(crate) fn changes(&self, service: Service) -> Arc<[Change]> {
        Arc::clone(self.changes.read().unwrap_or_else(PoisonError::into_inner).get(service))
    }

    pub(crate) async fn switch(&self, setting: FaultSetting) -> anyhow::Result<()> {
        let mut active = self.active.lock().await;
        if active.contains(&setting) {
            return Ok(());
        }
        let dir = || {
            self.files.as_deref().with_context(|| {
                format!("switch {}: the double has no files; start it with a directory for them", setting.name)
            })
        };
        match &setting.drawn {
            Drawn::Server { .. } => {}
            Drawn::File(alteration) => files::apply(dir()?, alteration)?,
            Drawn::Source(edit) => source::edit(dir()?, edit)?,
            Drawn::Document(rewrite) => documents::rewrite(dir()?, rewrite)?,
            Drawn::Environment(variable) => bail!(
                "switch {}: {} is a variable of whoever validates, which no server can change; start that program with it",
                setting.name,
                variable.name
            ),
        }
        let stall = match &setting.drawn {
            Drawn::Server { change: Change::Stall(lasts), .. } => Some(Instant::now() + *lasts),
            _ => self.strikes.stalled_until(),
        };
        self.begin(stall);
        active.push(setting);
        self.publish(&active).await
    }

    /// Switches everything off, and writes the files anew.
    pub(crate) async fn clear(&self) -> anyhow::Result<()> {
        let mut active = self.active.lock().await;
        if let Some(dir) = &self.files {
            files::write(dir)?;
        }
        active.clear();
        self.begin(None);
        self.publish(&active).await
    }

    /// What is counted is counted from a switch on.
    fn begin(&self, stall: Option<Instant>) {
        self.strikes.begin(stall);
        self.crossings.begin();
    }

    async fn publish(&self, active: &[FaultSetting]) -> anyhow::Result<()> {
        let changes = PerService::each(|service| changes_of(service, active));
        *self.changes.write().unwrap_or_else(PoisonError::into_inner) = changes.clone();
        self.pool.begin(changes.get(Service::Backend));
        for service in Service::ALL {
            let open = !changes.get(service).contains(&Change::Refused);
            self.doors.get(service).set(open).await.with_context(|| format!("switch the port of {service}"))?;
        }
        Ok(())
    }
}

fn changes_of(service: Service, active: &[FaultSetting]) -> Arc<[Change]> {
    active
        .iter()
        .filter_map(|setting| match &setting.drawn {
            Drawn::Server { service: struck, change } if *struck == service => Some(change.clone()),
            _ => None,
        })
        .collect()
}
