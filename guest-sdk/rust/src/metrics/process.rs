//! Whether pages that are looked at one after the other are of one process. Pure.

use super::Page;

/// When the process of a page began, as its libraries tell it, in seconds since 1970.
const BEGAN: &str = "process_start_time_seconds";
/// What tells the instances of a service apart.
const INSTANCE: &str = "instance";
/// Processes of a page that are told apart.
const MOST: usize = 100;

/// The process whose page is looked at, as its first look has it. Instances behind one URL take turns, and of gauges that do not say whose they are the
/// lowest level would be that of whoever has least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneProcess {
    /// Bit by bit, so that what is no number is like itself.
    began: Option<Vec<u64>>,
}

impl OneProcess {
    /// Takes the next look at these gauges. An error says that it is of another process than the looks before, and what would help. Gauges with a label
    /// `instance` tell for themselves, and a page that does not say when its process began is taken as it is.
    pub fn take(&mut self, page: &Page, gauges: &[&str]) -> Result<(), String> {
        let mut samples = gauges.iter().flat_map(|gauge| page.samples(gauge));
        if samples.all(|sample| sample.label(INSTANCE).is_some()) {
            return Ok(());
        }
        let mut began: Vec<u64> = page.samples(BEGAN).map(|sample| sample.value.to_bits()).take(MOST).collect();
        began.sort_unstable();
        if *self.began.get_or_insert_with(|| began.clone()) == began {
            return Ok(());
        }
        Err("the page is of several instances, or of one that was restarted; give it an instance label".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Exposed, Family, PageFormat};

    /// A page of a gauge with these labels, whose process began then.
    fn page(labels: &[(&str, &str)], began: &[f64]) -> Page {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let live = Exposed { name: "live".to_owned(), labels, value: 1.0, at: None };
        let began = began.iter().map(|value| Exposed { name: BEGAN.to_owned(), value: *value, ..Exposed::default() });
        let samples = began.chain([live]).collect();
        let families = vec![Family { samples, ..Family::default() }];
        Page { call: 0, format: PageFormat::Text, families, age: None }
    }

    fn taken(looks: &[Page]) -> Result<(), String> {
        let mut process = OneProcess::default();
        looks.iter().try_for_each(|page| process.take(page, &["live", "other"]))
    }

    #[test]
    fn looks_of_one_process_are_taken_and_those_of_several_are_not() {
        let pool = [("pool", "main")];
        assert_eq!(taken(&[page(&pool, &[5.0]), page(&pool, &[5.0])]), Ok(()));
        assert_eq!(taken(&[page(&pool, &[5.0, 6.0]), page(&pool, &[6.0, 5.0])]), Ok(()));
        for other in [&[6.0][..], &[], &[5.0, 6.0], &[f64::NAN]] {
            let why = taken(&[page(&pool, &[5.0]), page(&pool, other)]).expect_err("another process");
            assert!(why.contains("of several instances, or of one that was restarted"), "{why}");
        }
    }

    #[test]
    fn what_says_whose_it_is_or_nothing_of_its_process_is_taken() {
        let (one, other) = ([("instance", "a")], [("instance", "b")]);
        assert_eq!(taken(&[page(&one, &[5.0]), page(&other, &[6.0])]), Ok(()));
        assert_eq!(taken(&[page(&[], &[]), page(&[], &[])]), Ok(()));
    }
}
