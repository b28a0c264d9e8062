//! Processor time of this process, all threads together, as the operating system counts it.

use anyhow::Context as _;

/// Seconds of user and system time: fields 14 and 15 of `/proc/self/stat`, in clock ticks of a hundredth of a second (`man 5 proc`).
pub(crate) fn seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    // The second field is a name in brackets, which may hold spaces.
    let after = stat.rsplit_once(')').context("find the end of the name")?.1;
    let ticks: Vec<f64> = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
