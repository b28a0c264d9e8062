//! Jobs that run at night.

mod jobs;
mod queue;
mod settings;
mod store;

use crate::queue::Queue;
use crate::settings::Settings;
use crate::store::Store;

fn main() -> Result<(), String> {
    let settings = Settings::from_arguments(std::env::args().skip(1))?;
    let store = Store::open(&settings.database);
    for job in Queue::all().take(settings.most_jobs) {
        jobs::run(&job, &store)?;
    }
    Ok(())
}
