//! Landlock: what a program with bounds can open. Everything else does not exist for it, whoever it belongs to.

use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, LandlockStatus, RestrictionStatus, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};

use crate::Network;

/// What is asked of the kernel. An older one gives less, and the report says so.
const NEWEST: ABI = ABI::V6;

/// Programs, libraries, and the few facts about the system that nearly every program looks for. No home, no temporary folder, no
/// configuration of anybody, and of `/proc` only the process itself.
const SYSTEM: [&str; 31] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl",
    "/etc/timezone",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
];
/// Devices without a device behind them.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Takes everything away but this. The error says that a program could still open or change what is not its own; a remark says what else
/// the kernel does not hold.
pub(super) fn apply(read: &[PathBuf], write: &[PathBuf], network: Network) -> Result<Option<String>, String> {
    let status = restrict(read, write, network).map_err(|error| format!("it can't be applied: {error}"))?;
    let known = match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => effective_abi,
        LandlockStatus::NotEnabled => return Err("it is switched off in the kernel".into()),
        LandlockStatus::NotImplemented => return Err("the kernel has none".into()),
    };
    judge(known, status.ruleset)
}

fn judge(known: ABI, status: RulesetStatus) -> Result<Option<String>, String> {
    match status {
        RulesetStatus::NotEnforced => Err("the kernel does not hold it".into()),
        _ if known < ABI::V3 => {
            Err("the kernel holds reading and writing, and not yet cutting files to nothing".into())
        }
        RulesetStatus::PartiallyEnforced if known < ABI::V6 => {
            Ok(Some("the kernel holds files, and not yet signals and abstract sockets".into()))
        }
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(None),
    }
}

fn restrict(read: &[PathBuf], write: &[PathBuf], network: Network) -> Result<RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?;
    if network == Network::None {
        rules = rules.handle_access(AccessNet::from_all(NEWEST))?;
    }
    let devices = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    rules
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(NEWEST)))?
        .add_rules(path_beneath_rules(DEVICES, devices))?
        .add_rules(path_beneath_rules(read, AccessFs::from_read(NEWEST)))?
        .add_rules(path_beneath_rules(write, AccessFs::from_all(NEWEST)))?
        .restrict_self()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_kernel_counts_if_it_holds_files() {
        let partly = || RulesetStatus::PartiallyEnforced;
        assert!(judge(ABI::V2, partly()).is_err(), "a file could be cut to nothing");
        assert!(judge(ABI::V4, partly()).is_ok_and(|remark| remark.is_some()));
        assert_eq!(judge(ABI::V6, RulesetStatus::FullyEnforced), Ok(None));
        assert!(judge(ABI::V6, RulesetStatus::NotEnforced).is_err());
    }
}
