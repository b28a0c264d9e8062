//! What a fault is, and how a seed settles its free parameters. Only describes: servers are
//! changed by the switchboard, files by `files`, the environment by whoever starts the
//! validation. The lists are in `catalogue`, `load_catalogue`, `day_catalogue`, `security_catalogue`,
//! `logic_catalogue`, `frontend_catalogue`, `next_catalogue` and `pool_catalogue`.

mod adjustment;

use std::fmt;

pub use self::adjustment::Adjustment;
use crate::catalogue::CATALOGUE;
use crate::change::Change;
use crate::day_catalogue::{DAY_CATALOGUE, STRESS_CATALOGUE};
use crate::documents::Rewrite;
use crate::draw::Draw;
use crate::environment::Variable;
use crate::files::{self, Alteration, Shape};
use crate::frontend_catalogue::FRONTEND_CATALOGUE;
use crate::load_catalogue::LOAD_CATALOGUE;
use crate::logic_catalogue::LOGIC_CATALOGUE;
use crate::next_catalogue::NEXT_CATALOGUE;
use crate::pool_catalogue::POOL_CATALOGUE;
use crate::security_catalogue::SECURITY_CATALOGUE;
use crate::service::Service;
use crate::source::Edit;

/// One thing that can be wrong with a staging system, and what a validation must make of it.
#[derive(Debug)]
pub struct Fault {
    /// What it is switched on by.
    pub name: &'static str,
    /// The row of the checklist that must fail.
    pub requirement: &'static str,
    /// The exit code that a validation run must end with.
    pub exit: u8,
    /// One line for people.
    pub description: &'static str,
    pub(crate) kind: Kind,
}

/// Where a fault strikes, and how its parameter is drawn.
#[derive(Debug)]
pub(crate) enum Kind {
    /// In the answers of one service, whichever.
    Server(fn(&mut Draw, Service) -> Change),
    /// In how the auth service logs people in and out.
    Auth(fn(&mut Draw) -> Change),
    /// In what the backend does for its users.
    Backend(fn(&mut Draw) -> Change),
    /// In the page of the frontend.
    Frontend(fn(&mut Draw) -> Change),
    /// In one value of the files under judgement, which gets this host.
    File { shape: Shape, host: fn(&mut Draw) -> String },
    /// In one variable of whoever validates, which has one of these values instead, or none.
    Environment { variable: &'static str, values: &'static [Option<&'static str>] },
    /// In one place of the source tree.
    Source(fn(&mut Draw) -> Edit),
    /// In one place of what a team writes before production.
    Document(fn(&mut Draw) -> Rewrite),
}

impl Fault {
    /// Every fault that a validation without a load must find.
    pub fn all() -> &'static [Fault] {
        CATALOGUE
    }

    /// Every fault that only virtual users meet.
    pub fn under_load() -> &'static [Fault] {
        LOAD_CATALOGUE
    }

    /// Every fault that only somebody who watches for long finds.
    pub fn over_a_day() -> &'static [Fault] {
        DAY_CATALOGUE
    }

    /// Every fault that only the load of some hours of a day meets.
    pub fn at_hours() -> &'static [Fault] {
        STRESS_CATALOGUE
    }

    /// Every fault that somebody who means harm would find.
    pub fn of_security() -> &'static [Fault] {
        SECURITY_CATALOGUE
    }

    /// Every fault in what the system does for its users, and in what it tells of itself.
    pub fn in_logic() -> &'static [Fault] {
        LOGIC_CATALOGUE
    }

    /// Every fault in the page that people open.
    pub fn in_frontend() -> &'static [Fault] {
        FRONTEND_CATALOGUE
    }

    /// Every fault in what a team writes between a validation and production.
    pub fn of_next_steps() -> &'static [Fault] {
        NEXT_CATALOGUE
    }

    /// Every fault in what requests and agents take and do not give back.
    pub fn of_resources() -> &'static [Fault] {
        POOL_CATALOGUE
    }

    /// Every fault, of whatever list.
    pub fn everywhere() -> impl Iterator<Item = &'static Fault> {
        let lists = [CATALOGUE, LOAD_CATALOGUE, DAY_CATALOGUE, STRESS_CATALOGUE, SECURITY_CATALOGUE];
        lists.into_iter().chain([LOGIC_CATALOGUE, FRONTEND_CATALOGUE, NEXT_CATALOGUE, POOL_CATALOGUE]).flatten()
    }

    /// The fault of this name.
    pub fn named(name: &str) -> Option<&'static Fault> {
        Self::everywhere().find(|f| f.name == name)
    }

    /// Draws the free parameters. The same seed always gives the same setting.
    pub fn settle(&self, seed: u64) -> FaultSetting {
        let mut draw = Draw::from_seed(seed);
        let drawn = match &self.kind {
            Kind::Server(change) => {
                let service = draw.pick(&Service::RELEASED);
                Drawn::Server { service, change: change(&mut draw, service) }
            }
            Kind::Auth(change) => Drawn::Server { service: Service::Auth, change: change(&mut draw) },
            Kind::Backend(change) => Drawn::Server { service: Service::Backend, change: change(&mut draw) },
            Kind::Frontend(change) => Drawn::Server { service: Service::Frontend, change: change(&mut draw) },
            Kind::File { shape, host } => {
                let place = files::place(*shape, &mut draw);
                let host = host(&mut draw);
                let port = draw.between(1024, 65_536);
                Drawn::File(place.redirected(*shape, &host, port))
            }
            Kind::Environment { variable, values } => {
                Drawn::Environment(Variable { name: variable, value: draw.pick(values) })
            }
            Kind::Source(edit) => Drawn::Source(edit(&mut draw)),
            Kind::Document(rewrite) => Drawn::Document(rewrite(&mut draw)),
        };
        FaultSetting { name: self.name, seed, drawn }
    }
}

/// A fault with its parameters drawn: what exactly is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSetting {
    /// The fault's name.
    pub name: &'static str,
    /// What the parameters were drawn from.
    pub seed: u64,
    /// The parameters.
    pub drawn: Drawn,
}

/// The drawn parameters of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drawn {
    /// One service answers otherwise.
    Server {
        /// Which.
        service: Service,
        /// How.
        change: Change,
    },
    /// One value in the files under judgement is another.
    File(Alteration),
    /// One variable of whoever validates is another.
    Environment(Variable),
    /// One place of the source tree is otherwise.
    Source(Edit),
    /// One place of what a team writes before production is otherwise.
    Document(Rewrite),
}

impl fmt::Display for FaultSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.drawn {
            Drawn::Server { service, change } => write!(f, "{}: service {service}{change}", self.name),
            Drawn::File(alteration) => write!(f, "{}: {alteration}", self.name),
            Drawn::Environment(variable) => write!(f, "{}: variable {variable}", self.name),
            Drawn::Source(edit) => write!(f, "{}: {edit}", self.name),
            Drawn::Document(rewrite) => write!(f, "{}: {rewrite}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Drawn, Fault};

    #[test]
    fn the_same_seed_settles_the_same_way() {
        for fault in Fault::everywhere() {
            for seed in 0..50 {
                assert_eq!(fault.settle(seed), fault.settle(seed));
            }
        }
    }

    #[test]
    fn seeds_reach_more_than_one_setting_of_every_fault() {
        for fault in Fault::all() {
            let texts: HashSet<String> = (0..100).map(|seed| fault.settle(seed).to_string()).collect();
            assert!(texts.len() > 2, "{} only settles as {texts:?}", fault.name);
        }
    }

    #[test]
    fn names_are_unique_and_every_fault_of_a_required_row_holds_the_release() {
        let all = Fault::everywhere;
        let names: HashSet<&str> = all().map(|f| f.name).collect();
        assert_eq!(names.len(), all().count());
        // P1.2 is advisory, and a run that deploys nothing is partial.
        assert!(all().all(|f| f.exit == if f.requirement == "P1.2" { 7 } else { 1 }));
    }

    #[test]
    fn says_what_was_drawn() {
        let fault = Fault::named("dependency-down").expect("in the catalogue");
        for seed in 0..50 {
            let setting = fault.settle(seed);
            let Drawn::Server { service, .. } = &setting.drawn else { panic!("{setting}") };
            let text = setting.to_string();
            let dependency = text.rsplit(' ').next().expect("a last word");
            assert!(service.dependencies().contains(&dependency), "{text}");
            assert_eq!(text, format!("dependency-down: service {service}, dependency {dependency}"));
        }
    }
}
