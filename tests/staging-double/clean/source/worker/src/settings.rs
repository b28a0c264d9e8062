//! What the command line says.

pub struct Settings {
    pub database: String,
    pub most_jobs: usize,
}

impl Settings {
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let database = arguments.next().ok_or("the first argument is the database")?;
        // Not `unwrap()`: a wrong number is the caller's mistake, and has to be told.
        let most_jobs = arguments.next().map_or(Ok(100), |text| text.parse()).map_err(|_| "no number of jobs")?;
        Ok(Self { database, most_jobs })
    }
}
