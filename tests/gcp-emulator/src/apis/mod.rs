//! The other services that work with Cloud Run needs: each as small as it can be and still be true to itself.

mod builds;
mod dashboards;
mod logs;
pub(crate) mod projects;
mod series;
mod services;

pub(crate) use builds::Builds;
pub(crate) use dashboards::Dashboards;
pub(crate) use logs::Logs;
pub(crate) use series::Series;
pub(crate) use services::Services;
