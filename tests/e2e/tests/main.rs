//! Everything as people meet it, through the command line.
//!
//! One program, so that tests of all files share the machine while others wait for their servers.

mod accounts;
mod agents;
mod author;
mod build;
mod builtin;
mod cancel;
mod chat;
mod cloud_faults;
mod crash;
mod disturbed;
mod dry_run;
mod examples;
mod exec;
mod export;
mod from_gcloud;
mod gcloud;
mod guests;
mod hostile_hosts;
mod hostile_limits;
mod hostile_modules;
mod hostile_paths;
mod hostile_secrets;
mod http2;
mod identity;
mod isolation;
mod load;
mod logins;
mod messages;
mod monitoring;
mod network;
mod new;
mod nginx;
mod places;
mod policies;
mod policy_modules;
mod release;
mod release_crash;
mod replay;
mod retry;
mod soak;
mod storage;
mod swarm;
mod waive;
mod websocket;
